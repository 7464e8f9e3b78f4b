import { expect } from "chai";
import { network } from "hardhat";
import type { AccumulatorHarness } from "../../types/mocks/AccumulatorHarness.ts";
import { deployHarness, leafId } from "./fixture.ts";
import {
  refClimb,
  refEmpty,
  refRevoked,
  refRoot,
  refUniformRoot,
  refWordHash,
  refWords,
} from "./reference.ts";

const { ethers, networkHelpers } = await network.create();
const EMPTY = refWordHash(0n);
const [UNKNOWN, CURRENT, SUPERSEDED] = [0n, 1n, 2n];

const rootOf = (size: number, revoked: readonly number[]) => refRoot(refRevoked(refWords(size, revoked)));

describe("RevokedTree", () => {
  const small = () => deployHarness(ethers, 2);
  const large = () => deployHarness(ethers, 12);
  let tree: AccumulatorHarness;
  const status = async (generation: number, root: bigint) => [...(await tree.rootStatus(generation, root))];
  const root = async (generation = 0) => (await tree.revokedRoot(generation)).root;

  async function seeded(size: number, word = 0n): Promise<void> {
    tree = await networkHelpers.loadFixture(large);
    await tree.seed(size, 77n, word);
  }

  describe("grow", () => {
    it("registers the empty root when a generation opens", async () => {
      tree = await networkHelpers.loadFixture(small);
      const empty = refEmpty(EMPTY, 1);
      expect(await status(0, empty)).to.deep.equal([UNKNOWN, 0n]);
      const opening = tree.appendMany(1, 1);
      await opening;
      const time = await networkHelpers.time.latest();
      await expect(opening).to.emit(tree, "RevocationRootAdded").withArgs(0, 1, 1, empty, time);
      expect(await status(0, empty)).to.deep.equal([CURRENT, 0n]);
      expect(await status(1, empty)).to.deep.equal([UNKNOWN, 0n]);
      await tree.appendMany(2, 16);
      expect(await status(1, empty)).to.deep.equal([CURRENT, 0n]);
    });

    for (const [size, depth] of [
      [1024, 1],
      [4096, 2],
      [16_384, 3],
      [65_536, 4],
      [262_144, 5],
      [1_048_576, 6],
      [4_194_304, 7],
    ] as const) {
      it(`adds a level with leaf ${size} and at no other, under the same version`, async () => {
        await seeded(size - 1, 1n);
        const shallow = await root();
        const edge = tree.appendMany(1, 1);
        await expect(edge).to.not.emit(tree, "RevocationRootAdded");
        expect(await root()).to.equal(shallow);
        const growth = tree.appendMany(2, 1);
        await growth;
        const time = await networkHelpers.time.latest();
        const deep = await root();
        await expect(growth)
          .to.emit(tree, "RevocationRootAdded")
          .withArgs(0, 2, depth + 1, deep, time);
        expect(deep).to.equal(
          refClimb(
            shallow,
            0,
            Array.from({ length: 3 }, () => refEmpty(EMPTY, depth)),
          ),
        );
        expect(await status(0, shallow)).to.deep.equal([CURRENT, 0n]);
        expect(await status(0, deep)).to.deep.equal([CURRENT, 0n]);
        expect((await tree.revokedWitness(0, size))[1].length).to.equal(3 * (depth + 1));
        await expect(tree.appendMany(3, 1)).to.not.emit(tree, "RevocationRootAdded");
        await tree.revoke(leafId(0, size));
        expect(await root()).to.equal(refUniformRoot(size / 256 + 1, refWordHash(1n), EMPTY));
      });

      it(`has the empty root of depth ${depth + 1} if none is revoked at leaf ${size}`, async () => {
        await seeded(size);
        await tree.appendMany(1, 1);
        expect(await root()).to.equal(refEmpty(EMPTY, depth + 1));
        expect(await status(0, refEmpty(EMPTY, depth))).to.deep.equal([CURRENT, 0n]);
      });
    }

    it("lets roots of one version at several depths be superseded together", async () => {
      await seeded(1024);
      await tree.appendMany(1, 1);
      const [shallow, deep] = [refEmpty(EMPTY, 1), refEmpty(EMPTY, 2)];
      await networkHelpers.time.increase(500);
      await tree.revoke(leafId(0, 1024));
      const time = BigInt(await networkHelpers.time.latest());
      expect(await status(0, shallow)).to.deep.equal([SUPERSEDED, time]);
      expect(await status(0, deep)).to.deep.equal([SUPERSEDED, time]);
      await networkHelpers.time.increase(500);
      await tree.revoke(leafId(0, 3));
      expect(await status(0, shallow)).to.deep.equal([SUPERSEDED, time]);
      expect(await status(0, deep)).to.deep.equal([SUPERSEDED, time]);
    });

    it("leaves a root superseded before the growth as it was", async () => {
      await seeded(1024);
      const empty = await root();
      await tree.revoke(leafId(0, 7));
      const time = BigInt(await networkHelpers.time.latest());
      await networkHelpers.time.increase(500);
      await tree.appendMany(1, 1);
      expect(await status(0, empty)).to.deep.equal([SUPERSEDED, time]);
      expect(await status(0, refEmpty(EMPTY, 2))).to.deep.equal([UNKNOWN, 0n]);
      expect(await status(0, rootOf(1024, [7]))).to.deep.equal([CURRENT, 0n]);
      expect(await status(0, rootOf(1025, [7]))).to.deep.equal([CURRENT, 0n]);
    });
  });

  describe("set", () => {
    it("sets the bit, makes the next version and stamps the old root", async () => {
      await seeded(1000);
      const empty = await root();
      await networkHelpers.time.increase(100);
      const revocation = tree.revoke(leafId(0, 700));
      await revocation;
      const time = await networkHelpers.time.latest();
      const next = rootOf(1000, [700]);
      await expect(revocation).to.emit(tree, "IndexRevoked").withArgs(0, 700);
      await expect(revocation).to.emit(tree, "RevocationRootAdded").withArgs(0, 2, 1, next, time);
      expect([...(await tree.revokedRoot(0))]).to.deep.equal([next, 2n]);
      expect(await status(0, empty)).to.deep.equal([SUPERSEDED, BigInt(time)]);
      expect(await status(0, next)).to.deep.equal([CURRENT, 0n]);
      expect(await tree.revokedWords(0, 0, 4)).to.deep.equal(refWords(1000, [700]));
    });

    it("reaches every bit of a word's halves", async () => {
      await seeded(1000);
      const indices = [256, 257, 383, 384, 511];
      for (const [i, index] of indices.entries()) {
        await tree.revoke(leafId(0, index));
        expect(await root(), `bit ${index & 255}`).to.equal(rootOf(1000, indices.slice(0, i + 1)));
      }
    });

    it("reverts for a bit that is set, whoever set it, and changes nothing", async () => {
      await seeded(1000);
      await tree.revokeMany([leafId(0, 3), leafId(0, 4)]);
      const before = [...(await tree.revokedRoot(0))];
      for (const index of [3, 4]) {
        await expect(tree.revoke(leafId(0, index)))
          .to.be.revertedWithCustomError(tree, "RevokedTreeAlreadySet")
          .withArgs(leafId(0, index));
      }
      expect([...(await tree.revokedRoot(0))]).to.deep.equal(before);
    });

    it("reverts for an index without a leaf", async () => {
      tree = await networkHelpers.loadFixture(small);
      await tree.appendMany(1, 18);
      for (const [generation, index, size] of [
        [0, 16, 16],
        [1, 2, 2],
        [2, 0, 0],
      ] as const) {
        await expect(tree.revoke(leafId(generation, index)))
          .to.be.revertedWithCustomError(tree, "RevokedTreeIndexUnknown")
          .withArgs(leafId(generation, index), size);
      }
    });

    it("keeps generations apart, though equal bits give equal roots", async () => {
      tree = await networkHelpers.loadFixture(small);
      await tree.appendMany(1, 32);
      const empty = refEmpty(EMPTY, 1);
      await tree.revoke(leafId(0, 5));
      const first = BigInt(await networkHelpers.time.latest());
      const revoked = rootOf(16, [5]);
      expect(await status(0, revoked)).to.deep.equal([CURRENT, 0n]);
      expect(await status(1, revoked)).to.deep.equal([UNKNOWN, 0n]);
      expect(await status(0, empty)).to.deep.equal([SUPERSEDED, first]);
      expect(await status(1, empty)).to.deep.equal([CURRENT, 0n]);
      await networkHelpers.time.increase(50);
      await tree.revoke(leafId(1, 5));
      const second = BigInt(await networkHelpers.time.latest());
      expect(await status(0, revoked)).to.deep.equal([CURRENT, 0n]);
      expect(await status(1, revoked)).to.deep.equal([CURRENT, 0n]);
      expect(await status(0, empty)).to.deep.equal([SUPERSEDED, first]);
      expect(await status(1, empty)).to.deep.equal([SUPERSEDED, second]);
    });

    it("revokes the last leaf of a full generation", async () => {
      await seeded(2 ** 24);
      const last = 2 ** 24 - 1;
      await tree.revoke(leafId(0, last));
      const [word, siblings] = await tree.revokedWitness(0, last);
      expect(word).to.equal(1n << 255n);
      expect(refClimb(refWordHash(word), last >> 8, siblings)).to.equal(await root());
      expect(await status(0, await root())).to.deep.equal([CURRENT, 0n]);
    });

    it("supersedes every version of one block at that block's time", async () => {
      await seeded(1000);
      const { provider } = ethers;
      await provider.send("evm_setAutomine", [false]);
      for (const index of [1, 2, 3]) await tree.revoke(leafId(0, index), { gasLimit: 1_000_000 });
      await networkHelpers.mine();
      await provider.send("evm_setAutomine", [true]);
      const time = BigInt(await networkHelpers.time.latest());
      expect(await status(0, rootOf(1000, []))).to.deep.equal([SUPERSEDED, time]);
      expect(await status(0, rootOf(1000, [1]))).to.deep.equal([SUPERSEDED, time]);
      expect(await status(0, rootOf(1000, [1, 2]))).to.deep.equal([SUPERSEDED, time]);
      expect(await status(0, rootOf(1000, [1, 2, 3]))).to.deep.equal([CURRENT, 0n]);
    });

    it("stays current for ever while no bit is set", async () => {
      await seeded(1000, 1n);
      const current = await root();
      await networkHelpers.time.increase(10 ** 9);
      await tree.appendMany(1, 5);
      expect(await status(0, current)).to.deep.equal([CURRENT, 0n]);
    });

    it("knows no other root: zero, nodes, empty roots of other depths, the deepened mark", async () => {
      await seeded(1000);
      await tree.revoke(leafId(0, 1));
      const [hash = 0n] = await tree.revokedNodes(0, 0, 0, 1);
      for (const other of [0n, hash, EMPTY, refEmpty(EMPTY, 2), 1n << 255n, (await root()) | (1n << 255n)]) {
        expect(await status(0, other)).to.deep.equal([UNKNOWN, 0n]);
      }
    });
  });

  describe("setMany", () => {
    it("sets all bits under one version, in any order", async () => {
      await seeded(1000);
      const indices = [900, 3, 256, 0, 255, 511, 4];
      const ids = indices.map((index) => leafId(0, index));
      expect(await tree.revokeMany.staticCall(ids)).to.equal(7);
      const batch = tree.revokeMany(ids);
      await batch;
      const time = await networkHelpers.time.latest();
      await expect(batch).to.emit(tree, "RevocationRootAdded").withArgs(0, 2, 1, rootOf(1000, indices), time);
      expect([...(await tree.revokedRoot(0))]).to.deep.equal([rootOf(1000, indices), 2n]);
    });

    it("skips set bits and repetitions, so that a front-run element blocks nobody", async () => {
      await seeded(1000);
      await tree.revoke(leafId(0, 4));
      const ids = [3, 4, 3, 700].map((index) => leafId(0, index));
      expect(await tree.revokeMany.staticCall(ids)).to.equal(2);
      const receipt = await (await tree.revokeMany(ids)).wait();
      expect(receipt?.logs.length).to.equal(3);
      expect([...(await tree.revokedRoot(0))]).to.deep.equal([rootOf(1000, [3, 4, 700]), 3n]);
    });

    it("makes no version if nothing changes", async () => {
      await seeded(1000);
      await tree.revoke(leafId(0, 4));
      const before = [...(await tree.revokedRoot(0))];
      for (const ids of [[], [leafId(0, 4)], [leafId(0, 4), leafId(0, 4)]]) {
        expect(await tree.revokeMany.staticCall(ids)).to.equal(0);
        const receipt = await (await tree.revokeMany(ids)).wait();
        expect(receipt?.logs).to.deep.equal([]);
      }
      expect([...(await tree.revokedRoot(0))]).to.deep.equal(before);
      expect(await status(0, before[0] ?? 0n)).to.deep.equal([CURRENT, 0n]);
    });

    it("spans generations, one version in each that changes", async () => {
      tree = await networkHelpers.loadFixture(small);
      await tree.appendMany(1, 40);
      await tree.revoke(leafId(1, 9));
      await tree.revokeMany([leafId(2, 1), leafId(0, 15), leafId(1, 9), leafId(0, 2)]);
      expect([...(await tree.revokedRoot(0))]).to.deep.equal([rootOf(16, [2, 15]), 2n]);
      expect([...(await tree.revokedRoot(1))]).to.deep.equal([rootOf(16, [9]), 2n]);
      expect([...(await tree.revokedRoot(2))]).to.deep.equal([rootOf(8, [1]), 2n]);
    });

    it("reverts as a whole for an index without a leaf", async () => {
      await seeded(1000);
      await expect(tree.revokeMany([leafId(0, 1), leafId(0, 1000)]))
        .to.be.revertedWithCustomError(tree, "RevokedTreeIndexUnknown")
        .withArgs(leafId(0, 1000), 1000);
      expect((await tree.revokedRoot(0)).version).to.equal(1);
    });

    it("ends 32 live indices in distinct words of the largest tree within one transaction", async () => {
      await seeded(2 ** 24);
      const indices = Array.from({ length: 32 }, (_, i) => i * 2 ** 19 + i);
      const receipt = await (await tree.revokeMany(indices.map((index) => leafId(0, index)))).wait();
      expect(receipt?.gasUsed).to.be.lessThan(10_300_000n);
      for (const index of [indices[0] ?? 0, indices[31] ?? 0]) {
        const [word, siblings] = await tree.revokedWitness(0, index);
        expect(word).to.equal(1n << BigInt(index & 255));
        expect(refClimb(refWordHash(word), index >> 8, siblings)).to.equal(await root());
      }
    });
  });

  describe("gas", () => {
    for (const [size, word, limit] of [
      [1000, 1n, 112_000n],
      [1000, 0n, 147_000n],
      [1_000_000, 1n, 252_000n],
      [1_000_000, 0n, 373_000n],
    ] as const) {
      it(`revokes for less than ${limit} at ${size} leaves, ${word === 0n ? "first touch" : "dense"}`, async () => {
        await seeded(size, word);
        const receipt = await (await tree.revoke(leafId(0, size - 1))).wait();
        expect(receipt?.gasUsed).to.be.lessThan(limit);
      });
    }
  });

  describe("the slot of the root", () => {
    it("is paid for by the append that opens or deepens a tree, not by the first revocation", async () => {
      tree = await networkHelpers.loadFixture(large);
      await tree.appendMany(1, 1);
      const first = await (await tree.revoke(leafId(0, 0))).wait();
      expect(first?.gasUsed).to.be.lessThan(147_000n);
      await seeded(1024);
      await tree.appendMany(1, 1);
      const deepened = await (await tree.revoke(leafId(0, 1024))).wait();
      expect(deepened?.gasUsed).to.be.lessThan(192_000n);
    });
  });

  describe("views", () => {
    it("give words, nodes and witnesses of the reference", async () => {
      tree = await networkHelpers.loadFixture(large);
      for (let i = 0; i < 11; i++) await tree.appendMany(1 + 100 * i, 100);
      const revoked = [0, 255, 256, 1000, 1023, 1024, 1099];
      await tree.revokeMany(revoked.map((index) => leafId(0, index)));
      const words = refWords(1100, revoked);
      expect(await tree.revokedWords(0, 0, 5)).to.deep.equal(words);
      expect(await tree.revokedWords(0, 3, 2)).to.deep.equal(words.slice(3));
      for (const [level, nodes] of refRevoked(words).entries()) {
        expect(await tree.revokedNodes(0, level, 0, nodes.length), `level ${level}`).to.deep.equal(nodes);
      }
      for (const index of [0, 300, 600, 1023, 1099]) {
        const [word, siblings] = await tree.revokedWitness(0, index);
        expect(word).to.equal(words[index >> 8]);
        expect(refClimb(refWordHash(word), index >> 8, siblings)).to.equal(rootOf(1100, revoked));
      }
    });

    it("give 4096 words, a client's page, for half of what public nodes allow a call", async () => {
      await seeded(2 ** 24);
      expect(await tree.revokedWords.estimateGas(0, 0, 4096)).to.be.lessThan(13_000_000n);
      expect(await tree.revokedNodes.estimateGas(0, 3, 0, 1024)).to.be.lessThan(4_000_000n);
    });

    it("revert for an index, words and nodes that are not in use", async () => {
      await seeded(1025);
      await expect(tree.revokedWitness(0, 1025))
        .to.be.revertedWithCustomError(tree, "RevokedTreeIndexUnknown")
        .withArgs(leafId(0, 1025), 1025);
      for (const [call, ...args] of [
        [tree.revokedWords(0, 0, 6), 0, 0, 6, 5],
        [tree.revokedWords(0, 5, 1), 0, 5, 1, 5],
        [tree.revokedNodes(0, 0, 5, 1), 0, 5, 1, 5],
        [tree.revokedNodes(0, 1, 0, 3), 1, 0, 3, 2],
        [tree.revokedNodes(0, 3, 0, 1), 3, 0, 1, 0],
      ] as const) {
        await expect(call)
          .to.be.revertedWithCustomError(tree, "AccumulatorRangeUnknown")
          .withArgs(...args);
      }
    });

    it("revert for a generation that is not open", async () => {
      tree = await networkHelpers.loadFixture(small);
      await tree.appendMany(1, 16);
      for (const call of [tree.revokedRoot(1), tree.revokedWords(1, 0, 1), tree.revokedNodes(1, 0, 0, 1)]) {
        await expect(call).to.be.revertedWithCustomError(tree, "ProvisionedTreeEmpty").withArgs(1);
      }
    });
  });
});
