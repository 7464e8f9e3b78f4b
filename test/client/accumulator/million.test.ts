import { expect } from "chai";
import {
  type AccumulatorSource,
  type AccumulatorState,
  accumulatorWitness,
  encodeSnapshot,
  loadAccumulator,
} from "../../../client/accumulator/index.ts";
import { bigintToHex32, type FieldElement, fieldElement } from "../../../client/core/index.ts";
import {
  refEmpty,
  refLeaf,
  refN4,
  refProvisioned,
  refRevoked,
  refRoot,
} from "../../accumulator/reference.ts";
import { codeOf } from "../support.ts";

const SIZE = 1_000_000;
const OWN = 654_321;
const BLOCK = 4 ** 5;
const LEAF = 77n;
const at = { number: 9, hash: bigintToHex32(9n), time: 1_800_000_000n };
const own = fieldElement(refLeaf(1n, 2n, OWN, 2n ** 40n - 1n));

/** A million equal leaves but the agent's own, and revocations in every word; answers are counted in bytes. */
function million() {
  const leaf = (index: number) => (index === OWN ? own : LEAF);
  const leavesOf = (start: number, count: number) => Array.from({ length: count }, (_, i) => leaf(start + i));
  const blockNode = (block: number, leaves: number) =>
    refProvisioned(leavesOf(block * BLOCK, leaves)).at(5)?.[0] ?? 0n;
  const full = blockNode(0, BLOCK);
  const ownNode = blockNode(Math.floor(OWN / BLOCK), BLOCK);
  const nodes = Array.from({ length: Math.floor(SIZE / BLOCK) }, (_, b) =>
    b === Math.floor(OWN / BLOCK) ? ownNode : full,
  );
  const words = Array.from(
    { length: Math.ceil(SIZE / 256) },
    (_, w) => BigInt(w) * 2n ** 200n + 2n ** 63n + 1n,
  );
  words[Math.floor(OWN / 256)] = 0b1010n;
  words[words.length - 1] = 1n;
  const revoked = refRevoked(words);
  let bytes = 0;
  let calls = 0;
  const counted = async <Value extends bigint>(values: readonly Value[]) => {
    bytes += 32 * values.length;
    calls++;
    return values;
  };
  const source: AccumulatorSource = {
    head: async () => at,
    final: async () => at,
    block: async () => at,
    blockAt: async () => at,
    size: async () => SIZE,
    provisionedNodes: ({ level, start, count }) =>
      counted(level === 0 ? leavesOf(start, count) : nodes.slice(start, start + count)),
    provisionedRoot: async () => provisionedRoot(nodes, leavesOf(nodes.length * BLOCK, SIZE % BLOCK)),
    revokedWords: ({ start, count }) => counted(words.slice(start, start + count)),
    revokedNodes: ({ level, start, count }) => counted((revoked[level] ?? []).slice(start, start + count)),
    revokedRoot: async () => ({ root: refRoot(revoked), version: 5n }),
    events: async () => [],
    lastCheckpoint: async () => ({
      root: fieldElement(await source.provisionedRoot(0, SIZE, at)),
      generation: 0,
      size: SIZE,
      time: at.time,
    }),
  };
  return { source, used: () => ({ bytes, calls }) };
}

/** The root over nodes of level 5 and the leaves behind them, by the reference's own hash. */
function provisionedRoot(nodes: readonly bigint[], tail: readonly bigint[]): bigint {
  let row = [...nodes, refProvisionedNode(tail)];
  for (let level = 5; level < 10; level++) {
    const empty = refEmpty(0n, level);
    row = Array.from({ length: Math.ceil(row.length / 4) }, (_, i) =>
      refN4(row[4 * i] ?? empty, row[4 * i + 1] ?? empty, row[4 * i + 2] ?? empty, row[4 * i + 3] ?? empty),
    );
  }
  return row[0] ?? 0n;
}

function refProvisionedNode(leaves: readonly bigint[]): bigint {
  let row = leaves;
  for (let level = 0; level < 5; level++) {
    const empty = refEmpty(0n, level);
    row = Array.from({ length: Math.ceil(row.length / 4) }, (_, i) =>
      refN4(row[4 * i] ?? empty, row[4 * i + 1] ?? empty, row[4 * i + 2] ?? empty, row[4 * i + 3] ?? empty),
    );
  }
  return row[0] ?? 0n;
}

describe("a million agents", () => {
  let world: ReturnType<typeof million>;
  before(() => {
    world = million();
  });

  const load = (from: AccumulatorSource) =>
    loadAccumulator(from, { generation: 0, indices: [OWN], since: at.time });
  const prove = (state: AccumulatorState) =>
    accumulatorWitness(state, {
      index: OWN,
      leaf: own,
      provisionedRoot: rootOf(state.checkpoints),
      provisionedSize: SIZE,
      revokedRoot: rootOf(state.roots),
    });

  it("are loaded, proved under and kept within 1 MB and 2 s", async () => {
    const { source, used } = world;
    // the reference's own work does not count
    await source.provisionedRoot(0, SIZE, at);
    const start = performance.now();
    const { state } = await load(source);
    const witness = prove(state);
    const elapsed = performance.now() - start;
    expect(witness.word).to.equal(0b1010n);
    expect([witness.provisionedSiblings.length, witness.revokedSiblings.length]).to.deep.equal([30, 18]);
    expect(used().bytes).to.be.lessThan(256 * 1024);
    expect(used().calls).to.equal(5);
    expect(encodeSnapshot({ at, state }).length).to.be.lessThan(512 * 1024);
    // about 0.4 s on an idle machine
    expect(elapsed).to.be.lessThan(2000);
  });

  it("are not proved under with words that the node altered", async () => {
    const { source } = world;
    const { state } = await load({
      ...source,
      revokedWords: async (query, block) =>
        (await source.revokedWords(query, block)).map((word, w) =>
          w === Math.floor(OWN / 256) + 1 ? word ^ 1n : word,
        ),
    });
    expect(codeOf(() => prove(state))).to.equal("ACCUMULATOR_ROOT_MISMATCH");
  });
});

function rootOf(records: readonly { readonly root: FieldElement }[]): FieldElement {
  return records.at(-1)?.root ?? fieldElement(0n);
}
