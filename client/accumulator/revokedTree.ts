import { type FieldElement, MAX_REVOKED_DEPTH } from "../core/index.ts";
import { span, WORD_BITS } from "./shape.ts";
import {
  EMPTY_REVOKED,
  type Nodes,
  nodeKey,
  nodeOf,
  pathOf,
  type SparseTree,
  wordHash,
} from "./sparseTree.ts";

/** The words of revocation bits and the hashes above them that were computed or fetched. */
export type RevokedTree = { readonly words: readonly bigint[]; readonly hashes: Nodes };

/** The word of `index`. */
export function wordAt(words: readonly bigint[], index: number): bigint {
  return words[Math.floor(index / WORD_BITS)] ?? 0n;
}

/** True if the bit of `index` is set. */
export function isSet(words: readonly bigint[], index: number): boolean {
  return ((wordAt(words, index) >> BigInt(index % WORD_BITS)) & 1n) === 1n;
}

/** The tree with the bits of `indices` changed: set ones cleared, others set. */
export function toggled(tree: RevokedTree, indices: readonly number[]): RevokedTree {
  const words = [...tree.words];
  const hashes = new Map(tree.hashes);
  for (const index of indices) {
    const word = Math.floor(index / WORD_BITS);
    while (words.length <= word) words.push(0n);
    words[word] = (words[word] ?? 0n) ^ (1n << BigInt(index % WORD_BITS));
    for (let level = 0; level <= MAX_REVOKED_DEPTH; level++) {
      hashes.delete(nodeKey(level, Math.floor(word / span(level))));
    }
  }
  return { words, hashes };
}

/** The root at `depth`. */
export function revokedRoot(tree: RevokedTree, depth: number): FieldElement {
  return nodeOf(sparse(tree), depth, 0);
}

/** The siblings that prove the word of `index` under the root at `depth`, three for each level from the word up. */
export function revokedPath(tree: RevokedTree, depth: number, index: number): readonly FieldElement[] {
  return pathOf(sparse(tree), depth, Math.floor(index / WORD_BITS));
}

function sparse({ words, hashes }: RevokedTree): SparseTree {
  return {
    empty: EMPTY_REVOKED,
    width: words.length,
    known: hashes,
    keeps: () => true,
    leaf: (position) => (words[position] ? wordHash(words[position]) : EMPTY_REVOKED[0]),
  };
}
