import { expect } from "chai";
import { ZeroHash } from "ethers";
import { accountSigner, elementSigner, passkeySigner, walletSigner } from "../support/signers.ts";
import {
  acceptances,
  acceptPower,
  approveRoot,
  ascending,
  at,
  bitsOf,
  commitmentTo,
  enact,
  expectRevert,
  found,
  grant,
  isRevoked,
  liftStop,
  nextCommitment,
  now,
  type Party,
  partyOfSigner,
  partySource,
  pendingIds,
  power,
  proposal,
  renounce,
  rootSetOf,
  rotate,
  rotation,
  schedule,
  scheduled,
  stop,
  take,
  veto,
  voidApprovals,
  wait,
} from "./governanceSupport.ts";
import {
  ADMIN,
  ALL,
  agentKey,
  DAY,
  deadlineOf,
  deployWorld,
  HOUR,
  NO_ACCEPTANCE,
  PROVE,
  PROVE_GRANT,
  PROVE_REVOKE,
  SETTINGS,
  type World,
} from "./support.ts";

const key = partySource("rotate");
const MONTH = 30n * DAY;

describe("AgentPolicyRegistry: emergencyRotate", () => {
  let world: World;

  before(async () => {
    world = await deployWorld();
  });

  /** A policy with two ADMINs, a prover and one root key, and its next ADMIN. */
  async function fixture() {
    const [alice, thief, prover, root, next] = [
      key("alice"),
      key("thief"),
      key("prover"),
      key("root"),
      key("next"),
    ];
    const set = rootSetOf([root], 1);
    const others = [[prover, PROVE]] as const;
    const policy = await found(world, [alice, thief], {
      others,
      settings: { rootCommitment: commitmentTo(set) },
    });
    return { alice, thief, prover, root, next, set, policy };
  }

  describe("the root set", () => {
    it("is missing where the policy has none", async () => {
      const [alice, root] = [key("alice"), key("root")];
      const policy = await found(world, [alice]);
      const op = await rotation(world, policy, { agents: [power(alice, ADMIN)] });
      const sent = rotate(world, op, rootSetOf([root], 1), [root], [alice]);
      await expectRevert(world, sent, "AgentPolicyRootMissing", [policy]);
    });

    it("is the one committed to: keys, kinds, quorum and salt", async () => {
      const { root, next, set, policy } = await fixture();
      const op = await rotation(world, policy, { agents: [power(next, ADMIN)] });
      for (const wrong of [
        rootSetOf([key("other root")], 1),
        rootSetOf([root, key("second")], 1),
        rootSetOf([root], 1, "another salt"),
        { ...set, quorum: 0 },
        { ...set, quorum: 2 },
        { ...set, keys: [] },
        { ...set, keys: [{ kind: 2, key: root.key }] },
      ]) {
        await expectRevert(world, rotate(world, op, wrong, [root], [next]), "AgentPolicyRootMismatch", [
          policy,
          commitmentTo(wrong),
          commitmentTo(set),
        ]);
      }
    });

    it("can act: its quorum lies within its keys, which ascend", async () => {
      const [one, two] = ascending([key("one"), key("two")]);
      if (one === undefined || two === undefined) throw new Error("two keys");
      const good = rootSetOf([one, two], 1);
      for (const set of [
        { ...good, quorum: 0 },
        { ...good, quorum: 3 },
        { ...good, keys: [] },
        { ...good, keys: [...good.keys].reverse() },
        { ...good, keys: [good.keys[0] ?? { kind: 0, key: "0x" }, good.keys[0] ?? { kind: 0, key: "0x" }] },
      ]) {
        const [alice, next] = [key("alice"), key("next")];
        const settings = { rootCommitment: commitmentTo(set) };
        const policy = await found(world, [alice], { settings });
        const op = await rotation(world, policy, { agents: [power(next, ADMIN)] });
        const sent = rotate(world, op, set, [one, two], [next]);
        await expectRevert(world, sent, "AgentPolicyRootSetMalformed", [policy]);
      }
    });

    it("acts by a quorum of its keys, of every kind", async () => {
      const wallet = await world.ethers.deployContract("WalletMock", [agentKey("root wallet").address]);
      const address = await wallet.getAddress();
      const roots = [
        partyOfSigner(await accountSigner("root account")),
        partyOfSigner(elementSigner("root element")),
        partyOfSigner(await passkeySigner("root synced", { deviceBound: false })),
        partyOfSigner(await passkeySigner("root token")),
        partyOfSigner(walletSigner(address, "root wallet")),
      ];
      expect(roots.map(({ kind }) => kind).sort()).to.deep.equal([1, 2, 3, 4, 5]);
      const set = rootSetOf(roots, 3);
      const [alice, next] = [key("alice"), key("next")];
      const policy = await found(world, [alice], { settings: { rootCommitment: commitmentTo(set) } });
      const op = await rotation(world, policy, { agents: [power(next, ADMIN)] });
      for (const few of [[], roots.slice(0, 1), roots.slice(0, 2)]) {
        await expectRevert(world, rotate(world, op, set, few, [next]), "AgentPolicyRootQuorumMissing", [
          policy,
          few.length,
          3,
        ]);
      }
      for (const some of [roots.slice(0, 3), roots.slice(2), roots]) {
        const consents = await acceptances(world, { policy, epoch: 2n }, op.agents, [next]);
        const approvals = await approveRoot(world, op, some);
        await world.registry.emergencyRotate.staticCall(op, set, consents, approvals);
      }
      await rotate(world, op, set, roots.slice(2), [next]);
      expect(await bitsOf(world, policy, next)).to.equal(ADMIN);
    });

    it("counts no key twice, no agent and no stranger", async () => {
      const [one, two, stranger] = [key("one"), key("two"), key("stranger")];
      const [alice, next] = [key("alice"), key("next")];
      const set = rootSetOf([one, two], 2);
      const policy = await found(world, [alice], { settings: { rootCommitment: commitmentTo(set) } });
      const op = await rotation(world, policy, { agents: [power(next, ADMIN)] });
      const consents = await acceptances(world, { policy, epoch: 2n }, op.agents, [next]);
      const [first] = await approveRoot(world, op, [one]);
      if (first === undefined) throw new Error("one approval");
      const twice = world.registry.emergencyRotate(op, set, consents, [first, first]);
      await expectRevert(world, twice, "AgentPolicyRootKeyUnknown", [policy, one.id]);
      const reverse = (await approveRoot(world, op, [one, two])).reverse();
      await expectRevert(
        world,
        world.registry.emergencyRotate(op, set, consents, reverse),
        "AgentPolicyRootKeyUnknown",
        [policy, ascending([one, two])[0]?.id],
      );
      for (const other of [stranger, alice]) {
        await expect(rotate(world, op, set, [one, two, other], [next])).to.be.revertedWithCustomError(
          world.registry,
          "AgentPolicyRootKeyUnknown",
        );
      }
    });

    it("takes a signature of exactly this rotation", async () => {
      const { root, next, set, policy } = await fixture();
      const op = await rotation(world, policy, { agents: [power(next, ADMIN)] });
      const consents = await acceptances(world, { policy, epoch: 2n }, op.agents, [next]);
      const [approval] = await approveRoot(world, op, [root]);
      if (approval === undefined) throw new Error("one approval");
      const args = [root.id];
      for (const altered of [
        { ...op, deadline: BigInt(op.deadline) + 1n },
        { ...op, survivors: [root.id] },
        { ...op, settings: { ...op.settings, rootCommitment: nextCommitment("thief's") } },
        { ...op, settings: { ...op.settings, grantQuorum: 2n } },
        { ...op, agents: [power(next, ALL & ~PROVE)] },
      ]) {
        const sent = world.registry.emergencyRotate(altered, set, consents, [approval]);
        await expectRevert(world, sent, "AgentKeySignatureInvalid", args);
      }
      const trailing = { ...approval, signature: `${approval.signature}00` };
      const sent = world.registry.emergencyRotate(op, set, consents, [trailing]);
      await expectRevert(world, sent, "AgentKeySignatureInvalid", args);
    });

    it("may send the rotation itself, without a signature", async () => {
      const relayed = world.relayer.address;
      const root: Party = { ...key("sender"), key: relayed, id: world.ethers.keccak256(relayed) };
      const [alice, next] = [key("alice"), key("next")];
      const set = rootSetOf([root], 1);
      const policy = await found(world, [alice], { settings: { rootCommitment: commitmentTo(set) } });
      const op = await rotation(world, policy, { agents: [power(next, ADMIN)] });
      const consents = await acceptances(world, { policy, epoch: 2n }, op.agents, [next]);
      const approvals = [{ key: root.key, signature: "0x" }];
      const foreign = world.registry.connect(world.stranger).emergencyRotate(op, set, consents, approvals);
      await expectRevert(world, foreign, "AgentKeySenderMismatch", [root.id, world.stranger.address]);
      await world.registry.emergencyRotate(op, set, consents, approvals);
    });
  });

  describe("is refused", () => {
    it("for an unknown policy, another epoch, too late and too early", async () => {
      const { root, next, set, policy } = await fixture();
      const content = { agents: [power(next, ADMIN)] };
      const op = await rotation(world, policy, content);
      const send = (other: typeof op) => rotate(world, other, set, [root], [next]);
      await expectRevert(world, send({ ...op, policy: 5n }), "AgentPolicyUnknown", [5n]);
      for (const epoch of [0, 2]) {
        await expectRevert(world, send({ ...op, epoch }), "AgentPolicyEpochMismatch", [policy, epoch, 1]);
      }
      const time = (await now(world)) + 10n;
      await at(world, time);
      await expectRevert(world, send({ ...op, deadline: time - 1n }), "AgentPolicyDeadlinePassed", [
        time - 1n,
        time,
      ]);
      const later = time + 10n;
      await at(world, later);
      const far = later + MONTH + 1n;
      await expectRevert(world, send({ ...op, deadline: far }), "AgentPolicyDeadlineTooFar", [far, later]);
    });

    it("when it commits to the revealed set, or would change the times", async () => {
      const { root, next, set, policy } = await fixture();
      const agents = [power(next, ADMIN)];
      const rootCommitment = commitmentTo(set);
      const same = await rotation(world, policy, { agents, settings: { rootCommitment } });
      await expectRevert(world, rotate(world, same, set, [root], [next]), "AgentPolicyRootReused", [
        policy,
        rootCommitment,
      ]);
      for (const settings of [{ delay: HOUR }, { window: DAY }]) {
        const op = await rotation(world, policy, { agents, settings });
        const { delay, window } = op.settings;
        await expectRevert(world, rotate(world, op, set, [root], [next]), "AgentPolicyRotationChangesTimes", [
          delay,
          window,
        ]);
      }
    });

    it("when the policy could not act afterwards", async () => {
      const { root, next, set, policy } = await fixture();
      const agents = [power(next, ADMIN)];
      const second = key("second");
      for (const [content, error, args] of [
        [{ agents: [power(next, PROVE_GRANT)] }, "AgentPolicyQuorumUnreachable", [policy, ADMIN, 1, 0]],
        [{ agents, settings: { adminQuorum: 0n } }, "AgentPolicyQuorumUnreachable", [policy, ADMIN, 0, 1]],
        [
          { agents, settings: { grantQuorum: 2n } },
          "AgentPolicyQuorumUnreachable",
          [policy, PROVE_GRANT, 2, 1],
        ],
        [
          {
            agents: [...agents, power(second, ADMIN)],
            settings: { adminQuorum: 2n, rootCommitment: ZeroHash },
          },
          "AgentPolicyQuorumNeedsRootKeys",
          [policy, ADMIN, 2],
        ],
      ] as const) {
        const op = await rotation(world, policy, content);
        await expectRevert(world, rotate(world, op, set, [root], [next, second]), error, args);
      }
    });

    it("when its agents are none, too many, repeated, powerless, or of another kind than recorded", async () => {
      const { alice, root, next, set, policy } = await fixture();
      const crowd = Array.from({ length: 17 }, (_, i) => key(`${i}`));
      for (const [agents, error, args] of [
        [[], "AgentPolicyBatchSize", [0, 32]],
        [Array.from({ length: 33 }, () => power(next, ADMIN)), "AgentPolicyBatchSize", [33, 32]],
        [crowd.map((one) => power(one, ADMIN)), "AgentPolicyPowerLimit", [policy, 17, 16]],
        [[power(next, ADMIN), power(next, PROVE_GRANT)], "AgentPolicyAgentRepeated", [next.id]],
        [[power(next, ADMIN), power(alice, 0)], "AgentPolicyPowerEmpty", [alice.id]],
        [[power(next, ALL)], "AgentPolicyPowerUnknown", [next.id, ALL]],
        [[{ ...power(alice, ADMIN), kind: 2 }], "AgentPolicyKindMismatch", [alice.id, 2, 1]],
        [[{ ...power(next, ADMIN), kind: 6 }], "AgentKeyKindUnknown", [6]],
      ] as const) {
        const op = await rotation(world, policy, { agents: [...agents] });
        await expectRevert(world, rotate(world, op, set, [root], [next, ...crowd]), error, args);
      }
      const survivors = Array.from({ length: 33 }, () => alice);
      const op = await rotation(world, policy, { agents: [power(next, ADMIN)], survivors });
      await expectRevert(world, rotate(world, op, set, [root], [next]), "AgentPolicyBatchSize", [33, 32]);
    });

    it("unless every agent accepts, for exactly the new epoch, be it known or a survivor", async () => {
      const { alice, root, next, set, policy } = await fixture();
      for (const party of [alice, next]) {
        const op = await rotation(world, policy, { agents: [power(party, ADMIN)], survivors: [alice] });
        const approvals = await approveRoot(world, op, [root]);
        const send = (...consents: (typeof NO_ACCEPTANCE)[]) =>
          world.registry.emergencyRotate(op, set, consents, approvals);
        await expectRevert(world, send(), "AgentPolicyAcceptanceCount", [0, 1]);
        await expectRevert(world, send(NO_ACCEPTANCE), "AgentPolicyAcceptanceMissing", [party.id]);
        for (const epoch of [0, 1, 3]) {
          const wrong = await acceptPower(world, policy, epoch, party, ADMIN);
          await expectRevert(world, send(wrong), "AgentKeySignatureInvalid", [party.id]);
        }
        const more = await acceptPower(world, policy, 2, party, ADMIN | PROVE_GRANT);
        await expectRevert(world, send(more), "AgentKeySignatureInvalid", [party.id]);
        const late = await acceptPower(world, policy, 2, party, ADMIN, 1n);
        await expect(send(late)).to.be.revertedWithCustomError(
          world.registry,
          "AgentPolicyAcceptanceExpired",
        );
      }
    });
  });

  describe("begins a new epoch", () => {
    it("and says so", async () => {
      const { alice, thief, prover, root, next, set, policy } = await fixture();
      const op = await rotation(world, policy, { agents: [power(next, ADMIN)], survivors: [prover] });
      const { generation, index } = await world.registry.agentOf(policy, prover.id);
      const sent = rotate(world, op, set, [root], [next]);
      const { registry } = world;
      await expect(sent).to.emit(registry, "EpochEnded").withArgs(policy, 1);
      await expect(sent).to.emit(registry, "AgentSurvived").withArgs(policy, prover.id, 2);
      await expect(sent)
        .to.emit(registry, "ProverEnded")
        .withArgs(policy, 0, index - 1n);
      await expect(sent)
        .to.emit(registry, "IndexRevoked")
        .withArgs(0, index - 1n);
      await expect(sent).to.not.emit(registry, "ChangeLapsed");
      const { rootCommitment } = op.settings;
      await expect(sent)
        .to.emit(registry, "PolicySettingsChanged")
        .withArgs(policy, [1, 1, false, SETTINGS.delay, SETTINGS.window, rootCommitment]);
      await expect(sent)
        .to.emit(registry, "AgentAdded")
        .withArgs(policy, next.id, 2, 1, next.key.toLowerCase());
      await expect(sent).to.emit(registry, "AgentAuthorizationsChanged").withArgs(policy, next.id, 0, ADMIN);
      expect(generation).to.equal(0);
      const head = await registry.policyOf(policy);
      expect([head.epoch, head.adminCount, head.granterCount, head.powerfulCount]).to.deep.equal([
        2n,
        1n,
        1n,
        1n,
      ]);
      expect(head.agentCount).to.equal(4);
      const agents = await registry.agentsOf(policy, 0, 99);
      expect(agents.map((one) => [one.id, one.authorizations, one.removed, one.epoch])).to.deep.equal([
        [alice.id, 0n, true, 1n],
        [thief.id, 0n, true, 1n],
        [prover.id, BigInt(PROVE), false, 2n],
        [next.id, BigInt(ADMIN), false, 2n],
      ]);
    });

    it("in which no agent of the old one acts, nor anything that it approved", async () => {
      const { alice, thief, root, next, set, policy } = await fixture();
      const before = await proposal(world, policy, thief, { settings: { delay: HOUR } });
      const op = await rotation(world, policy, { agents: [power(next, ADMIN)] });
      await rotate(world, op, set, [root], [next]);
      await expectRevert(world, schedule(world, before, [thief]), "AgentPolicyEpochMismatch", [policy, 1, 2]);
      const content = { settings: { delay: HOUR } };
      for (const party of [alice, thief]) {
        const own = await proposal(world, policy, party, content);
        const unknown = [policy, party.id];
        await expectRevert(world, schedule(world, own, [party]), "AgentPolicyApproverUnknown", unknown);
        await expectRevert(world, take(world, policy, party, [next]), "AgentPolicyApproverUnknown", unknown);
        await expectRevert(world, stop(world, policy, party), "AgentPolicyApproverUnknown", unknown);
        await expectRevert(
          world,
          renounce(world, policy, party, ADMIN),
          "AgentPolicyApproverUnknown",
          unknown,
        );
        await expectRevert(world, voidApprovals(world, policy, party), "AgentPolicyApproverUnknown", unknown);
        const gifts = [key("gift")];
        await expectRevert(world, grant(world, policy, party, gifts), "AgentPolicyApproverUnknown", unknown);
      }
      expect(await bitsOf(world, policy, next)).to.equal(ADMIN);
    });

    it("without the changes that waited, whoever approved them", async () => {
      const { alice, thief, root, next, set, policy } = await fixture();
      const content = { agents: [power(alice, 0)] };
      const { id, earliest } = await scheduled(world, policy, [thief, alice], content);
      const op = await rotation(world, policy, { agents: [power(next, ADMIN)] });
      await rotate(world, op, set, [root], [next]);
      expect(await pendingIds(world, policy)).to.deep.equal([]);
      await at(world, earliest);
      const gone = [policy, id];
      await expectRevert(world, world.registry.execute(policy, id), "AgentPolicyChangeUnknown", gone);
      await expectRevert(world, veto(world, policy, id, next), "AgentPolicyChangeUnknown", gone);
      await expectRevert(world, world.registry.clear(policy, id), "AgentPolicyChangeUnknown", gone);
      await scheduled(world, policy, [next], { settings: { delay: HOUR } });
    });

    it("without the stop, and with new stops", async () => {
      const { thief, root, set, policy } = await fixture();
      await stop(world, policy, thief);
      const op = await rotation(world, policy, { agents: [power(thief, ADMIN)] });
      await rotate(world, op, set, [root], [thief]);
      expect((await world.registry.policyOf(policy)).stopper).to.equal(ZeroHash);
      await grant(world, policy, thief, [key("fresh")]);
      await stop(world, policy, thief);
    });

    it("in which whose stop was lifted may stop again, survivors too", async () => {
      const { alice, thief, root, set, policy } = await fixture();
      for (const party of [alice, thief]) {
        await stop(world, policy, party);
        await liftStop(world, policy, party, [alice, thief]);
        await expectRevert(world, stop(world, policy, party), "AgentPolicyStopSpent", [policy, party.id]);
      }
      const agents = [power(alice, ADMIN), power(thief, ADMIN)];
      const op = await rotation(world, policy, { agents, survivors: [alice] });
      await rotate(world, op, set, [root], [alice, thief]);
      for (const party of [alice, thief]) {
        await stop(world, policy, party);
        await liftStop(world, policy, party, [alice, thief]);
      }
    });

    it("in which contract keys of the old one count for nothing", async () => {
      const wallets = await Promise.all(
        ["one", "two"].map(async (name) => {
          const owner = `rotated wallet ${name}`;
          const wallet = await world.ethers.deployContract("WalletMock", [agentKey(owner).address]);
          return partyOfSigner(walletSigner(await wallet.getAddress(), owner));
        }),
      );
      const [alice, root, next] = [key("alice"), key("root"), key("next")];
      const set = rootSetOf([root], 1);
      const settings = { contractKeysCount: true, rootCommitment: commitmentTo(set) };
      const policy = await found(world, [alice, ...wallets], { settings });
      const content = { agents: [power(next, ADMIN)], settings: { contractKeysCount: true } };
      const two = { ...content, settings: { ...content.settings, adminQuorum: 2n } };
      const out = await rotation(world, policy, two);
      await expectRevert(world, rotate(world, out, set, [root], [next]), "AgentPolicyQuorumUnreachable", [
        policy,
        ADMIN,
        2,
        1,
      ]);
      await rotate(world, await rotation(world, policy, content), set, [root], [next]);
      const head = await world.registry.policyOf(policy);
      expect([head.adminCount, head.granterCount, head.powerfulCount]).to.deep.equal([1n, 1n, 1n]);
    });

    it("with delay and window as they were, and all other settings new", async () => {
      const { alice, thief, root, next, set, policy } = await fixture();
      await enact(world, policy, [alice, thief], { settings: { delay: HOUR, window: DAY } });
      const second = key("second");
      const settings = { grantQuorum: 2n, adminQuorum: 2n, contractKeysCount: true };
      const agents = [power(next, ADMIN), power(second, ADMIN | PROVE_GRANT)];
      const op = await rotation(world, policy, { agents, settings });
      await rotate(world, op, set, [root], [next, second]);
      const { rootCommitment } = op.settings;
      expect([...(await world.registry.settingsOf(policy))]).to.deep.equal([
        2n,
        2n,
        true,
        HOUR,
        DAY,
        rootCommitment,
      ]);
    });

    it("once: the same rotation, and the same root set, act no more", async () => {
      const { root, next, set, policy } = await fixture();
      const second = key("next root");
      const settings = { rootCommitment: commitmentTo(rootSetOf([second], 1)) };
      const op = await rotation(world, policy, { agents: [power(next, ADMIN)], settings });
      await rotate(world, op, set, [root], [next]);
      await expectRevert(world, rotate(world, op, set, [root], [next]), "AgentPolicyEpochMismatch", [
        policy,
        1,
        2,
      ]);
      const again = await rotation(world, policy, { agents: [power(next, ADMIN)] });
      await expectRevert(world, rotate(world, again, set, [root], [next]), "AgentPolicyRootMismatch", [
        policy,
        commitmentTo(set),
        settings.rootCommitment,
      ]);
      await rotate(world, again, rootSetOf([second], 1), [second], [next]);
      expect((await world.registry.policyOf(policy)).epoch).to.equal(3);
    });

    it("without root keys if it says so", async () => {
      const { root, next, set, policy } = await fixture();
      const settings = { rootCommitment: ZeroHash };
      const op = await rotation(world, policy, { agents: [power(next, ADMIN)], settings });
      await rotate(world, op, set, [root], [next]);
      const again = await rotation(world, policy, { agents: [power(next, ADMIN)] });
      await expectRevert(world, rotate(world, again, set, [root], [next]), "AgentPolicyRootMissing", [
        policy,
      ]);
    });

    it("with counters and kinds as they were", async () => {
      const { alice, root, set, policy } = await fixture();
      await voidApprovals(world, policy, alice);
      const op = await rotation(world, policy, { agents: [power(alice, ADMIN)] });
      await rotate(world, op, set, [root], [alice]);
      const { counter, kind } = await world.registry.agentOf(policy, alice.id);
      expect([counter, kind]).to.deep.equal([1n, 1n]);
      await scheduled(world, policy, [alice], { settings: { delay: HOUR } });
    });
  });

  describe("survivors", () => {
    it("keep PROVE, and lose all else", async () => {
      const { alice, prover, root, next, set, policy } = await fixture();
      const before = await world.registry.agentOf(policy, alice.id);
      const op = await rotation(world, policy, { agents: [power(next, ADMIN)], survivors: [alice, prover] });
      await rotate(world, op, set, [root], [next]);
      const after = await world.registry.agentOf(policy, alice.id);
      expect([after.authorizations, after.epoch]).to.deep.equal([BigInt(PROVE), 2n]);
      expect([after.index, after.expiry, after.provedFrom, after.provedUntil]).to.deep.equal([
        before.index,
        before.expiry,
        before.provedFrom,
        0n,
      ]);
      expect(await isRevoked(world, policy, alice)).to.equal(false);
      expect(await world.registry.provedAt(policy, alice.id, await now(world))).to.equal(true);
      await expectRevert(world, take(world, policy, alice, [prover]), "AgentPolicyApproverWithoutRight", [
        policy,
        alice.id,
        PROVE,
        PROVE_REVOKE,
      ]);
    });

    it("may hold power as well, with an acceptance", async () => {
      const { alice, root, set, policy } = await fixture();
      const op = await rotation(world, policy, { agents: [power(alice, ADMIN)], survivors: [alice] });
      const sent = rotate(world, op, set, [root], [alice]);
      await expect(sent)
        .to.emit(world.registry, "AgentAuthorizationsChanged")
        .withArgs(policy, alice.id, 0, PROVE);
      await expect(sent)
        .to.emit(world.registry, "AgentAuthorizationsChanged")
        .withArgs(policy, alice.id, PROVE, PROVE | ADMIN);
      await expect(sent).to.not.emit(world.registry, "AgentAdded");
      expect(await bitsOf(world, policy, alice)).to.equal(PROVE | ADMIN);
      const head = await world.registry.policyOf(policy);
      expect([head.adminCount, head.powerfulCount, head.agentCount]).to.deep.equal([1n, 1n, 3n]);
    });

    it("that prove no more, never did or are named twice are skipped", async () => {
      const { alice, thief, prover, root, next, set, policy } = await fixture();
      const hour = ((await now(world)) / HOUR + 2n) * HOUR;
      const expiring = key("expiring");
      await grant(world, policy, alice, [expiring], { expiry: hour });
      await take(world, policy, thief, [prover]);
      await wait(world, 3n * HOUR);
      const survivors = [prover, alice, thief, key("stranger"), expiring, alice];
      const op = await rotation(world, policy, { agents: [power(next, ADMIN)], survivors });
      await rotate(world, op, set, [root], [next]);
      expect(await world.registry.liveLeavesOf(policy)).to.have.length(1);
      expect(await bitsOf(world, policy, alice)).to.equal(PROVE);
      for (const party of [prover, thief, expiring]) {
        expect(await bitsOf(world, policy, party), party.id).to.equal(0);
      }
      // its leaf died by itself
      expect(await isRevoked(world, policy, expiring)).to.equal(false);
    });

    it("survive to the second of their expiry", async () => {
      for (const [offset, live] of [
        [0n, 1],
        [1n, 0],
      ] as const) {
        const { alice, root, next, set, policy } = await fixture();
        const hour = ((await now(world)) / HOUR + 2n) * HOUR;
        const expiring = key("expiring");
        await grant(world, policy, alice, [expiring], { expiry: hour });
        const op = await rotation(world, policy, { agents: [power(next, ADMIN)], survivors: [expiring] });
        const consents = await acceptances(world, { policy, epoch: 2n }, op.agents, [next]);
        const approvals = await approveRoot(world, op, [root]);
        await at(world, hour + offset);
        await world.registry.emergencyRotate(op, set, consents, approvals);
        expect(await world.registry.liveLeavesOf(policy)).to.have.length(live);
      }
    });

    it("are carried on by the next rotation, and revoked by the one after", async () => {
      const { alice, root, next, set, policy } = await fixture();
      const roots = [root, key("second"), key("third"), key("fourth")];
      const sets = [set, ...roots.slice(1).map((one) => rootSetOf([one], 1))];
      for (const [i, survivors] of [[alice], [alice], []].entries()) {
        const [current, following] = [sets[i], sets[i + 1]];
        const signer = roots[i];
        if (current === undefined || following === undefined || signer === undefined) throw new Error("sets");
        const settings = { rootCommitment: commitmentTo(following) };
        const op = await rotation(world, policy, { agents: [power(next, ADMIN)], survivors, settings });
        await rotate(world, op, current, [signer], [next]);
      }
      expect(await isRevoked(world, policy, alice)).to.equal(true);
      const ended = await now(world);
      const record = await world.registry.agentOf(policy, alice.id);
      expect([record.authorizations, record.epoch, record.provedUntil]).to.deep.equal([0n, 3n, ended]);
      expect(await world.registry.provedAt(policy, alice.id, ended)).to.equal(false);
      expect(await world.registry.provedAt(policy, alice.id, ended - 1n)).to.equal(true);
      expect((await world.registry.policyOf(policy)).agentCount).to.equal(4);
    });

    it("can be revoked, renounce and be promoted in the new epoch as others", async () => {
      const { alice, prover, root, next, set, policy } = await fixture();
      const op = await rotation(world, policy, { agents: [power(next, ADMIN)], survivors: [alice, prover] });
      await rotate(world, op, set, [root], [next]);
      await take(world, policy, next, [prover]);
      expect(await isRevoked(world, policy, prover)).to.equal(true);
      await enact(world, policy, [next], { agents: [power(alice, ADMIN)] });
      expect(await bitsOf(world, policy, alice)).to.equal(PROVE | ADMIN);
      await renounce(world, policy, alice, PROVE);
      expect(await isRevoked(world, policy, alice)).to.equal(true);
    });
  });

  describe("all others", () => {
    it("lose PROVE in the same transaction, and records tell since when", async () => {
      const { alice, prover, root, next, set, policy } = await fixture();
      const leaves = await world.registry.liveLeavesOf(policy);
      expect(leaves).to.have.length(2);
      const op = await rotation(world, policy, { agents: [power(next, ADMIN)] });
      await rotate(world, op, set, [root], [next]);
      const time = await now(world);
      expect(await world.registry.liveLeavesOf(policy)).to.deep.equal([]);
      expect((await world.registry.policyOf(policy)).liveProvers).to.equal(0);
      for (const party of [alice, prover]) {
        expect(await isRevoked(world, policy, party)).to.equal(true);
        const record = await world.registry.agentOf(policy, party.id);
        expect([record.authorizations, record.removed, record.provedUntil]).to.deep.equal([0n, true, time]);
        expect(await world.registry.provedAt(policy, party.id, time - 1n)).to.equal(true);
        expect(await world.registry.provedAt(policy, party.id, time)).to.equal(false);
      }
    });

    it("return with a fresh commitment and an acceptance for the new epoch", async () => {
      const { alice, prover, root, next, set, policy } = await fixture();
      const op = await rotation(world, policy, { agents: [power(next, ADMIN)] });
      await rotate(world, op, set, [root], [next]);
      await grant(world, policy, next, [prover]);
      await grant(world, policy, next, [alice, next]);
      expect(await world.registry.liveLeavesOf(policy)).to.have.length(3);
      for (const party of [alice, prover, next]) {
        expect(await isRevoked(world, policy, party), party.id).to.equal(false);
      }
      expect((await world.registry.policyOf(policy)).agentCount).to.equal(4);
    });

    it("stay ended: a later rotation that names one as survivor does not revive it", async () => {
      const { alice, prover, root, next, set, policy } = await fixture();
      const second = key("second root");
      const following = rootSetOf([second], 1);
      const settings = { rootCommitment: commitmentTo(following) };
      const op = await rotation(world, policy, { agents: [power(next, ADMIN)], settings });
      await rotate(world, op, set, [root], [next]);
      const survivors = [prover, alice];
      const again = await rotation(world, policy, { agents: [power(next, ADMIN)], survivors });
      const sent = rotate(world, again, following, [second], [next]);
      await expect(sent).to.not.emit(world.registry, "AgentSurvived");
      expect(await world.registry.liveLeavesOf(policy)).to.deep.equal([]);
      expect(await bitsOf(world, policy, prover)).to.equal(0);
    });

    it("lose it even where they hold power in the new epoch", async () => {
      const { alice, root, set, policy } = await fixture();
      const op = await rotation(world, policy, { agents: [power(alice, ADMIN)] });
      await rotate(world, op, set, [root], [alice]);
      const time = await now(world);
      const record = await world.registry.agentOf(policy, alice.id);
      expect([record.authorizations, record.provedUntil]).to.deep.equal([BigInt(ADMIN), time]);
      expect(await isRevoked(world, policy, alice)).to.equal(true);
      expect(await world.registry.liveLeavesOf(policy)).to.deep.equal([]);
      await expectRevert(world, renounce(world, policy, alice, PROVE), "AgentPolicyNothingChanges", [
        policy,
        alice.id,
      ]);
      await grant(world, policy, alice, [alice]);
      expect(await isRevoked(world, policy, alice)).to.equal(false);
    });

    it("whose PROVE ran out before proved until their expiry, whatever ends afterwards", async () => {
      const { alice, root, set, policy } = await fixture();
      const second = key("second root");
      const following = rootSetOf([second], 1);
      const expiry = ((await now(world)) / HOUR + 2n) * HOUR;
      const expiring = key("expiring");
      await grant(world, policy, alice, [expiring], { expiry });
      await wait(world, 3n * HOUR);
      const settings = { rootCommitment: commitmentTo(following) };
      const first = await rotation(world, policy, { agents: [power(expiring, ADMIN)], settings });
      await rotate(world, first, set, [root], [expiring]);
      const later = await rotation(world, policy, { agents: [power(alice, ADMIN)] });
      await rotate(world, later, following, [second], [alice]);
      const { provedUntil } = await world.registry.agentOf(policy, expiring.id);
      expect(provedUntil).to.equal(expiry);
      expect(await world.registry.provedAt(policy, expiring.id, expiry)).to.equal(true);
      expect(await world.registry.provedAt(policy, expiring.id, expiry + 1n)).to.equal(false);
    });

    it("leave their slots to others, survivors keep theirs", async () => {
      const { alice, root, next, set, policy } = await fixture();
      const crowd = Array.from({ length: 30 }, (_, i) => key(`${i}`));
      await grant(world, policy, alice, crowd);
      const survivors = crowd.slice(10, 20);
      const kept = await Promise.all(
        survivors.map(async ({ id }) => (await world.registry.agentOf(policy, id)).index),
      );
      const op = await rotation(world, policy, { agents: [power(next, ADMIN)], survivors });
      await rotate(world, op, set, [root], [next]);
      const live = async () =>
        (await world.registry.liveLeavesOf(policy)).map((leaf) => BigInt(leaf) & 0xffffffn);
      expect((await live()).sort()).to.deep.equal(kept.sort());
      const fresh = Array.from({ length: 22 }, (_, i) => key(`fresh ${i}`));
      await grant(world, policy, next, fresh);
      expect(await live()).to.include.members(kept);
      expect(new Set(await live()).size).to.equal(32);
      await expectRevert(world, grant(world, policy, next, [key("one too many")]), "AgentPolicyProverLimit", [
        policy,
        32,
      ]);
      await take(world, policy, next, [...survivors.slice(0, 1), ...fresh.slice(0, 1)]);
      expect(await live()).to.have.length(30);
    });
  });

  it("ends revocation of leaves of two generations at once", async () => {
    const small = await deployWorld({ levels: 2, size: 0, leaf: 0n, word: 0n });
    const [alice, root, next] = [key("alice"), key("root"), key("next")];
    const set = rootSetOf([root], 1);
    const policy = await found(small, [alice], { settings: { rootCommitment: commitmentTo(set) } });
    const crowd = Array.from({ length: 20 }, (_, i) => key(`${i}`));
    await grant(small, policy, alice, crowd);
    expect(await small.registry.currentGeneration()).to.equal(1);
    const survivors = [crowd[3], crowd[18]].filter((one) => one !== undefined);
    const op = await rotation(small, policy, { agents: [power(next, ADMIN)], survivors });
    await rotate(small, op, set, [root], [next]);
    for (const party of [alice, ...crowd]) {
      expect(await isRevoked(small, policy, party)).to.equal(!survivors.includes(party));
    }
    expect(await small.registry.liveLeavesOf(policy)).to.have.length(2);
  });

  it("is refused to a policy that was abandoned", async () => {
    const { alice, thief, root, next, set, policy } = await fixture();
    await enact(world, policy, [alice, thief], { abandon: true });
    const op = await rotation(
      world,
      policy,
      { agents: [power(next, ADMIN)] },
      { deadline: await deadlineOf(world) },
    );
    await expectRevert(world, rotate(world, op, set, [root], [next]), "AgentPolicyEnded", [policy]);
  });
});
