import { deployDeep, spread } from "../test/policy/deepTrees.ts";
import { approveAll, found, type Party, partySource } from "../test/policy/governanceSupport.ts";
import { deadlineOf, deployWorld, type World } from "../test/policy/support.ts";
import {
  cancel,
  cancellation,
  castVote,
  install,
  proposeFor,
  recoveryVote,
  type Scene,
  trusteeChange,
  trusteeChangeId,
  vote,
} from "../test/recovery/support.ts";
import { trusteeSet } from "../test/recovery/trusteeSet.ts";

/** Gas of whole transactions, all relayed; keys are accounts. */
export type RecoveryFigures = {
  /** Scheduling five trustees by one ADMIN, and executing it. */
  readonly setTrustees5: number;
  /** A vote of a trustee that shows itself by it, in a set of five. */
  readonly approve: number;
  /** To one ADMIN, ending so many provers in distinct words of trees of full depth. */
  readonly execute: Readonly<Record<"1" | "8" | "32", number>>;
  /** By two of two ADMINs and two trustees that show themselves. */
  readonly cancel: number;
  readonly anchorBackup: number;
};

type Stage = Pick<Scene, "world" | "policy" | "set" | "trustees" | "stolen" | "phone" | "laptop">;

/** Measures the real entry points. */
export async function benchRecovery(): Promise<RecoveryFigures> {
  const world = await deployWorld();
  // first uses of storage that all policies share are not to be measured
  await stage(world, "first");
  const { stage: conspired, setTrustees5 } = await stage(world, "cancelled");
  const { proposal, gas: approve } = await start(conspired);
  const op = await cancellation(conspired);
  const { phone, stolen, trustees } = conspired;
  const cancelled = await gasOf(cancel(conspired, { ...op, proposal }, [phone, stolen], trustees.slice(3)));
  return {
    setTrustees5,
    approve,
    execute: {
      "1": await execute(1),
      "8": await execute(8),
      "32": await execute(32),
    },
    cancel: cancelled,
    anchorBackup: await anchorBackup(conspired),
  };
}

/** A policy with two ADMINs and five trustees in force. */
async function stage(world: World, name: string) {
  const key = partySource(`bench recovery ${name}`);
  const [stolen, phone, laptop] = [key("stolen"), key("phone"), key("laptop")];
  const policy = await found(world, [stolen, phone]);
  const trustees = trusteesOf(key);
  const set = await trusteeSet(world, policy, trustees);
  const op = await trusteeChange(world, policy, phone, set.settings);
  const approvals = await approveAll(world, "TrusteeChange", op, [phone]);
  const scheduled = await gasOf(world.registry.scheduleTrustees(op, approvals));
  const change = trusteeChangeId(op);
  await world.networkHelpers.time.increaseTo((await world.registry.pendingChangeOf(policy, change)).earliest);
  const setTrustees5 = scheduled + (await gasOf(world.registry.execute(policy, change)));
  return { stage: { world, policy, set, trustees, stolen, phone, laptop }, setTrustees5 };
}

function trusteesOf(key: (name: string) => Party): Scene["trustees"] {
  return [key("ada"), key("bob"), key("cyd"), key("dan"), key("eve")];
}

/** Starts a recovery; the gas is that of the second vote. */
async function start(
  stage: Omit<Stage, "stolen" | "phone">,
): Promise<{ readonly proposal: string; readonly gas: number }> {
  const [ada, bob, cyd] = stage.trustees;
  const proposal = await proposeFor(stage, ada, stage.laptop);
  await vote(stage, [ada], proposal);
  const gas = await gasOf(castVote(stage, await recoveryVote(stage, bob, proposal), bob));
  await vote(stage, [cyd], proposal);
  return { proposal, gas };
}

/** To one ADMIN, ending so many provers in distinct words of trees of full depth. */
async function execute(provers: 1 | 8 | 32): Promise<number> {
  const world = await deployDeep();
  const key = partySource(`bench recovery of ${provers}`);
  const { alice, policy } = await spread(world, key, provers, [key("root")]);
  const trustees = trusteesOf(key);
  const set = await trusteeSet(world, policy, trustees);
  await install(world, policy, [alice], set.settings);
  await start({ world, policy, set, trustees, laptop: key("laptop") });
  const { earliest } = await world.registry.recoveryOf(policy);
  await world.networkHelpers.time.increaseTo(earliest);
  return gasOf(world.registry.executeRecovery(policy));
}

/** The second backup of a policy: the first fills empty storage, once. */
async function anchorBackup({ world, policy, phone }: Stage): Promise<number> {
  const anchor = async (sequence: bigint) => {
    const { epoch } = await world.registry.policyOf(policy);
    const deadline = await deadlineOf(world);
    const op = { policy, epoch, sequence, backup: `0x${"11".repeat(32)}`, agent: phone.id, deadline };
    const [approval] = await approveAll(world, "AnchorBackup", op, [phone]);
    if (approval === undefined) throw new Error("the phone approves");
    return gasOf(world.registry.anchorBackup(op, approval));
  };
  await anchor(1n);
  return anchor(2n);
}

async function gasOf(sent: Promise<{ wait(): Promise<{ gasUsed: bigint } | null> }>): Promise<number> {
  const receipt = await (await sent).wait();
  if (receipt === null) throw new Error("the transaction is not mined");
  return Number(receipt.gasUsed);
}
