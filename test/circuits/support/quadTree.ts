import { c4, DOMAIN, n4 } from "../../../client/core/index.ts";

/** Three siblings a level, in child order, level 0 first. */
export type Path = readonly (readonly [bigint, bigint, bigint])[];

/**
 * A 4-ary tree written for clarity: every level in full, from the definition in protocol §3.1. It shares no code with
 * the client's trees, which it checks.
 */
export class QuadTree {
  readonly #levels: readonly (readonly bigint[])[];
  readonly #empty: readonly bigint[];

  constructor(leaves: readonly bigint[], depth: number, emptyLeaf: bigint, node: typeof n4 = n4) {
    const empty = [emptyLeaf];
    const levels = [leaves];
    for (let level = 0; level < depth; level++) {
      const hole = empty[level] ?? 0n;
      const children = levels[level] ?? [];
      const child = (i: number): bigint => children[i] ?? hole;
      empty.push(node(hole, hole, hole, hole));
      levels.push(
        Array.from({ length: Math.max(1, Math.ceil(children.length / 4)) }, (_, i) =>
          node(child(4 * i), child(4 * i + 1), child(4 * i + 2), child(4 * i + 3)),
        ),
      );
    }
    this.#levels = levels;
    this.#empty = empty;
  }

  get depth(): number {
    return this.#levels.length - 1;
  }

  get root(): bigint {
    return this.node(this.depth, 0);
  }

  node(level: number, position: number): bigint {
    return this.#levels[level]?.[position] ?? this.#empty[level] ?? 0n;
  }

  path(position: number): Path {
    return Array.from({ length: this.depth }, (_, level) => {
      const own = Math.floor(position / 4 ** level);
      const siblings = [0, 1, 2, 3].filter((child) => child !== own % 4);
      const [a = 0n, b = 0n, c = 0n] = siblings.map((child) => this.node(level, own - (own % 4) + child));
      return [a, b, c];
    });
  }
}

/** Least d ≥ 1 with `unit` · 4^d ≥ size (protocol §3.1, §4.1). */
export function leastDepth(size: number, unit: number): number {
  let depth = 1;
  while (unit * 4 ** depth < size) depth++;
  return depth;
}

/** Leaves of the revoked tree: one word for 256 indices. */
export function revocationWords(revoked: ReadonlySet<number>, size: number): readonly bigint[] {
  const words = Array.from({ length: Math.max(1, Math.ceil(size / 256)) }, () => 0n);
  for (const index of revoked) {
    const word = Math.floor(index / 256);
    words[word] = (words[word] ?? 0n) | (1n << BigInt(index % 256));
  }
  return words;
}

const HALF = (1n << 128n) - 1n;

/** `[low, high]` halves of a word. */
export function halves(word: bigint): readonly [low: bigint, high: bigint] {
  return [word & HALF, word >> 128n];
}

/** The leaf of a revocation word. */
export function wordLeaf(word: bigint): bigint {
  const [low, high] = halves(word);
  return c4(DOMAIN.revocationWord, low, high, 0n);
}
