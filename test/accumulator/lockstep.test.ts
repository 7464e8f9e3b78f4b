import { expect } from "chai";
import fc from "fast-check";
import { network } from "hardhat";
import type { AccumulatorHarness } from "../../types/mocks/AccumulatorHarness.ts";
import { deployHarness, leafId } from "./fixture.ts";
import {
  type Model,
  modelAppend,
  modelGeneration,
  modelProvisionedRoot,
  modelRevoke,
  modelRevokedRoot,
  newModel,
} from "./model.ts";
import { refClimb, refProvisioned, refWordHash, refWords } from "./reference.ts";

const { ethers, networkHelpers } = await network.create();

/** A step of a random history; fractions choose among the leaves there are at that moment. */
type Step =
  | { readonly kind: "append"; readonly count: number }
  | { readonly kind: "revoke"; readonly at: readonly number[] }
  | { readonly kind: "checkpoint"; readonly at: number }
  | { readonly kind: "wait"; readonly seconds: number };

const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("append" as const), count: fc.integer({ min: 1, max: 23 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("revoke" as const),
      at: fc.array(fraction, { minLength: 1, maxLength: 9 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("checkpoint" as const), at: fraction }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 5000 }) }),
  },
);

async function run(harness: AccumulatorHarness, model: Model, step: Step): Promise<void> {
  const all = model.generations.flatMap(({ leaves }, g) => leaves.map((_, i) => [g, i] as const));
  const chosen = (at: number) => all[Math.floor(at * all.length)] ?? [0, 0];
  if (step.kind === "append") {
    await harness.appendMany(model.commitments, step.count);
    modelAppend(model, step.count);
  } else if (step.kind === "wait") {
    await networkHelpers.time.increase(step.seconds);
  } else if (step.kind === "checkpoint" && all.length > 0) {
    const generation = chosen(step.at)[0];
    const root = modelProvisionedRoot(modelGeneration(model, generation));
    const known = await harness.checkpointOf(root);
    await harness.checkpoint(generation);
    const record = await harness.checkpointOf(root);
    const size = modelGeneration(model, generation).leaves.length;
    const time = known.size === 0n ? BigInt(await networkHelpers.time.latest()) : known.time;
    expect([...record]).to.deep.equal([BigInt(generation), BigInt(size), time]);
  } else if (step.kind === "revoke" && all.length > 0) {
    const ids = step.at.map(chosen);
    const packed = ids.map(([generation, index]) => leafId(generation, index));
    const count = await harness.revokeMany.staticCall(packed);
    const [only] = packed;
    // a single new bit takes a way of its own through the contract
    if (count === 1n && packed.length === 1 && only !== undefined) await harness.revoke(only);
    else await harness.revokeMany(packed);
    expect(count).to.equal(BigInt(modelRevoke(model, ids, await networkHelpers.time.latest())));
  }
}

async function compareRoots(harness: AccumulatorHarness, model: Model): Promise<void> {
  for (const [g, generation] of model.generations.entries()) {
    const size = generation.leaves.length;
    expect(await harness.provisionedSize(g)).to.equal(size);
    expect(await harness.provisionedRoot(g, size), `provisioned ${g}/${size}`).to.equal(
      modelProvisionedRoot(generation),
    );
    const { root, version } = await harness.revokedRoot(g);
    expect(root, `revoked ${g}`).to.equal(modelRevokedRoot(generation));
    expect(version).to.equal(generation.versions.length);
  }
}

async function compareStatuses(harness: AccumulatorHarness, model: Model): Promise<void> {
  for (const [g, { versions }] of model.generations.entries()) {
    for (const { roots, supersededAt } of versions) {
      for (const root of roots) {
        const expected = [supersededAt === 0 ? 1n : 2n, BigInt(supersededAt)];
        expect([...(await harness.rootStatus(g, root))]).to.deep.equal(expected);
      }
    }
  }
}

async function compareWitnesses(
  harness: AccumulatorHarness,
  model: Model,
  random: () => number,
): Promise<void> {
  for (const [g, generation] of model.generations.entries()) {
    const { leaves, revoked } = generation;
    const words = refWords(leaves.length, revoked);
    expect(await harness.revokedWords(g, 0, words.length)).to.deep.equal(words);
    for (let i = 0; i < 8; i++) {
      const size = 1 + Math.floor(random() * leaves.length);
      const index = Math.floor(random() * size);
      const siblings = await harness.provisionedWitness(g, size, index);
      expect(refClimb(leaves[index] ?? 0n, index, siblings)).to.equal(modelProvisionedRoot(generation, size));
      const [word, path] = await harness.revokedWitness(g, index);
      expect(word).to.equal(words[index >> 8]);
      expect(refClimb(refWordHash(word), index >> 8, path)).to.equal(modelRevokedRoot(generation));
    }
    const size = 1 + Math.floor(random() * leaves.length);
    for (const [level, nodes] of refProvisioned(leaves.slice(0, size)).entries()) {
      expect(
        await harness.provisionedNodes(g, size, level, 0, nodes.length),
        `${size}/${level}`,
      ).to.deep.equal(nodes);
    }
  }
}

/** Runs a random history from a starting point that the runs of one property share. */
async function checkHistory(start: Start, steps: readonly Step[], seed: number): Promise<void> {
  await start.restore();
  const model = structuredClone(start.model);
  for (const step of steps) {
    await run(start.harness, model, step);
    await compareRoots(start.harness, model);
  }
  await compareStatuses(start.harness, model);
  if (start.seeded) return;
  let state = seed;
  await compareWitnesses(start.harness, model, () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  });
}

type Start = {
  readonly harness: AccumulatorHarness;
  readonly model: Model;
  readonly seeded: boolean;
  readonly restore: () => Promise<void>;
};

async function startWith(levels: number, appended: number): Promise<Start> {
  const harness = await deployHarness(ethers, levels);
  const model = newModel(levels);
  for (let left = appended; left > 0; left -= 100) {
    await run(harness, model, { kind: "append", count: Math.min(left, 100) });
  }
  const { restore } = await networkHelpers.takeSnapshot();
  return { harness, model, restore, seeded: false };
}

/** Starts with many equal leaves and no revocation; only nodes near the last leaf are stored then. */
async function startSeeded(levels: number, size: number): Promise<Start> {
  const harness = await deployHarness(ethers, levels);
  await harness.seed(size, 77n, 0n);
  const generation = {
    leaves: Array.from({ length: size }, () => 77n),
    revoked: new Set<number>(),
    versions: [],
  };
  const versions = [{ roots: [modelRevokedRoot(generation)], supersededAt: 0 }];
  const model = { ...newModel(levels), generations: [{ ...generation, versions }] };
  const { restore } = await networkHelpers.takeSnapshot();
  return { harness, model, restore, seeded: true };
}

async function checkHistories(start: Start, numRuns: number, maxLength: number): Promise<void> {
  const steps = fc.array(step, { minLength: 6, maxLength });
  const seed = fc.integer({ min: 1, max: 2147483646 });
  const property = fc.asyncProperty(steps, seed, (history, n) => checkHistory(start, history, n));
  await fc.assert(property, { numRuns, seed: 1, endOnFailure: true });
}

describe("both trees in lockstep with a reference tree", () => {
  it("agree over random histories through several generations", async () => {
    await checkHistories(await startWith(2, 0), 8, 24);
  });

  it("agree over random histories across the first growth of the revoked tree", async () => {
    await checkHistories(await startWith(12, 1000), 3, 12);
  });

  it("agree over random histories across the second growth", async () => {
    await checkHistories(await startSeeded(12, 4085), 6, 12);
  });

  it("agree over random histories out of a full generation of three levels of words", async () => {
    await checkHistories(await startSeeded(7, 16_370), 6, 12);
  });
});
