import { expect } from "chai";
import { expectedSignals, honestInput, makeAgent, makeRegistry } from "./support/authorization.ts";
import { buildCircuit, type Circuit, computeWitness } from "./support/circuit.ts";
import { isSatisfied } from "./support/r1cs.ts";

describe("agentAuthorization", () => {
  let circuit: Circuit;

  before(async () => {
    circuit = await buildCircuit();
  });

  for (const [size, index] of [
    [1, 0],
    [4, 3],
    [5, 4],
    [64, 17],
    [65, 64],
    [1025, 1024],
  ] as const) {
    it(`accepts agent ${index} of ${size}`, async () => {
      const agent = makeAgent("honest", index);
      const registry = makeRegistry({ agent, size });
      const witness = await computeWitness(circuit, honestInput(agent, registry));
      expect(isSatisfied(circuit.r1cs, witness)).to.equal(true);
      expect(witness.slice(1, 7)).to.deep.equal(Object.values(expectedSignals(agent, registry)));
    });
  }
});
