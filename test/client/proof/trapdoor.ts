import { bn254 } from "@noble/curves/bn254.js";
import type { BaseProof } from "../../../client/proof/authorization.ts";
import { encodeG1, encodeG2, G1, G2, multiplySecret, randomScalar } from "../../../client/proof/points.ts";
import type { VerifyingKeyCoordinates } from "../../../client/proof/verifyingKey.ts";

const { Fr } = bn254.fields;

/** A verifying key whose secrets are known: it "proves" any public inputs at once, so that tests need no prover. */
export type TrapdoorKey = {
  readonly coordinates: VerifyingKeyCoordinates;
  /** A base proof that holds for these six public inputs. */
  prove(inputs: readonly bigint[]): BaseProof;
};

/** @param draw Where its secrets come from. */
export function trapdoorKey(draw: () => bigint = randomScalar): TrapdoorKey {
  const [alpha, beta, delta] = [draw(), draw(), draw()];
  const l = Array.from({ length: 7 }, draw);
  const coordinates = {
    alpha: encodeG1(G1.BASE.multiply(alpha)),
    beta: encodeG2(G2.BASE.multiply(beta)),
    gamma: encodeG2(G2.BASE),
    delta2: encodeG2(G2.BASE.multiply(delta)),
    delta1: encodeG1(G1.BASE.multiply(delta)),
    ic: l.map((scalar) => encodeG1(G1.BASE.multiply(scalar))),
  };
  return {
    coordinates,
    prove(inputs) {
      const [u, v] = [randomScalar(), randomScalar()];
      const vkX = [1n, ...inputs].reduce((sum, x, i) => Fr.add(sum, Fr.mul(x, l[i] ?? 0n)), 0n);
      const c = Fr.div(Fr.sub(Fr.sub(Fr.mul(u, v), Fr.mul(alpha, beta)), vkX), delta);
      return {
        a: encodeG1(G1.BASE.multiply(u)),
        b: encodeG2(G2.BASE.multiply(v)),
        c: encodeG1(multiplySecret(G1.BASE, c)),
      };
    },
  };
}
