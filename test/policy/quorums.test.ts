import { expect } from "chai";
import {
  ADMIN,
  ALL,
  accept,
  authorization,
  change,
  check,
  commitmentOf,
  contractAgent,
  deployWorld,
  execute,
  expectRefusal,
  idOf,
  keySource,
  NO_ACCEPTANCE,
  openWith,
  PROVE,
  PROVE_GRANT,
  PROVE_REVOKE,
  renunciation,
  revocation,
  type TestAgent,
  take,
  type World,
} from "./support.ts";

const key = keySource("quorums");
const ROOTED = { rootCommitment: `0x${"11".repeat(32)}` };

describe("AgentPolicyRegistry", () => {
  let world: World;

  before(async () => {
    world = await deployWorld();
  });

  async function bitsOf(policy: bigint, agent: TestAgent): Promise<number> {
    return Number((await world.registry.agentOf(policy, idOf(agent))).authorizations);
  }

  /** A grant of PROVE to a new agent, with its acceptance. */
  async function granting(policy: bigint, proposer: TestAgent) {
    const agent = key("granted");
    const offer = change(agent, PROVE, { commitment: commitmentOf(agent.address) });
    const op = await authorization(world, policy, proposer, [offer]);
    return { agent, op, acceptances: [await accept(world, agent, { policy, change: offer })] };
  }

  describe("the grant quorum", () => {
    /** Two of three may grant: alice with ADMIN, bob and carol with PROVE_GRANT; dave may revoke. */
    async function setting() {
      const [alice, bob, carol, dave] = [key("alice"), key("bob"), key("carol"), key("dave")];
      const policy = await openWith(
        world,
        alice,
        [
          [bob, PROVE_GRANT],
          [carol, PROVE_GRANT],
          [dave, PROVE_REVOKE],
        ],
        { settings: { grantQuorum: 2n } },
      );
      return { alice, bob, carol, dave, policy };
    }

    it("is not reached by one, be it an ADMIN", async () => {
      const { alice, bob, policy } = await setting();
      for (const agent of [alice, bob]) {
        const { op, acceptances } = await granting(policy, agent);
        await expectRefusal(world, "Authorize", op, [agent], {
          error: "AgentPolicyRightMissing",
          args: [policy, PROVE_GRANT, 1, 2],
          acceptances,
        });
      }
    });

    it("is reached by any two", async () => {
      const { alice, bob, carol, policy } = await setting();
      for (const [one, two] of [
        [alice, bob],
        [bob, carol],
        [carol, alice],
      ] as const) {
        const { agent, op, acceptances } = await granting(policy, one);
        await check(world, "Authorize", op, [one, two]);
        await execute(world, "Authorize", op, [one, two], acceptances);
        expect(await bitsOf(policy, agent)).to.equal(PROVE);
      }
    });

    it("is not helped by who may only revoke", async () => {
      const { bob, dave, policy } = await setting();
      const { op, acceptances } = await granting(policy, bob);
      await expectRefusal(world, "Authorize", op, [bob, dave], {
        error: "AgentPolicyApproverWithoutRight",
        args: [policy, idOf(dave), PROVE_REVOKE, PROVE_GRANT],
        acceptances,
      });
    });

    it("is not what a revocation of PROVE needs", async () => {
      const { alice, dave, policy } = await setting();
      await take(world, policy, dave, alice, PROVE);
      expect(await bitsOf(policy, alice)).to.equal(ALL & ~PROVE);
    });
  });

  describe("the ADMIN quorum", () => {
    /** Two of three ADMINs; dave holds everything else, erin may revoke. */
    async function setting() {
      const [alice, bob, carol, dave, erin] = [key("a"), key("b"), key("c"), key("d"), key("e")];
      const policy = await openWith(
        world,
        alice,
        [
          [bob, ADMIN | PROVE],
          [carol, ADMIN],
          [dave, PROVE | PROVE_GRANT | PROVE_REVOKE],
          [erin, PROVE_REVOKE],
        ],
        { settings: { adminQuorum: 2n } },
      );
      return { alice, bob, carol, dave, erin, policy };
    }

    for (const [name, bit] of [
      ["PROVE_GRANT", PROVE_GRANT],
      ["PROVE_REVOKE", PROVE_REVOKE],
    ] as const) {
      it(`takes ${name} from an agent without ADMIN by authorize, not one ADMIN alone`, async () => {
        const { alice, bob, dave, policy } = await setting();
        const left = (PROVE | PROVE_GRANT | PROVE_REVOKE) & ~bit;
        const op = await authorization(world, policy, alice, [change(dave, left)]);
        await expectRefusal(world, "Authorize", op, [alice], {
          error: "AgentPolicyRightMissing",
          args: [policy, ADMIN, 1, 2],
          acceptances: [NO_ACCEPTANCE],
        });
        await check(world, "Authorize", op, [alice, bob]);
        await execute(world, "Authorize", op, [alice, bob], [NO_ACCEPTANCE]);
        expect(await bitsOf(policy, dave)).to.equal(left);
      });

      it(`takes ${name} from an agent without ADMIN by revoke, not one ADMIN alone`, async () => {
        const { alice, bob, dave, policy } = await setting();
        const op = await revocation(world, policy, bob, [[dave, bit]]);
        await expectRefusal(world, "Revoke", op, [bob], {
          error: "AgentPolicyRightMissing",
          args: [policy, ADMIN, 1, 2],
        });
        await check(world, "Revoke", op, [alice, bob]);
        await execute(world, "Revoke", op, [alice, bob]);
        expect(await bitsOf(policy, dave)).to.equal((PROVE | PROVE_GRANT | PROVE_REVOKE) & ~bit);
      });
    }

    it("is needed for a batch that takes PROVE and power", async () => {
      const { alice, bob, dave, erin, policy } = await setting();
      const op = await revocation(world, policy, alice, [
        [bob, PROVE],
        [dave, PROVE | PROVE_GRANT],
      ]);
      await expectRefusal(world, "Revoke", op, [alice, erin], {
        error: "AgentPolicyRightMissing",
        args: [policy, ADMIN, 1, 2],
      });
      await execute(world, "Revoke", op, [alice, bob]);
      expect(await bitsOf(policy, dave)).to.equal(PROVE_REVOKE);
    });

    for (const [name, index] of [
      ["PROVE_REVOKE", 4],
      ["ADMIN", 2],
    ] as const) {
      it(`is not needed to take PROVE: one holder of ${name} does, from an ADMIN too`, async () => {
        const { alice, bob, carol, dave, erin, policy } = await setting();
        const [by = alice] = [alice, bob, carol, dave, erin].slice(index);
        for (const agent of [alice, bob, dave]) await take(world, policy, by, agent, PROVE);
        expect((await world.registry.policyOf(policy)).liveProvers).to.equal(0);
      });
    }
  });

  describe("an operation that would leave a policy unsound", () => {
    it("reverts where the grant quorum could not be reached any more", async () => {
      const [alice, bob] = [key("alice"), key("bob")];
      const settings = { grantQuorum: 2n, ...ROOTED };
      const policy = await openWith(world, alice, [[bob, PROVE_GRANT]], { settings });
      const refusal = { error: "AgentPolicyQuorumUnreachable", args: [policy, PROVE_GRANT, 2, 1] };
      const revoke = await revocation(world, policy, alice, [[bob, PROVE_GRANT]]);
      await expectRefusal(world, "Revoke", revoke, [alice], refusal);
      const authorize = await authorization(world, policy, alice, [change(bob, 0)]);
      await expectRefusal(world, "Authorize", authorize, [alice], refusal);
      const renounce = await renunciation(world, policy, bob, PROVE_GRANT);
      await expectRefusal(world, "Renounce", renounce, [bob], refusal);
    });

    it("reverts where a quorum would take all of several agents, without root keys", async () => {
      const [alice, bob, carol] = [key("alice"), key("bob"), key("carol")];
      const others = [bob, carol].map((agent) => [agent, PROVE_GRANT] as const);
      const policy = await openWith(world, alice, others, { settings: { grantQuorum: 2n } });
      const refusal = { error: "AgentPolicyQuorumNeedsRootKeys", args: [policy, PROVE_GRANT, 2] };
      const revoke = await revocation(world, policy, alice, [[bob, PROVE_GRANT]]);
      await expectRefusal(world, "Revoke", revoke, [alice], refusal);
      const renounce = await renunciation(world, policy, bob, PROVE_GRANT);
      await expectRefusal(world, "Renounce", renounce, [bob], refusal);
    });

    it("goes through there with root keys", async () => {
      const [alice, bob, carol] = [key("alice"), key("bob"), key("carol")];
      const others = [bob, carol].map((agent) => [agent, PROVE_GRANT] as const);
      const settings = { grantQuorum: 2n, ...ROOTED };
      const policy = await openWith(world, alice, others, { settings });
      await take(world, policy, alice, bob, PROVE_GRANT);
      expect((await world.registry.policyOf(policy)).granterCount).to.equal(2);
    });
  });

  describe("renounce", () => {
    it("gives up ADMIN at once, where enough are left", async () => {
      const [alice, bob] = [key("alice"), key("bob")];
      const policy = await openWith(world, alice, [[bob, ADMIN]]);
      const op = await renunciation(world, policy, alice, ADMIN);
      await check(world, "Renounce", op, [alice]);
      await execute(world, "Renounce", op, [alice]);
      expect(await bitsOf(policy, alice)).to.equal(ALL & ~ADMIN);
      expect((await world.registry.policyOf(policy)).adminCount).to.equal(1);
    });

    it("reverts for ADMIN where the quorum would take all that are left, without root keys", async () => {
      const [alice, bob, carol] = [key("alice"), key("bob"), key("carol")];
      const others = [bob, carol].map((agent) => [agent, ADMIN] as const);
      const policy = await openWith(world, alice, others, { settings: { adminQuorum: 2n } });
      await expectRefusal(world, "Renounce", await renunciation(world, policy, bob, ADMIN), [bob], {
        error: "AgentPolicyQuorumNeedsRootKeys",
        args: [policy, ADMIN, 2],
      });
    });

    it("reverts for ADMIN where too few would be left, root keys or not", async () => {
      const [alice, bob] = [key("alice"), key("bob")];
      const settings = { adminQuorum: 2n, ...ROOTED };
      const policy = await openWith(world, alice, [[bob, ADMIN]], { settings });
      await expectRefusal(world, "Renounce", await renunciation(world, policy, bob, ADMIN), [bob], {
        error: "AgentPolicyQuorumUnreachable",
        args: [policy, ADMIN, 2, 1],
      });
    });

    it("gives up PROVE whatever the quorums", async () => {
      const [alice, bob] = [key("alice"), key("bob")];
      const settings = { grantQuorum: 2n, adminQuorum: 2n, ...ROOTED };
      const policy = await openWith(world, alice, [[bob, ADMIN]], { settings });
      await execute(world, "Renounce", await renunciation(world, policy, alice, PROVE), [alice]);
      expect(await bitsOf(policy, alice)).to.equal(ALL & ~PROVE);
    });
  });

  describe("a wallet contract with all authorizations", () => {
    /** A policy that counts such keys or not, of two accounts and a contract. */
    async function setting(contractKeysCount: boolean) {
      const [alice, bob] = [key("alice"), key("bob")];
      const contract = await contractAgent(world, key("owner"));
      const policy = await openWith(
        world,
        alice,
        [
          [bob, PROVE_GRANT | PROVE_REVOKE],
          [contract, ALL],
        ],
        { settings: { contractKeysCount } },
      );
      return { alice, bob, contract, policy };
    }

    it("grants nothing where it does not count", async () => {
      const { contract, policy } = await setting(false);
      const { op, acceptances } = await granting(policy, contract);
      await expectRefusal(world, "Authorize", op, [contract], {
        error: "AgentPolicyApproverWithoutRight",
        args: [policy, idOf(contract), ALL, PROVE_GRANT],
        acceptances,
      });
    });

    it("takes no power where it does not count", async () => {
      const { bob, contract, policy } = await setting(false);
      const op = await revocation(world, policy, contract, [[bob, PROVE_GRANT]]);
      await expectRefusal(world, "Revoke", op, [contract], {
        error: "AgentPolicyApproverWithoutRight",
        args: [policy, idOf(contract), ALL, ADMIN],
      });
    });

    it("revokes PROVE all the same", async () => {
      const { alice, contract, policy } = await setting(false);
      await take(world, policy, contract, alice, PROVE);
      expect(await bitsOf(policy, alice)).to.equal(ALL & ~PROVE);
    });

    it("renounces all the same", async () => {
      const { contract, policy } = await setting(false);
      await execute(world, "Renounce", await renunciation(world, policy, contract, ALL), [contract]);
      expect((await world.registry.agentOf(policy, idOf(contract))).removed).to.equal(true);
    });

    it("does all that an account does where it counts", async () => {
      const { bob, contract, policy } = await setting(true);
      const { agent, op, acceptances } = await granting(policy, contract);
      await check(world, "Authorize", op, [contract]);
      await execute(world, "Authorize", op, [contract], acceptances);
      await take(world, policy, contract, bob, PROVE_GRANT);
      expect([await bitsOf(policy, agent), await bitsOf(policy, bob)]).to.deep.equal([PROVE, PROVE_REVOKE]);
    });
  });
});
