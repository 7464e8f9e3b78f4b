import { expect } from "chai";
import { hex32 } from "../../client/core/index.ts";
import {
  generateConnectionKeys,
  newMessage,
  setUpRecovery,
  type TrusteeMessage,
  trusteeDesk,
} from "../../client/recovery/index.ts";
import { memoryStore, recoveryFile, SOURCE_DID, seeded, signerOf } from "../client/recovery/support.ts";
import { codeOfAsync } from "../client/support.ts";

const NOW = 1_900_000_000;
const [owner, renewed] = [signerOf(1), signerOf(2)];
const keys = generateConnectionKeys(seeded(1));

async function deal(epoch: number, seed: number, signer = owner) {
  const trustees = ["Ada", "Ben", "Cleo"];
  const set = { file: recoveryFile(), threshold: 2, trustees, epoch, sourceDid: SOURCE_DID, signer };
  const { tag, shares } = await setUpRecovery({ ...set, random: seeded(seed) });
  const message = () =>
    newMessage("SHARE_PREPARE", { share: shares[0] ?? expect.fail("no share") }, { now: NOW });
  return { tag, epoch, message, anchored: { tag, setNumber: epoch, final: true } };
}

/** A trustee that holds a share of set 1 and took four junk sets. */
async function shut() {
  const store = memoryStore();
  const sent: TrusteeMessage[] = [];
  const chain = {
    isAway: false,
    anchored: { tag: hex32(`0x${"00".repeat(32)}`), setNumber: 0, final: true },
  };
  const open = (signer = owner) =>
    trusteeDesk({
      ...{ store, name: "shares", dealerKey: signer.publicKey, keys, clock: () => NOW },
      anchor: {
        current: async () => {
          if (chain.isAway) throw new Error("node away");
          return chain.anchored;
        },
      },
      send: async (message) => void sent.push(message),
    });
  const desk = await open();
  const first = await deal(1, 1);
  await desk.receive(first.message());
  chain.anchored = first.anchored;
  await desk.poll();
  const junk = await Promise.all([10, 11, 12, 13].map((seed) => deal(2, seed)));
  for (const { message } of junk) await desk.receive(message());
  const honest = await deal(2, 99);
  expect(await codeOfAsync(() => desk.receive(honest.message()))).to.equal("SHARE_PENDING_FULL");
  return { desk, open, chain, sent, first, junk, honest };
}

/**
 * A thief of the owner's signing and connection keys sends a trustee four sets of the next number. It took no honest one
 * after them, whatever the owner did: she does not know their tags, and a new signing key cleared nothing.
 */
describe("findings: a trustee that is shut by junk sets", () => {
  it("takes the owner's set under her new signing key, and loses none that it acknowledged", async () => {
    const { open, chain, junk } = await shut();
    const desk = await open(renewed);
    const honest = await deal(2, 99, renewed);
    await desk.receive(honest.message());
    // Perhaps it was none of the thief's: what was anchored before the key was renewed is held.
    expect(desk.pending()).to.have.length(junk.length + 1);
    chain.anchored = honest.anchored;
    await desk.poll();
    expect([desk.held()?.tag, desk.pending()]).to.deep.equal([honest.tag, []]);
  });

  it("takes the owner's set once its user cleared what is pending", async () => {
    const { desk, chain, first, honest } = await shut();
    expect(await desk.clearPending()).to.deep.equal([]);
    expect(desk.held()?.tag).to.equal(first.tag);
    await desk.receive(honest.message());
    chain.anchored = honest.anchored;
    await desk.poll();
    expect(desk.held()?.tag).to.equal(honest.tag);
  });

  it("keeps, when it is cleared, the set that is named and the one that is anchored", async () => {
    const { desk, chain, junk } = await shut();
    const [kept, anchored] = junk;
    if (kept === undefined || anchored === undefined) expect.fail("four sets");
    chain.anchored = { ...anchored.anchored, final: false };
    const left = await desk.clearPending({ tag: kept.tag, epoch: 2 });
    expect(left.map(({ tag }) => tag)).to.deep.equal([kept.tag, anchored.tag]);
  });

  it("clears nothing before it could look at the anchor", async () => {
    const { desk, chain } = await shut();
    chain.isAway = true;
    expect(await desk.clearPending()).to.have.length(4);
    chain.isAway = false;
    await desk.poll();
    expect(desk.pending()).to.deep.equal([]);
  });

  it("takes no set that would outlast the next change", async () => {
    const { desk } = await shut();
    for (const epoch of [3, 2 ** 32 - 1]) {
      const far = await deal(epoch, epoch);
      expect(await codeOfAsync(() => desk.receive(far.message()))).to.equal("SHARE_EPOCH_AHEAD");
    }
  });
});
