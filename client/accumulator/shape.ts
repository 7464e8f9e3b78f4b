import { MAX_PROVISIONED_DEPTH, MAX_REVOKED_DEPTH, WORD_INDEX_BITS } from "../core/index.ts";

/** Children of an inner node, in both trees. */
export const ARITY = 4;

/** Indices that one revocation word covers (protocol §4.1). */
export const WORD_BITS = 2 ** WORD_INDEX_BITS;

/** Leaves of a full generation (protocol §3.1). */
export const GENERATION_CAPACITY = ARITY ** MAX_PROVISIONED_DEPTH;

/** Leaves under a node of `level`. */
export function span(level: number): number {
  return ARITY ** level;
}

/** Words that hold the bits of `size` leaves. */
export function wordCount(size: number): number {
  return Math.ceil(size / WORD_BITS);
}

/** Levels of the provisioned tree over `size` leaves: the least d ≥ 1 with 4^d ≥ size. */
export function provisionedDepth(size: number): number {
  return leastDepth(size, MAX_PROVISIONED_DEPTH);
}

/** Levels of the revoked tree above its words: the least d ≥ 1 with 256 · 4^d ≥ size. */
export function revokedDepth(size: number): number {
  return leastDepth(wordCount(size), MAX_REVOKED_DEPTH);
}

function leastDepth(leaves: number, most: number): number {
  let depth = 1;
  while (depth < most && span(depth) < leaves) depth++;
  return depth;
}
