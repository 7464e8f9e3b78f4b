import { approveAll, found, grant, type Party, partyOf } from "../test/policy/governanceSupport.ts";
import { agentKey, deadlineOf, deployWorld, type World } from "../test/policy/support.ts";
import {
  cancel,
  cancellation,
  castVote,
  proposeFor,
  recoveryVote,
  type Scene,
  trusteeChange,
  trusteeChangeId,
  vote,
} from "../test/recovery/support.ts";
import { type TrusteeSet, trusteeSet } from "../test/recovery/trusteeSet.ts";

/** Gas of whole transactions, all relayed; keys are accounts. */
export type RecoveryFigures = {
  /** Scheduling five trustees by one ADMIN, and executing it. */
  readonly setTrustees5: number;
  /** A vote of a trustee that shows itself by it, in a set of five. */
  readonly approve: number;
  /** By the number of agents that prove when the recovery is executed. */
  readonly execute: Readonly<Record<"1" | "8" | "32", number>>;
  /** By two of two ADMINs and two trustees that show themselves. */
  readonly cancel: number;
  readonly anchorBackup: number;
};

type Stage = Pick<Scene, "world" | "policy" | "set" | "trustees" | "stolen" | "phone" | "laptop">;

const TRUSTEES = ["ada", "bob", "cyd", "dan", "eve"] as const;

/** Measures the real entry points. */
export async function benchRecovery(): Promise<RecoveryFigures> {
  const world = await deployWorld();
  // first uses of storage that all policies share are not to be measured
  await stage(world, "first", 2);
  const { stage: conspired, setTrustees5 } = await stage(world, "cancelled", 1);
  const { proposal, gas: approve } = await start(conspired);
  const op = await cancellation(conspired);
  const { phone, stolen, trustees } = conspired;
  const cancelled = await gasOf(cancel(conspired, { ...op, proposal }, [phone, stolen], trustees.slice(3)));
  return {
    setTrustees5,
    approve,
    execute: {
      "1": await execute(world, 1),
      "8": await execute(world, 8),
      "32": await execute(world, 32),
    },
    cancel: cancelled,
    anchorBackup: await anchorBackup(conspired),
  };
}

/** A policy with two ADMINs, five trustees in force, and so many agents that prove. */
async function stage(world: World, name: string, provers: number) {
  const party = (of: string): Party => partyOf(agentKey(`bench recovery ${name} ${of}`));
  const [stolen, phone, laptop] = [party("stolen"), party("phone"), party("laptop")];
  const policy = await found(world, [stolen, phone]);
  const more = Array.from({ length: provers - 1 }, (_, i) => party(`agent ${i}`));
  for (let i = 0; i < more.length; i += 16) await grant(world, policy, stolen, more.slice(i, i + 16));
  const trustees = TRUSTEES.map(party) as [Party, Party, Party, Party, Party];
  const set: TrusteeSet = await trusteeSet(world, policy, trustees);
  const op = await trusteeChange(world, policy, phone, set.settings);
  const approvals = await approveAll(world, "TrusteeChange", op, [phone]);
  const scheduled = await gasOf(world.registry.scheduleTrustees(op, approvals));
  const change = trusteeChangeId(op);
  await world.networkHelpers.time.increaseTo((await world.registry.pendingChangeOf(policy, change)).earliest);
  const setTrustees5 = scheduled + (await gasOf(world.registry.execute(policy, change)));
  return { stage: { world, policy, set, trustees, stolen, phone, laptop }, setTrustees5 };
}

/** Starts a recovery; the gas is that of the second vote. */
async function start(stage: Stage): Promise<{ readonly proposal: string; readonly gas: number }> {
  const [ada, bob, cyd] = stage.trustees;
  const proposal = await proposeFor(stage, ada, stage.laptop);
  await vote(stage, [ada], proposal);
  const gas = await gasOf(castVote(stage, await recoveryVote(stage, bob, proposal), bob));
  await vote(stage, [cyd], proposal);
  return { proposal, gas };
}

async function execute(world: World, provers: 1 | 8 | 32): Promise<number> {
  const { stage: lost } = await stage(world, `with ${provers}`, provers);
  await start(lost);
  const { earliest } = await world.registry.recoveryOf(lost.policy);
  await world.networkHelpers.time.increaseTo(earliest);
  return gasOf(world.registry.executeRecovery(lost.policy));
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
