import { keccak_256 } from "@noble/hashes/sha3.js";
import {
  bigintToBytes,
  bytesToBigint,
  c4,
  DOMAIN,
  type FieldElement,
  type Hex20,
  hexToBytes,
  INDEX_BITS,
  isFieldElement,
} from "../core/index.ts";
import type { AgentSecrets, KeyId, PolicySecrets } from "../keys/index.ts";
import { PolicyError } from "./errors.ts";
import { type Expiry, expiry } from "./expiry.ts";

declare const policyBrand: unique symbol;
declare const commitmentBrand: unique symbol;
declare const ownerCommitmentBrand: unique symbol;

/** A policy address `I`: a non-zero field element (protocol §2). */
export type PolicyId = FieldElement & { readonly [policyBrand]: true };

/** `K`, the public commitment to an agent's secrets: a non-zero field element. */
export type SecretCommitment = FieldElement & { readonly [commitmentBrand]: true };

/** `O`, the public commitment to a policy's secrets: a non-zero field element. */
export type OwnerCommitment = FieldElement & { readonly [ownerCommitmentBrand]: true };

/** The chain and the contract that a policy lives in. */
export type RegistryLocation = { readonly chainId: bigint; readonly registry: Hex20 };

/** Parses a policy address. @throws {PolicyError} POLICY_ID_MALFORMED unless 0 < value < r. */
export function policyId(value: bigint): PolicyId {
  if (!isFieldElement(value) || value === 0n) {
    throw new PolicyError("POLICY_ID_MALFORMED", "a policy address is a non-zero field element", {
      details: { value },
    });
  }
  return value as PolicyId;
}

/** Parses `K`. @throws {PolicyError} COMMITMENT_MALFORMED unless 0 < value < r. */
export function secretCommitment(value: bigint): SecretCommitment {
  return nonZeroCommitment(value) as SecretCommitment;
}

/** Parses `O`. @throws {PolicyError} COMMITMENT_MALFORMED unless 0 < value < r. */
export function ownerCommitment(value: bigint): OwnerCommitment {
  return nonZeroCommitment(value) as OwnerCommitment;
}

/** `K = C4(1, S, r0, 0)`. @throws {KeysError} SECRET_ERASED */
export function commitToAgentSecrets(secrets: AgentSecrets): SecretCommitment {
  return secretCommitment(
    c4(DOMAIN.secretCommitment, secrets.secret.reveal(), secrets.blinding.reveal(), 0n),
  );
}

/** `O = C4(2, PS, salt, 0)`. @throws {KeysError} SECRET_ERASED */
export function commitToPolicySecrets(secrets: PolicySecrets): OwnerCommitment {
  return ownerCommitment(c4(DOMAIN.ownerCommitment, secrets.secret.reveal(), secrets.salt.reveal(), 0n));
}

/**
 * `creator`: binds a policy address to the key that creates it, on one registry of one chain
 * (`uint256(keccak256(abi.encode(chainId, registry, creatorKeyId))) >> 8`).
 *
 * @throws {CoreError} INTEGER_OUT_OF_RANGE if the chain id has more than 256 bits.
 */
export function creatorOf(location: RegistryLocation, key: KeyId): FieldElement {
  const preimage = new Uint8Array(96);
  preimage.set(bigintToBytes(location.chainId, 32), 0);
  preimage.set(hexToBytes(location.registry), 44);
  preimage.set(hexToBytes(key), 64);
  return (bytesToBigint(keccak_256(preimage)) >> 8n) as FieldElement;
}

/**
 * `I = C4(3, O, creator, 0)`: where the policy of these commitment and creator lives, known before it exists.
 *
 * @throws {PolicyError} POLICY_ID_MALFORMED if the hash is zero (probability 2⁻²⁵⁴).
 */
export function policyAddress(owner: OwnerCommitment, creator: FieldElement): PolicyId {
  return policyId(c4(DOMAIN.policyAddress, owner, creator, 0n));
}

/** What a leaf of the provisioned accumulator commits to. */
export type ProverLeaf = {
  readonly policy: PolicyId;
  readonly commitment: SecretCommitment;
  /** Position in the accumulator, 0 … 2²⁴ − 1. */
  readonly index: number;
  readonly expiry: Expiry;
};

/**
 * The leaf `C4(4, I, K, index | expiry << 24)`.
 *
 * @throws {PolicyError} INDEX_OUT_OF_RANGE, EXPIRY_MALFORMED
 */
export function proverLeaf(leaf: ProverLeaf): FieldElement {
  if (!Number.isInteger(leaf.index) || leaf.index < 0 || leaf.index >= 2 ** INDEX_BITS) {
    throw new PolicyError("INDEX_OUT_OF_RANGE", "an index is an integer from 0 to 2^24 - 1", {
      details: { index: leaf.index },
    });
  }
  const packed = BigInt(leaf.index) | (expiry(leaf.expiry) << BigInt(INDEX_BITS));
  return c4(DOMAIN.proverLeaf, leaf.policy, leaf.commitment, packed);
}

function nonZeroCommitment(value: bigint): FieldElement {
  if (!isFieldElement(value) || value === 0n) {
    throw new PolicyError("COMMITMENT_MALFORMED", "a commitment is a non-zero field element", {
      details: { value },
    });
  }
  return value;
}
