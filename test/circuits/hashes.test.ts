import { expect } from "chai";
import { readPoseidon2Vectors } from "../vectors/readPoseidon2Vectors.ts";
import { buildCircuit, computeWitness } from "./support/circuit.ts";
import { isSatisfied } from "./support/r1cs.ts";

describe("circuits: C4 and N4", () => {
  for (const [main, hash] of [
    ["C4()", "c4"],
    ["N4()", "n4"],
  ] as const) {
    it(`${main} agrees with the shared vectors`, async () => {
      const { wasm, r1cs } = await buildCircuit({ main });
      for (const { name, input, output } of readPoseidon2Vectors()) {
        const witness = await computeWitness(wasm, { in: input });
        expect(isSatisfied(r1cs, witness), name).to.equal(true);
        expect(witness[1], name).to.equal(output[hash]);
      }
    });
  }
});
