import { expect } from "chai";
import { id } from "ethers";
import { approve, expectRevert, found, partyOf, partyOfSigner } from "../policy/governanceSupport.ts";
import { ADMIN, agentKey, deadlineOf } from "../policy/support.ts";
import { useScene } from "../recovery/support.ts";
import { walletSigner } from "../support/signers.ts";

/**
 * A contract that is ADMIN where contracts do not count has no say in anything. But it could record backups alone: push the
 * anchor on in front of the owner, and name a backup of its own as the newest.
 */
describe("finding: a backup recorded by a wallet that does not count", () => {
  const scene = useScene();

  it("is refused", async () => {
    const { world } = scene();
    const signerOfWallet = agentKey("signer of a wallet");
    const wallet = await world.ethers.deployContract("WalletMock", [signerOfWallet.address]);
    const party = partyOfSigner(walletSigner(await wallet.getAddress(), "signer of a wallet"));
    const anchored = async (contractKeysCount: boolean) => {
      const owner = partyOf(agentKey(`owner beside a wallet that counts: ${contractKeysCount}`));
      const policy = await found(world, [owner], {
        others: [[party, ADMIN]],
        settings: { contractKeysCount },
      });
      const what = { policy, epoch: 1n, sequence: 1n, backup: id("backup"), agent: party.id };
      const op = { ...what, deadline: await deadlineOf(world) };
      const sent = world.registry.anchorBackup(op, await approve(world, "AnchorBackup", op, party));
      return { policy, sent };
    };
    const { policy, sent } = await anchored(false);
    await expectRevert(world, sent, "AgentPolicyAnchorNotPermitted", [policy, party.id]);
    expect((await world.registry.backupOf(policy)).sequence).to.equal(0n);
    await (await anchored(true)).sent;
  });
});
