import type { AccumulatorWitness } from "../accumulator/index.ts";
import {
  c4,
  DOMAIN,
  type FieldElement,
  MAX_PROVISIONED_DEPTH,
  MAX_REVOKED_DEPTH,
  n4,
  WORD_INDEX_BITS,
} from "../core/index.ts";
import { commitToAgentSecrets, expiry, type PolicyId, proverLeaf } from "../policy/index.ts";
import type { AgentCredential } from "./credential.ts";
import { ProofError } from "./errors.ts";

/** Where an agent's leaf and its revocation word lie, with what proves it (protocol §3, §4). */
export type AgentWitness = AccumulatorWitness & {
  /** Last second of the authorization, since 1970; 2⁴⁰−1 for none. */
  readonly expiry: bigint;
};

/** The private inputs of `agentAuthorization` by their names; secret. */
export type CircuitInputs = {
  readonly secret: bigint;
  readonly blinding: bigint;
  readonly policySecret: bigint;
  readonly policySalt: bigint;
  readonly creator: bigint;
  readonly index: bigint;
  readonly expiry: bigint;
  readonly validUntil: bigint;
  readonly provisionedSiblings: readonly (readonly bigint[])[];
  readonly provisionedDepth: bigint;
  readonly wordLow: bigint;
  readonly wordHigh: bigint;
  readonly revokedSiblings: readonly (readonly bigint[])[];
  readonly revokedDepth: bigint;
};

/** The roots that a witness leads to. */
export type WitnessRoots = { readonly provisionedRoot: FieldElement; readonly revokedRoot: FieldElement };

const HALF_BITS = 128n;
const HALF = 1n << HALF_BITS;
const SIBLINGS = 3;

/**
 * The inputs of the circuit for a credential and a witness; short paths are filled up with zeros.
 *
 * @throws {ProofError} WITNESS_MALFORMED
 */
export function circuitInputs(
  { agent, policy, creator }: AgentCredential,
  witness: AgentWitness,
  validUntil: bigint,
): CircuitInputs {
  const provisioned = levels(witness.provisionedSiblings, MAX_PROVISIONED_DEPTH, "provisionedSiblings");
  const revoked = levels(witness.revokedSiblings, MAX_REVOKED_DEPTH, "revokedSiblings");
  return {
    secret: agent.secret.reveal(),
    blinding: agent.blinding.reveal(),
    policySecret: policy.secret.reveal(),
    policySalt: policy.salt.reveal(),
    creator,
    index: BigInt(witness.index),
    expiry: witness.expiry,
    validUntil,
    provisionedSiblings: padded(provisioned, MAX_PROVISIONED_DEPTH),
    provisionedDepth: BigInt(provisioned.length),
    ...splitWord(witness.word),
    revokedSiblings: padded(revoked, MAX_REVOKED_DEPTH),
    revokedDepth: BigInt(revoked.length),
  };
}

/**
 * The roots that a witness leads to, and whether its bit is set: computed here first, as the circuit only says no.
 *
 * @param policy I.
 * @throws {ProofError} WITNESS_MALFORMED; AGENT_REVOKED if the bit is set
 * @throws {PolicyError} INDEX_OUT_OF_RANGE, EXPIRY_MALFORMED
 */
export function witnessRoots(
  { agent }: AgentCredential,
  policy: PolicyId,
  witness: AgentWitness,
): WitnessRoots {
  const { index, word } = witness;
  const commitment = commitToAgentSecrets(agent);
  const leaf = proverLeaf({ policy, commitment, index, expiry: expiry(witness.expiry) });
  const { wordLow, wordHigh } = splitWord(word);
  const bits = 1 << WORD_INDEX_BITS;
  if (((word >> BigInt(index % bits)) & 1n) !== 0n) {
    throw new ProofError("AGENT_REVOKED", "this agent's authorization is revoked", { details: { index } });
  }
  return {
    provisionedRoot: fold(
      leaf,
      index,
      levels(witness.provisionedSiblings, MAX_PROVISIONED_DEPTH, "provisionedSiblings"),
    ),
    revokedRoot: fold(
      c4(DOMAIN.revocationWord, wordLow, wordHigh, 0n),
      Math.floor(index / bits),
      levels(witness.revokedSiblings, MAX_REVOKED_DEPTH, "revokedSiblings"),
    ),
  };
}

function fold(start: FieldElement, index: number, path: readonly (readonly bigint[])[]): FieldElement {
  let node = start;
  let position = index;
  for (const siblings of path) {
    const children = siblings.toSpliced(position % 4, 0, node);
    const [a = 0n, b = 0n, c = 0n, d = 0n] = children;
    node = n4(a, b, c, d);
    position = Math.floor(position / 4);
  }
  return node;
}

function levels(siblings: readonly bigint[], most: number, field: string): readonly (readonly bigint[])[] {
  const depth = siblings.length / SIBLINGS;
  if (!Number.isInteger(depth) || depth < 1 || depth > most) {
    throw new ProofError(
      "WITNESS_MALFORMED",
      `${field} has not three nodes for each of 1 to ${most} levels`,
      {
        details: { field, length: siblings.length },
      },
    );
  }
  return Array.from({ length: depth }, (_, level) =>
    siblings.slice(SIBLINGS * level, SIBLINGS * (level + 1)),
  );
}

function padded(path: readonly (readonly bigint[])[], length: number): readonly (readonly bigint[])[] {
  return Array.from({ length }, (_, level) => path[level] ?? [0n, 0n, 0n]);
}

function splitWord(word: bigint): { readonly wordLow: bigint; readonly wordHigh: bigint } {
  if (word < 0n || word >> (2n * HALF_BITS) !== 0n) {
    throw new ProofError("WITNESS_MALFORMED", "a revocation word has 256 bits", {
      details: { field: "word" },
    });
  }
  return { wordLow: word % HALF, wordHigh: word >> HALF_BITS };
}
