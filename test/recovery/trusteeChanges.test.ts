import { expect } from "chai";
import type { TrusteeSettingsStruct } from "../../types/interfaces/IAgentPolicyTrustees.ts";
import {
  approveAll,
  at,
  enact,
  expectRevert,
  found,
  partyOf,
  pendingIds,
  scheduled,
  veto,
  withdraw,
} from "../policy/governanceSupport.ts";
import { agentKey, DAY, HOUR } from "../policy/support.ts";
import {
  dismiss,
  GOVERNANCE_DELAY,
  install,
  rotateTo,
  scheduleTrustees,
  startRecovery,
  trusteeChange,
  trusteeChangeId,
  useScene,
} from "./support.ts";
import {
  ADMIN_AUTHZ,
  hashOf,
  NOBODY,
  PROVISION_AUTHZ,
  RECOVERY_DELAY,
  RECOVERY_SHARE,
  REVOKE_AUTHZ,
  trusteeSet,
} from "./trusteeSet.ts";

describe("changes of trustees", () => {
  const scene = useScene();

  async function refuses(trustees: TrusteeSettingsStruct, error: string, args: readonly unknown[]) {
    const { world, policy, phone } = scene();
    await expectRevert(world, scheduleTrustees(world, policy, [phone], trustees), error, args);
    expect(await pendingIds(world, policy)).to.deep.equal([]);
  }

  it("says what is in force", async () => {
    const { world, policy, set } = scene();
    const now = BigInt(await world.networkHelpers.time.latest());
    const { number, since, settings } = await world.registry.trusteeSetOf(policy);
    expect([number, settings]).to.deep.equal([1n, set.hash]);
    expect(since).to.equal(now);
  });

  for (const [name, capability] of [
    ["share", RECOVERY_SHARE],
    ["revoke", REVOKE_AUTHZ],
    ["provision", PROVISION_AUTHZ],
    ["admin", ADMIN_AUTHZ],
  ] as const) {
    it(`refuses quorums of ${name} that could never serve`, async () => {
      const { set } = scene();
      for (const [count, quorum] of [
        [5n, 0n],
        [0n, 1n],
        [5n, 6n],
        ...(capability === RECOVERY_SHARE ? [] : ([[33n, 2n]] as const)),
      ] as const) {
        const settings = { ...set.settings, [`${name}Count`]: count, [`${name}Quorum`]: quorum };
        await refuses(settings, "AgentPolicyTrusteeCountsInvalid", [capability, count, quorum]);
      }
    });
  }

  it("refuses fewer than three trustees with ADMIN_AUTHZ, and one of them alone", async () => {
    const { set } = scene();
    for (const [count, quorum] of [
      [2n, 2n],
      [1n, 1n],
      [3n, 1n],
    ] as const) {
      const settings = { ...set.settings, adminCount: count, adminQuorum: quorum };
      await refuses(settings, "AgentPolicyTrusteeCountsInvalid", [ADMIN_AUTHZ, count, quorum]);
    }
  });

  it("takes the least and the most of every count", async () => {
    const { world, policy, phone, set } = scene();
    const none = { shareCount: 0n, shareQuorum: 0n, revokeCount: 0n, revokeQuorum: 0n };
    const one = { provisionCount: 1n, provisionQuorum: 1n, adminCount: 3n, adminQuorum: 2n };
    await install(world, policy, [phone], { ...set.settings, ...none, ...one });
    const all = { adminCount: 32n, adminQuorum: 32n, shareCount: 255n, shareQuorum: 255n };
    await install(world, policy, [phone], { ...set.settings, ...all });
    expect((await world.registry.trusteeSetOf(policy)).number).to.equal(3n);
  });

  it("refuses trustees without a root, and a root without trustees", async () => {
    const { policy, set } = scene();
    const { root, delay, window, shareSet } = set.settings;
    for (const settings of [
      { ...set.settings, root: NOBODY.root },
      { ...NOBODY, root },
      { ...NOBODY, delay },
      { ...NOBODY, window },
      { ...NOBODY, shareSet },
    ]) {
      await refuses(settings, "AgentPolicyTrusteeSettingsMalformed", [policy]);
    }
  });

  it("bounds the recovery delay by the governance delay and 90 days, and the window by 1 and 30 days", async () => {
    const { set } = scene();
    for (const delay of [GOVERNANCE_DELAY - 1n, 90n * DAY + 1n]) {
      await refuses({ ...set.settings, delay }, "AgentPolicyRecoveryDelayOutOfRange", [
        delay,
        GOVERNANCE_DELAY,
      ]);
    }
    for (const window of [DAY - 1n, 30n * DAY + 1n]) {
      await refuses({ ...set.settings, window }, "AgentPolicyRecoveryWindowOutOfRange", [window]);
    }
  });

  it("takes the bounds themselves", async () => {
    const { world, policy, phone, set } = scene();
    await install(world, policy, [phone], { ...set.settings, delay: 90n * DAY, window: 30n * DAY });
    await install(world, policy, [phone], { ...set.settings, delay: GOVERNANCE_DELAY, window: DAY });
    expect((await world.registry.trusteeSetOf(policy)).number).to.equal(3n);
  });

  it("refuses the trustees that there are, and nobody where there is nobody", async () => {
    const { world, policy, phone, set } = scene();
    await refuses(set.settings, "AgentPolicyTrusteesUnchanged", [policy]);
    await dismiss(world, policy, phone);
    await refuses(NOBODY, "AgentPolicyTrusteesUnchanged", [policy]);
    const lonely = partyOf(agentKey("without trustees"));
    const other = await found(world, [lonely]);
    const sent = scheduleTrustees(world, other, [lonely], NOBODY);
    await expectRevert(world, sent, "AgentPolicyTrusteesUnchanged", [other]);
  });

  it("lets the first trustees wait for the governance delay, others for the recovery delay", async () => {
    const { world, policy, phone, set } = scene();
    const settings = { ...set.settings, delay: 30n * DAY };
    const { op, id, earliest, latest } = await scheduleTrustees(world, policy, [phone], settings);
    const now = BigInt(await world.networkHelpers.time.latest());
    expect([earliest, latest]).to.deep.equal([now + RECOVERY_DELAY, now + RECOVERY_DELAY + 7n * DAY]);
    expect(id).to.equal(trusteeChangeId(op));
    expect((await world.registry.pendingChangeOf(policy, id)).trustees).to.equal(hashOf(settings));
    await at(world, earliest - 1n);
    await expectRevert(world, world.registry.execute(policy, id), "AgentPolicyChangeTooEarly", [
      id,
      earliest,
      earliest - 1n,
    ]);
    await at(world, earliest);
    await expect(world.registry.execute(policy, id))
      .to.emit(world.registry, "TrusteesChanged")
      .withArgs(policy, 2n, hashOf(settings));
    // a new policy: nobody is there to object
    const lonely = partyOf(agentKey("first trustees"));
    const other = await found(world, [lonely], { settings: { delay: HOUR } });
    const first = await scheduleTrustees(world, other, [lonely], set.settings);
    expect(first.earliest).to.equal(BigInt(await world.networkHelpers.time.latest()) + HOUR);
  });

  it("waits for the delay of the old trustees when they are removed, and stores that there are none", async () => {
    const { world, policy, phone } = scene();
    const { id, earliest } = await scheduleTrustees(world, policy, [phone], NOBODY);
    expect(earliest).to.equal(BigInt(await world.networkHelpers.time.latest()) + RECOVERY_DELAY);
    await world.networkHelpers.time.increaseTo(earliest);
    await expect(world.registry.execute(policy, id))
      .to.emit(world.registry, "TrusteesChanged")
      .withArgs(policy, 2n, NOBODY.root);
    expect((await world.registry.trusteeSetOf(policy)).settings).to.equal(NOBODY.root);
  });

  it("says who they shall be", async () => {
    const { world, policy, phone, trustees } = scene();
    const { settings } = await trusteeSet(world, policy, trustees.slice(1));
    const op = await trusteeChange(world, policy, phone, settings);
    const sent = world.registry.scheduleTrustees(op, await approveAll(world, "TrusteeChange", op, [phone]));
    await expect(sent)
      .to.emit(world.registry, "TrusteesProposed")
      .withArgs(policy, trusteeChangeId(op), Object.values(settings));
  });

  it("takes more approvals, withdrawals and vetoes, as any change", async () => {
    const { world, policy, stolen, phone, set } = scene();
    const settings = { ...set.settings, delay: 30n * DAY };
    const { op, id } = await scheduleTrustees(world, policy, [stolen], settings);
    await world.registry.approveTrustees(op, await approveAll(world, "TrusteeChange", op, [phone]));
    expect((await world.registry.pendingChangeOf(policy, id)).majority).to.equal(true);
    await expectRevert(world, veto(world, policy, id, phone), "AgentPolicyChangeHasMajority", [id, 2n, 2n]);
    await withdraw(world, policy, id, phone);
    await veto(world, policy, id, phone);
    expect(await pendingIds(world, policy)).to.deep.equal([]);
  });

  it("refuses approvals of trustees that nobody scheduled", async () => {
    const { world, policy, phone, set } = scene();
    const op = await trusteeChange(world, policy, phone, { ...set.settings, delay: 30n * DAY });
    const sent = world.registry.approveTrustees(op, await approveAll(world, "TrusteeChange", op, [phone]));
    await expectRevert(world, sent, "AgentPolicyChangeUnknown", [policy, trusteeChangeId(op)]);
  });

  it("can be cleared when its time has passed, and not be executed", async () => {
    const { world, policy, phone } = scene();
    const { id, latest } = await scheduleTrustees(world, policy, [phone], NOBODY);
    await at(world, latest);
    await expectRevert(world, world.registry.clear(policy, id), "AgentPolicyChangeNotLapsed", [
      id,
      latest,
      latest,
    ]);
    await at(world, latest + 1n);
    await expectRevert(world, world.registry.execute(policy, id), "AgentPolicyChangeTooLate", [
      id,
      latest,
      latest + 1n,
    ]);
    await world.registry.clear(policy, id);
    expect(await pendingIds(world, policy)).to.deep.equal([]);
  });

  it("ends with the epoch, and with the start of a recovery", async () => {
    const { world, policy, phone } = scene();
    await scheduleTrustees(world, policy, [phone], NOBODY);
    await rotateTo(scene(), phone);
    expect(await pendingIds(world, policy)).to.deep.equal([]);
    const { id, earliest } = await scheduleTrustees(world, policy, [phone], NOBODY);
    await startRecovery(scene());
    expect(await pendingIds(world, policy)).to.deep.equal([]);
    await expectRevert(world, scheduleTrustees(world, policy, [phone], NOBODY), "AgentPolicyRecovering", [
      policy,
    ]);
    await world.networkHelpers.time.increaseTo(earliest);
    await expectRevert(world, world.registry.execute(policy, id), "AgentPolicyChangeUnknown", [policy, id]);
  });

  it("keeps the governance delay from exceeding the recovery delay", async () => {
    const { world, policy, phone } = scene();
    const raise = { settings: { delay: RECOVERY_DELAY + 1n } };
    const refused = scheduled(world, policy, [phone], raise);
    await expectRevert(world, refused, "AgentPolicyRecoveryDelayOutOfRange", [
      RECOVERY_DELAY,
      RECOVERY_DELAY + 1n,
    ]);
    await enact(world, policy, [phone], { settings: { delay: RECOVERY_DELAY } });
    expect((await world.registry.settingsOf(policy)).delay).to.equal(RECOVERY_DELAY);
  });

  it("keeps a recovery delay from coming into force that a governance delay has overtaken", async () => {
    const { world, set } = scene();
    const [one, two] = [partyOf(agentKey("overtaken one")), partyOf(agentKey("overtaken two"))];
    const policy = await found(world, [one, two], { settings: { delay: HOUR } });
    const settings = { ...set.settings, delay: HOUR };
    const { id } = await scheduleTrustees(world, policy, [one], settings);
    await enact(world, policy, [two], { settings: { delay: DAY } });
    const sent = world.registry.execute(policy, id);
    await expectRevert(world, sent, "AgentPolicyRecoveryDelayOutOfRange", [HOUR, DAY]);
  });

  it("lets abandonment wait for the recovery delay, as nobody could take it back", async () => {
    const { world, policy, phone } = scene();
    const { earliest } = await scheduled(world, policy, [phone], { abandon: true });
    expect(earliest).to.equal(BigInt(await world.networkHelpers.time.latest()) + RECOVERY_DELAY);
  });
});
