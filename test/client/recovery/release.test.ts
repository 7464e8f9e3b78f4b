import { base64urlnopad } from "@scure/base";
import { expect } from "chai";
import { hex32 } from "../../../client/core/index.ts";
import {
  type Collection,
  collection,
  collectionProgress,
  type Message,
  newMessage,
  type RecoveryConnection,
  type Release,
  recover,
  release,
  type ShareJson,
  type ShareTrust,
  setUpRecovery,
} from "../../../client/recovery/index.ts";
import { codeOf } from "../support.ts";
import { ENDPOINT, recoveryFile, SOURCE_DID, signerOf, TRUSTEES } from "./support.ts";

const NOW = 1_900_000_000;
const HOUR = 3600;
const owner = signerOf(1);
const connection: RecoveryConnection = {
  fingerprint: hex32(`0x${"0f".repeat(32)}`),
  peerSigningKey: base64urlnopad.encode(new Uint8Array(32).fill(7)),
  openedAt: NOW,
};
const elsewhere = hex32(`0x${"ee".repeat(32)}`);
const options = { now: NOW, lifetime: 6 * HOUR };
const challenge = newMessage(
  "RECOVERY_SHARE_CHALLENGE",
  { challenge: { question: "Where did we meet?" } },
  options,
);
const answerTo = (for_id: string) =>
  newMessage("RECOVERY_SHARE_RESPONSE", { for_id, response: { answer: "In Oslo" } }, options);
const response = answerTo(challenge.id);

describe("recovery/release", () => {
  let shares: readonly ShareJson[];
  let trust: ShareTrust;
  before(async () => {
    const made = await setUpRecovery({
      file: recoveryFile(),
      threshold: 3,
      trustees: TRUSTEES,
      epoch: 1,
      sourceDid: SOURCE_DID,
      signer: owner,
    });
    shares = made.shares;
    trust = { anchor: made.tag };
  });
  const shareOf = (at: number): ShareJson => {
    const share = shares[at];
    if (share === undefined) throw new Error("five shares");
    return share;
  };
  const give = (
    for_id = response.id,
    share: ShareJson | undefined = shareOf(0),
  ): Message<"CAPABILITY_RESPONSE"> =>
    newMessage("CAPABILITY_RESPONSE", { for_id, ...(share === undefined ? {} : { share }) }, options);

  const opened = () => release({ step: "idle" }, { kind: "open", connection, known: [], now: NOW }).state;
  const challenged = () => release(opened(), { kind: "challenge", message: challenge }).state;
  const received = (state: Release, change: object = {}) =>
    release(state, {
      kind: "received",
      fingerprint: connection.fingerprint,
      message: response,
      now: NOW,
      ...change,
    });
  const answered = () => received(challenged()).state;
  const verify = (state: Release, change: object = {}) =>
    release(state, {
      kind: "verify",
      fingerprint: connection.fingerprint,
      method: "videoCall",
      now: NOW + 60,
      ...change,
    });
  const verified = () => verify(answered()).state;

  it("asks, hears, waits for the trustee's word, and gives the share to that connection", () => {
    const asked = release(opened(), { kind: "challenge", message: challenge });
    expect(asked.effects).to.deep.equal([
      { kind: "send", fingerprint: connection.fingerprint, message: challenge },
    ]);
    expect(answered()).to.deep.include({ step: "answered", answer: "In Oslo" });
    expect(verified()).to.deep.include({ step: "verified", method: "videoCall" });
    const message = give();
    const given = release(verified(), { kind: "release", message, now: NOW + 120 });
    expect(given.state).to.deep.equal({ step: "released", connection });
    expect(given.effects).to.deep.equal([{ kind: "send", fingerprint: connection.fingerprint, message }]);
    expect(JSON.parse(JSON.stringify(verified()))).to.deep.equal(verified());
  });

  it("gives nothing before the trustee has verified the person", () => {
    for (const state of [{ step: "idle" } as Release, opened(), challenged(), answered()]) {
      expect(codeOf(() => release(state, { kind: "release", message: give(), now: NOW }))).to.equal(
        "STEP_UNEXPECTED",
      );
    }
    for (const state of [opened(), challenged()])
      expect(codeOf(() => verify(state))).to.equal("STEP_UNEXPECTED");
  });

  it("gives nothing over a connection of old, or one left open", () => {
    const open = (change: object, rest: object = {}) =>
      codeOf(() =>
        release(
          { step: "idle" },
          { kind: "open", connection: { ...connection, ...change }, known: [], now: NOW, ...rest },
        ),
      );
    expect(open({}, { known: [connection.peerSigningKey] })).to.equal("CONNECTION_NOT_FRESH");
    expect(open({ openedAt: NOW - 24 * HOUR })).to.equal(undefined);
    expect(open({ openedAt: NOW - 24 * HOUR - 1 })).to.equal("CONNECTION_NOT_FRESH");
    expect(open({ openedAt: NOW + 1 })).to.equal("CONNECTION_NOT_FRESH");
    const late = NOW + 24 * HOUR + 1;
    expect(codeOf(() => verify(answered(), { now: late }))).to.equal("CONNECTION_NOT_FRESH");
    expect(codeOf(() => release(verified(), { kind: "release", message: give(), now: late }))).to.equal(
      "CONNECTION_NOT_FRESH",
    );
  });

  it("does not take an impostor's answer, or a verification meant for another connection", () => {
    expect(codeOf(() => received(challenged(), { fingerprint: elsewhere }))).to.equal("CONNECTION_OTHER");
    expect(codeOf(() => received(challenged(), { message: answerTo("another-challenge") }))).to.equal(
      "ANSWER_UNEXPECTED",
    );
    expect(codeOf(() => verify(answered(), { fingerprint: elsewhere }))).to.equal("CONNECTION_OTHER");
    expect(codeOf(() => received(answered()))).to.equal("STEP_UNEXPECTED");
    expect(codeOf(() => received(challenged(), { message: challenge }))).to.equal("STEP_UNEXPECTED");
    // The impostor cannot take the place of a connection that is being verified.
    const other = { ...connection, fingerprint: elsewhere };
    for (const state of [opened(), answered(), verified()]) {
      expect(codeOf(() => release(state, { kind: "open", connection: other, known: [], now: NOW }))).to.equal(
        "STEP_UNEXPECTED",
      );
    }
  });

  it("does not take stale answers, nor act on an old word", () => {
    const late = NOW + 6 * HOUR + 1;
    const asked = challenged();
    if (asked.step !== "challenged") throw new Error(asked.step);
    const lasting = { challenge: { ...challenge, expires: late }, message: { ...response, expires: late } };
    const hear = (by: typeof challenge, message: typeof response) =>
      codeOf(() => received({ ...asked, challenge: by }, { message, now: late }));
    expect(hear(lasting.challenge, lasting.message)).to.equal(undefined);
    expect(hear(challenge, lasting.message)).to.equal("MESSAGE_EXPIRED");
    expect(hear(lasting.challenge, response)).to.equal("MESSAGE_EXPIRED");
    const at = (now: number) => codeOf(() => release(verified(), { kind: "release", message: give(), now }));
    expect(at(NOW + 60 + HOUR)).to.equal(undefined);
    expect(at(NOW + 61 + HOUR)).to.equal("VERIFICATION_STALE");
    expect(at(NOW + 59)).to.equal("VERIFICATION_STALE");
  });

  it("gives a share, in answer to what was answered", () => {
    const at = (message: Message<"CAPABILITY_RESPONSE">) =>
      codeOf(() => release(verified(), { kind: "release", message, now: NOW + 60 }));
    expect(at(give("something-else"))).to.equal("ANSWER_UNEXPECTED");
    const { share: _, ...empty } = give();
    expect(at(empty)).to.equal("CAPABILITY_INCOMPLETE");
  });

  it("can be refused at any time before, and opened anew after", () => {
    for (const state of [opened(), challenged(), answered(), verified()]) {
      const refused = release(state, { kind: "refuse" }).state;
      expect(refused).to.deep.equal({ step: "refused", connection });
      expect(codeOf(() => release(refused, { kind: "release", message: give(), now: NOW }))).to.equal(
        "STEP_UNEXPECTED",
      );
      expect(release(refused, { kind: "open", connection, known: [], now: NOW }).state.step).to.equal(
        "opened",
      );
    }
    const released = release(verified(), { kind: "release", message: give(), now: NOW + 60 }).state;
    expect(codeOf(() => release(released, { kind: "refuse" }))).to.equal("STEP_UNEXPECTED");
    expect(codeOf(() => release(released, { kind: "challenge", message: challenge }))).to.equal(
      "STEP_UNEXPECTED",
    );
    expect(codeOf(() => release({ step: "idle" }, { kind: "refuse" }))).to.equal("STEP_UNEXPECTED");
  });

  describe("collection, the new agent's side", () => {
    const lines = [1, 2, 3, 4, 5].map((i) => hex32(`0x${`0${i}`.repeat(32)}`));
    const line = (i: number) => lines[i] ?? elsewhere;
    const start = (): Collection =>
      lines.reduce<Collection>(
        (state, fingerprint) => collection(state, { kind: "open", fingerprint }).state,
        {},
      );
    const hear = (
      state: Collection,
      at: number,
      message: Message<"RECOVERY_SHARE_CHALLENGE" | "CAPABILITY_RESPONSE">,
      now = NOW,
    ) => collection(state, { kind: "received", fingerprint: line(at), message, trust, now });

    function withShare(state: Collection, at: number, share: ShareJson): Collection {
      const asked = hear(state, at, challenge).state;
      const message = answerTo(challenge.id);
      const sent = collection(asked, { kind: "answer", fingerprint: line(at), message });
      expect(sent.effects).to.deep.equal([{ kind: "send", fingerprint: line(at), message }]);
      return hear(sent.state, at, give(message.id, share)).state;
    }

    it("recovers with one trustee lying and one silent", async () => {
      const bytes = base64urlnopad.decode(shareOf(1).shareValue);
      bytes[3] = (bytes[3] ?? 0) ^ 4;
      const lie = { ...shareOf(1), shareValue: base64urlnopad.encode(bytes) };
      let state = start();
      expect(collectionProgress(state)).to.deep.include({ good: [], waiting: lines });
      expect(collectionProgress(state)).not.to.have.property("needed");
      state = withShare(state, 0, shareOf(0));
      state = withShare(state, 1, lie);
      state = withShare(state, 3, shareOf(3));
      state = withShare(state, 4, shareOf(4));
      const { needed, good, bad, waiting, shares: given } = collectionProgress(state);
      expect({ needed, good, bad, waiting }).to.deep.equal({
        needed: 3,
        good: ["Ada", "Dan", "Eve"],
        bad: [{ fingerprint: line(1), code: "SHARE_VALUE_WRONG" }],
        waiting: [line(2)],
      });
      expect((await recover({ shares: given, trust })).file.endpoint).to.equal(ENDPOINT);
      expect(JSON.parse(JSON.stringify(state))).to.deep.equal(state);
    });

    it("counts neither an empty answer nor a share of a stranger's", async () => {
      const strangers = await setUpRecovery({
        file: recoveryFile(),
        threshold: 3,
        trustees: TRUSTEES,
        epoch: 1,
        sourceDid: SOURCE_DID,
        signer: signerOf(2),
      });
      const [foreign] = strangers.shares;
      if (foreign === undefined) throw new Error("five shares");
      expect(collectionProgress(withShare(start(), 0, foreign)).bad).to.deep.equal([
        { fingerprint: line(0), code: "SHARE_NOT_ANCHORED" },
      ]);
      const asked = hear(start(), 0, challenge).state;
      const message = answerTo(challenge.id);
      const { state } = collection(asked, { kind: "answer", fingerprint: line(0), message });
      const { share: _, ...empty } = give(message.id);
      expect(hear(state, 0, empty).state[line(0)]).to.deep.equal({ step: "bad", code: "SHARE_MALFORMED" });
    });

    it("refuses what does not come next, and what is stale", () => {
      expect(codeOf(() => hear(start(), 0, give()))).to.equal("STEP_UNEXPECTED");
      expect(codeOf(() => hear({}, 0, challenge))).to.equal("STEP_UNEXPECTED");
      expect(codeOf(() => hear(start(), 0, challenge, NOW + 7 * HOUR))).to.equal("MESSAGE_EXPIRED");
      expect(codeOf(() => collection(start(), { kind: "open", fingerprint: line(0) }))).to.equal(
        "STEP_UNEXPECTED",
      );
      const answer = (state: Collection, message = response) =>
        codeOf(() => collection(state, { kind: "answer", fingerprint: line(0), message }));
      expect(answer(start())).to.equal("STEP_UNEXPECTED");
      expect(answer({})).to.equal("STEP_UNEXPECTED");
      const asked = hear(start(), 0, challenge).state;
      expect(answer(asked, answerTo("another"))).to.equal("ANSWER_UNEXPECTED");
      const { state } = collection(asked, { kind: "answer", fingerprint: line(0), message: response });
      expect(codeOf(() => hear(state, 0, give("another")))).to.equal("ANSWER_UNEXPECTED");
    });
  });
});
