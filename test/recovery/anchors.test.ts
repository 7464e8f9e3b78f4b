import { expect } from "chai";
import { id, ZeroHash } from "ethers";
import type { AnchorBackupStruct, PermitAnchorStruct } from "../../types/interfaces/IAgentPolicy.ts";
import {
  approve,
  approveAll,
  expectRevert,
  found,
  frameOf,
  type Party,
  partyOf,
  take,
  voidApprovals,
} from "../policy/governanceSupport.ts";
import { agentKey, deadlineOf, FAR, PROVE, PROVE_GRANT } from "../policy/support.ts";
import { completeRecovery, rotateTo, startRecovery, useScene } from "./support.ts";

describe("anchors of backups", () => {
  const scene = useScene();

  async function anchor(
    agent: Party,
    sequence: bigint,
    override: Partial<AnchorBackupStruct> = {},
  ): Promise<AnchorBackupStruct> {
    const { world, policy } = scene();
    const { epoch } = await world.registry.policyOf(policy);
    const backup = id(`backup ${sequence}`);
    return {
      policy,
      epoch,
      sequence,
      backup,
      agent: agent.id,
      deadline: await deadlineOf(world),
      ...override,
    };
  }

  async function send(op: AnchorBackupStruct, by: Party) {
    const { world } = scene();
    return world.registry.anchorBackup(op, await approve(world, "AnchorBackup", op, by));
  }

  async function permission(
    by: Party,
    agent: Party,
    permitted: boolean,
    override: Partial<PermitAnchorStruct> = {},
  ): Promise<PermitAnchorStruct> {
    const { world, policy } = scene();
    return { ...(await frameOf(world, policy, by)), agent: agent.id, permitted, ...override };
  }

  async function permit(op: PermitAnchorStruct, by: readonly Party[]) {
    const { world } = scene();
    return world.registry.permitAnchor(op, await approveAll(world, "PermitAnchor", op, by));
  }

  it("are recorded one after the other by ADMINs", async () => {
    const { world, policy, stolen, phone } = scene();
    expect([...(await world.registry.backupOf(policy))]).to.deep.equal([0n, 0n, ZeroHash, ZeroHash]);
    await send(await anchor(phone, 1n), phone);
    await expect(send(await anchor(stolen, 2n), stolen))
      .to.emit(world.registry, "BackupAnchored")
      .withArgs(policy, stolen.id, 2n, id("backup 2"));
    const now = BigInt(await world.networkHelpers.time.latest());
    expect([...(await world.registry.backupOf(policy))]).to.deep.equal([2n, now, id("backup 2"), stolen.id]);
  });

  it("follow each other by exactly one", async () => {
    const { world, policy, phone } = scene();
    for (const sequence of [0n, 2n, 2n ** 64n - 1n]) {
      const sent = send(await anchor(phone, sequence), phone);
      await expectRevert(world, sent, "AgentPolicyAnchorOutOfSequence", [policy, sequence, 1n]);
    }
    const op = await anchor(phone, 1n);
    await send(op, phone);
    await expectRevert(world, send(op, phone), "AgentPolicyAnchorOutOfSequence", [policy, 1n, 2n]);
  });

  it("are refused from agents without ADMIN that nobody permitted", async () => {
    const { world, policy, tablet } = scene();
    const sent = send(await anchor(tablet, 1n), tablet);
    await expectRevert(world, sent, "AgentPolicyAnchorNotPermitted", [policy, tablet.id]);
  });

  it("are taken from an agent that proves and is permitted, until it is not", async () => {
    const { world, policy, phone, tablet } = scene();
    await expect(permit(await permission(phone, tablet, true), [phone]))
      .to.emit(world.registry, "AnchorPermitted")
      .withArgs(policy, tablet.id, true);
    await send(await anchor(tablet, 1n), tablet);
    await permit(await permission(phone, tablet, false), [phone]);
    const sent = send(await anchor(tablet, 2n), tablet);
    await expectRevert(world, sent, "AgentPolicyAnchorNotPermitted", [policy, tablet.id]);
    expect((await world.registry.backupOf(policy)).sequence).to.equal(1n);
  });

  it("are refused from a permitted agent whose PROVE was taken", async () => {
    const { world, policy, phone, tablet } = scene();
    await permit(await permission(phone, tablet, true), [phone]);
    await take(world, policy, phone, [tablet], PROVE);
    const sent = send(await anchor(tablet, 1n), tablet);
    await expectRevert(world, sent, "AgentPolicyApproverRemoved", [policy, tablet.id]);
  });

  it("are refused from a permitted agent that holds other power, but proves no more", async () => {
    const { world } = scene();
    const [owner, helper] = [partyOf(agentKey("owner of anchors")), partyOf(agentKey("helper of anchors"))];
    const policy = await found(world, [owner], { others: [[helper, PROVE | PROVE_GRANT]] });
    await permit(await permission(owner, helper, true, { policy }), [owner]);
    await send(await anchor(helper, 1n, { policy }), helper);
    await take(world, policy, owner, [helper], PROVE);
    const sent = send(await anchor(helper, 2n, { policy }), helper);
    await expectRevert(world, sent, "AgentPolicyAnchorNotPermitted", [policy, helper.id]);
  });

  it("are refused from a permitted agent when the epoch has ended", async () => {
    const { world, policy, phone, tablet } = scene();
    await permit(await permission(phone, tablet, true), [phone]);
    const old = await anchor(tablet, 1n);
    await rotateTo(scene(), phone);
    await expectRevert(world, send(old, tablet), "AgentPolicyEpochMismatch", [policy, 1n, 2n]);
    const sent = send(await anchor(tablet, 1n), tablet);
    await expectRevert(world, sent, "AgentPolicyApproverUnknown", [policy, tablet.id]);
  });

  it("are permitted by the ADMIN quorum only", async () => {
    const { world, policy, phone, tablet } = scene();
    const own = permit(await permission(tablet, tablet, true), [tablet]);
    await expectRevert(world, own, "AgentPolicyApproverWithoutRight", [policy, tablet.id, BigInt(PROVE), 8n]);
    const op = await permission(phone, tablet, true);
    await permit(op, [phone]);
    await expectRevert(world, permit(op, [phone]), "AgentPolicyNonceMismatch", [
      policy,
      phone.id,
      0n,
      1n,
      2n,
    ]);
  });

  it("are bound to agent, epoch, time and counter", async () => {
    const { world, policy, phone, stolen } = scene();
    const now = BigInt(await world.networkHelpers.time.latest());
    for (const [override, error, args] of [
      [{ agent: stolen.id }, "AgentPolicyProposerNotApproving", [stolen.id]],
      [{ epoch: 2n }, "AgentPolicyEpochMismatch", [policy, 2n, 1n]],
      [{ deadline: now }, "AgentPolicyDeadlinePassed", [now, now + 1n]],
      [{ deadline: FAR }, "AgentPolicyDeadlineTooFar", [FAR, now + 1n]],
    ] as const) {
      await expectRevert(world, send(await anchor(phone, 1n, override), phone), error, args);
    }
    const op = await anchor(phone, 1n);
    const stale = await approve(world, "AnchorBackup", op, phone);
    await voidApprovals(world, policy, phone);
    await expectRevert(world, world.registry.anchorBackup(op, stale), "AgentKeySignatureInvalid", [phone.id]);
  });

  it("go on after a recovery, by those who hold power then", async () => {
    const { world, policy, phone, laptop } = scene();
    await send(await anchor(phone, 1n), phone);
    await startRecovery(scene());
    await send(await anchor(phone, 2n), phone);
    await completeRecovery(scene());
    const sent = send(await anchor(phone, 3n), phone);
    await expectRevert(world, sent, "AgentPolicyApproverUnknown", [policy, phone.id]);
    await send(await anchor(laptop, 3n), laptop);
    expect((await world.registry.backupOf(policy)).agent).to.equal(laptop.id);
  });
});
