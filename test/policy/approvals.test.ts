import { expect } from "chai";
import type { Wallet } from "ethers";
import { concat, dataSlice, getBytes, Signature, TypedDataEncoder, toBeHex } from "ethers";
import {
  ADMIN,
  ALL,
  accept,
  agentKey,
  approval,
  approvals,
  authorization,
  change,
  check,
  commitmentOf,
  creation,
  DAY,
  deployWorld,
  execute,
  expectRefusal,
  idOf,
  keySource,
  NO_ACCEPTANCE,
  open,
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

const key = keySource("approvals");
/** Order of secp256k1. */
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

describe("AgentPolicyRegistry", () => {
  let world: World;

  before(async () => {
    world = await deployWorld();
  });

  /** A policy of alice, whose lane is in use, an admin bob, and a change that either may make. */
  async function setting() {
    const [alice, bob, carol, dave] = [key("alice"), key("bob"), key("carol"), key("dave")];
    const policy = await openWith(world, alice, [
      [bob, ADMIN],
      [carol, PROVE_GRANT | PROVE_REVOKE],
      [dave, PROVE_GRANT | PROVE_REVOKE],
    ]);
    await take(world, policy, alice, dave, PROVE_GRANT);
    await take(world, policy, alice, dave, PROVE_REVOKE);
    const op = await authorization(world, policy, alice, [change(carol, PROVE_GRANT)]);
    return { alice, bob, carol, policy, op, acceptances: [NO_ACCEPTANCE] };
  }

  describe("approvals", () => {
    it("are taken from whoever sends them", async () => {
      const { alice, op, acceptances } = await setting();
      const elsewhere = { ...world, registry: world.registry.connect(world.stranger) };
      await execute(elsewhere, "Authorize", op, [alice], acceptances);
    });

    it("are taken without signature from the sender itself, and from nobody else", async () => {
      const { alice, bob, carol, op, acceptances, policy } = await setting();
      const given = await approvals(world, "Authorize", op, [alice, bob]);
      const others = given.map((a) => ({ ...a, signature: "0x" }));
      const own = given.map((a) => (a.key === bob.address ? { ...a, signature: "0x" } : a));
      await world.networkHelpers.setBalance(bob.address, 10n ** 18n);
      const sentByBob = { ...world, registry: world.registry.connect(bob.connect(world.ethers.provider)) };
      await expect(submit(world, "Authorize", op, own, acceptances))
        .to.be.revertedWithCustomError(world.registry, "AgentKeySenderMismatch")
        .withArgs(idOf(bob), world.relayer.address);
      await expect(submit(sentByBob, "Authorize", op, others, acceptances))
        .to.be.revertedWithCustomError(world.registry, "AgentKeySenderMismatch")
        .withArgs(idOf(alice), bob.address);
      await submit(sentByBob, "Authorize", op, own, acceptances);
      expect((await world.registry.agentOf(policy, idOf(carol))).authorizations).to.equal(PROVE_GRANT);
    });

    it("must be ascending by key id, hence distinct", async () => {
      const { alice, bob, op, acceptances } = await setting();
      const [low, high] = await approvals(world, "Authorize", op, [alice, bob]);
      if (low === undefined || high === undefined) throw new Error("two approvals");
      const ids = [alice, bob].map(idOf).sort();
      for (const [given, args] of [
        [
          [high, low],
          [ids[1], ids[0]],
        ],
        [
          [low, low],
          [ids[0], ids[0]],
        ],
        [
          [low, high, high],
          [ids[1], ids[1]],
        ],
      ] as const) {
        await expect(submit(world, "Authorize", op, [...given], acceptances))
          .to.be.revertedWithCustomError(world.registry, "AgentPolicyApprovalsNotAscending")
          .withArgs(...args);
      }
      await expect(world.registry.checkAuthorize(op, [ids[1] ?? "", ids[0] ?? ""]))
        .to.be.revertedWithCustomError(world.registry, "AgentPolicyApprovalsNotAscending")
        .withArgs(ids[1], ids[0]);
    });

    it("must be 1 to 32", async () => {
      const { alice, op, acceptances } = await setting();
      const crowd = Array.from({ length: 33 }, (_, i) => (i === 0 ? alice : agentKey(`crowd ${i}`)));
      for (const signers of [[], crowd]) {
        await expectRefusal(world, "Authorize", op, signers, {
          error: "AgentPolicyApprovalCount",
          args: [signers.length, 32],
          acceptances,
        });
      }
    });

    it("must include the proposer's", async () => {
      const { bob, alice, op, acceptances } = await setting();
      await expectRefusal(world, "Authorize", op, [bob], {
        error: "AgentPolicyProposerNotApproving",
        args: [idOf(alice)],
        acceptances,
      });
    });

    it("must be of agents of the policy", async () => {
      const { alice, op, acceptances, policy } = await setting();
      const stranger = key("stranger");
      await expectRefusal(world, "Authorize", op, [alice, stranger], {
        error: "AgentPolicyApproverUnknown",
        args: [policy, idOf(stranger)],
        acceptances,
      });
    });

    it("must not be of removed agents", async () => {
      const { alice, bob, op, acceptances, policy } = await setting();
      await execute(world, "Renounce", await renunciation(world, policy, bob, ADMIN), [bob]);
      await expectRefusal(world, "Authorize", op, [alice, bob], {
        error: "AgentPolicyApproverRemoved",
        args: [policy, idOf(bob)],
        acceptances,
      });
    });

    it("must each carry a right that is needed", async () => {
      const { alice, carol, op, acceptances, policy } = await setting();
      await expectRefusal(world, "Authorize", op, [alice, carol], {
        error: "AgentPolicyApproverWithoutRight",
        args: [policy, idOf(carol), PROVE_GRANT | PROVE_REVOKE, ADMIN],
        acceptances,
      });
    });

    describe("signatures", () => {
      async function refusesSignature(forge: (honest: string) => string) {
        const { alice, op, acceptances } = await setting();
        const { signature } = await approval(world, "Authorize", op, alice);
        const forged = { key: alice.address, signature: forge(String(signature)) };
        await expect(submit(world, "Authorize", op, [forged], acceptances))
          .to.be.revertedWithCustomError(world.registry, "AgentKeySignatureInvalid")
          .withArgs(idOf(alice));
      }

      const forgeries: Readonly<Record<string, (honest: string) => string>> = {
        "that is malleable (high s)": (honest) => {
          const { r, s, v } = Signature.from(honest);
          return concat([r, toBeHex(N - BigInt(s), 32), toBeHex(v === 27 ? 28 : 27, 1)]);
        },
        "in the compact form of 64 bytes": (honest) => Signature.from(honest).compactSerialized,
        "with a byte too many": (honest) => concat([honest, "0x00"]),
        "with a byte too few": (honest) => dataSlice(honest, 0, 64),
        "with recovery id 0 or 1": (honest) => {
          const { r, s, v } = Signature.from(honest);
          return concat([r, s, toBeHex(v - 27, 1)]);
        },
        "with r = 0": (honest) => concat([toBeHex(0, 32), dataSlice(honest, 32)]),
        "with s = 0": (honest) => concat([dataSlice(honest, 0, 32), toBeHex(0, 32), dataSlice(honest, 64)]),
        "of zeros": () => `0x${"00".repeat(65)}`,
        "of one byte": () => "0x01",
      };
      for (const [name, forge] of Object.entries(forgeries)) {
        it(`reverts for one ${name}`, () => refusesSignature(forge));
      }

      it("reverts for one with any single bit flipped", async () => {
        const { alice, op, acceptances } = await setting();
        const { signature } = await approval(world, "Authorize", op, alice);
        for (const bit of [0, 7, 255, 256, 300, 511, 512, 519]) {
          const bytes = getBytes(String(signature));
          const at = bit >> 3;
          bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
          await expect(
            submit(world, "Authorize", op, [{ key: alice.address, signature: bytes }], acceptances),
          )
            .to.be.revertedWithCustomError(world.registry, "AgentKeySignatureInvalid")
            .withArgs(idOf(alice));
        }
      });

      it("are checked by ECDSA whatever code the address has", async () => {
        const { alice, carol, op, acceptances, policy } = await setting();
        // an EIP-7702 delegation, and then a contract that accepts whatever it is asked
        for (const code of [`0xef0100${"11".repeat(20)}`, "0x6001600052602060006000f3"]) {
          await world.networkHelpers.setCode(alice.address, code);
          const forged = { key: alice.address, signature: `0x${"01".repeat(65)}` };
          await expect(submit(world, "Authorize", op, [forged], acceptances))
            .to.be.revertedWithCustomError(world.registry, "AgentKeySignatureInvalid")
            .withArgs(idOf(alice));
        }
        await execute(world, "Authorize", op, [alice], acceptances);
        expect((await world.registry.agentOf(policy, idOf(carol))).authorizations).to.equal(PROVE_GRANT);
      });

      it("reverts for one made for another chain, registry, name or version", async () => {
        const { alice, op, acceptances } = await setting();
        for (const fault of [
          { chainId: world.chainId + 1n },
          { verifyingContract: alice.address },
          { name: "dkms AgentPolicyRegistr" },
          { version: "2" },
        ]) {
          const signature = await alice.signTypedData({ ...world.domain, ...fault }, TYPES.Authorize, {
            ...op,
            counter: 0n,
          });
          await expect(submit(world, "Authorize", op, [{ key: alice.address, signature }], acceptances))
            .to.be.revertedWithCustomError(world.registry, "AgentKeySignatureInvalid")
            .withArgs(idOf(alice));
        }
      });

      it("reverts for one over another operation with the same frame", async () => {
        const { alice, policy } = await setting();
        const drop = await renunciation(world, policy, alice, ADMIN);
        const revoke = await revocation(world, policy, alice, [[alice, ADMIN]]);
        const [given] = await approvals(world, "Renounce", drop, [alice]);
        await expect(submit(world, "Revoke", revoke, given === undefined ? [] : [given]))
          .to.be.revertedWithCustomError(world.registry, "AgentKeySignatureInvalid")
          .withArgs(idOf(alice));
        expect((await world.registry.agentOf(policy, idOf(alice))).authorizations).to.equal(ALL);
      });

      it("reverts when any field is altered after signing", async () => {
        const { alice, bob, carol, op, policy } = await setting();
        const other = await open(world, key("other"));
        const [element = change(carol, 0)] = op.changes;
        const signed = await approval(world, "Authorize", op, alice);
        const altered = [
          { ...op, changes: [{ ...element, authorizations: ADMIN }] },
          { ...op, changes: [{ ...element, key: bob.address }] },
          { ...op, changes: [element, change(bob, 0)] },
          { ...op, checkpoint: true },
          { ...op, deadline: BigInt(op.deadline) - 1n },
        ];
        for (const op2 of altered) {
          await expect(
            submit(
              world,
              "Authorize",
              op2,
              [signed],
              op2.changes.map(() => NO_ACCEPTANCE),
            ),
          )
            .to.be.revertedWithCustomError(world.registry, "AgentKeySignatureInvalid")
            .withArgs(idOf(alice));
        }
        // the rest is refused before the signature is looked at
        for (const [op2, error] of [
          [{ ...op, policy: other }, "AgentPolicyNonceMismatch"],
          [{ ...op, epoch: 2 }, "AgentPolicyEpochMismatch"],
          [{ ...op, epoch: 0 }, "AgentPolicyEpochMismatch"],
          [{ ...op, nonce: 7n }, "AgentPolicyNonceMismatch"],
          [{ ...op, lane: 1n }, "AgentPolicyNonceMismatch"],
          [{ ...op, proposer: idOf(bob) }, "AgentPolicyNonceMismatch"],
        ] as const) {
          await expect(
            submit(world, "Authorize", op2, [signed], [NO_ACCEPTANCE]),
          ).to.be.revertedWithCustomError(world.registry, error);
        }
        await submit(world, "Authorize", op, [signed], [NO_ACCEPTANCE]);
        expect(await world.registry.nonceOf(policy, idOf(alice), 0)).to.equal(3);
      });

      it("counts for one policy only, where the key is an agent of two", async () => {
        const [alice, bob] = [key("alice"), key("bob")];
        const policy = await open(world, alice);
        const offer = change(bob, PROVE, { commitment: commitmentOf(bob.address) });
        const [here] = await approvals(
          world,
          "Authorize",
          await authorization(world, policy, alice, [offer]),
          [alice],
        );
        const twin = await creationOf(alice);
        const there = await authorization(world, twin, alice, [offer]);
        const acceptance = await accept(world, bob, { policy: twin, change: offer });
        await expect(submit(world, "Authorize", there, here === undefined ? [] : [here], [acceptance]))
          .to.be.revertedWithCustomError(world.registry, "AgentKeySignatureInvalid")
          .withArgs(idOf(alice));
      });
    });

    async function creationOf(creator: Wallet): Promise<bigint> {
      const ownerCommitment = commitmentOf(`second of ${creator.address}`);
      const op = await creation(world, creator, { ownerCommitment, commitment: 6n });
      await execute(world, "CreatePolicy", op, [creator], [NO_ACCEPTANCE]);
      return BigInt(op.policy);
    }
  });

  describe("nonces", () => {
    it("are counted per policy, proposer and lane", async () => {
      const { alice, bob, carol, policy } = await setting();
      const before = await world.registry.nonceOf(policy, idOf(alice), 0);
      const lane = 2n ** 192n - 1n;
      const inLane = await authorization(world, policy, alice, [change(carol, PROVE_GRANT)], {
        lane,
        nonce: 0n,
      });
      await execute(world, "Authorize", inLane, [alice], [NO_ACCEPTANCE]);
      expect(await world.registry.nonceOf(policy, idOf(alice), lane)).to.equal(1);
      expect(await world.registry.nonceOf(policy, idOf(alice), 0)).to.equal(before);
      const byBob = await authorization(world, policy, bob, [change(carol, 0)]);
      await execute(world, "Authorize", byBob, [bob], [NO_ACCEPTANCE]);
      expect(await world.registry.nonceOf(policy, idOf(bob), 0)).to.equal(1);
      expect(await world.registry.nonceOf(policy, idOf(alice), 0)).to.equal(before);
    });

    it("cannot be burnt by another approver of the same operation", async () => {
      const { alice, bob, carol, policy } = await setting();
      const op = await authorization(world, policy, bob, [change(carol, PROVE_GRANT)]);
      await execute(world, "Authorize", op, [alice, bob], [NO_ACCEPTANCE]);
      expect(await world.registry.nonceOf(policy, idOf(bob), 0)).to.equal(1);
      expect(await world.registry.nonceOf(policy, idOf(alice), 0)).to.equal(2);
    });

    it("revert when used, skipped, or of another lane", async () => {
      const { alice, op, acceptances, policy } = await setting();
      const expected = BigInt(op.nonce);
      const signed = await approvals(world, "Authorize", op, [alice]);
      for (const [fault, wanted] of [
        [{ nonce: expected + 1n }, expected],
        [{ nonce: expected - 1n }, expected],
        [{ nonce: 2n ** 64n - 1n }, expected],
        [{ lane: 9n }, 0n],
      ] as const) {
        const other = { ...op, ...fault };
        await expectRefusal(world, "Authorize", other, [alice], {
          error: "AgentPolicyNonceMismatch",
          args: [policy, idOf(alice), other.lane, other.nonce, wanted],
          acceptances,
        });
      }
      await submit(world, "Authorize", op, signed, acceptances);
      await take(world, policy, alice, alice, PROVE);
      await expect(submit(world, "Authorize", op, signed, acceptances))
        .to.be.revertedWithCustomError(world.registry, "AgentPolicyNonceMismatch")
        .withArgs(policy, idOf(alice), 0, expected, expected + 2n);
    });
  });

  describe("deadlines", () => {
    for (const [offset, accepted] of [
      [-1n, true],
      [0n, true],
      [1n, false],
    ] as const) {
      it(`${accepted ? "hold" : "have passed"} at deadline ${offset < 0n ? "-" : "+"} ${offset < 0n ? -offset : offset} s`, async () => {
        const { alice, op, acceptances } = await setting();
        const { time } = world.networkHelpers;
        const deadline = BigInt(await time.latest()) + 1000n;
        await time.setNextBlockTimestamp(deadline + offset);
        const sent = execute(world, "Authorize", { ...op, deadline }, [alice], acceptances);
        if (accepted) return void (await sent);
        await expect(sent)
          .to.be.revertedWithCustomError(world.registry, "AgentPolicyDeadlinePassed")
          .withArgs(deadline, deadline + offset);
      });
    }
  });

  describe("deadlines to come", () => {
    for (const [offset, accepted] of [
      [-1n, true],
      [0n, true],
      [1n, false],
    ] as const) {
      const verdict = accepted ? "hold" : "are too far";
      it(`${verdict} at 30 days ${offset < 0n ? "-" : "+"} ${offset < 0n ? -offset : offset} s`, async () => {
        const { alice, op, acceptances } = await setting();
        const { time } = world.networkHelpers;
        const now = BigInt(await time.latest()) + 10n;
        const deadline = now + 30n * DAY + offset;
        await time.setNextBlockTimestamp(now);
        const sent = execute(world, "Authorize", { ...op, deadline }, [alice], acceptances);
        if (accepted) return void (await sent);
        await expect(sent)
          .to.be.revertedWithCustomError(world.registry, "AgentPolicyDeadlineTooFar")
          .withArgs(deadline, now);
      });
    }

    it("are bounded in every operation, and so are those that have passed", async () => {
      const { alice, carol, op, policy } = await setting();
      const [creator, agent] = [key("creator"), idOf(alice)];
      const single = { policy, epoch: 1n, agent };
      const operations = {
        CreatePolicy: await creation(world, creator),
        Authorize: op,
        Revoke: await revocation(world, policy, alice, [[carol, PROVE_GRANT]]),
        Renounce: await renunciation(world, policy, alice, PROVE),
        Renew: await renewal(world, policy, alice, 5n),
        Stop: { ...single, deadline: 0n },
        LiftStop: { policy, epoch: 1n, stopper: agent, deadline: 0n },
        VoidApprovals: { ...single, deadline: 0n },
      };
      for (const name of Object.keys(operations) as (keyof typeof operations)[]) {
        const signer = name === "CreatePolicy" ? creator : alice;
        for (const [after, error] of [
          [30n * DAY + 1n, "AgentPolicyDeadlineTooFar"],
          [-1n, "AgentPolicyDeadlinePassed"],
        ] as const) {
          const now = BigInt(await world.networkHelpers.time.latest()) + 10n;
          const late = { ...operations[name], deadline: now + after };
          await world.networkHelpers.time.setNextBlockTimestamp(now);
          await expect(execute(world, name, late, [signer], [NO_ACCEPTANCE]), name)
            .to.be.revertedWithCustomError(world.registry, error)
            .withArgs(late.deadline, now);
        }
      }
    });

    it("are asked for by the checks too", async () => {
      const { alice, op } = await setting();
      const deadline = BigInt(await world.networkHelpers.time.latest()) + 31n * DAY;
      await expect(check(world, "Authorize", { ...op, deadline }, [alice]))
        .to.be.revertedWithCustomError(world.registry, "AgentPolicyDeadlineTooFar")
        .withArgs(deadline, (now: bigint) => now + 30n * DAY < deadline);
    });
  });

  describe("epochs", () => {
    it("revert for any but the policy's, in every operation", async () => {
      const { alice, op, acceptances, policy } = await setting();
      for (const epoch of [0, 2, 2 ** 32 - 1]) {
        const refusal = { error: "AgentPolicyEpochMismatch", args: [policy, epoch, 1] };
        await expectRefusal(world, "Authorize", { ...op, epoch }, [alice], { ...refusal, acceptances });
        const revoke = await revocation(world, policy, alice, [[alice, PROVE]], { epoch });
        await expectRefusal(world, "Revoke", revoke, [alice], refusal);
        const renounce = await renunciation(world, policy, alice, PROVE, { epoch });
        await expectRefusal(world, "Renounce", renounce, [alice], refusal);
      }
    });
  });

  describe("domainSeparator", () => {
    it("is that of the documented domain (ERC-5267)", async () => {
      expect(await world.registry.domainSeparator()).to.equal(TypedDataEncoder.hashDomain(world.domain));
      const told = await world.registry.eip712Domain();
      expect(told.fields).to.equal("0x0f");
      expect([told.name, told.version, told.chainId, told.verifyingContract]).to.deep.equal([
        world.domain.name,
        world.domain.version,
        world.chainId,
        world.address,
      ]);
    });
  });
});
