import { expect } from "chai";
import { id, ZeroHash } from "ethers";
import {
  approve,
  bitsOf,
  enact,
  expectRevert,
  found,
  grant,
  nextCommitment,
  type Party,
  partyOf,
  pendingIds,
  power,
  rootSetOf,
  rotate,
  rotation,
  scheduled,
  stop,
  veto,
} from "../policy/governanceSupport.ts";
import { ADMIN, agentKey, DAY, deadlineOf } from "../policy/support.ts";
import {
  cancel,
  cancellation,
  castVote,
  completeRecovery,
  install,
  POWER,
  proposalIdOf,
  propose,
  proposeFor,
  recoveryProposal,
  recoveryVote,
  rotateTo,
  runs,
  scheduleTrustees,
  startRecovery,
  useScene,
  vote,
} from "./support.ts";
import {
  known,
  member,
  NOBODY,
  RECOVERY_DELAY,
  setOf,
  trusteeApprovals,
  trusteeOf,
  trusteeSet,
} from "./trusteeSet.ts";

/** Each test is one attack that the rules of recovery were designed against. */
describe("attacks on recovery", () => {
  const scene = useScene();

  const now = async () => BigInt(await scene().world.networkHelpers.time.latest());

  /** The owner has her policy back, and the thief nothing. */
  async function expectRecovered(thieves: readonly Party[]) {
    const { world, policy, laptop } = scene();
    expect(await bitsOf(world, policy, laptop)).to.equal(POWER);
    for (const thief of thieves) expect(await bitsOf(world, policy, thief)).to.equal(0);
  }

  it("a thief of every ADMIN key cancels the recovery", async () => {
    const { world, policy, stolen, phone, mallory, malet, trustees, set } = scene();
    await startRecovery(scene());
    const op = await cancellation(scene());
    await expectRevert(world, cancel(scene(), op, [stolen, phone], []), "AgentPolicyTrusteeQuorumMissing", [
      policy,
      8n,
      0n,
      2n,
    ]);
    // trustees of his own invention
    const his = await trusteeSet(world, policy, [mallory, malet]);
    await expectRevert(
      world,
      cancel({ ...scene(), set: { ...his, settings: set.settings } }, op, [stolen, phone], [mallory, malet]),
      "AgentPolicyTrusteeUnknown",
      [policy, mallory.id < malet.id ? mallory.id : malet.id],
    );
    // one trustee whom he bribed is not enough
    await expectRevert(
      world,
      cancel(scene(), op, [stolen, phone], [trustees[4]]),
      "AgentPolicyTrusteeQuorumMissing",
      [policy, 8n, 1n, 2n],
    );
    await completeRecovery(scene());
    await expectRecovered([stolen, phone, mallory]);
  });

  it("a thief schedules his own trustees first", async () => {
    const { world, policy, stolen, phone, mallory, malet, watch } = scene();
    const his = await trusteeSet(world, policy, [mallory, malet, watch], { delay: 2n * DAY });
    const { id: change, earliest } = await scheduleTrustees(world, policy, [stolen, phone], his.settings);
    expect(earliest).to.equal((await now()) + RECOVERY_DELAY);
    // the old ones have until then, and their recovery ends his change
    await world.networkHelpers.time.increaseTo(earliest - DAY);
    await startRecovery(scene());
    await world.networkHelpers.time.increaseTo(earliest);
    await expectRevert(world, world.registry.execute(policy, change), "AgentPolicyChangeUnknown", [
      policy,
      change,
    ]);
    await completeRecovery(scene());
    await expectRecovered([stolen, phone, mallory]);
    expect((await world.registry.trusteeSetOf(policy)).number).to.equal(1n);
  });

  it("a thief lets trustees wait while there are none, to replace those who come", async () => {
    const { world, trustees, mallory, malet, watch } = scene();
    const [owner, thief] = [partyOf(agentKey("first set owner")), partyOf(agentKey("first set thief"))];
    const policy = await found(world, [owner, thief]);
    const set = await trusteeSet(world, policy, trustees);
    const his = await trusteeSet(world, policy, [mallory, malet, watch]);
    const first = await scheduleTrustees(world, policy, [owner], set.settings);
    const second = await scheduleTrustees(world, policy, [thief], his.settings);
    await world.networkHelpers.time.increaseTo(second.earliest);
    await world.registry.execute(policy, first.id);
    // his change waited for the governance delay only, which was for a policy without trustees
    await expectRevert(world, world.registry.execute(policy, second.id), "AgentPolicyTrusteeSetMismatch", [
      policy,
      0n,
      1n,
    ]);
  });

  it("a thief stuffs the ADMIN set before he cancels", async () => {
    const { world, policy, stolen, phone, mallory, malet, trustees } = scene();
    await enact(world, policy, [stolen, phone], { agents: [power(mallory, ADMIN), power(malet, ADMIN)] }, [
      mallory,
      malet,
    ]);
    expect((await world.registry.policyOf(policy)).adminCount).to.equal(4n);
    await startRecovery(scene());
    const op = await cancellation(scene());
    const all = [stolen, phone, mallory, malet];
    await expectRevert(world, cancel(scene(), op, all, [trustees[4]]), "AgentPolicyTrusteeQuorumMissing", [
      policy,
      8n,
      1n,
      2n,
    ]);
    // nor can he add more of them now
    const more = scheduled(world, policy, [stolen, phone], { agents: [power(malet, 0)] });
    await expectRevert(world, more, "AgentPolicyRecovering", [policy]);
    await completeRecovery(scene());
    await expectRecovered(all);
  });

  it("stolen root keys rotate every day", async () => {
    const { world, policy, mallory, malet } = scene();
    const begun = await now();
    await startRecovery(scene());
    const { earliest } = await world.registry.recoveryOf(policy);
    // he refuses at the last moment: that is one recovery delay lost, and the last
    await world.networkHelpers.time.setNextBlockTimestamp(earliest - 1n);
    await rotateTo(scene(), mallory, { next: "day 0" });
    await startRecovery(scene());
    for (let day = 0; day < 13; day++) {
      await world.networkHelpers.time.increase(DAY);
      await rotateTo(scene(), day % 2 === 0 ? malet : mallory, { now: `day ${day}`, next: `day ${day + 1}` });
    }
    expect((await world.registry.policyOf(policy)).epoch).to.equal(15n);
    await completeRecovery(scene());
    await expectRecovered([mallory, malet]);
    expect((await now()) - begun < 2n * RECOVERY_DELAY + 100n).to.equal(true);
    // and his root keys are not hers
    await expect(rotateTo(scene(), mallory, { now: "day 13" })).to.be.revertedWithCustomError(
      world.registry,
      "AgentPolicyRootMismatch",
    );
  });

  it("stolen root keys refuse, and their ADMIN abandons the policy or replaces the trustees at once", async () => {
    const { world, policy, mallory } = scene();
    await startRecovery(scene());
    await rotateTo(scene(), mallory);
    const { earliest } = await scheduled(world, policy, [mallory], { abandon: true });
    expect(earliest).to.equal((await now()) + RECOVERY_DELAY);
    // the trustees have a recovery delay to begin again
    await world.networkHelpers.time.increaseTo(earliest - DAY);
    await startRecovery(scene());
    expect(await pendingIds(world, policy)).to.deep.equal([]);
    await completeRecovery(scene());
    await expectRecovered([mallory]);
  });

  it("root thief commits to the root keys of the proposal", async () => {
    const { world, policy, root, mallory, laptop } = scene();
    await startRecovery(scene());
    await rotateTo(scene(), mallory, { next: "second" });
    await startRecovery(scene());
    const { proposal } = await world.registry.recoveryOf(policy);
    const { settings } = await world.registry.proposalOf(policy, proposal);
    const op = await rotation(world, policy, {
      agents: [power(mallory, POWER)],
      settings: { rootCommitment: settings.rootCommitment },
    });
    await rotate(world, op, rootSetOf([root], 1, "second"), [root], [mallory]);
    await completeRecovery(scene());
    expect((await world.registry.settingsOf(policy)).rootCommitment).to.equal(settings.rootCommitment);
    expect(await bitsOf(world, policy, laptop)).to.equal(POWER);
  });

  it("a trustee is removed and comes back, and what was signed in between is used (A, B, A)", async () => {
    const { world, policy, phone, set, trustees, laptop } = scene();
    const [ada, bob, cyd, dan] = trustees;
    const proposal = await proposeFor(scene(), ada, laptop);
    await vote(scene(), [ada, bob], proposal);
    const unsent = await recoveryVote(scene(), cyd, proposal);
    const unsentNew = await recoveryVote(scene(), dan, proposal, { deadline: (await now()) + 30n * DAY });
    const revoke = {
      policy,
      epoch: 1n,
      trusteeSet: 1n,
      agents: [scene().stolen.id],
      nonce: 0n,
      deadline: (await now()) + 30n * DAY,
    };
    const two = setOf(set.members, { adminQuorum: 2n, delay: 2n * DAY });
    await install(world, policy, [phone], two.settings);
    await install(world, policy, [phone], set.settings);
    expect((await world.registry.trusteeSetOf(policy)).settings).to.equal(set.hash);
    for (const op of [unsent, unsentNew]) {
      const sent = castVote(scene(), op, op === unsent ? cyd : dan);
      await expect(sent).to.be.revertedWithCustomError(
        world.registry,
        op === unsent ? "AgentPolicyDeadlinePassed" : "AgentPolicyTrusteeSetMismatch",
      );
    }
    // the votes that were cast are for a proposal of the first set, which takes none from the third
    await expectRevert(world, vote(scene(), [cyd], proposal), "AgentPolicyProposalUnknown", [
      policy,
      proposal,
    ]);
    expect(await runs(scene())).to.equal(false);
    const approvals = await trusteeApprovals(world, set, [ada, bob], "TrusteeRevoke", revoke);
    await expectRevert(
      world,
      world.registry.revokeByTrustees(revoke, set.settings, approvals),
      "AgentPolicyTrusteeSetMismatch",
      [policy, 1n, 3n],
    );
    // nor is anybody known from then
    expect(await world.registry.trusteeCapabilitiesOf(policy, ada.id)).to.equal(0n);
    await startRecovery(scene());
    await completeRecovery(scene());
    await expectRecovered([]);
  });

  it("the same key under two salts counts once", async () => {
    const { world, policy, phone, trustees, laptop, stolen } = scene();
    const [ada, bob, cyd] = trustees;
    const members = [
      await member(world, policy, ada, { salt: "one" }),
      await member(world, policy, ada, { salt: "two" }),
      await member(world, policy, bob),
      await member(world, policy, cyd),
    ];
    const set = setOf(members);
    await install(world, policy, [phone], set.settings);
    const here = { ...scene(), set };
    const other = { ...here, set: { ...set, members: members.slice(1), trustees: set.trustees.slice(1) } };
    const proposal = await proposeFor(here, ada, laptop);
    await vote(here, [ada, bob], proposal);
    await expectRevert(world, vote(other, [ada], proposal), "AgentPolicyVoteIdle", [
      policy,
      ada.id,
      proposal,
    ]);
    expect(await runs(here)).to.equal(false);
    const op = {
      policy,
      epoch: 1n,
      trusteeSet: 2n,
      agents: [stolen.id],
      nonce: 0n,
      deadline: await deadlineOf(world),
    };
    const signature = await ada.sign(world, "TrusteeRevoke", op);
    const twice = [0, 1].map((i) => ({ trustee: set.trustees[i] ?? known(ada), signature }));
    await expectRevert(
      world,
      world.registry.revokeByTrustees(op, set.settings, twice),
      "AgentPolicyTrusteesNotAscending",
      [ada.id, ada.id],
    );
  });

  it("a trustee fills the policy with junk proposals", async () => {
    const { world, policy, trustees, mallory, malet, watch } = scene();
    const eve = trustees[4];
    const junk = await proposeFor(scene(), eve, mallory);
    for (const to of [malet, watch]) {
      await expectRevert(world, proposeFor(scene(), eve, to), "AgentPolicyProposalOpen", [
        policy,
        eve.id,
        junk,
      ]);
    }
    await vote(scene(), [eve], junk);
    await startRecovery(scene());
    await completeRecovery(scene());
    await expectRecovered([mallory]);
  });

  it("a trustee sends the proposal of another in its own name", async () => {
    const { trustees, laptop } = scene();
    const [ada, bob, cyd, , eve] = trustees;
    const op = await recoveryProposal(scene(), [power(laptop, POWER)]);
    await propose(scene(), op, eve, [laptop]);
    // it is what they want, whoever sent it
    await vote(scene(), [ada, bob, cyd], proposalIdOf(op));
    await completeRecovery(scene());
    await expectRecovered([]);
  });

  it("a recovery runs into an emergency rotation of the owner's", async () => {
    const { world, policy, phone, laptop, trustees } = scene();
    // the owner is not lost: trustees who conspire are refused once
    const proposal = await startRecovery(scene());
    await rotateTo(scene(), phone);
    expect(await runs(scene())).to.equal(false);
    await expectRevert(world, vote(scene(), [trustees[3]], proposal), "AgentPolicyProposalUnknown", [
      policy,
      proposal,
    ]);
    // and she has a recovery delay in which she replaces them, unless they persist
    const next = await trusteeSet(world, policy, [trustees[3], trustees[4], laptop]);
    await install(world, policy, [phone], next.settings);
    expect((await world.registry.trusteeSetOf(policy)).number).to.equal(2n);
    await expectRevert(world, startRecovery(scene()), "AgentPolicyTrusteeSettingsMismatch", [
      policy,
      scene().set.hash,
      next.hash,
    ]);
  });

  it("somebody changes what the recovery is about before it is executed", async () => {
    const { world, policy, stolen, phone, tablet, watch } = scene();
    await startRecovery(scene());
    const { earliest } = await world.registry.recoveryOf(policy);
    // a grant would put another leaf between, a stop another state, a rotation another epoch
    await expectRevert(world, grant(world, policy, stolen, [watch]), "AgentPolicyRecovering", [policy]);
    await stop(world, policy, stolen);
    await world.networkHelpers.time.increaseTo(earliest - 2n);
    const survivor = await rotation(world, policy, {
      agents: [power(phone, POWER)],
      survivors: [tablet],
      settings: { rootCommitment: nextCommitment("brick") },
    });
    await rotate(world, survivor, rootSetOf([scene().root], 1), [scene().root], [phone]);
    // the one refusal: the next recovery runs on whatever happens
    await startRecovery(scene());
    await completeRecovery(scene());
    await expectRecovered([stolen, phone]);
    expect(await bitsOf(world, policy, tablet)).to.equal(0);
    expect((await world.registry.policyOf(policy)).liveProvers).to.equal(0n);
  });

  it("a vote is replayed in another policy of the same owner and trustees", async () => {
    const { world, set, trustees, laptop } = scene();
    const [ada, bob, cyd] = trustees;
    const owner = partyOf(agentKey("twin"));
    const twin = await found(world, [owner]);
    const theirs = await trusteeSet(world, twin, trustees);
    await install(world, twin, [owner], theirs.settings);
    const proposal = await proposeFor(scene(), ada, laptop);
    const op = await recoveryVote(scene(), ada, proposal);
    const signature = await ada.sign(world, "RecoveryVote", op);
    // the same words for the other policy
    await expectRevert(
      world,
      world.registry.voteRecovery({ ...op, policy: twin }, theirs.settings, {
        trustee: trusteeOf(theirs, ada),
        signature,
      }),
      "AgentKeySignatureInvalid",
      [ada.id],
    );
    await expectRevert(
      world,
      vote({ world, policy: twin, set: theirs }, [bob], proposal),
      "AgentPolicyProposalUnknown",
      [twin, proposal],
    );
    // consents are of one policy: the leaves of one set are none of the other
    const foreign = { ...theirs, trustees: set.trustees };
    await expectRevert(
      world,
      vote({ world, policy: twin, set: foreign }, [cyd], proposal),
      "AgentPolicyTrusteeUnknown",
      [twin, cyd.id],
    );
    expect(await runs({ world, policy: twin })).to.equal(false);
    expect(await runs(scene())).to.equal(false);
  });

  it("a vote is replayed on another chain", async () => {
    const { world, set, trustees, laptop } = scene();
    const [ada] = trustees;
    const proposal = await proposeFor(scene(), ada, laptop);
    const op = await recoveryVote(scene(), ada, proposal);
    const fork = { ...world, domain: { ...world.domain, chainId: 5n } };
    const signature = await ada.sign(fork, "RecoveryVote", op);
    const sent = world.registry.voteRecovery(op, set.settings, { trustee: trusteeOf(set, ada), signature });
    await expectRevert(world, sent, "AgentKeySignatureInvalid", [ada.id]);
  });

  it("a thief jumps the anchor to 2^64 - 1, or fills it with junk", async () => {
    const { world, policy, stolen, phone } = scene();
    const anchor = async (by: Party, sequence: bigint) => {
      const deadline = await deadlineOf(world);
      const op = { policy, epoch: 1n, sequence, backup: id(`junk ${sequence}`), agent: by.id, deadline };
      return world.registry.anchorBackup(op, await approve(world, "AnchorBackup", op, by));
    };
    await expectRevert(world, anchor(stolen, 2n ** 64n - 1n), "AgentPolicyAnchorOutOfSequence", [
      policy,
      2n ** 64n - 1n,
      1n,
    ]);
    for (let sequence = 1n; sequence <= 20n; sequence++) await anchor(stolen, sequence);
    // the owner goes on, and the key tells whose the junk was
    await anchor(phone, 21n);
    const { sequence, agent } = await world.registry.backupOf(policy);
    expect([sequence, agent]).to.deep.equal([21n, phone.id]);
  });

  it("one agent changes the share set", async () => {
    const { world, policy, stolen, phone, set } = scene();
    const shareSet = id("a sharing of the thief's");
    const { id: change, earliest } = await scheduleTrustees(world, policy, [stolen], {
      ...set.settings,
      shareSet,
    });
    // it is part of the trustees, so it waits as they do, and any ADMIN vetoes it
    expect(earliest).to.equal((await now()) + RECOVERY_DELAY);
    await veto(world, policy, change, phone);
    expect((await world.registry.trusteeSetOf(policy)).settings).to.equal(set.hash);
  });

  it("a minority of trustees freezes nothing", async () => {
    const { world, policy, stolen, trustees, mallory, watch } = scene();
    const [, , , dan, eve] = trustees;
    const proposal = await proposeFor(scene(), dan, mallory);
    await vote(scene(), [dan, eve], proposal);
    await grant(world, policy, stolen, [watch]);
    await scheduled(world, policy, [stolen], { settings: { window: DAY } });
    expect(await pendingIds(world, policy)).to.have.length(1);
    expect(await runs(scene())).to.equal(false);
  });

  it("a trustee that votes and leaves again holds up only those whom it helped", async () => {
    const { trustees } = scene();
    const [ada, bob, cyd, dan, eve] = trustees;
    const proposal = await startRecovery(scene());
    await vote(scene(), [dan], proposal);
    await vote(scene(), [eve], proposal);
    for (let i = 0; i < 3; i++) {
      await vote(scene(), [eve]);
      await vote(scene(), [eve], proposal);
    }
    await vote(scene(), [eve, dan]);
    expect(await runs(scene())).to.equal(true);
    await completeRecovery(scene());
    await expectRecovered([ada, bob, cyd]);
  });

  it("a trustee who is also ADMIN has one vote of each side, and no more", async () => {
    const { world, policy, stolen, phone, trustees } = scene();
    const both = await trusteeSet(world, policy, [phone, ...trustees.slice(1)]);
    await install(world, policy, [phone], both.settings);
    const here = { ...scene(), set: both };
    const [, bob, cyd, dan, eve] = trustees;
    await vote(here, [bob, cyd, dan], await proposeFor(here, bob, scene().laptop));
    const op = await cancellation(here);
    await expectRevert(world, cancel(here, op, [stolen, phone], [phone]), "AgentPolicyTrusteeQuorumMissing", [
      policy,
      8n,
      1n,
      2n,
    ]);
    await cancel(here, op, [stolen, phone], [phone, eve]);
    expect(await runs(here)).to.equal(false);
  });

  it("somebody clears a recovery that can still be executed, or lets it lie to keep the policy closed", async () => {
    const { world, policy, stolen, watch } = scene();
    await startRecovery(scene());
    const { earliest, latest } = await world.registry.recoveryOf(policy);
    await world.networkHelpers.time.increaseTo(earliest);
    await expect(world.registry.clearRecovery(policy)).to.be.revertedWithCustomError(
      world.registry,
      "AgentPolicyRecoveryNotLapsed",
    );
    await world.networkHelpers.time.increaseTo(latest + 1n);
    await world.registry.clearRecovery(policy);
    await grant(world, policy, stolen, [watch]);
  });

  it("a thief of the only ADMIN abandons the policy while it recovers", async () => {
    const { world, policy, stolen, phone } = scene();
    const { id: change, earliest } = await scheduled(world, policy, [stolen, phone], { abandon: true });
    await startRecovery(scene());
    await world.networkHelpers.time.increaseTo(earliest);
    await expectRevert(world, world.registry.execute(policy, change), "AgentPolicyChangeUnknown", [
      policy,
      change,
    ]);
    await expectRevert(
      world,
      scheduled(world, policy, [stolen, phone], { abandon: true }),
      "AgentPolicyRecovering",
      [policy],
    );
    await completeRecovery(scene());
    expect((await world.registry.policyOf(policy)).abandoned).to.equal(false);
  });

  it("a policy without trustees has nobody that could recover it", async () => {
    const { world, policy, phone, trustees, set, laptop } = scene();
    await install(world, policy, [phone], NOBODY);
    await expectRevert(
      world,
      proposeFor(scene(), trustees[0], laptop),
      "AgentPolicyTrusteeSettingsMismatch",
      [policy, set.hash, ZeroHash],
    );
  });
});
