import { base64urlnopad } from "@scure/base";
import { expect } from "chai";
import { type Hex32, hex32 } from "../../../client/core/index.ts";
import {
  acknowledge,
  dealSecret,
  EMPTY_KEEPER,
  generateConnectionKeys,
  isAcknowledgement,
  type Reshare,
  type ResharePlan,
  reshare,
  type ShareJson,
  type ShareKeeper,
  shareKeeper,
  signShares,
} from "../../../client/recovery/index.ts";
import { codeOf } from "../support.ts";
import { SOURCE_DID, seeded, signerOf, TRUSTEES } from "./support.ts";

const NOW = 1_900_000_000;
const owner = signerOf(1);
const dealerKey = owner.publicKey;

async function deal(epoch: number, seed = epoch) {
  const dealt = dealSecret({ threshold: 2, count: 5, epoch, random: seeded(seed) });
  const shares = await signShares({ dealt, sourceDid: SOURCE_DID, trustees: TRUSTEES, signer: owner });
  const [share] = shares;
  if (share === undefined) throw new Error("five shares");
  return { tag: dealt.tag, epoch, share, shares };
}
type Dealt = Awaited<ReturnType<typeof deal>>;

describe("recovery/shareKeeper", () => {
  let one: Dealt;
  let two: Dealt;
  let three: Dealt;
  before(async () => {
    [one, two, three] = await Promise.all([deal(1), deal(2), deal(3)]);
  });

  /** As it is when the share's set comes next. */
  const anchorBefore = (share: ShareJson | undefined) => ({
    ...{ tag: one.tag, setNumber: (share?.epoch ?? 1) - 1, final: true },
  });
  const prepare = (state: ShareKeeper, share?: ShareJson, messageId = "m", now = anchorBefore(share)) =>
    shareKeeper(state, { kind: "prepare", share, messageId, dealerKey, anchor: now });
  const anchor = (state: ShareKeeper, { tag, epoch }: { tag: Hex32; epoch: number }, final = true) =>
    shareKeeper(state, { kind: "anchor", tag, setNumber: epoch, final }).state;
  const holding = (dealt: Dealt) => anchor(prepare(EMPTY_KEEPER, dealt.share).state, dealt);
  const tags = ({ held, pending }: ShareKeeper) => [held?.tag, ...pending.map(({ tag }) => tag)];

  it("stores a good share before it acknowledges it, and keeps the old one", () => {
    const { state, effects } = prepare(holding(one), two.share, "message-7");
    expect(tags(state)).to.deep.equal([one.tag, two.tag]);
    expect(effects).to.deep.equal([
      { kind: "acknowledge", messageId: "message-7", tag: two.tag, epoch: 2, index: 1 },
    ]);
    expect(JSON.parse(JSON.stringify(state))).to.deep.equal(state);
  });

  it("refuses a share with which the dealer cheats this trustee, and says nothing of having it", () => {
    const bytes = base64urlnopad.decode(two.share.shareValue);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    const cheat: ShareJson = { ...two.share, shareValue: base64urlnopad.encode(bytes) };
    const state = holding(one);
    expect(codeOf(() => prepare(state, cheat))).to.equal("SHARE_SIGNATURE_INVALID");
    const dealt = dealSecret({ threshold: 2, count: 5, epoch: 2, random: seeded(2) });
    const values = [...dealt.values];
    values[0] = values[1] ?? dealt.secret;
    return signShares({
      dealt: { ...dealt, values },
      sourceDid: SOURCE_DID,
      trustees: TRUSTEES,
      signer: owner,
    }).then(([signed]) => expect(codeOf(() => prepare(state, signed))).to.equal("SHARE_VALUE_WRONG"));
  });

  it("answers a repeated PREPARE again, of the held share too", () => {
    const { state } = prepare(holding(one), two.share);
    expect(prepare(state, two.share, "again").effects).to.deep.include.members([
      { kind: "acknowledge", messageId: "again", tag: two.tag, epoch: 2, index: 1 },
    ]);
    expect(prepare(state, two.share).state).to.equal(state);
    expect(prepare(state, one.share).effects).to.have.length(1);
  });

  it("erases the old share when the anchor is final and names the acknowledged set, and not before", () => {
    const { state } = prepare(holding(one), two.share);
    const commit = shareKeeper(state, { kind: "commit", tag: two.tag, epoch: 2 });
    expect(commit).to.deep.equal({ state, effects: [{ kind: "readAnchor" }] });
    expect(tags(anchor(state, one))).to.deep.equal([one.tag, two.tag]);
    expect(tags(anchor(state, two, false))).to.deep.equal([one.tag, two.tag]);
    expect(tags(anchor(state, { tag: three.tag, epoch: 2 }))).to.deep.equal([one.tag]);
    expect(tags(anchor(state, { tag: two.tag, epoch: 3 }))).to.deep.equal([one.tag]);
    expect(tags(anchor(state, two))).to.deep.equal([two.tag]);
  });

  it("keeps its share when the anchor names a set that it was not told of", () => {
    expect(tags(anchor(holding(one), two))).to.deep.equal([one.tag]);
    const commit = shareKeeper(holding(one), { kind: "commit", tag: two.tag, epoch: 2 });
    expect(tags(anchor(commit.state, two))).to.deep.equal([one.tag]);
  });

  it("keeps an aborted set until the anchor has passed it, and takes it if it was anchored all the same", () => {
    const { state } = prepare(holding(one), two.share);
    const aborted = shareKeeper(state, { kind: "abort", tag: two.tag, epoch: 2 });
    expect(aborted.effects).to.deep.equal([{ kind: "readAnchor" }]);
    expect(tags(aborted.state)).to.deep.equal([one.tag, two.tag]);
    // Who aborts may not be the owner, whose anchor is under way.
    const waiting = anchor(aborted.state, one);
    expect(tags(waiting)).to.deep.equal([one.tag, two.tag]);
    expect(tags(anchor(waiting, two))).to.deep.equal([two.tag]);
    expect(tags(anchor(waiting, { tag: three.tag, epoch: 2 }))).to.deep.equal([one.tag]);
    const saved = anchor(aborted.state, two, false);
    expect(tags(saved)).to.deep.equal([one.tag, two.tag]);
    expect(tags(anchor(saved, one))).to.deep.equal([one.tag, two.tag]);
    expect(prepare(saved, two.share).effects).to.have.length(1);
    // A PREPARE that comes after its ABORT is not acknowledged.
    expect(prepare(aborted.state, two.share).effects).to.deep.equal([]);
    const other = shareKeeper(state, { kind: "abort", tag: three.tag, epoch: 2 });
    expect(tags(anchor(other.state, one))).to.deep.equal([one.tag, two.tag]);
  });

  it("lets go of its share when it is retired by a set in force, or a later one", () => {
    const retired = shareKeeper(holding(one), { kind: "retire", tag: two.tag, epoch: 2 });
    expect(retired.effects).to.deep.equal([{ kind: "readAnchor" }]);
    expect(tags(retired.state)).to.deep.equal([one.tag]);
    expect(tags(anchor(retired.state, one))).to.deep.equal([one.tag]);
    expect(tags(anchor(retired.state, two, false))).to.deep.equal([one.tag]);
    expect(tags(anchor(retired.state, { tag: three.tag, epoch: 2 }))).to.deep.equal([one.tag]);
    expect(tags(anchor(retired.state, two))).to.deep.equal([undefined]);
    expect(tags(anchor(retired.state, three))).to.deep.equal([undefined]);
    // A RETIRE by the very set in force ends nothing.
    const self = shareKeeper(holding(two), { kind: "retire", tag: two.tag, epoch: 2 }).state;
    expect(tags(anchor(self, two))).to.deep.equal([two.tag]);
    // An old RETIRE, replayed, does not end what came after it.
    const back = anchor(prepare(retired.state, three.share).state, three);
    expect(tags(back)).to.deep.equal([three.tag]);
    const replayed = shareKeeper(back, { kind: "retire", tag: two.tag, epoch: 2 }).state;
    expect(tags(anchor(replayed, three))).to.deep.equal([three.tag]);
  });

  it("refuses older sets, and more sets under way than it can keep", async () => {
    expect(codeOf(() => prepare(holding(two), one.share))).to.equal("SHARE_EPOCH_OLD");
    const rival = await deal(2, 30);
    expect(codeOf(() => prepare(holding(two), rival.share))).to.equal("SHARE_EPOCH_OLD");
    const others = await Promise.all([20, 21, 22].map((seed) => deal(2, seed)));
    let { state } = prepare(holding(one), two.share);
    for (const { share } of others) state = prepare(state, share).state;
    expect(codeOf(() => prepare(state, three.share))).to.equal("SHARE_PENDING_FULL");
    expect(prepare(state, two.share).effects).to.have.length(1);
    expect(tags(anchor(state, two))).to.deep.equal([two.tag]);
  });

  it("keeps what was given up in room of its own, and forgets none of it for another", async () => {
    const givenUp = (state: ShareKeeper, tag: ShareKeeper["pending"][number]["tag"]) =>
      shareKeeper(state, { kind: "abort", tag, epoch: 2 }).state;
    let state = givenUp(prepare(holding(one), two.share).state, two.tag);
    const sets = await Promise.all(Array.from({ length: 15 }, (_, i) => deal(2, 40 + i)));
    for (const { tag, share } of sets) state = givenUp(prepare(state, share).state, tag);
    expect(tags(state)).to.deep.equal([one.tag, two.tag, ...sets.map(({ tag }) => tag)]);
    const last = await deal(2, 60);
    expect(codeOf(() => prepare(state, last.share))).to.equal("SHARE_PENDING_FULL");
    expect(tags(anchor(state, two))).to.deep.equal([two.tag]);
  });

  it("refuses every set but the one after the anchored one, and repeats what it said", () => {
    const at = (setNumber: number, final = true) => ({ tag: three.tag, setNumber, final });
    const code = (setNumber: number, final = true) =>
      codeOf(() => prepare(holding(one), two.share, "m", at(setNumber, final)));
    expect([code(0), code(1), code(2), code(2, false), code(3)]).to.deep.equal([
      "SHARE_EPOCH_AHEAD",
      undefined,
      "SHARE_EPOCH_OLD",
      // The chain may take the anchored one back.
      undefined,
      "SHARE_EPOCH_OLD",
    ]);
    for (const none of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(code(none, false)).to.equal("SHARE_EPOCH_AHEAD");
    }
    const { state } = prepare(holding(one), two.share);
    for (const setNumber of [0, 2, 3]) {
      expect(prepare(state, two.share, "m", at(setNumber)).effects).to.have.length(1);
    }
  });

  it("takes shares of its owner only", () => {
    const stranger = signerOf(9).publicKey;
    expect(
      codeOf(() =>
        shareKeeper(EMPTY_KEEPER, {
          ...{ kind: "prepare", share: one.share, messageId: "m", dealerKey: stranger },
          anchor: anchorBefore(one.share),
        }),
      ),
    ).to.equal("SHARE_SIGNATURE_INVALID");
  });
});

describe("recovery/reshare, step by step", () => {
  const keys = [1, 2, 3, 4].map((seed) => generateConnectionKeys(seeded(seed)));
  const TAG = hex32(`0x${"2b".repeat(32)}`);
  const ANCHORED = { tag: hex32(`0x${"1a".repeat(32)}`), setNumber: 1, final: true };
  const IN_FORCE = { tag: TAG, setNumber: 2, final: true };
  const plan: ResharePlan = {
    tag: TAG,
    epoch: 2,
    threshold: 2,
    commitments: [],
    trustees: ["a", "b", "c"].map((id, i) => ({
      id,
      index: i + 1,
      signingKey: base64urlnopad.encode(keys[i]?.signingKey ?? new Uint8Array()),
    })),
    retired: ["z"],
    backupRecipient: "age1example",
    deadline: NOW + 100,
  };
  const begin = (change: Partial<ResharePlan> = {}, anchor = ANCHORED, from: Reshare = { step: "idle" }) =>
    reshare(from, { kind: "begin", plan: { ...plan, ...change }, anchor });
  const prepared = async (
    at: number,
    change: Partial<{ tag: Hex32; epoch: number; index: number }> = {},
    key = at,
  ) => {
    const signing = keys[key] ?? generateConnectionKeys();
    const what = { tag: TAG, epoch: 2, index: at + 1, messageId: "m", ...change };
    return acknowledge(what, signing, { now: NOW });
  };
  const steps = ({ effects }: { effects: readonly { kind: string }[] }) => effects.map(({ kind }) => kind);

  async function backingUp(): Promise<Reshare> {
    let { state } = begin();
    for (const [at, from] of ["a", "b", "c"].entries()) {
      state = reshare(state, { kind: "prepared", from, message: await prepared(at) }).state;
    }
    return state;
  }
  const anchoring = async () => reshare(await backingUp(), { kind: "backedUp", tag: TAG, epoch: 2 }).state;

  it("goes PREPARE, all acknowledgements, backup, anchor, COMMIT", async () => {
    const first = begin();
    expect(first.effects).to.deep.equal([
      { kind: "prepare", to: ["a", "b", "c"], set: { tag: TAG, epoch: 2 } },
    ]);
    const a = reshare(first.state, { kind: "prepared", from: "a", message: await prepared(0) });
    expect([a.state.step, steps(a)]).to.deep.equal(["preparing", []]);
    const b = reshare(a.state, { kind: "prepared", from: "b", message: await prepared(1) });
    const again = reshare(b.state, { kind: "prepared", from: "b", message: await prepared(1) });
    expect(again.state.step).to.equal("preparing");
    const c = reshare(again.state, { kind: "prepared", from: "c", message: await prepared(2) });
    expect(c.effects).to.deep.equal([
      { kind: "backUp", recipient: "age1example", set: { tag: TAG, epoch: 2 } },
    ]);
    const backed = reshare(c.state, { kind: "backedUp", tag: TAG, epoch: 2 });
    expect(steps(backed)).to.deep.equal(["sendAnchor"]);
    const seen = reshare(backed.state, { kind: "anchor", ...IN_FORCE, final: false });
    expect([seen.state.step, steps(seen)]).to.deep.equal(["anchoring", []]);
    const final = reshare(seen.state, { kind: "anchor", ...IN_FORCE });
    expect([final.state.step, steps(final)]).to.deep.equal([
      "settled",
      ["commit", "retire", "dropOlderBackups"],
    ]);
    expect(JSON.parse(JSON.stringify(final.state))).to.deep.equal(final.state);
  });

  it("takes nobody's word for another's, for another set, share or key", async () => {
    const { state } = begin();
    const refuse = (from: string, message: Awaited<ReturnType<typeof prepared>>) =>
      codeOf(() => reshare(state, { kind: "prepared", from, message }));
    expect(refuse("b", await prepared(0))).to.equal("ACKNOWLEDGEMENT_INVALID");
    expect(refuse("d", await prepared(0))).to.equal("ACKNOWLEDGEMENT_INVALID");
    expect(refuse("a", await prepared(0, { epoch: 3 }))).to.equal("ACKNOWLEDGEMENT_INVALID");
    expect(refuse("a", await prepared(0, { index: 2 }))).to.equal("ACKNOWLEDGEMENT_INVALID");
    expect(refuse("a", await prepared(0, { tag: ANCHORED.tag }))).to.equal("ACKNOWLEDGEMENT_INVALID");
    expect(refuse("a", await prepared(0, {}, 3))).to.equal("ACKNOWLEDGEMENT_INVALID");
    expect(refuse("a", { ...(await prepared(0)), signature: "A".repeat(86) })).to.equal(
      "ACKNOWLEDGEMENT_INVALID",
    );
    const good = await prepared(0);
    expect(refuse("a", { ...good, index: 2 })).to.equal("ACKNOWLEDGEMENT_INVALID");
    expect(refuse("a", { ...good, epoch: 3 })).to.equal("ACKNOWLEDGEMENT_INVALID");
    const key = keys[0]?.signingKey ?? new Uint8Array();
    expect(isAcknowledgement(good, { tag: TAG, epoch: 2, index: 1 }, key)).to.equal(true);
  });

  it("gives up in time, at will, or after a restart, as long as nothing was anchored", async () => {
    const { state } = begin();
    const waiting = reshare(state, { kind: "prepared", from: "b", message: await prepared(1) }).state;
    const resent = reshare(waiting, { kind: "tick", now: NOW + 100 });
    expect(resent.effects).to.deep.equal([{ kind: "prepare", to: ["a", "c"], set: { tag: TAG, epoch: 2 } }]);
    const late = reshare(waiting, { kind: "tick", now: NOW + 101 });
    expect(late.state).to.deep.include({ step: "aborted", reason: "timeout", silent: ["a", "c"] });
    expect(steps(late)).to.deep.equal(["abort", "dropBackup"]);
    expect(reshare(waiting, { kind: "abort" }).state).to.deep.include({ reason: "wish" });
    expect(reshare(waiting, { kind: "restart" }).state).to.deep.include({ reason: "restart" });
    expect(reshare(await backingUp(), { kind: "tick", now: NOW + 101 }).state).to.deep.include({
      reason: "timeout",
    });
    expect(steps(reshare(await backingUp(), { kind: "restart" }))).to.deep.equal(["backUp"]);
    // Late acknowledgements change nothing.
    const ignored = reshare(late.state, { kind: "prepared", from: "a", message: await prepared(0) });
    expect(ignored).to.deep.equal({ state: late.state, effects: [] });
  });

  it("waits for the backup of this very set", async () => {
    const state = await backingUp();
    for (const set of [
      { tag: ANCHORED.tag, epoch: 2 },
      { tag: TAG, epoch: 1 },
    ]) {
      expect(reshare(state, { kind: "backedUp", ...set })).to.deep.equal({ state, effects: [] });
    }
    const early = begin().state;
    expect(reshare(early, { kind: "backedUp", tag: TAG, epoch: 2 })).to.deep.equal({
      state: early,
      effects: [],
    });
    expect(steps(reshare(state, { kind: "tick", now: NOW + 100 }))).to.deep.equal(["backUp"]);
  });

  it("does not give up what may still be anchored", async () => {
    const state = await anchoring();
    expect(codeOf(() => reshare(state, { kind: "abort" }))).to.equal("RESHARE_ANCHOR_UNDER_WAY");
    for (const event of [{ kind: "tick", now: NOW + 10_000 }, { kind: "restart" }] as const) {
      const next = reshare(state, event);
      expect([next.state, steps(next)]).to.deep.equal([state, ["sendAnchor"]]);
    }
    const waiting = reshare(state, { kind: "anchor", ...ANCHORED });
    expect(waiting).to.deep.equal({ state, effects: [] });
    const overtaken = reshare(state, { kind: "anchor", tag: ANCHORED.tag, setNumber: 2, final: true });
    expect(overtaken.state).to.deep.include({ step: "aborted", reason: "overtaken" });
    const settled = reshare(state, { kind: "anchor", ...IN_FORCE }).state;
    expect(codeOf(() => reshare(settled, { kind: "abort" }))).to.equal("RESHARE_ANCHOR_UNDER_WAY");
    expect(steps(reshare(settled, { kind: "restart" }))).to.deep.equal([
      "commit",
      "retire",
      "dropOlderBackups",
    ]);
  });

  it("refuses plans that do not follow the anchored set, or name a trustee twice", () => {
    const [first, second, third] = plan.trustees;
    if (first === undefined || second === undefined || third === undefined) throw new Error("three trustees");
    expect(codeOf(() => begin({ epoch: 3 }))).to.equal("RESHARE_PLAN_INVALID");
    expect(codeOf(() => begin({}, { ...ANCHORED, final: false }))).to.equal("RESHARE_PLAN_INVALID");
    expect(codeOf(() => begin({ trustees: [first, second, { ...third, id: "a" }] }))).to.equal(
      "RESHARE_PLAN_INVALID",
    );
    expect(codeOf(() => begin({ trustees: [first, second, { ...third, index: 2 }] }))).to.equal(
      "RESHARE_PLAN_INVALID",
    );
    expect(codeOf(() => begin({ trustees: [first, second, { ...third, index: 4 }] }))).to.equal(
      "RESHARE_PLAN_INVALID",
    );
    expect(codeOf(() => begin({ retired: ["a"] }))).to.equal("RESHARE_PLAN_INVALID");
    expect(codeOf(() => begin({ trustees: [first, second] }))).to.equal("SHARING_BOUNDS");
    expect(codeOf(() => begin({ threshold: 4 }))).to.equal("SHARING_BOUNDS");
    const last = 2 ** 32 - 1;
    expect(codeOf(() => begin({ epoch: last + 1 }, { ...ANCHORED, setNumber: last }))).to.equal(
      "SHARING_BOUNDS",
    );
  });

  it("does one change at a time", async () => {
    for (const state of [begin().state, await backingUp(), await anchoring()]) {
      expect(codeOf(() => begin({}, ANCHORED, state))).to.equal("STEP_UNEXPECTED");
    }
    const settled = reshare(await anchoring(), { kind: "anchor", ...IN_FORCE }).state;
    const next = begin({ epoch: 3, tag: ANCHORED.tag }, IN_FORCE, settled);
    expect(next.state.step).to.equal("preparing");
    expect(codeOf(() => reshare({ step: "idle" }, { kind: "abort" }))).to.equal("STEP_UNEXPECTED");
    for (const kind of ["restart", "tick"] as const) {
      expect(reshare({ step: "idle" }, { kind, now: NOW }).effects).to.deep.equal([]);
    }
  });
});
