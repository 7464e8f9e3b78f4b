import { expect } from "chai";
import { hex32 } from "../../client/core/index.ts";
import {
  type Collection,
  type CollectionEvent,
  collection,
  collectionProgress,
  newMessage,
  recover,
  type ShareJson,
  type ShareTrust,
  setUpRecovery,
} from "../../client/recovery/index.ts";
import { recoveryFile, SOURCE_DID, seeded, signerOf } from "../client/recovery/support.ts";
import { codeOfAsync } from "../client/support.ts";

const NOW = 1_900_000_000;
const signer = signerOf(1);

function deal(epoch: number, seed: number) {
  const trustees = ["Ada", "Ben", "Cleo"];
  const set = { file: recoveryFile(), threshold: 2, trustees, epoch, sourceDid: SOURCE_DID };
  return setUpRecovery({ ...set, signer, random: seeded(seed) });
}

/** What came of these shares, each over a connection of its own. */
function collected(shares: readonly (ShareJson | undefined)[], trust: ShareTrust): Collection {
  let state: Collection = {};
  const take = (event: CollectionEvent) => {
    state = collection(state, event).state;
  };
  const message = <Value>(value: Value) => ({ kind: "received" as const, trust, now: NOW, message: value });
  for (const [i, share] of shares.entries()) {
    if (share === undefined) expect.fail("no share");
    const fingerprint = hex32(`0x${String(i + 10).repeat(32)}`);
    const question = { challenge: { question: "?" } };
    const challenge = newMessage("RECOVERY_SHARE_CHALLENGE", question, { now: NOW });
    const said = { for_id: challenge.id, response: { answer: "!" } };
    const answer = newMessage("RECOVERY_SHARE_RESPONSE", said, { now: NOW });
    take({ kind: "open", fingerprint });
    take({ ...message(challenge), fingerprint });
    take({ kind: "answer", fingerprint, message: answer });
    take({
      ...message(newMessage("CAPABILITY_RESPONSE", { for_id: answer.id, share }, { now: NOW })),
      fingerprint,
    });
  }
  return state;
}

/**
 * The owner is told that she has the two shares that she needs: one trustee's over two connections, or one each of two
 * sets. She lets the other trustees go home, and the recovery says that there are too few.
 */
describe("findings: a trustee who counts twice", () => {
  const about = (state: Collection) => {
    const { needed, good, bad } = collectionProgress(state);
    return { needed, good, bad: bad.map(({ code }) => code) };
  };

  it("counts once over two connections", async () => {
    const { shares, tag } = await deal(1, 5);
    const [ada, ben] = shares;
    const twice = collected([ada, ada], { anchor: tag });
    expect(about(twice)).to.deep.equal({ needed: 2, good: ["Ada"], bad: ["SHARE_DUPLICATE"] });
    const trust = { anchor: tag };
    const given = (state: Collection) => ({ shares: collectionProgress(state).shares, trust });
    expect(await codeOfAsync(() => recover(given(twice)))).to.equal("SHARES_TOO_FEW");
    const both = collected([ada, ada, ben], trust);
    expect(collectionProgress(both).good).to.deep.equal(["Ada", "Ben"]);
    expect((await recover(given(both))).trustees).to.deep.equal(["Ada", "Ben"]);
  });

  it("does not count for another set, and the set that is shown is the one that is recovered", async () => {
    const [old, next] = [await deal(1, 5), await deal(2, 6)];
    const trust = { dealerKey: signer.publicKey };
    const [a, b] = [old.shares, next.shares];
    expect(about(collected([a[0], b[1]], trust)).good).to.have.length(1);
    for (const [shares, good] of [
      [
        [b[2], a[0], a[1]],
        ["Ada", "Ben"],
      ],
      [
        [a[0], a[1], a[2], b[2], b[1]],
        ["Cleo", "Ben"],
      ],
    ] as const) {
      const state = collected(shares, trust);
      expect(collectionProgress(state).good).to.deep.equal(good);
      const { trustees } = await recover({ shares: collectionProgress(state).shares, trust });
      expect(trustees).to.deep.equal(good);
      expect(new Set(about(state).bad)).to.deep.equal(new Set(["SHARE_EPOCH_MIXED"]));
    }
  });
});
