import { expect } from "chai";
import { keccak256 } from "ethers";
import fc from "fast-check";
import { type Hex32, hex32 } from "../../../client/core/index.ts";
import { capabilitiesFromBits, capabilityBits } from "../../../client/policy/index.ts";
import { blindedLeaf, leafOf, leafOfTrustee, merkleTree } from "../../../client/trustees/index.ts";
import { setOf as independentSet, leafOf as referenceLeaf } from "../../recovery/trusteeSet.ts";
import { alike, consentOf } from "./support.ts";

const leaf = (i: number): Hex32 => hex32(keccak256(`0x${i.toString(16).padStart(64, "0")}`));

/** OpenZeppelin's `MerkleProof.processProof`, written again. */
function processed(start: Hex32, proof: readonly Hex32[]): string {
  return proof.reduce<string>(
    (hash, sibling) => keccak256(hash < sibling ? hash + sibling.slice(2) : sibling + hash.slice(2)),
    start,
  );
}

describe("trustees/leaf", () => {
  it("is the hash of the hash of what the registry hashes", async () => {
    const consent = await consentOf(0);
    const salt = leaf(7);
    const { key, capabilities, deadline, signature } = consent;
    const struct = { kind: 1, key: key.material, capabilities: capabilityBits(capabilities), deadline };
    expect(leafOfTrustee({ ...consent, salt })).to.equal(
      referenceLeaf({ ...struct, consent: signature, salt }),
    );
  });

  it("differs in every member", () => {
    const base = {
      ...{ trustee: leaf(1) as never, kind: "SECP256K1" as const, deadline: 1n, consent: leaf(2) },
      ...{ capabilities: capabilitiesFromBits(8), salt: leaf(3) },
    };
    const others = [
      base,
      { ...base, trustee: leaf(4) as never },
      { ...base, kind: "CONTRACT" as const },
      { ...base, deadline: 2n },
      { ...base, consent: leaf(5) },
      { ...base, capabilities: capabilitiesFromBits(9) },
      { ...base, salt: leaf(6) },
    ].map(blindedLeaf);
    expect(new Set(others).size).to.equal(others.length);
    expect(leafOf(base.salt)).to.equal(keccak256(base.salt));
  });
});

describe("trustees/merkleTree", () => {
  for (let size = 1; size <= 9; size++) {
    it(`proves each of ${size} leaves`, () => {
      const leaves = Array.from({ length: size }, (_, i) => leaf(i));
      const { root, proofOf } = merkleTree(leaves);
      for (const one of leaves) expect(processed(one, proofOf(one))).to.equal(root);
    });
  }

  it("has the root and proofs of an independent tree, whose leaves are sorted", async () => {
    for (let size = 3; size <= 9; size++) {
      const { trustees, settings } = await alike(size);
      const members = trustees.map(({ key, capabilities, deadline, signature, salt }) => ({
        party: undefined as never,
        trustee: {
          ...{ kind: 1, key: key.material, capabilities: capabilityBits(capabilities), deadline },
          ...{ consent: signature, salt },
        },
      }));
      const sorted = members.sort((a, b) => (referenceLeaf(a.trustee) < referenceLeaf(b.trustee) ? -1 : 1));
      const reference = independentSet(sorted);
      expect(settings.root, `${size} trustees`).to.equal(reference.settings.root);
      for (const { key, proof } of trustees) {
        expect(proof).to.deep.equal(reference.trustees.find((one) => one.key === key.material)?.proof);
      }
    }
  });

  it("is one leaf's own hash for one, and nothing for none", () => {
    expect(merkleTree([leaf(1)]).root).to.equal(leaf(1));
    expect(merkleTree([leaf(1)]).proofOf(leaf(1))).to.deep.equal([]);
    expect(() => merkleTree([])).to.throw(RangeError);
  });

  it("depends on which leaves there are and not on their order; proves no other leaf", () => {
    const hashes = fc.uniqueArray(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(hashes, fc.integer({ min: 10_001 }), (numbers, stranger) => {
        const leaves = numbers.map(leaf);
        const { root, proofOf } = merkleTree(leaves);
        expect(merkleTree([...leaves].reverse()).root).to.equal(root);
        expect(merkleTree([...leaves, leaf(stranger)]).root).not.to.equal(root);
        for (const one of leaves) {
          expect(processed(one, proofOf(one))).to.equal(root);
          expect(processed(leaf(stranger), proofOf(one))).not.to.equal(root);
        }
        expect(proofOf(leaf(stranger))).to.deep.equal([]);
      }),
    );
  });
});
