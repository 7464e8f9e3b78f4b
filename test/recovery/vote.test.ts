import { expect } from "chai";
import { ZeroHash } from "ethers";
import { expectRevert, pendingIds, scheduled } from "../policy/governanceSupport.ts";
import { FAR } from "../policy/support.ts";
import {
  castVote,
  completeRecovery,
  install,
  proposeFor,
  recoveryVote,
  runs,
  startRecovery,
  useScene,
  vote,
} from "./support.ts";
import { RECOVERY_DELAY, RECOVERY_WINDOW, setOf } from "./trusteeSet.ts";

describe("voteRecovery", () => {
  const scene = useScene();

  const votesOf = async (proposal: string) =>
    (await scene().world.registry.proposalOf(scene().policy, proposal)).votes;

  it("starts the recovery with the vote that reaches the quorum", async () => {
    const { world, policy, trustees, laptop } = scene();
    const [ada, bob, cyd] = trustees;
    const proposal = await proposeFor(scene(), ada, laptop);
    await vote(scene(), [ada, bob], proposal);
    expect(await runs(scene())).to.equal(false);
    const op = await recoveryVote(scene(), cyd, proposal);
    const sent = await castVote(scene(), op, cyd);
    const now = BigInt(await world.networkHelpers.time.latest());
    const [earliest, latest] = [now + RECOVERY_DELAY, now + RECOVERY_DELAY + RECOVERY_WINDOW];
    await expect(sent)
      .to.emit(world.registry, "RecoveryStarted")
      .withArgs(policy, 0n, proposal, earliest, latest);
    await expect(sent).to.emit(world.registry, "RecoveryVoted").withArgs(policy, 0n, cyd.id, proposal);
    expect([...(await world.registry.recoveryOf(policy))]).to.deep.equal([
      0n,
      proposal,
      earliest,
      latest,
      false,
    ]);
    expect([...(await world.registry.voteOf(policy, cyd.id))]).to.deep.equal([proposal, 1n]);
  });

  it("keeps its time when more join", async () => {
    const { world, policy, trustees } = scene();
    const proposal = await startRecovery(scene());
    const before = await world.registry.recoveryOf(policy);
    await vote(scene(), [trustees[3]], proposal);
    expect([...(await world.registry.recoveryOf(policy))]).to.deep.equal([...before]);
    expect(await votesOf(proposal)).to.equal(4n);
  });

  it("counts a trustee once, wherever its vote goes", async () => {
    const { world, policy, trustees, laptop, watch } = scene();
    const [ada, bob] = trustees;
    const first = await proposeFor(scene(), ada, laptop);
    const second = await proposeFor(scene(), bob, watch);
    await vote(scene(), [ada, bob], first);
    const idle = vote(scene(), [ada], first);
    await expectRevert(world, idle, "AgentPolicyVoteIdle", [policy, ada.id, first]);
    await vote(scene(), [ada], second);
    expect([await votesOf(first), await votesOf(second)]).to.deep.equal([1n, 1n]);
    await vote(scene(), [ada]);
    expect([await votesOf(first), await votesOf(second)]).to.deep.equal([1n, 0n]);
    expect(await runs(scene())).to.equal(false);
  });

  it("takes no vote twice, and none ahead", async () => {
    const { world, policy, trustees, laptop } = scene();
    const [ada] = trustees;
    const proposal = await proposeFor(scene(), ada, laptop);
    const yes = await recoveryVote(scene(), ada, proposal);
    const no = await recoveryVote(scene(), ada, ZeroHash, { sequence: 2n });
    await expectRevert(world, castVote(scene(), no, ada), "AgentPolicyVoteOutOfSequence", [
      policy,
      ada.id,
      2n,
      1n,
    ]);
    await castVote(scene(), yes, ada);
    await castVote(scene(), no, ada);
    for (const old of [yes, no]) {
      await expectRevert(world, castVote(scene(), old, ada), "AgentPolicyVoteOutOfSequence", [
        policy,
        ada.id,
        old.sequence,
        3n,
      ]);
    }
  });

  it("stops a recovery that falls below the quorum, and keeps the votes", async () => {
    const { world, policy, trustees } = scene();
    const [ada] = trustees;
    const proposal = await startRecovery(scene());
    const sent = await castVote(scene(), await recoveryVote(scene(), ada, ZeroHash), ada);
    await expect(sent).to.emit(world.registry, "RecoveryStopped").withArgs(policy, 0n, proposal);
    expect([...(await world.registry.recoveryOf(policy))]).to.deep.equal([0n, ZeroHash, 0n, 0n, false]);
    expect(await votesOf(proposal)).to.equal(2n);
    // who joins starts it with the whole delay
    await vote(scene(), [trustees[4]], proposal);
    const now = BigInt(await world.networkHelpers.time.latest());
    expect((await world.registry.recoveryOf(policy)).earliest).to.equal(now + RECOVERY_DELAY);
  });

  it("runs on while the quorum stands without those who leave", async () => {
    const { world, policy, trustees } = scene();
    const proposal = await startRecovery(scene());
    await vote(scene(), [trustees[3]], proposal);
    const before = await world.registry.recoveryOf(policy);
    await vote(scene(), [trustees[0]]);
    expect([...(await world.registry.recoveryOf(policy))]).to.deep.equal([...before]);
  });

  it("starts another proposal with the vote that leaves the first below the quorum", async () => {
    const { world, policy, phone, set, trustees, laptop, watch } = scene();
    const [ada, bob, cyd, dan] = trustees;
    // two of five are a quorum, so that two proposals can have one
    const two = setOf(set.members, { adminQuorum: 2n });
    await install(world, policy, [phone], two.settings);
    const here = { ...scene(), set: two };
    const first = await proposeFor(here, ada, laptop);
    const second = await proposeFor(here, cyd, watch);
    await vote(here, [ada, bob], first);
    await vote(here, [cyd, dan], second);
    expect((await world.registry.recoveryOf(policy)).proposal).to.equal(first);
    const sent = await castVote(here, await recoveryVote(here, bob, second), bob);
    await expect(sent).to.emit(world.registry, "RecoveryStopped").withArgs(policy, 0n, first);
    await expect(sent).to.emit(world.registry, "RecoveryStarted");
    expect((await world.registry.recoveryOf(policy)).proposal).to.equal(second);
  });

  it("takes votes for a proposal until it lapses, and then only while it runs", async () => {
    const { world, policy, phone, set, trustees, laptop } = scene();
    const slow = setOf(set.members, { delay: 60n * 86_400n });
    await install(world, policy, [phone], slow.settings);
    const here = { ...scene(), set: slow };
    const [ada, bob, cyd, dan, eve] = trustees;
    const proposal = await proposeFor(here, ada, laptop);
    const { lapses } = await world.registry.proposalOf(policy, proposal);
    await world.networkHelpers.time.increaseTo(lapses - 3n);
    await vote(here, [ada, bob, cyd], proposal);
    expect(await world.networkHelpers.time.latest()).to.equal(Number(lapses));
    // a fourth makes it hold when one of the three leaves
    await vote(here, [dan], proposal);
    await vote(here, [ada]);
    expect((await world.registry.recoveryOf(policy)).proposal).to.equal(proposal);
    await vote(here, [bob]);
    expect(await runs(here)).to.equal(false);
    const late = vote(here, [eve], proposal);
    await expectRevert(world, late, "AgentPolicyProposalLapsed", [policy, proposal, lapses]);
  });

  it("refuses a proposal that nobody made", async () => {
    const { world, policy, trustees } = scene();
    const nothing = `0x${"11".repeat(32)}`;
    const sent = vote(scene(), [trustees[0]], nothing);
    await expectRevert(world, sent, "AgentPolicyProposalUnknown", [policy, nothing]);
  });

  it("refuses another recovery, another set and other times", async () => {
    const { world, policy, trustees, laptop } = scene();
    const [ada] = trustees;
    const proposal = await proposeFor(scene(), ada, laptop);
    const send = async (override: object) =>
      castVote(scene(), await recoveryVote(scene(), ada, proposal, override), ada);
    await expectRevert(world, send({ recovery: 1n }), "AgentPolicyRecoveryMismatch", [policy, 1n, 0n]);
    await expectRevert(world, send({ trusteeSet: 2n }), "AgentPolicyTrusteeSetMismatch", [policy, 2n, 1n]);
    const now = BigInt(await world.networkHelpers.time.latest());
    await expectRevert(world, send({ deadline: now }), "AgentPolicyDeadlinePassed", [now, now + 1n]);
    await expectRevert(world, send({ deadline: FAR }), "AgentPolicyDeadlineTooFar", [FAR, now + 1n]);
  });

  it("ends every change that waits when a recovery starts, and opens none until it ends", async () => {
    const { world, policy, stolen, phone } = scene();
    const { id, earliest } = await scheduled(world, policy, [phone], { settings: { window: 86_400n } });
    await startRecovery(scene());
    expect(await pendingIds(world, policy)).to.deep.equal([]);
    await world.networkHelpers.time.increaseTo(earliest);
    await expectRevert(world, world.registry.execute(policy, id), "AgentPolicyChangeUnknown", [policy, id]);
    const another = scheduled(world, policy, [stolen, phone], { settings: { window: 86_400n } });
    await expectRevert(world, another, "AgentPolicyRecovering", [policy]);
    await completeRecovery(scene());
    await scheduled(world, policy, [scene().laptop], { settings: { window: 86_400n } });
    expect(await pendingIds(world, policy)).to.have.length(1);
  });

  it("opens changes again when a recovery stops, without those that ended", async () => {
    const { world, policy, phone, trustees } = scene();
    await scheduled(world, policy, [phone], { settings: { window: 86_400n } });
    await startRecovery(scene());
    await vote(scene(), [trustees[0]]);
    expect(await pendingIds(world, policy)).to.deep.equal([]);
    await scheduled(world, policy, [phone], { settings: { window: 86_400n } });
    expect(await pendingIds(world, policy)).to.have.length(1);
  });
});
