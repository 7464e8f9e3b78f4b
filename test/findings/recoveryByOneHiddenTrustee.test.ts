import { expect } from "chai";
import { bitsOf, expectRevert, power } from "../policy/governanceSupport.ts";
import {
  install,
  POWER,
  proposalIdOf,
  propose,
  recoveryProposal,
  runs,
  useScene,
  vote,
} from "../recovery/support.ts";
import { ADMIN_AUTHZ, EVERYTHING, member, RECOVERY_SHARE, setOf } from "../recovery/trusteeSet.ts";

/** Trustees who say in public that nobody can recover, and a hidden leaf that can: a quorum of 0 was reached by one. */
describe("finding: recovery by one hidden trustee", () => {
  const scene = useScene();

  it("lets nobody propose, vote or start a recovery where the count of ADMIN_AUTHZ is 0", async () => {
    const { world, policy, phone, stolen, trustees, mallory } = scene();
    const [ada, bob] = trustees;
    const keepers = [ada, bob].map((party) => member(world, policy, party, { capabilities: RECOVERY_SHARE }));
    const hidden = member(world, policy, mallory, { capabilities: EVERYTHING });
    const none = { adminCount: 0n, adminQuorum: 0n };
    const set = setOf(await Promise.all([...keepers, hidden]), none);
    await install(world, policy, [phone], set.settings);
    const here = { ...scene(), set };

    const missing = [policy, BigInt(ADMIN_AUTHZ), 1n, 0n] as const;
    const op = await recoveryProposal(here, [power(mallory, POWER)]);
    const sent = propose(here, op, mallory, [mallory]);
    await expectRevert(world, sent, "AgentPolicyTrusteeQuorumMissing", missing);
    const cast = vote(here, [mallory], proposalIdOf(op));
    await expectRevert(world, cast, "AgentPolicyTrusteeQuorumMissing", missing);
    expect(await runs(here)).to.equal(false);
    expect([await bitsOf(world, policy, mallory), await bitsOf(world, policy, stolen)]).to.deep.equal([
      0,
      POWER | 1,
    ]);
  });
});
