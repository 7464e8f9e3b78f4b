import { expect } from "chai";
import { ZeroHash } from "ethers";
import type { PolicySettingsStruct } from "../../types/interfaces/IAgentPolicy.ts";
import { accountSigner, elementSigner, passkeySigner, walletSigner } from "../support/signers.ts";
import {
  acceptPower,
  approveAll,
  approveMore,
  at,
  bitsOf,
  commitmentTo,
  enact,
  expectRevert,
  found,
  grant,
  isRevoked,
  nextCommitment,
  now,
  type Party,
  partyOf,
  partyOfSigner,
  partySource,
  pendingIds,
  power,
  proposal,
  renounce,
  rootSetOf,
  schedule,
  scheduled,
  stop,
  take,
  veto,
  voidApprovals,
  withdraw,
} from "./governanceSupport.ts";
import {
  ADMIN,
  agentKey,
  approval,
  creation,
  DAY,
  deployWorld,
  HOUR,
  NO_ACCEPTANCE,
  PROVE,
  PROVE_GRANT,
  SETTINGS,
  type World,
} from "./support.ts";

const key = partySource("effects");

describe("AgentPolicyRegistry: what a governance change brings about", () => {
  let world: World;

  before(async () => {
    world = await deployWorld();
  });

  async function wallet(owner: string): Promise<Party> {
    const contract = await world.ethers.deployContract("WalletMock", [agentKey(owner).address]);
    return partyOfSigner(walletSigner(await contract.getAddress(), owner));
  }

  describe("settings", () => {
    for (const [name, value] of [
      ["grantQuorum", 2n],
      ["adminQuorum", 2n],
      ["contractKeysCount", true],
      ["delay", 30n * DAY],
      ["delay", HOUR],
      ["window", DAY],
      ["window", 30n * DAY],
      ["rootCommitment", nextCommitment("set alone")],
    ] as const) {
      it(`sets ${name} to ${value} and nothing else`, async () => {
        const [alice, bob, carol] = [key("alice"), key("bob"), key("carol")];
        const policy = await found(world, [alice, bob, carol]);
        const settings: Partial<PolicySettingsStruct> = { [name]: value };
        await enact(world, policy, [alice], { settings });
        const expected = { ...SETTINGS, ...settings };
        expect([...(await world.registry.settingsOf(policy))]).to.deep.equal(Object.values(expected));
      });
    }

    it("lowers and clears them as well", async () => {
      const [alice, bob, carol] = [key("alice"), key("bob"), key("carol")];
      const settings = {
        grantQuorum: 2n,
        adminQuorum: 2n,
        contractKeysCount: true,
        rootCommitment: nextCommitment("cleared"),
      };
      const policy = await found(world, [alice, bob, carol], { settings });
      const back = { grantQuorum: 1n, adminQuorum: 1n, contractKeysCount: false, rootCommitment: ZeroHash };
      await enact(world, policy, [alice, bob], { settings: back });
      expect([...(await world.registry.settingsOf(policy))]).to.deep.equal(Object.values(SETTINGS));
    });

    it("keeps root keys while a quorum needs everyone", async () => {
      const [alice, bob] = [key("alice"), key("bob")];
      const settings = { adminQuorum: 2n, rootCommitment: nextCommitment("needed") };
      const policy = await found(world, [alice, bob], { settings });
      const op = await proposal(world, policy, alice, { settings: { rootCommitment: ZeroHash } });
      await expectRevert(world, schedule(world, op, [alice, bob]), "AgentPolicyQuorumNeedsRootKeys", [
        policy,
        ADMIN,
        2,
      ]);
      await enact(world, policy, [alice, bob], { settings: { rootCommitment: ZeroHash, adminQuorum: 1n } });
    });

    it("makes a raised grant quorum count at once", async () => {
      const [alice, bob, carol] = [key("alice"), key("bob"), key("carol")];
      const policy = await found(world, [alice, bob, carol]);
      await enact(world, policy, [alice], { settings: { grantQuorum: 2n } });
      await expectRevert(world, grant(world, policy, alice, [key("dave")]), "AgentPolicyRightMissing", [
        policy,
        PROVE_GRANT,
        1,
        2,
      ]);
    });
  });

  describe("keys of every kind", () => {
    it("are promoted, known or new, and approve, veto and withdraw then", async () => {
      const alice = key("alice");
      const parties = [
        partyOfSigner(elementSigner("promoted element")),
        partyOfSigner(await passkeySigner("promoted synced", { deviceBound: false })),
        partyOfSigner(await passkeySigner("promoted token")),
        partyOfSigner(await accountSigner("promoted account")),
        await wallet("promoted wallet"),
      ];
      const policy = await found(world, [alice], { settings: { contractKeysCount: true } });
      const known = parties.slice(0, 2);
      await grant(world, policy, alice, known);
      await enact(
        world,
        policy,
        [alice],
        { agents: parties.map((one) => power(one, ADMIN)) },
        parties.slice(2),
      );
      for (const [i, party] of parties.entries()) {
        const { kind, authorizations } = await world.registry.agentOf(policy, party.id);
        expect([kind, authorizations]).to.deep.equal([
          BigInt(party.kind),
          BigInt(i < 2 ? PROVE | ADMIN : ADMIN),
        ]);
        const other = parties[(i + 1) % parties.length] ?? alice;
        const { op, id } = await scheduled(world, policy, [party], { settings: { delay: HOUR } });
        await approveMore(world, op, [other]);
        await withdraw(world, policy, id, other);
        await veto(world, policy, id, other);
      }
    });

    it("accept the kind as which they join: a device-bound passkey cannot be registered as a synced one", async () => {
      const alice = key("alice");
      const policy = await found(world, [alice]);
      const token = partyOfSigner(await passkeySigner("kind of acceptance"));
      expect(token.kind).to.equal(5);
      const consent = await acceptPower(world, policy, 1, token, ADMIN);
      const op = await proposal(world, policy, alice, { agents: [{ ...power(token, ADMIN), kind: 4 }] });
      const approvals = await approveAll(world, "GovernanceChange", op, [alice]);
      await expectRevert(
        world,
        world.registry.schedule(op, [consent], approvals),
        "AgentKeySignatureInvalid",
        [token.id],
      );
      const right = await proposal(world, policy, alice, { agents: [power(token, ADMIN)] });
      await schedule(world, right, [alice], [token]);
    });
  });

  describe("CONTRACT keys", () => {
    it("have no voice unless the policy counts them", async () => {
      const [alice, bob, owned] = [key("alice"), key("bob"), await wallet("uncounted")];
      const policy = await found(world, [alice, bob, owned]);
      const head = await world.registry.policyOf(policy);
      expect([head.adminCount, head.granterCount, head.powerfulCount]).to.deep.equal([2n, 2n, 3n]);
      const own = await proposal(world, policy, owned, { settings: { delay: HOUR } });
      await expectRevert(world, schedule(world, own, [owned]), "AgentPolicyApproverWithoutRight", [
        policy,
        owned.id,
        ADMIN,
        ADMIN,
      ]);
      const { op, id } = await scheduled(world, policy, [alice], { settings: { delay: HOUR } });
      const none = [policy, owned.id];
      await expectRevert(world, approveMore(world, op, [owned]), "AgentPolicyNoVote", none);
      await expectRevert(world, veto(world, policy, id, owned), "AgentPolicyNoVote", none);
      // two of two count
      await approveMore(world, op, [bob]);
      expect((await world.registry.pendingChangeOf(policy, id)).majority).to.equal(true);
    });

    it("are counted apart when they gain and lose power by a change", async () => {
      const [alice, owned] = [key("alice"), await wallet("counted apart")];
      const policy = await found(world, [alice]);
      const counts = async () => {
        const head = await world.registry.policyOf(policy);
        return [head.adminCount, head.granterCount, head.powerfulCount];
      };
      await enact(world, policy, [alice], { agents: [power(owned, ADMIN)] }, [owned]);
      expect(await counts()).to.deep.equal([1n, 1n, 2n]);
      await enact(world, policy, [alice], { settings: { contractKeysCount: true } });
      expect(await counts()).to.deep.equal([2n, 2n, 2n]);
      await enact(world, policy, [alice], { agents: [power(owned, PROVE_GRANT)] });
      expect(await counts()).to.deep.equal([1n, 2n, 2n]);
      await enact(world, policy, [alice], { agents: [power(owned, 0)] });
      expect(await counts()).to.deep.equal([1n, 1n, 1n]);
    });

    it("gain their voice by a change, and lose it by another, with what they approved", async () => {
      const [alice, bob, owned] = [key("alice"), key("bob"), await wallet("counted")];
      const policy = await found(world, [alice, bob, owned]);
      await enact(world, policy, [alice, bob], { settings: { contractKeysCount: true } });
      expect((await world.registry.policyOf(policy)).adminCount).to.equal(3);
      const waiting = await scheduled(world, policy, [owned, alice], { settings: { window: DAY } });
      await expectRevert(world, veto(world, policy, waiting.id, bob), "AgentPolicyChangeHasMajority", [
        waiting.id,
        2,
        3,
      ]);
      const back = await scheduled(world, policy, [bob], { settings: { contractKeysCount: false } });
      await at(world, back.earliest);
      await world.registry.execute(policy, back.id);
      // alice alone is behind it, of two
      await veto(world, policy, waiting.id, bob);
    });

    it("do not keep a quorum reachable that does not count them", async () => {
      const [alice, bob, owned] = [key("alice"), key("bob"), await wallet("unreachable")];
      const settings = { contractKeysCount: true, adminQuorum: 2n };
      const policy = await found(world, [alice, bob, owned], { settings });
      const off = { settings: { contractKeysCount: false } };
      const op = await proposal(world, policy, alice, off);
      await expectRevert(world, schedule(world, op, [alice, bob]), "AgentPolicyQuorumNeedsRootKeys", [
        policy,
        ADMIN,
        2,
      ]);
      const remove = { agents: [power(bob, 0)], ...off };
      const gone = await proposal(world, policy, alice, remove);
      await expectRevert(world, schedule(world, gone, [alice, owned]), "AgentPolicyQuorumUnreachable", [
        policy,
        ADMIN,
        2,
        1,
      ]);
    });
  });

  describe("abandonment", () => {
    async function abandoned() {
      const [alice, bob, prover, root] = [key("alice"), key("bob"), key("prover"), key("root")];
      const others = [[prover, PROVE]] as const;
      const settings = { rootCommitment: commitmentTo(rootSetOf([root], 1)) };
      const policy = await found(world, [alice, bob], { others, settings });
      const other = await scheduled(world, policy, [bob], { settings: { delay: HOUR } });
      const successor = nextCommitment("successor");
      const { op, id, earliest } = await scheduled(world, policy, [alice], { abandon: true, successor });
      await at(world, earliest);
      return { alice, bob, prover, policy, successor, op, id, other };
    }

    it("waits like any change, and can be vetoed", async () => {
      const [alice, bob] = [key("alice"), key("bob")];
      const policy = await found(world, [alice, bob]);
      const { id } = await scheduled(world, policy, [alice], { abandon: true });
      const view = await world.registry.pendingChangeOf(policy, id);
      expect([view.abandon, view.successor, view.fields, view.agents.length]).to.deep.equal([
        true,
        ZeroHash,
        0n,
        0,
      ]);
      await veto(world, policy, id, bob);
    });

    it("ends the policy and all PROVE in one transaction", async () => {
      const { alice, bob, prover, policy, successor, id } = await abandoned();
      const sent = world.registry.execute(policy, id);
      await expect(sent).to.emit(world.registry, "PolicyAbandoned").withArgs(policy, successor);
      await expect(sent).to.emit(world.registry, "EpochEnded").withArgs(policy, 1);
      const time = await now(world);
      for (const party of [alice, prover]) {
        expect(await isRevoked(world, policy, party)).to.equal(true);
        const record = await world.registry.agentOf(policy, party.id);
        expect([record.authorizations, record.removed, record.provedUntil]).to.deep.equal([0n, true, time]);
        expect(await world.registry.provedAt(policy, party.id, time - 1n)).to.equal(true);
        expect(await world.registry.provedAt(policy, party.id, time)).to.equal(false);
      }
      expect(await bitsOf(world, policy, bob)).to.equal(0);
      const head = await world.registry.policyOf(policy);
      expect([head.abandoned, head.liveProvers]).to.deep.equal([true, 0n]);
      expect(await world.registry.liveLeavesOf(policy)).to.deep.equal([]);
    });

    it("leaves nothing that waits", async () => {
      const { bob, policy, id, other } = await abandoned();
      await world.registry.execute(policy, id);
      expect(await pendingIds(world, policy)).to.deep.equal([]);
      const gone = [policy, other.id];
      await expectRevert(
        world,
        world.registry.pendingChangeOf(policy, other.id),
        "AgentPolicyChangeUnknown",
        gone,
      );
      await expectRevert(
        world,
        world.registry.pendingChangeOf(policy, ZeroHash),
        "AgentPolicyChangeUnknown",
        [policy, ZeroHash],
      );
      expect(await world.registry.proposerWaitsUntil(policy, bob.id)).to.equal(0);
    });

    it("refuses everything afterwards", async () => {
      const { alice, bob, prover, policy, id, op, other } = await abandoned();
      await world.registry.execute(policy, id);
      const ended = [policy];
      for (const send of [
        () => world.registry.execute(policy, id),
        () => world.registry.execute(policy, other.id),
        () => world.registry.clear(policy, other.id),
        () => schedule(world, { ...op, nonce: 1n }, [alice]),
        () => approveMore(world, other.op, [alice]),
        () => veto(world, policy, other.id, alice),
        () => withdraw(world, policy, other.id, bob),
        () => grant(world, policy, alice, [key("late")]),
        () => take(world, policy, alice, [prover]),
        () => renounce(world, policy, bob, ADMIN),
        () => stop(world, policy, alice),
        () => voidApprovals(world, policy, alice),
      ]) {
        await expectRevert(world, send(), "AgentPolicyEnded", ended);
      }
    });

    it("keeps the address used for ever", async () => {
      const creator = agentKey("effects creator for ever");
      const founding = await creation(world, creator);
      const policy = BigInt(founding.policy);
      const send = async () =>
        world.registry.createPolicy(
          founding,
          [NO_ACCEPTANCE],
          await approval(world, "CreatePolicy", founding, creator),
        );
      await send();
      await enact(world, policy, [partyOf(creator)], { abandon: true });
      await expectRevert(world, send(), "AgentPolicyExists", [policy]);
    });
  });
});
