import { expect } from "chai";
import { type HDNodeWallet, Wallet } from "ethers";
import { authorizeAgents, executeChange, proposeChange } from "../../client/app/index.ts";
import { DAY } from "../client/app/trusteeWorld.ts";
import {
  actorOf,
  admitted,
  comingBack,
  holdersIn,
  idOf,
  rightsOf,
  sharedWorld,
} from "../client/loss/support.ts";
import { codeOfAsync } from "../client/support.ts";

/**
 * `restoreOwner`, by another device, took PROVE from what was lost at once, and the rest after the policy's delay: whoever had
 * found a device that may let agents prove went on letting them, for two days, though what a device without ADMIN holds may be
 * taken at once.
 */
describe("finding: a lost device that is no ADMIN goes on granting", function () {
  this.timeout(120_000);
  const { world } = sharedWorld();

  const restored = (server: HDNodeWallet) => {
    const authority = { by: "DEVICE", signer: world().phone } as const;
    return comingBack(world(), { authority, lost: [idOf(server)] }).restore();
  };
  async function withServer(settings = {}) {
    const { node, record, phone, pass } = world();
    const server = Wallet.createRandom();
    const owner = actorOf(world(), phone);
    await authorizeAgents(owner, [await admitted(world(), server, ["PROVE"])]);
    const admission = await admitted(world(), server, ["PROVE_GRANT"], { known: true });
    const { change } = await proposeChange(owner, { admissions: [admission], settings });
    await pass(2 * DAY);
    await executeChange({ registry: node.registry, sender: node.relayer, policy: record.policy }, change);
    return server;
  }
  const grants = async (server: HDNodeWallet) => {
    const accomplice = await admitted(world(), Wallet.createRandom(), ["PROVE"]);
    return codeOfAsync(() => authorizeAgents(actorOf(world(), server), [accomplice]));
  };

  it("takes all that can be taken at once from it", async () => {
    const server = await withServer();
    expect(await grants(server)).to.equal(undefined);
    expect((await restored(server)).waiting).to.deep.include({ for: "CHANGE_DELAY" });
    expect(await rightsOf(world(), server)).to.deep.equal([]);
    expect(await grants(server)).to.match(/^AGENT_POLICY_/);
  });

  it("takes PROVE, and leaves the rest to the change, where other ADMINs would have to sign", async () => {
    const server = await withServer({ adminQuorum: 2 });
    expect(await codeOfAsync(() => restored(server))).to.equal("AGENT_POLICY_RIGHT_MISSING");
    // So far, that is to the change of power: the new device proves, the lost one does not.
    expect(await holdersIn(world())).to.have.length(4);
    expect(await rightsOf(world(), server)).to.deep.equal(["PROVE_GRANT"]);
  });
});
