import { createHash } from "node:crypto";
import {
  c4,
  DOMAIN,
  MAX_PROVISIONED_DEPTH,
  MAX_REVOKED_DEPTH,
  n4,
  SCALAR_MODULUS,
} from "../../../client/core/index.ts";
import { halves, leastDepth, type Path, QuadTree, revocationWords, wordLeaf } from "./quadTree.ts";

/** Inputs of the circuit by name. */
export type CircuitInput = Readonly<Record<string, bigint | readonly bigint[] | Path>>;

/** Public signals by name, in the order of protocol §5. */
export type PublicSignals = {
  readonly provisionedRoot: bigint;
  readonly revokedRoot: bigint;
  readonly publicValidUntil: bigint;
  readonly policyAddress: bigint;
  readonly ownerKey: bigint;
  readonly deviceKey: bigint;
};

/** What only the agent and its owner know, and where the agent is. */
export type Agent = {
  readonly secret: bigint;
  readonly blinding: bigint;
  readonly policySecret: bigint;
  readonly policySalt: bigint;
  readonly creator: bigint;
  readonly index: bigint;
  readonly expiry: bigint;
};

/** The commitments of an agent (protocol §2). */
export type Commitments = {
  readonly K: bigint;
  readonly O: bigint;
  readonly I: bigint;
  readonly leaf: bigint;
};

/** A field element that looks random and is the same in every run. */
export function pseudorandom(seed: string): bigint {
  return BigInt(`0x${createHash("sha512").update(`circuit test ${seed}`).digest("hex")}`) % SCALAR_MODULUS;
}

export const EXPIRY = 1_900_000_800n;

export function makeAgent(seed: string, index: number | bigint, expiry = EXPIRY): Agent {
  return {
    secret: pseudorandom(`${seed} secret`),
    blinding: pseudorandom(`${seed} blinding`),
    policySecret: pseudorandom(`${seed} policySecret`),
    policySalt: pseudorandom(`${seed} policySalt`),
    creator: pseudorandom(`${seed} creator`) >> 8n,
    index: BigInt(index),
    expiry,
  };
}

export function commitments(agent: Agent): Commitments {
  const K = c4(DOMAIN.secretCommitment, agent.secret, agent.blinding, 0n);
  const O = c4(DOMAIN.ownerCommitment, agent.policySecret, agent.policySalt, 0n);
  const I = c4(DOMAIN.policyAddress, O, agent.creator, 0n);
  return { K, O, I, leaf: c4(DOMAIN.proverLeaf, I, K, agent.index | (agent.expiry << 24n)) };
}

/** The part of a tree that a proof needs. */
export type Tree = { readonly depth: number; readonly root: bigint; path(position: number): Path };

/** Both trees, and the revocation words by their positions. */
export type Registry = {
  readonly provisioned: Tree;
  readonly revoked: Tree;
  readonly words: readonly bigint[];
};

export type RegistryOptions = {
  readonly agent: Agent;
  readonly size: number;
  readonly revoked?: ReadonlySet<number>;
  readonly revokedDepth?: number;
  /** The agent's leaf, if it is not made honestly. */
  readonly leaf?: bigint;
  /** The hash of inner nodes, if it is not N4. */
  readonly node?: typeof n4;
};

export function makeRegistry(options: RegistryOptions): Registry {
  const { agent, size, revoked = new Set<number>(), leaf = commitments(agent).leaf, node = n4 } = options;
  const leaves = Array.from({ length: size }, (_, i) =>
    BigInt(i) === agent.index ? leaf : BigInt(i) + 1_000_000_000n,
  );
  const words = revocationWords(revoked, size);
  return {
    provisioned: new QuadTree(leaves, leastDepth(size, 1), 0n, node),
    revoked: new QuadTree(
      words.map(wordLeaf),
      options.revokedDepth ?? leastDepth(size, 256),
      wordLeaf(0n),
      node,
    ),
    words,
  };
}

/** A registry at full depth, where only the siblings on the agent's path are known. */
export function makeFullRegistry(agent: Agent): Registry {
  const index = Number(agent.index);
  const word = Math.floor(index / 256);
  const words: bigint[] = [];
  words[word] = pseudorandom("word") & ~(1n << BigInt(index % 256)) & (2n ** 250n - 1n);
  return {
    provisioned: pathTree(commitments(agent).leaf, index, MAX_PROVISIONED_DEPTH),
    revoked: pathTree(wordLeaf(words[word]), word, MAX_REVOKED_DEPTH),
    words,
  };
}

function pathTree(leaf: bigint, position: number, depth: number): Tree {
  const path = Array.from({ length: depth }, (_, level) => {
    const [a = 0n, b = 0n, c = 0n] = [0, 1, 2].map((i) => pseudorandom(`sibling ${depth} ${level} ${i}`));
    return [a, b, c] as const;
  });
  const root = path.reduce((node, siblings, level) => {
    const children = siblings.toSpliced(Math.floor(position / 4 ** level) % 4, 0, node);
    const [a = 0n, b = 0n, c = 0n, d = 0n] = children;
    return n4(a, b, c, d);
  }, leaf);
  return { depth, root, path: () => path };
}

/** What an honest agent gives to the circuit. */
export function honestInput(agent: Agent, registry: Registry, validUntil = agent.expiry): CircuitInput {
  const index = Number(agent.index);
  const word = Math.floor(index / 256);
  const [wordLow, wordHigh] = halves(registry.words[word] ?? 0n);
  return {
    ...agent,
    validUntil,
    provisionedSiblings: fill(registry.provisioned.path(index), MAX_PROVISIONED_DEPTH),
    provisionedDepth: BigInt(registry.provisioned.depth),
    wordLow,
    wordHigh,
    revokedSiblings: fill(registry.revoked.path(word), MAX_REVOKED_DEPTH),
    revokedDepth: BigInt(registry.revoked.depth),
  };
}

/** What the circuit must output for them. */
export function expectedSignals(agent: Agent, registry: Registry, validUntil = agent.expiry): PublicSignals {
  const { I } = commitments(agent);
  return {
    provisionedRoot: registry.provisioned.root,
    revokedRoot: registry.revoked.root,
    publicValidUntil: validUntil,
    policyAddress: I,
    ownerKey: c4(DOMAIN.ownerPseudonymKey, agent.policySecret, I, 0n),
    deviceKey: c4(DOMAIN.devicePseudonymKey, agent.secret, I, 0n),
  };
}

/** Pads a path to the circuit's levels with zeros, which the depth selector leaves out. */
export function fill(path: Path, levels: number): Path {
  return Array.from({ length: levels }, (_, level) => path[level] ?? [0n, 0n, 0n]);
}
