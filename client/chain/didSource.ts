import type { LogDescription, Result } from "ethers";
import { bigintToHex32, hex, hex20, hex32, isDkmsError } from "../core/index.ts";
import {
  type BlockSelector,
  DidError,
  type DidEvent,
  type DidEventQuery,
  type DidId,
  type DidNetwork,
  type DidObservation,
  type DidSource,
} from "../did/index.ts";
import { DID_REGISTRY } from "./didSend.ts";
import type { JsonRpc } from "./jsonRpc.ts";

/** Where a registry is. */
export type DidSourceOptions = { readonly rpc: JsonRpc; readonly registry: string };

/** Everything of a network but how to read it. */
export type RpcNetworkOptions = DidSourceOptions & Omit<DidNetwork, "source" | "registry">;

/**
 * A network that is read by JSON-RPC.
 *
 * @example rpcNetwork({ chainId: 11155111n, registry: "0x…", rpc: httpJsonRpc("https://rpc.example") });
 */
export function rpcNetwork({ rpc, ...network }: RpcNetworkOptions): DidNetwork {
  const registry = hex20(network.registry);
  return { ...network, registry, source: rpcSource({ rpc, registry }) };
}

/** Reads a registry by JSON-RPC: one `eth_call` for an observation, one `eth_getLogs` for events. */
export function rpcSource({ rpc, registry }: DidSourceOptions): DidSource {
  return {
    async observe(id, block) {
      const data = DID_REGISTRY.encodeFunctionData("resolve", [id]);
      const call = [{ to: registry, data }, blockParameter(block)];
      return decodeObservation(await rpc.request("eth_call", call).catch(reverted));
    },
    async events(id, query) {
      const reply = await rpc.request("eth_getLogs", [{ address: registry, ...logFilter(id, query) }]);
      if (!Array.isArray(reply)) throw malformed("logs");
      return reply.flatMap((log: unknown) => decodeEvent(log, id) ?? []);
    },
  };
}

/** What nodes answer with a contract's revert. */
const EXECUTION_REVERTED = 3;

const TOPICS = ["DidUpdated", "DidRepublished", "DidDeactivated"].map((name) => {
  const event = DID_REGISTRY.getEvent(name);
  if (event === null) throw new DidError("INTERNAL_ERROR", `the interface has no event ${name}`);
  return event.topicHash;
});

function blockParameter(block: BlockSelector): unknown {
  if (typeof block === "bigint") return quantity(block);
  return block.startsWith("0x") ? { blockHash: block } : block;
}

function logFilter(
  id: DidId,
  { fromBlock, toBlock, version }: DidEventQuery,
): Readonly<Record<string, unknown>> {
  const did = `${id}${"00".repeat(12)}`;
  return {
    fromBlock: quantity(fromBlock),
    toBlock: quantity(toBlock),
    topics: [TOPICS, did, ...(version === undefined ? [] : [bigintToHex32(BigInt(version))])],
  };
}

/** The registry's view never reverts: what does is something else. */
function reverted(error: unknown): never {
  if (isDkmsError(error, "NODE_FAILED") && error.details.code === EXECUTION_REVERTED) throw notRegistry();
  throw error;
}

function decodeObservation(reply: unknown): DidObservation {
  if (reply === "0x") throw notRegistry();
  const { head, commitment, blockNumber, time, chainId } = decode(() => {
    const [observation] = DID_REGISTRY.decodeFunctionResult("resolve", hex(String(reply)));
    return (observation as Result).toObject();
  }, "state");
  const { version, controlVersion, created, updated, updatedBlock, publishedBlock, deactivated } =
    head.toObject();
  return {
    head: {
      version: Number(version),
      controlVersion: Number(controlVersion),
      created,
      updated,
      updatedBlock,
      publishedBlock,
      deactivated,
    },
    commitment: hex32(commitment),
    blockNumber,
    time,
    chainId,
  };
}

/** Undefined for what is no event of this DID: a node that sends more than was asked for is not believed. */
function decodeEvent(log: unknown, id: DidId): DidEvent | undefined {
  const { topics, data } = (log ?? {}) as { readonly topics?: string[]; readonly data?: string };
  const parsed = decode(() => DID_REGISTRY.parseLog({ topics: topics ?? [], data: data ?? "0x" }), "logs");
  if (parsed === null || parsed.args.did !== id) return undefined;
  return eventOf(parsed);
}

function eventOf({ name, args }: LogDescription): DidEvent {
  const { version, updated, previous, previousBlock, updatedBlock, controllers, next, state } =
    args.toObject();
  return {
    version: Number(version),
    updated,
    previous: hex32(previous),
    snapshot:
      name === "DidDeactivated"
        ? undefined
        : { previous: hex32(previous), controllers: hex(controllers), next: hex32(next), state: hex(state) },
    previousBlock: previousBlock ?? updatedBlock,
    republished: name === "DidRepublished",
  };
}

function decode<Value>(action: () => Value, what: string): Value {
  try {
    return action();
  } catch {
    throw malformed(what);
  }
}

function quantity(value: bigint): string {
  return `0x${value.toString(16)}`;
}

function notRegistry(): DidError {
  return new DidError(
    "REGISTRY_NOT_FOUND",
    "there is no DID registry at the configured address on this chain",
  );
}

function malformed(what: string): DidError {
  return new DidError("NODE_FAILED", `the node's ${what} do not decode as the registry's`);
}
