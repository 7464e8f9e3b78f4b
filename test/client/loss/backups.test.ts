import { expect } from "chai";
import {
  type BackupPlace,
  backUp,
  decodeAgentRecord,
  decodeOwnerRecord,
  encodeAgentRecord,
  encodeOwnerRecord,
  grantOf,
  policyOfOwner,
  restoreNewest,
  revokeAgents,
  storedBackups,
} from "../../../client/app/index.ts";
import {
  type BackupRecipient,
  generateBackupIdentity,
  makeBackup,
  recipientOf,
} from "../../../client/backup/index.ts";
import { bigintToHex32 } from "../../../client/core/index.ts";
import type { Secret } from "../../../client/keys/index.ts";
import { recoverFromPaper, renderPaper } from "../../../client/paper/index.ts";
import { memoryBlobs } from "../../../client/storage/index.ts";
import {
  createWallet,
  exportPortable,
  importPortable,
  openWallet,
  type Wallet,
} from "../../../client/wallet/index.ts";
import { codeOfAsync } from "../support.ts";
import { copyOf, password, putBack, recovery, textOf } from "../wallet/support.ts";
import { actorOf, idOf, sharedWorld } from "./support.ts";

const ENDPOINT = "https://cloud.example/backups/7f3a";

type Identity = Secret<string>;

describe("loss: backups and recovery paper", function () {
  this.timeout(120_000);
  const { world } = sharedWorld();
  let paper: Identity;
  let device: Identity;
  before(async () => {
    [paper, device] = [await generateBackupIdentity(), await generateBackupIdentity()];
  });

  const owner = () => actorOf(world(), world().phone);
  const agentOnPhone = async () => (await world().state()).agents.get(idOf(world().phone));

  /** A phone's wallet: what the owner keeps of her policy, and what the phone proves with. */
  async function phone() {
    const storage = memoryBlobs();
    const segments = ["agents", "owner"];
    const wallet = await createWallet({ storage, slots: [{ secret: recovery(1) }], segments });
    await wallet.segment("agents").write("phone", encodeAgentRecord(world().record));
    await wallet.segment("owner").write("policy", encodeOwnerRecord(world().owner));
    return { storage, wallet };
  }
  const placed = () => storedBackups(memoryBlobs());
  type Identities = Partial<Record<BackupRecipient["role"], Identity>>;
  const recipientsOf = async (identities: Identities): Promise<readonly BackupRecipient[]> => {
    const recipients: BackupRecipient[] = [];
    for (const [role, identity] of Object.entries(identities)) {
      recipients.push({ role: role as BackupRecipient["role"], recipient: await recipientOf(identity) });
    }
    return recipients;
  };
  const save = async (wallet: Wallet, place: BackupPlace, identities: Identities) =>
    backUp({ ...owner(), wallet, segments: ["owner"], place, recipients: await recipientsOf(identities) });
  /** A file that nobody anchored, for the same recipients and with this number. */
  async function forged(wallet: Wallet, identities: Identities, sequence: number): Promise<Uint8Array> {
    const { policy } = world().record;
    const { file } = await makeBackup({
      ...{ content: await exportPortable(wallet), to: { recipients: await recipientsOf(identities) } },
      previous: { sequence: sequence - 1, hash: bigintToHex32(1n) },
      ...{ policy: bigintToHex32(policy), epoch: 1, time: 0, device: idOf(world().phone) },
    });
    return file;
  }
  const restore = (place: BackupPlace, identity: Identity, more = {}) => {
    const { registry, policy } = owner();
    return restoreNewest({ registry, policy, place, identity: { identity }, ...more });
  };
  /** What the owner keeps of her policy, out of what was restored. */
  async function ownerIn(content: Secret<Uint8Array>) {
    const wallet = await createWallet({
      storage: memoryBlobs(),
      slots: [{ secret: recovery(2) }],
      segments: [],
    });
    await importPortable(wallet, content);
    expect(wallet.segments).to.deep.equal(["owner"]);
    const bytes = await wallet.segment("owner").read("policy");
    return decodeOwnerRecord(bytes?.reveal() ?? new Uint8Array());
  }
  const page = (identity: Identity) => {
    const policy = bigintToHex32(world().record.policy);
    return renderPaper({ identity, endpoint: ENDPOINT, policy, chainId: 31337n, date: "2026-12-31" });
  };
  /** A place that gives out one file under every name. */
  const lying = (place: BackupPlace, file: Uint8Array): BackupPlace => ({ ...place, read: async () => file });

  it("PAPER/LOST a new page, and a backup that it opens", async () => {
    const { wallet } = await phone();
    const place = placed();
    await save(wallet, place, { device, paper });
    const fresh = await generateBackupIdentity();
    await save(wallet, place, { device, paper: fresh });
    const read = await recoverFromPaper({ scanned: page(fresh).scan });
    const { standing, content } = await restore(place, read.identity);
    expect(standing).to.equal("newest");
    expect((await ownerIn(content)).policy).to.equal(world().record.policy);
    // What is found later opens no backup made since.
    expect(await codeOfAsync(() => restore(place, paper))).to.equal("BACKUP_KEY_WRONG");
  });

  it("PAPER/STOLEN-UNKNOWN who has seen it reads every backup, and finds no key and nothing that proves", async () => {
    const { wallet } = await phone();
    const place = placed();
    const { file } = await save(wallet, place, { paper });
    const seen = await recoverFromPaper({ scanned: page(paper).scan });
    const { content } = await restore(lying(place, file), seen.identity);
    const text = textOf(content) ?? "";
    const { privateKey } = world().phone;
    expect(text).not.to.include(privateKey.slice(2));
    expect(text).not.to.include(Buffer.from(privateKey.slice(2), "hex").toString("base64"));
    // Exposed: the link secret, and with it the policy's secrets. Of the agent's there is nothing.
    const owner = await ownerIn(content);
    const found = policyOfOwner(owner).policySecrets;
    expect(found.secret.reveal()).to.equal(world().record.policySecrets?.secret.reveal());
    const clear = JSON.stringify(Object.values(JSON.parse(text.slice(text.indexOf("{"))).segments.owner));
    const decoded = Buffer.from(JSON.parse(clear)[0], "base64").toString();
    expect(decoded).not.to.include(world().record.secrets.secret.reveal().toString());
  });

  it("PAPER/STOLEN-KNOWN a new page, and a backup for it", async () => {
    const { wallet } = await phone();
    const place = placed();
    const { file } = await save(wallet, place, { paper });
    const fresh = await generateBackupIdentity();
    await save(wallet, place, { paper: fresh });
    expect(await codeOfAsync(() => restore(place, paper))).to.equal("BACKUP_KEY_WRONG");
    const old = await restore(lying(place, file), paper, { acceptOlderThanAnchor: true });
    expect(old.mustRotate).to.equal(true);
    // Exposed: the link secret that was in the backups from before, as in LINK-SECRET.
    const { linkSecret } = await ownerIn(old.content);
    expect(linkSecret.reveal()).to.deep.equal(world().owner.linkSecret.reveal());
  });

  it("DEVICE-BACKUP-KEY/LOST the paper opens the same backup", async () => {
    const { wallet } = await phone();
    const place = placed();
    await save(wallet, place, { device, paper });
    expect((await restore(place, paper)).standing).to.equal("newest");
    const another = await generateBackupIdentity();
    await save(wallet, place, { device: another, paper });
    expect((await restore(place, another)).standing).to.equal("newest");
  });

  it("DEVICE-BACKUP-KEY/STOLEN-UNKNOWN it opens each backup that is made for it, and makes none that counts", async () => {
    const { wallet } = await phone();
    const place = placed();
    await save(wallet, place, { device, paper });
    await save(wallet, place, { device, paper });
    expect((await restore(place, device)).standing).to.equal("newest");
    // Whoever knows the recipients can encrypt for them: the policy vouches for none of it.
    const his = async (sequence: number) => forged(wallet, { device, paper }, sequence);
    expect(await codeOfAsync(async () => restore(lying(place, await his(2)), paper))).to.equal(
      "BACKUP_FORGED",
    );
    expect(await codeOfAsync(async () => restore(lying(place, await his(4)), paper))).to.equal(
      "BACKUP_UNANCHORED",
    );
  });

  it("DEVICE-BACKUP-KEY/STOLEN-KNOWN the next backup is not made for it", async () => {
    const { wallet } = await phone();
    const place = placed();
    const { file } = await save(wallet, place, { device, paper });
    await save(wallet, place, { paper });
    expect(await codeOfAsync(() => restore(place, device))).to.equal("BACKUP_KEY_WRONG");
    expect((await restore(place, paper)).standing).to.equal("newest");
    // Exposed: the backups made before, wherever a copy is.
    const old = await restore(lying(place, file), device, { acceptOlderThanAnchor: true });
    expect(old.standing).to.equal("older");
  });

  it("BACKUP-PLACE/LOST the next backup goes elsewhere", async () => {
    const { wallet } = await phone();
    await save(wallet, placed(), { paper });
    expect(await codeOfAsync(() => restore(placed(), paper))).to.equal("BACKUP_MISSING");
    const elsewhere = placed();
    await save(wallet, elsewhere, { paper });
    expect((await restore(elsewhere, paper)).standing).to.equal("newest");
  });

  it("BACKUP-PLACE/STOLEN-UNKNOWN who holds it reads nothing, and passes no old or false file for the newest", async () => {
    const { wallet } = await phone();
    const place = placed();
    const early = await save(wallet, place, { paper });
    const newest = await save(wallet, place, { paper });
    const curious = await generateBackupIdentity();
    expect(await codeOfAsync(() => restore(place, curious))).to.equal("BACKUP_KEY_WRONG");
    expect(await codeOfAsync(() => restore(lying(place, early.file), paper))).to.equal(
      "BACKUP_OLDER_THAN_ANCHOR",
    );
    const another = await forged(wallet, { paper }, 2);
    expect(await codeOfAsync(() => restore(lying(place, another), paper))).to.equal("BACKUP_FORGED");
    const cut = newest.file.slice(0, -1);
    expect(await codeOfAsync(() => restore(lying(place, cut), paper))).to.equal("BACKUP_DAMAGED");
    expect((await restore(place, paper)).standing).to.equal("newest");
  });

  it("BACKUP-PLACE/STOLEN-KNOWN the next backup goes elsewhere, and the old place has old ones only", async () => {
    const { wallet } = await phone();
    const place = placed();
    await save(wallet, place, { paper });
    const elsewhere = placed();
    await save(wallet, elsewhere, { paper });
    expect(await codeOfAsync(() => restore(place, paper))).to.equal("BACKUP_MISSING");
    expect((await restore(elsewhere, paper)).standing).to.equal("newest");
    // Exposed: the old ones stay there, closed to who has no key of theirs.
    expect(await place.list()).to.have.length(1);
  });

  it("WALLET-COPY/LOST the newest backup fills a new wallet", async () => {
    const { wallet } = await phone();
    const place = placed();
    await save(wallet, place, { device, paper });
    const { content, mustRotate } = await restore(place, paper);
    expect(mustRotate).to.equal(false);
    const { linkSecret } = await ownerIn(content);
    expect(linkSecret.reveal()).to.deep.equal(world().owner.linkSecret.reveal());
  });

  it("WALLET-COPY/STOLEN-KNOWN new keys for what is left, and nothing for what was in it", async () => {
    const storage = memoryBlobs();
    const slots = [{ secret: password("a weak password") }];
    const wallet = await createWallet({ storage, slots, segments: ["keys"] });
    await wallet.segment("keys").write("phone", encodeAgentRecord(world().record));
    const copy = memoryBlobs();
    await putBack(copy, await copyOf(storage));
    await wallet.rekey([{ secret: recovery(3) }]);
    await revokeAgents(actorOf(world(), world().laptop), [
      { agent: idOf(world().phone), authorizations: ["PROVE"] },
    ]);
    // Exposed: the copy opens to who guesses the password; what he finds in it proves no more.
    const guessed = await openWallet({ storage: copy, unlock: password("a weak password") });
    const found = decodeAgentRecord(
      (await guessed.segment("keys").read("phone"))?.reveal() ?? new Uint8Array(),
    );
    expect(grantOf(found).commitment).to.equal(grantOf(world().record).commitment);
    expect((await agentOnPhone())?.authorizations).not.to.include("PROVE");
    const later = openWallet({ storage, unlock: password("a weak password") });
    expect(await codeOfAsync(() => later)).to.equal("WALLET_KEY_WRONG");
  });
});
