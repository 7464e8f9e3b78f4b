import { expect } from "chai";
import { computeAddress } from "ethers";
import { backupIdentityFrom, decryptAge, encryptAge, recipientOf } from "../../../client/backup/index.ts";
import {
  createMasterKey,
  KeyEncryptingKey,
  type KeySource,
  parseSealedMasterKey,
  type SealedMasterKey,
  Secret,
  useMasterKey,
} from "../../../client/keys/index.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import { bytes, textOf } from "../wallet/support.ts";

const now = 20_000n * 86_400n;
const kek = <Source extends KeySource>(source: Source, seed: number) =>
  new KeyEncryptingKey({ source, secret: new Secret<Uint8Array>(new Uint8Array(32).fill(seed)), now });

const passkey = () => kek("PASSKEY", 1);
const paper = () => kek("PAPER", 2);
const newMaster = () => createMasterKey({ keys: [passkey(), paper()], now });

/** What opens the backups that are made for a master key. */
const backupIdentity = (sealed: SealedMasterKey, key: KeyEncryptingKey) =>
  useMasterKey(sealed, key, (master) => backupIdentityFrom(master.recoveryKey(0).secret));
const rootAddress = (sealed: SealedMasterKey, key: KeyEncryptingKey) =>
  useMasterKey(sealed, key, (master) => computeAddress(master.escrowKey(0).publicKey));

const backupFor = async (identity: Secret<string>, text: string) =>
  encryptAge(bytes(text), { recipients: [await recipientOf(identity)] });

describe("loss: master key", () => {
  it("MASTER-KEY/LOST one form is lost: the other opens it, and it is sealed anew in two", async () => {
    const sealed = await newMaster();
    const before = await backupIdentity(sealed, paper());
    const again = await useMasterKey(sealed, paper(), (master) => master.seal(kek("PASSKEY", 3), paper()));
    expect((await backupIdentity(again, kek("PASSKEY", 3))).reveal()).to.equal(before.reveal());
    expect(await codeOfAsync(() => backupIdentity(again, passkey()))).to.equal("MASTER_KEY_WRONG");
    const one = { ...sealed, forms: sealed.forms.slice(0, 1) };
    expect(codeOf(() => parseSealedMasterKey(one))).to.equal("MASTER_KEY_ONE_FORM");
  });

  it("MASTER-KEY/STOLEN-UNKNOWN the sealed forms open to nobody without a key of theirs", async () => {
    const sealed = await newMaster();
    for (const guess of [kek("PASSKEY", 4), kek("PAPER", 1), kek("PASSWORD", 1)]) {
      expect(await codeOfAsync(() => backupIdentity(sealed, guess))).to.equal("MASTER_KEY_WRONG");
    }
    // Exposed: who has a form and its key derives what the owner derives.
    expect(await rootAddress(sealed, passkey())).to.equal(await rootAddress(sealed, paper()));
  });

  it("MASTER-KEY/STOLEN-KNOWN a new master key: what is made for it from then on is closed to the thief", async () => {
    const sealed = await newMaster();
    const thief = await backupIdentity(sealed, passkey());
    const early = await backupFor(await backupIdentity(sealed, paper()), "before");
    expect(textOf(await decryptAge(early, { identity: thief }))).to.equal("before");
    const fresh = await createMasterKey({ keys: [kek("PASSKEY", 5), kek("PAPER", 6)], now });
    const later = await backupFor(await backupIdentity(fresh, kek("PAPER", 6)), "after");
    expect(await codeOfAsync(() => decryptAge(later, { identity: thief }))).to.equal("BACKUP_KEY_WRONG");
    expect(await rootAddress(fresh, kek("PAPER", 6))).not.to.equal(await rootAddress(sealed, passkey()));
    // Exposed: what was made for the old one.
    expect(textOf(await decryptAge(early, { identity: thief }))).to.equal("before");
  });
});
