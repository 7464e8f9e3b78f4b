import { expect } from "chai";
import type { Wallet } from "ethers";
import { SCALAR_MODULUS } from "../../client/core/index.ts";
import {
  ADMIN,
  ALL,
  accept,
  add,
  authorization,
  change,
  commitmentOf,
  creation,
  deployWorld,
  execute,
  expectRefusal,
  idOf,
  keySource,
  NO_ACCEPTANCE,
  NO_EXPIRY,
  open,
  openWith,
  PROVE,
  PROVE_GRANT,
  PROVE_REVOKE,
  take,
  type World,
} from "./support.ts";

const key = keySource("authorize");
const HOUR = 3600n;

describe("AgentPolicyRegistry", () => {
  let world: World;

  before(async () => {
    world = await deployWorld();
  });

  /** Changes one agent on the word of another. */
  async function set(policy: bigint, by: Wallet, agent: Wallet, bits: number, commitment?: bigint) {
    const offer = change(agent, bits, commitment === undefined ? undefined : { commitment });
    const op = await authorization(world, policy, by, [offer]);
    const known = await isKnown(policy, agent);
    const needed = (!known || commitment !== undefined) && agent.address !== by.address;
    const acceptance = needed ? await accept(world, agent, { policy, change: offer }) : NO_ACCEPTANCE;
    return { op, acceptances: [acceptance], send: () => execute(world, "Authorize", op, [by], [acceptance]) };
  }

  async function isKnown(policy: bigint, agent: Wallet): Promise<boolean> {
    const agents = await world.registry.agentsOf(policy, 0, 100);
    return agents.some(({ id }) => id === idOf(agent));
  }

  async function bitsOf(policy: bigint, agent: Wallet): Promise<number> {
    return Number((await world.registry.agentOf(policy, idOf(agent))).authorizations);
  }

  describe("authorize", () => {
    it("adds an agent with PROVE: leaf, record, events and nonce", async () => {
      const [alice, laptop] = [key("alice"), key("laptop")];
      const policy = await open(world, alice);
      const { size } = await world.registry.accumulators();
      const commitment = commitmentOf(laptop.address);
      const { send } = await set(policy, alice, laptop, PROVE, commitment);
      await expect(send())
        .to.emit(world.registry, "OperationExecuted")
        .withArgs(policy, idOf(alice), 0, 0)
        .to.emit(world.registry, "AgentAdded")
        .withArgs(policy, idOf(laptop), 1, 1, laptop.address.toLowerCase())
        .to.emit(world.registry, "AgentAuthorizationsChanged")
        .withArgs(policy, idOf(laptop), 0, PROVE)
        .to.emit(world.registry, "AgentProvisioned")
        .withArgs(policy, idOf(laptop), 0, size, commitment, NO_EXPIRY);
      expect((await world.registry.accumulators()).size).to.equal(size + 1n);
      expect(await world.registry.nonceOf(policy, idOf(alice), 0)).to.equal(1);
      expect(await world.registry.liveLeavesOf(policy)).to.deep.equal([size - 1n, size]);
    });

    it("lets a batch add, change and remove agents at once", async () => {
      const [alice, old, known, fresh] = [key("alice"), key("old"), key("known"), key("fresh")];
      const policy = await openWith(world, alice, [
        [old, PROVE],
        [known, PROVE_GRANT | PROVE_REVOKE],
      ]);
      const changes = [
        change(fresh, PROVE, { commitment: commitmentOf(fresh.address) }),
        change(old, 0),
        change(known, PROVE_GRANT),
      ];
      const op = await authorization(world, policy, alice, changes, { checkpoint: true });
      const [offer = change(fresh, 0)] = changes;
      const acceptances = [
        await accept(world, fresh, { policy, change: offer }),
        NO_ACCEPTANCE,
        NO_ACCEPTANCE,
      ];
      await execute(world, "Authorize", op, [alice], acceptances);
      expect(await bitsOf(policy, old)).to.equal(0);
      expect(await bitsOf(policy, known)).to.equal(PROVE_GRANT);
      expect(await bitsOf(policy, fresh)).to.equal(PROVE);
      const { provisionedRoot } = await world.registry.accumulators();
      expect((await world.registry.checkpointOf(provisionedRoot)).size).to.not.equal(0);
      expect((await world.registry.agentOf(policy, idOf(old))).removed).to.equal(true);
      expect(await isRevoked(policy, old)).to.equal(true);
    });

    describe("rights", () => {
      const governance = (bits: number) => ({ error: "AgentPolicyGovernanceNeeded", bits }) as const;
      const useless = (bits: number) => ({ error: "AgentPolicyApproverWithoutRight", bits }) as const;
      const missing = (bits: number) => ({ error: "AgentPolicyRightMissing", bits }) as const;
      const table: readonly (readonly [
        number,
        number,
        number,
        ReturnType<typeof governance | typeof useless | typeof missing> | undefined,
      ])[] = [
        // held by the approver, bits before, bits afterwards, why not
        [PROVE_GRANT, 0, PROVE, undefined],
        [ADMIN, 0, PROVE, undefined],
        [PROVE_REVOKE, PROVE, 0, undefined],
        [ADMIN, PROVE, 0, undefined],
        [PROVE_GRANT | PROVE_REVOKE, 0, PROVE, undefined],
        [PROVE_REVOKE, PROVE | ADMIN, ADMIN, undefined],
        [ADMIN, PROVE | ADMIN, ADMIN, undefined],
        [PROVE_GRANT, ADMIN, PROVE | ADMIN, undefined],
        [ADMIN, PROVE_GRANT | PROVE_REVOKE, PROVE_GRANT, undefined],
        [ADMIN, PROVE_GRANT | PROVE_REVOKE, PROVE_REVOKE, undefined],
        [ADMIN, PROVE | PROVE_REVOKE, 0, undefined],
        [ADMIN, 0, PROVE_GRANT, governance(PROVE_GRANT)],
        [ADMIN, 0, PROVE | PROVE_REVOKE, governance(PROVE_REVOKE)],
        [ADMIN, 0, ADMIN, governance(ADMIN)],
        [ADMIN, PROVE_GRANT, PROVE_GRANT | PROVE_REVOKE, governance(PROVE_REVOKE)],
        [ADMIN, PROVE_GRANT, PROVE_REVOKE, governance(PROVE_REVOKE)],
        [ADMIN, ADMIN, 0, governance(ADMIN)],
        [ADMIN, ADMIN | PROVE_GRANT, ADMIN, governance(PROVE_GRANT)],
        [ADMIN, ADMIN | PROVE | PROVE_REVOKE, ADMIN, governance(PROVE_REVOKE)],
        [ADMIN, ADMIN | PROVE_GRANT, PROVE_GRANT, governance(ADMIN)],
        [PROVE_GRANT, 0, PROVE | PROVE_GRANT, governance(PROVE_GRANT)],
        [PROVE_GRANT, PROVE_GRANT, PROVE_GRANT | ADMIN, governance(ADMIN)],
        [PROVE_GRANT, PROVE | PROVE_GRANT, PROVE | PROVE_GRANT | PROVE_REVOKE, governance(PROVE_REVOKE)],
        [PROVE_REVOKE, 0, PROVE, useless(PROVE_GRANT)],
        [PROVE_GRANT, PROVE, 0, useless(PROVE_REVOKE)],
        [PROVE, 0, PROVE, useless(PROVE_GRANT)],
        [PROVE_GRANT | PROVE_REVOKE, PROVE_GRANT, 0, useless(ADMIN)],
        [PROVE_REVOKE, PROVE | PROVE_GRANT, 0, missing(ADMIN)],
      ];
      for (const [held, before, afterwards, refusal] of table) {
        const verdict = refusal === undefined ? "lets" : "does not let";
        it(`${verdict} an approver with ${held} turn ${before} into ${afterwards}`, async () => {
          const [alice, approver, agent] = [key("alice"), key("approver"), key("agent")];
          const others: (readonly [Wallet, number])[] = [[approver, held]];
          if (before !== 0) others.push([agent, before]);
          const policy = await openWith(world, alice, others);
          const gains = (afterwards & ~before & PROVE) !== 0;
          const commitment = gains ? commitmentOf(agent.address) : undefined;
          const { op, acceptances, send } = await set(policy, approver, agent, afterwards, commitment);
          if (refusal === undefined) {
            await send();
            expect(await bitsOf(policy, agent)).to.equal(afterwards);
            return;
          }
          const { error, bits } = refusal;
          const args = {
            AgentPolicyGovernanceNeeded: [policy, idOf(agent), bits],
            AgentPolicyApproverWithoutRight: [policy, idOf(approver), held, bits],
            AgentPolicyRightMissing: [policy, bits, 0, 1],
          };
          await expectRefusal(world, "Authorize", op, [approver], { error, args: args[error], acceptances });
        });
      }

      it("adds up the rights of several approvers", async () => {
        const [alice, granter, revoker, agent, old] = [key("a"), key("b"), key("c"), key("d"), key("e")];
        const policy = await openWith(world, alice, [
          [granter, PROVE_GRANT],
          [revoker, PROVE_REVOKE],
          [old, PROVE],
        ]);
        const offer = change(agent, PROVE, { commitment: commitmentOf(agent.address) });
        const op = await authorization(world, policy, granter, [offer, change(old, 0)]);
        const acceptances = [await accept(world, agent, { policy, change: offer }), NO_ACCEPTANCE];
        await expectRefusal(world, "Authorize", op, [granter], {
          error: "AgentPolicyRightMissing",
          args: [policy, PROVE_REVOKE, 0, 1],
          acceptances,
        });
        await execute(world, "Authorize", op, [granter, revoker], acceptances);
        expect(await bitsOf(policy, agent)).to.equal(PROVE);
      });

      it("counts the rights that approvers held before the operation", async () => {
        const [alice, bob, carol, agent] = [key("alice"), key("bob"), key("carol"), key("agent")];
        const others = [bob, carol, key("dave")].map((granter) => [granter, PROVE_GRANT] as const);
        const policy = await openWith(world, alice, others, { settings: { grantQuorum: 2n } });
        const raise = await authorization(world, policy, bob, [
          change(bob, PROVE_GRANT | ADMIN),
          change(alice, ALL & ~PROVE_GRANT),
        ]);
        await expectRefusal(world, "Authorize", raise, [bob], {
          error: "AgentPolicyGovernanceNeeded",
          args: [policy, idOf(bob), ADMIN],
          acceptances: [NO_ACCEPTANCE, NO_ACCEPTANCE],
        });
        // bob's approval is the second that the grant needs, though he loses the right to it in the same operation
        const grant = change(agent, PROVE, { commitment: commitmentOf(agent.address) });
        const op = await authorization(world, policy, alice, [change(bob, 0), grant]);
        const acceptances = [NO_ACCEPTANCE, await accept(world, agent, { policy, change: grant })];
        await expectRefusal(world, "Authorize", op, [alice], {
          error: "AgentPolicyRightMissing",
          args: [policy, PROVE_GRANT, 1, 2],
          acceptances,
        });
        await execute(world, "Authorize", op, [alice, bob], acceptances);
        expect([await bitsOf(policy, bob), await bitsOf(policy, agent)]).to.deep.equal([0, PROVE]);
      });
    });

    describe("commitments", () => {
      it("reverts for a commitment that the policy has seen, also after its revocation", async () => {
        const [alice, bob, eve] = [key("alice"), key("bob"), key("eve")];
        const policy = await open(world, alice);
        await add(world, policy, alice, bob, PROVE);
        const used = commitmentOf(`${bob.address} in ${policy}`);
        const first = await set(policy, alice, eve, PROVE, used);
        const refusal = {
          error: "AgentPolicyCommitmentUsed",
          args: [policy, used],
          acceptances: first.acceptances,
        };
        await expectRefusal(world, "Authorize", first.op, [alice], refusal);
        await take(world, policy, alice, bob, PROVE);
        const second = await set(policy, alice, eve, PROVE, used);
        await expectRefusal(world, "Authorize", second.op, [alice], {
          ...refusal,
          acceptances: second.acceptances,
        });
      });

      it("accepts a commitment that a front-runner copied into a policy of his own", async () => {
        const [alice, bob, mallory, puppet] = [key("alice"), key("bob"), key("mallory"), key("puppet")];
        const [policy, other] = [await open(world, alice), await open(world, mallory)];
        const copied = commitmentOf(`${bob.address} in ${policy}`);
        await (await set(other, mallory, puppet, PROVE, copied)).send();
        await add(world, policy, alice, bob, PROVE);
        const size = Number((await world.registry.accumulators()).size);
        const [copy, original] = await world.registry.provisionedNodes(0, size, 0, size - 2, 2);
        expect(copy).to.not.equal(original);
      });

      it("reverts for two equal commitments in one batch", async () => {
        const [alice, bob, eve] = [key("alice"), key("bob"), key("eve")];
        const policy = await open(world, alice);
        const changes = [bob, eve].map((agent) => change(agent, PROVE, { commitment: 77n }));
        const op = await authorization(world, policy, alice, changes);
        await expectRefusal(world, "Authorize", op, [alice], {
          error: "AgentPolicyCommitmentUsed",
          args: [policy, 77n],
        });
      });

      it("reverts when PROVE is gained without one", async () => {
        const [alice, bob] = [key("alice"), key("bob")];
        const policy = await open(world, alice);
        const op = await authorization(world, policy, alice, [change(bob, PROVE)]);
        await expectRefusal(world, "Authorize", op, [alice], {
          error: "AgentPolicyCommitmentMissing",
          args: [idOf(bob)],
        });
      });

      for (const bad of [SCALAR_MODULUS, SCALAR_MODULUS + 1n, 2n ** 256n - 1n]) {
        it(`reverts for ${bad}, which is no field element`, async () => {
          const [alice, bob] = [key("alice"), key("bob")];
          const policy = await open(world, alice);
          const op = await authorization(world, policy, alice, [change(bob, PROVE, { commitment: bad })]);
          await expectRefusal(world, "Authorize", op, [alice], {
            error: "AgentPolicyCommitmentNotCanonical",
            args: [bad],
          });
        });
      }

      it("reverts when one comes without PROVE being gained", async () => {
        const [alice, bob, eve] = [key("alice"), key("bob"), key("eve")];
        const policy = await openWith(world, alice, [[bob, PROVE | PROVE_GRANT]]);
        for (const bits of [PROVE, PROVE_GRANT]) {
          const op = await authorization(world, policy, alice, [
            change(bob, bits, { commitment: 78n, expiry: 0n }),
          ]);
          await expectRefusal(world, "Authorize", op, [alice], {
            error: "AgentPolicyCommitmentUnexpected",
            args: [idOf(bob), 78n],
          });
        }
        const more = [change(eve, ADMIN, { commitment: 78n, expiry: 0n })];
        await expectRefusal(world, "CreatePolicy", await creation(world, key("creator"), { more }), [alice], {
          error: "AgentPolicyCommitmentUnexpected",
          args: [idOf(eve), 78n],
        });
      });
    });

    describe("expiry", () => {
      async function nextHour(): Promise<bigint> {
        return (BigInt(await world.networkHelpers.time.latest()) / HOUR + 2n) * HOUR;
      }

      async function granting(expiry: bigint) {
        const [alice, bob] = [key("alice"), key("bob")];
        const policy = await open(world, alice);
        const offer = change(bob, PROVE, { commitment: commitmentOf(bob.address), expiry });
        const op = await authorization(world, policy, alice, [offer]);
        return { alice, bob, policy, op, acceptances: [await accept(world, bob, { policy, change: offer })] };
      }

      it("is part of the leaf and of the record", async () => {
        const expiry = await nextHour();
        const { alice, bob, policy, op, acceptances } = await granting(expiry);
        await execute(world, "Authorize", op, [alice], acceptances);
        expect((await world.registry.agentOf(policy, idOf(bob))).expiry).to.equal(expiry);
      });

      for (const [offset, accepted] of [
        [-1n, true],
        [0n, false],
        [1n, false],
      ] as const) {
        it(`${accepted ? "may" : "may not"} lie ${-offset} s after the block's time`, async () => {
          const expiry = await nextHour();
          const { alice, policy, op, acceptances } = await granting(expiry);
          const now = expiry + offset;
          await world.networkHelpers.time.setNextBlockTimestamp(now);
          const sent = execute(world, "Authorize", op, [alice], acceptances);
          if (accepted) {
            await sent;
            expect((await world.registry.policyOf(policy)).liveProvers).to.equal(2);
            return;
          }
          await expect(sent)
            .to.be.revertedWithCustomError(world.registry, "AgentPolicyExpiryPassed")
            .withArgs(expiry, now);
        });
      }

      for (const [name, expiry, error] of [
        ["0", 0n, "AgentPolicyExpiryPassed"],
        ["an hour past", HOUR, "AgentPolicyExpiryPassed"],
        ["not a full hour", 3601n + HOUR * 10n ** 7n, "AgentPolicyExpiryNotHourly"],
        ["one less than none", NO_EXPIRY - 1n, "AgentPolicyExpiryNotHourly"],
        ["2^40", 2n ** 40n, "AgentPolicyExpiryTooLate"],
        ["a full hour above 2^40", (2n ** 40n / HOUR + 1n) * HOUR, "AgentPolicyExpiryTooLate"],
        ["2^64 - 1", 2n ** 64n - 1n, "AgentPolicyExpiryTooLate"],
      ] as const) {
        it(`reverts when it is ${name}`, async () => {
          const { alice, op, acceptances } = await granting(expiry);
          const failing = execute(world, "Authorize", op, [alice], acceptances);
          const args = error === "AgentPolicyExpiryPassed" ? [expiry, (v: bigint) => v > 0n] : [expiry];
          await expect(failing)
            .to.be.revertedWithCustomError(world.registry, error)
            .withArgs(...args);
        });
      }

      it("never changes in place", async () => {
        const [alice, bob] = [key("alice"), key("bob")];
        const policy = await openWith(world, alice, [[bob, PROVE | PROVE_GRANT]]);
        const longer = { ...change(bob, PROVE), expiry: await nextHour() };
        const op = await authorization(world, policy, alice, [longer]);
        await expectRefusal(world, "Authorize", op, [alice], {
          error: "AgentPolicyExpiryUnexpected",
          args: [idOf(bob), longer.expiry],
        });
      });
    });

    describe("agents", () => {
      it("reverts when nothing changes", async () => {
        const [alice, bob] = [key("alice"), key("bob")];
        const policy = await open(world, alice);
        await add(world, policy, alice, bob, PROVE);
        for (const [agent, bits] of [
          [alice, ALL],
          [bob, PROVE],
        ] as const) {
          const op = await authorization(world, policy, alice, [change(agent, bits)]);
          await expectRefusal(world, "Authorize", op, [alice], {
            error: "AgentPolicyNothingChanges",
            args: [policy, idOf(agent)],
          });
        }
      });

      it("reverts for bits that are no authorizations", async () => {
        const [alice, bob] = [key("alice"), key("bob")];
        const policy = await open(world, alice);
        for (const bits of [16, 128, 255, 16 | PROVE]) {
          const op = await authorization(world, policy, alice, [change(bob, bits)]);
          await expectRefusal(world, "Authorize", op, [alice], {
            error: "AgentPolicyAuthorizationsUnknown",
            args: [idOf(bob), bits],
          });
        }
      });

      it("reverts when a new agent would get nothing", async () => {
        const [alice, bob] = [key("alice"), key("bob")];
        const policy = await open(world, alice);
        const op = await authorization(world, policy, alice, [change(bob, 0)]);
        await expectRefusal(world, "Authorize", op, [alice], {
          error: "AgentPolicyAuthorizationsEmpty",
          args: [idOf(bob)],
        });
      });

      it("reverts for a removed agent: it cannot return in this epoch", async () => {
        const [alice, bob] = [key("alice"), key("bob")];
        const policy = await open(world, alice);
        await add(world, policy, alice, bob, PROVE);
        await take(world, policy, alice, bob, PROVE);
        for (const bits of [ADMIN, 0]) {
          const op = await authorization(world, policy, alice, [change(bob, bits)]);
          await expectRefusal(world, "Authorize", op, [alice], {
            error: "AgentPolicyAgentRemoved",
            args: [policy, idOf(bob)],
          });
        }
      });

      it("reverts when a known key comes under another kind", async () => {
        const alice = key("alice");
        const policy = await open(world, alice);
        for (const kind of [0, 2, 255]) {
          const op = await authorization(world, policy, alice, [{ ...change(alice, ADMIN), kind }]);
          await expectRefusal(world, "Authorize", op, [alice], {
            error: "AgentPolicyKindMismatch",
            args: [idOf(alice), kind, 1],
          });
        }
      });

      it("reverts when an agent with ADMIN would lose power, the last one or not", async () => {
        const [alice, bob] = [key("alice"), key("bob")];
        const policy = await openWith(world, alice, [[bob, ADMIN]]);
        for (const [first, ...rest] of [
          [change(alice, PROVE)],
          [change(alice, 0), change(bob, ADMIN | PROVE_GRANT)],
        ]) {
          const op = await authorization(world, policy, alice, [first ?? change(alice, 0), ...rest]);
          await expectRefusal(world, "Authorize", op, [alice, bob], {
            error: "AgentPolicyGovernanceNeeded",
            args: [policy, idOf(alice), ALL & ~PROVE],
          });
        }
      });

      it("reverts for an unknown policy", async () => {
        const alice = key("alice");
        const op = await authorization(world, 5n, alice, [change(key("bob"), ADMIN)]);
        await expectRefusal(world, "Authorize", op, [alice], { error: "AgentPolicyUnknown", args: [5n] });
      });

      it("reverts without changes, with more than 32 and with an agent twice", async () => {
        const [alice, bob] = [key("alice"), key("bob")];
        const policy = await open(world, alice);
        for (const size of [0, 33]) {
          const changes = Array.from({ length: size }, (_, i) => change(key(`${i}`), ADMIN));
          const op = await authorization(world, policy, alice, changes);
          await expectRefusal(world, "Authorize", op, [alice], {
            error: "AgentPolicyBatchSize",
            args: [size, 32],
          });
        }
        const twice = await authorization(world, policy, alice, [
          change(bob, PROVE, { commitment: 1n }),
          change(bob, PROVE, { commitment: 2n }),
        ]);
        await expectRefusal(world, "Authorize", twice, [alice], {
          error: "AgentPolicyAgentRepeated",
          args: [idOf(bob)],
        });
      });

      it("changes nothing if one change of a batch fails", async () => {
        const [alice, bob] = [key("alice"), key("bob")];
        const policy = await open(world, alice);
        const offer = change(bob, PROVE, { commitment: commitmentOf(bob.address) });
        const op = await authorization(world, policy, alice, [offer, change(alice, ALL)]);
        const acceptance = await accept(world, bob, { policy, change: offer });
        await expect(
          execute(world, "Authorize", op, [alice], [acceptance, NO_ACCEPTANCE]),
        ).to.be.revertedWithCustomError(world.registry, "AgentPolicyNothingChanges");
        expect(await isKnown(policy, bob)).to.equal(false);
        expect(await world.registry.nonceOf(policy, idOf(alice), 0)).to.equal(0);
      });
    });
  });

  async function isRevoked(policy: bigint, agent: Wallet): Promise<boolean> {
    const { generation, index } = await world.registry.agentOf(policy, idOf(agent));
    const [word = 0n] = await world.registry.revokedWords(generation, index >> 8n, 1);
    return ((word >> (index & 255n)) & 1n) === 1n;
  }
});
