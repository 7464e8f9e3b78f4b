import { expect } from "chai";
import {
  decodeOwnerRecord,
  encodeOwnerRecord,
  ownerBackups,
  ownerRecordOf,
  policyOfOwner,
  restoreNewest,
  storedBackups,
} from "../../../../client/app/index.ts";
import { generateBackupIdentity, recipientOf } from "../../../../client/backup/index.ts";
import { bytesToHex, hex32 } from "../../../../client/core/index.ts";
import {
  derivePolicySecrets,
  generateLinkSecret,
  generatePolicyLabel,
  Secret,
} from "../../../../client/keys/index.ts";
import { commitToPolicySecrets, policyAddress } from "../../../../client/policy/index.ts";
import { memoryBlobs } from "../../../../client/storage/index.ts";
import { createWallet } from "../../../../client/wallet/index.ts";
import { codeOf, codeOfAsync } from "../../support.ts";
import { openTrusteeWorld, type TrusteeWorld } from "../trusteeWorld.ts";

const set = (epoch: number) => ({ tag: hex32(`0x${epoch.toString(16).padStart(64, "0")}`), epoch });

describe("app: backups of an owner whose trustees change", () => {
  let world: TrusteeWorld;
  before(async () => {
    world = await openTrusteeWorld();
  });
  after(() => world.close());

  it("are for the paper and for every set that is or may come into force, and for no other", async () => {
    const { node, record } = world;
    const [paper, first, second, third] = await Promise.all(
      Array.from({ length: 4 }, () => generateBackupIdentity()),
    );
    if (!paper || !first || !second || !third) return expect.fail("no identities");
    const slots = [{ secret: { kind: "recovery", key: new Secret(new Uint8Array(32).fill(7)) } }] as const;
    const wallet = await createWallet({ storage: memoryBlobs(), slots, segments: ["owner", "recipients"] });
    const place = storedBackups(memoryBlobs());
    const common = { registry: node.registry, policy: record.policy, place };
    const backups = ownerBackups({
      ...{ ...common, signer: world.phone, sender: node.relayer, wallet },
      ...{ segments: ["owner"], recipients: "recipients" },
      others: [{ role: "paper", recipient: await recipientOf(paper) }],
    });
    const opens = async (identity: Secret<string>) =>
      restoreNewest({ ...common, identity: { identity } }).then(
        ({ header }) => header.sequence,
        () => undefined,
      );
    const openedBy = async () => Promise.all([paper, first, second, third].map(opens));
    await backups.write(set(1), await recipientOf(first));
    expect(await openedBy()).to.deep.equal([1, 1, undefined, undefined]);
    await backups.write(set(2), await recipientOf(second));
    expect(await openedBy()).to.deep.equal([2, 2, 2, undefined]);
    await backups.drop(set(2));
    expect(await openedBy()).to.deep.equal([3, 3, undefined, undefined]);
    await backups.drop(set(2));
    expect(await openedBy()).to.deep.equal([3, 3, undefined, undefined]);
    await backups.write(set(3), await recipientOf(third));
    await backups.dropOlder(set(3));
    expect(await openedBy()).to.deep.equal([5, undefined, undefined, 5]);
    await backups.make();
    expect(await openedBy()).to.deep.equal([6, undefined, undefined, 6]);
    await wallet.segment("recipients").write("stranger", new Secret(new Uint8Array([1])));
    expect(await codeOfAsync(() => backups.make())).to.equal("BACKUP_RECIPIENT_DAMAGED");
  });

  it("hold what the owner needs of her policy, and nothing of an agent's", () => {
    const [linkSecret, label] = [generateLinkSecret(), generatePolicyLabel()];
    const { location, creator } = world.record;
    const policy = policyAddress(commitToPolicySecrets(derivePolicySecrets(linkSecret, label)), creator);
    const owner = ownerRecordOf({ location, policy, creator }, linkSecret, label);
    const read = decodeOwnerRecord(encodeOwnerRecord(owner).reveal());
    expect({ ...read, linkSecret: undefined }).to.deep.equal({ ...owner, linkSecret: undefined });
    expect(read.linkSecret.reveal()).to.deep.equal(linkSecret.reveal());
    const secrets = policyOfOwner(read);
    expect(policyAddress(commitToPolicySecrets(secrets.policySecrets), secrets.creator)).to.equal(policy);
    const text = JSON.stringify(owner, (_, value: unknown) =>
      typeof value === "bigint" ? `${value}` : value,
    );
    expect(text).not.to.contain(bytesToHex(linkSecret.reveal()).slice(2));
    const foreign = () => ownerRecordOf({ location, policy, creator }, generateLinkSecret(), label);
    expect(codeOf(foreign)).to.equal("POLICY_SECRETS_MISMATCH");
    for (const bytes of [
      new Uint8Array(),
      new TextEncoder().encode("{}"),
      encodeOwnerRecord(owner).reveal().slice(1),
    ]) {
      expect(codeOf(() => decodeOwnerRecord(bytes))).to.equal("OWNER_RECORD_MALFORMED");
    }
  });
});
