import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { groth16, zKey } from "snarkjs";
import { ARTIFACTS, FILES, readManifest } from "../../scripts/circuits/artifacts.ts";
import { withSnarkjs } from "../../scripts/circuits/snark.ts";
import { publicSignals } from "../../scripts/circuits/sym.ts";
import {
  type Agent,
  EXPIRY,
  expectedSignals,
  honestInput,
  makeAgent,
  makeFullRegistry,
  makeRegistry,
  type Registry,
} from "./support/authorization.ts";
import {
  accepts,
  buildCircuit,
  buildGenerator,
  type Circuit,
  computeWitness,
  layOut,
} from "./support/circuit.ts";
import { constraintsByWire, holds, isSatisfied } from "./support/r1cs.ts";

/** Depths and positions around every change of depth that is quick to build. */
const PLACES = [
  [1, 0],
  [3, 2],
  [4, 3],
  [5, 4],
  [15, 14],
  [16, 0],
  [17, 16],
  [63, 62],
  [64, 21],
  [65, 64],
  [255, 254],
  [256, 255],
  [257, 256],
  [1024, 1023],
  [1025, 1024],
] as const;

const NEVER = 2n ** 40n - 1n;

describe("circuits: agentAuthorization", () => {
  let circuit: Circuit;

  before(async () => {
    circuit = await buildCircuit();
  });

  async function expectAccepted(agent: Agent, registry: Registry, validUntil = agent.expiry): Promise<void> {
    const witness = await computeWitness(circuit.wasm, honestInput(agent, registry, validUntil));
    expect(isSatisfied(circuit.r1cs, witness)).to.equal(true);
    const expected = expectedSignals(agent, registry, validUntil);
    expect(witness.slice(1, 7)).to.deep.equal(Object.values(expected));
  }

  for (const [size, index] of PLACES) {
    it(`accepts agent ${index} of ${size}`, async () => {
      const agent = makeAgent("honest", index);
      await expectAccepted(agent, makeRegistry({ agent, size }));
    });
  }

  it("accepts the largest index and expiry, at full depth", async () => {
    const agent = makeAgent("last", 2 ** 24 - 1, NEVER);
    await expectAccepted(agent, makeFullRegistry(agent));
  });

  it("accepts an agent whose neighbours are all revoked", async () => {
    const agent = makeAgent("survivor", 300);
    const revoked = new Set(Array.from({ length: 600 }, (_, i) => i).filter((i) => i !== 300));
    await expectAccepted(agent, makeRegistry({ agent, size: 600, revoked }));
  });

  it("accepts the deeper form of the same revoked tree", async () => {
    const agent = makeAgent("deeper", 3);
    await expectAccepted(agent, makeRegistry({ agent, size: 4, revoked: new Set([0]), revokedDepth: 8 }));
  });

  it("accepts any validUntil up to the expiry", async () => {
    const agent = makeAgent("until", 2);
    const registry = makeRegistry({ agent, size: 5 });
    for (const validUntil of [0n, 1n, EXPIRY - 1n, EXPIRY]) await expectAccepted(agent, registry, validUntil);
  });

  it("ignores what stands in levels at and above the depths", async () => {
    const agent = makeAgent("filler", 1);
    const registry = makeRegistry({ agent, size: 4 });
    const input = honestInput(agent, registry);
    const noise = (siblings: unknown, depth: number) =>
      (siblings as bigint[][]).map((level, i) => (i < depth ? level : [7n, 8n, 9n]));
    const witness = await computeWitness(circuit.wasm, {
      ...input,
      provisionedSiblings: noise(input.provisionedSiblings, registry.provisioned.depth),
      revokedSiblings: noise(input.revokedSiblings, registry.revoked.depth),
    });
    expect(isSatisfied(circuit.r1cs, witness)).to.equal(true);
    expect(witness.slice(1, 7)).to.deep.equal(Object.values(expectedSignals(agent, registry)));
  });

  it("has six public signals, in the order of the verifier", () => {
    const names = [
      "provisionedRoot",
      "revokedRoot",
      "publicValidUntil",
      "policyAddress",
      "ownerKey",
      "deviceKey",
    ];
    expect(circuit.r1cs).to.include({ outputs: 6, publicInputs: 0 });
    expect(publicSignals(circuit.sym, 6)).to.deep.equal(names);
    expect(readManifest().publicSignals).to.deep.equal(names);
  });

  it("is the circuit of the committed keys", () => {
    expect(circuit.r1csBytes.equals(readFileSync(join(ARTIFACTS, FILES.r1cs)))).to.equal(true);
    expect(Buffer.from(circuit.wasm).equals(readFileSync(join(ARTIFACTS, FILES.wasm)))).to.equal(true);
  });

  it("moves only the third public signal with validUntil, and the committed keys prove it", async () => {
    const agent = makeAgent("prover", 17);
    const registry = makeRegistry({ agent, size: 64, revoked: new Set([16, 18]) });
    const proofs = await withSnarkjs(async () => {
      const zkey = readFileSync(join(ARTIFACTS, FILES.zkey));
      const key = await zKey.exportVerificationKey(zkey);
      const later = await groth16.fullProve(honestInput(agent, registry), circuit.wasm, zkey);
      const sooner = await groth16.fullProve(honestInput(agent, registry, EXPIRY - 1n), circuit.wasm, zkey);
      expect(await groth16.verify(key, later.publicSignals, later.proof)).to.equal(true);
      for (let i = 0; i < 6; i++) {
        const altered = later.publicSignals.map((signal, j) =>
          i === j ? String(BigInt(signal) + 1n) : signal,
        );
        expect(await groth16.verify(key, altered, later.proof), `signal ${i}`).to.equal(false);
      }
      return [later.publicSignals, sooner.publicSignals];
    });
    const [later = [], sooner = []] = proofs.result;
    expect(later.map((signal, i) => signal === sooner[i])).to.deep.equal([
      true,
      true,
      false,
      true,
      true,
      true,
    ]);
    expect(later[2]).to.equal(String(EXPIRY));
  });

  it("leaves no signal free: each, changed alone, violates a constraint", async () => {
    const agent = makeAgent("bound", 1029);
    const witness = await computeWitness(
      circuit.wasm,
      honestInput(agent, makeRegistry({ agent, size: 1030 })),
    );
    const constraints = constraintsByWire(circuit.r1cs);
    const free = witness.flatMap((value, wire) => {
      const changed = witness.with(wire, value + 1n);
      return wire > 0 && constraints[wire]?.every((constraint) => holds(constraint, changed)) ? [wire] : [];
    });
    expect(free).to.deep.equal([]);
  });

  it("gives the attacks of the other suites a generator that is honest without its lies", async () => {
    const generator = await buildGenerator();
    const agent = makeAgent("generator", 5);
    const input = honestInput(agent, makeRegistry({ agent, size: 9 }));
    expect(layOut(circuit, await generator(input))).to.deep.equal(await computeWitness(circuit.wasm, input));
    expect(await accepts(circuit, generator, input)).to.equal(true);
  });
});
