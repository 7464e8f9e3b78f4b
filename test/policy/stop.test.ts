import { expect } from "chai";
import type { Wallet } from "ethers";
import { newEpoch, ROOTED } from "./newEpoch.ts";
import {
  ADMIN,
  ALL,
  accept,
  add,
  approvals,
  authorization,
  change,
  commitmentOf,
  contractAgent,
  deadlineOf,
  deployWorld,
  epochOf,
  execute,
  expectRefusal,
  idOf,
  keySource,
  openWith,
  PROVE,
  PROVE_GRANT,
  PROVE_REVOKE,
  renewal,
  renunciation,
  submit,
  type TestAgent,
  take,
  type World,
} from "./support.ts";

const key = keySource("stop");
const NOBODY = `0x${"00".repeat(32)}`;

describe("AgentPolicyRegistry", () => {
  let world: World;

  before(async () => {
    world = await deployWorld();
  });

  /** A policy of so many ADMINs, the first of which is its creator, and an agent with everything but ADMIN. */
  async function setting(count: number) {
    const admins = Array.from({ length: count }, () => key("admin"));
    const [alice = key("nobody"), bob = alice, carol = alice] = admins;
    const dave = key("dave");
    const others = admins.slice(1).map((admin) => [admin, ADMIN] as const);
    const policy = await openWith(world, alice, [...others, [dave, ALL & ~ADMIN]], { settings: ROOTED });
    return { alice, bob, carol, dave, admins, policy };
  }

  async function stopping(policy: bigint, agent: TestAgent) {
    const deadline = await deadlineOf(world);
    return { policy, epoch: await epochOf(world, policy), agent: idOf(agent), deadline };
  }

  async function lifting(policy: bigint, stopper: TestAgent) {
    const deadline = await deadlineOf(world);
    return { policy, epoch: await epochOf(world, policy), stopper: idOf(stopper), deadline };
  }

  async function stop(policy: bigint, agent: TestAgent) {
    return execute(world, "Stop", await stopping(policy, agent), [agent]);
  }

  async function lift(policy: bigint, stopper: TestAgent, by: readonly TestAgent[]) {
    return execute(world, "LiftStop", await lifting(policy, stopper), by);
  }

  async function stopperOf(policy: bigint): Promise<string> {
    return (await world.registry.policyOf(policy)).stopper;
  }

  function expectRevert(sent: Promise<unknown>, error: string, args: readonly unknown[]) {
    return expect(sent)
      .to.be.revertedWithCustomError(world.registry, error)
      .withArgs(...args);
  }

  describe("stop", () => {
    it("is any one ADMIN's, whatever the quorum, and shows who stopped", async () => {
      const [alice, bob, carol] = [key("alice"), key("bob"), key("carol")];
      const others = [bob, carol].map((agent) => [agent, ADMIN] as const);
      const policy = await openWith(world, alice, others, { settings: { adminQuorum: 2n } });
      expect(await stopperOf(policy)).to.equal(NOBODY);
      await expect(stop(policy, bob)).to.emit(world.registry, "GrantsStopped").withArgs(policy, idOf(bob));
      expect(await stopperOf(policy)).to.equal(idOf(bob));
    });

    it("reverts for an agent with all but ADMIN", async () => {
      const { dave, policy } = await setting(1);
      await expectRevert(stop(policy, dave), "AgentPolicyNoVote", [policy, idOf(dave)]);
    });

    it("reverts for a wallet contract with ADMIN that does not count", async () => {
      const contract = await contractAgent(world, key("owner"));
      const policy = await openWith(world, key("alice"), [[contract, ALL]]);
      await expectRevert(stop(policy, contract), "AgentPolicyNoVote", [policy, idOf(contract)]);
    });

    it("is a wallet contract's where it counts", async () => {
      const contract = await contractAgent(world, key("owner"));
      const settings = { contractKeysCount: true };
      const policy = await openWith(world, key("alice"), [[contract, ADMIN]], { settings });
      await stop(policy, contract);
      expect(await stopperOf(policy)).to.equal(idOf(contract));
    });

    it("reverts when somebody else signed it", async () => {
      const { alice, bob, policy } = await setting(2);
      const op = await stopping(policy, alice);
      await expectRevert(execute(world, "Stop", op, [bob]), "AgentPolicyProposerNotApproving", [idOf(alice)]);
    });

    it("reverts when grants are stopped already, whoever did it", async () => {
      const { alice, bob, policy } = await setting(2);
      await stop(policy, alice);
      for (const agent of [alice, bob]) {
        await expectRevert(stop(policy, agent), "AgentPolicyStoppedAlready", [policy, idOf(alice)]);
      }
    });

    it("reverts for another epoch, an unknown policy and a removed agent", async () => {
      const { alice, bob, policy } = await setting(2);
      const op = await stopping(policy, bob);
      await expectRevert(execute(world, "Stop", { ...op, epoch: 2n }, [bob]), "AgentPolicyEpochMismatch", [
        ...[policy, 2, 1],
      ]);
      await expectRevert(execute(world, "Stop", { ...op, policy: 5n }, [bob]), "AgentPolicyUnknown", [5n]);
      await execute(world, "Renounce", await renunciation(world, policy, bob, ADMIN), [bob]);
      await expectRevert(execute(world, "Stop", op, [bob]), "AgentPolicyApproverRemoved", [
        ...[policy, idOf(bob)],
      ]);
      await stop(policy, alice);
    });
  });

  describe("while grants are stopped", () => {
    async function stopped() {
      const given = await setting(2);
      await stop(given.policy, given.bob);
      return given;
    }

    it("nobody gains PROVE, an agent that is known or new", async () => {
      const { alice, bob, policy } = await stopped();
      const agent = key("agent");
      for (const [to, bits] of [
        [agent, PROVE],
        [bob, ADMIN | PROVE],
      ] as const) {
        const offer = change(to, bits, { commitment: commitmentOf(to.address) });
        const op = await authorization(world, policy, alice, [offer]);
        await expectRefusal(world, "Authorize", op, [alice], {
          error: "AgentPolicyGrantsStopped",
          args: [policy, idOf(bob)],
          acceptances: [await accept(world, to, { policy, change: offer })],
        });
      }
    });

    it("nobody renews", async () => {
      const { alice, bob, policy } = await stopped();
      const op = await renewal(world, policy, alice, 5n);
      await expectRevert(execute(world, "Renew", op, [alice]), "AgentPolicyGrantsStopped", [
        ...[policy, idOf(bob)],
      ]);
    });

    it("PROVE and power are taken as before", async () => {
      const { alice, dave, policy } = await stopped();
      await take(world, policy, alice, dave, PROVE | PROVE_GRANT);
      await take(world, policy, dave, alice, PROVE);
      const op = await authorization(world, policy, alice, [change(dave, 0)]);
      await execute(world, "Authorize", op, [alice], [{ deadline: 0n, signature: "0x" }]);
      expect((await world.registry.policyOf(policy)).liveProvers).to.equal(0);
    });

    it("agents renounce as before", async () => {
      const { dave, policy } = await stopped();
      await execute(world, "Renounce", await renunciation(world, policy, dave, PROVE | PROVE_REVOKE), [dave]);
      expect((await world.registry.agentOf(policy, idOf(dave))).authorizations).to.equal(PROVE_GRANT);
    });

    it("it stays so when the stopper loses ADMIN", async () => {
      const { alice, bob, policy } = await stopped();
      await execute(world, "Renounce", await renunciation(world, policy, bob, ADMIN), [bob]);
      expect(await stopperOf(policy)).to.equal(idOf(bob));
      await lift(policy, bob, [alice]);
      expect(await stopperOf(policy)).to.equal(NOBODY);
    });
  });

  describe("liftStop", () => {
    for (const [count, enough] of [
      [1, 1],
      [2, 2],
      [3, 2],
      [4, 3],
      [5, 3],
    ] as const) {
      it(`takes ${enough} of ${count} ADMINs`, async () => {
        const { alice, admins, dave, policy } = await setting(count);
        await stop(policy, alice);
        if (enough > 1) {
          const few = admins.slice(0, enough - 1);
          await expectRevert(lift(policy, alice, few), "AgentPolicyMajorityMissing", [
            ...[policy, enough - 1, count],
          ]);
        }
        await expect(lift(policy, alice, admins.slice(0, enough)))
          .to.emit(world.registry, "GrantsResumed")
          .withArgs(policy, idOf(alice));
        expect(await stopperOf(policy)).to.equal(NOBODY);
        await add(world, policy, dave, key("granted"), PROVE);
      });
    }

    it("reverts with the approval of an agent without ADMIN", async () => {
      const { alice, bob, dave, policy } = await setting(2);
      await stop(policy, alice);
      await expectRevert(lift(policy, alice, [alice, bob, dave]), "AgentPolicyNoVote", [policy, idOf(dave)]);
    });

    it("neither takes nor needs a wallet contract that does not count", async () => {
      const [alice, bob] = [key("alice"), key("bob")];
      const contract = await contractAgent(world, key("owner"));
      const policy = await openWith(world, alice, [
        [bob, ADMIN],
        [contract, ADMIN],
      ]);
      await stop(policy, alice);
      await expectRevert(lift(policy, alice, [alice, bob, contract]), "AgentPolicyNoVote", [
        ...[policy, idOf(contract)],
      ]);
      await expectRevert(lift(policy, alice, [bob]), "AgentPolicyMajorityMissing", [policy, 1, 2]);
      await lift(policy, alice, [alice, bob]);
    });

    it("reverts when nothing is stopped, and when another's stop is named", async () => {
      const { alice, bob, policy } = await setting(2);
      await expectRevert(lift(policy, alice, [alice, bob]), "AgentPolicyStopMismatch", [
        ...[policy, idOf(alice), NOBODY],
      ]);
      const none = { ...(await lifting(policy, alice)), stopper: NOBODY };
      await expectRevert(execute(world, "LiftStop", none, [alice, bob]), "AgentPolicyStopMismatch", [
        ...[policy, NOBODY, NOBODY],
      ]);
      await stop(policy, bob);
      await expectRevert(lift(policy, alice, [alice, bob]), "AgentPolicyStopMismatch", [
        ...[policy, idOf(alice), idOf(bob)],
      ]);
    });

    it("reverts for another epoch, and without approvals", async () => {
      const { alice, policy } = await setting(1);
      await stop(policy, alice);
      const op = await lifting(policy, alice);
      await expectRevert(
        execute(world, "LiftStop", { ...op, epoch: 0n }, [alice]),
        "AgentPolicyEpochMismatch",
        [policy, 0, 1],
      );
      await expectRevert(execute(world, "LiftStop", op, []), "AgentPolicyApprovalCount", [0, 32]);
    });
  });

  describe("a key whose stop was lifted", () => {
    async function lifted() {
      const given = await setting(3);
      const { alice, bob, policy } = given;
      const op = await stopping(policy, alice);
      const old = await approvals(world, "Stop", op, [alice]);
      await submit(world, "Stop", op, old);
      await lift(policy, alice, [alice, bob]);
      return { ...given, op, old };
    }

    it("cannot stop again in that epoch, not by its old approval either", async () => {
      const { alice, policy, op, old } = await lifted();
      const spent = [policy, idOf(alice)] as const;
      await expectRevert(stop(policy, alice), "AgentPolicyStopSpent", spent);
      await expectRevert(submit(world, "Stop", op, old), "AgentPolicyStopSpent", spent);
    });

    it("leaves others free to stop, whose stop the old approvals do not lift", async () => {
      const { alice, bob, carol, policy } = await setting(3);
      await stop(policy, alice);
      const op = await lifting(policy, alice);
      const old = await approvals(world, "LiftStop", op, [alice, bob]);
      await submit(world, "LiftStop", op, old);
      await stop(policy, carol);
      await expectRevert(submit(world, "LiftStop", op, old), "AgentPolicyStopMismatch", [
        ...[policy, idOf(alice), idOf(carol)],
      ]);
    });

    it("still votes to lift another's stop", async () => {
      const { alice, bob, carol, policy } = await lifted();
      await stop(policy, carol);
      await lift(policy, carol, [alice, bob]);
      expect(await stopperOf(policy)).to.equal(NOBODY);
    });

    it("may stop again in the next epoch, though not by its old approval", async () => {
      const { alice, policy, op, old } = await lifted();
      await newEpoch(world, policy, [[alice, ADMIN]]);
      await expectRevert(submit(world, "Stop", op, old), "AgentPolicyEpochMismatch", [policy, 1, 2]);
      await stop(policy, alice);
      expect(await stopperOf(policy)).to.equal(idOf(alice));
    });
  });

  describe("a new epoch", () => {
    it("lifts a stop, and leaves the stopper free to stop again", async () => {
      const { alice, bob, policy } = await setting(2);
      await stop(policy, alice);
      await newEpoch(world, policy, [
        [alice, ADMIN],
        [bob, ADMIN],
      ]);
      expect(await stopperOf(policy)).to.equal(NOBODY);
      const agent: Wallet = key("granted");
      const offer = change(agent, PROVE, { commitment: commitmentOf(agent.address) });
      const op = await authorization(world, policy, alice, [offer]);
      const acceptance = await accept(world, agent, { policy, change: offer, epoch: 2 });
      await execute(world, "Authorize", op, [alice], [acceptance]);
      await stop(policy, alice);
    });
  });
});
