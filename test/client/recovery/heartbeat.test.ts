import { ed25519 } from "@noble/curves/ed25519.js";
import { base64urlnopad } from "@scure/base";
import { expect } from "chai";
import {
  type AnswerHeartbeatOptions,
  answerHeartbeat,
  type CheckHeartbeatOptions,
  checkHeartbeat,
  dealSecret,
  type HeartbeatKey,
  newMessage,
  parseMessage,
  signShares,
  type VerifiedShare,
  verifyShare,
  writeMessage,
} from "../../../client/recovery/index.ts";
import { codeOfAsync } from "../support.ts";
import { SOURCE_DID, seeded, signerOf, TRUSTEES } from "./support.ts";

const NOW = 1_900_000_000;

/** An authorization key that this test names by its hex. */
function heartbeatKey(seed: number): HeartbeatKey {
  const signer = signerOf(seed);
  return { key: Buffer.from(signer.publicKey).toString("hex"), sign: signer.sign };
}
const verify: CheckHeartbeatOptions["verify"] = (key, bytes, signature) =>
  ed25519.verify(signature, bytes, Buffer.from(key, "hex"));

async function verifiedShares(epoch: number): Promise<VerifiedShare[]> {
  const dealt = dealSecret({ threshold: 2, count: 5, epoch, random: seeded(epoch) });
  const signer = signerOf(1);
  const shares = await signShares({ dealt, sourceDid: SOURCE_DID, trustees: TRUSTEES, signer });
  return shares.map((share) => verifyShare(share, { dealerKey: signer.publicKey }));
}

describe("recovery/heartbeat", () => {
  const known = heartbeatKey(5);
  const gone = heartbeatKey(6);
  const added = heartbeatKey(7);
  let share: VerifiedShare;
  let other: VerifiedShare;
  let old: VerifiedShare;
  before(async () => {
    const [first, second] = await verifiedShares(2);
    const [before] = await verifiedShares(1);
    if (first === undefined || second === undefined || before === undefined) throw new Error("five shares");
    [share, other, old] = [first, second, before];
  });
  const request = (lifetime = 600) =>
    newMessage(
      "KEY_HEARTBEAT_REQUEST",
      {
        authorizationKeys: [known.key, gone.key],
        tag: base64urlnopad.encode(Buffer.from(share.tag.slice(2), "hex")),
      },
      { now: NOW, lifetime },
    );
  const answer = (asked: ReturnType<typeof request>, rest: Partial<AnswerHeartbeatOptions> = {}) =>
    answerHeartbeat({ request: asked, keys: [known, added], share, now: NOW, lifetime: 600, ...rest });
  const check = (
    asked: ReturnType<typeof request>,
    response: Awaited<ReturnType<typeof answer>>,
    rest: Partial<CheckHeartbeatOptions> = {},
  ) => checkHeartbeat({ request: asked, response, verify, share, now: NOW, ...rest });

  it("tells which keys a trustee has, and that it knows its share, without showing it", async () => {
    const asked = request();
    const response = await answer(asked);
    expect(await check(asked, response)).to.deep.equal({
      alive: [known.key],
      missing: [gone.key],
      added: [added.key],
      holdsShare: true,
    });
    const text = writeMessage(response);
    expect(parseMessage(text)).to.deep.equal(response);
    expect(text).not.to.contain(base64urlnopad.encode(share.value.reveal()));
  });

  it("says so if a trustee has no share, or one of another set", async () => {
    const asked = request();
    const { share: _, ...without } = await answer(asked);
    expect((await check(asked, without)).holdsShare).to.equal(false);
    const stale = await answer(asked, { share: old });
    expect(stale).not.to.have.property("share");
    expect((await check(asked, stale)).holdsShare).to.equal(false);
  });

  it("is not made with another's share, another index, or a share that is guessed", async () => {
    const asked = request();
    const code = async (response: Awaited<ReturnType<typeof answer>>) =>
      codeOfAsync(() => check(asked, response));
    expect(await code(await answer(asked, { share: other }))).to.equal("HEARTBEAT_SHARE_INVALID");
    expect(await code(await answer(asked, { share: { ...other, index: 1 } }))).to.equal(
      "HEARTBEAT_SHARE_INVALID",
    );
    const good = await answer(asked);
    const proof = { ...good, share: { tag: good.share?.tag ?? "", index: 1, proof: "A".repeat(86) } };
    expect(await code(proof)).to.equal("HEARTBEAT_SHARE_INVALID");
  });

  it("is not answered with an answer to an earlier one", async () => {
    const [earlier, asked] = [request(), request()];
    const stale = await answer(earlier);
    expect(await codeOfAsync(() => check(asked, stale))).to.equal("ANSWER_UNEXPECTED");
    const relabelled = { ...stale, for_id: asked.id };
    expect(await codeOfAsync(() => check(asked, relabelled))).to.equal("HEARTBEAT_KEY_INVALID");
    const keyless = { ...relabelled, authorizationKeys: [] };
    expect(await codeOfAsync(() => check(asked, keyless))).to.equal("HEARTBEAT_SHARE_INVALID");
  });

  it("is not answered late, and a late answer does not count", async () => {
    const asked = request(60);
    const response = await answer(asked, { lifetime: 30 });
    expect(await codeOfAsync(() => answer(asked, { now: NOW + 61 }))).to.equal("MESSAGE_EXPIRED");
    expect(await codeOfAsync(() => check(asked, response, { now: NOW + 31 }))).to.equal("MESSAGE_EXPIRED");
    const lasting = await answer(asked);
    expect(await codeOfAsync(() => check(asked, lasting, { now: NOW + 60 }))).to.equal(undefined);
    expect(await codeOfAsync(() => check(asked, lasting, { now: NOW + 61 }))).to.equal("MESSAGE_EXPIRED");
  });

  it("does not take one key's signature for another's", async () => {
    const asked = request();
    const forged = await answer(asked, { keys: [{ key: gone.key, sign: known.sign }] });
    expect(await codeOfAsync(() => check(asked, forged))).to.equal("HEARTBEAT_KEY_INVALID");
    const garbled = await answer(asked);
    const keys = garbled.authorizationKeys.map(({ key }) => ({ key, signature: "no base64url!" }));
    expect(await codeOfAsync(() => check(asked, { ...garbled, authorizationKeys: keys }))).to.equal(
      "HEARTBEAT_KEY_INVALID",
    );
  });
});
