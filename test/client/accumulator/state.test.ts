import { expect } from "chai";
import fc from "fast-check";
import {
  type AccumulatorEvent,
  type AccumulatorState,
  accumulatorWitness,
  applyAccumulatorEvents,
  compact,
  GENERATION_CAPACITY,
  isRevoked,
  newAccumulator,
} from "../../../client/accumulator/index.ts";
import { fieldElement } from "../../../client/core/index.ts";
import {
  refClimb,
  refProvisioned,
  refRevoked,
  refRoot,
  refWordHash,
  refWords,
} from "../../accumulator/reference.ts";
import { codeOf } from "../support.ts";
import { allEvents, checkpoint, fakeLeaf, grant, listsOf, mine, newFakeChain, revoke } from "./fakeChain.ts";

const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const step = fc.record({
  grants: fc.integer({ min: 0, max: 30 }),
  revocations: fc.array(fraction, { maxLength: 4 }),
  checkpoint: fc.boolean(),
  seconds: fc.integer({ min: 1, max: 2000 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A chain of one block a step, after `first` grants. */
function chainOf(first: number, steps: readonly Step[]) {
  const chain = newFakeChain();
  grant(chain, first, 1n);
  mine(chain);
  for (const { grants, revocations, checkpoint: marks, seconds } of steps) {
    const size = listsOf(allEvents(chain)).leaves.length;
    grant(chain, grants, BigInt(size + 1));
    const now = listsOf(allEvents(chain)).leaves.length;
    revoke(
      chain,
      revocations.map((at) => Math.floor(at * now)),
    );
    if (marks) checkpoint(chain);
    mine(chain, seconds);
  }
  return chain;
}

function replay(chain: ReturnType<typeof newFakeChain>): AccumulatorState {
  return chain.blocks.reduce((state, { events }) => applyAccumulatorEvents(state, events), newAccumulator(0));
}

/** Every witness of `index` that the state can make leads to the reference's roots, and no other is made. */
function checkWitnesses(state: AccumulatorState, events: readonly AccumulatorEvent[], index: number): number {
  const { leaves } = listsOf(events);
  const leaf = leaves[index] ?? fieldElement(0n);
  let made = 0;
  for (const mark of state.checkpoints) {
    if (mark.size <= index) continue;
    for (const { root, version } of state.roots) {
      const witness = accumulatorWitness(state, {
        index,
        leaf,
        provisionedRoot: mark.root,
        provisionedSize: mark.size,
        revokedRoot: root,
      });
      const expected = refRoot(refProvisioned(leaves.slice(0, mark.size)));
      expect(refClimb(leaf, index, witness.provisionedSiblings)).to.equal(expected);
      const at = events.findLastIndex((e) => e.type === "RevocationRootAdded" && e.version === version);
      const then = listsOf(events.slice(0, at + 1));
      expect(witness.word).to.equal(refWords(leaves.length, then.revoked)[index >> 8]);
      expect(refClimb(refWordHash(witness.word), index >> 8, witness.revokedSiblings)).to.equal(root);
      made++;
    }
  }
  return made;
}

describe("accumulator state", () => {
  for (const first of [1, 60, 1010]) {
    it(`is the reference after random histories from ${first} leaves on, whatever the batches`, () => {
      let made = 0;
      const property = fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), fraction, (steps, at) => {
        const chain = chainOf(first, steps);
        const events = allEvents(chain);
        const { leaves, revoked } = listsOf(events);
        const stepwise = replay(chain);
        const atOnce = applyAccumulatorEvents(newAccumulator(0), events);
        for (const state of [stepwise, atOnce]) {
          expect(state.size).to.equal(leaves.length);
          expect(state.roots.at(-1)?.root).to.equal(refRoot(refRevoked(refWords(leaves.length, revoked))));
          for (const index of revoked) expect(isRevoked(state, index)).to.equal(true);
        }
        made += checkWitnesses(stepwise, events, Math.floor(at * leaves.length));
      });
      fc.assert(property, { numRuns: first > 1000 ? 4 : 15, seed: first, endOnFailure: true });
      expect(made).to.be.greaterThan(10);
    });
  }

  it("still proves after forgetting other blocks and the past", () => {
    const property = fc.property(
      fc.array(step, { minLength: 3, maxLength: 8 }),
      fraction,
      fraction,
      (steps, at, past) => {
        const chain = chainOf(300, steps);
        const events = allEvents(chain);
        const index = Math.floor(at * 300);
        const { time } = chain.blocks[Math.floor(past * chain.blocks.length)] ?? { time: 0n };
        const state = compact(replay(chain), { indices: [index], since: time, blockLevel: 2 });
        const leaves = [...state.nodes.keys()].filter((key) => key < 2 ** 24);
        expect(leaves.length).to.be.at.most(16 * (2 + state.checkpoints.length));
        checkWitnesses(state, events, index);
        const current = (time: bigint) =>
          events.findLast((e) => e.type === "RevocationRootAdded" && e.time < time);
        const canonical = current(time);
        if (canonical?.type === "RevocationRootAdded") {
          expect(state.roots.map(({ root }) => root)).to.include(canonical.root);
        }
        const more = chainOf(300, [
          ...steps,
          { grants: 40, revocations: [0.5], checkpoint: true, seconds: 9 },
        ]);
        const last = more.blocks.at(-1)?.events ?? [];
        checkWitnesses(applyAccumulatorEvents(state, last), allEvents(more), index);
      },
    );
    fc.assert(property, { numRuns: 10, seed: 1, endOnFailure: true });
  });

  it("passes over other generations", () => {
    const state = replay(chainOf(5, []));
    const other = { type: "LeafAppended", generation: 1, index: 0, leaf: fakeLeaf(0, 1n) } as const;
    expect(applyAccumulatorEvents(state, [other])).to.equal(state);
  });

  it("never changes the state it was given", () => {
    const chain = chainOf(40, [{ grants: 0, revocations: [0.2], checkpoint: true, seconds: 1 }]);
    const before = replay(chain);
    const copy = structuredClone(before);
    grant(chain, 9, 41n);
    revoke(chain, [1, 2]);
    applyAccumulatorEvents(before, chain.building);
    expect(before).to.deep.equal(copy);
  });

  describe("applyAccumulatorEvents refuses", () => {
    const chain = chainOf(5, []);
    const state = replay(chain);
    revoke(chain, [2]);
    const [bit, root] = chain.building;
    const refusal = (...events: (AccumulatorEvent | undefined)[]) =>
      codeOf(() =>
        applyAccumulatorEvents(
          state,
          events.flatMap((event) => event ?? []),
        ),
      );
    const appended = (index: number) =>
      ({ type: "LeafAppended", generation: 0, index, leaf: fakeLeaf(index, 9n) }) as const;

    it("a leaf that is not the next: a gap, a repetition", () => {
      expect(refusal(appended(6))).to.equal("ACCUMULATOR_EVENT_UNEXPECTED");
      expect(refusal(appended(4))).to.equal("ACCUMULATOR_EVENT_UNEXPECTED");
      expect(refusal(appended(5))).to.equal(undefined);
    });

    it("a leaf beyond a full generation", () => {
      const full = { ...state, size: GENERATION_CAPACITY };
      const code = codeOf(() => applyAccumulatorEvents(full, [appended(GENERATION_CAPACITY)]));
      expect(code).to.equal("ACCUMULATOR_EVENT_UNEXPECTED");
    });

    it("a checkpoint of another size", () => {
      const { root: known } = state.roots[0] ?? { root: fieldElement(1n) };
      const mark = { type: "Checkpointed", root: known, generation: 0, time: 1n } as const;
      expect(refusal({ ...mark, size: 4 })).to.equal("ACCUMULATOR_EVENT_UNEXPECTED");
      expect(refusal({ ...mark, size: 6 })).to.equal("ACCUMULATOR_EVENT_UNEXPECTED");
    });

    it("a bit without a leaf, a bit set twice, a bit without a root", () => {
      expect(refusal({ type: "IndexRevoked", generation: 0, index: 5 }, root)).to.equal(
        "ACCUMULATOR_EVENT_UNEXPECTED",
      );
      expect(refusal(bit, bit, root)).to.equal("ACCUMULATOR_EVENT_UNEXPECTED");
      expect(refusal(bit)).to.equal("ACCUMULATOR_EVENT_UNEXPECTED");
      expect(refusal(bit, root)).to.equal(undefined);
      const after = applyAccumulatorEvents(state, chain.building);
      expect(codeOf(() => applyAccumulatorEvents(after, chain.building))).to.equal(
        "ACCUMULATOR_EVENT_UNEXPECTED",
      );
    });

    it("a root of another version or depth, or without a bit", () => {
      if (root?.type !== "RevocationRootAdded") throw new Error("the fixture's root is missing");
      expect(refusal(bit, { ...root, version: 3n })).to.equal("ACCUMULATOR_EVENT_UNEXPECTED");
      expect(refusal(bit, { ...root, version: 1n })).to.equal("ACCUMULATOR_EVENT_UNEXPECTED");
      expect(refusal(bit, { ...root, depth: 2 })).to.equal("ACCUMULATOR_EVENT_UNEXPECTED");
      expect(refusal(root)).to.equal("ACCUMULATOR_EVENT_UNEXPECTED");
    });

    it("a root that the bits do not lead to", () => {
      if (root?.type !== "RevocationRootAdded") throw new Error("the fixture's root is missing");
      expect(refusal(bit, { ...root, root: fieldElement(1n) })).to.equal("ACCUMULATOR_ROOT_MISMATCH");
      expect(refusal({ type: "IndexRevoked", generation: 0, index: 3 }, root)).to.equal(
        "ACCUMULATOR_ROOT_MISMATCH",
      );
    });
  });

  describe("accumulatorWitness refuses", () => {
    const chain = chainOf(20, [
      { grants: 0, revocations: [0.5], checkpoint: true, seconds: 1 },
      { grants: 40, revocations: [], checkpoint: true, seconds: 1 },
    ]);
    const state = replay(chain);
    const [mark] = state.checkpoints;
    const good = {
      index: 7,
      leaf: fakeLeaf(7, 8n),
      provisionedRoot: mark?.root ?? fieldElement(0n),
      provisionedSize: 20,
      revokedRoot: state.roots.at(-1)?.root ?? fieldElement(0n),
    };
    const refusal = (change: Partial<typeof good>, from = state) =>
      codeOf(() => accumulatorWitness(from, { ...good, ...change }));

    it("nothing that is in order", () => {
      expect(refusal({})).to.equal(undefined);
    });

    it("an index that the root does not have", () => {
      for (const index of [20, -1, 1.5, Number.NaN]) expect(refusal({ index })).to.equal("INDEX_UNKNOWN");
      expect(refusal({ provisionedSize: 61 })).to.equal("INDEX_UNKNOWN");
    });

    it("the index of another agent", () => {
      expect(refusal({ index: 8 })).to.equal("LEAF_DIFFERS");
    });

    it("roots that are not those of the lists", () => {
      expect(refusal({ provisionedRoot: good.revokedRoot })).to.equal("ACCUMULATOR_ROOT_MISMATCH");
      expect(refusal({ provisionedSize: 19 })).to.equal("ACCUMULATOR_ROOT_MISMATCH");
      expect(refusal({ revokedRoot: good.provisionedRoot })).to.equal("ACCUMULATOR_ROOT_UNKNOWN");
    });

    it("a root, a leaf or a block that was forgotten", () => {
      const oldest = state.roots[0]?.root ?? fieldElement(0n);
      const later = compact(state, { indices: [50], since: 2n ** 40n, blockLevel: 1 });
      expect(refusal({ revokedRoot: oldest })).to.equal(undefined);
      expect(refusal({ revokedRoot: oldest, index: 50, leaf: fakeLeaf(50, 51n) }, later)).to.equal(
        "INDEX_UNKNOWN",
      );
      const newer = state.checkpoints[1];
      const request = { provisionedRoot: newer?.root ?? oldest, provisionedSize: newer?.size ?? 0 };
      expect(refusal({ ...request, index: 50, leaf: fakeLeaf(50, 51n) }, later)).to.equal(undefined);
      expect(
        refusal({ ...request, revokedRoot: oldest, index: 50, leaf: fakeLeaf(50, 51n) }, later),
      ).to.equal("ACCUMULATOR_ROOT_UNKNOWN");
      expect(refusal(request, later)).to.equal("ACCUMULATOR_NODES_MISSING");
    });
  });
});
