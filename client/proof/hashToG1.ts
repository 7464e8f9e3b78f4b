import { bn254 } from "@noble/curves/bn254.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { COORDINATE_MODULUS, type Hex32, hexToBytes } from "../core/index.ts";
import { ProofError } from "./errors.ts";
import { curveEquation, G1, type G1Point } from "./points.ts";
import { keccakBytes } from "./words.ts";

/** A point nobody knows a logarithm of, with what a contract needs to check it without a square root. */
export type HashedPoint = {
  readonly point: G1Point;
  /** One per counter tried: the even root of −(x³+3) for each skipped one, then the even root of x³+3. */
  readonly hints: readonly bigint[];
};

/** A counter succeeds with probability 1/2, so 256 of them fail together with probability 2⁻²⁵⁶. */
const MAX_COUNTERS = 256;

const { Fp } = bn254.fields;

/**
 * Hashes to G1 by try-and-increment (protocol §6.3); its time depends on the input, which is public.
 *
 * @param domain Domain separation tag, ASCII.
 * @param seed 32 bytes.
 * @throws {ProofError} HASH_TO_CURVE_EXHAUSTED (probability 2⁻²⁵⁶)
 */
export function hashToG1(domain: string, seed: Hex32): HashedPoint {
  const prefix = concatBytes(utf8ToBytes(domain), hexToBytes(seed));
  const hints: bigint[] = [];
  for (let counter = 0; counter < MAX_COUNTERS; counter++) {
    const x = BigInt(keccakBytes(concatBytes(prefix, Uint8Array.of(counter)))) % COORDINATE_MODULUS;
    const right = curveEquation(x);
    const root = evenRoot(right);
    if (root !== undefined) return { point: G1.fromAffine({ x, y: root }), hints: [...hints, root] };
    // −1 is no square mod p, so exactly one of x³+3 and −(x³+3) has a root; neither is ever 0.
    hints.push(evenRoot(Fp.neg(right)) ?? 0n);
  }
  throw new ProofError("HASH_TO_CURVE_EXHAUSTED", "no counter gave a point");
}

/** The even one of the two square roots mod p, or none. p ≡ 3 mod 4: a candidate is value^((p+1)/4). */
function evenRoot(value: bigint): bigint | undefined {
  const root = Fp.pow(value, (COORDINATE_MODULUS + 1n) / 4n);
  if (Fp.sqr(root) !== value) return undefined;
  return root % 2n === 0n ? root : Fp.neg(root);
}
