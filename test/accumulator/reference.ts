import { permute } from "@zkpassport/poseidon2";

/** The trees of protocol §3 and §4 by their definitions alone, on another Poseidon2 than the client's. */
const R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001n;
const known = new Map<string, readonly bigint[]>();

/** All levels of a tree, the leaves first and the root last, each without its empty end. */
export type RefLevels = readonly (readonly bigint[])[];

/** The permutation, remembered: the trees of a test share most of their nodes. */
function permutation(input: readonly bigint[]): readonly bigint[] {
  const key = input.join();
  const output = known.get(key) ?? permute([...input]);
  known.set(key, output);
  return output;
}

export function refC4(a: bigint, b: bigint, c: bigint, d: bigint): bigint {
  return ((permutation([a, b, c, d])[0] ?? 0n) + a) % R;
}

export function refN4(a: bigint, b: bigint, c: bigint, d: bigint): bigint {
  return ((permutation([a, b, c, d])[1] ?? 0n) + b) % R;
}

export function refLeaf(policy: bigint, commitment: bigint, index: number, expiry: bigint): bigint {
  return refC4(4n, policy, commitment, BigInt(index) | (expiry << 24n));
}

/** The empty node of a level: 0 or `C4(5,0,0,0)` at the bottom. */
export function refEmpty(bottom: bigint, level: number): bigint {
  const below = level === 0 ? bottom : refEmpty(bottom, level - 1);
  return level === 0 ? below : refN4(below, below, below, below);
}

export function refDepth(leaves: number): number {
  let depth = 1;
  while (4 ** depth < leaves) depth++;
  return depth;
}

function refLevels(leaves: readonly bigint[], bottom: bigint): RefLevels {
  const levels: (readonly bigint[])[] = [leaves];
  for (let level = 0; level < refDepth(leaves.length); level++) {
    const child = (i: number) => levels[level]?.[i] ?? refEmpty(bottom, level);
    const parents = Math.ceil((levels[level]?.length ?? 0) / 4);
    levels.push(
      Array.from({ length: parents }, (_, i) =>
        refN4(child(4 * i), child(4 * i + 1), child(4 * i + 2), child(4 * i + 3)),
      ),
    );
  }
  return levels;
}

export function refProvisioned(leaves: readonly bigint[]): RefLevels {
  return refLevels(leaves, 0n);
}

export function refRoot(levels: RefLevels): bigint {
  return levels.at(-1)?.[0] ?? 0n;
}

/** The words of a generation of `size` leaves of which `revoked` are revoked. */
export function refWords(size: number, revoked: Iterable<number>): bigint[] {
  const words = Array.from({ length: Math.ceil(size / 256) }, () => 0n);
  for (const index of revoked) words[index >> 8] = (words[index >> 8] ?? 0n) | (1n << BigInt(index & 255));
  return words;
}

export function refWordHash(word: bigint): bigint {
  return refC4(5n, word & ((1n << 128n) - 1n), word >> 128n, 0n);
}

export function refRevoked(words: readonly bigint[]): RefLevels {
  return refLevels(words.map(refWordHash), refWordHash(0n));
}

/** The root over `count` equal leaves and then `tail`, in a few hashes. */
export function refUniformRoot(
  count: number,
  leaf: bigint,
  bottom: bigint,
  tail: readonly bigint[] = [],
): bigint {
  const full = [leaf];
  for (let level = 0; level < 12; level++) {
    const child = full[level] ?? 0n;
    full.push(refN4(child, child, child, child));
  }
  const node = (level: number, position: number): bigint => {
    const first = position * 4 ** level;
    if (first >= count + tail.length) return refEmpty(bottom, level);
    if (first + 4 ** level <= count) return full[level] ?? 0n;
    if (level === 0) return tail[first - count] ?? 0n;
    const child = (i: number) => node(level - 1, 4 * position + i);
    return refN4(child(0), child(1), child(2), child(3));
  };
  return node(refDepth(count + tail.length), 0);
}

/** The root that a leaf at `index` and three siblings a level lead to, as the circuit computes it. */
export function refClimb(leaf: bigint, index: number, siblings: readonly bigint[]): bigint {
  let node = leaf;
  for (let level = 0; 3 * level < siblings.length; level++) {
    const children = [...siblings].slice(3 * level, 3 * level + 3);
    children.splice((index >> (2 * level)) & 3, 0, node);
    const [a = 0n, b = 0n, c = 0n, d = 0n] = children;
    node = refN4(a, b, c, d);
  }
  return node;
}
