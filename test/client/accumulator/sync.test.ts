import { expect } from "chai";
import fc from "fast-check";
import {
  type AccumulatorSource,
  type AccumulatorState,
  accumulatorWitness,
  type Kept,
  loadAccumulator,
  syncAccumulator,
} from "../../../client/accumulator/index.ts";
import type { FieldElement } from "../../../client/core/index.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import {
  allEvents,
  checkpoint,
  type FakeChain,
  fakeLeaf,
  grant,
  listsOf,
  mine,
  newFakeChain,
  reorganise,
  revoke,
  START,
  sourceOf,
} from "./fakeChain.ts";

const OWN = 37;
const COMMITMENT = 1n;
const options = { generation: 0, indices: [OWN], since: START + 400n, blockLevel: 2 };

/** 100 leaves in ten blocks of ten, some revoked, some checkpointed, with the agent's among them. */
function populated(unsettled = 0): FakeChain {
  const chain = newFakeChain(unsettled);
  for (let i = 0; i < 10; i++) {
    grant(chain, 10, COMMITMENT + BigInt(10 * i));
    if (i % 3 === 0) revoke(chain, [10 * i, 10 * i + 3]);
    if (i % 2 === 0) checkpoint(chain);
    mine(chain, 100);
  }
  return chain;
}

/** Witnesses under every checkpoint and root that the state has must verify; tells how many there are. */
function proveAll(
  state: AccumulatorState,
  leaf: FieldElement = fakeLeaf(OWN, COMMITMENT + BigInt(OWN)),
): number {
  const marks = state.checkpoints.filter(({ size }) => size > OWN);
  for (const { root: provisionedRoot, size: provisionedSize } of marks) {
    for (const { root: revokedRoot } of state.roots) {
      accumulatorWitness(state, { index: OWN, leaf, provisionedRoot, provisionedSize, revokedRoot });
    }
  }
  return marks.length * state.roots.length;
}

/** The roots and checkpoints that were current at any time from `since` on, by the chain's own events. */
function expectCanonicalKept(chain: FakeChain, state: AccumulatorState, since: bigint): void {
  const events = allEvents(chain);
  for (const { time } of chain.blocks.filter((block) => block.time >= since)) {
    const mark = events.findLast((event) => event.type === "Checkpointed" && event.time <= time);
    const root = events.findLast((event) => event.type === "RevocationRootAdded" && event.time <= time);
    if (mark?.type === "Checkpointed") {
      expect(state.checkpoints.map((kept) => kept.root)).to.include(mark.root);
    }
    if (root?.type === "RevocationRootAdded") {
      expect(state.roots.map((kept) => kept.root)).to.include(root.root);
    }
  }
}

describe("loadAccumulator", () => {
  it("reads what proves under every root since the time wanted", async () => {
    const chain = populated();
    const { at, state } = await loadAccumulator(sourceOf(chain), options);
    expect(at.number).to.equal(10);
    expect(state.size).to.equal(100);
    expectCanonicalKept(chain, state, options.since);
    expect(proveAll(state)).to.be.greaterThan(4);
  });

  it("knows the root that was current at that time though its event was long before", async () => {
    for (const since of [START, START + 50n, START + 650n, START + 799n, START + 5000n]) {
      const chain = populated();
      const { state } = await loadAccumulator(sourceOf(chain), { ...options, since });
      expectCanonicalKept(chain, state, since);
      expect(proveAll(state)).to.be.greaterThan(0);
      // from the second block on, the first root is one whose event lies before
      if (since > START + 100n)
        expect(state.roots[0]?.time).to.equal(since < START + 1000n ? since : START + 1000n);
    }
  });

  it("knows it across the growth of the revoked tree, too", async () => {
    const chain = newFakeChain();
    grant(chain, 1020, COMMITMENT);
    revoke(chain, [3]);
    checkpoint(chain);
    mine(chain, 1000);
    mine(chain, 1000);
    grant(chain, 10, COMMITMENT + 1020n);
    checkpoint(chain);
    mine(chain, 1000);
    const { state } = await loadAccumulator(sourceOf(chain), { ...options, since: START + 1500n });
    expect(state.roots.map(({ version, depth }) => [version, depth])).to.deep.equal([
      [2n, 1],
      [2n, 2],
    ]);
    expectCanonicalKept(chain, state, START + 1500n);
    expect(proveAll(state)).to.equal(4);
  });

  it("asks for ranges that hold 4^blockLevel leaves or all of a level, and never for a path", async () => {
    const chain = populated();
    const asked: string[] = [];
    const source = sourceOf(chain);
    await loadAccumulator(
      {
        ...source,
        provisionedNodes: (query, at) => {
          asked.push(`nodes ${query.level}: ${query.start}+${query.count}`);
          return source.provisionedNodes(query, at);
        },
        revokedWords: (query, at) => {
          asked.push(`words ${query.start}+${query.count}`);
          return source.revokedWords(query, at);
        },
      },
      options,
    );
    // the agent's block is 32 … 47; 30, 50, 70 and 90 were checkpointed, 100 is the size
    expect(asked).to.deep.equal([
      "nodes 2: 0+6",
      "nodes 0: 16+16",
      "nodes 0: 32+16",
      "nodes 0: 48+16",
      "nodes 0: 64+16",
      "nodes 0: 80+16",
      "nodes 0: 96+4",
      "words 0+1",
    ]);
  });

  it("refuses a generation that is not open and an index without a leaf", async () => {
    expect(await codeOfAsync(() => loadAccumulator(sourceOf(newFakeChain()), options))).to.equal(
      "GENERATION_NOT_OPEN",
    );
    for (const index of [100, -1, 0.5]) {
      expect(
        await codeOfAsync(() => loadAccumulator(sourceOf(populated()), { ...options, indices: [index] })),
      ).to.equal("INDEX_UNKNOWN");
    }
  });

  describe("finds out a source that", () => {
    const lies: readonly [string, string, (source: AccumulatorSource) => Partial<AccumulatorSource>][] = [
      [
        "alters a leaf",
        "ACCUMULATOR_ROOT_MISMATCH",
        (source) => ({
          provisionedNodes: async (query, at) =>
            (await source.provisionedNodes(query, at)).map((node, i) =>
              query.level === 0 && query.start === 96 && i === 1 ? node ^ 1n : node,
            ),
        }),
      ],
      [
        "alters an inner node",
        "ACCUMULATOR_ROOT_MISMATCH",
        (source) => ({
          provisionedNodes: async (query, at) =>
            (await source.provisionedNodes(query, at)).map((node, i) =>
              query.level === 2 && i === 0 ? node ^ 1n : node,
            ),
        }),
      ],
      [
        "gives too few nodes",
        "ACCUMULATOR_SOURCE_MALFORMED",
        (source) => ({
          provisionedNodes: async (query, at) => (await source.provisionedNodes(query, at)).slice(1),
        }),
      ],
      [
        "gives too many words",
        "ACCUMULATOR_SOURCE_MALFORMED",
        (source) => ({ revokedWords: async (query, at) => [...(await source.revokedWords(query, at)), 0n] }),
      ],
      [
        "gives nodes outside the field",
        "ACCUMULATOR_SOURCE_MALFORMED",
        () => ({ provisionedRoot: async () => 2n ** 255n }),
      ],
      [
        "gives words of 257 bits",
        "ACCUMULATOR_SOURCE_MALFORMED",
        () => ({ revokedWords: async () => [2n ** 256n] }),
      ],
      [
        "hides a revocation",
        "ACCUMULATOR_ROOT_MISMATCH",
        (source) => ({
          revokedWords: async (query, at) => (await source.revokedWords(query, at)).map((word) => word & ~1n),
        }),
      ],
      [
        "understates the size",
        "ACCUMULATOR_ROOT_MISMATCH",
        (source) => ({
          size: async () => 99,
          provisionedRoot: (generation, _, at) => source.provisionedRoot(generation, 100, at),
        }),
      ],
      [
        "keeps an event back",
        "ACCUMULATOR_EVENT_UNEXPECTED",
        (source) => ({ events: async (query) => (await source.events(query)).slice(0, -3) }),
      ],
      [
        "reports another version than the registry",
        "ACCUMULATOR_EVENT_UNEXPECTED",
        (source) => ({
          revokedRoot: async (generation, at) => ({
            root: (await source.revokedRoot(generation, at)).root,
            version: 9n,
          }),
        }),
      ],
    ];
    for (const [what, code, lie] of lies) {
      it(what, async () => {
        const source = sourceOf(populated());
        expect(await codeOfAsync(() => loadAccumulator(source, options))).to.equal(undefined);
        expect(await codeOfAsync(() => loadAccumulator({ ...source, ...lie(source) }, options))).to.equal(
          code,
        );
      });
    }

    it("alters a leaf of the agent's own, full block: when the witness is made", async () => {
      const source = sourceOf(populated());
      const { state } = await loadAccumulator(
        {
          ...source,
          provisionedNodes: async (query, at) =>
            (await source.provisionedNodes(query, at)).map((node, i) =>
              query.level === 0 && query.start === 32 && i === 0 ? node ^ 1n : node,
            ),
        },
        options,
      );
      expect(codeOf(() => proveAll(state))).to.equal("ACCUMULATOR_ROOT_MISMATCH");
    });
  });
});

describe("syncAccumulator", () => {
  const sync = (chain: FakeChain, kept?: Kept, change = {}) =>
    syncAccumulator(sourceOf(chain), kept, { ...options, ...change });

  it("moves on by events alone, to the same state as loading anew", async () => {
    const chain = populated(2);
    let kept = await sync(chain);
    for (let i = 0; i < 6; i++) {
      grant(chain, 7, COMMITMENT + BigInt(100 + 7 * i));
      revoke(chain, [OWN + 1 + i, 3 * i]);
      checkpoint(chain);
      mine(chain, 200);
      const since = options.since + BigInt(200 * i);
      const source = sourceOf(chain);
      kept = await syncAccumulator(
        { ...source, provisionedNodes: refuse, revokedWords: refuse, revokedNodes: refuse },
        kept,
        { ...options, since },
      );
      const fresh = await loadAccumulator(source, { ...options, since });
      expect(kept.head.at).to.deep.equal(fresh.at);
      expect(kept.head.state.size).to.equal(fresh.state.size);
      expect(kept.head.state.revoked.words).to.deep.equal(fresh.state.revoked.words);
      expect(kept.head.state.roots.at(-1)?.root).to.equal(fresh.state.roots.at(-1)?.root);
      expectCanonicalKept(chain, kept.head.state, since);
      expect(proveAll(kept.head.state)).to.be.greaterThan(0);
    }
    expect(kept.anchor.at.number).to.equal(chain.blocks.length - 3);
  });

  it("does nothing when nothing happened", async () => {
    const chain = populated();
    const kept = await sync(chain);
    const again = await sync(chain, kept);
    expect(again.head).to.equal(kept.head);
    expect(again.anchor).to.equal(kept.anchor);
  });

  it("survives random reorganisations", async () => {
    const block = fc.record({
      grants: fc.integer({ min: 0, max: 5 }),
      revocations: fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 3 }),
      undo: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3 })),
      looks: fc.boolean(),
    });
    let reorganised = 0;
    const property = fc.asyncProperty(fc.array(block, { minLength: 4, maxLength: 14 }), async (blocks) => {
      const chain = populated(3);
      let kept = await sync(chain);
      let salt = 1000n;
      for (const { grants, revocations, undo, looks } of blocks) {
        if (undo > 0) {
          reorganise(chain, undo);
          reorganised++;
        }
        salt += 100n;
        for (let i = 0; i <= undo; i++) {
          grant(chain, grants, salt + BigInt(10 * i));
          const { size } = { size: listsOf(allEvents(chain)).leaves.length };
          revoke(
            chain,
            revocations.filter((index) => index < size),
          );
          checkpoint(chain);
          mine(chain, 50);
        }
        if (!looks) continue;
        kept = await sync(chain, kept);
        expect(kept.head.at.hash).to.equal(chain.blocks.at(-1)?.hash);
        expectCanonicalKept(chain, kept.head.state, options.since);
        expect(proveAll(kept.head.state)).to.be.greaterThan(0);
      }
    });
    await fc.assert(property, { numRuns: 6, seed: 7, endOnFailure: true });
    expect(reorganised).to.be.greaterThan(10);
  });

  it("falls back to a final block, without loading anew", async () => {
    const chain = populated(2);
    let kept = await sync(chain);
    grant(chain, 1, 700n);
    mine(chain);
    mine(chain);
    kept = await sync(chain, kept);
    expect(kept.anchor.at.number).to.equal(10);
    reorganise(chain, 2);
    grant(chain, 2, 800n);
    for (let i = 0; i < 3; i++) mine(chain);
    const source = sourceOf(chain);
    kept = await syncAccumulator(
      { ...source, provisionedNodes: refuse, revokedWords: refuse },
      kept,
      options,
    );
    expect(kept.head.state.size).to.equal(102);
    expect(proveAll(kept.head.state)).to.be.greaterThan(0);
  });

  it("tells an agent whose index a reorganisation gave to another", async () => {
    const chain = populated(5);
    grant(chain, 1, 700n);
    checkpoint(chain);
    mine(chain);
    const index = 100;
    const request = (state: AccumulatorState, leaf: FieldElement) => ({
      index,
      leaf,
      provisionedRoot: state.checkpoints.at(-1)?.root ?? leaf,
      provisionedSize: state.checkpoints.at(-1)?.size ?? 0,
      revokedRoot: state.roots.at(-1)?.root ?? leaf,
    });
    const own = fakeLeaf(index, 700n);
    let kept = await sync(chain, undefined, { indices: [index] });
    expect(codeOf(() => accumulatorWitness(kept.head.state, request(kept.head.state, own)))).to.equal(
      undefined,
    );
    reorganise(chain, 1);
    grant(chain, 1, 800n);
    grant(chain, 1, 700n);
    checkpoint(chain);
    mine(chain);
    mine(chain);
    kept = await sync(chain, kept, { indices: [index] });
    const { state } = kept.head;
    expect(codeOf(() => accumulatorWitness(state, request(state, own)))).to.equal("LEAF_DIFFERS");
    const found = { ...request(state, fakeLeaf(101, 700n)), index: 101 };
    expect(codeOf(() => accumulatorWitness(state, found))).to.equal(undefined);
  });

  it("loads anew for an index whose block it does not have", async () => {
    const chain = populated();
    const kept = await sync(chain);
    const next = await sync(chain, kept, { indices: [2] });
    expect(next.head.state.nodes.has(2)).to.equal(true);
    expect(kept.head.state.nodes.has(2)).to.equal(false);
  });

  it("loads ranges when more happened than events tell cheaply", async () => {
    const chain = populated();
    const kept = await sync(chain);
    const source = sourceOf(chain);
    let ranges = 0;
    const counting = {
      ...source,
      size: async () => 100 + 4097,
      provisionedNodes: async () => {
        ranges++;
        return [];
      },
    };
    mine(chain);
    expect(await codeOfAsync(() => syncAccumulator(counting, kept, options))).to.equal(
      "ACCUMULATOR_SOURCE_MALFORMED",
    );
    expect(ranges).to.equal(1);
  });

  it("gives up on a chain that changes under every look, and tells so", async () => {
    const chain = populated(2);
    const source = sourceOf(chain);
    let looks = 0;
    const restless: AccumulatorSource = {
      ...source,
      head: async () => {
        looks++;
        const head = await source.head();
        reorganise(chain, 1);
        mine(chain);
        return head;
      },
    };
    expect(await codeOfAsync(() => syncAccumulator(restless, undefined, options))).to.equal(
      "ACCUMULATOR_SOURCE_UNSTABLE",
    );
    expect(looks).to.equal(3);
  });

  it("passes on what the source reports as its own failure", async () => {
    const chain = populated();
    const failure = new Error("the node answers 429");
    const source = { ...sourceOf(chain), size: () => Promise.reject(failure) };
    const caught = await syncAccumulator(source, undefined, options).catch((error: unknown) => error);
    expect(caught).to.equal(failure);
  });

  it("finds out events that contradict what it has", async () => {
    const chain = populated();
    const kept = await sync(chain);
    revoke(chain, [65]);
    mine(chain);
    const source = sourceOf(chain);
    const lying: AccumulatorSource = {
      ...source,
      events: async (query) =>
        (await source.events(query)).map((event) =>
          event.type === "IndexRevoked" ? { ...event, index: 66 } : event,
        ),
    };
    expect(await codeOfAsync(() => syncAccumulator(lying, kept, options))).to.equal(
      "ACCUMULATOR_ROOT_MISMATCH",
    );
  });
});

function refuse(): never {
  throw new Error("ranges are not to be read here");
}
