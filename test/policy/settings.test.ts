import { expect } from "chai";
import type { Wallet } from "ethers";
import type { PolicySettingsStruct } from "../../types/interfaces/IAgentPolicy.ts";
import {
  ADMIN,
  ALL,
  change,
  check,
  contractAgent,
  creation,
  DAY,
  deployWorld,
  execute,
  expectRefusal,
  HOUR,
  keySource,
  NO_ACCEPTANCE,
  openWith,
  PROVE,
  PROVE_GRANT,
  PROVE_REVOKE,
  SETTINGS,
  type TestAgent,
  type World,
} from "./support.ts";

const key = keySource("settings");
const ROOTED = { rootCommitment: `0x${"11".repeat(32)}` };

describe("AgentPolicyRegistry", () => {
  let world: World;

  before(async () => {
    world = await deployWorld();
  });

  /** Other agents with these bits. */
  function agents(...bits: number[]): (readonly [Wallet, number])[] {
    return bits.map((authorizations) => [key("agent"), authorizations] as const);
  }

  /** Expects a creation to be refused, by the action and by its check. */
  async function refuses(
    others: readonly (readonly [TestAgent, number])[],
    settings: Partial<PolicySettingsStruct>,
    error: string,
    args: (policy: bigint) => readonly unknown[],
    creator: TestAgent = key("creator"),
  ) {
    const more = others.map(([agent, bits]) =>
      change(agent, bits, (bits & PROVE) === 0 ? undefined : { commitment: BigInt(agent.address) }),
    );
    const op = await creation(world, creator, { more, settings });
    const refusal = { error, args: args(BigInt(op.policy)) };
    // it comes before signatures, so nobody needs to accept
    await expectRefusal(world, "CreatePolicy", op, [creator], {
      ...refusal,
      acceptances: [NO_ACCEPTANCE, ...others.map(() => NO_ACCEPTANCE)],
    });
  }

  describe("createPolicy: settings", () => {
    it("are what the creator signed, and said in an event", async () => {
      const alice = key("alice");
      const settings = { ...SETTINGS, ...ROOTED, contractKeysCount: true, delay: HOUR, window: DAY };
      const op = await creation(world, alice, { settings });
      const values = [1n, 1n, true, HOUR, DAY, ROOTED.rootCommitment];
      await expect(execute(world, "CreatePolicy", op, [alice], [NO_ACCEPTANCE]))
        .to.emit(world.registry, "PolicySettingsChanged")
        .withArgs(op.policy, values);
      expect(await world.registry.settingsOf(op.policy)).to.deep.equal(values);
    });

    for (const [name, error, low, high] of [
      ["delay", "AgentPolicyDelayOutOfRange", HOUR, 30n * DAY],
      ["window", "AgentPolicyWindowOutOfRange", DAY, 30n * DAY],
    ] as const) {
      for (const value of [0n, low - 1n, high + 1n, 2n ** 32n - 1n]) {
        it(`revert for a ${name} of ${value} s`, () => refuses([], { [name]: value }, error, () => [value]));
      }
      for (const value of [low, high]) {
        it(`take a ${name} of ${value} s`, async () => {
          const policy = await openWith(world, key("alice"), [], { settings: { [name]: value } });
          expect((await world.registry.settingsOf(policy))[name]).to.equal(value);
        });
      }
    }
  });

  describe("createPolicy: quorums", () => {
    for (const [name, right] of [
      ["grantQuorum", PROVE_GRANT],
      ["adminQuorum", ADMIN],
    ] as const) {
      for (const quorum of [0, 2, 255]) {
        it(`revert for a ${name} of ${quorum} with one agent`, () =>
          refuses([], { [name]: quorum, ...ROOTED }, "AgentPolicyQuorumUnreachable", (policy) => [
            ...[policy, right, quorum, 1],
          ]));
      }

      it(`revert for a ${name} that takes all of several agents, without root keys`, () =>
        refuses(agents(ADMIN, ADMIN), { [name]: 3 }, "AgentPolicyQuorumNeedsRootKeys", (policy) => [
          ...[policy, right, 3],
        ]));

      it(`take a ${name} of all agents with root keys`, async () => {
        const settings = { [name]: 3, ...ROOTED };
        const policy = await openWith(world, key("alice"), agents(ADMIN, ADMIN), { settings });
        expect((await world.registry.settingsOf(policy))[name]).to.equal(3);
      });

      it(`take a ${name} of all but one agent without root keys`, async () => {
        const policy = await openWith(world, key("alice"), agents(ADMIN, ADMIN), { settings: { [name]: 2 } });
        expect((await world.registry.settingsOf(policy))[name]).to.equal(2);
      });
    }

    it("are reached by PROVE_GRANT and ADMIN for grants, by ADMIN alone for the rest", async () => {
      const others = agents(
        PROVE_GRANT,
        PROVE_GRANT | PROVE_REVOKE,
        PROVE_REVOKE,
        PROVE,
        ADMIN | PROVE_GRANT,
      );
      const policy = await openWith(world, key("alice"), others);
      const { granterCount, adminCount, powerfulCount } = await world.registry.policyOf(policy);
      expect([granterCount, adminCount, powerfulCount]).to.deep.equal([4n, 2n, 5n]);
      await refuses(agents(PROVE_REVOKE, PROVE), { grantQuorum: 2 }, "AgentPolicyQuorumUnreachable", (p) => [
        ...[p, PROVE_GRANT, 2, 1],
      ]);
      await refuses(agents(PROVE_GRANT), { adminQuorum: 2 }, "AgentPolicyQuorumUnreachable", (p) => [
        ...[p, ADMIN, 2, 1],
      ]);
    });
  });

  describe("createPolicy: power", () => {
    it("is held by at most 16 agents, those that prove not counted", async () => {
      const most = agents(...Array<number>(15).fill(PROVE_REVOKE), PROVE, PROVE);
      const policy = await openWith(world, key("alice"), most);
      expect((await world.registry.policyOf(policy)).powerfulCount).to.equal(16);
    });

    for (const [name, bits] of [
      ["PROVE_REVOKE", PROVE_REVOKE],
      ["PROVE_GRANT", PROVE_GRANT],
      ["ADMIN", ADMIN],
      ["everything", ALL],
    ] as const) {
      it(`reverts for a 17th agent that holds ${name}`, () =>
        refuses(agents(...Array<number>(15).fill(ADMIN), bits), {}, "AgentPolicyPowerLimit", (policy) => [
          ...[policy, 17, 16],
        ]));
    }

    it("of a wallet contract counts among the 16, even where it counts in no quorum", async () => {
      const contract = await contractAgent(world, key("owner"));
      await refuses(
        [...agents(...Array<number>(15).fill(ADMIN)), [contract, ADMIN]],
        {},
        "AgentPolicyPowerLimit",
        (policy) => [policy, 17, 16],
      );
    });
  });

  describe("createPolicy: wallet contracts", () => {
    it("count in no quorum unless the policy says so", async () => {
      const contract = await contractAgent(world, key("owner"));
      for (const [name, right] of [
        ["grantQuorum", PROVE_GRANT],
        ["adminQuorum", ADMIN],
      ] as const) {
        await refuses([[contract, ADMIN]], { [name]: 2, ...ROOTED }, "AgentPolicyQuorumUnreachable", (p) => [
          ...[p, right, 2, 1],
        ]);
      }
      const policy = await openWith(world, key("alice"), [[contract, ALL]]);
      const { granterCount, adminCount } = await world.registry.policyOf(policy);
      expect([granterCount, adminCount]).to.deep.equal([1n, 1n]);
    });

    it("count if the policy says so", async () => {
      const contract = await contractAgent(world, key("owner"));
      const settings = { grantQuorum: 2n, adminQuorum: 2n, contractKeysCount: true, ...ROOTED };
      const policy = await openWith(world, key("alice"), [[contract, ADMIN]], { settings });
      const { granterCount, adminCount } = await world.registry.policyOf(policy);
      expect([granterCount, adminCount]).to.deep.equal([2n, 2n]);
    });

    it("open no policy alone that does not count them", async () => {
      const contract = await contractAgent(world, key("owner"));
      await refuses(
        [],
        {},
        "AgentPolicyQuorumUnreachable",
        (policy) => [policy, PROVE_GRANT, 1, 0],
        contract,
      );
      const op = await creation(world, contract, { settings: { contractKeysCount: true } });
      await check(world, "CreatePolicy", op, [contract]);
      await execute(world, "CreatePolicy", op, [contract], [NO_ACCEPTANCE]);
      expect((await world.registry.policyOf(op.policy)).adminCount).to.equal(1);
    });
  });
});
