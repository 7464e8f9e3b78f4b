import { bn254 } from "@taceo/poseidon2";
import { type FieldElement, fieldElement, SCALAR_MODULUS } from "./field.ts";

/** First input of every {@link c4}: what the hash commits to (protocol §1.3). */
export const DOMAIN = {
  secretCommitment: 1n,
  ownerCommitment: 2n,
  policyAddress: 3n,
  proverLeaf: 4n,
  revocationWord: 5n,
  ownerPseudonymKey: 6n,
  devicePseudonymKey: 7n,
} as const satisfies Readonly<Record<string, bigint>>;

/**
 * Poseidon2 for commitments, leaves, words and keys: `P(a,b,c,d)[0] + a` (protocol §1.2).
 *
 * @param a The domain tag, one of {@link DOMAIN}.
 * @throws {CoreError} FIELD_NOT_CANONICAL if an input is not in 0 … r−1.
 * @example const commitment = c4(DOMAIN.secretCommitment, secret, blinding, 0n);
 */
export function c4(a: bigint, b: bigint, c: bigint, d: bigint): FieldElement {
  const [first] = permute(a, b, c, d);
  return fieldElement((first + a) % SCALAR_MODULUS);
}

/**
 * Poseidon2 for inner tree nodes and nothing else: `P(a,b,c,d)[1] + b` (protocol §1.2). It differs from {@link c4},
 * or a leaf whose opening its owner chose would also be an inner node.
 *
 * @throws {CoreError} FIELD_NOT_CANONICAL if an input is not in 0 … r−1.
 * @example const emptyParent = n4(0n, 0n, 0n, 0n);
 */
export function n4(a: bigint, b: bigint, c: bigint, d: bigint): FieldElement {
  const [, second] = permute(a, b, c, d);
  return fieldElement((second + b) % SCALAR_MODULUS);
}

function permute(a: bigint, b: bigint, c: bigint, d: bigint): readonly [bigint, bigint] {
  const state = [fieldElement(a, "a"), fieldElement(b, "b"), fieldElement(c, "c"), fieldElement(d, "d")];
  const [first = 0n, second = 0n] = bn254.t4.permutation(state);
  return [first, second];
}
