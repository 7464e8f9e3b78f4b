import { expect } from "chai";
import type { Wallet } from "ethers";
import type { AgentChangeStruct } from "../../types/interfaces/IAgentPolicyRegistry.ts";
import {
  ADMIN,
  ALL,
  accept,
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
  open,
  openWith,
  PROVE,
  PROVE_GRANT,
  take,
  type World,
} from "./support.ts";

const key = keySource("acceptances");
const HOUR = 3600n;

describe("AgentPolicyRegistry", () => {
  let world: World;

  before(async () => {
    world = await deployWorld();
  });

  /** A policy of alice, which bob is to prove in; with bits, bob is its agent before. */
  async function setting(bits = 0) {
    const [alice, bob] = [key("alice"), key("bob")];
    const policy = await openWith(world, alice, bits === 0 ? [] : [[bob, bits]]);
    const offer = change(bob, PROVE, { commitment: commitmentOf(bob.address), expiry: HOUR * 10n ** 7n });
    return { alice, bob, policy, offer, op: await authorization(world, policy, alice, [offer]) };
  }

  describe("acceptances", () => {
    it("revert when altered in any field, or made for another policy, epoch, chain, registry", async () => {
      const { alice, bob, policy, offer, op } = await setting();
      const other = await open(world, key("other"));
      const foreign = (fault: object) => ({ ...world, domain: { ...world.domain, ...fault } });
      const faulty = await Promise.all([
        accept(world, bob, { policy: other, change: offer }),
        accept(world, bob, { policy, change: offer, epoch: 0 }),
        accept(world, bob, { policy, change: offer, epoch: 2 }),
        accept(world, bob, { policy, change: { ...offer, key: alice.address } }),
        accept(world, bob, { policy, change: { ...offer, commitment: 1n } }),
        accept(world, bob, { policy, change: { ...offer, authorizations: PROVE | ADMIN } }),
        accept(world, bob, { policy, change: { ...offer, expiry: HOUR * (10n ** 7n + 1n) } }),
        accept(foreign({ chainId: world.chainId + 1n }), bob, { policy, change: offer }),
        accept(foreign({ verifyingContract: bob.address }), bob, { policy, change: offer }),
        accept(world, alice, { policy, change: offer }),
      ]);
      const honest = await accept(world, bob, { policy, change: offer });
      const acceptances = [...faulty, { ...honest, deadline: BigInt(honest.deadline) + 1n }];
      for (const acceptance of acceptances) {
        await expectRefusal(world, "Authorize", op, [alice], {
          error: "AgentKeySignatureInvalid",
          args: [idOf(bob)],
          acceptances: [acceptance],
          checked: false,
        });
      }
      await execute(world, "Authorize", op, [alice], [honest]);
    });

    it("revert when absent", async () => {
      const { alice, bob, op } = await setting();
      await expectRefusal(world, "Authorize", op, [alice], {
        error: "AgentPolicyAcceptanceMissing",
        args: [idOf(bob)],
        acceptances: [NO_ACCEPTANCE],
        checked: false,
      });
    });

    it("revert after their deadline, whose second is the last", async () => {
      const { alice, bob, policy, offer, op } = await setting();
      const { time } = world.networkHelpers;
      const deadline = BigInt(await time.latest()) + 1000n;
      const acceptance = await accept(world, bob, { policy, change: offer, deadline });
      const later = await accept(world, bob, { policy, change: offer, deadline: deadline + 1n });
      await time.setNextBlockTimestamp(deadline + 1n);
      await expect(execute(world, "Authorize", op, [alice], [acceptance]))
        .to.be.revertedWithCustomError(world.registry, "AgentPolicyAcceptanceExpired")
        .withArgs(idOf(bob), deadline, deadline + 1n);
      await time.setNextBlockTimestamp(deadline + 2n);
      await expect(execute(world, "Authorize", op, [alice], [later])).to.be.revertedWithCustomError(
        world.registry,
        "AgentPolicyAcceptanceExpired",
      );
      const last = await accept(world, bob, { policy, change: offer, deadline: deadline + 3n });
      await time.setNextBlockTimestamp(deadline + 3n);
      await execute(world, "Authorize", op, [alice], [last]);
    });

    it("are given without signature by the sender itself, and by nobody else", async () => {
      const { alice, bob, op, policy } = await setting();
      const bare = [{ deadline: 2n ** 40n, signature: "0x" }];
      await expectRefusal(world, "Authorize", op, [alice], {
        error: "AgentKeySenderMismatch",
        args: [idOf(bob), world.relayer.address],
        acceptances: bare,
        checked: false,
      });
      await world.networkHelpers.setBalance(bob.address, 10n ** 18n);
      const sentByBob = { ...world, registry: world.registry.connect(bob.connect(world.ethers.provider)) };
      await execute(sentByBob, "Authorize", op, [alice], bare);
      expect((await world.registry.agentOf(policy, idOf(bob))).authorizations).to.equal(PROVE);
    });

    it("must be as many as changes", async () => {
      const { alice, bob, policy, offer, op } = await setting();
      const acceptance = await accept(world, bob, { policy, change: offer });
      for (const acceptances of [[], [acceptance, NO_ACCEPTANCE]]) {
        await expectRefusal(world, "Authorize", op, [alice], {
          error: "AgentPolicyAcceptanceCount",
          args: [acceptances.length, 1],
          acceptances,
          checked: false,
        });
      }
    });

    it("are needed of an agent that is new, even without PROVE", async () => {
      const [alice, bob] = [key("alice"), key("bob")];
      const op = await creation(world, alice, { more: [change(bob, ADMIN)] });
      await expectRefusal(world, "CreatePolicy", op, [alice], {
        error: "AgentPolicyAcceptanceMissing",
        args: [idOf(bob)],
        acceptances: [NO_ACCEPTANCE, NO_ACCEPTANCE],
        checked: false,
      });
    });

    it("are needed of a known agent that gains PROVE and does not approve", async () => {
      const { alice, bob, policy, offer } = await setting(PROVE_GRANT);
      const gain: AgentChangeStruct = { ...offer, authorizations: PROVE | PROVE_GRANT };
      const byAlice = await authorization(world, policy, alice, [gain]);
      await expectRefusal(world, "Authorize", byAlice, [alice], {
        error: "AgentPolicyAcceptanceMissing",
        args: [idOf(bob)],
        acceptances: [NO_ACCEPTANCE],
        checked: false,
      });
      const byBob = await authorization(world, policy, bob, [gain]);
      await execute(world, "Authorize", byBob, [bob], [NO_ACCEPTANCE]);
    });

    it("revert where none is needed: the agent approves, or gains no PROVE", async () => {
      const { alice, bob, policy } = await setting(PROVE | PROVE_GRANT);
      const cases: readonly (readonly [Wallet, AgentChangeStruct])[] = [
        [bob, change(bob, PROVE)],
        [alice, change(alice, ALL & ~PROVE)],
      ];
      for (const [agent, offer] of cases) {
        const op = await authorization(world, policy, alice, [offer]);
        const acceptance = await accept(world, agent, { policy, change: offer });
        for (const given of [
          acceptance,
          { ...NO_ACCEPTANCE, deadline: 1n },
          { ...acceptance, deadline: 0n },
        ]) {
          await expectRefusal(world, "Authorize", op, [alice], {
            error: "AgentPolicyAcceptanceNotNeeded",
            args: [idOf(agent)],
            acceptances: [given],
            checked: false,
          });
        }
      }
    });

    it("cannot be replayed after removal", async () => {
      const { alice, bob, policy, offer, op } = await setting();
      const acceptance = await accept(world, bob, { policy, change: offer });
      await execute(world, "Authorize", op, [alice], [acceptance]);
      await take(world, policy, alice, bob, PROVE);
      const again = await authorization(world, policy, alice, [offer]);
      await expectRefusal(world, "Authorize", again, [alice], {
        error: "AgentPolicyAgentRemoved",
        args: [policy, idOf(bob)],
        acceptances: [acceptance],
      });
    });

    it("cannot be replayed for a second grant to an agent that stays: that takes another commitment", async () => {
      const { alice, bob: carol, policy } = await setting(PROVE_GRANT);
      const gain = change(carol, PROVE | PROVE_GRANT, { commitment: 99n });
      const consent = await accept(world, carol, { policy, change: gain });
      await execute(
        world,
        "Authorize",
        await authorization(world, policy, alice, [gain]),
        [alice],
        [consent],
      );
      await take(world, policy, alice, carol, PROVE);
      await expectRefusal(world, "Authorize", await authorization(world, policy, alice, [gain]), [alice], {
        error: "AgentPolicyCommitmentUsed",
        args: [policy, 99n],
        acceptances: [consent],
      });
    });
  });
});
