import { expect } from "chai";
import {
  anchorBackup,
  type BackupPlace,
  backUp,
  policyBackupAnchor,
  renounceAuthorizations,
  restoreNewest,
  storedBackups,
} from "../../client/app/index.ts";
import { generateBackupIdentity, makeBackup, recipientOf } from "../../client/backup/index.ts";
import { bigintToHex32, hex32 } from "../../client/core/index.ts";
import { Secret } from "../../client/keys/index.ts";
import { ALL_AUTHORIZATIONS } from "../../client/policy/index.ts";
import { memoryBlobs } from "../../client/storage/index.ts";
import { createWallet } from "../../client/wallet/index.ts";
import { openTrusteeWorld, type TrusteeWorld } from "../client/app/trusteeWorld.ts";
import { codeOfAsync } from "../client/support.ts";

const JUNK = hex32(`0x${"77".repeat(32)}`);

describe("findings: backups of a thief's", function () {
  this.timeout(240_000);
  let world: TrusteeWorld;
  let place: BackupPlace;
  let identity: Secret<string>;
  let recipient: string;
  let make: () => Promise<unknown>;

  beforeEach(async () => {
    world = await openTrusteeWorld();
    place = storedBackups(memoryBlobs());
    identity = await generateBackupIdentity();
    recipient = await recipientOf(identity);
    const slots = [{ secret: { kind: "recovery", key: new Secret(new Uint8Array(32).fill(7)) } }] as const;
    const wallet = await createWallet({ storage: memoryBlobs(), slots, segments: ["owner"] });
    const { node, record, phone } = world;
    const common = { registry: node.registry, policy: record.policy, sender: node.relayer, place, wallet };
    make = () =>
      backUp({ ...common, signer: phone, segments: ["owner"], recipients: [{ role: "paper", recipient }] });
  });
  afterEach(() => world.close());

  /** Records numbers with a thief's key, that of the laptop. */
  async function record(count: number, hash = JUNK): Promise<void> {
    const { node, record, laptop } = world;
    const { backups } = await world.state();
    const actor = { registry: node.registry, policy: record.policy, sender: node.relayer, signer: laptop };
    for (let i = 1; i <= count; i++) await anchorBackup(actor, { sequence: backups.length + i, hash });
  }

  const sequences = async () => (await place.list()).map(({ sequence }) => sequence).sort((a, b) => a - b);

  it("do not make the owner erase hers by counting up the numbers", async () => {
    await make();
    await record(6);
    await make();
    expect(await sequences()).to.deep.equal([1, 8]);
  });

  it("are not called authentic once the key has lost all rights", async () => {
    const { node, laptop } = world;
    const { registry, relayer: sender } = node;
    const { policy } = world.record;
    await record(1);
    await make();
    const anchor = policyBackupAnchor(registry);
    expect(await anchor.readAt?.(bigintToHex32(policy), 1)).to.include({ hash: JUNK });
    await renounceAuthorizations({ registry, policy, sender, signer: laptop }, ALL_AUTHORIZATIONS);
    expect(await anchor.readAt?.(bigintToHex32(policy), 1)).to.equal(undefined);
    expect(await anchor.read(bigintToHex32(policy))).to.include({ sequence: 2 });
  });

  it("do not stand in the way of the owner's, when she accepts what the policy does not vouch for", async () => {
    const { node } = world;
    const { registry } = node;
    const { policy } = world.record;
    await make();
    await make();
    const [newest] = (await place.list()).filter(({ sequence }) => sequence === 2);
    if (newest === undefined) return expect.fail("no backup");
    await place.remove(newest);
    // The place withholds the newest, and offers junk, and a file that nobody recorded, under higher numbers.
    await place.write({ sequence: 99, hash: JUNK }, new Uint8Array([1, 2, 3]));
    const forged = await makeBackup({
      ...{ content: new Secret(new Uint8Array([9])), to: { recipients: [{ role: "paper", recipient }] } },
      ...{ previous: { sequence: 40, hash: JUNK }, policy: bigintToHex32(policy), epoch: 1, time: 1 },
      device: JUNK,
    });
    await place.write({ sequence: 41, hash: forged.hash }, forged.file);
    const restore = (more: object) =>
      restoreNewest({ registry, policy, place, identity: { identity }, ...more });
    expect(await codeOfAsync(() => restore({}))).to.equal("BACKUP_MISSING");
    const restored = await restore({ acceptOlderThanAnchor: true, acceptUnanchored: true });
    expect(restored).to.include({ standing: "older", isAuthentic: true });
    expect(restored.header.sequence).to.equal(1);
    expect((await restore({ acceptOlderThanAnchor: true })).header.sequence).to.equal(1);
  });
});
