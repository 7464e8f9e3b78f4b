import { expect } from "chai";
import { bitsOf, grant, isRevoked, pendingIds, scheduled } from "../policy/governanceSupport.ts";
import {
  completeRecovery,
  dismiss,
  install,
  POWER,
  proposeFor,
  rotateTo,
  runs,
  startRecovery,
  useScene,
  vote,
} from "./support.ts";
import { setOf } from "./trusteeSet.ts";

describe("emergencyRotate and trustees", () => {
  const scene = useScene();

  it("refuses the recovery that runs, once for each trustee set", async () => {
    const { world, policy, phone, mallory, laptop } = scene();
    const proposal = await startRecovery(scene());
    await expect(rotateTo(scene(), phone))
      .to.emit(world.registry, "RecoveryCancelled")
      .withArgs(policy, 0n, proposal);
    expect(await runs(scene())).to.equal(false);
    const { number, refused } = await world.registry.recoveryOf(policy);
    expect([number, refused]).to.deep.equal([1n, true]);
    const second = await startRecovery(scene());
    const before = await world.registry.recoveryOf(policy);
    await rotateTo(scene(), mallory, { now: "another salt", next: "a third salt" });
    expect([...(await world.registry.recoveryOf(policy))]).to.deep.equal([...before]);
    await completeRecovery(scene());
    expect((await world.registry.policyOf(policy)).epoch).to.equal(4n);
    expect([await bitsOf(world, policy, laptop), await bitsOf(world, policy, mallory)]).to.deep.equal([
      POWER,
      0,
    ]);
    expect(second).to.not.equal(proposal);
  });

  it("does not spend the refusal where no recovery runs", async () => {
    const { world, policy, phone, mallory, trustees, laptop } = scene();
    const proposal = await proposeFor(scene(), trustees[0], laptop);
    await vote(scene(), trustees.slice(0, 2), proposal);
    await rotateTo(scene(), phone);
    expect((await world.registry.recoveryOf(policy)).refused).to.equal(false);
    // votes are not bound to an epoch: the third starts it, and it is refused
    await vote(scene(), [trustees[2]], proposal);
    expect(await runs(scene())).to.equal(true);
    await rotateTo(scene(), mallory, { now: "another salt", next: "a third salt" });
    expect(await runs(scene())).to.equal(false);
  });

  it("does not spend the refusal on a recovery whose time has passed", async () => {
    const { world, policy, phone } = scene();
    const proposal = await startRecovery(scene());
    const { latest } = await world.registry.recoveryOf(policy);
    await world.networkHelpers.time.increaseTo(latest);
    await expect(rotateTo(scene(), phone))
      .to.emit(world.registry, "RecoveryStopped")
      .withArgs(policy, 0n, proposal);
    const { number, refused } = await world.registry.recoveryOf(policy);
    expect([number, refused, await runs(scene())]).to.deep.equal([1n, false, false]);
  });

  it("has another refusal for another trustee set", async () => {
    const { world, policy, phone, set } = scene();
    await startRecovery(scene());
    await rotateTo(scene(), phone);
    const next = setOf(set.members, { adminQuorum: 2n });
    await install(world, policy, [phone], next.settings);
    expect((await world.registry.recoveryOf(policy)).refused).to.equal(false);
    const here = { ...scene(), set: next };
    await startRecovery(here);
    await rotateTo(here, phone, { now: "another salt", next: "a third salt" });
    expect(await runs(here)).to.equal(false);
  });

  it("leaves the trustees as they are", async () => {
    const { world, policy, phone } = scene();
    const before = await world.registry.trusteeSetOf(policy);
    await rotateTo(scene(), phone);
    expect([...(await world.registry.trusteeSetOf(policy))]).to.deep.equal([...before]);
  });

  it("opens changes and grants when it refuses, and keeps them closed when it does not", async () => {
    const { world, policy, phone, mallory, watch } = scene();
    await startRecovery(scene());
    await rotateTo(scene(), phone);
    await grant(world, policy, phone, [watch]);
    await scheduled(world, policy, [phone], { settings: { window: 86_400n } });
    await startRecovery(scene());
    expect(await pendingIds(world, policy)).to.deep.equal([]);
    await rotateTo(scene(), mallory, { now: "another salt", next: "a third salt" });
    await expect(grant(world, policy, mallory, [mallory])).to.be.revertedWithCustomError(
      world.registry,
      "AgentPolicyRecovering",
    );
    expect(await isRevoked(world, policy, watch)).to.equal(true);
  });

  it("has nothing to refuse in a policy without trustees", async () => {
    const { world, policy, phone } = scene();
    await dismiss(world, policy, phone);
    await rotateTo(scene(), phone);
    expect((await world.registry.recoveryOf(policy)).refused).to.equal(false);
  });
});
