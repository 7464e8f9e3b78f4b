import type { Fp2, Fp12 as Fp12Element } from "@noble/curves/abstract/tower.js";
import { bn254 } from "@noble/curves/bn254.js";
import type { Hex32 } from "../core/index.ts";
import { ProofError } from "./errors.ts";
import {
  decodeG1,
  decodeG2,
  G1,
  type G1Coordinates,
  type G1Point,
  G2,
  type G2Coordinates,
  type G2Point,
  isZero,
} from "./points.ts";
import { keccakWords } from "./words.ts";

/** Public inputs of the circuit in its order: provisionedRoot, revokedRoot, validUntil, I, ownerKey, deviceKey. */
export const PUBLIC_INPUTS = 6;

/** A Groth16 verifying key and [δ]₁ as they are stored. */
export type VerifyingKeyCoordinates = {
  readonly alpha: G1Coordinates;
  readonly beta: G2Coordinates;
  readonly gamma: G2Coordinates;
  readonly delta2: G2Coordinates;
  readonly delta1: G1Coordinates;
  /** L₀ … L₆. */
  readonly ic: readonly G1Coordinates[];
};

/** L₀ … L₆ as points. */
export type InputPoints = readonly [G1Point, G1Point, G1Point, G1Point, G1Point, G1Point, G1Point];

/** A verifying key that has passed {@link verifyingKey}. */
export type VerifyingKey = {
  readonly coordinates: VerifyingKeyCoordinates;
  /** keccak256(abi.encode(α, β, γ, δ₂, [δ]₁, L₀ … L₆)): names the key in every presentation. */
  readonly vkHash: Hex32;
  readonly delta1: G1Point;
  readonly delta2: G2Point;
  readonly inputs: InputPoints;
  /** e(α, β), and the Miller loop lines of g2 and δ₂: the parts of each verification that never change. */
  readonly pairing: {
    readonly alphaBeta: Fp12Element;
    readonly gammaLines: Lines;
    readonly deltaLines: Lines;
  };
};

/** Line coefficients of a G2 point. */
export type Lines = [Fp2, Fp2, Fp2][][];

const WORD = /^0x[0-9a-f]{64}$/;

/** Windows of 6 bits: 40 ms per table, made at first use, and multiplications 5 times as fast afterwards. */
const WINDOW = 6;

const { Fp12 } = bn254.fields;

/**
 * Checks the hygiene of a verifying key (protocol §6.6) and prepares it for use.
 *
 * @param expectedHash The pinned vkHash, where there is one.
 * @throws {ProofError} KEY_INPUT_COUNT, KEY_POINT_INVALID, KEY_GAMMA_NOT_GENERATOR, KEY_DELTA_IS_GENERATOR,
 * KEY_DELTA_MISMATCH, KEY_INPUT_POINTS_RELATED, KEY_HASH_MISMATCH
 */
export function verifyingKey(coordinates: VerifyingKeyCoordinates, expectedHash?: Hex32): VerifyingKey {
  const { ic } = coordinates;
  if (ic.length !== PUBLIC_INPUTS + 1) {
    throw new ProofError("KEY_INPUT_COUNT", `a key has ${PUBLIC_INPUTS + 1} input points`, {
      details: { expected: PUBLIC_INPUTS + 1, actual: ic.length },
    });
  }
  const alpha = keyPoint("alpha", coordinates.alpha, decodeG1);
  const beta = keyPoint("beta", coordinates.beta, decodeG2);
  const gamma = keyPoint("gamma", coordinates.gamma, decodeG2);
  const delta2 = keyPoint("delta2", coordinates.delta2, decodeG2);
  const delta1 = keyPoint("delta1", coordinates.delta1, decodeG1);
  const [l0, l1, l2, l3, l4, l5, l6] = ic.map((c, i) => keyPoint(`ic[${i}]`, c, decodeG1));
  const inputs = [l0, l1, l2, l3, l4, l5, l6] as InputPoints;
  assertDelta(gamma, delta2, delta1);
  assertUnrelated([...inputs, delta1, G1.BASE]);
  const vkHash = hashKey(coordinates);
  if (expectedHash !== undefined && vkHash !== expectedHash) {
    throw new ProofError("KEY_HASH_MISMATCH", "this is not the pinned verifying key", {
      details: { expected: expectedHash, actual: vkHash },
    });
  }
  for (const point of [...inputs.slice(4), delta1]) point.precompute(WINDOW);
  delta2.precompute(WINDOW);
  return {
    coordinates,
    vkHash,
    delta1,
    delta2,
    inputs,
    pairing: {
      alphaBeta: bn254.pairing(alpha, beta),
      gammaLines: bn254.utils.calcPairingPrecomputes(G2.BASE),
      deltaLines: bn254.utils.calcPairingPrecomputes(delta2),
    },
  };
}

/**
 * Reads a verifying key as it is committed: JSON of hex words, G2 in the limb order of EIP-197.
 *
 * @throws {ProofError} KEY_MALFORMED
 */
export function parseVerifyingKey(text: string): VerifyingKeyCoordinates {
  const malformed = (field: string) =>
    new ProofError("KEY_MALFORMED", "not a verifying key", { details: { field } });
  const words = (value: unknown, field: string, length: number): bigint[] => {
    if (!Array.isArray(value) || value.length !== length) throw malformed(field);
    return value.map((item) => {
      if (typeof item !== "string" || !WORD.test(item)) throw malformed(field);
      return BigInt(item);
    });
  };
  const g1 = (value: unknown, field: string): G1Coordinates => {
    const [x = 0n, y = 0n] = words(value, field, 2);
    return [x, y];
  };
  const g2 = (value: unknown, field: string): G2Coordinates => {
    const [xc1 = 0n, xc0 = 0n, yc1 = 0n, yc0 = 0n] = words(value, field, 4);
    return [xc1, xc0, yc1, yc0];
  };
  const fields = parseObject(text);
  if (fields === undefined) throw malformed("key");
  const { alpha, beta, gamma, delta2, delta1, ic } = fields;
  if (!Array.isArray(ic)) throw malformed("ic");
  return {
    alpha: g1(alpha, "alpha"),
    beta: g2(beta, "beta"),
    gamma: g2(gamma, "gamma"),
    delta2: g2(delta2, "delta2"),
    delta1: g1(delta1, "delta1"),
    ic: ic.map((point) => g1(point, "ic")),
  };
}

/** The name of a key, as every presentation binds it. */
export function hashKey(key: VerifyingKeyCoordinates): Hex32 {
  return keccakWords([key.alpha, key.beta, key.gamma, key.delta2, key.delta1, ...key.ic].flat());
}

function keyPoint<C extends readonly bigint[], P>(name: string, c: C, decode: (c: C, name: string) => P): P {
  const invalid = (cause?: unknown) =>
    new ProofError("KEY_POINT_INVALID", `${name} of the key is zero or no point of its group`, {
      details: { name },
      cause,
    });
  if (isZero(c)) throw invalid();
  try {
    return decode(c, name);
  } catch (cause) {
    throw invalid(cause);
  }
}

function assertDelta(gamma: G2Point, delta2: G2Point, delta1: G1Point): void {
  if (!gamma.equals(G2.BASE)) {
    throw new ProofError("KEY_GAMMA_NOT_GENERATOR", "gamma must be the generator of G2");
  }
  if (delta2.equals(G2.BASE) || delta2.equals(G2.BASE.negate())) {
    throw new ProofError("KEY_DELTA_IS_GENERATOR", "delta must differ from the generator of G2 up to sign");
  }
  const product = bn254.pairingBatch([
    { g1: delta1, g2: G2.BASE },
    { g1: G1.BASE.negate(), g2: delta2 },
  ]);
  if (!Fp12.eql(product, Fp12.ONE)) {
    throw new ProofError("KEY_DELTA_MISMATCH", "delta in G1 and delta in G2 differ");
  }
}

/** Two points with the same x are equal up to sign; then one input could stand in for another. */
function assertUnrelated(points: readonly G1Point[]): void {
  const seen = new Set<bigint>();
  for (const [position, point] of points.entries()) {
    const { x } = point.toAffine();
    if (seen.has(x)) {
      throw new ProofError("KEY_INPUT_POINTS_RELATED", "two points of the key are equal up to sign", {
        details: { position },
      });
    }
    seen.add(x);
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value))
      : undefined;
  } catch {
    return undefined;
  }
}
