import { expect } from "chai";
import { decryptAge, encryptAge } from "../../../client/backup/index.ts";
import { type Hex32, hex32 } from "../../../client/core/index.ts";
import { Secret } from "../../../client/keys/index.ts";
import { toBase64url } from "../../../client/recovery/encoding.ts";
import {
  checkHeartbeat,
  generateConnectionKeys,
  newMessage,
  type OwnerDesk,
  openEnvelope,
  ownerDesk,
  type RecoveryFile,
  recover,
  release,
  replayBook,
  type SetReference,
  type ShareJson,
  sealEnvelope,
  setUpRecovery,
  type TrusteeDesk,
  type TrusteeMessage,
  trusteeDesk,
  verifyShare,
} from "../../../client/recovery/index.ts";
import { memoryStore, recoveryFile, SOURCE_DID, signerOf } from "../recovery/support.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import { bytes, textOf } from "../wallet/support.ts";

const NOW = 1_900_000_000;
const clock = () => NOW;
const FRIENDS = ["Ada", "Ben", "Cleo"] as const;
const signer = signerOf(7);

/** An owner, and friends who keep shares; the policy is one that takes what the owner anchors. */
async function friends() {
  const names = [...FRIENDS, "Dan"];
  let inForce: SetReference = { tag: hex32(`0x${"00".repeat(32)}`), epoch: 0 };
  const anchor = {
    current: async () => ({ tag: inForce.tag, setNumber: inForce.epoch, final: true }),
    anchor: async (set: SetReference) => {
      inForce = set;
    },
  };
  const files = new Map<Hex32, Uint8Array>();
  const backups = {
    write: async ({ tag }: SetReference, recipient: string) => {
      files.set(tag, await encryptAge(bytes(`set ${files.size + 1}`), { recipients: [recipient] }));
    },
    dropOlder: async () => undefined,
    drop: async () => undefined,
  };
  const mail: (() => Promise<unknown>)[] = [];
  const connections = new Map(names.map((name) => [name, generateConnectionKeys()]));
  const desks = new Map<string, TrusteeDesk>();
  const keysOf = (name: string) => connections.get(name) ?? expect.fail(name);
  const deskOf = (name: string) => desks.get(name) ?? expect.fail(name);
  const owner: OwnerDesk = await ownerDesk({
    ...{ store: memoryStore(), name: "owner", anchor, backups, clock },
    send: async (to, message) => void mail.push(() => deskOf(to).receive(message)),
  });
  const heard: TrusteeMessage[] = [];
  for (const name of names) {
    const send = async (message: TrusteeMessage) => {
      heard.push(message);
      if (message.type === "SHARE_PREPARED") mail.push(() => owner.receive(name, message));
    };
    const desk = {
      store: memoryStore(),
      name,
      dealerKey: signer.publicKey,
      keys: keysOf(name),
      anchor,
      send,
      clock,
    };
    desks.set(name, await trusteeDesk(desk));
  }
  const deliver = async () => {
    for (let next = mail.shift(); next !== undefined; next = mail.shift()) await next();
  };
  /** Gives these friends shares of a new secret. */
  const enrol = async (
    people: readonly string[],
    file: RecoveryFile = recoveryFile(),
    retired: string[] = [],
  ) => {
    const trustees = people.map((name) => ({ id: name, name, signingKey: keysOf(name).signingKey }));
    await owner.change({ file, threshold: 2, trustees, sourceDid: SOURCE_DID, signer, retired });
    await deliver();
    await owner.poll();
    await deliver();
    return inForce.tag;
  };
  const shareOf = (name: string): ShareJson => deskOf(name).held()?.share ?? expect.fail(`${name} has none`);
  return { enrol, shareOf, deskOf, keysOf, files, heard, anchorNow: () => inForce.tag };
}

/** What people who put their shares together get. */
const together = (shares: readonly ShareJson[], tag: Hex32, pin?: string) =>
  recover({
    ...{ shares: shares.map((json) => ({ json })), trust: { anchor: tag } },
    ...(pin === undefined ? {} : { pin: new Secret(pin) }),
  });

const otherFile = (): RecoveryFile => ({
  ...recoveryFile(),
  backupKey: new Secret<Uint8Array>(new Uint8Array(32).fill(0xc2)),
});

describe("loss: shares and connections", function () {
  this.timeout(60_000);

  it("SHARE/LOST a heartbeat tells, the others are enough, and a new set does without", async () => {
    const { enrol, shareOf, deskOf, heard } = await friends();
    const tag = await enrol(FRIENDS);
    const { public: set, index } = verifyShare(shareOf("Cleo"), { anchor: tag });
    const { file } = await together([shareOf("Ada"), shareOf("Ben")], tag);
    expect(file.endpoint).to.equal(recoveryFile().endpoint);
    // Dan stands for a device that was set up anew and keeps nothing.
    const request = newMessage(
      "KEY_HEARTBEAT_REQUEST",
      { authorizationKeys: [], tag: shareOf("Ada").tag },
      { now: NOW },
    );
    await deskOf("Dan").receive(request);
    const response = heard.findLast(({ type }) => type === "KEY_HEARTBEAT_RESPONSE");
    if (response?.type !== "KEY_HEARTBEAT_RESPONSE") return expect.fail("no answer");
    const asked = { request, response, share: { tag, public: set, index }, verify: () => false, now: NOW };
    expect((await checkHeartbeat(asked)).holdsShare).to.equal(false);
    const next = await enrol(["Ada", "Ben", "Dan"], recoveryFile(), ["Cleo"]);
    await together([shareOf("Ada"), shareOf("Dan")], next);
  });

  it("SHARE/STOLEN-UNKNOWN one share of two tells the thief nothing", async () => {
    const { enrol, shareOf } = await friends();
    const tag = await enrol(FRIENDS);
    const share = shareOf("Ada");
    expect(await codeOfAsync(() => together([share], tag))).to.equal("SHARES_TOO_FEW");
    expect(await codeOfAsync(() => together([share, share], tag))).to.equal("SHARES_TOO_FEW");
    expect(JSON.stringify(share)).not.to.include(toBase64url(recoveryFile().backupKey.reveal()));
  });

  it("SHARE/STOLEN-KNOWN shares of a new secret: the stolen one helps nobody with the new set", async () => {
    const { enrol, shareOf } = await friends();
    const tag = await enrol(FRIENDS);
    const stolen = shareOf("Cleo");
    await together([stolen, shareOf("Ada")], tag);
    const next = await enrol(FRIENDS);
    expect(await codeOfAsync(() => together([stolen, shareOf("Ada")], next))).to.equal("SHARES_TOO_FEW");
    await together([shareOf("Ada"), shareOf("Ben")], next);
  });

  it("SHARE-QUORUM/LOST too few shares are left: a new set, while the owner has a device", async () => {
    const { enrol, shareOf } = await friends();
    const tag = await enrol(FRIENDS);
    expect(await codeOfAsync(() => together([shareOf("Ada")], tag))).to.equal("SHARES_TOO_FEW");
    const next = await enrol(["Ada", "Ben", "Dan"], recoveryFile(), ["Cleo"]);
    await together([shareOf("Ben"), shareOf("Dan")], next);
  });

  it("SHARE-QUORUM/STOLEN-UNKNOWN enough shares open all, but not without the owner's PIN", async () => {
    const { enrol, shareOf } = await friends();
    const bare = await enrol(FRIENDS);
    const { file } = await together([shareOf("Ada"), shareOf("Ben")], bare);
    expect(file.backupKey.reveal()).to.deep.equal(recoveryFile().backupKey.reveal());
    const pinned = {
      file: recoveryFile(),
      threshold: 2,
      trustees: FRIENDS,
      epoch: 2,
      sourceDid: SOURCE_DID,
      signer,
    };
    const { shares, tag } = await setUpRecovery({ ...pinned, pin: new Secret("271828") });
    expect(await codeOfAsync(() => together(shares, tag))).to.equal("SECOND_FACTOR_NEEDED");
    expect(await codeOfAsync(() => together(shares, tag, "314159"))).to.equal("SECOND_FACTOR_WRONG");
  });

  it("SHARE-QUORUM/STOLEN-KNOWN another backup key under shares of a new secret", async () => {
    const { enrol, shareOf, files } = await friends();
    const tag = await enrol(FRIENDS);
    const old = FRIENDS.map(shareOf);
    const next = await enrol(FRIENDS, otherFile());
    expect(await codeOfAsync(() => together(old, next))).to.equal("SHARES_TOO_FEW");
    const fresh = await together(FRIENDS.map(shareOf), next);
    const betrayed = await together(old, tag);
    expect(betrayed.file.backupKey.reveal()).not.to.deep.equal(fresh.file.backupKey.reveal());
    const open = (set: Hex32) =>
      decryptAge(files.get(set) ?? new Uint8Array(), { identity: betrayed.backupIdentity });
    expect(await codeOfAsync(() => open(next))).to.equal("BACKUP_KEY_WRONG");
    // Exposed: the backup of the old set, wherever a copy of it is.
    expect(textOf(await open(tag))).to.equal("set 1");
  });

  /** What a trustee does with an envelope. */
  const arrives = (
    envelope: Uint8Array,
    trustee: ReturnType<typeof generateConnectionKeys>,
    from: readonly ReturnType<typeof generateConnectionKeys>[],
  ) => openEnvelope(envelope, { keys: trustee, from, replays: replayBook(), now: NOW });
  const ping = () =>
    newMessage(
      "TRUST_PING",
      { challenge: { question: "Is it you?", valid_responses: ["yes"] } },
      { now: NOW },
    );

  it("CONNECTION-KEYS/LOST the owner meets the trustee again, under new keys", async () => {
    const [trustee, lost, fresh] = [
      generateConnectionKeys(),
      generateConnectionKeys(),
      generateConnectionKeys(),
    ];
    const envelope = await sealEnvelope({ message: ping(), keys: fresh, to: trustee, now: NOW });
    expect(await codeOfAsync(() => arrives(envelope, trustee, [lost]))).to.equal("ENVELOPE_SENDER_UNKNOWN");
    expect((await arrives(envelope, trustee, [fresh])).message.type).to.equal("TRUST_PING");
  });

  /** Tries to have a share released over a connection with these keys. */
  const askForShare = (asking: Uint8Array, known: readonly Uint8Array[]) =>
    release(
      { step: "idle" },
      {
        ...{ kind: "open", now: NOW, known: known.map((key) => toBase64url(key)) },
        connection: {
          ...{ fingerprint: hex32(`0x${"0f".repeat(32)}`), openedAt: NOW },
          peerSigningKey: toBase64url(asking),
        },
      },
    );

  it("CONNECTION-KEYS/STOLEN-UNKNOWN the thief writes in the owner's name, and gets no share and changes none", async () => {
    const { enrol, shareOf, deskOf, anchorNow } = await friends();
    const tag = await enrol(FRIENDS);
    const [trustee, stolen] = [generateConnectionKeys(), generateConnectionKeys()];
    const envelope = await sealEnvelope({ message: ping(), keys: stolen, to: trustee, now: NOW });
    expect((await arrives(envelope, trustee, [stolen])).from.signingKey).to.deep.equal(stolen.signingKey);
    const { signingKey } = stolen;
    expect(codeOf(() => askForShare(signingKey, [signingKey]))).to.equal("CONNECTION_NOT_FRESH");
    // With the key that signs shares, too: a trustee takes his set, and keeps hers until the policy anchors another.
    const his = await setUpRecovery({
      ...{ file: otherFile(), threshold: 2, trustees: FRIENDS, epoch: 2, sourceDid: SOURCE_DID, signer },
    });
    const [share] = his.shares;
    if (share === undefined) return expect.fail("no share");
    await deskOf("Ada").receive(newMessage("SHARE_PREPARE", { share }, { now: NOW }));
    await deskOf("Ada").receive(newMessage("SHARE_COMMIT", { tag: share.tag, epoch: 2 }, { now: NOW }));
    expect(anchorNow()).to.equal(tag);
    expect(verifyShare(shareOf("Ada"), { anchor: tag }).public.epoch).to.equal(1);
  });

  it("CONNECTION-KEYS/STOLEN-KNOWN the trustee hears the new keys only", async () => {
    const [trustee, stolen, fresh] = [
      generateConnectionKeys(),
      generateConnectionKeys(),
      generateConnectionKeys(),
    ];
    const envelope = await sealEnvelope({ message: ping(), keys: stolen, to: trustee, now: NOW });
    expect((await arrives(envelope, trustee, [stolen])).message.type).to.equal("TRUST_PING");
    expect(await codeOfAsync(() => arrives(envelope, trustee, [fresh]))).to.equal("ENVELOPE_SENDER_UNKNOWN");
    // Exposed: what was sealed to the stolen keys.
    const told = await sealEnvelope({ message: ping(), keys: trustee, to: stolen, now: NOW });
    expect((await arrives(told, stolen, [trustee])).message.type).to.equal("TRUST_PING");
    expect(codeOf(() => askForShare(stolen.signingKey, [stolen.signingKey]))).to.equal(
      "CONNECTION_NOT_FRESH",
    );
  });
});
