import { expect } from "chai";
import type { Wallet } from "ethers";
import { newEpoch, ROOTED } from "./newEpoch.ts";
import {
  ADMIN,
  accept,
  add,
  authorization,
  change,
  commitmentOf,
  deployWorld,
  execute,
  HOUR,
  idOf,
  keySource,
  open,
  openWith,
  PROVE,
  PROVE_GRANT,
  renewal,
  renunciation,
  take,
  type World,
} from "./support.ts";

const key = keySource("provedAt");

describe("AgentPolicyRegistry", () => {
  let world: World;

  before(async () => {
    world = await deployWorld();
  });

  async function now(): Promise<bigint> {
    return BigInt(await world.networkHelpers.time.latest());
  }

  async function pass(seconds: bigint): Promise<void> {
    await world.networkHelpers.time.increase(seconds);
  }

  async function laterHour(hours: bigint): Promise<bigint> {
    return ((await now()) / HOUR + hours) * HOUR;
  }

  /** The answers at times around one. */
  async function around(policy: bigint, agent: Wallet, time: bigint): Promise<boolean[]> {
    const times = [time - 1n, time, time + 1n];
    return Promise.all(times.map((at) => world.registry.provedAt(policy, idOf(agent), at)));
  }

  /** A policy of alice with root keys, in which bob holds PROVE_GRANT and proves since `from`. */
  async function setting() {
    const [alice, bob] = [key("alice"), key("bob")];
    const policy = await openWith(world, alice, [[bob, PROVE | PROVE_GRANT]], { settings: ROOTED });
    return { alice, bob, policy, from: await now() };
  }

  describe("provedAt", () => {
    it("is true from the second of the grant until now", async () => {
      const { bob, policy, from } = await setting();
      await pass(1000n);
      for (const time of [from, from + 1n, from + 999n, await now()]) {
        expect(await world.registry.provedAt(policy, idOf(bob), time), `${time - from}`).to.equal(true);
      }
    });

    it("refers to the logs for what was before the latest spell", async () => {
      const { alice, bob, policy, from } = await setting();
      await expect(world.registry.provedAt(policy, idOf(bob), from - 1n))
        .to.be.revertedWithCustomError(world.registry, "AgentPolicyTimeBeforeSpell")
        .withArgs(policy, idOf(bob), from - 1n, from);
      await pass(100n);
      await take(world, policy, alice, bob, PROVE);
      await pass(100n);
      const offer = change(bob, PROVE | PROVE_GRANT, { commitment: commitmentOf(`second ${policy}`) });
      const acceptance = await accept(world, bob, { policy, change: offer });
      const op = await authorization(world, policy, alice, [offer]);
      await execute(world, "Authorize", op, [alice], [acceptance]);
      const again = await now();
      for (const time of [from, again - 1n]) {
        await expect(world.registry.provedAt(policy, idOf(bob), time))
          .to.be.revertedWithCustomError(world.registry, "AgentPolicyTimeBeforeSpell")
          .withArgs(policy, idOf(bob), time, again);
      }
      expect(await world.registry.provedAt(policy, idOf(bob), again)).to.equal(true);
    });

    it("reverts for a time in the future", async () => {
      const { bob, policy } = await setting();
      const time = (await now()) + 100n;
      await expect(world.registry.provedAt(policy, idOf(bob), time))
        .to.be.revertedWithCustomError(world.registry, "AgentPolicyTimeInFuture")
        .withArgs(time, (at: bigint) => at < time);
    });

    it("is false from the second of a revocation on", async () => {
      const { alice, bob, policy } = await setting();
      await pass(100n);
      await take(world, policy, alice, bob, PROVE);
      const end = await now();
      await pass(100n);
      expect(await around(policy, bob, end)).to.deep.equal([true, false, false]);
    });

    it("is false from the second of a renunciation on", async () => {
      const { bob, policy } = await setting();
      await pass(100n);
      await execute(world, "Renounce", await renunciation(world, policy, bob, PROVE), [bob]);
      const end = await now();
      await pass(100n);
      expect(await around(policy, bob, end)).to.deep.equal([true, false, false]);
    });

    it("is true in the second of the expiry, and false afterwards, whether the bit is taken then or not", async () => {
      const [alice, server] = [key("alice"), key("server")];
      const policy = await open(world, alice);
      const expiry = await laterHour(2n);
      await add(world, policy, alice, server, PROVE, expiry);
      await world.networkHelpers.time.increaseTo(expiry + 100n);
      expect(await around(policy, server, expiry)).to.deep.equal([true, true, false]);
      await take(world, policy, alice, server, PROVE);
      expect(await around(policy, server, expiry)).to.deep.equal([true, true, false]);
    });

    it("is false in the second of the expiry if that is when it was revoked", async () => {
      const [alice, server] = [key("alice"), key("server")];
      const policy = await open(world, alice);
      const expiry = await laterHour(2n);
      await add(world, policy, alice, server, PROVE, expiry);
      await world.networkHelpers.time.setNextBlockTimestamp(expiry);
      await take(world, policy, alice, server, PROVE);
      await pass(100n);
      expect(await around(policy, server, expiry)).to.deep.equal([true, false, false]);
    });

    it("does not begin anew with a renewal", async () => {
      const { bob, policy, from } = await setting();
      await pass(100n);
      await execute(world, "Renew", await renewal(world, policy, bob, commitmentOf(`renewed ${policy}`)), [
        bob,
      ]);
      await pass(100n);
      for (const time of [from, await now()]) {
        expect(await world.registry.provedAt(policy, idOf(bob), time)).to.equal(true);
      }
    });

    it("is false from the end of the epoch on, of an agent that does not survive", async () => {
      const { alice, bob, policy } = await setting();
      await pass(100n);
      await newEpoch(world, policy, [[alice, ADMIN]]);
      const end = await now();
      await pass(100n);
      // alice is an agent of the new epoch, and her spell ended all the same
      for (const agent of [alice, bob]) {
        expect(await around(policy, agent, end)).to.deep.equal([true, false, false]);
      }
    });

    it("goes on over the end of the epoch, of an agent that survives", async () => {
      const { alice, bob, policy, from } = await setting();
      await pass(100n);
      await newEpoch(world, policy, [[alice, ADMIN]], [bob]);
      const end = await now();
      await pass(100n);
      expect(await around(policy, bob, end)).to.deep.equal([true, true, true]);
      expect(await world.registry.provedAt(policy, idOf(bob), from)).to.equal(true);
    });

    it("ends with the expiry, not with a later epoch's end", async () => {
      const [alice, server] = [key("alice"), key("server")];
      const policy = await openWith(world, alice, [], { settings: ROOTED });
      const expiry = await laterHour(2n);
      await add(world, policy, alice, server, PROVE, expiry);
      await world.networkHelpers.time.increaseTo(expiry + 100n);
      await newEpoch(world, policy, [[alice, ADMIN]]);
      expect(await around(policy, server, expiry)).to.deep.equal([true, true, false]);
      expect((await world.registry.agentOf(policy, idOf(server))).provedUntil).to.equal(expiry);
    });

    it("is false at any time of an agent that never proved", async () => {
      const granter = key("granter");
      const policy = await openWith(world, key("alice"), [[granter, PROVE_GRANT]]);
      for (const time of [0n, await now()]) {
        expect(await world.registry.provedAt(policy, idOf(granter), time)).to.equal(false);
      }
    });

    it("reverts for unknown policies and agents", async () => {
      const { policy } = await setting();
      const stranger = idOf(key("stranger"));
      await expect(world.registry.provedAt(5n, stranger, 0n))
        .to.be.revertedWithCustomError(world.registry, "AgentPolicyUnknown")
        .withArgs(5n);
      await expect(world.registry.provedAt(policy, stranger, 0n))
        .to.be.revertedWithCustomError(world.registry, "AgentPolicyAgentUnknown")
        .withArgs(policy, stranger);
    });
  });
});
