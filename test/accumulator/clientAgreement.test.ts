import { expect } from "chai";
import { network } from "hardhat";
import {
  type AccumulatorEvent,
  type AccumulatorSource,
  accumulatorWitness,
  type BlockRef,
  type Checkpoint,
  fetchWitnessRevealingIndex,
  loadAccumulator,
  type RevealingSource,
  syncAccumulator,
} from "../../client/accumulator/index.ts";
import { fieldElement, hex32 } from "../../client/core/index.ts";
import type { AccumulatorHarness } from "../../types/mocks/AccumulatorHarness.ts";
import { deployHarness, leafId } from "./fixture.ts";
import { NO_EXPIRY } from "./model.ts";
import { refLeaf } from "./reference.ts";

const { ethers, networkHelpers } = await network.create();

function decode(
  harness: AccumulatorHarness,
  log: { topics: readonly string[]; data: string },
): AccumulatorEvent {
  const parsed = harness.interface.parseLog(log);
  if (parsed === null) throw new Error("a log of no known event");
  const { args } = parsed;
  const generation = Number(args.generation);
  switch (parsed.name) {
    case "LeafAppended":
      return { type: "LeafAppended", generation, index: Number(args.index), leaf: fieldElement(args.leaf) };
    case "Checkpointed":
      return {
        type: "Checkpointed",
        generation,
        root: fieldElement(args.root),
        size: Number(args.size),
        time: args.time,
      };
    case "IndexRevoked":
      return { type: "IndexRevoked", generation, index: Number(args.index) };
    default:
      return {
        type: "RevocationRootAdded",
        generation,
        version: args.version,
        depth: Number(args.depth),
        root: fieldElement(args.root),
        time: args.time,
      };
  }
}

/** The harness behind the client's port, as plainly as can be. */
function sourceOf(harness: AccumulatorHarness): AccumulatorSource & RevealingSource {
  const read = async (tag: number | "latest"): Promise<BlockRef> => {
    const block = await ethers.provider.getBlock(tag);
    return {
      number: block?.number ?? 0,
      hash: hex32(block?.hash ?? ""),
      time: BigInt(block?.timestamp ?? 0),
    };
  };
  const events = async (from: number, to: number, generation: number) => {
    const logs = await ethers.provider.getLogs({ address: harness, fromBlock: from, toBlock: to });
    return logs.map((log) => decode(harness, log)).filter((event) => event.generation === generation);
  };
  const block = ({ number }: BlockRef) => ({ blockTag: number });
  return {
    head: () => read("latest"),
    final: () => read("latest"),
    block: read,
    blockAt: async (time) => {
      const latest = await read("latest");
      for (let number = 0; number < latest.number; number++) {
        const candidate = await read(number);
        if (candidate.time >= time) return candidate;
      }
      return latest;
    },
    size: async (generation, at) => Number(await harness.provisionedSize(generation, block(at))),
    provisionedNodes: ({ generation, size, level, start, count }, at) =>
      harness.provisionedNodes(generation, size, level, start, count, block(at)),
    provisionedRoot: (generation, size, at) => harness.provisionedRoot(generation, size, block(at)),
    revokedWords: ({ generation, start, count }, at) =>
      harness.revokedWords(generation, start, count, block(at)),
    revokedNodes: ({ generation, level, start, count }, at) =>
      harness.revokedNodes(generation, level, start, count, block(at)),
    revokedRoot: (generation, at) => harness.revokedRoot(generation, block(at)),
    events: async ({ generation, from, to, withoutLeaves }) =>
      (await events(from, to, generation)).filter(({ type }) => !withoutLeaves || type !== "LeafAppended"),
    lastCheckpoint: async (generation, to) =>
      (await events(0, to, generation))
        .flatMap((event): readonly Checkpoint[] => (event.type === "Checkpointed" ? [event] : []))
        .at(-1),
    provisionedWitness: (generation, size, index, at) =>
      harness.provisionedWitness(generation, size, index, block(at)),
    revokedWitness: async (generation, index, at) => {
      const [word, siblings] = await harness.revokedWitness(generation, index, block(at));
      return { word, siblings: [...siblings] };
    },
  };
}

describe("the client's accumulator against the contracts'", () => {
  const fixture = () => deployHarness(ethers, 12);
  const index = 260;
  const leaf = fieldElement(refLeaf(1n, BigInt(index + 1), index, NO_EXPIRY));

  it("proves under every checkpoint and root, loaded or moved on by events", async () => {
    const harness = await networkHelpers.loadFixture(fixture);
    const source = sourceOf(harness);
    for (let next = 1; next <= 300; next += 100) await harness.appendMany(next, 100);
    await harness.checkpoint(0);
    await harness.revokeMany([leafId(0, 3), leafId(0, 261)]);
    const { head } = await syncAccumulator(source, undefined, { generation: 0, indices: [index], since: 0n });
    let kept = await syncAccumulator(source, undefined, {
      generation: 0,
      indices: [index],
      since: head.at.time,
    });
    await harness.appendMany(301, 17);
    await harness.revoke(leafId(0, 310));
    await harness.checkpoint(0);
    kept = await syncAccumulator(source, kept, { generation: 0, indices: [index], since: head.at.time });
    const loaded = await loadAccumulator(source, { generation: 0, indices: [index], since: head.at.time });
    for (const { state } of [kept.head, loaded]) {
      expect([state.size, state.checkpoints.length, state.roots.length]).to.deep.equal([317, 2, 3]);
      for (const mark of state.checkpoints) {
        expect((await harness.checkpointOf(mark.root)).size).to.equal(mark.size);
        for (const { root: revokedRoot } of state.roots) {
          expect((await harness.rootStatus(0, revokedRoot)).status).to.not.equal(0);
          accumulatorWitness(state, {
            index,
            leaf,
            provisionedRoot: mark.root,
            provisionedSize: mark.size,
            revokedRoot,
          });
        }
      }
    }
  });

  it("agrees with the registry's own witness, which tells who asks", async () => {
    const harness = await networkHelpers.loadFixture(fixture);
    const source = sourceOf(harness);
    for (let next = 1; next <= 300; next += 100) await harness.appendMany(next, 100);
    await harness.checkpoint(0);
    await harness.revoke(leafId(0, 261));
    const at = await source.head();
    const { state } = await loadAccumulator(source, { generation: 0, indices: [index], since: 0n });
    const request = { generation: 0, index, leaf, provisionedSize: 300 };
    const { provisionedRoot, revokedRoot, ...witness } = await fetchWitnessRevealingIndex(
      source,
      request,
      at,
    );
    const kept = { index, leaf, provisionedRoot, provisionedSize: 300, revokedRoot };
    expect(accumulatorWitness(state, kept)).to.deep.equal(witness);
  });

  it("finds out a node whose witness does not lead to its roots", async () => {
    const harness = await networkHelpers.loadFixture(fixture);
    const source = sourceOf(harness);
    await harness.appendMany(1, 9);
    const at = await source.head();
    const request = {
      generation: 0,
      index: 4,
      leaf: fieldElement(refLeaf(1n, 5n, 4, NO_EXPIRY)),
      provisionedSize: 9,
    };
    const refusal = (lie: Partial<RevealingSource>, change = {}) =>
      fetchWitnessRevealingIndex({ ...source, ...lie }, { ...request, ...change }, at).then(
        () => undefined,
        (error: { code?: string }) => error.code,
      );
    expect(await refusal({})).to.equal(undefined);
    expect(await refusal({}, { leaf: fieldElement(1n) })).to.equal("ACCUMULATOR_ROOT_MISMATCH");
    expect(await refusal({ provisionedWitness: async () => [1n] })).to.equal("ACCUMULATOR_SOURCE_MALFORMED");
    expect(
      await refusal({
        revokedWitness: async (...args) => ({ ...(await source.revokedWitness(...args)), word: 1n }),
      }),
    ).to.equal("ACCUMULATOR_ROOT_MISMATCH");
    expect(
      await refusal({
        revokedWitness: async (...args) => ({ ...(await source.revokedWitness(...args)), word: -1n }),
      }),
    ).to.equal("ACCUMULATOR_SOURCE_MALFORMED");
  });
});
