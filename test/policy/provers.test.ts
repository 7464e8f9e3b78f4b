import { expect } from "chai";
import type { Wallet } from "ethers";
import type { AgentChangeStruct } from "../../types/interfaces/IAgentPolicyRegistry.ts";
import {
  accept,
  add,
  authorization,
  change,
  commitmentOf,
  deployWorld,
  execute,
  expectRefusal,
  idOf,
  keySource,
  NO_EXPIRY,
  open,
  PROVE,
  revocation,
  take,
  type World,
} from "./support.ts";

const key = keySource("provers");
const HOUR = 3600n;
const LIMIT = 32;

describe("AgentPolicyRegistry", () => {
  let world: World;

  before(async () => {
    world = await deployWorld();
  });

  async function nextHour(): Promise<bigint> {
    return (BigInt(await world.networkHelpers.time.latest()) / HOUR + 2n) * HOUR;
  }

  function offers(count: number, expiry: bigint) {
    return Array.from({ length: count }, (_, i) => {
      const agent = key(`${i}`);
      return { agent, offer: change(agent, PROVE, { commitment: commitmentOf(agent.address), expiry }) };
    });
  }

  async function grantAll(
    policy: bigint,
    by: Wallet,
    grants: readonly { agent: Wallet; offer: AgentChangeStruct }[],
  ) {
    const op = await authorization(
      world,
      policy,
      by,
      grants.map(({ offer }) => offer),
    );
    const acceptances = await Promise.all(
      grants.map(({ agent, offer }) => accept(world, agent, { policy, change: offer })),
    );
    return { op, acceptances, send: () => execute(world, "Authorize", op, [by], acceptances) };
  }

  /** A policy whose creator and 31 others prove. */
  async function full(expiry = NO_EXPIRY) {
    const alice = key("alice");
    const policy = await open(world, alice);
    const grants = offers(LIMIT - 1, expiry);
    await (await grantAll(policy, alice, grants)).send();
    return { alice, policy, grants };
  }

  describe("live provers", () => {
    it("are at most 32", async () => {
      const { alice, policy } = await full();
      expect((await world.registry.policyOf(policy)).liveProvers).to.equal(LIMIT);
      const { op, acceptances } = await grantAll(policy, alice, offers(1, NO_EXPIRY));
      await expectRefusal(world, "Authorize", op, [alice], {
        error: "AgentPolicyProverLimit",
        args: [policy, LIMIT],
        acceptances,
      });
    });

    it("are at most 32 within one operation as well", async () => {
      const alice = key("alice");
      const policy = await open(world, alice);
      const { op, acceptances } = await grantAll(policy, alice, offers(LIMIT, NO_EXPIRY));
      await expectRefusal(world, "Authorize", op, [alice], {
        error: "AgentPolicyProverLimit",
        args: [policy, LIMIT],
        acceptances,
      });
    });

    it("make room by revocation, also within one operation", async () => {
      const { alice, policy, grants } = await full();
      const [first, second] = grants;
      if (first === undefined || second === undefined) throw new Error("31 grants");
      await take(world, policy, alice, first.agent, PROVE);
      await (await grantAll(policy, alice, offers(1, NO_EXPIRY))).send();
      const [fresh] = offers(1, NO_EXPIRY);
      if (fresh === undefined) throw new Error("one offer");
      const swap = await authorization(world, policy, alice, [change(second.agent, 0), fresh.offer]);
      const acceptance = await accept(world, fresh.agent, { policy, change: fresh.offer });
      const none = { deadline: 0n, signature: "0x" };
      await execute(world, "Authorize", swap, [alice], [none, acceptance]);
      expect((await world.registry.policyOf(policy)).liveProvers).to.equal(LIMIT);
    });

    it("make room by expiry, without a revocation", async () => {
      const expiry = await nextHour();
      const { alice, policy } = await full(expiry);
      const { op, acceptances, send } = await grantAll(policy, alice, offers(1, NO_EXPIRY));
      const { time } = world.networkHelpers;
      await time.setNextBlockTimestamp(expiry);
      await expect(execute(world, "Authorize", op, [alice], acceptances))
        .to.be.revertedWithCustomError(world.registry, "AgentPolicyProverLimit")
        .withArgs(policy, LIMIT);
      const before = await world.registry.accumulators();
      await time.setNextBlockTimestamp(expiry + 1n);
      await send();
      const after = await world.registry.accumulators();
      expect([after.revokedRoot, after.version]).to.deep.equal([before.revokedRoot, before.version]);
      expect((await world.registry.policyOf(policy)).liveProvers).to.equal(2);
      await (await grantAll(policy, alice, offers(LIMIT - 2, NO_EXPIRY))).send();
      expect((await world.registry.policyOf(policy)).liveProvers).to.equal(LIMIT);
    });

    it("free only slots that ran out, in a batch that needs some of them", async () => {
      const alice = key("alice");
      const policy = await open(world, alice);
      const expiry = await nextHour();
      await (await grantAll(policy, alice, offers(15, NO_EXPIRY))).send();
      await (await grantAll(policy, alice, offers(14, expiry))).send();
      await world.networkHelpers.time.increaseTo(expiry + 1n);
      const staying = await world.registry.liveLeavesOf(policy);
      expect(staying).to.have.length(16);
      await (await grantAll(policy, alice, offers(16, NO_EXPIRY))).send();
      const leaves = await world.registry.liveLeavesOf(policy);
      expect(leaves).to.have.length(LIMIT);
      expect([...leaves]).to.include.members([...staying]);
      expect(new Set(leaves).size).to.equal(LIMIT);
    });

    it("do not lose a slot that was taken over from one that ran out", async () => {
      const expiry = await nextHour();
      const { alice, policy, grants } = await full(expiry);
      await world.networkHelpers.time.increaseTo(expiry + 1n);
      await (await grantAll(policy, alice, offers(31, NO_EXPIRY))).send();
      // the agents that ran out still name those slots; revoking them must not free what others now hold
      const op = await revocation(
        world,
        policy,
        alice,
        grants.map(({ agent }) => [agent, PROVE] as const),
      );
      await execute(world, "Revoke", op, [alice]);
      expect((await world.registry.policyOf(policy)).liveProvers).to.equal(LIMIT);
      const { op: one, acceptances } = await grantAll(policy, alice, offers(1, NO_EXPIRY));
      await expectRefusal(world, "Authorize", one, [alice], {
        error: "AgentPolicyProverLimit",
        args: [policy, LIMIT],
        acceptances,
      });
    });

    it("can all be revoked in one transaction of 16.7 M gas", async () => {
      const { alice, policy, grants } = await full();
      const op = await revocation(
        world,
        policy,
        alice,
        [alice, ...grants.map(({ agent }) => agent)].map((agent) => [agent, PROVE] as const),
      );
      const receipt = await (await execute(world, "Revoke", op, [alice])).wait();
      expect(receipt?.gasUsed).to.be.lessThan(16_700_000n);
      expect((await world.registry.policyOf(policy)).liveProvers).to.equal(0);
      expect(await world.registry.liveLeavesOf(policy)).to.deep.equal([]);
    });
  });

  describe("an authorization that ran out", () => {
    for (const [offset, bits] of [
      [-1n, PROVE],
      [0n, PROVE],
      [1n, 0],
    ] as const) {
      it(`${bits === 0 ? "is reported as ended" : "holds"} at its expiry ${offset < 0n ? "-" : "+"} ${offset < 0n ? -offset : offset} s`, async () => {
        const [alice, server] = [key("alice"), key("server")];
        const policy = await open(world, alice);
        const expiry = await nextHour();
        await add(world, policy, alice, server, PROVE, expiry);
        await world.networkHelpers.time.increaseTo(expiry + offset);
        const agent = await world.registry.agentOf(policy, idOf(server));
        expect(Number(agent.authorizations)).to.equal(bits);
        expect(agent.provedUntil).to.equal(bits === 0 ? expiry : 0n);
        expect(agent.removed).to.equal(false);
        expect((await world.registry.policyOf(policy)).liveProvers).to.equal(bits === 0 ? 1 : 2);
      });
    }
  });
});
