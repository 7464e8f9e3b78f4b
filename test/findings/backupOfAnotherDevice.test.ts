import { expect } from "chai";
import {
  type OwnerBackupsOptions,
  ownerBackups,
  restoreNewest,
  storedBackups,
} from "../../client/app/index.ts";
import { generateBackupIdentity, recipientOf } from "../../client/backup/index.ts";
import { hex32 } from "../../client/core/index.ts";
import { Secret } from "../../client/keys/index.ts";
import { memoryBlobs } from "../../client/storage/index.ts";
import { createWallet, importPortable, type Wallet } from "../../client/wallet/index.ts";
import { draftSet, install } from "../client/app/trusteeWorld.ts";
import { sharedWorld } from "../client/loss/support.ts";
import { codeOfAsync } from "../client/support.ts";

const set = (epoch: number) => ({ tag: hex32(`0x${epoch.toString(16).padStart(64, "0")}`), epoch });
const makeWallet = () =>
  createWallet({
    storage: memoryBlobs(),
    slots: [{ secret: { kind: "recovery", key: new Secret(new Uint8Array(32).fill(7)) } }] as const,
    segments: ["owner", "recipients"],
  });

/**
 * Only the device that enrolled the trustees knows for whom they open backups. A backup of another device was not for them, took
 * the newest place, and pushed the ones that they could open out of the place where backups are kept. And the newest backup held the
 * recipients of trustees who had just been let go, so that who restored it encrypted for them again.
 */
describe("finding: a backup of another device is not for the trustees", function () {
  this.timeout(240_000);
  const { world } = sharedWorld();

  async function home() {
    const { node, record, phone, laptop } = world();
    const [first, second, paper] = await Promise.all([1, 2, 3].map(() => generateBackupIdentity()));
    if (!first || !second || !paper) throw new Error("no identities");
    const place = storedBackups(memoryBlobs());
    const common = { registry: node.registry, policy: record.policy, place };
    const others = [{ role: "paper", recipient: await recipientOf(paper) }] as const;
    const on = (signer: typeof phone, wallet: Wallet, more: Partial<OwnerBackupsOptions> = {}) =>
      ownerBackups({
        ...{ ...common, sender: node.relayer, others, segments: ["owner", "recipients"] },
        ...{ recipients: "recipients", signer, wallet, ...more },
      });
    const open = (identity: Secret<string>) => restoreNewest({ ...common, identity: { identity } });
    const opens = async (identity: Secret<string>) =>
      open(identity).then(
        () => true,
        () => false,
      );
    const inForce = async (number: number) =>
      install(world(), await draftSet(world(), world().people.slice(0, 3), { shareSet: set(number).tag }));
    return { first, second, paper, place, on, open, opens, inForce, phone, laptop };
  }

  it("and is refused until it can be; then nobody who was let go opens it", async () => {
    const { first, second, paper, place, on, open, opens, inForce, phone, laptop } = await home();
    const a = on(phone, await makeWallet());
    const wallet = await makeWallet();
    const b = on(laptop, wallet);
    await b.make();
    await a.write(set(1), await recipientOf(first));
    await inForce(1);
    const before = await place.list();
    for (let i = 0; i < 5; i++)
      expect(await codeOfAsync(() => b.make())).to.equal("BACKUP_RECIPIENT_MISSING");
    expect(await place.list()).to.deep.equal(before);
    expect(await opens(first)).to.equal(true);

    await importPortable(wallet, (await open(paper)).content);
    await b.make();
    expect([await opens(first), await opens(paper)]).to.deep.equal([true, true]);

    await a.write(set(2), await recipientOf(second));
    await inForce(2);
    await a.dropOlder(set(2));
    expect(await codeOfAsync(() => b.make())).to.equal("BACKUP_RECIPIENT_MISSING");
    await importPortable(wallet, (await open(paper)).content);
    await b.make();
    expect([await opens(first), await opens(second), await opens(paper)]).to.deep.equal([false, true, true]);
  });

  it("but for an owner who says that the recipient is lost for good", async () => {
    const { first, paper, on, opens, inForce, phone, laptop } = await home();
    await on(phone, await makeWallet()).write(set(1), await recipientOf(first));
    await inForce(1);
    await on(laptop, await makeWallet(), { acceptWithoutTrustees: true }).make();
    expect([await opens(first), await opens(paper)]).to.deep.equal([false, true]);
  });

  it("nor does the newest backup bring back who was let go, by a change or by one that was given up", async () => {
    const { first, second, paper, on, open, opens, phone } = await home();
    const third = await generateBackupIdentity();
    const a = on(phone, await makeWallet());
    await a.write(set(1), await recipientOf(first));
    await a.write(set(2), await recipientOf(second));
    await a.dropOlder(set(2));
    await a.write({ ...set(3), tag: set(33).tag }, await recipientOf(third));
    await a.drop({ ...set(3), tag: set(33).tag });
    // The device is lost now.
    const fresh = await makeWallet();
    await importPortable(fresh, (await open(paper)).content);
    const b = on(phone, fresh);
    await b.make();
    expect(await Promise.all([first, second, third].map(opens))).to.deep.equal([false, true, false]);
    await b.dropOlder(set(3));
    expect(await Promise.all([first, second, third, paper].map(opens))).to.deep.equal([
      ...[false, false, false],
      true,
    ]);
  });
});
