import { expect } from "chai";
import { hex32 } from "../../client/core/index.ts";
import {
  generateConnectionKeys,
  newMessage,
  openEnvelope,
  type Release,
  type ReplayBook,
  release,
  replayBook,
  requireFresh,
  reshare,
  sealEnvelope,
  storedReplayBook,
} from "../../client/recovery/index.ts";
import { memoryStore, seeded } from "../client/recovery/support.ts";
import { codeOf, codeOfAsync } from "../client/support.ts";

const NOW = 1_900_000_000;
const fingerprint = hex32(`0x${"0f".repeat(32)}`);
const connection = { fingerprint, peerSigningKey: "A".repeat(43), openedAt: NOW };

describe("findings: a clock that gives no number", () => {
  const question = { challenge: { question: "Where did we meet?" } };
  const challenge = newMessage("RECOVERY_SHARE_CHALLENGE", question, { now: NOW });

  it("makes no message fresh", () => {
    expect(codeOf(() => requireFresh(challenge, Number.NaN))).to.equal("MESSAGE_EXPIRED");
    expect(codeOf(() => newMessage("RECOVERY_SHARE_CHALLENGE", question, { now: Number.NaN }))).to.equal(
      "MESSAGE_MALFORMED",
    );
  });

  it("opens no recovery connection, and releases no share", () => {
    const open = { kind: "open", connection, known: [], now: Number.NaN } as const;
    expect(codeOf(() => release({ step: "idle" }, open))).to.equal("CONNECTION_NOT_FRESH");
    const unknown = { ...open, now: NOW, connection: { ...connection, openedAt: Number.NaN } };
    expect(codeOf(() => release({ step: "idle" }, unknown))).to.equal("CONNECTION_NOT_FRESH");
    const verified: Release = {
      ...{ step: "verified", connection, responseId: "a", method: "inPerson", verifiedAt: Number.NaN },
    };
    const message = newMessage("CAPABILITY_RESPONSE", { for_id: "a" }, { now: NOW });
    expect(codeOf(() => release(verified, { kind: "release", message, now: NOW }))).to.equal(
      "VERIFICATION_STALE",
    );
  });

  it("lets no owner wait for ever", () => {
    const trustees = [1, 2, 3].map((index) => ({ id: `t${index}`, index, signingKey: "A".repeat(43) }));
    const set = { tag: fingerprint, epoch: 1, threshold: 2, commitments: [] };
    const plan = { ...set, trustees, retired: [], backupRecipient: "age1" };
    const anchor = { tag: fingerprint, setNumber: 0, final: true };
    for (const deadline of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const begin = { kind: "begin", plan: { ...plan, deadline }, anchor } as const;
      expect(codeOf(() => reshare({ step: "idle" }, begin))).to.equal("RESHARE_PLAN_INVALID");
    }
  });
});

describe("findings: a clock that goes backwards", () => {
  const ada = generateConnectionKeys(seeded(1));
  const ben = generateConnectionKeys(seeded(2));
  const store = memoryStore();
  const books: readonly [string, () => ReplayBook | Promise<ReplayBook>][] = [
    ["in memory", () => replayBook(2)],
    ["in a store", () => storedReplayBook({ store, name: "book", perSender: 2 })],
  ];

  for (const [where, make] of books) {
    it(`brings back no message that a full book ${where} has forgotten`, async () => {
      let replays = await make();
      const letter = async (now: number, lifetime: number) => {
        const message = newMessage("SHARE_COMMIT", { tag: "A".repeat(43), epoch: 1 }, { now, lifetime });
        return await sealEnvelope({ message, keys: ada, to: ben, now });
      };
      const open = (sealed: Uint8Array, now: number) =>
        codeOfAsync(() => openEnvelope(sealed, { keys: ben, from: [ada], replays, now }));
      const [first, long] = [await letter(NOW, 10), await letter(NOW, 1000)];
      expect(await open(first, NOW)).to.equal(undefined);
      expect(await open(long, NOW)).to.equal(undefined);
      // The book is full: what has expired makes room.
      expect(await open(await letter(NOW + 20, 1000), NOW + 20)).to.equal(undefined);
      expect(await open(first, NOW)).to.equal("MESSAGE_REPLAYED");
      if (where === "in a store") replays = await make();
      expect(await open(first, NOW)).to.equal("MESSAGE_REPLAYED");
      expect(await open(long, NOW)).to.equal("MESSAGE_REPLAYED");
      // Nor does it hold up what comes later.
      expect(await open(await letter(NOW + 1001, 10), NOW + 1001)).to.equal(undefined);
    });
  }
});
