import { expect } from "chai";
import type { Wallet } from "ethers";
import { newEpoch, ROOTED } from "./newEpoch.ts";
import {
  ADMIN,
  approval,
  approvals,
  authorization,
  change,
  counterOf,
  deadlineOf,
  deployWorld,
  epochOf,
  execute,
  idOf,
  keySource,
  NO_ACCEPTANCE,
  openWith,
  PROVE,
  PROVE_GRANT,
  PROVE_REVOKE,
  renewal,
  renunciation,
  revocation,
  submit,
  TYPES,
  take,
  type World,
} from "./support.ts";

const key = keySource("voidApprovals");

describe("AgentPolicyRegistry", () => {
  let world: World;

  before(async () => {
    world = await deployWorld();
  });

  /** Two of the three ADMINs alice, bob and carol; dave holds the rest. */
  async function setting() {
    const [alice, bob, carol, dave] = [key("alice"), key("bob"), key("carol"), key("dave")];
    const policy = await openWith(
      world,
      alice,
      [
        [bob, ADMIN],
        [carol, ADMIN],
        [dave, PROVE | PROVE_GRANT | PROVE_REVOKE],
      ],
      { settings: { ...ROOTED, adminQuorum: 2n } },
    );
    return { alice, bob, carol, dave, policy };
  }

  async function voiding(policy: bigint, agent: Wallet) {
    const deadline = await deadlineOf(world);
    return { policy, epoch: await epochOf(world, policy), agent: idOf(agent), deadline };
  }

  async function voidAll(policy: bigint, agent: Wallet) {
    return execute(world, "VoidApprovals", await voiding(policy, agent), [agent]);
  }

  function expectInvalid(sent: Promise<unknown>, agent: Wallet) {
    return expect(sent)
      .to.be.revertedWithCustomError(world.registry, "AgentKeySignatureInvalid")
      .withArgs(idOf(agent));
  }

  function expectRevert(sent: Promise<unknown>, error: string, args: readonly unknown[]) {
    return expect(sent)
      .to.be.revertedWithCustomError(world.registry, error)
      .withArgs(...args);
  }

  describe("voidApprovals", () => {
    it("raises the counter of one agent, and says so", async () => {
      const { alice, bob, policy } = await setting();
      for (const counter of [1, 2]) {
        await expect(voidAll(policy, alice))
          .to.emit(world.registry, "ApprovalsVoided")
          .withArgs(policy, idOf(alice), counter);
        expect(await counterOf(world, policy, alice)).to.equal(counter);
      }
      expect(await counterOf(world, policy, bob)).to.equal(0);
    });

    it("voids every kind of approval that the agent gave and nobody submitted", async () => {
      const { dave, alice, policy } = await setting();
      const stop = await voiding(policy, alice);
      const given = {
        Revoke: await revocation(world, policy, dave, [[alice, PROVE]]),
        Renounce: await renunciation(world, policy, dave, PROVE),
        Renew: await renewal(world, policy, dave, 5n),
      };
      const signed = {
        Revoke: await approvals(world, "Revoke", given.Revoke, [dave]),
        Renounce: await approvals(world, "Renounce", given.Renounce, [dave]),
        Renew: await approvals(world, "Renew", given.Renew, [dave]),
        Stop: await approvals(world, "Stop", stop, [alice]),
      };
      await voidAll(policy, dave);
      await expectInvalid(submit(world, "Revoke", given.Revoke, signed.Revoke), dave);
      await expectInvalid(submit(world, "Renounce", given.Renounce, signed.Renounce), dave);
      await expectInvalid(submit(world, "Renew", given.Renew, signed.Renew), dave);
      await voidAll(policy, alice);
      await expectInvalid(submit(world, "Stop", stop, signed.Stop), alice);
    });

    it("leaves other agents' approvals of the same operation good", async () => {
      const { alice, bob, dave, policy } = await setting();
      const op = await authorization(world, policy, bob, [change(dave, PROVE)]);
      const old = await approval(world, "Authorize", op, alice);
      const bobs = await approval(world, "Authorize", op, bob);
      const ordered = (alices: typeof bobs) => (idOf(alice) < idOf(bob) ? [alices, bobs] : [bobs, alices]);
      await voidAll(policy, alice);
      await expectInvalid(submit(world, "Authorize", op, ordered(old), [NO_ACCEPTANCE]), alice);
      const renewed = await approval(world, "Authorize", op, alice);
      await submit(world, "Authorize", op, ordered(renewed), [NO_ACCEPTANCE]);
      expect((await world.registry.agentOf(policy, idOf(dave))).authorizations).to.equal(PROVE);
    });

    it("uses no nonce, so that what was prepared can be approved anew", async () => {
      const { alice, dave, policy } = await setting();
      const op = await revocation(world, policy, alice, [[dave, PROVE]]);
      await voidAll(policy, alice);
      await execute(world, "Revoke", op, [alice]);
      expect(await world.registry.nonceOf(policy, idOf(alice), 0)).to.equal(1);
    });

    it("lets agents with different counters approve one operation", async () => {
      const { alice, bob, carol, dave, policy } = await setting();
      await voidAll(policy, alice);
      await voidAll(policy, alice);
      await voidAll(policy, carol);
      const op = await authorization(world, policy, carol, [change(dave, PROVE)]);
      await execute(world, "Authorize", op, [alice, bob, carol], [NO_ACCEPTANCE]);
      expect((await world.registry.agentOf(policy, idOf(dave))).authorizations).to.equal(PROVE);
    });

    it("cannot be replayed", async () => {
      const { alice, policy } = await setting();
      const op = await voiding(policy, alice);
      const given = await approvals(world, "VoidApprovals", op, [alice]);
      await submit(world, "VoidApprovals", op, given);
      await expectInvalid(submit(world, "VoidApprovals", op, given), alice);
      expect(await counterOf(world, policy, alice)).to.equal(1);
    });

    it("does not take approvals that name a counter to come", async () => {
      const { alice, dave, policy } = await setting();
      const op = await revocation(world, policy, alice, [[dave, PROVE]]);
      const signature = await alice.signTypedData(world.domain, TYPES.Revoke, { ...op, counter: 1n });
      const given = [{ key: alice.address, signature }];
      await expectInvalid(submit(world, "Revoke", op, given), alice);
      await voidAll(policy, alice);
      await submit(world, "Revoke", op, given);
    });

    it("is the agent's own alone, be the other an ADMIN", async () => {
      const { alice, dave, policy } = await setting();
      const op = await voiding(policy, dave);
      await expectRevert(execute(world, "VoidApprovals", op, [alice]), "AgentPolicyProposerNotApproving", [
        idOf(dave),
      ]);
      const forged = { ...(await approval(world, "VoidApprovals", op, alice)), key: dave.address };
      await expectInvalid(submit(world, "VoidApprovals", op, [forged]), dave);
    });

    it("reverts for another epoch, for a stranger and for who was removed", async () => {
      const { alice, dave, policy } = await setting();
      const op = await voiding(policy, dave);
      await expectRevert(
        execute(world, "VoidApprovals", { ...op, epoch: 2n }, [dave]),
        "AgentPolicyEpochMismatch",
        [policy, 2, 1],
      );
      const stranger = key("stranger");
      await expectRevert(voidAll(policy, stranger), "AgentPolicyApproverUnknown", [policy, idOf(stranger)]);
      const all = PROVE | PROVE_GRANT | PROVE_REVOKE;
      await execute(world, "Renounce", await renunciation(world, policy, dave, all), [dave]);
      await expectRevert(voidAll(policy, dave), "AgentPolicyApproverRemoved", [policy, idOf(dave)]);
      await take(world, policy, alice, alice, PROVE);
    });
  });

  describe("the counter", () => {
    it("is kept when an agent is removed, and in the next epoch", async () => {
      const { alice, bob, dave, policy } = await setting();
      for (const agent of [alice, bob, dave]) await voidAll(policy, agent);
      const all = PROVE | PROVE_GRANT | PROVE_REVOKE;
      await execute(world, "Renounce", await renunciation(world, policy, dave, all), [dave]);
      await newEpoch(world, policy, [
        [alice, ADMIN],
        [dave, PROVE_REVOKE],
      ]);
      for (const agent of [alice, bob, dave]) expect(await counterOf(world, policy, agent)).to.equal(1);
      await voidAll(policy, dave);
      expect(await counterOf(world, policy, dave)).to.equal(2);
    });
  });
});
