import { expect } from "chai";
import { backUp, restoreNewest, storedBackups } from "../../client/app/index.ts";
import { generateBackupIdentity, recipientOf } from "../../client/backup/index.ts";
import type { TransactionSender } from "../../client/chain/index.ts";
import { memoryBlobs } from "../../client/storage/index.ts";
import { createWallet } from "../../client/wallet/index.ts";
import { actorOf, sharedWorld } from "../client/loss/support.ts";
import { codeOfAsync } from "../client/support.ts";
import { recovery } from "../client/wallet/support.ts";

/**
 * A backup that was stored and could not be recorded stays in its place under a higher number. If the recorded one was gone,
 * `restoreNewest` tried that one, was refused, and stopped, though older ones that were accepted by name were there.
 */
describe("finding: a backup that was never recorded hides the older ones", function () {
  this.timeout(120_000);
  const { world } = sharedWorld();

  it("goes on to the next one that was accepted by name", async () => {
    const storage = memoryBlobs();
    const place = storedBackups(storage);
    const wallet = await createWallet({
      ...{ storage: memoryBlobs(), slots: [{ secret: recovery(1) }], segments: ["keys"] },
    });
    const identity = await generateBackupIdentity();
    const recipients = [{ role: "paper", recipient: await recipientOf(identity) }] as const;
    const owner = actorOf(world(), world().phone);
    const save = (sender: TransactionSender = owner.sender) =>
      backUp({ ...owner, sender, wallet, segments: ["keys"], place, recipients });
    await save();
    const recorded = await save();
    const broken: TransactionSender = {
      getAddress: () => owner.sender.getAddress(),
      sendTransaction: () => Promise.reject(new Error("no network")),
    };
    expect(await codeOfAsync(() => save(broken))).not.to.equal(undefined);
    expect((await place.list()).map(({ sequence }) => sequence).sort()).to.deep.equal([1, 2, 3]);
    await place.remove({ sequence: 2, hash: recorded.hash });
    const { registry, policy } = owner;
    const restore = (more = {}) =>
      restoreNewest({ registry, policy, place, identity: { identity }, ...more });
    expect(await codeOfAsync(() => restore())).to.equal("BACKUP_MISSING");
    const { standing, isAuthentic, header } = await restore({ acceptOlderThanAnchor: true });
    expect({ standing, isAuthentic, sequence: header.sequence }).to.deep.equal({
      ...{ standing: "older", isAuthentic: true, sequence: 1 },
    });
  });
});
