import type { Fp2 as Fp2Element } from "@noble/curves/abstract/tower.js";
import type { WeierstrassPoint } from "@noble/curves/abstract/weierstrass.js";
import { bn254 } from "@noble/curves/bn254.js";
import { COORDINATE_MODULUS, isFieldElement, SCALAR_MODULUS } from "../core/index.ts";
import { ProofError } from "./errors.ts";

/** A point of BN254's G1, or zero. */
export type G1Point = WeierstrassPoint<bigint>;

/** A point of BN254's G2, or zero. */
export type G2Point = WeierstrassPoint<Fp2Element>;

/** A G1 point as it crosses a boundary: affine, each below p; (0, 0) is zero. */
export type G1Coordinates = readonly [x: bigint, y: bigint];

/** A G2 point as it crosses a boundary, in the limb order of EIP-197, each below p; all 0 is zero. */
export type G2Coordinates = readonly [xc1: bigint, xc0: bigint, yc1: bigint, yc0: bigint];

export const G1 = bn254.G1.Point;
export const G2 = bn254.G2.Point;
const { Fp, Fp2, Fr } = bn254.fields;

export const ZERO_G1: G1Coordinates = [0n, 0n];

/**
 * A scalar of a presentation or a public input.
 *
 * @throws {ProofError} SCALAR_NOT_CANONICAL unless 0 ≤ value < r.
 */
export function assertScalar(value: bigint, name: string): void {
  if (!isFieldElement(value)) {
    throw new ProofError("SCALAR_NOT_CANONICAL", `${name} is not a canonical scalar`, { details: { name } });
  }
}

/** @throws {ProofError} COORDINATE_NOT_CANONICAL unless each coordinate is in 0 … p−1. */
export function assertCoordinates(coordinates: readonly bigint[], name: string): void {
  if (coordinates.some((c) => typeof c !== "bigint" || c < 0n || c >= COORDINATE_MODULUS)) {
    throw new ProofError("COORDINATE_NOT_CANONICAL", `a coordinate of ${name} is not below p`, {
      details: { name },
    });
  }
}

/** True if the coordinates are those of zero. */
export function isZero(coordinates: readonly bigint[]): boolean {
  return coordinates.every((c) => c === 0n);
}

/**
 * The G1 point at these coordinates, (0, 0) being zero. G1 has prime order, so a point on the curve is in the group.
 *
 * @throws {ProofError} COORDINATE_NOT_CANONICAL, POINT_NOT_ON_CURVE
 */
export function decodeG1(coordinates: G1Coordinates, name: string): G1Point {
  assertCoordinates(coordinates, name);
  if (isZero(coordinates)) return G1.ZERO;
  const [x, y] = coordinates;
  if (!Fp.eql(Fp.sqr(y), curveEquation(x))) throw notOnCurve(name);
  return G1.fromAffine({ x, y });
}

/**
 * The G2 point at these coordinates, all 0 being zero; it is checked to be in the subgroup of order r, which the
 * twist is larger than.
 *
 * @throws {ProofError} COORDINATE_NOT_CANONICAL, POINT_NOT_ON_CURVE, POINT_NOT_IN_SUBGROUP
 */
export function decodeG2(coordinates: G2Coordinates, name: string): G2Point {
  assertCoordinates(coordinates, name);
  if (isZero(coordinates)) return G2.ZERO;
  const [xc1, xc0, yc1, yc0] = coordinates;
  const x = Fp2.fromBigTuple([xc0, xc1]);
  const y = Fp2.fromBigTuple([yc0, yc1]);
  const right = Fp2.add(Fp2.mul(Fp2.sqr(x), x), G2.CURVE().b);
  if (!Fp2.eql(Fp2.sqr(y), right)) throw notOnCurve(name);
  const point = G2.fromAffine({ x, y });
  if (!point.isTorsionFree()) {
    throw new ProofError("POINT_NOT_IN_SUBGROUP", `${name} is not in the subgroup of order r`, {
      details: { name },
    });
  }
  return point;
}

/** The coordinates of a point; (0, 0) for zero. */
export function encodeG1(point: G1Point): G1Coordinates {
  const { x, y } = point.toAffine();
  return [x, y];
}

/** The coordinates of a point in the limb order of EIP-197. */
export function encodeG2(point: G2Point): G2Coordinates {
  const { x, y } = point.toAffine();
  return [x.c1, x.c0, y.c1, y.c0];
}

/** x³ + 3 over the base field. */
export function curveEquation(x: bigint): bigint {
  return Fp.add(Fp.mul(Fp.sqr(x), x), 3n);
}

/** Constant-time `scalar · point` for secrets; 0 gives zero, where the library throws. */
export function multiplySecret(point: G1Point, scalar: bigint): G1Point {
  return scalar === 0n ? G1.ZERO : point.multiply(scalar);
}

/** `scalar · point` for public values only: its time depends on them. */
export function multiplyPublic(point: G1Point, scalar: bigint): G1Point {
  return point.multiplyUnsafe(scalar);
}

/** A random scalar from 1 to r−1. */
export function randomScalar(): bigint {
  return Fr.fromBytes(bn254.utils.randomSecretKey());
}

/** The inverse of a non-zero scalar mod r. */
export function invertScalar(scalar: bigint): bigint {
  return Fr.inv(scalar);
}

/** The product of two scalars mod r. */
export function multiplyScalars(left: bigint, right: bigint): bigint {
  return Fr.mul(left, right);
}

/** `k + c·x` mod r. */
export function respond(nonce: bigint, challenge: bigint, secret: bigint): bigint {
  return (nonce + challenge * secret) % SCALAR_MODULUS;
}

function notOnCurve(name: string): ProofError {
  return new ProofError("POINT_NOT_ON_CURVE", `${name} is not on the curve`, { details: { name } });
}
