import { expect } from "chai";
import { Wallet } from "ethers";
import {
  answerInvitation,
  executeChange,
  inviteAgent,
  proposeChange,
  type RestoreOutcome,
  vetoChange,
  withdrawApproval,
} from "../../client/app/index.ts";
import { type AgentSigner, agentSignerOf, keyIdOf, secp256k1Key } from "../../client/keys/index.ts";
import { DAY } from "../client/app/trusteeWorld.ts";
import { actorOf, admitted, comingBack, idOf, POWER, rightsOf, sharedWorld } from "../client/loss/support.ts";
import { codeOfAsync } from "../client/support.ts";

/**
 * A restoration by another device vetoes what the lost one alone scheduled. It then looked for its own change in what it had read
 * before: a change that was vetoed was executed, which failed, or waited for. And a veto that failed, as the thief withdrew his
 * change in front of it or the signer has no voice, kept the owner from all the steps after it.
 */
describe("finding: a veto that comes too late stops a restoration", function () {
  this.timeout(120_000);
  const { world } = sharedWorld();

  const thief = () => actorOf(world(), world().laptop);
  const lost = () => [idOf(world().laptop)];
  const deviceOf = ({ signer }: RestoreOutcome) => {
    if (!("key" in signer)) throw new Error("no agent's signer");
    return signer;
  };
  const attack = async () =>
    (
      await proposeChange(thief(), {
        power: [{ agent: secp256k1Key(world().phone.address), lose: ["ADMIN"] }],
      })
    ).change;

  it("does not wait for what it just vetoed, though it would do as well", async () => {
    const { node, record, laptop, phone, pass } = world();
    const { restore } = comingBack(world(), { authority: { by: "DEVICE", signer: phone }, lost: lost() });
    const device = deviceOf(await restore());
    for (const change of (await world().state()).pendingChanges.keys()) await vetoChange(thief(), change);
    const agent = keyIdOf(device.key);
    const invitation = await inviteAgent({ registry: node.registry, record, authorizations: POWER, agent });
    const { answer } = await answerInvitation(device, invitation, await world().now());
    const power = [{ agent: secp256k1Key(laptop.address), lose: POWER }];
    const { change } = await proposeChange(thief(), { admissions: [{ invitation, answer }], power });
    await pass(2 * DAY);
    expect((await restore()).waiting).to.deep.include({ step: "POWER", for: "CHANGE_DELAY" });
    const [own, ...others] = (await world().state()).pendingChanges.keys();
    expect(others).to.deep.equal([]);
    expect(own).to.be.a("string").and.not.to.equal(change);
  });

  it("goes on if the change was withdrawn in front of its veto", async () => {
    const change = await attack();
    const phone = await agentSignerOf(world().phone);
    let withdrawn = false;
    const slow: AgentSigner = {
      key: phone.key,
      sign: async (data) => {
        if (data.primaryType === "Veto" && !withdrawn) {
          withdrawn = true;
          await withdrawApproval(thief(), change);
        }
        return phone.sign(data);
      },
    };
    const { restore, kept } = comingBack(world(), {
      authority: { by: "DEVICE", signer: slow },
      lost: lost(),
    });
    expect((await restore()).waiting).to.deep.include({ step: "POWER", for: "CHANGE_DELAY" });
    expect([withdrawn, kept.length]).to.deep.equal([true, 1]);
  });

  it("goes on with a signer that has no voice, and vetoes by another one that has", async () => {
    const { node, record, phone, pass } = world();
    const helper = Wallet.createRandom();
    const admission = await admitted(world(), helper, ["PROVE_GRANT", "PROVE_REVOKE"]);
    const joining = await proposeChange(actorOf(world(), phone), { admissions: [admission] });
    await pass(2 * DAY);
    await executeChange(
      { registry: node.registry, policy: record.policy, sender: node.relayer },
      joining.change,
    );
    const change = await attack();
    const alone = comingBack(world(), { authority: { by: "DEVICE", signer: helper }, lost: lost() });
    expect(await codeOfAsync(alone.restore)).to.equal("AGENT_POLICY_APPROVER_WITHOUT_RIGHT");
    expect(await rightsOf(world(), world().laptop)).not.to.include("PROVE");
    expect(alone.kept).to.have.length(1);
    expect([...(await world().state()).pendingChanges.keys()]).to.deep.equal([change]);
    const authority = { by: "DEVICE", signer: helper, coSigners: [phone] } as const;
    await comingBack(world(), { authority, lost: lost() })
      .restore()
      .catch(() => undefined);
    expect([...(await world().state()).pendingChanges.keys()]).not.to.include(change);
  });

  it("stops if the veto failed for any other reason", async () => {
    await attack();
    const phone = await agentSignerOf(world().phone);
    const refusing: AgentSigner = {
      key: phone.key,
      sign: (data) =>
        data.primaryType === "Veto" ? Promise.reject(new Error("declined")) : phone.sign(data),
    };
    const { restore } = comingBack(world(), { authority: { by: "DEVICE", signer: refusing }, lost: lost() });
    expect(await restore().catch(({ message }: Error) => message)).to.equal("declined");
  });
});
