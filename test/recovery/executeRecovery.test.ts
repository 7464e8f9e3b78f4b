import { expect } from "chai";
import { ZeroHash } from "ethers";
import {
  at,
  bitsOf,
  expectRevert,
  found,
  grant,
  isRevoked,
  partyOf,
  power,
  stop,
  take,
  voidApprovals,
} from "../policy/governanceSupport.ts";
import { ADMIN, agentKey, PROVE } from "../policy/support.ts";
import {
  completeRecovery,
  POWER,
  proposalIdOf,
  propose,
  proposeFor,
  recoveryProposal,
  runs,
  startRecovery,
  useScene,
  vote,
} from "./support.ts";

describe("executeRecovery", () => {
  const scene = useScene();

  it("can be executed from its first second to its last, by anyone", async () => {
    const { world, policy } = scene();
    const proposal = await startRecovery(scene());
    const { earliest, latest } = await world.registry.recoveryOf(policy);
    const send = () => world.registry.connect(world.stranger).executeRecovery(policy);
    await at(world, earliest - 1n);
    await expectRevert(world, send(), "AgentPolicyRecoveryTooEarly", [policy, earliest, earliest - 1n]);
    const snapshot = await world.networkHelpers.takeSnapshot();
    for (const time of [earliest, latest]) {
      await at(world, time);
      await expect(send()).to.emit(world.registry, "RecoveryExecuted").withArgs(policy, 0n, proposal);
      await snapshot.restore();
    }
    await at(world, latest + 1n);
    await expectRevert(world, send(), "AgentPolicyRecoveryTooLate", [policy, latest, latest + 1n]);
  });

  it("refuses where none runs", async () => {
    const { world, policy } = scene();
    const args = [policy, ZeroHash, ZeroHash];
    await expectRevert(world, world.registry.executeRecovery(policy), "AgentPolicyRecoveryNotRunning", args);
    await expectRevert(world, world.registry.clearRecovery(policy), "AgentPolicyRecoveryNotRunning", args);
    await expectRevert(world, world.registry.executeRecovery(1n), "AgentPolicyUnknown", [1n]);
  });

  it("gives the policy to those proposed, and to nobody else", async () => {
    const { world, policy, stolen, phone, tablet, trustees, laptop, watch } = scene();
    const [ada, bob, cyd] = trustees;
    const op = await recoveryProposal(scene(), [power(laptop, POWER), power(watch, ADMIN)]);
    const settings = { ...op.settings, grantQuorum: 1n, adminQuorum: 1n, contractKeysCount: true };
    const whole = { ...op, settings };
    await propose(scene(), whole, ada, [laptop, watch]);
    await vote(scene(), [ada, bob, cyd], proposalIdOf(whole));
    const before = await world.registry.settingsOf(policy);
    await completeRecovery(scene());
    const view = await world.registry.policyOf(policy);
    expect([view.epoch, view.adminCount, view.powerfulCount, view.liveProvers]).to.deep.equal([
      2n,
      2n,
      2n,
      0n,
    ]);
    const after = await world.registry.settingsOf(policy);
    expect([after.delay, after.window]).to.deep.equal([before.delay, before.window]);
    expect(after.contractKeysCount).to.equal(true);
    expect(after.rootCommitment).to.equal(settings.rootCommitment);
    expect([await bitsOf(world, policy, laptop), await bitsOf(world, policy, watch)]).to.deep.equal([
      POWER,
      ADMIN,
    ]);
    for (const lost of [stolen, phone, tablet]) expect(await bitsOf(world, policy, lost)).to.equal(0);
    for (const lost of [stolen, tablet]) expect(await isRevoked(world, policy, lost)).to.equal(true);
    expect([...(await world.registry.recoveryOf(policy))]).to.deep.equal([1n, ZeroHash, 0n, 0n, false]);
  });

  it("leaves the old devices without a voice, and the new ones in charge", async () => {
    const { world, policy, stolen, laptop, watch } = scene();
    await startRecovery(scene());
    await completeRecovery(scene());
    await expectRevert(world, stop(world, policy, stolen), "AgentPolicyApproverUnknown", [policy, stolen.id]);
    await grant(world, policy, laptop, [laptop, watch]);
    expect(await bitsOf(world, policy, watch)).to.equal(PROVE);
  });

  it("brings back keys that were removed or stolen before, if it names them", async () => {
    const { world, policy, stolen, phone, tablet, trustees } = scene();
    const [ada, bob, cyd] = trustees;
    await take(world, policy, phone, [tablet]);
    await voidApprovals(world, policy, phone);
    const op = await recoveryProposal(scene(), [power(tablet, ADMIN), power(phone, POWER)]);
    await propose(scene(), op, ada, [tablet, phone]);
    await vote(scene(), [ada, bob, cyd], proposalIdOf(op));
    await completeRecovery(scene());
    expect([await bitsOf(world, policy, tablet), await bitsOf(world, policy, phone)]).to.deep.equal([
      ADMIN,
      POWER,
    ]);
    // what a key voided once stays void
    expect((await world.registry.agentOf(policy, phone.id)).counter).to.equal(1n);
    expect(await bitsOf(world, policy, stolen)).to.equal(0);
  });

  it("leaves grants closed and revocation open while it waits", async () => {
    const { world, policy, stolen, phone, tablet, watch } = scene();
    await startRecovery(scene());
    await expectRevert(world, grant(world, policy, stolen, [watch]), "AgentPolicyRecovering", [policy]);
    await take(world, policy, phone, [tablet]);
    expect(await isRevoked(world, policy, tablet)).to.equal(true);
  });

  it("lifts a stop, as every new epoch does", async () => {
    const { world, policy, stolen, laptop } = scene();
    await startRecovery(scene());
    await stop(world, policy, stolen);
    await completeRecovery(scene());
    expect((await world.registry.policyOf(policy)).stopper).to.equal(ZeroHash);
    await grant(world, policy, laptop, [laptop]);
  });

  it("skips what proves no more", async () => {
    const { world, policy, stolen, phone, tablet } = scene();
    await startRecovery(scene());
    await take(world, policy, phone, [tablet]);
    await take(world, policy, phone, [stolen]);
    await completeRecovery(scene());
    expect((await world.registry.policyOf(policy)).epoch).to.equal(2n);
  });

  it("can be cleared after its last second, and then begins from nothing", async () => {
    const { world, policy, trustees, laptop } = scene();
    const [ada] = trustees;
    const proposal = await startRecovery(scene());
    const { latest } = await world.registry.recoveryOf(policy);
    await at(world, latest);
    await expectRevert(world, world.registry.clearRecovery(policy), "AgentPolicyRecoveryNotLapsed", [
      policy,
      latest,
      latest,
    ]);
    await at(world, latest + 1n);
    await expect(world.registry.connect(world.stranger).clearRecovery(policy))
      .to.emit(world.registry, "RecoveryStopped")
      .withArgs(policy, 0n, proposal);
    expect(await runs(scene())).to.equal(false);
    expect([...(await world.registry.voteOf(policy, ada.id))]).to.deep.equal([ZeroHash, 0n]);
    await expectRevert(world, vote(scene(), [ada], proposal), "AgentPolicyProposalUnknown", [
      policy,
      proposal,
    ]);
    const again = await proposeFor(scene(), ada, laptop);
    await vote(scene(), trustees.slice(0, 3), again);
    await completeRecovery(scene());
    expect(await bitsOf(world, policy, laptop)).to.equal(POWER);
  });

  it("leaves other policies alone", async () => {
    const { world } = scene();
    const other = partyOf(agentKey("another owner"));
    const policy = await found(world, [other]);
    await startRecovery(scene());
    await completeRecovery(scene());
    expect((await world.registry.policyOf(policy)).epoch).to.equal(1n);
    expect(await runs({ world, policy })).to.equal(false);
  });
});
