import { concatBytes } from "@noble/hashes/utils.js";
import { type Hex32, hexToBytes } from "../core/index.ts";
import { keccak256 } from "./leaf.ts";

/** A tree over distinct leaves. */
export type MerkleTree = {
  readonly root: Hex32;
  /** The siblings of a leaf, lowest first. */
  readonly proofOf: (leaf: Hex32) => readonly Hex32[];
};

type Node = { readonly hash: Hex32; readonly below: ReadonlySet<Hex32> };

/**
 * The one tree over these leaves, as OpenZeppelin's `MerkleProof` verifies it: leaves ascend, pairs are sorted before they are
 * hashed, and an odd node at the end rises as it is.
 *
 * @param leaves At least one, each once.
 */
export function merkleTree(leaves: readonly Hex32[]): MerkleTree {
  const proofs = new Map<Hex32, Hex32[]>(leaves.map((leaf) => [leaf, []]));
  let nodes: readonly Node[] = [...leaves].sort().map((hash) => ({ hash, below: new Set([hash]) }));
  while (nodes.length > 1) {
    const next: Node[] = [];
    for (let i = 0; i < nodes.length; i += 2) {
      const [left, right] = nodes.slice(i, i + 2);
      if (left === undefined) continue;
      if (right === undefined) {
        next.push(left);
        continue;
      }
      for (const leaf of left.below) proofs.get(leaf)?.push(right.hash);
      for (const leaf of right.below) proofs.get(leaf)?.push(left.hash);
      next.push({ hash: parentOf(left.hash, right.hash), below: new Set([...left.below, ...right.below]) });
    }
    nodes = next;
  }
  const [root] = nodes;
  if (root === undefined) throw new RangeError("a tree has at least one leaf");
  return { root: root.hash, proofOf: (leaf) => proofs.get(leaf) ?? [] };
}

/** The root that a leaf and its siblings lead to. */
export function rootOf(leaf: Hex32, proof: readonly Hex32[]): Hex32 {
  return proof.reduce(parentOf, leaf);
}

function parentOf(one: Hex32, other: Hex32): Hex32 {
  const [low, high] = one < other ? [one, other] : [other, one];
  return keccak256(concatBytes(hexToBytes(low), hexToBytes(high)));
}
