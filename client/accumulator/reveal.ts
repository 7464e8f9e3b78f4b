import { type FieldElement, fieldElement, isFieldElement } from "../core/index.ts";
import { AccumulatorError } from "./errors.ts";
import { provisionedDepth, revokedDepth, WORD_BITS } from "./shape.ts";
import type { AccumulatorSource, BlockRef, RevealingSource } from "./source.ts";
import { climb, wordHash } from "./sparseTree.ts";
import type { AccumulatorWitness } from "./witness.ts";

/** Which leaf, under which checkpoint. */
export type RevealingRequest = {
  readonly generation: number;
  readonly index: number;
  readonly leaf: FieldElement;
  /** Leaves under the checkpoint to prove under. */
  readonly provisionedSize: number;
};

/** A witness and the roots that it leads to. */
export type RevealedWitness = AccumulatorWitness & {
  readonly provisionedRoot: FieldElement;
  readonly revokedRoot: FieldElement;
};

/**
 * Asks a node for the witness of one agent, under the newest revoked root. **The node learns which agent asks, and when**
 * (protocol §7.2): for agents that need no privacy towards it, or whose node is their own. Otherwise keep the accumulator
 * with `syncAccumulator`.
 *
 * @throws {AccumulatorError} ACCUMULATOR_SOURCE_MALFORMED; ACCUMULATOR_ROOT_MISMATCH if the paths do not lead to the
 * registry's roots
 */
export async function fetchWitnessRevealingIndex(
  source: AccumulatorSource & RevealingSource,
  request: RevealingRequest,
  at: BlockRef,
): Promise<RevealedWitness> {
  const { generation, index, leaf, provisionedSize } = request;
  const size = await source.size(generation, at);
  const provisionedSiblings = siblingsOf(
    await source.provisionedWitness(generation, provisionedSize, index, at),
    provisionedDepth(provisionedSize),
  );
  const { word, siblings } = await source.revokedWitness(generation, index, at);
  const revokedSiblings = siblingsOf(siblings, revokedDepth(size));
  if (typeof word !== "bigint" || word < 0n || word >> BigInt(WORD_BITS) !== 0n) throw malformed("the word");
  const provisionedRoot = climb(leaf, index, provisionedSiblings);
  const revokedRoot = climb(wordHash(word), Math.floor(index / WORD_BITS), revokedSiblings);
  const expected = [
    await source.provisionedRoot(generation, provisionedSize, at),
    (await source.revokedRoot(generation, at)).root,
  ];
  if (provisionedRoot !== expected[0] || revokedRoot !== expected[1]) {
    throw new AccumulatorError(
      "ACCUMULATOR_ROOT_MISMATCH",
      "the node's witness does not lead to its own roots",
    );
  }
  return { index, provisionedSiblings, word, revokedSiblings, provisionedRoot, revokedRoot };
}

function siblingsOf(values: readonly bigint[], depth: number): readonly FieldElement[] {
  if (values.length !== 3 * depth || !values.every(isFieldElement)) throw malformed("the siblings");
  return values.map((value) => fieldElement(value));
}

function malformed(what: string): AccumulatorError {
  return new AccumulatorError("ACCUMULATOR_SOURCE_MALFORMED", `${what} of the node's witness cannot be`);
}
