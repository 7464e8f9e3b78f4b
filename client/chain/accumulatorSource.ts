import type {
  AccumulatorEvent,
  AccumulatorSource,
  BlockRef,
  Checkpoint,
  EventQuery,
  RevealingSource,
} from "../accumulator/index.ts";
import { bigintToHex32 } from "../core/index.ts";
import { ACCUMULATOR_TOPICS, decodeAccumulatorLog } from "./decodeLogs.ts";
import { readLogs } from "./logs.ts";
import { callRegistry, type Registry, readBlockAt, readFinalized, readHead } from "./registry.ts";

/** First stretch of blocks in which the last checkpoint is looked for; doubled until it is found. */
const FIRST_STRETCH = 2_000;

/**
 * The accumulators of a registry, read from a node. The views by range are what `syncAccumulator` uses; the witness views
 * tell the node which agent asks (protocol §7.2).
 *
 * @example kept = await syncAccumulator(accumulatorSource(registry), kept, { generation, indices: [index], since });
 */
export function accumulatorSource(registry: Registry): AccumulatorSource & RevealingSource {
  const view = async (name: string, args: readonly unknown[], at: BlockRef) =>
    callRegistry(registry, name, args, at.number);
  return {
    head: () => readHead(registry),
    final: () => readFinalized(registry),
    block: (number) => readBlockAt(registry, number),
    blockAt: (time) => firstBlockAt(registry, time),
    size: async (generation, at) => (await view("provisionedSize", [generation], at)).number("size"),
    provisionedNodes: async ({ generation, size, level, start, count }, at) =>
      (await view("provisionedNodes", [generation, size, level, start, count], at)).bigints("nodes"),
    provisionedRoot: async (generation, size, at) =>
      (await view("provisionedRoot", [generation, size], at)).bigint("root"),
    revokedWords: async ({ generation, start, count }, at) =>
      (await view("revokedWords", [generation, start, count], at)).bigints("words"),
    revokedNodes: async ({ generation, level, start, count }, at) =>
      (await view("revokedNodes", [generation, level, start, count], at)).bigints("nodes"),
    revokedRoot: async (generation, at) => {
      const answer = await view("revokedRoot", [generation], at);
      return { root: answer.bigint("root"), version: answer.bigint("version") };
    },
    events: (query) => readEvents(registry, query),
    lastCheckpoint: (generation, to) => findLastCheckpoint(registry, generation, to),
    provisionedWitness: async (generation, size, index, at) =>
      (await view("provisionedWitness", [generation, size, index], at)).bigints("siblings"),
    revokedWitness: async (generation, index, at) => {
      const answer = await view("revokedWitness", [generation, index], at);
      return { word: answer.bigint("word"), siblings: answer.bigints("siblings") };
    },
  };
}

async function readEvents(
  registry: Registry,
  { generation, from, to, withoutLeaves = false }: EventQuery,
): Promise<readonly AccumulatorEvent[]> {
  const { LeafAppended, ...others } = ACCUMULATOR_TOPICS;
  const topics = [[...Object.values(others), ...(withoutLeaves ? [] : [LeafAppended])]];
  const events: AccumulatorEvent[] = [];
  for await (const logs of readLogs(registry, { topics, fromBlock: from, toBlock: to })) {
    for (const log of logs) {
      const event = decodeAccumulatorLog(log)?.event;
      if (event?.generation === generation) events.push(event);
    }
  }
  return events;
}

/** Looks back in ever longer stretches: a checkpoint is seldom old. */
async function findLastCheckpoint(
  registry: Registry,
  generation: number,
  to: number,
): Promise<Checkpoint | undefined> {
  const topics = [ACCUMULATOR_TOPICS.Checkpointed, null, bigintToHex32(BigInt(generation))];
  let stretch = FIRST_STRETCH;
  for (let end = to; end >= registry.deployedAt; end -= stretch, stretch *= 2) {
    let last: Checkpoint | undefined;
    for await (const logs of readLogs(registry, { topics, fromBlock: end - stretch + 1, toBlock: end })) {
      for (const log of logs) {
        const event = decodeAccumulatorLog(log)?.event;
        if (event?.type !== "Checkpointed" || event.generation !== generation) continue;
        const { type: _, ...checkpoint } = event;
        last = checkpoint;
      }
    }
    if (last !== undefined) return last;
  }
  return undefined;
}

/** The first block not before `time`, by halving; the newest if all are. */
async function firstBlockAt(registry: Registry, time: bigint): Promise<BlockRef> {
  let last = await readHead(registry);
  let low = Math.min(registry.deployedAt, last.number);
  // Invariant: every block below `low` is before `time`; `last` is not, or is the newest.
  while (low < last.number) {
    const middle = await readBlockAt(registry, Math.floor((low + last.number) / 2));
    if (middle !== undefined && middle.time >= time) last = middle;
    else low = Math.floor((low + last.number) / 2) + 1;
  }
  return last;
}
