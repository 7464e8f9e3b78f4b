import { expect } from "chai";
import { network } from "hardhat";
import type { AccumulatorHarness } from "../../types/mocks/AccumulatorHarness.ts";
import { deployHarness, leafId } from "./fixture.ts";
import { NO_EXPIRY } from "./model.ts";
import { refClimb, refDepth, refEmpty, refLeaf, refProvisioned, refRoot } from "./reference.ts";

const { ethers, networkHelpers } = await network.create();
const R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001n;

const leavesOf = (count: number, first = 1) =>
  Array.from({ length: count }, (_, i) => refLeaf(1n, BigInt(first + i), i, NO_EXPIRY));

async function fill(harness: AccumulatorHarness, from: number, to: number): Promise<void> {
  for (let next = from; next < to; next += 128) {
    await harness.appendMany(next + 1, Math.min(128, to - next));
  }
}

describe("ProvisionedTree", () => {
  const small = () => deployHarness(ethers, 2);
  const large = () => deployHarness(ethers, 12);
  let tree: AccumulatorHarness;

  describe("append", () => {
    it("stores C4(4, I, K, index | expiry << 24) and tells where", async () => {
      tree = await networkHelpers.loadFixture(large);
      const [policy, commitment, expiry] = [R - 1n, R - 2n, 1_900_000_800n];
      await tree.append(1n, 1n, NO_EXPIRY);
      const leaf = refLeaf(policy, commitment, 1, expiry);
      expect(await tree.append.staticCall(policy, commitment, expiry)).to.equal(leafId(0, 1));
      await expect(tree.append(policy, commitment, expiry))
        .to.emit(tree, "LeafAppended")
        .withArgs(0, 1, leaf);
      expect(await tree.provisionedNodes(0, 2, 0, 1, 1)).to.deep.equal([leaf]);
    });

    it("widens the last index and the last expiry before they meet", async () => {
      tree = await networkHelpers.loadFixture(large);
      const last = 2 ** 24 - 1;
      await tree.seed(last, 77n, 0n);
      await expect(tree.append(1n, 2n, NO_EXPIRY))
        .to.emit(tree, "LeafAppended")
        .withArgs(0, last, refLeaf(1n, 2n, last, NO_EXPIRY));
    });

    it("refuses a policy or a commitment that is not a canonical field element", async () => {
      tree = await networkHelpers.loadFixture(large);
      const poseidon = await ethers.getContractFactory("Poseidon2");
      for (const [policy, commitment] of [
        [R, 1n],
        [1n, R],
        [1n, 2n ** 256n - 1n],
      ] as const) {
        await expect(tree.append(policy, commitment, NO_EXPIRY))
          .to.be.revertedWithCustomError(poseidon, "Poseidon2InputNotCanonical")
          .withArgs(policy === R ? policy : commitment);
      }
      expect(await tree.provisionedSize(0)).to.equal(0);
    });

    it("opens a new generation for the leaf after a full one's last", async () => {
      tree = await networkHelpers.loadFixture(small);
      await tree.appendMany(1, 15);
      expect(await tree.append.staticCall(1n, 16n, NO_EXPIRY)).to.equal(leafId(0, 15));
      await tree.append(1n, 16n, NO_EXPIRY);
      expect(await tree.currentGeneration()).to.equal(0);
      expect(await tree.append.staticCall(1n, 17n, NO_EXPIRY)).to.equal(leafId(1, 0));
      await tree.append(1n, 17n, NO_EXPIRY);
      expect(await tree.currentGeneration()).to.equal(1);
      expect([await tree.provisionedSize(0), await tree.provisionedSize(1)]).to.deep.equal([16n, 1n]);
      expect(await tree.provisionedRoot(0, 16)).to.equal(refRoot(refProvisioned(leavesOf(16))));
      expect(await tree.provisionedRoot(1, 1)).to.equal(refRoot(refProvisioned(leavesOf(1, 17))));
    });

    it("has 4^12 places in a generation and a witness for the last", async () => {
      tree = await networkHelpers.loadFixture(large);
      const size = 2 ** 24;
      await tree.seed(size - 1, 77n, 0n);
      await tree.append(1n, 2n, NO_EXPIRY);
      const root = await tree.provisionedRoot(0, size);
      const siblings = await tree.provisionedWitness(0, size, size - 1);
      expect(siblings.length).to.equal(36);
      expect(refClimb(refLeaf(1n, 2n, size - 1, NO_EXPIRY), size - 1, siblings)).to.equal(root);
      await tree.append(1n, 3n, NO_EXPIRY);
      expect([await tree.currentGeneration(), await tree.provisionedSize(1)]).to.deep.equal([1n, 1n]);
      await expect(tree.checkpoint(0)).to.emit(tree, "Checkpointed");
      expect((await tree.checkpointOf(root)).size).to.equal(size);
    });

    it("costs no position more than one node beyond the cheapest", async () => {
      const NODE = 49_000n; // a hash, three loads, a new slot, and noting up to twelve full nodes
      for (const size of [4 ** 5 - 6, 4 ** 10 - 6]) {
        tree = await large();
        await tree.seed(size, 77n, 0n);
        const gas: bigint[] = [];
        for (let i = 0; i < 40; i++) {
          const receipt = await (await tree.append(1n, BigInt(256 + i), NO_EXPIRY)).wait();
          // growth of the revoked tree is the named exception (protocol §3.2)
          if (size + i !== 4 ** 5 && size + i !== 4 ** 10) gas.push(receipt?.gasUsed ?? 0n);
        }
        const cheapest = gas.reduce((a, b) => (a < b ? a : b));
        for (const used of gas) expect(used - cheapest).to.be.lessThan(NODE);
        // the nodes that 40 appends fill, the 3 outstanding ones of the boundary among them
        expect(gas.filter((used) => used - cheapest > 40_000n).length).to.be.within(13, 20);
      }
    });
  });

  describe("roots and witnesses", () => {
    it("are the reference's at every size up to 70, the moment it is reached", async () => {
      tree = await networkHelpers.loadFixture(large);
      const leaves = leavesOf(70);
      for (let size = 1; size <= leaves.length; size++) {
        await tree.appendMany(size, 1);
        const root = refRoot(refProvisioned(leaves.slice(0, size)));
        expect(await tree.provisionedRoot(0, size), `size ${size}`).to.equal(root);
        for (const index of [0, size >> 1, size - 1]) {
          const siblings = await tree.provisionedWitness(0, size, index);
          expect(siblings.length).to.equal(3 * refDepth(size));
          expect(refClimb(leaves[index] ?? 0n, index, siblings), `${index} of ${size}`).to.equal(root);
        }
      }
    });

    it("are the reference's at 4^k - 1, 4^k, 4^k + 1 and 256 * 4 + 1", async () => {
      tree = await networkHelpers.loadFixture(large);
      const leaves = leavesOf(1025);
      let done = 0;
      for (const size of [3, 4, 5, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1023, 1024, 1025]) {
        await fill(tree, done, size);
        done = size;
        const root = refRoot(refProvisioned(leaves.slice(0, size)));
        expect(await tree.provisionedRoot(0, size), `size ${size}`).to.equal(root);
        const siblings = await tree.provisionedWitness(0, size, size - 1);
        expect(refClimb(leaves[size - 1] ?? 0n, size - 1, siblings)).to.equal(root);
      }
    });

    it("are kept for every size the generation ever had", async () => {
      tree = await networkHelpers.loadFixture(large);
      const leaves = leavesOf(66);
      await tree.appendMany(1, 66);
      for (let size = 1; size <= 66; size++) {
        const levels = refProvisioned(leaves.slice(0, size));
        expect(await tree.provisionedRoot(0, size)).to.equal(refRoot(levels));
        for (const [level, nodes] of levels.entries()) {
          expect(await tree.provisionedNodes(0, size, level, 0, nodes.length)).to.deep.equal(nodes);
        }
      }
    });

    it("have the empty nodes of the protocol beside them at every level", async () => {
      tree = await networkHelpers.loadFixture(large);
      const size = 4 ** 11 + 1;
      await tree.seed(size, 77n, 0n);
      const siblings = await tree.provisionedWitness(0, size, size - 1);
      for (let level = 0; level < 12; level++) {
        expect(siblings[3 * level + 2], `level ${level}`).to.equal(refEmpty(0n, level));
      }
    });

    it("revert for sizes that never were", async () => {
      tree = await networkHelpers.loadFixture(small);
      const unknown = (generation: number, size: number, available: number) => [generation, size, available];
      await expect(tree.provisionedRoot(0, 1))
        .to.be.revertedWithCustomError(tree, "ProvisionedTreeSizeUnknown")
        .withArgs(...unknown(0, 1, 0));
      await tree.appendMany(1, 18);
      for (const [generation, size, available] of [
        [0, 0, 16],
        [0, 17, 16],
        [1, 3, 2],
        [2, 1, 0],
      ] as const) {
        const args = unknown(generation, size, available);
        for (const call of [
          tree.provisionedRoot(generation, size),
          tree.provisionedNodes(generation, size, 0, 0, 1),
          tree.provisionedWitness(generation, size, 0),
        ]) {
          await expect(call)
            .to.be.revertedWithCustomError(tree, "ProvisionedTreeSizeUnknown")
            .withArgs(...args);
        }
      }
    });

    it("revert for an index without a leaf at that size", async () => {
      tree = await networkHelpers.loadFixture(large);
      await tree.appendMany(1, 5);
      await expect(tree.provisionedWitness(0, 4, 4))
        .to.be.revertedWithCustomError(tree, "ProvisionedTreeIndexUnknown")
        .withArgs(0, 4, 4);
    });

    it("revert for positions and levels beyond the used part", async () => {
      tree = await networkHelpers.loadFixture(large);
      await tree.appendMany(1, 17);
      for (const [level, start, count, available] of [
        [0, 17, 1, 17],
        [0, 0, 18, 17],
        [1, 5, 1, 5],
        [3, 1, 1, 1],
        [4, 0, 1, 0],
        [255, 0, 1, 0],
        [0, 2 ** 32 - 1, 2 ** 32 - 1, 17],
      ] as const) {
        await expect(tree.provisionedNodes(0, 17, level, start, count))
          .to.be.revertedWithCustomError(tree, "AccumulatorRangeUnknown")
          .withArgs(level, start, count, available);
      }
    });
  });

  describe("checkpoint", () => {
    it("records generation, size and time of the root", async () => {
      tree = await networkHelpers.loadFixture(large);
      await tree.appendMany(1, 5);
      const root = refRoot(refProvisioned(leavesOf(5)));
      expect((await tree.checkpointOf(root)).size).to.equal(0);
      expect([...(await tree.checkpoint.staticCall(0))]).to.deep.equal([root, true]);
      const transaction = tree.checkpoint(0);
      await transaction;
      const time = await networkHelpers.time.latest();
      await expect(transaction).to.emit(tree, "Checkpointed").withArgs(root, 0, 5, time);
      expect([...(await tree.checkpointOf(root))]).to.deep.equal([0n, 5n, BigInt(time)]);
    });

    it("changes nothing for a known root, its time least of all", async () => {
      tree = await networkHelpers.loadFixture(large);
      await tree.appendMany(1, 5);
      await tree.checkpoint(0);
      const root = await tree.provisionedRoot(0, 5);
      const before = await tree.checkpointOf(root);
      await networkHelpers.time.increase(1000);
      expect([...(await tree.checkpoint.staticCall(0))]).to.deep.equal([root, false]);
      await expect(tree.checkpoint(0)).to.not.emit(tree, "Checkpointed");
      expect(await tree.checkpointOf(root)).to.deep.equal(before);
    });

    it("keeps a root for ever, whatever is appended after it", async () => {
      tree = await networkHelpers.loadFixture(small);
      await tree.appendMany(1, 3);
      await tree.checkpoint(0);
      const root = await tree.provisionedRoot(0, 3);
      const before = await tree.checkpointOf(root);
      await tree.appendMany(4, 30);
      expect(await tree.checkpointOf(root)).to.deep.equal(before);
    });

    it("does not know a root that was never checkpointed", async () => {
      tree = await networkHelpers.loadFixture(large);
      await tree.appendMany(1, 2);
      const skipped = await tree.provisionedRoot(0, 1);
      await tree.checkpoint(0);
      for (const root of [skipped, 0n, refEmpty(0n, 1)]) {
        expect([...(await tree.checkpointOf(root))]).to.deep.equal([0n, 0n, 0n]);
      }
    });

    it("works for every generation, full ones included", async () => {
      tree = await networkHelpers.loadFixture(small);
      await tree.appendMany(1, 37);
      for (const [generation, size] of [
        [0, 16],
        [1, 16],
        [2, 5],
      ] as const) {
        const root = refRoot(refProvisioned(leavesOf(size, 1 + 16 * generation)));
        await tree.checkpoint(generation);
        const record = await tree.checkpointOf(root);
        expect([record.generation, record.size]).to.deep.equal([BigInt(generation), BigInt(size)]);
      }
    });

    it("takes two sizes in one block at the same time, apart by size", async () => {
      tree = await networkHelpers.loadFixture(large);
      const { provider } = ethers;
      await provider.send("evm_setAutomine", [false]);
      const options = { gasLimit: 1_000_000 };
      for (const commitment of [1n, 2n]) {
        await tree.append(1n, commitment, NO_EXPIRY, options);
        await tree.checkpoint(0, options);
      }
      await networkHelpers.mine();
      await provider.send("evm_setAutomine", [true]);
      const one = await tree.checkpointOf(await tree.provisionedRoot(0, 1));
      const two = await tree.checkpointOf(await tree.provisionedRoot(0, 2));
      expect(one.time).to.equal(two.time);
      expect([one.size, two.size]).to.deep.equal([1n, 2n]);
    });

    it("reverts while a generation has no leaf", async () => {
      tree = await networkHelpers.loadFixture(small);
      await expect(tree.checkpoint(0))
        .to.be.revertedWithCustomError(tree, "ProvisionedTreeEmpty")
        .withArgs(0);
      await tree.appendMany(1, 16);
      await expect(tree.checkpoint(1))
        .to.be.revertedWithCustomError(tree, "ProvisionedTreeEmpty")
        .withArgs(1);
    });
  });
});
