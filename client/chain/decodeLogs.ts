import type { Log } from "ethers";
import type { AccumulatorEvent } from "../accumulator/index.ts";
import { fieldElement, type Hex32, hex32 } from "../core/index.ts";
import type { PolicyEvent } from "../policy/index.ts";
import { type Decoded, decoded } from "./decoded.ts";
import { ChainError } from "./errors.ts";
import { POLICY_DECODERS } from "./policyLogs.ts";
import { REGISTRY_INTERFACE } from "./registry.ts";

/** Where an event stands in the chain. */
export type EventPosition = {
  readonly block: number;
  readonly blockHash: Hex32;
  /** Position in the block. */
  readonly log: number;
};

/** An event with its place in the chain. */
export type Located<Event> = { readonly event: Event; readonly at: EventPosition };

const ACCUMULATOR_DECODERS: Readonly<Record<AccumulatorEvent["type"], (log: Decoded) => AccumulatorEvent>> = {
  LeafAppended: (log) => ({
    type: "LeafAppended",
    generation: log.number("generation"),
    index: log.number("index"),
    leaf: fieldElement(log.bigint("leaf")),
  }),
  Checkpointed: (log) => ({
    type: "Checkpointed",
    root: fieldElement(log.bigint("root")),
    generation: log.number("generation"),
    size: log.number("size"),
    time: log.bigint("time"),
  }),
  IndexRevoked: (log) => ({
    type: "IndexRevoked",
    generation: log.number("generation"),
    index: log.number("index"),
  }),
  RevocationRootAdded: (log) => ({
    type: "RevocationRootAdded",
    root: fieldElement(log.bigint("root")),
    generation: log.number("generation"),
    version: log.bigint("version"),
    depth: log.number("depth"),
    time: log.bigint("time"),
  }),
};

/** Topics of the events that concern one policy each. */
export const POLICY_TOPICS: readonly string[] = Object.keys(POLICY_DECODERS).map(topicOf);

/** Topics of the accumulators' events. */
export const ACCUMULATOR_TOPICS = {
  LeafAppended: topicOf("LeafAppended"),
  Checkpointed: topicOf("Checkpointed"),
  IndexRevoked: topicOf("IndexRevoked"),
  RevocationRootAdded: topicOf("RevocationRootAdded"),
} as const satisfies Record<AccumulatorEvent["type"], string>;

/**
 * A policy event from a log of the registry; undefined for its other events.
 *
 * @throws {ChainError} NODE_ANSWER_MALFORMED if the log is no event of the registry, or its values cannot be.
 */
export function decodePolicyLog(log: Log): Located<PolicyEvent> | undefined {
  const { name, values } = parse(log);
  const decode = isPolicyEvent(name) ? POLICY_DECODERS[name] : undefined;
  return decode === undefined ? undefined : locate(log, values, decode);
}

/**
 * An event of the accumulators from a log of the registry; undefined for its other events.
 *
 * @throws {ChainError} NODE_ANSWER_MALFORMED if the log is no event of the registry, or its values cannot be.
 */
export function decodeAccumulatorLog(log: Log): Located<AccumulatorEvent> | undefined {
  const { name, values } = parse(log);
  const decode = isAccumulatorEvent(name) ? ACCUMULATOR_DECODERS[name] : undefined;
  return decode === undefined ? undefined : locate(log, values, decode);
}

function isAccumulatorEvent(name: string): name is AccumulatorEvent["type"] {
  return Object.hasOwn(ACCUMULATOR_DECODERS, name);
}

function isPolicyEvent(name: string): name is PolicyEvent["type"] {
  return Object.hasOwn(POLICY_DECODERS, name);
}

/** Name and values of a log. @throws {ChainError} NODE_ANSWER_MALFORMED */
function parse(log: Log): { readonly name: string; readonly values: Decoded } {
  let parsed: ReturnType<typeof REGISTRY_INTERFACE.parseLog>;
  try {
    parsed = REGISTRY_INTERFACE.parseLog(log);
  } catch {
    parsed = null;
  }
  if (parsed === null) throw malformed(log);
  return { name: parsed.name, values: decoded(parsed.args) };
}

function locate<Event>(log: Log, values: Decoded, decode: (values: Decoded) => Event): Located<Event> {
  const at = { block: log.blockNumber, blockHash: hex32(log.blockHash), log: log.index };
  try {
    return { event: decode(values), at };
  } catch {
    throw malformed(log);
  }
}

/** The topic of an event of the registry. */
export function topicOf(event: string): string {
  const fragment = REGISTRY_INTERFACE.getEvent(event);
  if (fragment === null) throw new ChainError("NODE_ANSWER_MALFORMED", `the registry has no event ${event}`);
  return fragment.topicHash;
}

function malformed(log: Log): ChainError {
  return new ChainError(
    "NODE_ANSWER_MALFORMED",
    "the node gave a log that the registry cannot have written",
    {
      details: { block: log.blockNumber, log: log.index },
    },
  );
}
