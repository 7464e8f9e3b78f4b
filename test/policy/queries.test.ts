import { expect } from "chai";
import {
  add,
  agentKey,
  commitmentOf,
  creation,
  deployWorld,
  execute,
  idOf,
  keySource,
  NO_ACCEPTANCE,
  open,
  PROVE,
  take,
  type World,
} from "./support.ts";

const key = keySource("queries");

describe("AgentPolicyRegistry", () => {
  let world: World;

  before(async () => {
    world = await deployWorld();
  });

  describe("an empty registry", () => {
    it("has no generation's roots and nothing to checkpoint", async () => {
      const { registry } = world;
      expect(await registry.accumulators()).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
      await expect(registry.checkpoint(0))
        .to.be.revertedWithCustomError(registry, "ProvisionedTreeEmpty")
        .withArgs(0);
      await expect(registry.revokedRoot(0))
        .to.be.revertedWithCustomError(registry, "ProvisionedTreeEmpty")
        .withArgs(0);
      expect(await registry.rootsOf(0, 0)).to.deep.equal([[0n, 0n, 0n], 0n, 0n]);
      expect(await registry.currentGeneration()).to.equal(0);
      expect(await registry.provisionedSize(0)).to.equal(0);
    });
  });

  describe("agentsOf", () => {
    it("pages through all agents in the order of joining, removed ones marked", async () => {
      const alice = key("alice");
      const policy = await open(world, alice);
      const agents = [alice, key("b"), key("c"), key("d"), key("e")];
      for (const agent of agents.slice(1)) await add(world, policy, alice, agent, PROVE);
      const removed = agents[2] ?? alice;
      await take(world, policy, alice, removed, PROVE);
      const all = await world.registry.agentsOf(policy, 0, 100);
      expect(all.map(({ id }) => id)).to.deep.equal(agents.map(idOf));
      expect(all.map((agent) => agent.removed)).to.deep.equal([false, false, true, false, false]);
      for (const [start, count, length] of [
        [0, 2, 2],
        [3, 2, 2],
        [4, 2, 1],
        [5, 1, 0],
        [2n ** 256n - 1n, 2n ** 256n - 1n, 0],
        [0, 0, 0],
      ] as const) {
        const page = await world.registry.agentsOf(policy, start, count);
        expect(page).to.have.length(length);
        expect([...page]).to.deep.equal([...all].slice(Number(start), Number(start) + length));
      }
    });

    it("agrees with agentOf, and both with the leaf on chain", async () => {
      const [alice, bob] = [key("alice"), key("bob")];
      const policy = await open(world, alice);
      await add(world, policy, alice, bob, PROVE);
      const [, listed] = await world.registry.agentsOf(policy, 0, 2);
      expect(await world.registry.agentOf(policy, idOf(bob))).to.deep.equal(listed);
      const leaves = await world.registry.liveLeavesOf(policy);
      expect(leaves).to.include(((listed?.generation ?? 9n) << 24n) | (listed?.index ?? 9n));
    });
  });

  describe("unknown policies and agents", () => {
    it("are refused by every query that names one", async () => {
      const { registry } = world;
      const nobody = idOf(agentKey("nobody"));
      for (const query of [
        registry.policyOf(4n),
        registry.agentOf(4n, nobody),
        registry.agentsOf(4n, 0, 1),
        registry.liveLeavesOf(4n),
      ]) {
        await expect(query).to.be.revertedWithCustomError(registry, "AgentPolicyUnknown").withArgs(4n);
      }
      const policy = await open(world, key("alice"));
      await expect(registry.agentOf(policy, nobody))
        .to.be.revertedWithCustomError(registry, "AgentPolicyAgentUnknown")
        .withArgs(policy, nobody);
      expect(await registry.nonceOf(4n, nobody, 0)).to.equal(0);
      expect(await registry.isCommitmentUsed(4n, 1n)).to.equal(false);
    });
  });

  describe("checkpoint", () => {
    it("is anyone's, records a root once and never refreshes its time", async () => {
      const alice = key("alice");
      await open(world, alice);
      const { registry, networkHelpers } = world;
      const { provisionedRoot, size } = await registry.accumulators();
      expect((await registry.checkpointOf(provisionedRoot)).size).to.equal(0);
      await registry.connect(world.stranger).checkpoint(0);
      const record = await registry.checkpointOf(provisionedRoot);
      expect(record).to.deep.equal([0n, size, BigInt(await networkHelpers.time.latest())]);
      await networkHelpers.time.increase(1000);
      await expect(registry.checkpoint(0)).to.not.emit(registry, "Checkpointed");
      expect(await registry.checkpointOf(provisionedRoot)).to.deep.equal(record);
    });

    it("reverts for a generation that is not open", async () => {
      await expect(world.registry.checkpoint(1))
        .to.be.revertedWithCustomError(world.registry, "ProvisionedTreeEmpty")
        .withArgs(1);
    });
  });

  describe("rootsOf", () => {
    it("tells all that a verifier needs, before and after a revocation", async () => {
      const [alice, bob] = [key("alice"), key("bob")];
      const op = await creation(world, alice, { checkpoint: true });
      await execute(world, "CreatePolicy", op, [alice], [NO_ACCEPTANCE]);
      const { registry } = world;
      const { provisionedRoot, revokedRoot, size } = await registry.accumulators();
      const [record, status, supersededAt] = await registry.rootsOf(provisionedRoot, revokedRoot);
      expect([record.size, status, supersededAt]).to.deep.equal([size, 1n, 0n]);
      const policy = BigInt(op.policy);
      await add(world, policy, alice, bob, PROVE);
      await take(world, policy, alice, bob, PROVE);
      const now = BigInt(await world.networkHelpers.time.latest());
      const later = await registry.rootsOf(provisionedRoot, revokedRoot);
      expect([later.record.size, later.status, later.supersededAt]).to.deep.equal([size, 2n, now]);
      expect(await registry.rootsOf(provisionedRoot, 5n)).to.deep.equal([[...record], 0n, 0n]);
      expect(await registry.rootsOf(5n, revokedRoot)).to.deep.equal([[0n, 0n, 0n], 0n, 0n]);
    });

    it("does not take a current root, never checkpointed, for a checkpoint", async () => {
      await open(world, key("alice"));
      const { provisionedRoot, revokedRoot } = await world.registry.accumulators();
      const [record, status] = await world.registry.rootsOf(provisionedRoot, revokedRoot);
      expect([record.size, status]).to.deep.equal([0n, 0n]);
    });
  });

  describe("an idle registry", () => {
    it("keeps root, version and status for ever", async () => {
      const alice = key("alice");
      await open(world, alice);
      const before = await world.registry.accumulators();
      await world.networkHelpers.time.increase(10 * 365 * 86400);
      expect(await world.registry.accumulators()).to.deep.equal(before);
      expect(await world.registry.rootStatus(0, before.revokedRoot)).to.deep.equal([1n, 0n]);
    });
  });

  describe("a grant", () => {
    it("never supersedes a revoked root", async () => {
      const alice = key("alice");
      const policy = await open(world, alice);
      const { revokedRoot } = await world.registry.accumulators();
      await add(world, policy, alice, key("bob"), PROVE);
      expect((await world.registry.accumulators()).revokedRoot).to.equal(revokedRoot);
      expect(await world.registry.isCommitmentUsed(policy, commitmentOf("nothing"))).to.equal(false);
    });
  });
});
