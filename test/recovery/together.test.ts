import { expect } from "chai";
import type { AuthorizeStruct, TrusteeRevokeStruct } from "../../types/interfaces/IAgentPolicy.ts";
import {
  approveAll,
  bitsOf,
  expectRevert,
  found,
  frameOf,
  isRevoked,
  type Party,
  partyOf,
  stop,
  take,
} from "../policy/governanceSupport.ts";
import { agentKey, commitmentOf, deadlineOf, FAR, NO_EXPIRY, PROVE, PROVE_GRANT } from "../policy/support.ts";
import { install, POWER, rotateTo, startRecovery, useScene } from "./support.ts";
import {
  ADMIN_AUTHZ,
  counterOf,
  member,
  PROVISION_AUTHZ,
  REVOKE_AUTHZ,
  setOf,
  type TrusteeSet,
  trusteeApprovals,
  trusteeSet,
} from "./trusteeSet.ts";

describe("what trustees do at once", () => {
  const scene = useScene();

  describe("revokeByTrustees", () => {
    async function revocation(
      agents: readonly Party[],
      override: Partial<TrusteeRevokeStruct> = {},
    ): Promise<TrusteeRevokeStruct> {
      const { world, policy } = scene();
      const { number } = await world.registry.trusteeSetOf(policy);
      return {
        policy,
        epoch: (await world.registry.policyOf(policy)).epoch,
        trusteeSet: number,
        agents: agents.map(({ id }) => id),
        nonce: await world.registry.trusteeNonceOf(policy),
        deadline: await deadlineOf(world),
        ...override,
      };
    }

    async function send(op: TrusteeRevokeStruct, by: readonly Party[], set = scene().set) {
      const { world } = scene();
      const approvals = await trusteeApprovals(world, set, by, "TrusteeRevoke", op);
      return world.registry.revokeByTrustees(op, set.settings, approvals);
    }

    it("takes PROVE, and nothing else", async () => {
      const { world, policy, stolen, tablet, trustees } = scene();
      const { generation, index } = await world.registry.agentOf(policy, stolen.id);
      const sent = await send(await revocation([stolen, tablet]), trustees.slice(0, 2));
      await expect(sent)
        .to.emit(world.registry, "AgentRevoked")
        .withArgs(policy, stolen.id, generation, index);
      expect([await bitsOf(world, policy, stolen), await bitsOf(world, policy, tablet)]).to.deep.equal([
        POWER,
        0,
      ]);
      for (const agent of [stolen, tablet]) expect(await isRevoked(world, policy, agent)).to.equal(true);
      const { liveProvers, adminCount, epoch } = await world.registry.policyOf(policy);
      expect([liveProvers, adminCount, epoch]).to.deep.equal([0n, 2n, 1n]);
    });

    it("skips who does not prove, and takes nobody twice", async () => {
      const { world, policy, phone, tablet, mallory, trustees } = scene();
      await send(await revocation([phone, mallory, tablet, tablet]), trustees.slice(0, 2));
      expect((await world.registry.policyOf(policy)).liveProvers).to.equal(1n);
      const none = send(await revocation([phone, tablet]), trustees.slice(0, 2));
      await expectRevert(world, none, "AgentPolicyNothingToRevoke", [policy]);
    });

    it("skips who proved in an epoch that is over", async () => {
      const { world, policy, phone, stolen, tablet, trustees } = scene();
      await rotateTo(scene(), phone);
      const sent = send(await revocation([stolen, tablet]), trustees.slice(0, 2));
      await expectRevert(world, sent, "AgentPolicyNothingToRevoke", [policy]);
    });

    it("needs its quorum of distinct trustees", async () => {
      const { world, policy, tablet, trustees } = scene();
      const [ada] = trustees;
      const op = await revocation([tablet]);
      await expectRevert(world, send(op, [ada]), "AgentPolicyTrusteeQuorumMissing", [
        policy,
        BigInt(REVOKE_AUTHZ),
        1n,
        2n,
      ]);
      await expectRevert(world, send(op, [ada, ada]), "AgentPolicyTrusteesNotAscending", [ada.id, ada.id]);
      expect(await isRevoked(world, policy, tablet)).to.equal(false);
    });

    it("is nobody's where the capability is absent, and not of those without it", async () => {
      const { world, policy, phone, tablet, trustees } = scene();
      const admins = await Promise.all(
        trustees.map((party) => member(world, policy, party, { capabilities: ADMIN_AUTHZ })),
      );
      const set = setOf(admins);
      await install(world, policy, [phone], set.settings);
      await expectRevert(
        world,
        send(await revocation([tablet]), trustees, set),
        "AgentPolicyTrusteeQuorumMissing",
        [policy, BigInt(REVOKE_AUTHZ), 5n, 0n],
      );
      // counts that do not agree with the leaves help nobody
      const wrong = setOf(admins, { revokeCount: 5n, revokeQuorum: 1n });
      await install(world, policy, [phone], wrong.settings);
      const [ada] = trustees;
      await expectRevert(
        world,
        send(await revocation([tablet]), [ada], wrong),
        "AgentPolicyTrusteeIncapable",
        [policy, ada.id, BigInt(ADMIN_AUTHZ), BigInt(REVOKE_AUTHZ)],
      );
    });

    it("happens once, in time, and for this set", async () => {
      const { world, policy, tablet, trustees } = scene();
      const by = trustees.slice(0, 2);
      const op = await revocation([tablet]);
      await send(op, by);
      await expectRevert(world, send(op, by), "AgentPolicyTrusteeNonceMismatch", [policy, 1n, 0n, 1n]);
      const now = BigInt(await world.networkHelpers.time.latest());
      const cases: readonly (readonly [Partial<TrusteeRevokeStruct>, string, readonly unknown[]])[] = [
        [{ nonce: 2n }, "AgentPolicyTrusteeNonceMismatch", [policy, 1n, 2n, 1n]],
        [{ trusteeSet: 2n }, "AgentPolicyTrusteeSetMismatch", [policy, 2n, 1n]],
        [{ deadline: now }, "AgentPolicyDeadlinePassed", [now, now + 1n]],
        [{ deadline: FAR }, "AgentPolicyDeadlineTooFar", [FAR, now + 1n]],
        [{ epoch: 2n }, "AgentPolicyEpochMismatch", [policy, 2n, 1n]],
        [{ policy: 1n }, "AgentPolicyUnknown", [1n]],
      ];
      for (const [override, error, args] of cases) {
        await expectRevert(world, send(await revocation([tablet], override), by), error, args);
      }
    });

    it("stays open while a recovery runs", async () => {
      const { world, policy, tablet, trustees } = scene();
      await startRecovery(scene());
      await send(await revocation([tablet]), trustees.slice(3));
      expect(await isRevoked(world, policy, tablet)).to.equal(true);
    });
  });

  describe("authorizeWithTrustees", () => {
    /** A policy whose grants take two, with four that may grant and the trustees of the scene in force. */
    async function pair(grantQuorum = 2n) {
      const { world, trustees } = scene();
      const party = (name: string) => partyOf(agentKey(`${name} of ${grantQuorum} that grant`));
      const [first, second, added] = [party("first"), party("second"), party("added")];
      const others = [party("third"), party("fourth")].map((granter) => [granter, PROVE_GRANT] as const);
      const policy = await found(world, [first, second], { others, settings: { grantQuorum } });
      const set = await trusteeSet(world, policy, trustees);
      await install(world, policy, [first], set.settings);
      return { policy, set, first, added };
    }

    async function authorization(policy: bigint, by: Party, added: Party): Promise<AuthorizeStruct> {
      const frame = await frameOf(scene().world, policy, by);
      const { kind, key } = added;
      const change = { kind, key, authorizations: PROVE, commitment: commitmentOf(key), expiry: NO_EXPIRY };
      return { ...frame, changes: [change], checkpoint: false };
    }

    async function send(
      op: AuthorizeStruct,
      added: Party,
      agents: readonly Party[],
      set: TrusteeSet,
      trustees: readonly Party[],
      number?: bigint,
    ) {
      const { world } = scene();
      const counter = counterOf(number ?? (await world.registry.trusteeSetOf(op.policy)).number);
      const message = { policy: op.policy, epoch: op.epoch, ...op.changes[0], deadline: FAR };
      const acceptance = { deadline: FAR, signature: await added.sign(world, "AgentAcceptance", message) };
      return world.registry.authorizeWithTrustees(
        op,
        set.settings,
        [acceptance],
        await approveAll(world, "Authorize", op, agents),
        await trusteeApprovals(world, set, trustees, "Authorize", { ...op, counter }),
      );
    }

    it("stands for one approval of the grant quorum", async () => {
      const { world, trustees } = scene();
      const { policy, set, first, added } = await pair();
      const op = await authorization(policy, first, added);
      const alone = world.registry.authorize(op, [], await approveAll(world, "Authorize", op, [first]));
      await expectRevert(world, alone, "AgentPolicyRightMissing", [policy, BigInt(PROVE_GRANT), 1n, 2n]);
      await send(op, added, [first], set, trustees.slice(0, 2));
      expect(await bitsOf(world, policy, added)).to.equal(PROVE);
    });

    it("never stands for two, however many trustees there are", async () => {
      const { world, trustees } = scene();
      const { policy, set, first, added } = await pair(3n);
      const op = await authorization(policy, first, added);
      await expectRevert(world, send(op, added, [first], set, trustees), "AgentPolicyRightMissing", [
        policy,
        BigInt(PROVE_GRANT),
        1n,
        2n,
      ]);
    });

    it("never stands for the only one", async () => {
      const { world, policy, set, tablet, mallory, trustees } = scene();
      const op = await authorization(policy, tablet, mallory);
      await expectRevert(
        world,
        send(op, mallory, [tablet], set, trustees),
        "AgentPolicyApproverWithoutRight",
        [policy, tablet.id, BigInt(PROVE), BigInt(PROVE_GRANT)],
      );
      await expectRevert(world, send(op, mallory, [], set, trustees), "AgentPolicyApprovalCount", [0n, 32n]);
    });

    it("needs its quorum of trustees", async () => {
      const { world, trustees } = scene();
      const { policy, set, first, added } = await pair();
      const op = await authorization(policy, first, added);
      await expectRevert(
        world,
        send(op, added, [first], set, [trustees[0]]),
        "AgentPolicyTrusteeQuorumMissing",
        [policy, BigInt(PROVISION_AUTHZ), 1n, 2n],
      );
    });

    it("refuses a key that approves as agent and as trustee", async () => {
      const { world, trustees } = scene();
      const { policy, first, added } = await pair();
      const set = await trusteeSet(world, policy, [first, ...trustees.slice(1)]);
      await install(world, policy, [first], set.settings);
      const op = await authorization(policy, first, added);
      await expectRevert(
        world,
        send(op, added, [first], set, [first, ...trustees.slice(1, 2)]),
        "AgentPolicyTrusteeApprovesTwice",
        [policy, first.id],
      );
    });

    it("takes no trustee's approval for another set", async () => {
      const { world, trustees } = scene();
      const { policy, set, first, added } = await pair();
      const op = await authorization(policy, first, added);
      const sent = send(op, added, [first], set, trustees.slice(0, 2), 0n);
      await expect(sent).to.be.revertedWithCustomError(world.registry, "AgentKeySignatureInvalid");
    });

    it("gives nothing while grants are stopped or a recovery runs", async () => {
      const { world, policy, set, stolen, phone, mallory, trustees } = scene();
      const op = await authorization(policy, stolen, mallory);
      await stop(world, policy, phone);
      const by = trustees.slice(0, 2);
      await expectRevert(world, send(op, mallory, [stolen], set, by), "AgentPolicyGrantsStopped", [
        policy,
        phone.id,
      ]);
      await startRecovery(scene());
      await expectRevert(world, send(op, mallory, [stolen], set, by), "AgentPolicyRecovering", [policy]);
      await take(world, policy, phone, [stolen]);
    });
  });
});
