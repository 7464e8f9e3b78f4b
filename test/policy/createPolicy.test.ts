import { expect } from "chai";
import { keccak256 } from "ethers";
import { SCALAR_MODULUS } from "../../client/core/index.ts";
import { refC4 } from "../accumulator/reference.ts";
import {
  ADMIN,
  ALL,
  accept,
  approval,
  change,
  check,
  commitmentOf,
  creation,
  DAY,
  deployWorld,
  execute,
  expectRefusal,
  HOUR,
  idOf,
  keySource,
  NO_ACCEPTANCE,
  NO_EXPIRY,
  open,
  PROVE,
  PROVE_GRANT,
  submit,
  TYPES,
  type World,
} from "./support.ts";

const key = keySource("createPolicy");

describe("AgentPolicyRegistry", () => {
  let world: World;

  before(async () => {
    world = await deployWorld();
  });

  describe("createPolicy", () => {
    it("gives the creator all authorizations and its first leaf", async () => {
      const alice = key("alice");
      const op = await creation(world, alice);
      const [{ commitment = 0n } = {}] = op.agents;
      const before = await world.registry.accumulators();
      await expect(execute(world, "CreatePolicy", op, [alice], [NO_ACCEPTANCE]))
        .to.emit(world.registry, "PolicyCreated")
        .withArgs(op.policy, idOf(alice), op.ownerCommitment)
        .to.emit(world.registry, "AgentAdded")
        .withArgs(op.policy, idOf(alice), 1, 1, alice.address.toLowerCase())
        .to.emit(world.registry, "AgentAuthorizationsChanged")
        .withArgs(op.policy, idOf(alice), 0, ALL)
        .to.emit(world.registry, "AgentProvisioned")
        .withArgs(op.policy, idOf(alice), 0, before.size, commitment, NO_EXPIRY);
      const policy = await world.registry.policyOf(op.policy);
      expect(policy.epoch).to.equal(1);
      expect(policy.agentCount).to.equal(1);
      expect(policy.adminCount).to.equal(1);
      expect(policy.liveProvers).to.equal(1);
      expect(policy.createdAt).to.equal(await world.networkHelpers.time.latest());
      const agent = await world.registry.agentOf(op.policy, idOf(alice));
      expect(agent.authorizations).to.equal(ALL);
      expect(agent.index).to.equal(before.size);
      expect(agent.provedFrom).to.equal(policy.createdAt);
      expect(agent.provedUntil).to.equal(0);
      expect(await world.registry.isCommitmentUsed(op.policy, commitment)).to.equal(true);
    });

    it("computes the policy address and the leaf of protocol §2", async () => {
      const alice = key("alice");
      const op = await creation(world, alice);
      const word = (value: bigint) => value.toString(16).padStart(64, "0");
      const packed = `0x${word(world.chainId)}${word(BigInt(world.address))}${idOf(alice).slice(2)}`;
      const creator = BigInt(keccak256(packed)) >> 8n;
      expect(op.policy).to.equal(refC4(3n, BigInt(op.ownerCommitment), creator, 0n));
      await execute(world, "CreatePolicy", op, [alice], [NO_ACCEPTANCE]);
      const { index } = await world.registry.agentOf(op.policy, idOf(alice));
      const { size } = await world.registry.accumulators();
      const [leaf] = await world.registry.provisionedNodes(0, size, 0, index, 1);
      const place = index | (NO_EXPIRY << 24n);
      expect(leaf).to.equal(refC4(4n, BigInt(op.policy), commitmentOf(`creator ${alice.address}`), place));
    });

    it("adds other initial agents with their acceptances, in order", async () => {
      const [alice, laptop, admin] = [key("alice"), key("laptop"), key("admin")];
      const more = [change(laptop, PROVE, { commitment: commitmentOf("laptop") }), change(admin, ADMIN)];
      const op = await creation(world, alice, { more });
      const acceptances = await Promise.all(
        [laptop, admin].map((agent, i) =>
          accept(world, agent, { policy: op.policy, change: more[i] ?? change(agent, 0) }),
        ),
      );
      await execute(world, "CreatePolicy", op, [alice], [NO_ACCEPTANCE, ...acceptances]);
      const agents = await world.registry.agentsOf(op.policy, 0, 9);
      expect(agents.map(({ id }) => id)).to.deep.equal([alice, laptop, admin].map(idOf));
      expect(agents.map(({ authorizations }) => Number(authorizations))).to.deep.equal([ALL, PROVE, ADMIN]);
      expect((await world.registry.policyOf(op.policy)).adminCount).to.equal(2);
    });

    it("makes the new leaves provable at once if asked to", async () => {
      const alice = key("alice");
      const op = await creation(world, alice, { checkpoint: true });
      await execute(world, "CreatePolicy", op, [alice], [NO_ACCEPTANCE]);
      const { provisionedRoot, size } = await world.registry.accumulators();
      const record = await world.registry.checkpointOf(provisionedRoot);
      expect(record.size).to.equal(size);
      expect(record.time).to.equal(await world.networkHelpers.time.latest());
    });

    it("takes the creator's own transaction for its signature, and no one else's", async () => {
      const creator = key("creator").connect(world.ethers.provider);
      await world.networkHelpers.setBalance(creator.address, 10n ** 18n);
      const op = await creation(world, creator);
      const bare = [{ key: creator.address, signature: "0x" }];
      await expect(submit(world, "CreatePolicy", op, bare, [NO_ACCEPTANCE]))
        .to.be.revertedWithCustomError(world.registry, "AgentKeySenderMismatch")
        .withArgs(idOf(creator), world.relayer.address);
      const own = { ...world, registry: world.registry.connect(creator) };
      await submit(own, "CreatePolicy", op, bare, [NO_ACCEPTANCE]);
      expect((await world.registry.policyOf(op.policy)).epoch).to.equal(1);
    });

    it("reverts when the address is in use, also with other agents", async () => {
      const [alice, admin] = [key("alice"), key("admin")];
      const policy = await open(world, alice);
      const again = await creation(world, alice, { commitment: 7n, more: [change(admin, ADMIN)] });
      await expectRefusal(world, "CreatePolicy", again, [alice], {
        error: "AgentPolicyExists",
        args: [policy],
        acceptances: [NO_ACCEPTANCE, await accept(world, admin, { policy, change: change(admin, ADMIN) })],
      });
    });

    it("reverts when a squatter asks for the address of another creator", async () => {
      const [alice, mallory] = [key("alice"), key("mallory")];
      const victim = await creation(world, alice);
      const own = await creation(world, mallory, { ownerCommitment: BigInt(victim.ownerCommitment) });
      await expectRefusal(world, "CreatePolicy", { ...own, policy: victim.policy }, [mallory], {
        error: "AgentPolicyAddressMismatch",
        args: [victim.policy, own.policy],
        acceptances: [NO_ACCEPTANCE],
      });
      await execute(world, "CreatePolicy", victim, [alice], [NO_ACCEPTANCE]);
    });

    it("gives other addresses to the same owner commitment with another creator", async () => {
      const [alice, mallory] = [key("alice"), key("mallory")];
      const policy = await open(world, alice);
      const ownerCommitment = commitmentOf(`owner of ${alice.address}`);
      const copy = await creation(world, mallory, { ownerCommitment });
      expect(copy.policy).to.not.equal(policy);
      await execute(world, "CreatePolicy", copy, [mallory], [NO_ACCEPTANCE]);
    });

    it("reverts when somebody else approves", async () => {
      const [alice, mallory] = [key("alice"), key("mallory")];
      const op = await creation(world, alice);
      await expectRefusal(world, "CreatePolicy", op, [mallory], {
        error: "AgentPolicyCreatorNotApproving",
        args: [idOf(alice), idOf(mallory)],
        acceptances: [NO_ACCEPTANCE],
        checked: false,
      });
    });

    it("reverts when the creator's signature is somebody else's", async () => {
      const [alice, mallory] = [key("alice"), key("mallory")];
      const op = await creation(world, alice);
      const forged = { ...(await approval(world, "CreatePolicy", op, mallory)), key: alice.address };
      await expect(submit(world, "CreatePolicy", op, [forged], [NO_ACCEPTANCE]))
        .to.be.revertedWithCustomError(world.registry, "AgentKeySignatureInvalid")
        .withArgs(idOf(alice));
    });

    for (const bits of [0, PROVE, ADMIN, ALL - PROVE_GRANT, 16 | ALL]) {
      it(`reverts when the creator is to get ${bits}`, async () => {
        const alice = key("alice");
        const op = await creation(world, alice);
        const agents = [change(alice, bits, { commitment: 5n })];
        await expectRefusal(world, "CreatePolicy", { ...op, agents }, [alice], {
          error: "AgentPolicyCreatorNeedsAll",
          args: [bits],
          acceptances: [NO_ACCEPTANCE],
        });
      });
    }

    for (const bad of [0n, SCALAR_MODULUS, SCALAR_MODULUS + 1n, 2n ** 256n - 1n]) {
      it(`reverts when the owner commitment is ${bad}`, async () => {
        const alice = key("alice");
        const op = { ...(await creation(world, alice)), ownerCommitment: bad };
        await expectRefusal(world, "CreatePolicy", op, [alice], {
          error: "AgentPolicyOwnerCommitmentInvalid",
          args: [bad],
          acceptances: [NO_ACCEPTANCE],
        });
        await expect(world.registry.policyAddress(bad, idOf(alice)))
          .to.be.revertedWithCustomError(world.registry, "AgentPolicyOwnerCommitmentInvalid")
          .withArgs(bad);
      });
    }

    it("reverts when the deadline has passed, whose second is the last", async () => {
      const alice = key("alice");
      const { time } = world.networkHelpers;
      const deadline = BigInt(await time.latest()) + 100n;
      const op = { ...(await creation(world, alice)), deadline };
      await time.setNextBlockTimestamp(deadline + 1n);
      await expect(execute(world, "CreatePolicy", op, [alice], [NO_ACCEPTANCE]))
        .to.be.revertedWithCustomError(world.registry, "AgentPolicyDeadlinePassed")
        .withArgs(deadline, deadline + 1n);
      const inTime = { ...op, deadline: deadline + 100n };
      await time.setNextBlockTimestamp(deadline + 100n);
      await execute(world, "CreatePolicy", inTime, [alice], [NO_ACCEPTANCE]);
    });

    it("reverts without agents, and with more than 32", async () => {
      const alice = key("alice");
      const op = await creation(world, alice);
      const crowd = Array.from({ length: 33 }, (_, i) => change(key(`crowd ${i}`), ADMIN));
      for (const agents of [[], crowd]) {
        await expectRefusal(world, "CreatePolicy", { ...op, agents }, [alice], {
          error: "AgentPolicyBatchSize",
          args: [agents.length, 32],
        });
      }
    });

    it("reverts when an agent occurs twice, the creator included", async () => {
      const [alice, bob] = [key("alice"), key("bob")];
      for (const more of [
        [change(alice, ADMIN)],
        [change(bob, ADMIN), change(bob, PROVE, { commitment: 9n })],
      ]) {
        const op = await creation(world, alice, { more });
        await expectRefusal(world, "CreatePolicy", op, [alice], {
          error: "AgentPolicyAgentRepeated",
          args: [idOf(more.length === 1 ? alice : bob)],
        });
      }
    });

    it("reverts when two agents bring the same commitment", async () => {
      const [alice, bob] = [key("alice"), key("bob")];
      const grant = { commitment: commitmentOf(`creator ${alice.address}`) };
      const op = await creation(world, alice, { more: [change(bob, PROVE, grant)] });
      await expectRefusal(world, "CreatePolicy", op, [alice], {
        error: "AgentPolicyCommitmentUsed",
        args: [op.policy, grant.commitment],
      });
    });

    describe("keys", () => {
      const cases: readonly (readonly [
        string,
        { kind?: number; key?: string },
        string,
        readonly unknown[],
      ])[] = [
        ["of no kind", { kind: 0 }, "AgentKeyKindUnknown", [0]],
        ["of an unknown kind", { kind: 6 }, "AgentKeyKindUnknown", [6]],
        ["without material", { key: "0x" }, "AgentKeyLengthWrong", [1, 0]],
        ["of 19 bytes", { key: `0x${"11".repeat(19)}` }, "AgentKeyLengthWrong", [1, 19]],
        ["of 21 bytes", { key: `0x${"11".repeat(21)}` }, "AgentKeyLengthWrong", [1, 21]],
        [
          "padded to a word",
          { key: `0x${"00".repeat(12)}${"11".repeat(20)}` },
          "AgentKeyLengthWrong",
          [1, 32],
        ],
        ["that is the zero address", { key: `0x${"00".repeat(20)}` }, "AgentKeyZero", []],
      ];
      for (const [name, fault, error, args] of cases) {
        it(`reverts for a creator's key ${name}`, async () => {
          const alice = key("alice");
          const op = await creation(world, alice);
          const agents = [{ ...change(alice, ALL, { commitment: 5n }), ...fault }];
          await expectRefusal(world, "CreatePolicy", { ...op, agents }, [alice], { error, args });
        });

        it(`reverts for an initial agent's key ${name}`, async () => {
          const alice = key("alice");
          const op = await creation(world, alice, { more: [{ ...change(key("bob"), ADMIN), ...fault }] });
          await expectRefusal(world, "CreatePolicy", op, [alice], { error, args });
        });
      }
    });

    it("refuses an operation altered in any field after signing", async () => {
      const [alice, bob, carol] = [key("alice"), key("bob"), key("carol")];
      const [offer, third] = [change(bob, ADMIN), change(carol, ADMIN)];
      const op = await creation(world, alice, { more: [offer, third] });
      const signed = await approvalOf(op);
      const acceptances = [
        NO_ACCEPTANCE,
        await accept(world, bob, { policy: op.policy, change: offer }),
        await accept(world, carol, { policy: op.policy, change: third }),
      ];
      const [creator = offer] = op.agents;
      const altered = [
        { ...op, checkpoint: true },
        { ...op, deadline: BigInt(op.deadline) + 1n },
        ...[
          { grantQuorum: 2n },
          { adminQuorum: 2n },
          { contractKeysCount: true },
          { delay: HOUR },
          { window: DAY },
          { rootCommitment: `0x${"11".repeat(32)}` },
        ].map((fault) => ({ ...op, settings: { ...op.settings, ...fault } })),
        { ...op, agents: [{ ...creator, commitment: 5n }, offer] },
        { ...op, agents: [{ ...creator, expiry: 3600n * 10n ** 7n }, offer] },
        { ...op, agents: [creator] },
        { ...op, agents: [creator, { ...offer, authorizations: PROVE_GRANT }] },
        { ...op, agents: [creator, { ...offer, key: key("mallory").address }] },
      ];
      for (const other of altered) {
        await check(world, "CreatePolicy", other, [alice]);
        await expect(
          submit(world, "CreatePolicy", other, [signed], acceptances.slice(0, other.agents.length)),
        )
          .to.be.revertedWithCustomError(world.registry, "AgentKeySignatureInvalid")
          .withArgs(idOf(alice));
      }
      await submit(world, "CreatePolicy", op, [signed], acceptances);

      async function approvalOf(value: typeof op) {
        return {
          key: alice.address,
          signature: await alice.signTypedData(world.domain, TYPES.CreatePolicy, value),
        };
      }
    });
  });
});
