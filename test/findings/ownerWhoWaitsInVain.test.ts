import { expect } from "chai";
import { hex32 } from "../../client/core/index.ts";
import {
  EMPTY_KEEPER,
  generateConnectionKeys,
  openEnvelope,
  ownerDesk,
  replayBook,
  sealEnvelope,
  setUpRecovery,
  shareKeeper,
  type TrusteeMessage,
} from "../../client/recovery/index.ts";
import { memoryStore, recoveryFile, SOURCE_DID, seeded, signerOf } from "../client/recovery/support.ts";
import { codeOfAsync } from "../client/support.ts";

/** As `Date.now() / 1000` gives it. */
const NOW = 1_900_000_000.123;
const NONE = { tag: hex32(`0x${"00".repeat(32)}`), setNumber: 0, final: true };
const signer = signerOf(1);
const ada = generateConnectionKeys(seeded(1));
const trustees = [2, 3, 4].map((seed) => ({
  ...{ id: `t${seed}`, name: `T${seed}`, signingKey: generateConnectionKeys(seeded(seed)).signingKey },
}));
const change = { file: recoveryFile(), threshold: 2, trustees, sourceDid: SOURCE_DID, signer };

async function desk() {
  const sent: TrusteeMessage[] = [];
  const nothing = async () => undefined;
  const owner = await ownerDesk({
    ...{ store: memoryStore(), name: "owner", clock: () => NOW },
    anchor: { current: async () => NONE, anchor: nothing },
    backups: { write: nothing, dropOlder: nothing, drop: nothing },
    send: async (_, message) => void sent.push(message),
  });
  return { owner, sent };
}

describe("findings: an owner whose trustees never hear of her, or never count", () => {
  it("has a clock with fractions of a second", async () => {
    const { owner, sent } = await desk();
    await owner.change(change);
    expect(sent).to.have.length(3);
    const ben = generateConnectionKeys(seeded(2));
    for (const message of sent.slice(0, 1)) {
      const sealed = await sealEnvelope({ message, keys: ada, to: ben, now: NOW });
      const opened = await openEnvelope(sealed, { keys: ben, from: [ada], replays: replayBook(), now: NOW });
      expect(opened.message).to.deep.equal(message);
    }
  });

  it("is told of a key that no acknowledgement could be checked with", async () => {
    const { owner } = await desk();
    const [first, ...others] = trustees;
    for (const signingKey of [new Uint8Array(), new Uint8Array(31), new Uint8Array(33)]) {
      const wrong = [{ ...(first ?? expect.fail()), signingKey }, ...others];
      const code = await codeOfAsync(() => owner.change({ ...change, trustees: wrong }));
      expect(code).to.equal("RESHARE_PLAN_INVALID");
    }
    expect(owner.state().step).to.equal("idle");
  });
});

describe("findings: a trustee whose node answers without a number", () => {
  it("forgets no share that it acknowledged", async () => {
    const made = await setUpRecovery({ ...change, trustees: ["Ada", "Ben", "Cleo"], epoch: 1 });
    const [share] = made.shares;
    const dealt = { kind: "prepare", share, messageId: "m", dealerKey: signer.publicKey } as const;
    const { state } = shareKeeper(EMPTY_KEEPER, { ...dealt, anchor: NONE });
    for (const setNumber of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const anchor = { kind: "anchor", tag: made.tag, setNumber, final: true } as const;
      expect(shareKeeper(state, anchor).state).to.equal(state);
    }
  });
});
