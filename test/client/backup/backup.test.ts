import { createHash } from "node:crypto";
import { bech32 } from "@scure/base";
import { Encrypter } from "age-encryption";
import { expect } from "chai";
import {
  type AnchoredBackup,
  type Backup,
  type BackupAnchor,
  type BackupRecipient,
  backupIdentityFrom,
  decryptAge,
  encryptAge,
  exportAge,
  generateBackupIdentity,
  importAge,
  makeBackup,
  type RestoreBackupOptions,
  recipientOf,
  restoreBackup,
} from "../../../client/backup/index.ts";
import { bytesToHex, type Hex32, hex32 } from "../../../client/core/index.ts";
import { createMasterKey, type DerivedKey, KeyEncryptingKey, Secret } from "../../../client/keys/index.ts";
import { memoryBlobs } from "../../../client/storage/index.ts";
import { createWallet, exportPortable, importPortable } from "../../../client/wallet/index.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import { bytes, contentsOf, makeWallet, recovery, textOf } from "../wallet/support.ts";
import { readAge } from "./independentAge.ts";

const word = (digits: string) => hex32(`0x${digits.repeat(32)}`);
const POLICY = word("11");
const DEVICE = word("22");
const MADE = { policy: POLICY, epoch: 1, time: 1_700_000_000, device: DEVICE };

/** What a policy anchors, as the chain would keep it. */
function anchorOf(backups: readonly Backup[], hasHistory = true): BackupAnchor {
  const all = backups.map(
    ({ header, hash }): AnchoredBackup => ({ sequence: header.sequence, hash, keyId: DEVICE }),
  );
  const read = async (policy: Hex32) => (policy === POLICY ? all.at(-1) : undefined);
  if (!hasHistory) return { read };
  return { read, readAt: async (_, sequence) => all.find((backup) => backup.sequence === sequence) };
}

describe("backup", () => {
  let identities: Record<"social" | "paper" | "device", Secret<string>>;
  let recipients: readonly BackupRecipient[];
  let backups: readonly Backup[];

  before(async () => {
    identities = {
      social: await generateBackupIdentity(),
      paper: await generateBackupIdentity(),
      device: await generateBackupIdentity(),
    };
    recipients = await Promise.all(
      (["social", "paper", "device"] as const).map(async (role) => ({
        role,
        recipient: await recipientOf(identities[role]),
      })),
    );
    const made: Backup[] = [];
    for (const text of ["one", "two", "three"]) {
      const newest = made.at(-1);
      const previous = newest && { sequence: newest.header.sequence, hash: newest.hash };
      made.push(await makeBackup({ content: bytes(text), to: { recipients }, previous, ...MADE }));
    }
    backups = made;
  });

  const at = (index: number): Backup => {
    const backup = backups[index];
    return backup ?? expect.fail("no such backup");
  };
  const restore = (options: Partial<RestoreBackupOptions>) =>
    restoreBackup({
      ...{
        file: at(2).file,
        identity: { identity: identities.paper },
        policy: POLICY,
        anchor: anchorOf(backups),
      },
      ...options,
    });

  it("is opened by each of those it is for, who learn what it is", async () => {
    for (const identity of Object.values(identities)) {
      const restored = await restore({ identity: { identity } });
      expect(textOf(restored.content)).to.equal("three");
      expect(restored.header).to.deep.equal({ sequence: 3, previous: at(1).hash, ...MADE, recipients });
      expect(restored).to.deep.include({
        hash: at(2).hash,
        standing: "newest",
        isAuthentic: true,
        mustRotate: false,
      });
    }
    const identity = { identity: await generateBackupIdentity() };
    expect(await codeOfAsync(() => restore({ identity }))).to.equal("BACKUP_KEY_WRONG");
  });

  it("is refused if it is older than the anchor, unless asked for by name; rotation follows", async () => {
    for (const index of [0, 1]) {
      const { file } = at(index);
      expect(await codeOfAsync(() => restore({ file }))).to.equal("BACKUP_OLDER_THAN_ANCHOR");
      const restored = await restore({ file, acceptOlderThanAnchor: true });
      expect(restored).to.deep.include({ standing: "older", isAuthentic: true, mustRotate: true });
      const anchor = anchorOf(backups, false);
      expect(await restore({ file, anchor, acceptOlderThanAnchor: true })).to.deep.include({
        standing: "older",
        isAuthentic: false,
        mustRotate: true,
      });
      expect(await codeOfAsync(() => restore({ file, acceptUnanchored: true }))).to.equal(
        "BACKUP_OLDER_THAN_ANCHOR",
      );
    }
  });

  it("is refused if nothing is anchored, or not yet, unless asked for by name; rotation follows", async () => {
    for (const anchored of [[], backups.slice(0, 2), backups.slice(0, 1)]) {
      const anchor = anchorOf(anchored);
      expect(await codeOfAsync(() => restore({ anchor }))).to.equal("BACKUP_UNANCHORED");
      expect(await codeOfAsync(() => restore({ anchor, acceptOlderThanAnchor: true }))).to.equal(
        "BACKUP_UNANCHORED",
      );
      const restored = await restore({ anchor, acceptUnanchored: true });
      expect(restored).to.deep.include({ standing: "unanchored", isAuthentic: false, mustRotate: true });
    }
  });

  it("is refused if it is another policy's", async () => {
    expect(await codeOfAsync(() => restore({ policy: word("33") }))).to.equal("BACKUP_OTHER_POLICY");
  });

  it("has another hash each time, which tells nothing of its content", async () => {
    const options = { content: bytes("one"), to: { recipients }, previous: undefined, ...MADE } as const;
    expect((await makeBackup(options)).hash).not.to.equal((await makeBackup(options)).hash);
  });

  it("may be for a passphrase alone", async () => {
    const passphrase = new Secret("nobody ever guesses this");
    const backup = await makeBackup({
      content: bytes("x"),
      to: { passphrase },
      previous: undefined,
      ...MADE,
    });
    const restored = await restore({
      file: backup.file,
      identity: { passphrase },
      anchor: anchorOf([backup]),
    });
    expect(textOf(restored.content)).to.equal("x");
    expect(restored.header.recipients).to.deep.equal([]);
  }).timeout(60_000);

  describe("under attack", () => {
    /** What anyone can make who knows the recipients. */
    const forge = async (fields: object, content = "forged") => {
      const line = JSON.stringify({
        ...{ format: "dkms-backup", version: 1, sequence: 3, previous: at(1).hash, ...MADE },
        ...{ salt: word("44"), recipients },
        ...fields,
      });
      const all = recipients.map(({ recipient }) => recipient);
      return await encryptAge(bytes(`${line}\n${content}`), { recipients: all });
    };

    it("by a cloud that makes one of its own, it is refused under every sequence", async () => {
      expect(await codeOfAsync(async () => restore({ file: await forge({}) }))).to.equal("BACKUP_FORGED");
      const older = await forge({ sequence: 2, previous: at(0).hash });
      expect(await codeOfAsync(() => restore({ file: older, acceptOlderThanAnchor: true }))).to.equal(
        "BACKUP_FORGED",
      );
      const newer = await forge({ sequence: 4, previous: at(2).hash });
      expect(await codeOfAsync(() => restore({ file: newer }))).to.equal("BACKUP_UNANCHORED");
      const fork = await forge({ sequence: 4, previous: at(1).hash });
      expect(await codeOfAsync(() => restore({ file: fork, acceptUnanchored: true }))).to.equal(
        "BACKUP_FORGED",
      );
      const first = await forge({ sequence: 1, previous: at(1).hash });
      const none = { anchor: anchorOf([]), acceptUnanchored: true };
      expect(await codeOfAsync(() => restore({ file: first, ...none }))).to.equal("BACKUP_FORGED");
    });

    it("by a cloud that adds a recipient, it cannot be decrypted", async () => {
      const text = Buffer.from(at(2).file).toString("latin1");
      const stranger = await encryptAge(bytes("x"), {
        recipients: [await recipientOf(await generateBackupIdentity())],
      });
      const [, stanza = ""] = /(-> X25519 [^-]*)---/.exec(Buffer.from(stranger).toString("latin1")) ?? [];
      expect(stanza).to.have.length.greaterThan(80);
      const added = text.replace("\n--- ", `\n${stanza.trimEnd()}\n--- `);
      expect(added).not.to.equal(text);
      expect(await codeOfAsync(() => restore({ file: Buffer.from(added, "latin1") }))).to.equal(
        "BACKUP_DAMAGED",
      );
    });

    it("by one of its recipients who encrypts it for another too, it is refused", async () => {
      const opened = await decryptAge(at(2).file, { identity: identities.device });
      const encrypter = new Encrypter();
      for (const { recipient } of recipients) encrypter.addRecipient(recipient);
      encrypter.addRecipient(await recipientOf(await generateBackupIdentity()));
      const file = await encrypter.encrypt(opened.reveal());
      expect(await codeOfAsync(() => restore({ file }))).to.equal("BACKUP_RECIPIENTS_CHANGED");
      const passphrase = new Secret("a passphrase instead");
      const other = await encryptAge(opened, { passphrase });
      expect(await codeOfAsync(() => restore({ file: other, identity: { passphrase } }))).to.equal(
        "BACKUP_RECIPIENTS_CHANGED",
      );
    }).timeout(60_000);

    for (const [what, fields] of [
      ["another format", { format: "other" }],
      ["another version", { version: 2 }],
      ["sequence 0", { sequence: 0 }],
      ["a fraction for a sequence", { sequence: 1.5 }],
      ["a number for a policy", { policy: 1 }],
      ["no salt", { salt: undefined }],
      ["more than it should say", { more: 1 }],
      ["a recipient of an unknown role", { recipients: [{ role: "thief", recipient: "age1" }] }],
    ] as const) {
      it(`with ${what}, it is refused`, async () => {
        const file = await forge(fields);
        expect(await codeOfAsync(() => restore({ file }))).to.equal("BACKUP_MALFORMED");
      });
    }

    it("with no header at all, it is refused", async () => {
      const all = { recipients: recipients.map(({ recipient }) => recipient) };
      for (const content of ["", "no header", "{}\n", "\n\n"]) {
        const file = await encryptAge(bytes(content), all);
        expect(await codeOfAsync(() => restore({ file }))).to.equal("BACKUP_MALFORMED");
      }
    });
  });

  it("brings a wallet back on a new device", async () => {
    const { wallet } = await makeWallet();
    await wallet.segment("keys").write("phone", bytes("secret"));
    const content = await exportPortable(wallet);
    const backup = await makeBackup({ content, to: { recipients }, previous: undefined, ...MADE });
    const restored = await restore({ file: backup.file, anchor: anchorOf([backup]) });
    const slots = [{ secret: recovery(7) }];
    const fresh = await createWallet({ storage: memoryBlobs(), slots, segments: [] });
    await importPortable(fresh, restored.content);
    expect(await contentsOf(fresh)).to.deep.equal({ contacts: {}, keys: { phone: "secret" } });
  });

  it("is restored by hand as the documentation says, without any of this code", async () => {
    const { wallet } = await makeWallet();
    await wallet.segment("keys").write("phone", bytes("secret"));
    const content = await exportPortable(wallet);
    const { file, hash } = await makeBackup({ content, to: { recipients }, previous: undefined, ...MADE });
    const text = readAge(file, identities.paper.reveal());
    expect(`0x${createHash("sha256").update(text).digest("hex")}`).to.equal(hash);
    const [head = "", ...tail] = text.toString("utf8").split("\n");
    expect(JSON.parse(head)).to.include({ format: "dkms-backup", sequence: 1, policy: POLICY });
    const { segments } = JSON.parse(tail.join("\n")) as { segments: { keys: { phone: string } } };
    expect(Buffer.from(segments.keys.phone, "base64").toString()).to.equal("secret");
  });

  it("is opened by a key that a master key derives, given as bytes", async () => {
    const seed = new Secret(new Uint8Array(32).fill(5));
    const keys = [
      new KeyEncryptingKey({ source: "PASSWORD", secret: seed, now: 1n }),
      new KeyEncryptingKey({ source: "PAPER", secret: new Secret(new Uint8Array(32).fill(6)), now: 1n }),
    ] as const;
    const derived: DerivedKey<"RECOVERY">[] = [];
    await createMasterKey({
      keys,
      now: 1n,
      use: (master) => {
        derived.push(master.recoveryKey(0));
      },
    });
    const [key = expect.fail("nothing derived")] = derived;
    const identity = backupIdentityFrom(key.secret);
    const recipient = await recipientOf(identity);
    expect(bytesToHex(bech32.decodeToBytes(recipient).bytes)).to.equal(key.publicKey);
    const file = await encryptAge(bytes("x"), { recipients: [recipient] });
    expect(textOf(await decryptAge(file, { identity }))).to.equal("x");
    expect(codeOf(() => backupIdentityFrom(new Secret(new Uint8Array(31))))).to.equal(
      "BACKUP_RECIPIENT_MALFORMED",
    );
  });

  it("is not what an export is: that goes to an age file and back, without an anchor", async () => {
    const { wallet } = await makeWallet();
    await wallet.segment("keys").write("phone", bytes("secret"));
    const all = { recipients: recipients.map(({ recipient }) => recipient) };
    const file = await exportAge(wallet, all);
    const other = await makeWallet();
    await importAge(other.wallet, file, { identity: identities.paper });
    expect(await contentsOf(other.wallet)).to.deep.equal({ contacts: {}, keys: { phone: "secret" } });
    expect(
      await codeOfAsync(() => importAge(other.wallet, at(0).file, { identity: identities.paper })),
    ).to.equal("WALLET_EXPORT_MALFORMED");
    expect(await codeOfAsync(() => restore({ file }))).to.equal("BACKUP_MALFORMED");
  });
});
