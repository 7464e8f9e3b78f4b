import { expect } from "chai";
import { refLeaf, refProvisioned, refRoot } from "../accumulator/reference.ts";
import {
  accept,
  add,
  authorization,
  change,
  commitmentOf,
  deployWorld,
  execute,
  idOf,
  keySource,
  NO_EXPIRY,
  open,
  PROVE,
  revocation,
  take,
  type World,
} from "./support.ts";

const key = keySource("generations");
/** Leaves of a generation of two levels. */
const CAPACITY = 16;

describe("AgentPolicyRegistry", () => {
  describe("when a generation is full", () => {
    let world: World;

    beforeEach(async () => {
      world = await deployWorld({ levels: 2, size: 0, leaf: 0n, word: 0n });
    });

    /** A policy of alice and `count` agents that prove, granted in one operation. */
    async function crowd(count: number, checkpoint = false) {
      const alice = key("alice");
      const policy = await open(world, alice);
      const agents = Array.from({ length: count }, (_, i) => key(`${i}`));
      const changes = agents.map((agent) =>
        change(agent, PROVE, { commitment: commitmentOf(agent.address) }),
      );
      const op = await authorization(world, policy, alice, changes, { checkpoint });
      const acceptances = await Promise.all(
        agents.map((agent, i) => accept(world, agent, { policy, change: changes[i] ?? change(agent, 0) })),
      );
      await execute(world, "Authorize", op, [alice], acceptances);
      return { alice, policy, agents };
    }

    async function bit(generation: bigint, index: bigint): Promise<bigint> {
      const [word = 0n] = await world.registry.revokedWords(generation, 0, 1);
      return (word >> index) & 1n;
    }

    it("opens the next in the middle of a batch, and records where each leaf lies", async () => {
      const { policy, agents } = await crowd(20);
      expect(await world.registry.currentGeneration()).to.equal(1);
      expect(await world.registry.provisionedSize(0)).to.equal(CAPACITY);
      expect(await world.registry.provisionedSize(1)).to.equal(5);
      const leaves: bigint[][] = [[], []];
      for (const { generation, index, id } of await world.registry.agentsOf(policy, 0, 99)) {
        const agent = agents.find((wallet) => idOf(wallet) === id);
        const place = leaves[Number(generation)] ?? [];
        expect(index).to.equal(place.length);
        if (agent === undefined) {
          const [creator = 0n] = await world.registry.provisionedNodes(0, CAPACITY, 0, 0, 1);
          place.push(creator);
        } else place.push(refLeaf(policy, commitmentOf(agent.address), Number(index), NO_EXPIRY));
      }
      for (const [generation, list] of leaves.entries()) {
        expect(await world.registry.provisionedRoot(generation, list.length)).to.equal(
          refRoot(refProvisioned(list)),
        );
      }
    });

    it("checkpoints the one it fills with the one it opens, if asked to", async () => {
      await crowd(20, true);
      for (const [generation, size] of [
        [0, CAPACITY],
        [1, 5],
      ] as const) {
        const root = await world.registry.provisionedRoot(generation, size);
        expect((await world.registry.checkpointOf(root)).slice(0, 2)).to.deep.equal([
          BigInt(generation),
          BigInt(size),
        ]);
      }
    });

    it("takes the last leaf of a full one for its own", async () => {
      const { policy, alice, agents } = await crowd(CAPACITY - 1);
      const last = agents.at(-1) ?? alice;
      expect((await world.registry.agentOf(policy, idOf(last))).index).to.equal(CAPACITY - 1);
      expect(await world.registry.currentGeneration()).to.equal(0);
      await take(world, policy, alice, last, PROVE);
      expect(await bit(0n, BigInt(CAPACITY - 1))).to.equal(1);
      await add(world, policy, alice, key("next"), PROVE);
      expect(await world.registry.currentGeneration()).to.equal(1);
    });

    it("revokes in either, one version each, also in one batch", async () => {
      const { policy, alice, agents } = await crowd(20);
      const versions = async () =>
        Promise.all([0, 1].map(async (generation) => (await world.registry.revokedRoot(generation)).version));
      const before = await versions();
      const [first = alice, second = alice] = agents;
      const [third = alice] = agents.slice(-1);
      const op = await revocation(
        world,
        policy,
        alice,
        [third, first, second].map((agent) => [agent, PROVE] as const),
      );
      await execute(world, "Revoke", op, [alice]);
      expect(await versions()).to.deep.equal(before.map((version) => version + 1n));
      for (const agent of [first, second, third]) {
        const { generation, index } = await world.registry.agentOf(policy, idOf(agent));
        expect(await bit(generation, index)).to.equal(1);
      }
      expect(await bit(1n, 0n)).to.equal(0);
    });

    it("tells equal roots of two generations apart", async () => {
      const { policy, alice, agents } = await crowd(20);
      const empty = (await world.registry.revokedRoot(0)).root;
      expect((await world.registry.revokedRoot(1)).root).to.equal(empty);
      await take(world, policy, alice, agents[0] ?? alice, PROVE);
      const now = BigInt(await world.networkHelpers.time.latest());
      expect(await world.registry.rootStatus(0, empty)).to.deep.equal([2n, now]);
      expect(await world.registry.rootStatus(1, empty)).to.deep.equal([1n, 0n]);
      await world.registry.checkpoint(0);
      await world.registry.checkpoint(1);
      const old = await world.registry.provisionedRoot(0, CAPACITY);
      const fresh = await world.registry.provisionedRoot(1, 5);
      expect((await world.registry.rootsOf(old, empty)).slice(1)).to.deep.equal([2n, now]);
      expect((await world.registry.rootsOf(fresh, empty)).slice(1)).to.deep.equal([1n, 0n]);
    });
  });

  describe("with a million agents before", () => {
    it("goes on where the trees are", async () => {
      const world = await deployWorld({ levels: 12, size: 1_000_000, leaf: 7n, word: 1n });
      const alice = key("alice");
      const policy = await open(world, alice);
      const { index } = await world.registry.agentOf(policy, idOf(alice));
      expect(index).to.equal(1_000_000);
      expect(await world.registry.provisionedSize(0)).to.equal(1_000_001);
    });
  });
});
