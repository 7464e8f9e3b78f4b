import type { Hex32 } from "../core/index.ts";
import type { AccumulatorEvent, Checkpoint } from "./events.ts";

/** A block of the chain. */
export type BlockRef = {
  readonly number: number;
  readonly hash: Hex32;
  /** In seconds since 1970. */
  readonly time: bigint;
};

/** Positions `start` … `start + count − 1`. */
export type NodeRange = { readonly start: number; readonly count: number };

/**
 * Where the accumulators are read from: ranges that every client asks for alike, never one agent's path (protocol §7.2).
 * Views are answered as of block `at`; a source that no longer has that block throws. Answers are checked, not trusted.
 */
export interface AccumulatorSource {
  /** The newest block. */
  head(): Promise<BlockRef>;
  /** The newest block that cannot be reorganised away. */
  final(): Promise<BlockRef>;
  /** The block at a height, undefined if the chain is not so long. */
  block(number: number): Promise<BlockRef | undefined>;
  /** The first block whose time is not before `time`; the newest if there is none. */
  blockAt(time: bigint): Promise<BlockRef>;
  /** `provisionedSize` of the registry. */
  size(generation: number, at: BlockRef): Promise<number>;
  /** `provisionedNodes` at the size of that block. */
  provisionedNodes(query: NodeQuery, at: BlockRef): Promise<readonly bigint[]>;
  /** `provisionedRoot` at the size of that block. */
  provisionedRoot(generation: number, size: number, at: BlockRef): Promise<bigint>;
  /** `revokedWords` of the registry. */
  revokedWords(query: NodeRange & { readonly generation: number }, at: BlockRef): Promise<readonly bigint[]>;
  /** `revokedNodes` of the registry. */
  revokedNodes(query: Omit<NodeQuery, "size">, at: BlockRef): Promise<readonly bigint[]>;
  /** `revokedRoot` of the registry. */
  revokedRoot(generation: number, at: BlockRef): Promise<{ readonly root: bigint; readonly version: bigint }>;
  /** All accumulator events of a generation in blocks `from` … `to`, in the order of the chain. */
  events(query: EventQuery): Promise<readonly AccumulatorEvent[]>;
  /** The last checkpoint of a generation in blocks up to `to`, undefined if there is none. */
  lastCheckpoint(generation: number, to: number): Promise<Checkpoint | undefined>;
}

/** A range of one level. */
export type NodeQuery = NodeRange & {
  readonly generation: number;
  readonly size: number;
  readonly level: number;
};

/** Blocks `from` … `to`, both included. */
export type EventQuery = {
  readonly generation: number;
  readonly from: number;
  readonly to: number;
  /** True if the leaves appended are not wanted. */
  readonly withoutLeaves?: boolean;
};

/** The registry's own witnesses. Whoever answers learns which agent asks. */
export interface RevealingSource {
  /** `provisionedWitness` of the registry. */
  provisionedWitness(
    generation: number,
    size: number,
    index: number,
    at: BlockRef,
  ): Promise<readonly bigint[]>;
  /** `revokedWitness` of the registry. */
  revokedWitness(
    generation: number,
    index: number,
    at: BlockRef,
  ): Promise<{ readonly word: bigint; readonly siblings: readonly bigint[] }>;
}
