import { expect } from "chai";
import {
  answerInvitation,
  authorizeAgents,
  executeChange,
  inviteAgent,
  proposeChange,
  type RestoreOutcome,
  vetoChange,
} from "../../client/app/index.ts";
import { keyIdOf, secp256k1Key } from "../../client/keys/index.ts";
import { DAY } from "../client/app/trusteeWorld.ts";
import { actorOf, admitted, comingBack, idOf, POWER, rightsOf, sharedWorld } from "../client/loss/support.ts";
import { codeOfAsync } from "../client/support.ts";

/**
 * A device that accepts power says so in a public transaction. Whoever held the lost device, an ADMIN until the delay is over,
 * could schedule that acceptance in a change of his own that takes nothing from him: the restoration took it for its own change,
 * waited for it, executed it, and told the owner that all was done.
 */
describe("finding: a restoration takes a thief's change for its own", function () {
  this.timeout(120_000);
  const { world } = sharedWorld();

  const comeBack = () => {
    const authority = { by: "DEVICE", signer: world().phone } as const;
    return comingBack(world(), { authority, lost: [idOf(world().laptop)] }).restore;
  };

  /** The thief ends what the owner scheduled, and schedules what leaves him his power. */
  async function outrun({ signer }: RestoreOutcome) {
    const { node, record, laptop } = world();
    if (!("key" in signer)) throw new Error("no agent's signer");
    const thief = actorOf(world(), laptop);
    for (const change of (await world().state()).pendingChanges.keys()) await vetoChange(thief, change);
    const agent = keyIdOf(signer.key);
    const invitation = await inviteAgent({ registry: node.registry, record, authorizations: POWER, agent });
    const { answer } = await answerInvitation(signer, invitation, await world().now());
    const { change } = await proposeChange(thief, { admissions: [{ invitation, answer }] });
    return { change, agent };
  }

  it("vetoes it, and schedules its own", async () => {
    const restore = comeBack();
    const { change, agent } = await outrun(await restore());
    // Whose change was vetoed waits before the next one.
    await world().pass(2 * DAY);
    expect((await restore()).waiting).to.deep.include({ step: "POWER", for: "CHANGE_DELAY" });
    const { pendingChanges } = await world().state();
    const [own, ...others] = pendingChanges.values();
    expect(others).to.deep.equal([]);
    expect(own?.id).not.to.equal(change);
    const told = own?.agents.map(({ key, authorizations }) => [keyIdOf(key), authorizations]);
    expect(told).to.have.deep.members([
      [idOf(world().laptop), []],
      [agent, POWER],
    ]);
  });

  it("vetoes at once what the lost device scheduled by itself before", async () => {
    const { laptop, phone } = world();
    const thief = actorOf(world(), laptop);
    const { change } = await proposeChange(thief, {
      power: [{ agent: secp256k1Key(phone.address), lose: ["ADMIN"] }],
    });
    expect([...(await world().state()).pendingChanges.keys()]).to.deep.equal([change]);
    await comeBack()();
    const { pendingChanges } = await world().state();
    expect([...pendingChanges.keys()])
      .to.have.length(1)
      .and.not.to.include(change);
  });

  it("leaves what another ADMIN stands behind", async () => {
    const { laptop, phone } = world();
    const actor = { ...actorOf(world(), laptop), coSigners: [phone] };
    const { change } = await proposeChange(actor, { settings: { delay: 3 * Number(DAY) } });
    await comeBack()();
    expect([...(await world().state()).pendingChanges.keys()]).to.include(change);
  });

  it("says so if the thief's change took effect while nobody looked, and changes nothing", async () => {
    const { node, record, laptop, phone, pass } = world();
    const restore = comeBack();
    await restore();
    const thief = actorOf(world(), laptop);
    const { change } = await proposeChange(thief, {
      power: [{ agent: secp256k1Key(phone.address), lose: ["ADMIN"] }],
    });
    await pass(2 * DAY);
    await executeChange({ registry: node.registry, sender: node.relayer, policy: record.policy }, change);
    const before = await world().state();
    expect(await codeOfAsync(restore)).to.equal("AGENT_POLICY_RIGHT_MISSING");
    expect(await world().state()).to.deep.equal(before);
  });

  it("goes on until the lost device has no power, though the new one has it already", async () => {
    const { node, record, pass, laptop } = world();
    const restore = comeBack();
    const { change } = await outrun(await restore());
    await pass(2 * DAY);
    await executeChange({ registry: node.registry, sender: node.relayer, policy: record.policy }, change);
    const { complete, waiting } = await restore();
    expect(complete).to.equal(false);
    expect(waiting).to.deep.include({ step: "POWER", for: "CHANGE_DELAY" });
    await pass(2 * DAY);
    expect((await restore()).complete).to.equal(true);
    expect(await rightsOf(world(), laptop)).to.deep.equal([]);
  });

  it("takes PROVE again from a lost device that let itself prove during the delay", async () => {
    const { laptop, pass } = world();
    const restore = comeBack();
    await restore();
    expect(await rightsOf(world(), laptop)).not.to.include("PROVE");
    await authorizeAgents(actorOf(world(), laptop), [
      await admitted(world(), laptop, ["PROVE"], { known: true }),
    ]);
    expect(await rightsOf(world(), laptop)).to.include("PROVE");
    await pass(2 * DAY);
    expect((await restore()).complete).to.equal(true);
    expect(await rightsOf(world(), laptop)).to.deep.equal([]);
  });
});
