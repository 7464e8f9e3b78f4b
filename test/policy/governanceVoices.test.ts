import { expect } from "chai";
import { ZeroHash } from "ethers";
import {
  approve,
  approveAll,
  approveMore,
  at,
  bitsOf,
  enact,
  expectRevert,
  found,
  now,
  type Party,
  partySource,
  pendingIds,
  power,
  proposal,
  renounce,
  schedule,
  scheduled,
  veto,
  voidApprovals,
  wait,
  withdraw,
} from "./governanceSupport.ts";
import {
  ADMIN,
  DAY,
  deadlineOf,
  deployWorld,
  HOUR,
  PROVE,
  PROVE_GRANT,
  PROVE_REVOKE,
  SETTINGS,
  type World,
} from "./support.ts";

const key = partySource("voices");
const DELAY = BigInt(SETTINGS.delay);
const DELAY_CHANGE = { settings: { delay: HOUR } };

describe("AgentPolicyRegistry: who decides about a governance change", () => {
  let world: World;

  before(async () => {
    world = await deployWorld();
  });

  /** A policy of five ADMINs, any `quorum` of whom suffice, and one agent that proves. */
  async function five(adminQuorum = 1n) {
    const [a, b, c, d, e] = [key("a"), key("b"), key("c"), key("d"), key("e")];
    const prover = key("prover");
    const others = [[prover, PROVE]] as const;
    const policy = await found(world, [a, b, c, d, e], { others, settings: { adminQuorum } });
    return { a, b, c, d, e, prover, policy };
  }

  async function approversOf(policy: bigint, id: string): Promise<string[]> {
    return [...(await world.registry.pendingChangeOf(policy, id)).approvers].sort();
  }

  function idsOf(...parties: Party[]): string[] {
    return parties.map(({ id }) => id).sort();
  }

  describe("approveChange", () => {
    it("adds approvals, and tells when most ADMINs are behind the change", async () => {
      const { a, b, c, policy } = await five();
      const { op, id } = await scheduled(world, policy, [a], DELAY_CHANGE);
      const { registry } = world;
      const second = approveMore(world, op, [b]);
      await expect(second).to.emit(registry, "ChangeApproved").withArgs(policy, id, b.id, false);
      expect((await registry.pendingChangeOf(policy, id)).majority).to.equal(false);
      const third = approveMore(world, op, [c]);
      await expect(third).to.emit(registry, "ChangeApproved").withArgs(policy, id, c.id, true);
      const view = await registry.pendingChangeOf(policy, id);
      expect(view.majority).to.equal(true);
      expect(await approversOf(policy, id)).to.deep.equal(idsOf(a, b, c));
    });

    it("leaves the times of the change alone", async () => {
      const { a, b, c, policy } = await five();
      const { op, id, earliest, latest } = await scheduled(world, policy, [a], DELAY_CHANGE);
      await wait(world, DAY);
      await approveMore(world, op, [b, c]);
      const view = await world.registry.pendingChangeOf(policy, id);
      expect([view.earliest, view.latest]).to.deep.equal([earliest, latest]);
    });

    it("skips who approves already, so that nobody can make a list fail by sending a part of it in front", async () => {
      const { a, b, c, policy } = await five();
      const { op, id } = await scheduled(world, policy, [a], DELAY_CHANGE);
      const all = await approveAll(world, "GovernanceChange", op, [a, b, c]);
      await approveMore(world, op, [b]);
      const sent = world.registry.approveChange(op, all);
      await expect(sent).to.emit(world.registry, "ChangeApproved").withArgs(policy, id, c.id, true);
      await sent;
      const logs = (await (await sent).wait())?.logs ?? [];
      expect(logs).to.have.length(1);
      expect(await approversOf(policy, id)).to.deep.equal(idsOf(a, b, c));
      await expectRevert(world, world.registry.approveChange(op, all), "AgentPolicyChangeApproved", [id]);
    });

    it("skips who withdrew, so that nobody can make a list fail by doing so in front", async () => {
      const { a, b, c, policy } = await five();
      const { op, id } = await scheduled(world, policy, [a], DELAY_CHANGE);
      const all = await approveAll(world, "GovernanceChange", op, [a, b, c]);
      await approveMore(world, op, [b]);
      await withdraw(world, policy, id, b);
      await world.registry.approveChange(op, all);
      expect(await approversOf(policy, id)).to.deep.equal(idsOf(a, c));
    });

    it("takes ADMINs alone, and none that withdrew", async () => {
      const { a, b, prover, policy } = await five();
      const { op, id } = await scheduled(world, policy, [a, b], DELAY_CHANGE);
      await expectRevert(world, approveMore(world, op, [prover]), "AgentPolicyNoVote", [policy, prover.id]);
      const stranger = key("stranger");
      await expectRevert(world, approveMore(world, op, [stranger]), "AgentPolicyApproverUnknown", [
        policy,
        stranger.id,
      ]);
      await withdraw(world, policy, id, b);
      await expectRevert(world, approveMore(world, op, [b]), "AgentPolicyChangeWithdrawn", [id, b.id]);
      await expectRevert(world, approveMore(world, op, []), "AgentPolicyApprovalCount", [0, 32]);
    });

    it("is possible until the latest second, and not after the deadline that was signed", async () => {
      const { a, b, c, d, policy } = await five();
      const { op, id, latest } = await scheduled(world, policy, [a], DELAY_CHANGE);
      const [inTime, late] = await Promise.all(
        [b, c].map((party) => approveAll(world, "GovernanceChange", op, [party])),
      );
      await at(world, latest);
      await world.registry.approveChange(op, inTime ?? []);
      await at(world, latest + 1n);
      await expectRevert(world, world.registry.approveChange(op, late ?? []), "AgentPolicyChangeTooLate", [
        id,
        latest,
        latest + 1n,
      ]);
      const soon = await proposal(
        world,
        policy,
        d,
        { settings: { window: DAY } },
        { deadline: latest + DAY },
      );
      await schedule(world, soon, [d]);
      await at(world, latest + DAY + 1n);
      await expectRevert(world, approveMore(world, soon, [b]), "AgentPolicyDeadlinePassed", [
        latest + DAY,
        latest + DAY + 1n,
      ]);
    });

    it("reverts for a change that was not scheduled", async () => {
      const { a, b, policy } = await five();
      const op = await proposal(world, policy, a, DELAY_CHANGE);
      await expect(approveMore(world, op, [b])).to.be.revertedWithCustomError(
        world.registry,
        "AgentPolicyChangeUnknown",
      );
    });

    it("takes nothing that was signed before its signer voided it", async () => {
      const { a, b, policy } = await five();
      const { op } = await scheduled(world, policy, [a], DELAY_CHANGE);
      const old = await approveAll(world, "GovernanceChange", op, [b]);
      await voidApprovals(world, policy, b);
      await expectRevert(world, world.registry.approveChange(op, old), "AgentKeySignatureInvalid", [b.id]);
      await approveMore(world, op, [b]);
    });
  });

  describe("withdraw", () => {
    it("takes back one approval for good, whichever it is", async () => {
      for (const leaving of [0, 1, 2] as const) {
        const { a, b, c, policy } = await five();
        const { id } = await scheduled(world, policy, [a, b, c], DELAY_CHANGE);
        const parties = [a, b, c];
        const party = parties[leaving] ?? a;
        const sent = withdraw(world, policy, id, party);
        await expect(sent).to.emit(world.registry, "ChangeWithdrawn").withArgs(policy, id, party.id);
        const rest = parties.filter((one) => one !== party);
        expect(await approversOf(policy, id)).to.deep.equal(idsOf(...rest));
        expect((await world.registry.pendingChangeOf(policy, id)).majority).to.equal(false);
        await expectRevert(world, withdraw(world, policy, id, party), "AgentPolicyChangeNotApproved", [
          id,
          party.id,
        ]);
      }
    });

    it("ends the change below the quorum, and leaves the proposer free", async () => {
      const { a, b, policy } = await five(2n);
      const { id } = await scheduled(world, policy, [a, b], DELAY_CHANGE);
      const sent = withdraw(world, policy, id, b);
      await expect(sent).to.emit(world.registry, "ChangeLapsed").withArgs(policy, id);
      expect(await pendingIds(world, policy)).to.deep.equal([]);
      expect(await world.registry.proposerWaitsUntil(policy, a.id)).to.equal(0);
      await scheduled(world, policy, [a, b], DELAY_CHANGE);
    });

    it("ends it below the quorum of today, not of the day it was scheduled", async () => {
      const { a, b, c, d, policy } = await five();
      const { id } = await scheduled(world, policy, [a, b], { settings: { window: DAY } });
      await enact(world, policy, [c, d], { settings: { adminQuorum: 2n } });
      await withdraw(world, policy, id, b);
      expect(await pendingIds(world, policy)).to.deep.equal([]);
    });

    it("takes the majority away, and the veto is open again", async () => {
      const { a, b, c, d, e, policy } = await five();
      const { op, id } = await scheduled(world, policy, [a, b, c], DELAY_CHANGE);
      await expectRevert(world, veto(world, policy, id, e), "AgentPolicyChangeHasMajority", [id, 3, 5]);
      await withdraw(world, policy, id, c);
      expect((await world.registry.pendingChangeOf(policy, id)).majority).to.equal(false);
      await approveMore(world, op, [d]);
      await expectRevert(world, veto(world, policy, id, e), "AgentPolicyChangeHasMajority", [id, 3, 5]);
      await withdraw(world, policy, id, a);
      await veto(world, policy, id, e);
    });

    it("is for approvers alone, with their own signature", async () => {
      const { a, b, c, prover, policy } = await five();
      const { id } = await scheduled(world, policy, [a, b], DELAY_CHANGE);
      for (const party of [c, prover]) {
        await expectRevert(world, withdraw(world, policy, id, party), "AgentPolicyChangeNotApproved", [
          id,
          party.id,
        ]);
      }
      const op = { policy, epoch: 1, change: id, agent: a.id, deadline: await deadlineOf(world) };
      const foreign = await approve(world, "Withdraw", op, c);
      await expectRevert(world, world.registry.withdraw(op, foreign), "AgentPolicyProposerNotApproving", [
        a.id,
      ]);
      const forged = { ...foreign, key: a.key };
      await expectRevert(world, world.registry.withdraw(op, forged), "AgentKeySignatureInvalid", [a.id]);
      await expectRevert(world, withdraw(world, policy, ZeroHash, a), "AgentPolicyChangeUnknown", [
        policy,
        ZeroHash,
      ]);
    });
  });

  describe("veto", () => {
    it("ends a change, of whoever proposed it, until it is executed", async () => {
      const { a, b, c, policy } = await five();
      const { id, latest } = await scheduled(world, policy, [a, b], DELAY_CHANGE);
      const op = { policy, epoch: 1, change: id, agent: c.id, deadline: latest + DAY };
      const approval = await approve(world, "Veto", op, c);
      await at(world, latest);
      const sent = world.registry.connect(world.stranger).veto(op, approval);
      await expect(sent).to.emit(world.registry, "ChangeVetoed").withArgs(policy, id, c.id);
      expect(await pendingIds(world, policy)).to.deep.equal([]);
      const again = [policy, id];
      await expectRevert(world, world.registry.veto(op, approval), "AgentPolicyChangeUnknown", again);
      await expectRevert(world, world.registry.execute(policy, id), "AgentPolicyChangeUnknown", again);
    });

    it("is for ADMINs alone", async () => {
      const { a, b, prover, policy } = await five();
      const granter = key("granter");
      await enact(world, policy, [a, b], { agents: [power(granter, PROVE_GRANT | PROVE_REVOKE)] }, [granter]);
      const { id } = await scheduled(world, policy, [a], DELAY_CHANGE);
      for (const party of [prover, granter]) {
        await expectRevert(world, veto(world, policy, id, party), "AgentPolicyNoVote", [policy, party.id]);
      }
    });

    it("is unlimited", async () => {
      const { a, b, c, policy } = await five();
      for (let round = 0; round < 4; round++) {
        for (const proposer of [a, b]) {
          const { id } = await scheduled(world, policy, [proposer], DELAY_CHANGE);
          await veto(world, policy, id, c);
        }
        await wait(world, DELAY);
      }
      expect((await world.registry.settingsOf(policy)).delay).to.equal(DELAY);
    });

    it("fails while most ADMINs are behind the change, be it the proposer's own or an approver's", async () => {
      const { a, b, c, d, policy } = await five();
      const { id, earliest } = await scheduled(world, policy, [a, b, c], DELAY_CHANGE);
      for (const party of [a, d]) {
        await expectRevert(world, veto(world, policy, id, party), "AgentPolicyChangeHasMajority", [id, 3, 5]);
      }
      await at(world, earliest);
      await world.registry.execute(policy, id);
    });

    it("takes strictly more than half: two of four are vetoed", async () => {
      const [a, b, c, d] = [key("a"), key("b"), key("c"), key("d")];
      const policy = await found(world, [a, b, c, d]);
      const half = await scheduled(world, policy, [a, b], DELAY_CHANGE);
      await veto(world, policy, half.id, c);
      const more = await scheduled(world, policy, [a, b, c], DELAY_CHANGE);
      await expectRevert(world, veto(world, policy, more.id, d), "AgentPolicyChangeHasMajority", [
        more.id,
        3,
        4,
      ]);
    });

    it("works again once approvers were removed and most are no longer behind it", async () => {
      const { a, b, c, d, e, policy } = await five();
      const removal = await scheduled(world, policy, [d], { agents: [power(c, 0)] });
      const { id, earliest } = await scheduled(world, policy, [a, b, c], { settings: { window: DAY } });
      await at(world, earliest);
      await world.registry.execute(policy, removal.id);
      // two of four are left behind it
      await veto(world, policy, id, e);
    });

    it("works where most came about only by the removal of others, not by approval", async () => {
      const { a, b, c, d, e, policy } = await five();
      const removal = await scheduled(world, policy, [d], { agents: [power(e, 0), power(d, 0)] });
      const { op, id, earliest } = await scheduled(world, policy, [a], { settings: { window: DAY } });
      await approveMore(world, op, [b]);
      await at(world, earliest);
      await world.registry.execute(policy, removal.id);
      // two of three are behind it now, but were two of five when they approved
      expect((await world.registry.pendingChangeOf(policy, id)).majority).to.equal(false);
      await veto(world, policy, id, c);
    });

    it("cannot burden the proposer of a change whose time has passed", async () => {
      const { a, b, policy } = await five();
      const { id, latest } = await scheduled(world, policy, [a], DELAY_CHANGE);
      await at(world, latest + 1n);
      await world.networkHelpers.mine();
      await at(world, latest + 10n);
      await expectRevert(world, veto(world, policy, id, b), "AgentPolicyChangeTooLate", [
        id,
        latest,
        latest + 10n,
      ]);
      expect(await world.registry.proposerWaitsUntil(policy, a.id)).to.equal(0);
    });
  });

  describe("after a veto", () => {
    it("the proposer waits one delay, to the second, and others do not", async () => {
      const { a, b, c, policy } = await five();
      const { id } = await scheduled(world, policy, [a, b], DELAY_CHANGE);
      await veto(world, policy, id, c);
      const until = (await now(world)) + DELAY;
      expect(await world.registry.proposerWaitsUntil(policy, a.id)).to.equal(until);
      expect(await world.registry.proposerWaitsUntil(policy, b.id)).to.equal(0);
      await scheduled(world, policy, [b], { settings: { window: DAY } });
      await wait(world, DELAY - 100n);
      const next = await proposal(world, policy, a, DELAY_CHANGE);
      await at(world, until - 1n);
      await expectRevert(world, schedule(world, next, [a, b]), "AgentPolicyProposerMustWait", [
        policy,
        a.id,
        until,
      ]);
      await at(world, until);
      await schedule(world, next, [a, b]);
      expect(await world.registry.proposerWaitsUntil(policy, a.id)).to.equal(0);
    });

    it("the proposer need not wait with most ADMINs behind the next", async () => {
      const { a, b, c, d, policy } = await five();
      const { id } = await scheduled(world, policy, [a], DELAY_CHANGE);
      await veto(world, policy, id, d);
      await scheduled(world, policy, [a, b, c], DELAY_CHANGE);
    });

    it("the delay in force at the veto counts, not the one at scheduling or later", async () => {
      const { a, b, c, policy } = await five();
      const quick = await scheduled(world, policy, [b], { settings: { delay: HOUR } });
      const { id } = await scheduled(world, policy, [a], { settings: { window: DAY } });
      await at(world, quick.earliest);
      await world.registry.execute(policy, quick.id);
      await veto(world, policy, id, c);
      expect(await world.registry.proposerWaitsUntil(policy, a.id)).to.equal((await now(world)) + HOUR);
    });

    it("the wait is of its proposer in one policy", async () => {
      const { a, b, policy } = await five();
      const other = await found(world, [key("founder"), a]);
      const { id } = await scheduled(world, policy, [a], DELAY_CHANGE);
      await veto(world, policy, id, b);
      await scheduled(world, other, [a], DELAY_CHANGE);
    });
  });

  it("ADMINs that renounce count no more, for quorum, majority and veto", async () => {
    const { a, b, c, d, e, policy } = await five(2n);
    const { id, earliest } = await scheduled(world, policy, [a, b], DELAY_CHANGE);
    await renounce(world, policy, b, ADMIN);
    expect(await bitsOf(world, policy, b)).to.equal(0);
    await at(world, earliest);
    await expectRevert(world, world.registry.execute(policy, id), "AgentPolicyRightMissing", [
      policy,
      ADMIN,
      1,
      2,
    ]);
    await expectRevert(world, veto(world, policy, id, b), "AgentPolicyApproverRemoved", [policy, b.id]);
    // three of the four that are left
    const next = await scheduled(world, policy, [c, d, e], DELAY_CHANGE);
    await expectRevert(world, veto(world, policy, next.id, a), "AgentPolicyChangeHasMajority", [
      next.id,
      3,
      4,
    ]);
  });
});
