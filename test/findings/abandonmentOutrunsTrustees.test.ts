import { expect } from "chai";
import { expectRevert, found, partyOf, scheduled } from "../policy/governanceSupport.ts";
import { agentKey, DAY } from "../policy/support.ts";
import { GOVERNANCE_DELAY, install, scheduleTrustees, startRecovery, useScene } from "../recovery/support.ts";
import { setOf, trusteeSet } from "../recovery/trusteeSet.ts";

/**
 * Abandonment waits as long as the trustees of the day it was scheduled had to act. Those who came into force since had
 * no time at all: a thief scheduled it right after the owner had scheduled them.
 */
describe("finding: an abandonment outruns the trustees who came since", () => {
  const scene = useScene();

  it("does not end a policy whose first trustees came while it waited", async () => {
    const { world, trustees } = scene();
    const [owner, thief] = [partyOf(agentKey("abandoned owner")), partyOf(agentKey("abandoning thief"))];
    const policy = await found(world, [owner, thief], { settings: { delay: GOVERNANCE_DELAY } });
    const set = await trusteeSet(world, policy, trustees);
    const first = await scheduleTrustees(world, policy, [owner], set.settings);
    const end = await scheduled(world, policy, [thief], { abandon: true });
    expect(end.earliest - first.earliest).to.equal(1n);
    await world.networkHelpers.time.increaseTo(end.earliest);
    await world.registry.execute(policy, first.id);
    await expectRevert(world, world.registry.execute(policy, end.id), "AgentPolicyTrusteeSetMismatch", [
      policy,
      0n,
      1n,
    ]);
    await startRecovery({ ...scene(), policy, set });
    expect((await world.registry.policyOf(policy)).abandoned).to.equal(false);
  });

  it("does not end one whose trustees were given more time", async () => {
    const { world, policy, stolen, phone, set } = scene();
    const slower = setOf(set.members, { delay: 60n * DAY });
    const { id, earliest } = await scheduleTrustees(world, policy, [phone], slower.settings);
    const end = await scheduled(world, policy, [stolen], { abandon: true });
    await world.networkHelpers.time.increaseTo(earliest);
    await world.registry.execute(policy, id);
    await expectRevert(world, world.registry.execute(policy, end.id), "AgentPolicyTrusteeSetMismatch", [
      policy,
      1n,
      2n,
    ]);
  });

  it("still ends one with the trustees that it was scheduled under", async () => {
    const { world, policy, stolen, phone, set } = scene();
    await install(world, policy, [phone], setOf(set.members, { delay: 60n * DAY }).settings);
    const { id, earliest } = await scheduled(world, policy, [stolen], { abandon: true });
    await world.networkHelpers.time.increaseTo(earliest);
    await world.registry.execute(policy, id);
    expect((await world.registry.policyOf(policy)).abandoned).to.equal(true);
  });
});
