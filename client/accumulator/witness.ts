import type { FieldElement } from "../core/index.ts";
import { AccumulatorError } from "./errors.ts";
import { provisionedPath } from "./provisionedTree.ts";
import { revokedPath, wordAt } from "./revokedTree.ts";
import { WORD_BITS } from "./shape.ts";
import { climb, nodeKey, wordHash } from "./sparseTree.ts";
import { type AccumulatorState, assertSameRoot, revokedTreeAt } from "./state.ts";

/** What an agent proves its leaf and its unset bit with (protocol §5). Private: it tells which agent it is. */
export type AccumulatorWitness = {
  readonly index: number;
  /** Three for each level from the leaf up, in the order of their positions. */
  readonly provisionedSiblings: readonly FieldElement[];
  /** Revocation word ⌊index / 256⌋ under the root asked for; the bit may be set. */
  readonly word: bigint;
  /** Three for each level from the word up, in the order of their positions. */
  readonly revokedSiblings: readonly FieldElement[];
};

/** An agent's leaf, and the roots to prove it under: those that canonical inputs name (protocol §7.1). */
export type WitnessRequest = {
  readonly index: number;
  /** As the agent computes it from its own secrets: the chain's must be the same. */
  readonly leaf: FieldElement;
  readonly provisionedRoot: FieldElement;
  /** Leaves under provisionedRoot. */
  readonly provisionedSize: number;
  readonly revokedRoot: FieldElement;
};

/**
 * The witness of an agent from what is kept locally: asks nobody. Checked against both roots before it is returned.
 *
 * @throws {AccumulatorError} INDEX_UNKNOWN if the root has no such leaf; LEAF_DIFFERS if the index is another agent's, as
 * after a reorganisation: find the index anew; ACCUMULATOR_NODES_MISSING if that part of the tree was not loaded;
 * ACCUMULATOR_ROOT_UNKNOWN if the revoked root is not kept; ACCUMULATOR_ROOT_MISMATCH if the source lied
 */
export function accumulatorWitness(state: AccumulatorState, request: WitnessRequest): AccumulatorWitness {
  const { index, provisionedSize, provisionedRoot, revokedRoot } = request;
  if (!Number.isInteger(index) || index < 0 || index >= provisionedSize || provisionedSize > state.size) {
    throw new AccumulatorError("INDEX_UNKNOWN", "the accumulator has no such leaf at that size", {
      details: { size: Math.min(provisionedSize, state.size) },
    });
  }
  assertOwnLeaf(state, request);
  const provisionedSiblings = provisionedPath(state.nodes, provisionedSize, index);
  assertSameRoot(climb(request.leaf, index, provisionedSiblings), provisionedRoot, "provisioned");
  return { index, provisionedSiblings, ...revokedWitness(state, index, revokedRoot) };
}

function revokedWitness(state: AccumulatorState, index: number, root: FieldElement) {
  const record = state.roots.find((known) => known.root === root);
  if (record === undefined) {
    throw new AccumulatorError("ACCUMULATOR_ROOT_UNKNOWN", "the revoked root is not among those kept", {
      details: { root },
    });
  }
  const tree = revokedTreeAt(state, record.version);
  const word = wordAt(tree.words, index);
  const revokedSiblings = revokedPath(tree, record.depth, index);
  assertSameRoot(climb(wordHash(word), Math.floor(index / WORD_BITS), revokedSiblings), root, "revoked");
  return { word, revokedSiblings };
}

function assertOwnLeaf(state: AccumulatorState, { index, leaf }: WitnessRequest): void {
  const stored = state.nodes.get(nodeKey(0, index));
  if (stored === undefined) {
    throw new AccumulatorError("ACCUMULATOR_NODES_MISSING", "the block of this leaf was not loaded");
  }
  if (stored !== leaf) {
    throw new AccumulatorError(
      "LEAF_DIFFERS",
      "another leaf lies at this index: find the agent's index anew",
    );
  }
}
