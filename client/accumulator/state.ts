import type { FieldElement } from "../core/index.ts";
import { AccumulatorError } from "./errors.ts";
import type { AccumulatorEvent, Checkpoint, RevocationRoot } from "./events.ts";
import { provisionedTree } from "./provisionedTree.ts";
import { isSet, type RevokedTree, revokedRoot, toggled } from "./revokedTree.ts";
import { GENERATION_CAPACITY, revokedDepth, span } from "./shape.ts";
import { type Nodes, nodeKey, nodeOf } from "./sparseTree.ts";

/** A bit that was set, and the revocation version that counted it in. */
export type Revocation = { readonly index: number; readonly version: bigint };

/**
 * One generation of both accumulators as far as a client keeps it. Made by {@link newAccumulator}, `loadAccumulator` or
 * `decodeAccumulator`; moved on by {@link applyAccumulatorEvents}.
 */
export type AccumulatorState = {
  readonly generation: number;
  /** Leaves provisioned. */
  readonly size: number;
  /** Full nodes of the provisioned tree: leaves of some blocks, and enough above to reach the root. */
  readonly nodes: Nodes;
  /** In the order of the chain; those before the oldest one kept are forgotten. */
  readonly checkpoints: readonly Checkpoint[];
  /** At the last of `roots`. */
  readonly revoked: RevokedTree;
  /** In the order of the chain. */
  readonly roots: readonly RevocationRoot[];
  /** All bits set after the version of the first of `roots`, in the order of the chain. */
  readonly revocations: readonly Revocation[];
};

/** Before the first leaf of a generation. */
export function newAccumulator(generation: number): AccumulatorState {
  return {
    generation,
    size: 0,
    nodes: new Map(),
    checkpoints: [],
    revoked: { words: [], hashes: new Map() },
    roots: [],
    revocations: [],
  };
}

/** What a batch of events builds up. */
type Draft = {
  readonly generation: number;
  size: number;
  readonly nodes: Nodes;
  readonly checkpoints: Checkpoint[];
  readonly words: readonly bigint[];
  readonly roots: RevocationRoot[];
  readonly revocations: Revocation[];
  /** Set by these events. */
  readonly fresh: Set<number>;
  /** Set since the last root. */
  unrooted: number[];
};

/**
 * The state after more events: those of whole blocks, in the order of the chain and without gaps; other generations'
 * are passed over. The newest revocation root is recomputed and compared, a checkpoint's when a witness is made.
 *
 * @throws {AccumulatorError} ACCUMULATOR_EVENT_UNEXPECTED if an event cannot follow: one was missed, or the source lies;
 * ACCUMULATOR_ROOT_MISMATCH if the bits do not lead to the reported root
 * @example state = applyAccumulatorEvents(state, eventsOfBlock);
 */
export function applyAccumulatorEvents(
  state: AccumulatorState,
  events: readonly AccumulatorEvent[],
): AccumulatorState {
  const own = events.filter(({ generation }) => generation === state.generation);
  if (own.length === 0) return state;
  const draft: Draft = {
    generation: state.generation,
    size: state.size,
    nodes: new Map(state.nodes),
    checkpoints: [...state.checkpoints],
    words: state.revoked.words,
    roots: [...state.roots],
    revocations: [...state.revocations],
    fresh: new Set(),
    unrooted: [],
  };
  for (const event of own) applyEvent(draft, event);
  const last = own.at(-1);
  if (draft.unrooted.length > 0 && last !== undefined) throw unexpected(last, "a root must follow");
  const { generation, size, nodes, checkpoints, roots, revocations } = draft;
  const revoked = draft.fresh.size > 0 ? toggled(state.revoked, [...draft.fresh]) : state.revoked;
  if (roots.length > state.roots.length) assertRoot(revoked, roots.at(-1));
  return { generation, size, nodes, checkpoints, revoked, roots, revocations };
}

/**
 * The revoked tree as it was at a version.
 *
 * @throws {AccumulatorError} ACCUMULATOR_ROOT_UNKNOWN if the version is older than what is kept, or never was
 */
export function revokedTreeAt(state: AccumulatorState, version: bigint): RevokedTree {
  const [first, last] = [state.roots[0], state.roots.at(-1)];
  if (first === undefined || last === undefined || version < first.version || version > last.version) {
    throw new AccumulatorError("ACCUMULATOR_ROOT_UNKNOWN", "no such revocation version is kept", {
      details: { version, oldest: first?.version, newest: last?.version },
    });
  }
  const later = state.revocations.filter((revocation) => revocation.version > version);
  return later.length === 0
    ? state.revoked
    : toggled(
        state.revoked,
        later.map(({ index }) => index),
      );
}

/** True if `index` is revoked at the newest version known. */
export function isRevoked(state: AccumulatorState, index: number): boolean {
  return isSet(state.revoked.words, index);
}

/** What {@link compact} keeps. */
export type CompactOptions = {
  /** Indices whose witnesses are wanted. */
  readonly indices: readonly number[];
  /** Roots that were superseded, or checkpoints that had a successor, before this time are forgotten. */
  readonly since: bigint;
  /** Leaves are kept or dropped in blocks of 4^blockLevel. */
  readonly blockLevel: number;
};

/**
 * Forgets what no canonical witness of the wanted indices needs any more: leaves of other blocks, the inner nodes below
 * the blocks, old roots and the revocations that led away from them.
 */
export function compact(state: AccumulatorState, options: CompactOptions): AccumulatorState {
  const { blockLevel, since } = options;
  const block = (index: number) => Math.floor(index / span(blockLevel));
  const checkpoints = dropBefore(state.checkpoints, since);
  const roots = dropBefore(state.roots, since);
  const oldest = roots[0]?.version ?? 0n;
  const kept = new Set([
    ...options.indices.map(block),
    block(state.size),
    ...checkpoints.map(({ size }) => block(size)),
  ]);
  const tree = provisionedTree(state.nodes, state.size);
  for (let b = 0; b < block(state.size); b++) nodeOf(tree, blockLevel, b);
  const nodes: Nodes = new Map();
  for (const [key, node] of state.nodes) {
    const level = Math.floor(key / GENERATION_CAPACITY);
    const position = key % GENERATION_CAPACITY;
    if (level >= blockLevel || kept.has(block(position * span(level)))) nodes.set(key, node);
  }
  const revocations = state.revocations.filter(({ version }) => version > oldest);
  return { ...state, nodes, checkpoints, roots, revocations };
}

/** The records from the last one before `since` on. */
function dropBefore<Item extends { readonly time: bigint }>(
  records: readonly Item[],
  since: bigint,
): readonly Item[] {
  const after = records.findIndex(({ time }) => time >= since);
  const first = after === -1 ? records.length - 1 : after - 1;
  return records.slice(Math.max(0, first));
}

function applyEvent(draft: Draft, event: AccumulatorEvent): void {
  switch (event.type) {
    case "LeafAppended":
      if (event.index !== draft.size || draft.size >= GENERATION_CAPACITY) {
        throw unexpected(event, "its index is not the next");
      }
      draft.nodes.set(nodeKey(0, draft.size++), event.leaf);
      return;
    case "Checkpointed": {
      const { root, generation, size, time } = event;
      if (size !== draft.size) throw unexpected(event, "there are not so many leaves");
      draft.checkpoints.push({ root, generation, size, time });
      return;
    }
    case "IndexRevoked": {
      if (event.index >= draft.size) throw unexpected(event, "the index has no leaf");
      if (isSet(draft.words, event.index) || draft.fresh.has(event.index)) {
        throw unexpected(event, "the index is revoked already");
      }
      draft.fresh.add(event.index);
      draft.unrooted.push(event.index);
      return;
    }
    case "RevocationRootAdded":
      applyRoot(draft, event);
  }
}

function applyRoot(draft: Draft, event: Extract<AccumulatorEvent, { type: "RevocationRootAdded" }>): void {
  const { root, generation, version, depth, time } = event;
  const former = draft.roots.at(-1);
  const grows = draft.unrooted.length === 0;
  if (version !== (former?.version ?? 1n) + (grows ? 0n : 1n))
    throw unexpected(event, "the version is not the next");
  if (depth !== (grows ? (former?.depth ?? 0) + 1 : former?.depth) || depth !== revokedDepth(draft.size)) {
    throw unexpected(event, "the tree has another depth");
  }
  draft.roots.push({ root, generation, version, depth, time });
  draft.revocations.push(...draft.unrooted.map((index) => ({ index, version })));
  draft.unrooted = [];
}

function assertRoot(tree: RevokedTree, root: RevocationRoot | undefined): void {
  if (root === undefined) return;
  assertSameRoot(revokedRoot(tree, root.depth), root.root, "revoked");
}

/** @throws {AccumulatorError} ACCUMULATOR_ROOT_MISMATCH */
export function assertSameRoot(
  computed: FieldElement,
  reported: FieldElement,
  tree: "provisioned" | "revoked",
): void {
  if (computed !== reported) {
    throw new AccumulatorError(
      "ACCUMULATOR_ROOT_MISMATCH",
      `the ${tree} tree leads to another root than reported`,
      {
        details: { tree, computed, reported },
      },
    );
  }
}

function unexpected(event: AccumulatorEvent, reason: string): AccumulatorError {
  const { type, generation } = event;
  return new AccumulatorError("ACCUMULATOR_EVENT_UNEXPECTED", `${type} cannot follow: ${reason}`, {
    details: { event: type, generation, reason },
  });
}
