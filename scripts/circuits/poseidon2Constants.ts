/**
 * Constants of Poseidon2 over BN254 with t = 4 (protocol §1.2), taken from one npm library and proved equal to another.
 *
 * Neither library exports its constants. Those of `@zkpassport/poseidon2` lie in a module of their own, which is read
 * by path; running them through the generic permutation of `@taceo/poseidon2` must give what its own instance gives.
 */
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { bn254_Fr } from "@noble/curves/bn254.js";
import { bn254, permutation } from "@taceo/poseidon2";

/** What both code generators need; `matrix` rows are those of the external layer. */
export type Poseidon2Constants = {
  readonly modulus: bigint;
  readonly externalRounds: number;
  readonly internalRounds: number;
  /** One row of four for each external round, first half before the internal rounds. */
  readonly external: readonly (readonly bigint[])[];
  readonly internal: readonly bigint[];
  /** Diagonal of the internal matrix minus one: `s_i' = diagonal_i * s_i + sum(s)`. */
  readonly diagonal: readonly bigint[];
};

const EXTERNAL_ROUNDS = 8;
const INTERNAL_ROUNDS = 56;
const WIDTH = 4;
const CROSS_CHECKS = 32;

/** Loads the constants. @throws Error when they are malformed or the two libraries disagree */
export async function loadPoseidon2Constants(): Promise<Poseidon2Constants> {
  const entry = createRequire(import.meta.url).resolve("@zkpassport/poseidon2");
  const module: unknown = await import(new URL("../esm/bn254/constants.js", pathToFileURL(entry)).href);
  const { RC4, MAT_DIAG4_M_1 } = module as Record<"RC4" | "MAT_DIAG4_M_1", unknown>;
  const rows = matrix(RC4, EXTERNAL_ROUNDS + INTERNAL_ROUNDS);
  const half = EXTERNAL_ROUNDS / 2;
  const middle = rows.slice(half, half + INTERNAL_ROUNDS);
  if (middle.some((row) => row.slice(1).some((value) => value !== 0n)))
    throw new Error("internal rounds must add a constant to the first word only");
  const constants = {
    modulus: bn254_Fr.ORDER,
    externalRounds: EXTERNAL_ROUNDS,
    internalRounds: INTERNAL_ROUNDS,
    external: [...rows.slice(0, half), ...rows.slice(half + INTERNAL_ROUNDS)],
    internal: middle.map(([value = 0n]) => value),
    diagonal: row(MAT_DIAG4_M_1),
  };
  crossCheck(constants);
  return constants;
}

function crossCheck(constants: Poseidon2Constants): void {
  const params = {
    T: WIDTH,
    D: 5,
    ROUNDS_F: constants.externalRounds,
    ROUNDS_P: constants.internalRounds,
    matInternalDiagM1: constants.diagonal,
    roundConstantsExternal: constants.external,
    roundConstantsInternal: constants.internal,
  };
  for (let i = 0; i < CROSS_CHECKS; i++) {
    const input = Array.from({ length: WIDTH }, (_, j) => {
      const digest = createHash("sha512").update(`poseidon2 cross-check ${i} ${j}`).digest("hex");
      return BigInt(`0x${digest}`) % constants.modulus;
    });
    const expected = bn254.t4.permutation(input);
    const actual = permutation(bn254_Fr, input, params);
    if (expected.some((word, j) => word !== actual[j]))
      throw new Error("the two Poseidon2 libraries disagree");
  }
}

function matrix(value: unknown, length: number): bigint[][] {
  if (!Array.isArray(value) || value.length !== length)
    throw new Error(`expected ${length} rows of constants`);
  return value.map(row);
}

function row(value: unknown): bigint[] {
  if (!Array.isArray(value) || value.length !== WIDTH)
    throw new Error(`expected a row of ${WIDTH} constants`);
  return value.map((word: unknown) => {
    if (typeof word !== "bigint" || word < 0n || word >= bn254_Fr.ORDER)
      throw new Error("constant is not canonical");
    return word;
  });
}
