import { expect } from "chai";
import { approveAll, expectRevert } from "../policy/governanceSupport.ts";
import { cancellation, runs, startRecovery, useScene, vote } from "../recovery/support.ts";
import { counterOf, trusteeApprovals } from "../recovery/trusteeSet.ts";

/**
 * A thief with most ADMIN keys had two trustees sign a cancellation. They learned the truth, and could not take it back: he sent
 * it seconds before the recovery took effect, though both had voted for the recovery since.
 */
describe("finding: a cancellation that deceived trustees cannot take back", () => {
  const scene = useScene();

  it("does not count from a trustee who votes for what runs", async () => {
    const { world, policy, set, trustees, stolen, phone } = scene();
    const proposal = await startRecovery(scene());
    const [, , , dan, eve] = trustees;
    const { earliest } = await world.registry.recoveryOf(policy);
    const op = await cancellation(scene(), { deadline: earliest });
    const said = { ...op, counter: counterOf(1n) };
    const signed = await trusteeApprovals(world, set, [dan, eve], "CancelRecovery", said);
    await vote(scene(), [dan], proposal);
    await world.networkHelpers.time.increaseTo(earliest - 2n);
    const approvals = await approveAll(world, "CancelRecovery", op, [stolen, phone]);
    const sent = world.registry.cancelRecovery(op, set.settings, approvals, signed);
    await expectRevert(world, sent, "AgentPolicyVoteContrary", [policy, dan.id, proposal]);
    expect(await runs(scene())).to.equal(true);
  });
});
