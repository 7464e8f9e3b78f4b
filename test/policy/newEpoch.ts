import type { Wallet } from "ethers";
import { commitmentTo, partyOf, power, rootSetOf, rotate, rotation } from "./governanceSupport.ts";
import { agentKey, type World } from "./support.ts";

/** One root key, of all policies whose tests only want another epoch to begin. */
const ROOT = partyOf(agentKey("root of new epochs"));
const ROOT_SET = rootSetOf([ROOT], 1);

/** For the settings of a policy that `newEpoch` is to work on. */
export const ROOTED = { rootCommitment: commitmentTo(ROOT_SET) } as const;

/** Begins another epoch with the power given; of the others only the survivors go on proving. */
export async function newEpoch(
  world: World,
  policy: bigint,
  agents: readonly (readonly [Wallet, number])[],
  survivors: readonly Wallet[] = [],
): Promise<void> {
  const op = await rotation(world, policy, {
    agents: agents.map(([agent, bits]) => power(partyOf(agent), bits)),
    survivors: survivors.map(partyOf),
  });
  const joining = agents.map(([agent]) => partyOf(agent));
  await (await rotate(world, op, ROOT_SET, [ROOT], joining)).wait();
}
