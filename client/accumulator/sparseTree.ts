import {
  c4,
  DOMAIN,
  type FieldElement,
  fieldElement,
  MAX_PROVISIONED_DEPTH,
  MAX_REVOKED_DEPTH,
  n4,
} from "../core/index.ts";
import { AccumulatorError } from "./errors.ts";
import { ARITY, span } from "./shape.ts";

/** Nodes by {@link nodeKey}. Computed nodes are added as they are asked for, which changes nothing that can be seen. */
export type Nodes = Map<number, FieldElement>;

/** A 4-ary tree of which some nodes are known; the others follow from those below them. */
export type SparseTree = {
  /** The node above nothing, by level. */
  readonly empty: readonly FieldElement[];
  /** Leaves in use; what lies beyond is empty. */
  readonly width: number;
  readonly known: Nodes;
  /** True if a node whose leaves end before position `end` may be kept in `known`. */
  readonly keeps: (end: number) => boolean;
  /** A leaf that is not in `known`, if it can be had. */
  readonly leaf: (position: number) => FieldElement | undefined;
};

const HALF_BITS = 128n;
const HALF = (1n << HALF_BITS) - 1n;

/** The leaf of the revoked tree for a word (protocol §4.1). */
export function wordHash(word: bigint): FieldElement {
  return c4(DOMAIN.revocationWord, word & HALF, word >> HALF_BITS, 0n);
}

/** `Z_l` of protocol §3.1. */
export const EMPTY_PROVISIONED = emptyNodes(fieldElement(0n), MAX_PROVISIONED_DEPTH);

/** `E_l` of protocol §4.1. */
export const EMPTY_REVOKED = emptyNodes(wordHash(0n), MAX_REVOKED_DEPTH);

/** Names a node; positions are below 2²⁴. */
export function nodeKey(level: number, position: number): number {
  return level * span(MAX_PROVISIONED_DEPTH) + position;
}

/**
 * The node of `level` at `position`.
 *
 * @throws {AccumulatorError} ACCUMULATOR_NODES_MISSING if it does not follow from what is known.
 */
export function nodeOf(tree: SparseTree, level: number, position: number): FieldElement {
  if (position * span(level) >= tree.width) return emptyOf(tree, level);
  const keeps = tree.keeps((position + 1) * span(level));
  const key = nodeKey(level, position);
  const known = keeps ? tree.known.get(key) : undefined;
  if (known !== undefined) return known;
  const node = level === 0 ? leafOf(tree, position) : parentOf(tree, level, position);
  if (keeps) tree.known.set(key, node);
  return node;
}

/** The siblings of a leaf, three for each level from the leaf up, in the order of their positions. */
export function pathOf(tree: SparseTree, depth: number, position: number): readonly FieldElement[] {
  return Array.from({ length: depth }, (_, level) => {
    const own = Math.floor(position / span(level));
    const first = own - (own % ARITY);
    return [0, 1, 2, 3]
      .filter((child) => first + child !== own)
      .map((child) => nodeOf(tree, level, first + child));
  }).flat();
}

/** The root that a leaf and its siblings lead to. */
export function climb(leaf: FieldElement, position: number, siblings: readonly FieldElement[]): FieldElement {
  let node = leaf;
  for (let level = 0; level * (ARITY - 1) < siblings.length; level++) {
    const own = Math.floor(position / span(level)) % ARITY;
    const beside = siblings.slice(level * (ARITY - 1), (level + 1) * (ARITY - 1));
    const [a = node, b = node, c = node, d = node] = beside.toSpliced(own, 0, node);
    node = n4(a, b, c, d);
  }
  return node;
}

function leafOf(tree: SparseTree, position: number): FieldElement {
  const leaf = tree.leaf(position);
  if (leaf === undefined) {
    throw new AccumulatorError("ACCUMULATOR_NODES_MISSING", "this part of the tree was not loaded", {
      details: { level: 0, position },
    });
  }
  return leaf;
}

function parentOf(tree: SparseTree, level: number, position: number): FieldElement {
  const child = (i: number) => nodeOf(tree, level - 1, ARITY * position + i);
  const [a, b, c, d] = [child(0), child(1), child(2), child(3)];
  const empty = emptyOf(tree, level - 1);
  if (a === empty && b === empty && c === empty && d === empty) return emptyOf(tree, level);
  return n4(a, b, c, d);
}

function emptyOf(tree: SparseTree, level: number): FieldElement {
  return tree.empty[level] ?? fieldElement(0n);
}

function emptyNodes(bottom: FieldElement, depth: number): readonly FieldElement[] {
  const nodes = [bottom];
  for (let node = bottom; nodes.length <= depth; nodes.push(node)) node = n4(node, node, node, node);
  return nodes;
}
