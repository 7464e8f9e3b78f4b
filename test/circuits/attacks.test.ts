import { expect } from "chai";
import type { SnarkInputs } from "snarkjs";
import { c4, DOMAIN, MAX_PROVISIONED_DEPTH, n4, SCALAR_MODULUS } from "../../client/core/index.ts";
import { parseSym } from "../../scripts/circuits/sym.ts";
import {
  type Agent,
  commitments,
  EXPIRY,
  fill,
  honestInput,
  makeAgent,
  makeRegistry,
  pseudorandom,
  type Registry,
} from "./support/authorization.ts";
import {
  buildCircuit,
  buildGenerator,
  type Circuit,
  type Generator,
  layOut,
  type Patch,
} from "./support/circuit.ts";
import { type Path, QuadTree, wordLeaf } from "./support/quadTree.ts";
import { isSatisfied } from "./support/r1cs.ts";

/** A circuit and what computes witnesses for it. */
type Target = { readonly circuit: Circuit; readonly generator: Generator };

/** Roots that a verifier would accept. */
type Roots = { readonly provisioned: { readonly root: bigint }; readonly revoked: { readonly root: bigint } };

const NODE_IS_LEAF_HASH: Patch = {
  file: "poseidon2.circom",
  from: "out <== permuted[1] + in[1];",
  to: "out <== permuted[0] + in[0];",
};
const NO_RANGE: Patch = {
  file: "agentAuthorization.circom",
  from: "ToBits(EXPIRY_BITS())(validUntil)",
  to: "ToBits(EXPIRY_BITS())(0)",
};
const NO_COMPARISON: Patch = {
  file: "agentAuthorization.circom",
  from: "ToBits(EXPIRY_BITS())(expiry - validUntil)",
  to: "ToBits(EXPIRY_BITS())(0)",
};
const BIT_OF_ANOTHER_INDEX: Patch = {
  file: "agentAuthorization.circom",
  from: "wordBits[i] <== bits[i];",
  to: "wordBits[i] <== 0;",
};

async function build(...patches: readonly Patch[]): Promise<Target> {
  const [circuit, generator] = await Promise.all([buildCircuit({ patches }), buildGenerator({ patches })]);
  return { circuit, generator };
}

/** True if the inputs yield a proof for these roots: the outputs are set to them, whatever was computed. */
async function proves(target: Target, inputs: SnarkInputs, roots: Roots): Promise<boolean> {
  const witness = layOut(target.circuit, await target.generator(inputs));
  const claimed = witness.with(1, roots.provisioned.root).with(2, roots.revoked.root);
  return isSatisfied(target.circuit.r1cs, claimed);
}

describe("circuits: attacks on agentAuthorization", function () {
  this.timeout(240_000);
  let honest: Target;

  before(async () => {
    honest = await build();
  });

  describe("phantom agent below a leaf that its owner chose", () => {
    let mutant: Target;

    before(async () => {
      mutant = await build(NODE_IS_LEAF_HASH);
    });

    /** The leaf of the carrier, which is really provisioned, has the phantom's leaf among its openings. */
    type Phantom = {
      readonly name: string;
      readonly agent: Agent;
      readonly carrier: Agent;
      readonly leaf: bigint;
      /** Siblings from the phantom up to the carrier. */
      readonly below: Path;
    };

    const carrier = makeAgent("carrier", 4);
    const size = 5;
    const slot = carrier.index | (carrier.expiry << 24n);
    const { proverLeaf, secretCommitment, policyAddress } = DOMAIN;

    function throughK(): Phantom {
      const agent = makeAgent("phantom of K", carrier.index * 4n + 2n);
      const K = commitments(agent).leaf;
      const { I } = commitments(carrier);
      const leaf = c4(proverLeaf, I, K, slot);
      return { name: "K, one level deeper", agent, carrier, leaf, below: [[proverLeaf, I, slot]] };
    }

    function throughO(): Phantom {
      const agent = makeAgent("phantom of O", (carrier.index * 4n + 1n) * 4n + 1n);
      const O = commitments(agent).leaf;
      const { K } = commitments(carrier);
      const leaf = c4(proverLeaf, c4(policyAddress, O, carrier.creator, 0n), K, slot);
      const below: Path = [
        [policyAddress, carrier.creator, 0n],
        [proverLeaf, K, slot],
      ];
      return { name: "O, two levels deeper", agent, carrier, leaf, below };
    }

    function throughS(): Phantom {
      const agent = makeAgent("phantom of S", (carrier.index * 4n + 2n) * 4n + 1n);
      const S = commitments(agent).leaf;
      const { I } = commitments(carrier);
      const leaf = c4(proverLeaf, I, c4(secretCommitment, S, carrier.blinding, 0n), slot);
      const below: Path = [
        [secretCommitment, carrier.blinding, 0n],
        [proverLeaf, I, slot],
      ];
      return { name: "S, two levels deeper", agent, carrier, leaf, below };
    }

    function phantomInput(phantom: Phantom, registry: Registry): SnarkInputs {
      const above = registry.provisioned.path(Number(carrier.index));
      return {
        ...honestInput(phantom.agent, {
          ...registry,
          provisioned: { ...registry.provisioned, depth: 1, path: () => [] },
        }),
        provisionedSiblings: fill([...phantom.below, ...above], MAX_PROVISIONED_DEPTH),
        provisionedDepth: BigInt(registry.provisioned.depth + phantom.below.length),
      };
    }

    for (const phantom of [throughK(), throughO(), throughS()]) {
      it(`is refused through ${phantom.name}`, async () => {
        const registry = makeRegistry({ agent: carrier, size, leaf: phantom.leaf });
        expect(await proves(honest, phantomInput(phantom, registry), registry)).to.equal(false);
      });

      it(`is accepted through ${phantom.name}, were nodes hashed as leaves are`, async () => {
        const registry = makeRegistry({ agent: carrier, size, leaf: phantom.leaf, node: c4 });
        expect(await proves(mutant, phantomInput(phantom, registry), registry)).to.equal(true);
      });
    }
  });

  describe("something else presented as a leaf", () => {
    const agent = makeAgent("pretender", 6);
    const registry = makeRegistry({ agent, size: 17, revoked: new Set([3]) });

    /** Recomputes the membership path from a forged leaf on, as an attacker would. */
    async function provesFrom(leaf: bigint, path: Path, root: bigint): Promise<boolean> {
      const inputs = {
        ...honestInput(agent, registry),
        provisionedSiblings: fill(path, MAX_PROVISIONED_DEPTH),
        provisionedDepth: BigInt(path.length),
      };
      const assignment = new Map(await honest.generator(inputs));
      const signals = parseSym(honest.circuit.sym);
      const tree = signals.find(({ name }) => name.endsWith(".siblings[11][0]"))?.name.split(".")[1];
      const bits = Array.from({ length: 24 }, (_, i) => (agent.index >> BigInt(i)) & 1n);
      const pathGenerator = await buildGenerator({ main: "QuadTreeRoot(12)" });
      const forged = await pathGenerator({
        leaf,
        bits,
        siblings: inputs.provisionedSiblings,
        depth: inputs.provisionedDepth,
      });
      for (const [name, value] of forged) assignment.set(name.replace(/^main\./, `main.${tree}.`), value);
      const wire = signals.find(({ name }) => name === "main.leaf")?.wire;
      for (const { name } of signals.filter((signal) => signal.wire === wire)) assignment.set(name, leaf);
      expect(forged.get("main.root")).to.equal(root);
      const witness = layOut(honest.circuit, assignment);
      return isSatisfied(honest.circuit.r1cs, witness.with(1, root).with(2, registry.revoked.root));
    }

    it("accepts the agent's own leaf", async () => {
      const path = registry.provisioned.path(6);
      expect(await provesFrom(commitments(agent).leaf, path, registry.provisioned.root)).to.equal(true);
    });

    it("refuses another agent's leaf", async () => {
      const others = new QuadTree([1n, 2n, 3n, 4n, 5n, 6n, 77n], 2, 0n);
      expect(await provesFrom(77n, others.path(6), others.root)).to.equal(false);
    });

    it("refuses an inner node, one level up", async () => {
      const nodes = Array.from({ length: 7 }, (_, i) => n4(BigInt(4 * i), 1n, 2n, 3n));
      const tree = new QuadTree(nodes, 2, 0n);
      expect(await provesFrom(nodes[6] ?? 0n, tree.path(6), tree.root)).to.equal(false);
    });

    it("refuses a revocation word, in the root of the revoked tree", async () => {
      const words = Array.from({ length: 7 }, (_, i) => wordLeaf(BigInt(i)));
      const tree = new QuadTree(words, 2, wordLeaf(0n));
      expect(await provesFrom(words[6] ?? 0n, tree.path(6), tree.root)).to.equal(false);
    });

    it("refuses the tree's own inner node through honest inputs", async () => {
      const inputs = honestInput(agent, registry);
      const siblings = registry.provisioned.path(6).slice(1);
      const shorter = { provisionedSiblings: fill(siblings, 12), provisionedDepth: BigInt(siblings.length) };
      expect(await proves(honest, { ...inputs, ...shorter, index: 1n }, registry)).to.equal(false);
    });
  });

  describe("a revoked agent under another index", () => {
    const agent = makeAgent("revoked", 1);
    const registry = makeRegistry({ agent, size: 5, revoked: new Set([1]) });
    const input = honestInput(agent, registry);

    it("is refused under its own", async () => {
      expect(await proves(honest, input, registry)).to.equal(false);
      const before = makeRegistry({ agent, size: 5 });
      expect(await proves(honest, honestInput(agent, before), before)).to.equal(true);
    });

    for (const [name, index] of [
      ["its neighbour's", 2n],
      ["one above the tree's depth", 1n + 16n],
      ["one of another word", 1n + 256n],
      ["one above all bits", 1n + 2n ** 24n],
      ["a negative one", SCALAR_MODULUS - 1n],
    ] as const) {
      it(`is refused under ${name}`, async () => {
        expect(await proves(honest, { ...input, index }, registry)).to.equal(false);
      });
    }

    it("is refused under another index whose expiry wraps around to the same leaf", async () => {
      const inverse = invert(2n ** 24n);
      const expiry = (agent.expiry - inverse + SCALAR_MODULUS) % SCALAR_MODULUS;
      const packed = (2n + expiry * 2n ** 24n) % SCALAR_MODULUS;
      expect(packed).to.equal(agent.index | (agent.expiry << 24n));
      for (const validUntil of [EXPIRY, 0n, expiry])
        expect(await proves(honest, { ...input, index: 2n, expiry, validUntil }, registry)).to.equal(false);
    });

    it("is refused with the bit of another index, and accepted were the bits not the path's own", async () => {
      const liar = {
        circuit: honest.circuit,
        generator: await buildGenerator({ patches: [BIT_OF_ANOTHER_INDEX] }),
      };
      expect(await proves(liar, input, registry)).to.equal(false);
      const circuit = await buildCircuit({ patches: [BIT_OF_ANOTHER_INDEX] });
      expect(await proves({ ...liar, circuit }, input, registry)).to.equal(true);
    });
  });

  describe("depth", () => {
    const agent = makeAgent("depth", 1);
    const registry = makeRegistry({ agent, size: 5 });
    const input = honestInput(agent, registry);

    for (const depth of [0n, 1n, 3n, 12n, 13n, 2n ** 64n, SCALAR_MODULUS - 1n]) {
      it(`${depth} of a provisioned tree of depth 2 is refused`, async () => {
        expect(await proves(honest, { ...input, provisionedDepth: depth }, registry)).to.equal(false);
      });
    }

    for (const depth of [0n, 2n, 8n, 9n, SCALAR_MODULUS - 1n]) {
      it(`${depth} of a revoked tree of depth 1 is refused`, async () => {
        expect(await proves(honest, { ...input, revokedDepth: depth }, registry)).to.equal(false);
      });
    }

    it("that is out of range gives a proof for no roots at all", async () => {
      for (const change of [
        { provisionedDepth: 0n },
        { provisionedDepth: 13n },
        { revokedDepth: 0n },
        { revokedDepth: 9n },
      ]) {
        const witness = layOut(honest.circuit, await honest.generator({ ...input, ...change }));
        expect(isSatisfied(honest.circuit.r1cs, witness)).to.equal(false);
      }
    });
  });

  describe("word half", () => {
    for (const [half, index] of [
      ["low", 77],
      ["high", 200],
    ] as const) {
      it(`of 2^128 and more is refused at the ${half} half, though it be in the tree`, async () => {
        const agent = makeAgent("word", index);
        const registry = makeRegistry({ agent, size: 256 });
        for (const value of [2n ** 128n, SCALAR_MODULUS - 1n]) {
          const [wordLow, wordHigh] = half === "low" ? [value, 0n] : [0n, value];
          const leaf = c4(DOMAIN.revocationWord, wordLow, wordHigh, 0n);
          const revoked = new QuadTree([leaf], 1, wordLeaf(0n));
          const inputs = { ...honestInput(agent, { ...registry, revoked }), wordLow, wordHigh };
          expect(await proves(honest, inputs, { ...registry, revoked })).to.equal(false);
        }
      });
    }

    it("of another word than the index's is refused", async () => {
      const agent = makeAgent("other word", 1);
      const registry = makeRegistry({ agent, size: 300, revoked: new Set([1]) });
      const siblings = registry.revoked.path(1);
      const inputs = { ...honestInput(agent, registry), wordLow: 0n, revokedSiblings: fill(siblings, 8) };
      expect(await proves(honest, inputs, registry)).to.equal(false);
    });
  });

  describe("time", () => {
    const agent = makeAgent("time", 2);
    const registry = makeRegistry({ agent, size: 5 });
    const input = honestInput(agent, registry);

    for (const [name, expiry] of [
      ["later", EXPIRY + 3600n],
      ["earlier", EXPIRY - 3600n],
      ["none", 2n ** 40n - 1n],
      ["wrapped by 2^40", EXPIRY + 2n ** 40n],
      ["negative", SCALAR_MODULUS - 1n],
    ] as const) {
      it(`refuses an expiry altered to ${name}`, async () => {
        expect(await proves(honest, { ...input, expiry, validUntil: expiry }, registry)).to.equal(false);
        expect(await proves(honest, { ...input, expiry }, registry)).to.equal(false);
      });
    }

    it("refuses any validUntil after an expiry in the past", async () => {
      for (const validUntil of [EXPIRY + 1n, EXPIRY + 7200n, 2n ** 40n - 1n])
        expect(await proves(honest, { ...input, validUntil }, registry)).to.equal(false);
    });

    it("refuses a validUntil that wraps around r or exceeds 40 bits", async () => {
      for (const validUntil of [SCALAR_MODULUS - 1n, SCALAR_MODULUS - 2n ** 39n, 2n ** 40n, 2n ** 253n])
        expect(await proves(honest, { ...input, validUntil }, registry)).to.equal(false);
    });

    it("would accept a wrapped validUntil without its own range check", async () => {
      const mutant = await build(NO_RANGE);
      expect(await proves(mutant, { ...input, validUntil: SCALAR_MODULUS - 1n }, registry)).to.equal(true);
    });

    it("would accept a validUntil after the expiry without the comparison", async () => {
      const mutant = await build(NO_COMPARISON);
      expect(await proves(mutant, { ...input, validUntil: EXPIRY + 1n }, registry)).to.equal(true);
    });
  });

  describe("secrets", () => {
    const agent = makeAgent("secrets", 2);
    const registry = makeRegistry({ agent, size: 5 });
    const input = honestInput(agent, registry);

    for (const name of ["secret", "blinding", "policySecret", "policySalt", "creator"] as const) {
      it(`refuses another ${name}`, async () => {
        expect(await proves(honest, { ...input, [name]: pseudorandom("another") }, registry)).to.equal(false);
      });
    }

    it("refuses another policy address or pseudonym key than the secrets make", async () => {
      const witness = layOut(honest.circuit, await honest.generator(input));
      expect(isSatisfied(honest.circuit.r1cs, witness)).to.equal(true);
      for (const output of [4, 5, 6])
        expect(isSatisfied(honest.circuit.r1cs, witness.with(output, pseudorandom("another")))).to.equal(
          false,
        );
    });
  });
});

/** The inverse mod r, by Fermat. */
function invert(value: bigint): bigint {
  let [result, base] = [1n, value];
  for (let exponent = SCALAR_MODULUS - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * base) % SCALAR_MODULUS;
    base = (base * base) % SCALAR_MODULUS;
  }
  return result;
}
