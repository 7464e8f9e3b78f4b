import { expect } from "chai";
import type { Wallet } from "ethers";
import {
  ADMIN,
  ALL,
  accept,
  add,
  approvals,
  authorization,
  change,
  commitmentOf,
  deployWorld,
  execute,
  expectRefusal,
  idOf,
  keySource,
  NO_ACCEPTANCE,
  open,
  openWith,
  PROVE,
  PROVE_GRANT,
  PROVE_REVOKE,
  renunciation,
  revocation,
  submit,
  take,
  type World,
} from "./support.ts";

const key = keySource("revoke");
const HOUR = 3600n;

describe("AgentPolicyRegistry", () => {
  let world: World;

  before(async () => {
    world = await deployWorld();
  });

  /** A policy of alice with agents of these bits. */
  async function setting(...bits: number[]) {
    const alice = key("alice");
    const agents = bits.map((authorizations) => [key("agent"), authorizations] as const);
    const policy = await openWith(world, alice, agents);
    const [bob = alice, carol = alice, dave = alice] = agents.map(([agent]) => agent);
    return { alice, bob, carol, dave, policy };
  }

  async function agentOf(policy: bigint, agent: Wallet) {
    return world.registry.agentOf(policy, idOf(agent));
  }

  async function bitOf(policy: bigint, agent: Wallet): Promise<bigint> {
    const { generation, index } = await agentOf(policy, agent);
    const [word = 0n] = await world.registry.revokedWords(generation, index >> 8n, 1);
    return (word >> (index & 255n)) & 1n;
  }

  async function nextHour(): Promise<bigint> {
    return (BigInt(await world.networkHelpers.time.latest()) / HOUR + 2n) * HOUR;
  }

  describe("revoke", () => {
    it("sets the bit of whoever loses PROVE, in the same transaction", async () => {
      const { alice, bob, policy } = await setting(PROVE);
      const { index } = await agentOf(policy, bob);
      const before = await world.registry.accumulators();
      expect(await bitOf(policy, bob)).to.equal(0);
      await expect(take(world, policy, alice, bob, PROVE))
        .to.emit(world.registry, "OperationExecuted")
        .withArgs(policy, idOf(alice), 0, 0)
        .to.emit(world.registry, "AgentAuthorizationsChanged")
        .withArgs(policy, idOf(bob), PROVE, 0)
        .to.emit(world.registry, "AgentRevoked")
        .withArgs(policy, idOf(bob), 0, index);
      expect(await bitOf(policy, bob)).to.equal(1);
      const after = await world.registry.accumulators();
      expect(after.version).to.equal(before.version + 1n);
      expect(after.revokedRoot).to.not.equal(before.revokedRoot);
      const [status, supersededAt] = await world.registry.rootStatus(0, before.revokedRoot);
      const now = await world.networkHelpers.time.latest();
      expect([status, supersededAt]).to.deep.equal([2n, BigInt(now)]);
      const agent = await agentOf(policy, bob);
      expect(agent.removed).to.equal(true);
      expect(agent.provedUntil).to.equal(now);
      expect((await world.registry.policyOf(policy)).liveProvers).to.equal(1);
    });

    it("leaves the trees alone when PROVE is not lost", async () => {
      const { alice, bob, policy } = await setting(PROVE | PROVE_GRANT);
      const before = await world.registry.accumulators();
      await take(world, policy, alice, bob, PROVE_GRANT);
      expect(await world.registry.accumulators()).to.deep.equal(before);
      expect(Number((await agentOf(policy, bob)).authorizations)).to.equal(PROVE);
    });

    it("takes those of the named bits that the agent has", async () => {
      const { alice, bob, policy } = await setting(PROVE | PROVE_GRANT);
      await expect(take(world, policy, alice, bob, PROVE_GRANT | PROVE_REVOKE))
        .to.emit(world.registry, "AgentAuthorizationsChanged")
        .withArgs(policy, idOf(bob), PROVE | PROVE_GRANT, PROVE);
    });

    it("reverts alone for what is gone already, wholly or in the named bits", async () => {
      const { alice, bob, carol, policy } = await setting(PROVE, PROVE | PROVE_GRANT);
      await take(world, policy, alice, bob, PROVE);
      await take(world, policy, alice, carol, PROVE);
      for (const agent of [bob, carol]) {
        const op = await revocation(world, policy, alice, [[agent, PROVE | PROVE_REVOKE]]);
        await expectRefusal(world, "Revoke", op, [alice], {
          error: "AgentPolicyNothingToRevoke",
          args: [policy],
        });
      }
    });

    it("is not blocked by an element that was front-run: it skips it, and reverts only if all are gone", async () => {
      const { alice, bob, carol, policy } = await setting(PROVE, PROVE);
      const op = await revocation(world, policy, alice, [
        [bob, PROVE],
        [carol, PROVE],
      ]);
      const given = await approvals(world, "Revoke", op, [alice]);
      const ahead = await renunciation(world, policy, bob, PROVE);
      await execute(world, "Renounce", ahead, [bob]);
      const sent = await submit(world, "Revoke", op, given);
      await expect(sent)
        .to.emit(world.registry, "AgentRevoked")
        .withArgs(policy, idOf(carol), 0, (v: bigint) => v > 0n);
      const events = (await sent.wait())?.logs.map((log) => world.registry.interface.parseLog(log)?.name);
      expect(events?.filter((name) => name === "AgentAuthorizationsChanged")).to.have.length(1);
      expect(await bitOf(policy, carol)).to.equal(1);
      const again = await revocation(world, policy, alice, [
        [bob, PROVE],
        [carol, PROVE],
      ]);
      await expectRefusal(world, "Revoke", again, [alice], {
        error: "AgentPolicyNothingToRevoke",
        args: [policy],
      });
    });

    it("needs the same rights whether an element was front-run or not", async () => {
      const agents = await setting(PROVE, PROVE_GRANT, PROVE_REVOKE);
      const { alice, bob, carol, dave: revoker, policy } = agents;
      const op = await revocation(world, policy, revoker, [
        [bob, PROVE],
        [carol, PROVE_GRANT],
      ]);
      const given = await approvals(world, "Revoke", op, [alice, revoker]);
      await execute(world, "Renounce", await renunciation(world, policy, bob, PROVE), [bob]);
      await submit(world, "Revoke", op, given);
      expect((await agentOf(policy, carol)).removed).to.equal(true);
    });

    it("supersedes once for a batch, and clears no bit ever", async () => {
      const { alice, bob, carol, policy } = await setting(PROVE, PROVE);
      const { version } = await world.registry.accumulators();
      const op = await revocation(world, policy, alice, [
        [bob, PROVE],
        [carol, PROVE],
      ]);
      await execute(world, "Revoke", op, [alice]);
      expect((await world.registry.accumulators()).version).to.equal(version + 1n);
      await take(world, policy, alice, alice, PROVE);
      expect([
        await bitOf(policy, bob),
        await bitOf(policy, carol),
        await bitOf(policy, alice),
      ]).to.deep.equal([1n, 1n, 1n]);
    });

    it("does not set the bit of a PROVE that ran out, but bars its agent", async () => {
      const alice = key("alice");
      const policy = await open(world, alice);
      const server = key("server");
      const expiry = await nextHour();
      await add(world, policy, alice, server, PROVE, expiry);
      await world.networkHelpers.time.increaseTo(expiry + 1n);
      const before = await world.registry.accumulators();
      await expect(take(world, policy, alice, server, PROVE)).to.not.emit(world.registry, "AgentRevoked");
      expect(await world.registry.accumulators()).to.deep.equal(before);
      expect(await bitOf(policy, server)).to.equal(0);
      const agent = await agentOf(policy, server);
      expect([agent.removed, agent.provedUntil]).to.deep.equal([true, expiry]);
    });

    for (const [offset, live] of [
      [-1n, true],
      [0n, true],
      [1n, false],
    ] as const) {
      it(`${live ? "sets" : "does not set"} the bit when now is the expiry ${offset < 0n ? "-" : "+"} ${offset < 0n ? -offset : offset} s`, async () => {
        const alice = key("alice");
        const policy = await open(world, alice);
        const server = key("server");
        const expiry = await nextHour();
        await add(world, policy, alice, server, PROVE, expiry);
        await world.networkHelpers.time.setNextBlockTimestamp(expiry + offset);
        await take(world, policy, alice, server, PROVE);
        expect(await bitOf(policy, server)).to.equal(live ? 1 : 0);
        expect((await agentOf(policy, server)).provedUntil).to.equal(live ? expiry + offset : expiry);
      });
    }

    it("reverts when ADMIN is named, whether the agent has it or not, or power of an agent with ADMIN", async () => {
      const { alice, bob, carol, policy } = await setting(ADMIN | PROVE_GRANT, PROVE);
      for (const [agent, named, power] of [
        [bob, ADMIN, ADMIN],
        [bob, PROVE_GRANT | PROVE_REVOKE, PROVE_GRANT],
        [alice, ALL, ALL & ~PROVE],
        [carol, PROVE | ADMIN, ADMIN],
      ] as const) {
        const op = await revocation(world, policy, alice, [
          [agent, named],
          [agent === alice ? bob : alice, PROVE],
        ]);
        await expectRefusal(world, "Revoke", op, [alice, bob], {
          error: "AgentPolicyGovernanceNeeded",
          args: [policy, idOf(agent), power],
        });
      }
    });

    it("takes PROVE from an agent with ADMIN", async () => {
      const { bob, carol, policy } = await setting(PROVE | ADMIN, PROVE_REVOKE);
      await take(world, policy, carol, bob, PROVE);
      expect(await bitOf(policy, bob)).to.equal(1);
      expect(Number((await agentOf(policy, bob)).authorizations)).to.equal(ADMIN);
    });

    it("reverts without the rights that what is named needs", async () => {
      const { alice, bob, carol, policy } = await setting(PROVE_REVOKE, PROVE | PROVE_GRANT);
      const grants = await revocation(world, policy, bob, [[carol, PROVE_GRANT]]);
      await expectRefusal(world, "Revoke", grants, [bob], {
        error: "AgentPolicyApproverWithoutRight",
        args: [policy, idOf(bob), PROVE_REVOKE, ADMIN],
      });
      const both = await revocation(world, policy, bob, [[carol, PROVE | PROVE_GRANT]]);
      await expectRefusal(world, "Revoke", both, [bob], {
        error: "AgentPolicyRightMissing",
        args: [policy, ADMIN, 0, 1],
      });
      const own = await revocation(world, policy, carol, [[alice, PROVE]]);
      await expectRefusal(world, "Revoke", own, [carol], {
        error: "AgentPolicyApproverWithoutRight",
        args: [policy, idOf(carol), PROVE | PROVE_GRANT, PROVE_REVOKE],
      });
      await take(world, policy, bob, carol, PROVE);
    });

    it("reverts for an unknown agent, no bits, unknown bits, a repeated agent, none and 33", async () => {
      const { alice, bob, policy } = await setting(PROVE);
      const stranger = key("stranger");
      const crowd = Array.from({ length: 33 }, (_, i) => [key(`${i}`), PROVE] as const);
      const faults: readonly (readonly [
        readonly (readonly [Wallet, number])[],
        string,
        readonly unknown[],
      ])[] = [
        [[[stranger, PROVE]], "AgentPolicyAgentUnknown", [policy, idOf(stranger)]],
        [[[bob, 0]], "AgentPolicyAuthorizationsEmpty", [idOf(bob)]],
        [[[bob, 16]], "AgentPolicyAuthorizationsUnknown", [idOf(bob), 16]],
        [[[bob, 255]], "AgentPolicyAuthorizationsUnknown", [idOf(bob), 255]],
        [
          [
            [bob, PROVE],
            [bob, PROVE],
          ],
          "AgentPolicyAgentRepeated",
          [idOf(bob)],
        ],
        [[], "AgentPolicyBatchSize", [0, 32]],
        [crowd, "AgentPolicyBatchSize", [33, 32]],
      ];
      for (const [revocations, error, args] of faults) {
        const op = await revocation(world, policy, alice, revocations);
        await expectRefusal(world, "Revoke", op, [alice], { error, args });
      }
      const nowhere = await revocation(world, 3n, alice, [[bob, PROVE]]);
      await expectRefusal(world, "Revoke", nowhere, [alice], { error: "AgentPolicyUnknown", args: [3n] });
    });
  });

  describe("renounce", () => {
    it("needs no right, only one's own approval", async () => {
      const { bob, policy } = await setting(PROVE);
      await expect(execute(world, "Renounce", await renunciation(world, policy, bob, PROVE), [bob]))
        .to.emit(world.registry, "OperationExecuted")
        .withArgs(policy, idOf(bob), 0, 0)
        .to.emit(world.registry, "AgentRevoked");
      expect(await bitOf(policy, bob)).to.equal(1);
      expect((await agentOf(policy, bob)).removed).to.equal(true);
    });

    it("reverts with somebody else's approval, an admin's too", async () => {
      const { alice, bob, policy } = await setting(PROVE);
      const op = await renunciation(world, policy, bob, PROVE);
      await expectRefusal(world, "Renounce", op, [alice], {
        error: "AgentPolicyProposerNotApproving",
        args: [idOf(bob)],
        checked: false,
      });
    });

    it("reverts when nothing changes", async () => {
      const { bob, policy } = await setting(PROVE);
      const op = await renunciation(world, policy, bob, ADMIN);
      await expectRefusal(world, "Renounce", op, [bob], {
        error: "AgentPolicyNothingChanges",
        args: [policy, idOf(bob)],
      });
    });

    it("reverts for the last ADMIN, no bits and unknown bits", async () => {
      const { alice, policy } = await setting();
      for (const [bits, error, args] of [
        [ADMIN, "AgentPolicyQuorumUnreachable", [policy, ADMIN, 1, 0]],
        [ALL, "AgentPolicyQuorumUnreachable", [policy, PROVE_GRANT, 1, 0]],
        [0, "AgentPolicyAuthorizationsEmpty", [idOf(alice)]],
        [32, "AgentPolicyAuthorizationsUnknown", [idOf(alice), 32]],
      ] as const) {
        const op = await renunciation(world, policy, alice, bits);
        await expectRefusal(world, "Renounce", op, [alice], { error, args: [...args] });
      }
    });

    it("reverts for who was removed or never was there", async () => {
      const { bob, policy } = await setting(PROVE);
      await execute(world, "Renounce", await renunciation(world, policy, bob, PROVE), [bob]);
      await expectRefusal(world, "Renounce", await renunciation(world, policy, bob, PROVE), [bob], {
        error: "AgentPolicyApproverRemoved",
        args: [policy, idOf(bob)],
      });
      const stranger = key("stranger");
      await expectRefusal(world, "Renounce", await renunciation(world, policy, stranger, PROVE), [stranger], {
        error: "AgentPolicyApproverUnknown",
        args: [policy, idOf(stranger)],
      });
    });

    it("cannot be replayed, nor be passed off as another's", async () => {
      const { bob, policy } = await setting(PROVE | PROVE_GRANT | PROVE_REVOKE);
      const op = await renunciation(world, policy, bob, PROVE_GRANT);
      const given = await approvals(world, "Renounce", op, [bob]);
      await expect(submit(world, "Renounce", { ...op, authorizations: ALL }, given))
        .to.be.revertedWithCustomError(world.registry, "AgentKeySignatureInvalid")
        .withArgs(idOf(bob));
      await submit(world, "Renounce", op, given);
      await expect(submit(world, "Renounce", op, given))
        .to.be.revertedWithCustomError(world.registry, "AgentPolicyNonceMismatch")
        .withArgs(policy, idOf(bob), 0, 0, 1);
    });
  });

  describe("a new grant after revocation", () => {
    it("means a new index: the old one stays dead", async () => {
      const { alice, bob, policy } = await setting(PROVE | PROVE_GRANT);
      const first = await agentOf(policy, bob);
      await take(world, policy, alice, bob, PROVE);
      const offer = change(bob, PROVE | PROVE_GRANT, { commitment: commitmentOf("fresh") });
      const op = await authorization(world, policy, alice, [offer]);
      await execute(world, "Authorize", op, [alice], [await accept(world, bob, { policy, change: offer })]);
      const second = await agentOf(policy, bob);
      expect(second.index).to.be.greaterThan(first.index);
      expect([second.provedUntil, await bitOf(policy, bob)]).to.deep.equal([0n, 0n]);
      const [word = 0n] = await world.registry.revokedWords(0, first.index >> 8n, 1);
      expect((word >> (first.index & 255n)) & 1n).to.equal(1n);
    });

    it("is not possible while PROVE holds, and is once it has run out", async () => {
      const alice = key("alice");
      const policy = await open(world, alice);
      const server = key("server");
      const expiry = await nextHour();
      await add(world, policy, alice, server, PROVE, expiry);
      const first = await agentOf(policy, server);
      const { time } = world.networkHelpers;
      const offer = change(server, PROVE, {
        commitment: commitmentOf("renewed"),
        expiry: expiry + 10n * HOUR,
      });
      const acceptances = [await accept(world, server, { policy, change: offer })];
      const op = await authorization(world, policy, alice, [offer]);
      await time.setNextBlockTimestamp(expiry);
      await expect(execute(world, "Authorize", op, [alice], acceptances))
        .to.be.revertedWithCustomError(world.registry, "AgentPolicyNothingChanges")
        .withArgs(policy, idOf(server));
      await time.setNextBlockTimestamp(expiry + 1n);
      await execute(world, "Authorize", op, [alice], acceptances);
      const second = await agentOf(policy, server);
      expect(second.index).to.be.greaterThan(first.index);
      expect(Number(second.authorizations)).to.equal(PROVE);
      expect((await world.registry.policyOf(policy)).liveProvers).to.equal(2);
    });

    it("cannot smuggle a second leaf to an agent that proves", async () => {
      const { alice, bob, policy } = await setting(PROVE | PROVE_GRANT | PROVE_REVOKE);
      const offer = change(bob, PROVE | PROVE_GRANT, { commitment: commitmentOf("second leaf") });
      const op = await authorization(world, policy, alice, [offer]);
      await expectRefusal(world, "Authorize", op, [alice], {
        error: "AgentPolicyCommitmentUnexpected",
        args: [idOf(bob), offer.commitment],
        acceptances: [NO_ACCEPTANCE],
      });
    });
  });
});
