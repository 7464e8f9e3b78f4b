import { expect } from "chai";
import {
  accumulatorWitness,
  applyAccumulatorEvents,
  decodeSnapshot,
  encodeSnapshot,
  newAccumulator,
  type Snapshot,
} from "../../../client/accumulator/index.ts";
import { fieldElement } from "../../../client/core/index.ts";
import { codeOf } from "../support.ts";
import { checkpoint, fakeLeaf, grant, mine, newFakeChain, revoke } from "./fakeChain.ts";

function snapshot(): Snapshot {
  const chain = newFakeChain();
  grant(chain, 30, 1n);
  checkpoint(chain);
  revoke(chain, [4, 29]);
  mine(chain);
  revoke(chain, [5]);
  const { number, hash, time } = mine(chain);
  const state = chain.blocks.reduce(
    (kept, { events }) => applyAccumulatorEvents(kept, events),
    newAccumulator(0),
  );
  return { at: { number, hash, time }, state };
}

describe("accumulator cache", () => {
  it("gives the snapshot back, which proves as before", () => {
    const before = snapshot();
    const after = decodeSnapshot(encodeSnapshot(before));
    expect(after).to.deep.equal(before);
    const { state } = after;
    const witness = accumulatorWitness(state, {
      index: 7,
      leaf: fakeLeaf(7, 8n),
      provisionedRoot: state.checkpoints[0]?.root ?? fieldElement(0n),
      provisionedSize: 30,
      revokedRoot: state.roots[1]?.root ?? fieldElement(0n),
    });
    expect(witness.word).to.equal((1n << 4n) | (1n << 29n));
  });

  it("keeps an empty state", () => {
    const { at } = snapshot();
    const empty = { at, state: newAccumulator(3) };
    expect(decodeSnapshot(encodeSnapshot(empty))).to.deep.equal(empty);
  });

  it("refuses bytes that were cut, extended or changed anywhere", () => {
    const bytes = encodeSnapshot(snapshot());
    const refusal = (changed: Uint8Array) => codeOf(() => decodeSnapshot(changed));
    expect(refusal(new Uint8Array())).to.equal("ACCUMULATOR_CACHE_MALFORMED");
    expect(refusal(bytes.subarray(0, bytes.length - 1))).to.equal("ACCUMULATOR_CACHE_MALFORMED");
    expect(refusal(Uint8Array.from([...bytes, 0]))).to.equal("ACCUMULATOR_CACHE_MALFORMED");
    for (let at = 0; at < bytes.length; at += 97) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(refusal(changed), `byte ${at}`).to.equal("ACCUMULATOR_CACHE_MALFORMED");
    }
  });
});
