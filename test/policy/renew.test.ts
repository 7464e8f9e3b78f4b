import { expect } from "chai";
import type { Wallet } from "ethers";
import { SCALAR_MODULUS } from "../../client/core/index.ts";
import type { RenewStruct } from "../../types/interfaces/IAgentPolicy.ts";
import { refLeaf } from "../accumulator/reference.ts";
import {
  add,
  approvals,
  commitmentOf,
  deployWorld,
  execute,
  HOUR,
  idOf,
  keySource,
  NO_EXPIRY,
  open,
  openWith,
  PROVE,
  PROVE_GRANT,
  renewal,
  submit,
  take,
  type World,
} from "./support.ts";

const key = keySource("renew");
/** Leaves of a generation of two levels. */
const CAPACITY = 16n;

describe("AgentPolicyRegistry", () => {
  let world: World;

  before(async () => {
    world = await deployWorld();
  });

  /** A policy of alice, in which bob proves until `expiry`. */
  async function setting(expiry = NO_EXPIRY) {
    const [alice, bob] = [key("alice"), key("bob")];
    const policy = await open(world, alice);
    await add(world, policy, alice, bob, PROVE, expiry);
    return { alice, bob, policy };
  }

  async function agentOf(policy: bigint, agent: Wallet) {
    return world.registry.agentOf(policy, idOf(agent));
  }

  async function bitOf(generation: bigint, index: bigint): Promise<bigint> {
    const [word = 0n] = await world.registry.revokedWords(generation, index >> 8n, 1);
    return (word >> (index & 255n)) & 1n;
  }

  async function renew(policy: bigint, agent: Wallet, name: string, override: Partial<RenewStruct> = {}) {
    const op = await renewal(world, policy, agent, commitmentOf(name), override);
    return execute(world, "Renew", op, [agent]);
  }

  async function laterHour(hours: bigint): Promise<bigint> {
    return (BigInt(await world.networkHelpers.time.latest()) / HOUR + hours) * HOUR;
  }

  function expectRevert(sent: Promise<unknown>, error: string, args: readonly unknown[]) {
    return expect(sent)
      .to.be.revertedWithCustomError(world.registry, error)
      .withArgs(...args);
  }

  describe("renew", () => {
    it("revokes the old leaf and appends one of the new commitment, and says so", async () => {
      const { bob, policy } = await setting();
      const before = await agentOf(policy, bob);
      const trees = await world.registry.accumulators();
      const commitment = commitmentOf("renewed");
      await expect(renew(policy, bob, "renewed"))
        .to.emit(world.registry, "OperationExecuted")
        .withArgs(policy, idOf(bob), 0, 0)
        .to.emit(world.registry, "AgentRevoked")
        .withArgs(policy, idOf(bob), 0, before.index)
        .to.emit(world.registry, "AgentProvisioned")
        .withArgs(policy, idOf(bob), 0, trees.size, commitment, NO_EXPIRY)
        .to.emit(world.registry, "LeafAppended")
        .to.emit(world.registry, "IndexRevoked");
      const after = await agentOf(policy, bob);
      expect(after.index).to.equal(trees.size);
      expect([await bitOf(0n, before.index), await bitOf(0n, after.index)]).to.deep.equal([1n, 0n]);
      const [leaf] = await world.registry.provisionedNodes(0, trees.size + 1n, 0, after.index, 1);
      expect(leaf).to.equal(refLeaf(policy, commitment, Number(after.index), NO_EXPIRY));
      expect(await world.registry.isCommitmentUsed(policy, commitment)).to.equal(true);
      expect((await world.registry.accumulators()).version).to.equal(trees.version + 1n);
    });

    it("keeps the agent's bits, its spell of proving and its slot", async () => {
      const { alice, bob, policy } = await setting();
      const before = await agentOf(policy, bob);
      for (let i = 0; i < 3; i++) await renew(policy, bob, `again ${i} ${bob.address}`);
      const after = await agentOf(policy, bob);
      expect([after.authorizations, after.provedFrom, after.provedUntil]).to.deep.equal([
        before.authorizations,
        before.provedFrom,
        0n,
      ]);
      expect((await world.registry.policyOf(policy)).liveProvers).to.equal(2);
      const { index } = await agentOf(policy, alice);
      expect(await world.registry.liveLeavesOf(policy)).to.deep.equal([index, after.index]);
    });

    it("works with all 32 slots taken", async () => {
      const alice = key("alice");
      const others = Array.from({ length: 31 }, () => [key("prover"), PROVE] as const);
      const policy = await openWith(world, alice, others);
      const [[prover] = [alice]] = others;
      await renew(policy, prover, `of ${prover.address}`);
      expect((await world.registry.policyOf(policy)).liveProvers).to.equal(32);
      expect(await world.registry.liveLeavesOf(policy)).to.include((await agentOf(policy, prover)).index);
    });

    it("lets the new leaf be revoked, and its slot be freed", async () => {
      const { alice, bob, policy } = await setting();
      await renew(policy, bob, `of ${bob.address}`);
      const { index } = await agentOf(policy, bob);
      await take(world, policy, alice, bob, PROVE);
      expect(await bitOf(0n, index)).to.equal(1n);
      expect((await world.registry.policyOf(policy)).liveProvers).to.equal(1);
    });

    it("checkpoints the new leaf if asked to", async () => {
      const { bob, policy } = await setting();
      for (const checkpoint of [false, true]) {
        await renew(policy, bob, `${checkpoint} of ${bob.address}`, { checkpoint });
        const { provisionedRoot, size } = await world.registry.accumulators();
        const { size: recorded } = await world.registry.checkpointOf(provisionedRoot);
        expect(recorded).to.equal(checkpoint ? size : 0n);
      }
    });

    it("needs the agent's own approval, an ADMIN's does not do", async () => {
      const { alice, bob, policy } = await setting();
      const op = await renewal(world, policy, bob, commitmentOf("by alice"));
      await expectRevert(execute(world, "Renew", op, [alice]), "AgentPolicyProposerNotApproving", [
        idOf(bob),
      ]);
    });

    it("cannot be replayed, nor altered after signing", async () => {
      const { bob, policy } = await setting();
      const op = await renewal(world, policy, bob, commitmentOf(`once ${bob.address}`));
      const given = await approvals(world, "Renew", op, [bob]);
      for (const fault of [
        { commitment: 1n },
        { expiry: await laterHour(9n) },
        { checkpoint: true },
        { deadline: BigInt(op.deadline) - 1n },
      ]) {
        await expectRevert(submit(world, "Renew", { ...op, ...fault }, given), "AgentKeySignatureInvalid", [
          idOf(bob),
        ]);
      }
      await submit(world, "Renew", op, given);
      await expectRevert(submit(world, "Renew", op, given), "AgentPolicyNonceMismatch", [
        ...[policy, idOf(bob), 0, 0, 1],
      ]);
    });
  });

  describe("renew: commitments", () => {
    it("reverts for one that the policy has seen: its own, another's, a former one", async () => {
      const { alice, bob, policy } = await setting();
      await renew(policy, bob, `second of ${bob.address}`);
      for (const used of [
        commitmentOf(`${bob.address} in ${policy}`),
        commitmentOf(`second of ${bob.address}`),
        commitmentOf(`creator ${alice.address}`),
      ]) {
        const op = await renewal(world, policy, bob, used);
        await expectRevert(execute(world, "Renew", op, [bob]), "AgentPolicyCommitmentUsed", [policy, used]);
      }
    });

    it("reverts without one, and for what is no field element", async () => {
      const { bob, policy } = await setting();
      for (const [commitment, error, arg] of [
        [0n, "AgentPolicyCommitmentMissing", idOf(bob)],
        [SCALAR_MODULUS, "AgentPolicyCommitmentNotCanonical", SCALAR_MODULUS],
        [2n ** 256n - 1n, "AgentPolicyCommitmentNotCanonical", 2n ** 256n - 1n],
      ] as const) {
        const op = await renewal(world, policy, bob, commitment);
        await expectRevert(execute(world, "Renew", op, [bob]), error, [arg]);
      }
    });
  });

  describe("renew: expiry", () => {
    it("may stay or come earlier, from none to some too", async () => {
      const { bob, policy } = await setting();
      const [near, far] = [await laterHour(5n), await laterHour(9n)];
      for (const expiry of [NO_EXPIRY, far, far, near]) {
        await renew(policy, bob, `until ${expiry} ${await world.registry.nonceOf(policy, idOf(bob), 0)}`, {
          expiry,
        });
        expect((await agentOf(policy, bob)).expiry).to.equal(expiry);
      }
    });

    it("reverts when it would come later, be it none", async () => {
      const current = await laterHour(5n);
      const { bob, policy } = await setting(current);
      for (const expiry of [current + HOUR, NO_EXPIRY]) {
        const sent = renew(policy, bob, `later ${expiry}`, { expiry });
        await expectRevert(sent, "AgentPolicyExpiryExtended", [idOf(bob), expiry, current]);
      }
    });

    it("reverts when it is no full hour, passed or not below 2^40", async () => {
      const { bob, policy } = await setting();
      const hour = await laterHour(0n);
      for (const [expiry, error, args] of [
        [hour + HOUR + 1n, "AgentPolicyExpiryNotHourly", [hour + HOUR + 1n]],
        [hour, "AgentPolicyExpiryPassed", [hour, (now: bigint) => now >= hour]],
        [2n ** 40n, "AgentPolicyExpiryTooLate", [2n ** 40n]],
      ] as const) {
        await expectRevert(renew(policy, bob, `${expiry}`, { expiry }), error, [...args]);
      }
    });

    it("frees the slot once the shorter one has passed", async () => {
      const { alice, bob, policy } = await setting();
      const expiry = await laterHour(2n);
      await renew(policy, bob, `short ${bob.address}`, { expiry });
      await world.networkHelpers.time.increaseTo(expiry + 1n);
      expect((await world.registry.policyOf(policy)).liveProvers).to.equal(1);
      expect(await world.registry.liveLeavesOf(policy)).to.deep.equal([(await agentOf(policy, alice)).index]);
      for (let i = 0; i < 31; i++) await add(world, policy, alice, key("more"), PROVE);
      expect((await world.registry.policyOf(policy)).liveProvers).to.equal(32);
    });
  });

  describe("renew: who proves", () => {
    it("reverts once the agent's PROVE has run out, and at its last second", async () => {
      const expiry = await laterHour(2n);
      const { bob, policy } = await setting(expiry);
      const op = await renewal(world, policy, bob, commitmentOf("too late"), { expiry });
      const { time } = world.networkHelpers;
      await time.setNextBlockTimestamp(expiry);
      await expectRevert(execute(world, "Renew", op, [bob]), "AgentPolicyExpiryPassed", [expiry, expiry]);
      await time.setNextBlockTimestamp(expiry + 1n);
      await expectRevert(execute(world, "Renew", op, [bob]), "AgentPolicyNotProving", [policy, idOf(bob)]);
    });

    it("reverts for an agent that never proved, or was revoked and holds other bits", async () => {
      const [alice, granter, former] = [key("alice"), key("granter"), key("former")];
      const policy = await openWith(world, alice, [
        [granter, PROVE_GRANT],
        [former, PROVE | PROVE_GRANT],
      ]);
      await take(world, policy, alice, former, PROVE);
      for (const agent of [granter, former]) {
        await expectRevert(renew(policy, agent, "never"), "AgentPolicyNotProving", [policy, idOf(agent)]);
      }
    });

    it("reverts for a removed agent and for a stranger", async () => {
      const { alice, bob, policy } = await setting();
      await take(world, policy, alice, bob, PROVE);
      await expectRevert(renew(policy, bob, "removed"), "AgentPolicyApproverRemoved", [policy, idOf(bob)]);
      const stranger = key("stranger");
      await expectRevert(renew(policy, stranger, "stranger"), "AgentPolicyApproverUnknown", [
        ...[policy, idOf(stranger)],
      ]);
    });

    it("reverts for another epoch", async () => {
      const { bob, policy } = await setting();
      await expectRevert(renew(policy, bob, "epoch", { epoch: 2n }), "AgentPolicyEpochMismatch", [
        ...[policy, 2, 1],
      ]);
    });
  });

  describe("renew at the end of a generation", () => {
    async function seeded(leaves: number) {
      world = await deployWorld({ levels: 2, size: 0, leaf: 0n, word: 0n });
      const others = Array.from({ length: leaves - 1 }, () => [key("prover"), PROVE] as const);
      const alice = key("alice");
      return { alice, policy: await openWith(world, alice, others) };
    }

    afterEach(async () => {
      world = await deployWorld();
    });

    it("revokes in the full generation and appends in the one that it opens, both checkpointed", async () => {
      const { alice, policy } = await seeded(Number(CAPACITY));
      const before = await agentOf(policy, alice);
      await renew(policy, alice, "next generation", { checkpoint: true });
      const after = await agentOf(policy, alice);
      expect([after.generation, after.index]).to.deep.equal([1n, 0n]);
      expect([await bitOf(0n, before.index), await bitOf(1n, after.index)]).to.deep.equal([1n, 0n]);
      for (const [generation, size] of [
        [0n, CAPACITY],
        [1n, 1n],
      ] as const) {
        const root = await world.registry.provisionedRoot(generation, size);
        expect((await world.registry.checkpointOf(root)).slice(0, 2)).to.deep.equal([generation, size]);
      }
      expect(await world.registry.liveLeavesOf(policy)).to.include(1n << 24n);
    });

    it("takes the last leaf of a generation", async () => {
      const { alice, policy } = await seeded(Number(CAPACITY) - 1);
      await renew(policy, alice, "last leaf");
      const { generation, index } = await agentOf(policy, alice);
      expect([generation, index]).to.deep.equal([0n, CAPACITY - 1n]);
      expect([await bitOf(0n, 0n), await bitOf(0n, index)]).to.deep.equal([1n, 0n]);
      await renew(policy, alice, "after the last leaf");
      expect((await agentOf(policy, alice)).generation).to.equal(1);
      expect(await bitOf(0n, CAPACITY - 1n)).to.equal(1n);
    });
  });
});
