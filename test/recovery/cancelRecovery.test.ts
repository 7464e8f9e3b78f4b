import { expect } from "chai";
import { ZeroHash } from "ethers";
import {
  bitsOf,
  expectRevert,
  grant,
  pendingIds,
  scheduled,
  voidApprovals,
} from "../policy/governanceSupport.ts";
import {
  cancel,
  cancellation,
  completeRecovery,
  install,
  POWER,
  proposeFor,
  runs,
  startRecovery,
  useScene,
  vote,
} from "./support.ts";
import { ADMIN_AUTHZ, setOf } from "./trusteeSet.ts";

describe("cancelRecovery", () => {
  const scene = useScene();

  it("ends the recovery by most ADMINs with as many trustees as the quorum lacks", async () => {
    const { world, policy, stolen, phone, trustees, watch } = scene();
    const proposal = await startRecovery(scene());
    const op = await cancellation(scene());
    // two who did not vote for it
    await expect(cancel(scene(), op, [stolen, phone], trustees.slice(3)))
      .to.emit(world.registry, "RecoveryCancelled")
      .withArgs(policy, 0n, proposal);
    expect([...(await world.registry.recoveryOf(policy))]).to.deep.equal([1n, ZeroHash, 0n, 0n, false]);
    await grant(world, policy, stolen, [watch]);
    await scheduled(world, policy, [phone], { settings: { window: 86_400n } });
    expect(await pendingIds(world, policy)).to.have.length(1);
  });

  it("lets trustees change sides who voted for it, once they have taken that back", async () => {
    const { world, policy, stolen, phone, trustees } = scene();
    const proposal = await startRecovery(scene());
    const [ada, bob, , dan, eve] = trustees;
    const op = await cancellation(scene());
    const send = () => cancel(scene(), op, [stolen, phone], [ada, eve]);
    await expectRevert(world, send(), "AgentPolicyVoteContrary", [policy, ada.id, proposal]);
    expect(await runs(scene())).to.equal(true);
    await vote(scene(), [dan], proposal);
    await vote(scene(), [ada], ZeroHash);
    await send();
    expect(await runs(scene())).to.equal(false);
    expect([...(await world.registry.voteOf(policy, bob.id))]).to.deep.equal([ZeroHash, 0n]);
  });

  it("voids every vote and proposal", async () => {
    const { world, policy, stolen, phone, trustees } = scene();
    const [ada] = trustees;
    const proposal = await startRecovery(scene());
    await cancel(scene(), await cancellation(scene()), [stolen, phone], trustees.slice(3));
    expect([...(await world.registry.voteOf(policy, ada.id))]).to.deep.equal([ZeroHash, 0n]);
    await expectRevert(world, vote(scene(), [ada], proposal), "AgentPolicyProposalUnknown", [
      policy,
      proposal,
    ]);
    await startRecovery(scene());
    expect((await world.registry.recoveryOf(policy)).number).to.equal(1n);
  });

  it("refuses ADMINs without trustees, one trustee too few, and trustees without ADMINs", async () => {
    const { world, policy, stolen, phone, trustees } = scene();
    await startRecovery(scene());
    const op = await cancellation(scene());
    for (const few of [[], trustees.slice(0, 1)]) {
      await expectRevert(
        world,
        cancel(scene(), op, [stolen, phone], few),
        "AgentPolicyTrusteeQuorumMissing",
        [policy, BigInt(ADMIN_AUTHZ), BigInt(few.length), 2n],
      );
    }
    await expectRevert(world, cancel(scene(), op, [], trustees), "AgentPolicyApprovalCount", [0n, 32n]);
    await expectRevert(world, cancel(scene(), op, [phone], trustees), "AgentPolicyMajorityMissing", [
      policy,
      1n,
      2n,
    ]);
    expect(await runs(scene())).to.equal(true);
  });

  it("asks for one trustee at least, though the quorum be all of them", async () => {
    const { world, policy, stolen, phone, set, trustees, laptop } = scene();
    const all = setOf(set.members, { adminQuorum: 5n });
    await install(world, policy, [phone], all.settings);
    const here = { ...scene(), set: all };
    await vote(here, trustees, await proposeFor(here, trustees[0], laptop));
    const op = await cancellation(here);
    await expectRevert(world, cancel(here, op, [stolen, phone], []), "AgentPolicyTrusteeQuorumMissing", [
      policy,
      BigInt(ADMIN_AUTHZ),
      0n,
      1n,
    ]);
    // here everyone voted for it: each of them stops it alone
    const [ada] = trustees;
    const { proposal } = op;
    await expectRevert(world, cancel(here, op, [stolen, phone], [ada]), "AgentPolicyVoteContrary", [
      policy,
      ada.id,
      proposal,
    ]);
    await vote(here, [ada], ZeroHash);
    expect(await runs(here)).to.equal(false);
  });

  it("refuses ADMINs that are none, and trustees twice or out of order", async () => {
    const { world, policy, stolen, phone, tablet, trustees } = scene();
    await startRecovery(scene());
    const op = await cancellation(scene());
    const [ada] = trustees;
    await expectRevert(world, cancel(scene(), op, [stolen, tablet], trustees), "AgentPolicyNoVote", [
      policy,
      tablet.id,
    ]);
    await expectRevert(
      world,
      cancel(scene(), op, [stolen, phone], [ada, ada]),
      "AgentPolicyTrusteesNotAscending",
      [ada.id, ada.id],
    );
  });

  it("refuses what does not run, another recovery, another epoch and another time", async () => {
    const { world, policy, stolen, phone, trustees } = scene();
    const none = await cancellation(scene());
    const both = [stolen, phone] as const;
    await expectRevert(world, cancel(scene(), none, both, trustees), "AgentPolicyRecoveryNotRunning", [
      policy,
      ZeroHash,
      ZeroHash,
    ]);
    const proposal = await startRecovery(scene());
    const now = BigInt(await world.networkHelpers.time.latest());
    const other = `0x${"11".repeat(32)}`;
    for (const [override, error, args] of [
      [{ proposal: other }, "AgentPolicyRecoveryNotRunning", [policy, other, proposal]],
      [{ recovery: 1n }, "AgentPolicyRecoveryMismatch", [policy, 1n, 0n]],
      [{ epoch: 2n }, "AgentPolicyEpochMismatch", [policy, 2n, 1n]],
      [{ deadline: now }, "AgentPolicyDeadlinePassed", [now, now + 1n]],
    ] as const) {
      const op = await cancellation(scene(), override);
      await expectRevert(world, cancel(scene(), op, both, trustees), error, args);
    }
  });

  it("cannot be replayed against the next recovery", async () => {
    const { world, policy, stolen, phone, trustees } = scene();
    await startRecovery(scene());
    const op = await cancellation(scene());
    await cancel(scene(), op, [stolen, phone], trustees.slice(3));
    await startRecovery(scene());
    await expectRevert(
      world,
      cancel(scene(), op, [stolen, phone], trustees.slice(3)),
      "AgentPolicyRecoveryMismatch",
      [policy, 0n, 1n],
    );
  });

  it("dies with the counter of an ADMIN", async () => {
    const { world, policy, set, stolen, phone, trustees } = scene();
    await startRecovery(scene());
    const op = await cancellation(scene());
    await voidApprovals(world, policy, phone);
    const signature = await phone.sign(world, "CancelRecovery", { ...op, counter: 0n });
    const sent = world.registry.cancelRecovery(op, set.settings, [{ key: phone.key, signature }], []);
    await expectRevert(world, sent, "AgentKeySignatureInvalid", [phone.id]);
    await cancel(scene(), op, [stolen, phone], trustees.slice(3));
  });

  it("does not stop a recovery that comes again", async () => {
    const { world, policy, stolen, phone, trustees, laptop } = scene();
    await startRecovery(scene());
    await cancel(scene(), await cancellation(scene()), [stolen, phone], trustees.slice(3));
    await startRecovery(scene());
    await completeRecovery(scene());
    expect(await bitsOf(world, policy, laptop)).to.equal(POWER);
    expect(await bitsOf(world, policy, stolen)).to.equal(0);
  });
});
