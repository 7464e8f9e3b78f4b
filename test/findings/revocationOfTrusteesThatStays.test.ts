import { expect } from "chai";
import { bitsOf, expectRevert, grant, isRevoked, take } from "../policy/governanceSupport.ts";
import { DAY, PROVE } from "../policy/support.ts";
import { rotateTo, useScene } from "../recovery/support.ts";
import { trusteeApprovals } from "../recovery/trusteeSet.ts";

/**
 * Trustees signed a revocation, and an agent was faster: it changed nothing, and its nonce stayed free. Whoever had kept the
 * signatures could take PROVE from the same key again after it had been granted anew, in the next epoch too, and the trustees had
 * nothing to use the nonce up with.
 */
describe("finding: a revocation of trustees that stays", () => {
  const scene = useScene();

  async function overtaken() {
    const { world, policy, set, trustees, tablet, stolen } = scene();
    const now = BigInt(await world.networkHelpers.time.latest());
    const op = {
      ...{ policy, epoch: 1n, trusteeSet: 1n, agents: [tablet.id], nonce: 0n },
      deadline: now + 29n * DAY,
    };
    const send = async (what: typeof op) => {
      const signed = await trusteeApprovals(world, set, trustees.slice(0, 2), "TrusteeRevoke", what);
      return world.registry.revokeByTrustees(what, set.settings, signed);
    };
    await take(world, policy, stolen, [tablet]);
    await expectRevert(world, send(op), "AgentPolicyNothingToRevoke", [policy]);
    expect(await world.registry.trusteeNonceOf(policy)).to.equal(0n);
    return { op, send };
  }

  it("is void in the next epoch", async () => {
    const { world, policy, phone, tablet } = scene();
    const { op, send } = await overtaken();
    await rotateTo(scene(), phone);
    await world.networkHelpers.time.increase(20n * DAY);
    await grant(world, policy, phone, [tablet]);
    await expectRevert(world, send(op), "AgentPolicyEpochMismatch", [policy, 1n, 2n]);
    expect(await bitsOf(world, policy, tablet)).to.equal(PROVE);
    expect(await isRevoked(world, policy, tablet)).to.equal(false);
  });

  it("is void once trustees have used its nonce for nobody", async () => {
    const { world, policy } = scene();
    const { op, send } = await overtaken();
    await expect(send({ ...op, agents: [] }))
      .to.emit(world.registry, "TrusteesRevoked")
      .withArgs(policy, 1n, 0n);
    await expectRevert(world, send(op), "AgentPolicyTrusteeNonceMismatch", [policy, 1n, 0n, 1n]);
  });
});
