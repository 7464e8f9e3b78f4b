import { expect } from "chai";
import { ZeroHash } from "ethers";
import {
  acceptPower,
  approveAll,
  at,
  bitsOf,
  type Content,
  changeIdOf,
  enact,
  expectRevert,
  found,
  grant,
  NO_SETTINGS,
  nextCommitment,
  now,
  type Party,
  partySource,
  pendingIds,
  power,
  proposal,
  schedule,
  scheduled,
  take,
  veto,
  wait,
} from "./governanceSupport.ts";
import {
  ADMIN,
  ALL,
  DAY,
  deployWorld,
  HOUR,
  NO_ACCEPTANCE,
  PROVE,
  PROVE_GRANT,
  PROVE_REVOKE,
  SETTINGS,
  type World,
} from "./support.ts";

const key = partySource("governance");
const DELAY = BigInt(SETTINGS.delay);
const WINDOW = BigInt(SETTINGS.window);
const MONTH = 30n * DAY;

describe("AgentPolicyRegistry: governance changes", () => {
  let world: World;

  before(async () => {
    world = await deployWorld();
  });

  /** A policy of two ADMINs, either of whom suffices. */
  async function pair(): Promise<{ alice: Party; bob: Party; policy: bigint }> {
    const [alice, bob] = [key("alice"), key("bob")];
    return { alice, bob, policy: await found(world, [alice, bob]) };
  }

  describe("schedule", () => {
    it("stores the change whole, with its own times, and says so", async () => {
      const { alice, bob, policy } = await pair();
      const carol = key("carol");
      const op = await proposal(world, policy, alice, {
        agents: [power(carol, ADMIN | PROVE_REVOKE), power(bob, PROVE_GRANT)],
        settings: { delay: HOUR },
      });
      const time = (await now(world)) + 10n;
      await at(world, time);
      const sent = schedule(world, op, [alice], [carol]);
      const id = changeIdOf(op);
      const agents = [
        [carol.id, 1, ADMIN | PROVE_REVOKE, carol.key.toLowerCase()],
        [bob.id, 1, PROVE_GRANT, "0x"],
      ];
      const settings = Object.values({ ...NO_SETTINGS, delay: HOUR });
      const earliest = time + DELAY;
      const { registry } = world;
      await expect(sent)
        .to.emit(registry, "ChangeScheduled")
        .withArgs(policy, id, alice.id, earliest, earliest + WINDOW, agents, 8, settings, false, ZeroHash);
      await expect(sent).to.emit(registry, "ChangeApproved").withArgs(policy, id, alice.id, false);
      await expect(sent).to.emit(registry, "OperationExecuted").withArgs(policy, alice.id, 0, 0);
      const view = await registry.pendingChangeOf(policy, id);
      expect([
        ...view.slice(0, 5),
        [...view.approvers],
        view.agents.map((one) => [...one]),
        view.fields,
        [...view.settings],
        view.abandon,
        view.successor,
      ]).to.deep.equal([
        id,
        alice.id,
        earliest,
        earliest + WINDOW,
        false,
        [alice.id],
        agents.map(([agent, kind, bits, material]) => [
          agent,
          BigInt(kind ?? 0),
          BigInt(bits ?? 0),
          material,
        ]),
        8n,
        settings,
        false,
        ZeroHash,
      ]);
      const [only] = await registry.pendingChangesOf(policy);
      expect(only).to.deep.equal(view);
    });

    it("changes nothing until it is executed", async () => {
      const { alice, bob, policy } = await pair();
      const before = await world.registry.policyOf(policy);
      await scheduled(world, policy, [alice], { agents: [power(bob, 0)], settings: { delay: HOUR } });
      expect(await world.registry.policyOf(policy)).to.deep.equal(before);
      expect((await world.registry.settingsOf(policy)).delay).to.equal(DELAY);
      expect(await bitsOf(world, policy, bob)).to.equal(ADMIN);
    });

    it("returns the id that the struct hashes to", async () => {
      const { alice, bob, policy } = await pair();
      const op = await proposal(world, policy, alice, { agents: [power(bob, 0)] });
      const approvals = await approveAll(world, "GovernanceChange", op, [alice]);
      expect(await world.registry.schedule.staticCall(op, [NO_ACCEPTANCE], approvals)).to.equal(
        changeIdOf(op),
      );
    });

    it("reverts for an unknown policy and for another epoch", async () => {
      const { alice, bob, policy } = await pair();
      const op = await proposal(world, policy, alice, { agents: [power(bob, 0)] });
      await expectRevert(world, schedule(world, { ...op, policy: 5n }, [alice]), "AgentPolicyUnknown", [5n]);
      for (const epoch of [0, 2]) {
        const other = { ...op, epoch };
        const args = [policy, epoch, 1];
        await expectRevert(world, schedule(world, other, [alice]), "AgentPolicyEpochMismatch", args);
      }
    });

    it("takes a deadline from now to thirty days off, and no other", async () => {
      const { alice, bob, policy } = await pair();
      for (const [offset, error] of [
        [-1n, "AgentPolicyDeadlinePassed"],
        [MONTH + 1n, "AgentPolicyDeadlineTooFar"],
      ] as const) {
        const time = (await now(world)) + 10n;
        const deadline = time + offset;
        const op = await proposal(world, policy, alice, { agents: [power(bob, 0)] }, { deadline });
        await at(world, time);
        await expectRevert(world, schedule(world, op, [alice]), error, [deadline, time]);
      }
      for (const [party, offset] of [
        [alice, 0n],
        [bob, MONTH],
      ] as const) {
        const time = (await now(world)) + 10n;
        const content = { settings: { delay: HOUR } };
        const op = await proposal(world, policy, party, content, { deadline: time + offset });
        await at(world, time);
        await schedule(world, op, [party]);
      }
      expect(await pendingIds(world, policy)).to.have.length(2);
    });

    it("needs the ADMIN quorum, of ADMINs alone, the proposer among them", async () => {
      const [alice, bob, carol, dave] = [key("alice"), key("bob"), key("carol"), key("dave")];
      const policy = await found(world, [alice, bob, carol], {
        others: [[dave, PROVE_GRANT | PROVE_REVOKE]],
        settings: { adminQuorum: 2n },
      });
      const op = await proposal(world, policy, alice, { settings: { delay: HOUR } });
      await expectRevert(world, schedule(world, op, [alice]), "AgentPolicyRightMissing", [
        policy,
        ADMIN,
        1,
        2,
      ]);
      const held = PROVE_GRANT | PROVE_REVOKE;
      const without = [policy, dave.id, held, ADMIN];
      await expectRevert(
        world,
        schedule(world, op, [alice, bob, dave]),
        "AgentPolicyApproverWithoutRight",
        without,
      );
      await expectRevert(world, schedule(world, op, [bob, carol]), "AgentPolicyProposerNotApproving", [
        alice.id,
      ]);
      await expectRevert(world, schedule(world, op, []), "AgentPolicyApprovalCount", [0, 32]);
      const own = await proposal(world, policy, dave, { settings: { delay: HOUR } });
      await expectRevert(
        world,
        schedule(world, own, [alice, bob, dave]),
        "AgentPolicyApproverWithoutRight",
        without,
      );
      await schedule(world, op, [alice, bob]);
    });

    it("uses the proposer's nonce, so that a change is scheduled once", async () => {
      const { alice, bob, policy } = await pair();
      const { op, id } = await scheduled(world, policy, [alice], { agents: [power(bob, 0)] });
      await expectRevert(world, schedule(world, op, [alice]), "AgentPolicyNonceMismatch", [
        policy,
        alice.id,
        0,
        0,
        1,
      ]);
      await veto(world, policy, id, bob);
      await expectRevert(world, schedule(world, op, [alice, bob]), "AgentPolicyNonceMismatch", [
        policy,
        alice.id,
        0,
        0,
        1,
      ]);
    });

    it("leaves each proposer one open change", async () => {
      const { alice, bob, policy } = await pair();
      const { id } = await scheduled(world, policy, [alice], { settings: { delay: HOUR } });
      const second = await proposal(world, policy, alice, { settings: { window: DAY } }, { lane: 7n });
      const args = [policy, alice.id, id];
      await expectRevert(world, schedule(world, second, [alice, bob]), "AgentPolicyChangeOpen", args);
      await scheduled(world, policy, [bob], { settings: { window: DAY } });
      expect(await pendingIds(world, policy)).to.have.length(2);
    });

    it("replaces the proposer's change once its time has passed, not a second before", async () => {
      const { alice, policy } = await pair();
      const { id, latest } = await scheduled(world, policy, [alice], { settings: { delay: HOUR } });
      await wait(world, DELAY + WINDOW - 100n);
      const next = await proposal(world, policy, alice, { settings: { window: DAY } });
      await at(world, latest);
      const args = [policy, alice.id, id];
      await expectRevert(world, schedule(world, next, [alice]), "AgentPolicyChangeOpen", args);
      await at(world, latest + 1n);
      const sent = schedule(world, next, [alice]);
      await expect(sent).to.emit(world.registry, "ChangeLapsed").withArgs(policy, id);
      expect(await pendingIds(world, policy)).to.deep.equal([changeIdOf(next)]);
    });

    const bob = key("bob of malformed changes");
    for (const [name, content, override, error, args] of [
      ["names nothing", {}, {}, "AgentPolicyChangeMalformed", []],
      [
        "abandons and sets",
        { abandon: true, settings: { delay: HOUR } },
        {},
        "AgentPolicyChangeMalformed",
        [],
      ],
      [
        "abandons and names",
        { abandon: true, agents: [power(bob, 0)] },
        {},
        "AgentPolicyChangeMalformed",
        [],
      ],
      [
        "names a successor without abandoning",
        { settings: { delay: HOUR }, successor: nextCommitment("successor") },
        {},
        "AgentPolicyChangeMalformed",
        [],
      ],
      [
        "names nothing but a successor",
        { successor: nextCommitment("s") },
        {},
        "AgentPolicyChangeMalformed",
        [],
      ],
      ["sets a field that there is not", {}, { fields: 64 }, "AgentPolicyFieldsUnknown", [64]],
      ["sets a value without a field", {}, { fields: 16 }, "AgentPolicySettingUnexpected", [8]],
    ] as const) {
      it(`reverts when the change ${name}`, async () => {
        const alice = key("alice");
        const policy = await found(world, [alice, key("other")]);
        const settings = { ...NO_SETTINGS, delay: HOUR };
        const more = "fields" in override ? { ...override, settings } : {};
        const op = await proposal(world, policy, alice, content as Content, more);
        const expected = error === "AgentPolicyChangeMalformed" ? [policy] : args;
        await expectRevert(world, schedule(world, op, [alice]), error, expected);
      });
    }

    it("reverts for every setting that has a value and is not set", async () => {
      const { alice, policy } = await pair();
      for (const [field, settings] of [
        [1, { grantQuorum: 1n }],
        [2, { adminQuorum: 1n }],
        [4, { contractKeysCount: true }],
        [8, { delay: HOUR }],
        [16, { window: DAY }],
        [32, { rootCommitment: nextCommitment("unset") }],
      ] as const) {
        const named = await proposal(world, policy, alice, { settings });
        expect(named.fields).to.equal(field);
        const op = { ...named, fields: 63 & ~field };
        await expectRevert(world, schedule(world, op, [alice]), "AgentPolicySettingUnexpected", [field]);
      }
    });

    it("reverts when all is so already", async () => {
      const { alice, bob, policy } = await pair();
      for (const content of [
        { agents: [power(bob, ADMIN)] },
        { settings: { delay: DELAY, window: WINDOW } },
        { agents: [power(bob, ADMIN)], settings: { contractKeysCount: false, rootCommitment: ZeroHash } },
      ]) {
        const op = await proposal(world, policy, alice, content);
        await expectRevert(world, schedule(world, op, [alice]), "AgentPolicyChangeIdle", [policy]);
      }
    });

    it("takes power alone of an agent, and each once", async () => {
      const { alice, bob, policy } = await pair();
      for (const bits of [PROVE, ALL, 16, 255]) {
        const op = await proposal(world, policy, alice, { agents: [power(bob, bits)] });
        await expectRevert(world, schedule(world, op, [alice]), "AgentPolicyPowerUnknown", [bob.id, bits]);
      }
      const twice = { agents: [power(bob, 0), power(bob, PROVE_GRANT)] };
      const op = await proposal(world, policy, alice, twice);
      await expectRevert(world, schedule(world, op, [alice]), "AgentPolicyAgentRepeated", [bob.id]);
      const crowd = Array.from({ length: 33 }, (_, i) => power(key(`${i}`), ADMIN));
      const many = await proposal(world, policy, alice, { agents: crowd });
      await expectRevert(world, schedule(world, many, [alice]), "AgentPolicyBatchSize", [33, 32]);
    });

    it("reverts for removed agents, unknown ones that are to lose, and other kinds", async () => {
      const { alice, policy } = await pair();
      const [carol, stranger] = [key("carol"), key("stranger")];
      await grant(world, policy, alice, [carol]);
      await take(world, policy, alice, [carol]);
      const back = await proposal(world, policy, alice, { agents: [power(carol, ADMIN)] });
      await expectRevert(world, schedule(world, back, [alice], [carol]), "AgentPolicyAgentRemoved", [
        policy,
        carol.id,
      ]);
      const gone = await proposal(world, policy, alice, { agents: [power(stranger, 0)] });
      await expectRevert(world, schedule(world, gone, [alice]), "AgentPolicyAgentUnknown", [
        policy,
        stranger.id,
      ]);
      const other = await proposal(world, policy, alice, { agents: [{ ...power(carol, ADMIN), kind: 2 }] });
      await expectRevert(world, schedule(world, other, [alice]), "AgentPolicyKindMismatch", [carol.id, 2, 1]);
      const odd = await proposal(world, policy, alice, { agents: [{ ...power(stranger, ADMIN), kind: 9 }] });
      await expectRevert(world, schedule(world, odd, [alice]), "AgentKeyKindUnknown", [9]);
    });

    it("asks who is new in this epoch, and nobody else, to accept", async () => {
      const { alice, bob, policy } = await pair();
      const carol = key("carol");
      const op = await proposal(world, policy, alice, { agents: [power(carol, ADMIN)] });
      const approvals = await approveAll(world, "GovernanceChange", op, [alice]);
      const { registry } = world;
      await expectRevert(world, registry.schedule(op, [], approvals), "AgentPolicyAcceptanceCount", [0, 1]);
      await expectRevert(world, schedule(world, op, [alice]), "AgentPolicyAcceptanceMissing", [carol.id]);
      const past = await acceptPower(world, policy, 1, carol, ADMIN, 1n);
      await expectRevert(world, registry.schedule(op, [past], approvals), "AgentPolicyAcceptanceExpired", [
        carol.id,
        1,
        (await now(world)) + 1n,
      ]);
      for (const wrong of [
        await acceptPower(world, policy, 1, carol, ADMIN | PROVE_GRANT),
        await acceptPower(world, policy, 2, carol, ADMIN),
        await acceptPower(world, policy + 1n, 1, carol, ADMIN),
        await acceptPower(world, policy, 1, bob, ADMIN),
      ]) {
        await expectRevert(world, registry.schedule(op, [wrong], approvals), "AgentKeySignatureInvalid", [
          carol.id,
        ]);
      }
      const known = await proposal(world, policy, alice, { agents: [power(bob, PROVE_GRANT)] });
      await expectRevert(world, schedule(world, known, [alice], [bob]), "AgentPolicyAcceptanceNotNeeded", [
        bob.id,
      ]);
      await schedule(world, op, [alice], [carol]);
    });

    it("reverts when the policy could not act afterwards", async () => {
      const { alice, bob, policy } = await pair();
      for (const [content, error, args] of [
        [{ agents: [power(alice, 0), power(bob, 0)] }, "AgentPolicyQuorumUnreachable", [policy, 2, 1, 0]],
        [
          { agents: [power(alice, PROVE_GRANT), power(bob, 0)] },
          "AgentPolicyQuorumUnreachable",
          [policy, 8, 1, 0],
        ],
        [{ settings: { adminQuorum: 0n } }, "AgentPolicyQuorumUnreachable", [policy, 8, 0, 2]],
        [{ settings: { grantQuorum: 0n } }, "AgentPolicyQuorumUnreachable", [policy, 2, 0, 2]],
        [{ settings: { adminQuorum: 3n } }, "AgentPolicyQuorumUnreachable", [policy, 8, 3, 2]],
        [{ settings: { adminQuorum: 2n } }, "AgentPolicyQuorumNeedsRootKeys", [policy, 8, 2]],
        [{ settings: { grantQuorum: 2n } }, "AgentPolicyQuorumNeedsRootKeys", [policy, 2, 2]],
        [{ settings: { delay: HOUR - 1n } }, "AgentPolicyDelayOutOfRange", [HOUR - 1n]],
        [{ settings: { delay: MONTH + 1n } }, "AgentPolicyDelayOutOfRange", [MONTH + 1n]],
        [{ settings: { window: DAY - 1n } }, "AgentPolicyWindowOutOfRange", [DAY - 1n]],
        [{ settings: { window: MONTH + 1n } }, "AgentPolicyWindowOutOfRange", [MONTH + 1n]],
      ] as const) {
        const op = await proposal(world, policy, alice, content);
        await expectRevert(world, schedule(world, op, [alice]), error, args);
      }
    });

    it("lets sixteen hold power, not seventeen", async () => {
      const { alice, policy } = await pair();
      const crowd = Array.from({ length: 15 }, (_, i) => key(`${i}`));
      const op = await proposal(world, policy, alice, {
        agents: crowd.map((one) => power(one, PROVE_REVOKE)),
      });
      await expectRevert(world, schedule(world, op, [alice], crowd), "AgentPolicyPowerLimit", [
        policy,
        17,
        16,
      ]);
      const fewer = crowd.slice(1);
      const content = { agents: fewer.map((one) => power(one, PROVE_REVOKE)) };
      await enact(world, policy, [alice], content, fewer);
      expect((await world.registry.policyOf(policy)).powerfulCount).to.equal(16);
    });
  });

  describe("execute", () => {
    it("is for anyone, from the earliest second to the latest", async () => {
      for (const [edge, offset, error] of [
        ["earliest", -1n, "AgentPolicyChangeTooEarly"],
        ["earliest", 0n, undefined],
        ["latest", 0n, undefined],
        ["latest", 1n, "AgentPolicyChangeTooLate"],
      ] as const) {
        const { alice, policy } = await pair();
        const change = await scheduled(world, policy, [alice], { settings: { delay: HOUR } });
        const time = change[edge] + offset;
        await at(world, time);
        const sent = world.registry.connect(world.stranger).execute(policy, change.id);
        if (error === undefined) await expect(sent).to.emit(world.registry, "ChangeExecuted");
        else await expectRevert(world, sent, error, [change.id, change[edge], time]);
      }
    });

    it("sets power and settings, says so and forgets the change", async () => {
      const { alice, bob, policy } = await pair();
      const carol = key("carol");
      const root = nextCommitment("root");
      const content = {
        agents: [power(carol, ADMIN | PROVE_GRANT), power(bob, PROVE_REVOKE)],
        settings: { grantQuorum: 2n, delay: HOUR, window: DAY, rootCommitment: root },
      };
      const { id, earliest } = await scheduled(world, policy, [alice], content, [carol]);
      await at(world, earliest);
      const sent = world.registry.execute(policy, id);
      const { registry } = world;
      await expect(sent).to.emit(registry, "ChangeExecuted").withArgs(policy, id);
      await expect(sent)
        .to.emit(registry, "AgentAdded")
        .withArgs(policy, carol.id, 1, 1, carol.key.toLowerCase());
      await expect(sent)
        .to.emit(registry, "AgentAuthorizationsChanged")
        .withArgs(policy, carol.id, 0, ADMIN | PROVE_GRANT);
      await expect(sent)
        .to.emit(registry, "AgentAuthorizationsChanged")
        .withArgs(policy, bob.id, ADMIN, PROVE_REVOKE);
      const settings = [2n, 1n, false, HOUR, DAY, root];
      await expect(sent).to.emit(registry, "PolicySettingsChanged").withArgs(policy, settings);
      expect([...(await registry.settingsOf(policy))]).to.deep.equal(settings);
      const head = await registry.policyOf(policy);
      expect([head.adminCount, head.granterCount, head.powerfulCount, head.agentCount]).to.deep.equal([
        2n,
        2n,
        3n,
        3n,
      ]);
      expect(await pendingIds(world, policy)).to.deep.equal([]);
      const gone = [policy, id];
      await expectRevert(world, registry.execute(policy, id), "AgentPolicyChangeUnknown", gone);
      await expectRevert(world, registry.pendingChangeOf(policy, id), "AgentPolicyChangeUnknown", gone);
      await scheduled(world, policy, [alice], { settings: { window: 2n * DAY } });
    });

    it("leaves PROVE as it is", async () => {
      const { alice, bob, policy } = await pair();
      const carol = key("carol");
      await grant(world, policy, alice, [carol]);
      await enact(world, policy, [alice, bob], { agents: [power(alice, 0), power(carol, ADMIN)] });
      expect(await bitsOf(world, policy, alice)).to.equal(PROVE);
      expect(await bitsOf(world, policy, carol)).to.equal(PROVE | ADMIN);
      expect(await world.registry.liveLeavesOf(policy)).to.have.length(2);
    });

    it("removes an agent that is left with nothing", async () => {
      const { alice, bob, policy } = await pair();
      await enact(world, policy, [alice], { agents: [power(bob, 0)] });
      expect((await world.registry.agentOf(policy, bob.id)).removed).to.equal(true);
      const op = await proposal(world, policy, bob, { settings: { delay: HOUR } });
      await expectRevert(world, schedule(world, op, [bob]), "AgentPolicyApproverRemoved", [policy, bob.id]);
    });

    it("skips what is so already, and does the rest", async () => {
      const { alice, bob, policy } = await pair();
      const carol = key("carol");
      const first = { agents: [power(carol, ADMIN)], settings: { delay: HOUR } };
      const both = { ...first, settings: { ...first.settings, window: DAY } };
      const one = await scheduled(world, policy, [alice], first, [carol]);
      const two = await scheduled(world, policy, [bob], both, [carol]);
      await at(world, two.earliest);
      await world.registry.execute(policy, one.id);
      const sent = world.registry.execute(policy, two.id);
      await expect(sent).to.not.emit(world.registry, "AgentAdded");
      await expect(sent).to.not.emit(world.registry, "AgentAuthorizationsChanged");
      const settings = await world.registry.settingsOf(policy);
      expect([settings.delay, settings.window]).to.deep.equal([HOUR, DAY]);
      expect((await world.registry.policyOf(policy)).agentCount).to.equal(3);
    });

    it("is possible when all of it is so already", async () => {
      const { alice, bob, policy } = await pair();
      const one = await scheduled(world, policy, [alice], { settings: { delay: HOUR } });
      const two = await scheduled(world, policy, [bob], { settings: { delay: HOUR } });
      await at(world, two.earliest);
      await world.registry.execute(policy, one.id);
      await world.registry.execute(policy, two.id);
      expect(await pendingIds(world, policy)).to.deep.equal([]);
    });

    it("keeps acceptances given at scheduling until the window's end", async () => {
      const { alice, policy } = await pair();
      const carol = key("carol");
      const op = await proposal(world, policy, alice, { agents: [power(carol, ADMIN)] });
      const time = (await now(world)) + 10n;
      const soon = await acceptPower(world, policy, 1, carol, ADMIN, time);
      await at(world, time);
      await world.registry.schedule(op, [soon], await approveAll(world, "GovernanceChange", op, [alice]));
      const { latest } = await world.registry.pendingChangeOf(policy, changeIdOf(op));
      await at(world, latest);
      await world.registry.execute(policy, changeIdOf(op));
      expect(await bitsOf(world, policy, carol)).to.equal(ADMIN);
    });

    it("takes a key that joined since, and keeps its PROVE and its kind", async () => {
      const { alice, policy } = await pair();
      const carol = key("carol");
      const { id, earliest } = await scheduled(world, policy, [alice], { agents: [power(carol, ADMIN)] }, [
        carol,
      ]);
      await grant(world, policy, alice, [carol]);
      await at(world, earliest);
      const sent = world.registry.execute(policy, id);
      await expect(sent)
        .to.emit(world.registry, "AgentAuthorizationsChanged")
        .withArgs(policy, carol.id, PROVE, PROVE | ADMIN);
      await expect(sent).to.not.emit(world.registry, "AgentAdded");
      expect((await world.registry.policyOf(policy)).agentCount).to.equal(3);
    });

    it("counts approvers that still are ADMINs, against the quorum of today", async () => {
      const [alice, bob, carol, dave] = [key("alice"), key("bob"), key("carol"), key("dave")];
      const policy = await found(world, [alice, bob, carol, dave], { settings: { adminQuorum: 1n } });
      const waiting = await scheduled(world, policy, [alice], { settings: { window: DAY } });
      await enact(world, policy, [bob], { settings: { adminQuorum: 2n } });
      await expectRevert(world, world.registry.execute(policy, waiting.id), "AgentPolicyRightMissing", [
        policy,
        ADMIN,
        1,
        2,
      ]);
    });

    it("never lets later parameters touch the times of a change that waits", async () => {
      const { alice, bob, policy } = await pair();
      await enact(world, policy, [bob], { settings: { delay: MONTH, window: DAY } });
      const slow = await scheduled(world, policy, [alice], { settings: { window: 2n * DAY } });
      expect(slow.earliest).to.equal((await now(world)) + MONTH);
      expect(slow.latest).to.equal(slow.earliest + DAY);
      const fast = await scheduled(world, policy, [bob], { settings: { delay: HOUR, window: MONTH } });
      await at(world, fast.earliest);
      await world.registry.execute(policy, fast.id);
      const view = await world.registry.pendingChangeOf(policy, slow.id);
      expect([view.earliest, view.latest]).to.deep.equal([slow.earliest, slow.latest]);
      await at(world, slow.latest + 1n);
      await expectRevert(world, world.registry.execute(policy, slow.id), "AgentPolicyChangeTooLate", [
        slow.id,
        slow.latest,
        slow.latest + 1n,
      ]);
    });

    it("reverts when the policy could not act afterwards, and leaves the change", async () => {
      const [alice, bob, carol] = [key("alice"), key("bob"), key("carol")];
      const policy = await found(world, [alice, bob, carol]);
      const raise = await scheduled(world, policy, [alice], { settings: { adminQuorum: 2n } });
      const remove = await scheduled(world, policy, [bob], { agents: [power(carol, 0)] });
      await at(world, remove.earliest);
      await world.registry.execute(policy, remove.id);
      await expectRevert(world, world.registry.execute(policy, raise.id), "AgentPolicyQuorumNeedsRootKeys", [
        policy,
        ADMIN,
        2,
      ]);
      expect(await pendingIds(world, policy)).to.deep.equal([raise.id]);
    });

    it("reverts for changes that there are not, and those of another policy", async () => {
      const { alice, policy } = await pair();
      const other = await pair();
      const { id, earliest } = await scheduled(world, policy, [alice], { settings: { delay: HOUR } });
      await at(world, earliest);
      for (const change of [ZeroHash, nextCommitment("no change")]) {
        const args = [policy, change];
        await expectRevert(world, world.registry.execute(policy, change), "AgentPolicyChangeUnknown", args);
      }
      const args = [other.policy, id];
      await expectRevert(world, world.registry.execute(other.policy, id), "AgentPolicyChangeUnknown", args);
      await expectRevert(world, world.registry.execute(5n, id), "AgentPolicyUnknown", [5n]);
    });
  });

  describe("clear", () => {
    it("is for anyone once the latest second has passed", async () => {
      const { alice, policy } = await pair();
      const { id, latest } = await scheduled(world, policy, [alice], { settings: { delay: HOUR } });
      await at(world, latest);
      const args = [id, latest, latest];
      await expectRevert(world, world.registry.clear(policy, id), "AgentPolicyChangeNotLapsed", args);
      await at(world, latest + 1n);
      const sent = world.registry.connect(world.stranger).clear(policy, id);
      await expect(sent).to.emit(world.registry, "ChangeLapsed").withArgs(policy, id);
      expect(await pendingIds(world, policy)).to.deep.equal([]);
      await expectRevert(world, world.registry.clear(policy, id), "AgentPolicyChangeUnknown", [policy, id]);
      await scheduled(world, policy, [alice], { settings: { delay: HOUR } });
    });
  });
});
