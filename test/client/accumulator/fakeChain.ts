import type {
  AccumulatorEvent,
  AccumulatorSource,
  BlockRef,
  Checkpoint,
} from "../../../client/accumulator/index.ts";
import { bigintToHex32, type FieldElement, fieldElement } from "../../../client/core/index.ts";
import {
  refDepth,
  refLeaf,
  refProvisioned,
  refRevoked,
  refRoot,
  refWords,
} from "../../accumulator/reference.ts";

const NO_EXPIRY = 2n ** 40n - 1n;

/** What one block did; the views of later blocks are recomputed from these lists alone. */
type FakeBlock = BlockRef & { readonly events: readonly AccumulatorEvent[] };

/** A chain of generation 0 in memory, which can be reorganised. Its trees are the reference's. */
export type FakeChain = {
  readonly blocks: FakeBlock[];
  /** Blocks behind the head that are not final. */
  readonly unsettled: number;
  /** Makes the hashes of one branch differ from another's. */
  branch: bigint;
  /** Events of the block being built. */
  building: AccumulatorEvent[];
};

export const START = 1_800_000_000n;

export function newFakeChain(unsettled = 0): FakeChain {
  const chain: FakeChain = { blocks: [], unsettled, branch: 0n, building: [] };
  mine(chain, 0);
  return chain;
}

/** Seals the block being built, `seconds` after the one before. */
export function mine(chain: FakeChain, seconds = 12): FakeBlock {
  const last = chain.blocks.at(-1);
  const number = chain.blocks.length;
  const block = {
    number,
    hash: bigintToHex32(chain.branch * 1_000_000n + BigInt(number) + 1n),
    time: timeOf(last) + BigInt(seconds),
    events: chain.building,
  };
  chain.building = [];
  chain.blocks.push(block);
  return block;
}

/** Drops the last blocks; what is mined next is another branch. */
export function reorganise(chain: FakeChain, depth: number): void {
  chain.blocks.length -= depth;
  chain.branch += 1n;
}

export function fakeLeaf(index: number, commitment: bigint): FieldElement {
  return fieldElement(refLeaf(1n, commitment, index, NO_EXPIRY));
}

/** Appends leaves whose commitments count from `commitment`. */
export function grant(chain: FakeChain, count: number, commitment: bigint): void {
  for (let i = 0; i < count; i++) {
    const { leaves, revoked } = listsOf(allEvents(chain));
    const index = leaves.length;
    const leaf = fakeLeaf(index, commitment + BigInt(i));
    chain.building.push({ type: "LeafAppended", generation: 0, index, leaf });
    const depth = refDepth(Math.ceil((index + 1) / 256));
    if (index === 0 || depth !== refDepth(Math.ceil(index / 256))) pushRoot(chain, index + 1, revoked, false);
  }
}

/** Sets the bits that are not set yet, in one version; all must have leaves. */
export function revoke(chain: FakeChain, indices: readonly number[]): void {
  const { leaves, revoked } = listsOf(allEvents(chain));
  const fresh = [...new Set(indices)].filter((index) => !revoked.has(index));
  if (fresh.length === 0) return;
  for (const index of fresh) chain.building.push({ type: "IndexRevoked", generation: 0, index });
  pushRoot(chain, leaves.length, new Set([...revoked, ...fresh]), true);
}

export function checkpoint(chain: FakeChain): void {
  const { leaves } = listsOf(allEvents(chain));
  const root = fieldElement(refRoot(refProvisioned(leaves)));
  if (allEvents(chain).some((event) => event.type === "Checkpointed" && event.root === root)) return;
  const time = timeOf(chain.blocks.at(-1));
  chain.building.push({ type: "Checkpointed", root, generation: 0, size: leaves.length, time });
}

/** The accumulators as lists, after some events. */
export function listsOf(events: readonly AccumulatorEvent[]) {
  const leaves: FieldElement[] = [];
  const revoked = new Set<number>();
  let version = 0n;
  for (const event of events) {
    if (event.type === "LeafAppended") leaves.push(event.leaf);
    if (event.type === "IndexRevoked") revoked.add(event.index);
    if (event.type === "RevocationRootAdded") version = event.version;
  }
  return { leaves, revoked, version };
}

export function allEvents(chain: FakeChain): readonly AccumulatorEvent[] {
  return [...chain.blocks.flatMap(({ events }) => events), ...chain.building];
}

/** The chain as a client reads it. */
export function sourceOf(chain: FakeChain): AccumulatorSource {
  const newest = () => ref(chain.blocks.at(-1));
  const lists = (at: BlockRef) =>
    listsOf(chain.blocks.slice(0, at.number + 1).flatMap(({ events }) => events));
  const revokedOf = (at: BlockRef) => {
    const { leaves, revoked } = lists(at);
    return refWords(leaves.length, revoked);
  };
  return {
    head: async () => newest(),
    final: async () => ref(chain.blocks[Math.max(0, chain.blocks.length - 1 - chain.unsettled)]),
    block: async (number) => (chain.blocks[number] === undefined ? undefined : ref(chain.blocks[number])),
    blockAt: async (time) => ref(chain.blocks.find((block) => block.time >= time) ?? chain.blocks.at(-1)),
    size: async (_, at) => lists(at).leaves.length,
    provisionedNodes: async ({ size, level, start, count }, at) =>
      (refProvisioned(lists(at).leaves.slice(0, size))[level] ?? []).slice(start, start + count),
    provisionedRoot: async (_, size, at) => refRoot(refProvisioned(lists(at).leaves.slice(0, size))),
    revokedWords: async ({ start, count }, at) => revokedOf(at).slice(start, start + count),
    revokedNodes: async ({ level, start, count }, at) =>
      (refRevoked(revokedOf(at))[level] ?? []).slice(start, start + count),
    revokedRoot: async (_, at) => ({ root: refRoot(refRevoked(revokedOf(at))), version: lists(at).version }),
    events: async ({ from, to, withoutLeaves }) =>
      chain.blocks
        .slice(from, to + 1)
        .flatMap(({ events }) => events)
        .filter(({ type }) => withoutLeaves !== true || type !== "LeafAppended"),
    lastCheckpoint: async (_, to) =>
      chain.blocks
        .slice(0, to + 1)
        .flatMap(({ events }) => events)
        .flatMap((event): readonly Checkpoint[] => (event.type === "Checkpointed" ? [event] : []))
        .at(-1),
  };
}

function pushRoot(chain: FakeChain, size: number, revoked: ReadonlySet<number>, set: boolean): void {
  const { version } = listsOf(allEvents(chain));
  const levels = refRevoked(refWords(size, revoked));
  chain.building.push({
    type: "RevocationRootAdded",
    generation: 0,
    version: set || version === 0n ? version + 1n : version,
    depth: levels.length - 1,
    root: fieldElement(refRoot(levels)),
    time: timeOf(chain.blocks.at(-1)),
  });
}

/** Events bear the time of the block before theirs here: close enough, and known while the block is built. */
function timeOf(block: BlockRef | undefined): bigint {
  return block?.time ?? START;
}

function ref(block: FakeBlock | undefined): BlockRef {
  if (block === undefined) throw new Error("the fake chain has no such block");
  const { number, hash, time } = block;
  return { number, hash, time };
}
