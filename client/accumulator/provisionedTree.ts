import type { FieldElement } from "../core/index.ts";
import { provisionedDepth } from "./shape.ts";
import { EMPTY_PROVISIONED, type Nodes, nodeOf, pathOf, type SparseTree } from "./sparseTree.ts";

/** The tree over the first `size` leaves; full nodes are the same at every size that fills them. */
export function provisionedTree(full: Nodes, size: number): SparseTree {
  return {
    empty: EMPTY_PROVISIONED,
    width: size,
    known: full,
    keeps: (end) => end <= size,
    leaf: () => undefined,
  };
}

/**
 * The root at `size` leaves.
 *
 * @throws {AccumulatorError} ACCUMULATOR_NODES_MISSING
 */
export function provisionedRoot(full: Nodes, size: number): FieldElement {
  return nodeOf(provisionedTree(full, size), provisionedDepth(size), 0);
}

/**
 * The siblings that prove leaf `index` under the root at `size` leaves, three for each level from the leaf up.
 *
 * @throws {AccumulatorError} ACCUMULATOR_NODES_MISSING
 */
export function provisionedPath(full: Nodes, size: number, index: number): readonly FieldElement[] {
  return pathOf(provisionedTree(full, size), provisionedDepth(size), index);
}
