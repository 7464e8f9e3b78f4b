import { AccumulatorError } from "./errors.ts";
import { DEFAULT_BLOCK_LEVEL, type LoadOptions, loadAccumulator, type Snapshot } from "./load.ts";
import type { AccumulatorSource, BlockRef } from "./source.ts";
import { nodeKey } from "./sparseTree.ts";
import { applyAccumulatorEvents, compact } from "./state.ts";

/** What a client keeps between looks at the chain: where it is, and where to fall back to after a reorganisation. */
export type Kept = {
  /** At the newest block seen. */
  readonly head: Snapshot;
  /** At a block that is final, or will soon be: it waits for that, then follows the final blocks. */
  readonly anchor: Snapshot;
};

/** More new leaves than that are read as ranges: their events would be longer than the whole. */
const MOST_LEAVES_BY_EVENTS = 4096;

/** How often the chain may change under a look at it before it is given up. */
const ATTEMPTS = 3;

/**
 * Moves what is kept on to the newest block, by the events since; loads anew if nothing is kept, if a reorganisation
 * undid all of it, or if too much happened. Whoever answers learns no more than that some client is there.
 *
 * Indices may change with a reorganisation: find the agent's index anew after finality (protocol §7.2).
 *
 * @throws {AccumulatorError} as {@link loadAccumulator} and {@link applyAccumulatorEvents} do;
 * ACCUMULATOR_SOURCE_UNSTABLE if the chain changes faster than it can be read
 * @example kept = await syncAccumulator(source, kept, { generation, indices: [index], since: now - 7200n });
 */
export async function syncAccumulator(
  source: AccumulatorSource,
  kept: Kept | undefined,
  options: LoadOptions,
): Promise<Kept> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const blocks = { head: await source.head(), final: await source.final() };
    const outcome = await attemptSync(source, { kept, options, ...blocks }).catch((error: unknown) => ({
      error,
    }));
    // What a reorganisation tore apart does not fit together: an error then says nothing about the source.
    if (!(await isOnChain(source, blocks.head))) continue;
    if ("error" in outcome) throw outcome.error;
    return outcome;
  }
  throw new AccumulatorError("ACCUMULATOR_SOURCE_UNSTABLE", "the chain changed while it was read: try again");
}

type Attempt = {
  readonly kept: Kept | undefined;
  readonly options: LoadOptions;
  readonly head: BlockRef;
  readonly final: BlockRef;
};

async function attemptSync(source: AccumulatorSource, attempt: Attempt): Promise<Kept> {
  const { kept, options, head, final } = attempt;
  const anchor = await onChain(source, kept?.anchor, options);
  const base = (await onChain(source, kept?.head, options)) ?? anchor;
  if (base === undefined || (await growthSince(source, base, head)) > MOST_LEAVES_BY_EVENTS) {
    const loaded = await loadAccumulator(source, options, head);
    return { head: loaded, anchor: loaded };
  }
  return {
    head: await advance(source, base, head, options),
    anchor: await advance(source, anchor ?? base, final, options),
  };
}

async function growthSince(source: AccumulatorSource, base: Snapshot, head: BlockRef): Promise<number> {
  return (await source.size(base.state.generation, head)) - base.state.size;
}

/** The snapshot, if the chain still has its block and it can prove the wanted indices. */
async function onChain(
  source: AccumulatorSource,
  snapshot: Snapshot | undefined,
  options: LoadOptions,
): Promise<Snapshot | undefined> {
  if (snapshot === undefined || !covers(snapshot, options)) return undefined;
  return (await isOnChain(source, snapshot.at)) ? snapshot : undefined;
}

/** Leaves of a block that was dropped, or never fetched, do not come back with events. */
function covers({ state }: Snapshot, { generation, indices }: LoadOptions): boolean {
  return (
    state.generation === generation &&
    indices.every((index) => index >= state.size || state.nodes.has(nodeKey(0, index)))
  );
}

async function advance(
  source: AccumulatorSource,
  from: Snapshot,
  to: BlockRef,
  options: LoadOptions,
): Promise<Snapshot> {
  if (to.number <= from.at.number) return from;
  const { generation, indices, since, blockLevel = DEFAULT_BLOCK_LEVEL } = options;
  const events = await source.events({ generation, from: from.at.number + 1, to: to.number });
  const state = applyAccumulatorEvents(from.state, events);
  return { at: to, state: compact(state, { indices, since, blockLevel }) };
}

async function isOnChain(source: AccumulatorSource, { number, hash }: BlockRef): Promise<boolean> {
  return (await source.block(number))?.hash === hash;
}
