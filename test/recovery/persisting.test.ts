import { expect } from "chai";
import {
  bitsOf,
  grant,
  type Party,
  pendingIds,
  power,
  scheduled,
  stop,
  take,
} from "../policy/governanceSupport.ts";
import { ADMIN, DAY, HOUR } from "../policy/support.ts";
import {
  cancel,
  cancellation,
  POWER,
  proposeFor,
  rotateTo,
  runs,
  scheduleTrustees,
  startRecovery,
  useScene,
  vote,
} from "./support.ts";
import { NOBODY, RECOVERY_DELAY, trusteeSet } from "./trusteeSet.ts";

const RUNS = 6;

/** Numbers below `bound`, the same for the same seed. */
function dice(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** The thief has every ADMIN key, the root keys and one of five trustees; three trustees persist. */
describe("three trustees who persist", () => {
  const scene = useScene();

  for (let seed = 1; seed <= RUNS; seed++) {
    it(`give the policy back within two recovery delays, whatever a thief does (seed ${seed})`, async () => {
      const { world, policy, stolen, phone, tablet, trustees, laptop, mallory, malet, watch } = scene();
      const eve = trustees[4];
      const { registry, networkHelpers } = world;
      const now = async () => BigInt(await networkHelpers.time.latest());
      const roll = dice(seed);
      let admins: readonly [Party, ...Party[]] = [stolen, phone];
      let rotations = 0;
      let succeeded = 0;
      const his = await trusteeSet(world, policy, [mallory, malet, watch], { delay: 2n * DAY });
      const tricks: readonly (() => Promise<unknown>)[] = [
        async () => {
          const next = roll(2) === 0 ? mallory : malet;
          const from = rotations === 0 ? "salt" : `rotation ${rotations}`;
          await rotateTo(scene(), next, { now: from, next: `rotation ${rotations + 1}` });
          rotations++;
          admins = [next];
        },
        () => scheduleTrustees(world, policy, admins, roll(2) === 0 ? his.settings : NOBODY),
        () => scheduled(world, policy, admins, { abandon: true }),
        () => scheduled(world, policy, admins, { agents: [power(watch, ADMIN)] }, [watch]),
        async () => {
          for (const id of await pendingIds(world, policy)) await registry.execute(policy, id);
        },
        async () => cancel(scene(), await cancellation(scene()), admins, [eve]),
        () => stop(world, policy, admins[0]),
        () => take(world, policy, admins[0], [tablet]),
        () => grant(world, policy, admins[0], [watch]),
        () => proposeFor(scene(), eve, mallory),
        async () => vote(scene(), [eve], (await registry.recoveryOf(policy)).proposal),
        () => vote(scene(), [eve]),
        () => registry.clearRecovery(policy),
      ];
      const began = await now();
      for (;;) {
        const trick = tricks[roll(tricks.length)];
        try {
          await trick?.();
          succeeded++;
        } catch (error) {
          // refused by a rule, not by a mistake in here
          expect(String(error)).to.match(/reverted with custom error 'Agent/);
        }
        if (!(await runs(scene()))) await startRecovery(scene());
        const { earliest, latest } = await registry.recoveryOf(policy);
        const time = await now();
        if (time >= earliest && time <= latest) break;
        const step = DAY / 2n + BigInt(roll(48)) * HOUR;
        await networkHelpers.time.increaseTo(
          time + step < earliest || time >= earliest ? time + step : earliest,
        );
      }
      expect((await now()) - began <= 2n * RECOVERY_DELAY + HOUR).to.equal(true);
      expect(succeeded).to.be.greaterThan(3);
      const { epoch } = await registry.policyOf(policy);
      await registry.executeRecovery(policy);
      expect((await registry.policyOf(policy)).epoch).to.equal(epoch + 1n);
      expect(await bitsOf(world, policy, laptop)).to.equal(POWER);
      for (const thief of [stolen, phone, mallory, malet, watch, tablet]) {
        expect(await bitsOf(world, policy, thief)).to.equal(0);
      }
      expect((await registry.policyOf(policy)).liveProvers).to.equal(0n);
      expect((await registry.trusteeSetOf(policy)).number).to.equal(1n);
    });
  }
});
