import { mulAddUnsafe } from "@noble/curves/abstract/curve.js";
import { bn254 } from "@noble/curves/bn254.js";
import type { PreparedAuthorization } from "./authorization.ts";
import { G1, type G1Point, type G2Point } from "./points.ts";
import type { VerifyingKey } from "./verifyingKey.ts";

const { Fp12 } = bn254.fields;

/** Σ scalar · point; its time depends on the scalars, so public ones only. */
export function sumPublic(points: readonly G1Point[], scalars: readonly bigint[]): G1Point {
  return mulAddUnsafe(G1, [...points], [...scalars]);
}

/** e(a, b) = e(α, β) · e(vkX, g2) · e(c, δ₂). Points are valid; a, b and c not zero. */
export function pairingHolds(key: VerifyingKey, a: G1Point, b: G2Point, c: G1Point, vkX: G1Point): boolean {
  const { gammaLines, deltaLines, alphaBeta } = key.pairing;
  const pairs = [
    { lines: bn254.utils.calcPairingPrecomputes(b), point: a },
    { lines: deltaLines, point: c.negate() },
    // An H chosen as −(L₀ + …) makes vkX zero; that pairing is 1, as the precompile has it.
    ...(vkX.is0() ? [] : [{ lines: gammaLines, point: vkX.negate() }]),
  ];
  const product = bn254.millerLoopBatch(
    pairs.map(({ lines, point }) => {
      const { x, y } = point.toAffine();
      return [lines, x, y];
    }),
  );
  return Fp12.eql(Fp12.finalExponentiate(product), alphaBeta);
}

/** Whether a base proof holds for these six public inputs, the hidden ones among them. */
export function baseProofHolds(
  key: VerifyingKey,
  authorization: PreparedAuthorization,
  publicInputs: readonly bigint[],
): boolean {
  const { a, b, c } = authorization.points();
  const [l0, ...l] = key.inputs;
  return pairingHolds(key, a, b, c, sumPublic(l, publicInputs).add(l0));
}
