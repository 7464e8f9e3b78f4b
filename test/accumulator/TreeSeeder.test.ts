import { expect } from "chai";
import { network } from "hardhat";
import { deployHarness, leafId } from "./fixture.ts";
import { NO_EXPIRY } from "./model.ts";
import { refLeaf, refUniformRoot, refWordHash } from "./reference.ts";

const { ethers, networkHelpers } = await network.create();
const LEAF = 77n;
/** Bit 0, which every word's first leaf has. */
const WORD = 1n;

describe("TreeSeeder", () => {
  const fixture = () => deployHarness(ethers, 12);

  for (const size of [1, 4, 5, 1000, 1024, 1025, 1_000_000, 2 ** 24]) {
    const words = Math.ceil(size / 256);

    it(`has the reference's roots at ${size} leaves, none revoked or one in every word`, async () => {
      for (const word of [0n, WORD]) {
        const tree = await networkHelpers.loadFixture(fixture);
        await tree.seed(size, LEAF, word);
        expect(await tree.provisionedRoot(0, size)).to.equal(refUniformRoot(size, LEAF, 0n));
        const { root, version } = await tree.revokedRoot(0);
        expect(root).to.equal(refUniformRoot(words, refWordHash(word), refWordHash(0n)));
        expect(version).to.equal(word === 0n ? 1 : 2);
        expect((await tree.rootStatus(0, root)).status).to.equal(1);
      }
    });

    it(`goes on like the reference after ${size} leaves`, async () => {
      for (const word of [0n, WORD]) {
        const tree = await networkHelpers.loadFixture(fixture);
        await tree.seed(size, LEAF, word);
        const last = size - 1;
        const bit = word | (1n << BigInt(last & 255));
        if (bit !== word) await tree.revoke(leafId(0, last));
        const uniform = refUniformRoot(words - 1, refWordHash(word), refWordHash(0n), [refWordHash(bit)]);
        expect((await tree.revokedRoot(0)).root).to.equal(uniform);
        if (size === 2 ** 24) continue;
        await tree.appendMany(1, 9);
        const tail = Array.from({ length: 9 }, (_, i) => refLeaf(1n, BigInt(1 + i), size + i, NO_EXPIRY));
        expect(await tree.provisionedRoot(0, size + 9)).to.equal(refUniformRoot(size, LEAF, 0n, tail));
      }
    });
  }
});
