import { base64urlnopad } from "@scure/base";
import { Decrypter, Encrypter } from "age-encryption";
import { expect } from "chai";
import { hex32, hexToBytes } from "../../../client/core/index.ts";
import { startServer } from "../../../client/driver/index.ts";
import { memoryBackend } from "../../../client/keys/index.ts";
import {
  backendConnectionKeys,
  backendShareSigner,
  type Capability,
  type Collection,
  type ConnectionKeys,
  type Contact,
  checkHeartbeat,
  collection,
  collectionProgress,
  connectionFingerprint,
  envelopeApp,
  httpTransport,
  type Mailbox,
  type Message,
  mailbox,
  newMessage,
  type OwnerDesk,
  type OwnerEnrolment,
  ownerDesk,
  ownerEnrolment,
  type Release,
  recover,
  release,
  replayBook,
  type SetReference,
  type ShareSigner,
  safetyWords,
  type TrusteeDesk,
  type TrusteeMessage,
  trusteeDesk,
  trusteeEnrolment,
  verifyShare,
} from "../../../client/recovery/index.ts";
import { ENDPOINT, memoryStore, recoveryFile, SOURCE_DID } from "./support.ts";

const NOW = 1_900_000_000;
const NAMES = ["Ada", "Ben", "Cleo", "Dan"] as const;
const CAPABILITIES: Capability[] = ["RECOVERY_SHARE"];
const SILENT = "Cleo";
const LIAR = "Ben";

async function connectionKeys(): Promise<ConnectionKeys> {
  const backend = memoryBackend();
  return backendConnectionKeys(backend, {
    signing: await backend.create({ role: "AUTHORSHIP", now: BigInt(NOW) }),
    agreement: await backend.create({ role: "DID_AGREEMENT", now: BigInt(NOW) }),
  });
}

/** One side of a connection: keys, an endpoint on the loopback interface, and what has come in. */
async function side(closers: (() => Promise<void>)[]) {
  const keys = await connectionKeys();
  const inbox: TrusteeMessage[] = [];
  const refused: string[] = [];
  let peer: Contact | undefined;
  const box: Mailbox = mailbox({
    keys,
    transport: httpTransport(),
    contacts: () => (peer === undefined ? [] : [peer]),
    clock: () => NOW,
    replays: replayBook(),
    onMessage: async ({ message }) => {
      inbox.push(message);
    },
    onRefused: ({ code }) => refused.push(code),
  });
  const server = await startServer({ app: envelopeApp(box.receive), port: 0 });
  closers.push(server.close);
  const contact: Contact = {
    signingKey: keys.signingKey,
    agreementKey: keys.agreementKey,
    endpoint: server.url,
  };
  return {
    keys,
    contact,
    refused,
    meet: (other: Contact) => {
      peer = other;
    },
    send: async (message: TrusteeMessage) => {
      if (peer === undefined) throw new Error("not connected");
      await box.send(peer, message);
    },
    take: <Type extends TrusteeMessage["type"]>(type: Type): Message<Type> => {
      const message = inbox.shift();
      if (message?.type !== type) throw new Error(`expected ${type}, got ${message?.type}`);
      return message as Message<Type>;
    },
  };
}
type Side = Awaited<ReturnType<typeof side>>;

async function connect(
  closers: (() => Promise<void>)[],
): Promise<{ readonly owner: Side; readonly trustee: Side }> {
  const [owner, trustee] = [await side(closers), await side(closers)];
  owner.meet(trustee.contact);
  trustee.meet(owner.contact);
  return { owner, trustee };
}

/** The owner's policy and backups, as far as this needs them. */
function world() {
  let sent: SetReference | undefined;
  const backups = new Map<string, Uint8Array>();
  return {
    backups,
    anchor: {
      current: async () => ({
        tag: sent?.tag ?? hex32(`0x${"00".repeat(32)}`),
        setNumber: sent?.epoch ?? 0,
        final: true,
      }),
      anchor: async (set: SetReference) => {
        sent = set;
      },
    },
    files: {
      write: async ({ tag }: SetReference, recipient: string) => {
        const encrypter = new Encrypter();
        encrypter.addRecipient(recipient);
        backups.set(tag, await encrypter.encrypt("the wallet"));
      },
      dropOlder: async ({ tag }: SetReference) => {
        for (const other of backups.keys()) if (other !== tag) backups.delete(other);
      },
      drop: async ({ tag }: SetReference) => {
        backups.delete(tag);
      },
    },
  };
}

describe("recovery, end to end over HTTP", function () {
  this.timeout(60_000);
  const closers: (() => Promise<void>)[] = [];
  const { anchor, files, backups } = world();
  const lines = new Map<string, { readonly owner: Side; readonly trustee: Side }>();
  const desks = new Map<string, TrusteeDesk>();
  const stores = new Map(NAMES.map((name) => [name as string, memoryStore()]));
  const ownerStore = memoryStore();
  let signer: ShareSigner;
  let dealerKey: Uint8Array;
  let desk: OwnerDesk;

  const line = (name: string) => lines.get(name) ?? expect.fail(name);
  const deskOf = (name: string) => desks.get(name) ?? expect.fail(name);
  const openDesk = async (name: string) =>
    trusteeDesk({
      store: stores.get(name) ?? expect.fail(name),
      name: "shares",
      dealerKey,
      keys: line(name).trustee.keys,
      anchor,
      send: line(name).trustee.send,
      clock: () => NOW,
    });
  const openOwner = () =>
    ownerDesk({
      store: ownerStore,
      name: "reshare",
      anchor,
      backups: files,
      send: async (to, message) => line(to).owner.send(message),
      clock: () => NOW,
    });

  before(async () => {
    const backend = memoryBackend();
    const key = await backend.create({ role: "DID_AUTHENTICATION", now: BigInt(NOW) });
    signer = backendShareSigner(backend, key);
    dealerKey = hexToBytes(key.publicKey);
    for (const name of NAMES) {
      lines.set(name, await connect(closers));
      desks.set(name, await openDesk(name));
    }
    desk = await openOwner();
  });
  after(async () => {
    for (const close of closers) await close();
  });

  it("enrols three trustees", async () => {
    const trustees = [];
    for (const name of NAMES.slice(0, 3)) {
      const { owner, trustee } = line(name);
      const offer = newMessage("CAPABILITY_OFFER", { capabilities: CAPABILITIES }, { now: NOW });
      const offered: OwnerEnrolment = ownerEnrolment(
        { step: "new" },
        { kind: "offer", message: offer },
      ).state;
      await owner.send(offer);
      const heard = trusteeEnrolment(
        { step: "none" },
        { kind: "received", message: trustee.take("CAPABILITY_OFFER"), now: NOW },
      ).state;
      const request = newMessage(
        "CAPABILITY_REQUEST",
        { for_id: offer.id, capabilities: CAPABILITIES, authorizationKeys: [] },
        { now: NOW },
      );
      trusteeEnrolment(heard, { kind: "answer", message: request, now: NOW });
      await trustee.send(request);
      const agreed = ownerEnrolment(offered, {
        kind: "received",
        message: owner.take("CAPABILITY_REQUEST"),
        now: NOW,
      }).state;
      if (agreed.step !== "agreed") expect.fail(agreed.step);
      trustees.push({
        id: name,
        name,
        signingKey: trustee.keys.signingKey,
        response: { for_id: agreed.requestId },
      });
    }
    await desk.change({ trustees, threshold: 2, file: recoveryFile(), sourceDid: SOURCE_DID, signer });
    for (const name of NAMES.slice(0, 3)) {
      expect(await deskOf(name).receive(line(name).trustee.take("CAPABILITY_RESPONSE"))).to.equal(true);
      expect(deskOf(name).held()).to.equal(undefined);
      await desk.receive(name, line(name).owner.take("SHARE_PREPARED"));
    }
    expect((await desk.poll()).step).to.equal("settled");
    for (const name of NAMES.slice(0, 3)) {
      expect(await deskOf(name).receive(line(name).trustee.take("SHARE_COMMIT"))).to.equal(true);
      expect(deskOf(name).held()?.epoch).to.equal(1);
    }
    expect(backups.size).to.equal(1);
  });

  it("replaces one of them by another, through a restart of everybody", async () => {
    const people = ["Ben", "Cleo", "Dan"];
    const trustees = people.map((name) => ({
      id: name,
      name,
      signingKey: line(name).trustee.keys.signingKey,
    }));
    await desk.change({
      trustees,
      retired: ["Ada"],
      threshold: 2,
      file: recoveryFile(),
      sourceDid: SOURCE_DID,
      signer,
    });
    for (const name of people) {
      await deskOf(name).receive(line(name).trustee.take("SHARE_PREPARE"));
      await desk.receive(name, line(name).owner.take("SHARE_PREPARED"));
    }
    for (const name of NAMES) desks.set(name, await openDesk(name));
    desk = await openOwner();
    expect((await desk.poll()).step).to.equal("settled");
    for (const name of people) await deskOf(name).receive(line(name).trustee.take("SHARE_COMMIT"));
    await deskOf("Ada").receive(line("Ada").trustee.take("SHARE_RETIRE"));
    expect(NAMES.map((name) => deskOf(name).held()?.epoch)).to.deep.equal([undefined, 2, 2, 2]);
    expect([...backups.keys()]).to.deep.equal([(await anchor.current()).tag]);
  });

  it("hears from a trustee that it still has its share", async () => {
    const { tag } = await anchor.current();
    const kept = deskOf("Dan").held() ?? expect.fail("Dan holds nothing");
    const request = newMessage(
      "KEY_HEARTBEAT_REQUEST",
      { authorizationKeys: [], tag: base64urlnopad.encode(hexToBytes(tag)) },
      { now: NOW },
    );
    await line("Dan").owner.send(request);
    expect(await deskOf("Dan").receive(line("Dan").trustee.take("KEY_HEARTBEAT_REQUEST"))).to.equal(true);
    const response = line("Dan").owner.take("KEY_HEARTBEAT_RESPONSE");
    const { public: set, index } = verifyShare(kept.share, { anchor: tag });
    const share = { tag, public: set, index };
    const { holdsShare } = await checkHeartbeat({ request, response, share, verify: () => false, now: NOW });
    expect(holdsShare).to.equal(true);
  });

  it("recovers on a new device, with one trustee lying and one silent", async () => {
    // Four trustees, two of which are enough, so that a liar and a silent one do no harm.
    const trustees = NAMES.map((name) => ({
      id: name,
      name,
      signingKey: line(name).trustee.keys.signingKey,
    }));
    await desk.change({ trustees, threshold: 2, file: recoveryFile(), sourceDid: SOURCE_DID, signer });
    for (const name of NAMES) {
      await deskOf(name).receive(line(name).trustee.take("SHARE_PREPARE"));
      await desk.receive(name, line(name).owner.take("SHARE_PREPARED"));
    }
    await desk.poll();
    for (const name of NAMES) await deskOf(name).receive(line(name).trustee.take("SHARE_COMMIT"));

    const { tag } = await anchor.current();
    let shares: Collection = {};
    for (const name of NAMES) {
      const { owner, trustee } = await connect(closers);
      const fingerprint = connectionFingerprint(owner.contact, trustee.contact);
      shares = collection(shares, { kind: "open", fingerprint }).state;
      if (name === SILENT) continue;

      // The trustee's side: ask, hear the answer, call the person and compare the words.
      const connection = {
        fingerprint,
        peerSigningKey: base64urlnopad.encode(owner.contact.signingKey),
        openedAt: NOW,
      };
      const known = [base64urlnopad.encode(line(name).owner.contact.signingKey)];
      let state: Release = release({ step: "idle" }, { kind: "open", connection, known, now: NOW }).state;
      const message = newMessage(
        "RECOVERY_SHARE_CHALLENGE",
        { challenge: { question: "Where did we meet?" } },
        { now: NOW },
      );
      state = release(state, { kind: "challenge", message }).state;
      await trustee.send(message);

      const challenge = owner.take("RECOVERY_SHARE_CHALLENGE");
      const trust = { anchor: tag };
      shares = collection(shares, {
        kind: "received",
        fingerprint,
        message: challenge,
        trust,
        now: NOW,
      }).state;
      const response = newMessage(
        "RECOVERY_SHARE_RESPONSE",
        { for_id: challenge.id, response: { answer: "In Oslo" } },
        { now: NOW },
      );
      shares = collection(shares, { kind: "answer", fingerprint, message: response }).state;
      await owner.send(response);

      const answer = trustee.take("RECOVERY_SHARE_RESPONSE");
      state = release(state, { kind: "received", fingerprint, message: answer, now: NOW }).state;
      const words = [owner, trustee].map(() => safetyWords(fingerprint).join(" "));
      expect(words[0]).to.equal(words[1]);
      state = release(state, { kind: "verify", fingerprint, method: "videoCall", now: NOW }).state;
      const held = deskOf(name).held()?.share ?? expect.fail(`${name} holds nothing`);
      const share = name === LIAR ? { ...held, index: held.index + 1 } : held;
      const given = newMessage("CAPABILITY_RESPONSE", { for_id: answer.id, share }, { now: NOW });
      state = release(state, { kind: "release", message: given, now: NOW }).state;
      await trustee.send(given);
      const got = owner.take("CAPABILITY_RESPONSE");
      shares = collection(shares, { kind: "received", fingerprint, message: got, trust, now: NOW }).state;
    }
    const { needed, good, bad, waiting, shares: given } = collectionProgress(shares);
    expect({ needed, good, bad: bad.map(({ code }) => code), waiting: waiting.length }).to.deep.equal({
      needed: 2,
      good: ["Ada", "Dan"],
      bad: ["SHARE_VALUE_WRONG"],
      waiting: 1,
    });
    const { file, backupIdentity } = await recover({ shares: given, trust: { anchor: tag } });
    expect(file.endpoint).to.equal(ENDPOINT);
    const decrypter = new Decrypter();
    decrypter.addIdentity(backupIdentity.reveal());
    const backup = backups.get(tag) ?? expect.fail("no backup");
    expect(await decrypter.decrypt(backup, "text")).to.equal("the wallet");
  });

  it("refused nothing on the way", () => {
    for (const { owner, trustee } of lines.values())
      expect([...owner.refused, ...trustee.refused]).to.deep.equal([]);
  });
});
