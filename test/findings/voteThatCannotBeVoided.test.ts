import { expect } from "chai";
import { expectRevert } from "../policy/governanceSupport.ts";
import { castVote, proposeFor, recoveryVote, runs, useScene, vote } from "../recovery/support.ts";

/** A trustee who signed its first vote, which nobody sent yet, could not take it back: there was nothing to move. */
describe("finding: a vote that cannot be voided", () => {
  const scene = useScene();

  it("lets a trustee that has no vote use its sequence for none", async () => {
    const { world, policy, trustees, mallory } = scene();
    const [ada, bob, cyd] = trustees;
    const proposal = await proposeFor(scene(), ada, mallory);
    await vote(scene(), [ada, bob], proposal);
    const signed = await recoveryVote(scene(), cyd, proposal);
    await vote(scene(), [cyd]);
    await expectRevert(world, castVote(scene(), signed, cyd), "AgentPolicyVoteOutOfSequence", [
      policy,
      cyd.id,
      1n,
      2n,
    ]);
    expect(await runs(scene())).to.equal(false);
  });
});
