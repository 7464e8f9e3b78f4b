import { expect } from "chai";
import type { SnarkInputs } from "snarkjs";
import { n4, SCALAR_MODULUS } from "../../client/core/index.ts";
import { accepts, buildCircuit, buildGenerator, type Patch } from "./support/circuit.ts";
import { QuadTree, wordLeaf } from "./support/quadTree.ts";

/**
 * One lie to one template. The circuit must refuse it, and the mutant without the named constraint must accept it,
 * which shows that the lie is a good one and that the constraint is what stops it.
 */
type Attack = {
  readonly name: string;
  readonly main: string;
  readonly inputs: SnarkInputs;
  /** What the attacker computes otherwise than the sources; none where the inputs alone are the attack. */
  readonly lies?: readonly Patch[];
  readonly without: Patch;
};

const drop = (file: string, from: string): Patch => ({ file, from, to: "" });

const BIT_HINT = "(in >> i) & 1";
const BOOLEAN_BIT = drop("bits.circom", "out[i] * (out[i] - 1) === 0;");
const BIT_SUM = drop("bits.circom", "sum === in;");
const DEPTH_HINT = "depth == i + 1 ? 1 : 0";
const BOOLEAN_SELECTOR = drop("quadTree.circom", "out[i] * (out[i] - 1) === 0;");
const ONE_SELECTOR = drop("quadTree.circom", "count === 1;");
const SELECTED_DEPTH = drop("quadTree.circom", "position === depth;");
const BITS_ABOVE = drop("quadTree.circom", "above * (bits[2 * i] + bits[2 * i + 1]) === 0;");
const NOT_REVOKED = drop("revocationWord.circom", "revoked === 0;");

const lieAboutBits = (to: string): readonly Patch[] => [{ file: "bits.circom", from: BIT_HINT, to }];
const lieAboutDepth = (to: string): readonly Patch[] => [{ file: "quadTree.circom", from: DEPTH_HINT, to }];

/** A tree of one level, in which the attacker owns leaf 1. */
const shallow = new QuadTree([11n, 12n, 13n, 14n], 1, 0n);
const shallowPath = { leaf: 12n, siblings: [...shallow.path(1), [0n, 0n, 0n]] };

const ATTACKS: readonly Attack[] = [
  {
    name: "number out of range as one bit that is no bit",
    main: "ToBits(8)",
    inputs: { in: 256n },
    lies: lieAboutBits("i == 0?in:0"),
    without: BOOLEAN_BIT,
  },
  {
    name: "number out of range with its high bits left out",
    main: "ToBits(8)",
    inputs: { in: 256n + 5n },
    without: BIT_SUM,
  },
  {
    name: "negative number",
    main: "ToBits(8)",
    inputs: { in: SCALAR_MODULUS - 1n },
    lies: lieAboutBits("i == 0?in:0"),
    without: BOOLEAN_BIT,
  },
  {
    name: "bits of another number",
    main: "ToBits(8)",
    inputs: { in: 5n },
    lies: lieAboutBits("(6 >> i) & 1"),
    without: BIT_SUM,
  },
  { name: "depth 0", main: "DepthSelector(3)", inputs: { depth: 0n }, without: ONE_SELECTOR },
  {
    name: "depth above the largest",
    main: "DepthSelector(3)",
    inputs: { depth: 4n },
    lies: lieAboutDepth("i == 2 ? 1 : 0"),
    without: SELECTED_DEPTH,
  },
  {
    name: "two depths at once, whose sum is the third",
    main: "DepthSelector(3)",
    inputs: { depth: 3n },
    lies: lieAboutDepth("i < 2 ? 1 : 0"),
    without: ONE_SELECTOR,
  },
  {
    name: "a mixture of depths: twice the first less the third",
    main: "DepthSelector(3)",
    inputs: { depth: SCALAR_MODULUS - 1n },
    lies: lieAboutDepth("i == 1 ? 0 : 2 - i*3/2"),
    without: BOOLEAN_SELECTOR,
  },
  {
    name: "another depth than stated",
    main: "DepthSelector(3)",
    inputs: { depth: 3n },
    lies: lieAboutDepth("i == 0 ? 1 : 0"),
    without: SELECTED_DEPTH,
  },
  {
    name: "index bits above the depth: leaf 1 also as leaf 5",
    main: "QuadTreeRoot(2)",
    inputs: { ...shallowPath, depth: 1n, bits: [1n, 0n, 1n, 0n] },
    without: BITS_ABOVE,
  },
  {
    name: "index bits above the depth: leaf 1 also as leaf 9",
    main: "QuadTreeRoot(2)",
    inputs: { ...shallowPath, depth: 1n, bits: [1n, 0n, 0n, 1n] },
    without: BITS_ABOVE,
  },
  {
    name: "revoked bit in the low half",
    main: "RevocationWord()",
    inputs: { low: 1n << 77n, high: 0n, bits: bits(77) },
    without: NOT_REVOKED,
  },
  {
    name: "revoked bit in the high half",
    main: "RevocationWord()",
    inputs: { low: 0n, high: 1n << 77n, bits: bits(128 + 77) },
    without: NOT_REVOKED,
  },
  {
    name: "word half of 2^128, at the low half",
    main: "RevocationWord()",
    inputs: { low: 1n << 128n, high: 0n, bits: bits(77) },
    without: BIT_SUM,
  },
  {
    name: "word half of 2^128, at the high half",
    main: "RevocationWord()",
    inputs: { low: 0n, high: 1n << 128n, bits: bits(200) },
    without: BIT_SUM,
  },
];

function bits(position: number): bigint[] {
  return Array.from({ length: 8 }, (_, i) => BigInt((position >> i) & 1));
}

describe("circuits: attacks on templates", () => {
  for (const { name, main, inputs, lies = [], without } of ATTACKS) {
    it(`${main} refuses ${name}; without \`${without.from}\` it would accept`, async () => {
      const publicInputs = Object.keys(inputs);
      const [circuit, mutant, generator] = await Promise.all([
        buildCircuit({ main, publicInputs }),
        buildCircuit({ main, publicInputs, patches: [without] }),
        buildGenerator({ main, patches: lies }),
      ]);
      expect(await accepts(mutant, generator, inputs)).to.equal(true);
      expect(await accepts(circuit, generator, inputs)).to.equal(false);
    });
  }

  it("QuadChildren puts the node at each position, and never loses a sibling", async () => {
    const [circuit, generator] = await Promise.all([
      buildCircuit({ main: "QuadChildren()" }),
      buildGenerator({ main: "QuadChildren()" }),
    ]);
    for (let position = 0; position < 4; position++) {
      const siblings = [21n, 22n, 23n];
      const inputs = { node: 20n, siblings, bits: [BigInt(position & 1), BigInt(position >> 1)] };
      expect(await accepts(circuit, generator, inputs)).to.equal(true);
      const assignment = await generator(inputs);
      const out = [0, 1, 2, 3].map((i) => assignment.get(`main.out[${i}]`));
      expect(out).to.deep.equal(siblings.toSpliced(position, 0, 20n));
    }
  });

  it("QuadTreeRoot gives the root of every leaf in a tree of each depth", async () => {
    const [circuit, generator] = await Promise.all([
      buildCircuit({ main: "QuadTreeRoot(2)" }),
      buildGenerator({ main: "QuadTreeRoot(2)" }),
    ]);
    for (const depth of [1, 2]) {
      const leaves = Array.from({ length: 4 ** depth }, (_, i) => BigInt(i) + 100n);
      const tree = new QuadTree(leaves, depth, 0n);
      for (const [position, leaf] of leaves.entries()) {
        const siblings = [...tree.path(position), [1n, 2n, 3n]].slice(0, 2);
        const inputs = { leaf, siblings, depth: BigInt(depth), bits: bits(position).slice(0, 4) };
        expect(await accepts(circuit, generator, inputs)).to.equal(true);
        expect((await generator(inputs)).get("main.root")).to.equal(tree.root);
      }
    }
    expect(shallow.root).to.equal(n4(11n, 12n, 13n, 14n));
  });

  it("RevocationWord gives the leaf of the word for every bit that is not set, and only then", async () => {
    const [circuit, generator] = await Promise.all([
      buildCircuit({ main: "RevocationWord()" }),
      buildGenerator({ main: "RevocationWord()" }),
    ]);
    const word = (1n << 255n) | (1n << 128n) | (1n << 127n) | (1n << 64n) | 1n;
    const [low, high] = [word & (2n ** 128n - 1n), word >> 128n];
    for (const position of [0, 1, 63, 64, 65, 126, 127, 128, 129, 254, 255]) {
      const inputs = { low, high, bits: bits(position) };
      const set = ((word >> BigInt(position)) & 1n) === 1n;
      expect(await accepts(circuit, generator, inputs), `bit ${position}`).to.equal(!set);
      expect((await generator(inputs)).get("main.leaf")).to.equal(wordLeaf(word));
    }
  });
});
