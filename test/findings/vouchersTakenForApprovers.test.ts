import { expect } from "chai";
import {
  approve,
  ascending,
  expectRevert,
  found,
  frameOf,
  partyOf,
  voidApprovals,
} from "../policy/governanceSupport.ts";
import { agentKey, commitmentOf, FAR, NO_EXPIRY, PROVE, PROVE_GRANT } from "../policy/support.ts";
import { install, useScene } from "../recovery/support.ts";
import { counterOf, trusteeSet } from "../recovery/trusteeSet.ts";

/**
 * A trustee vouches for a grant with the number of its set where an agent has its counter. One that is an agent too, with
 * a counter that happens to be that number, signs the same words for both: half of what stands for one approval was a
 * whole one.
 */
describe("finding: vouchers taken for approvers", () => {
  const scene = useScene();

  it("does not take what a trustee signed for an agent's approval", async () => {
    const { world, trustees, mallory } = scene();
    const [owner, thief, both] = ["owner", "thief", "both"].map((name) =>
      partyOf(agentKey(`voucher ${name}`)),
    );
    if (owner === undefined || thief === undefined || both === undefined) throw new Error("three parties");
    const policy = await found(world, [owner], {
      others: [
        [thief, PROVE_GRANT],
        [both, PROVE_GRANT],
      ],
      settings: { grantQuorum: 2n },
    });
    const set = await trusteeSet(world, policy, [both, ...trustees]);
    await install(world, policy, [owner], set.settings);
    const { number } = await world.registry.trusteeSetOf(policy);
    await voidApprovals(world, policy, both);
    expect((await world.registry.agentOf(policy, both.id)).counter).to.equal(number);

    const { kind, key } = mallory;
    const frame = await frameOf(world, policy, thief);
    const change = { kind, key, authorizations: PROVE, commitment: commitmentOf("hers"), expiry: NO_EXPIRY };
    const op = { ...frame, changes: [change], checkpoint: false };
    const message = { policy, epoch: frame.epoch, ...change, deadline: FAR };
    const acceptance = { deadline: FAR, signature: await mallory.sign(world, "AgentAcceptance", message) };
    const said = { ...op, counter: counterOf(number) };
    // as a trustee would sign, of whom two stand for one approval
    const vouched = { key: both.key, signature: await both.sign(world, "Authorize", said) };
    const own = await approve(world, "Authorize", op, thief);
    const approvals = ascending([thief, both]).map(({ id }) => (id === both.id ? vouched : own));
    await expectRevert(
      world,
      world.registry.authorize(op, [acceptance], approvals),
      "AgentKeySignatureInvalid",
      [both.id],
    );
  });
});
