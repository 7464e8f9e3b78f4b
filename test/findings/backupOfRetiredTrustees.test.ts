import { expect } from "chai";
import { ownerBackups, restoreNewest, storedBackups } from "../../client/app/index.ts";
import { generateBackupIdentity, recipientOf } from "../../client/backup/index.ts";
import { hex32 } from "../../client/core/index.ts";
import { Secret } from "../../client/keys/index.ts";
import { memoryBlobs } from "../../client/storage/index.ts";
import { createWallet } from "../../client/wallet/index.ts";
import { openTrusteeWorld, type TrusteeWorld } from "../client/app/trusteeWorld.ts";

const set = (epoch: number) => ({ tag: hex32(`0x${epoch.toString(16).padStart(64, "0")}`), epoch });

describe("findings: the newest backup is for trustees who were let go", function () {
  this.timeout(120_000);
  let world: TrusteeWorld;
  before(async () => {
    world = await openTrusteeWorld();
  });
  after(() => world.close());

  it("not after a stop between forgetting them and the backup without them", async () => {
    const { node, record, phone } = world;
    const [first, second] = [await generateBackupIdentity(), await generateBackupIdentity()];
    const slots = [{ secret: { kind: "recovery", key: new Secret(new Uint8Array(32).fill(7)) } }] as const;
    const wallet = await createWallet({ storage: memoryBlobs(), slots, segments: ["owner", "recipients"] });
    const stored = storedBackups(memoryBlobs());
    let fails = false;
    const place: typeof stored = {
      ...stored,
      write: async (name, file) => {
        if (fails) throw new Error("the power failed");
        await stored.write(name, file);
      },
    };
    const common = { registry: node.registry, policy: record.policy, place };
    const backups = ownerBackups({
      ...{ ...common, signer: phone, sender: node.relayer, wallet, others: [] },
      ...{ segments: ["owner"], recipients: "recipients" },
    });
    const opens = async (identity: Secret<string>) =>
      restoreNewest({ ...common, identity: { identity } }).then(
        () => true,
        () => false,
      );
    await backups.write(set(1), await recipientOf(first));
    await backups.write(set(2), await recipientOf(second));
    fails = true;
    await backups.dropOlder(set(2)).catch(() => undefined);
    fails = false;
    // What a desk does again after a restart.
    await backups.dropOlder(set(2));
    expect([await opens(first), await opens(second)]).to.deep.equal([false, true]);
  });
});
