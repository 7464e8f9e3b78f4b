import type { ContractTransactionResponse } from "ethers";
import { TypedDataEncoder, ZeroHash } from "ethers";
import type {
  AgentPowerStruct,
  CancelRecoveryStruct,
  RecoveryProposalStruct,
  RecoveryVoteStruct,
  TrusteeChangeStruct,
  TrusteeSettingsStruct,
} from "../../types/interfaces/IAgentPolicy.ts";
import {
  approveAll,
  commitmentTo,
  found,
  frameOf,
  grant,
  NO_SETTINGS,
  nextCommitment,
  type Party,
  partyOf,
  power,
  rootSetOf,
  rotate,
  rotation,
} from "../policy/governanceSupport.ts";
import {
  ALL,
  agentKey,
  DAY,
  deadlineOf,
  deployWorld,
  FAR,
  PROVE,
  TYPES,
  type World,
} from "../policy/support.ts";
import {
  counterOf,
  NOBODY,
  type TrusteeSet,
  trusteeApproval,
  trusteeApprovals,
  trusteeSet,
} from "./trusteeSet.ts";

/** The governance delay of the scene. */
export const GOVERNANCE_DELAY = 2n * DAY;

/** Everything but PROVE. */
export const POWER = ALL & ~PROVE;

/** A policy and everybody around it. */
export type Scene = {
  readonly world: World;
  readonly policy: bigint;
  /** ADMINs; a thief has stolen the first, which holds everything and proves. */
  readonly stolen: Party;
  readonly phone: Party;
  /** An agent that only proves. */
  readonly tablet: Party;
  readonly root: Party;
  /** Five, of which three may recover. */
  readonly trustees: readonly [Party, Party, Party, Party, Party];
  readonly set: TrusteeSet;
  /** Devices that the owner buys after the loss; no policy knows them. */
  readonly laptop: Party;
  readonly watch: Party;
  /** Keys of the thief's that no policy knows. */
  readonly mallory: Party;
  readonly malet: Party;
};

const names = <const Names extends readonly string[]>(...list: Names) =>
  list.map((name) => partyOf(agentKey(`recovery ${name}`))) as { -readonly [I in keyof Names]: Party };

/** A policy with two ADMINs, root keys and five trustees in force. */
export async function openScene(): Promise<Scene> {
  const world = await deployWorld();
  const [stolen, phone, tablet, root, laptop, watch, mallory, malet] = names(
    "stolen",
    "phone",
    "tablet",
    "root",
    "laptop",
    "watch",
    "mallory",
    "malet",
  );
  const trustees = names("ada", "bob", "cyd", "dan", "eve");
  const settings = { rootCommitment: commitmentTo(rootSetOf([root], 1)), delay: GOVERNANCE_DELAY };
  const policy = await found(world, [stolen, phone], { settings });
  await grant(world, policy, stolen, [tablet]);
  const set = await trusteeSet(world, policy, trustees);
  await install(world, policy, [phone], set.settings);
  return { world, policy, stolen, phone, tablet, root, trustees, set, laptop, watch, mallory, malet };
}

/** A scene that every test of a suite finds as it was opened. */
export function useScene(): () => Scene {
  let scene: Scene | undefined;
  let snapshot: Awaited<ReturnType<World["networkHelpers"]["takeSnapshot"]>> | undefined;
  const opened = () => {
    if (scene === undefined) throw new Error("there is no scene outside of tests");
    return scene;
  };
  before(async () => {
    scene = await openScene();
    snapshot = await scene.world.networkHelpers.takeSnapshot();
  });
  afterEach(() => snapshot?.restore());
  return opened;
}

/** A change of trustees as its proposer would sign it, with the lane's next nonce. */
export async function trusteeChange(
  world: World,
  policy: bigint,
  proposer: Party,
  trustees: TrusteeSettingsStruct,
  override: Partial<TrusteeChangeStruct> = {},
): Promise<TrusteeChangeStruct> {
  return { ...(await frameOf(world, policy, proposer)), trustees, ...override };
}

/** The EIP-712 hash of a change with counter 0. */
export function trusteeChangeId(op: TrusteeChangeStruct): string {
  return TypedDataEncoder.hashStruct("TrusteeChange", TYPES.TrusteeChange, { ...op, counter: 0n });
}

/** Lets new trustees wait, proposed by the first of their approvers. */
export async function scheduleTrustees(
  world: World,
  policy: bigint,
  approvers: readonly [Party, ...Party[]],
  trustees: TrusteeSettingsStruct,
  override: Partial<TrusteeChangeStruct> = {},
): Promise<{ op: TrusteeChangeStruct; id: string; earliest: bigint; latest: bigint }> {
  const op = await trusteeChange(world, policy, approvers[0], trustees, override);
  await world.registry.scheduleTrustees(op, await approveAll(world, "TrusteeChange", op, approvers));
  const id = trusteeChangeId(op);
  const { earliest, latest } = await world.registry.pendingChangeOf(policy, id);
  return { op, id, earliest, latest };
}

/** Schedules trustees, waits and brings them into force. */
export async function install(
  world: World,
  policy: bigint,
  approvers: readonly [Party, ...Party[]],
  trustees: TrusteeSettingsStruct,
): Promise<void> {
  const { id, earliest } = await scheduleTrustees(world, policy, approvers, trustees);
  await world.networkHelpers.time.increaseTo(earliest);
  await world.registry.execute(policy, id);
}

/** Leaves a policy without trustees. */
export async function dismiss(world: World, policy: bigint, by: Party): Promise<void> {
  await install(world, policy, [by], NOBODY);
}

/** A proposal as a trustee would sign it: quorums of one and a fresh commitment unless told. */
export async function recoveryProposal(
  { world, policy }: Pick<Scene, "world" | "policy">,
  agents: readonly AgentPowerStruct[],
  override: Partial<RecoveryProposalStruct> = {},
): Promise<RecoveryProposalStruct> {
  const { number: recovery } = await world.registry.recoveryOf(policy);
  const { number: trusteeSet } = await world.registry.trusteeSetOf(policy);
  return {
    policy,
    recovery,
    trusteeSet,
    agents: [...agents],
    settings: {
      ...NO_SETTINGS,
      grantQuorum: 1n,
      adminQuorum: 1n,
      rootCommitment: nextCommitment(`of ${policy} after recovery ${recovery}`),
    },
    deadline: await deadlineOf(world),
    ...override,
  };
}

/** The EIP-712 hash of a proposal. */
export function proposalIdOf(op: RecoveryProposalStruct): string {
  return TypedDataEncoder.hashStruct("RecoveryProposal", TYPES.RecoveryProposal, op);
}

/** One acceptance for each agent of a proposal, absent but for those who accept. */
export async function recoveryAcceptances(
  world: World,
  op: RecoveryProposalStruct,
  accepting: readonly Party[],
  deadline = FAR,
) {
  return Promise.all(
    op.agents.map(async ({ key, kind, authorizations }) => {
      const party = accepting.find((one) => one.key === key);
      if (party === undefined) return { deadline: 0n, signature: "0x" };
      const { policy, recovery } = op;
      const message = { policy, recovery, kind, key, authorizations, deadline };
      return { deadline, signature: await party.sign(world, "RecoveryAcceptance", message) };
    }),
  );
}

/** Sends a proposal of a trustee's, which all the parties accept. */
export async function propose(
  { world, set }: Pick<Scene, "world" | "set">,
  op: RecoveryProposalStruct,
  by: Party,
  accepting: readonly Party[],
): Promise<ContractTransactionResponse> {
  const acceptances = await recoveryAcceptances(world, op, accepting);
  const approval = await trusteeApproval(world, set, by, "RecoveryProposal", op);
  return world.registry.proposeRecovery(op, set.settings, acceptances, approval);
}

/** Proposes that one party shall hold everything; returns the proposal's id. */
export async function proposeFor(
  scene: Pick<Scene, "world" | "policy" | "set">,
  by: Party,
  to: Party,
): Promise<string> {
  const op = await recoveryProposal(scene, [power(to, POWER)]);
  await propose(scene, op, by, [to]);
  return proposalIdOf(op);
}

/** A vote as a trustee would sign it, with its next sequence. */
export async function recoveryVote(
  { world, policy }: Pick<Scene, "world" | "policy">,
  by: Party,
  proposal: string,
  override: Partial<RecoveryVoteStruct> = {},
): Promise<RecoveryVoteStruct> {
  const { number: recovery } = await world.registry.recoveryOf(policy);
  const { number: trusteeSet } = await world.registry.trusteeSetOf(policy);
  const { sequence } = await world.registry.voteOf(policy, by.id);
  const deadline = await deadlineOf(world);
  return { policy, recovery, trusteeSet, proposal, sequence: sequence + 1n, deadline, ...override };
}

/** Sends a vote as it is. */
export async function castVote(
  { world, set }: Pick<Scene, "world" | "set">,
  op: RecoveryVoteStruct,
  by: Party,
): Promise<ContractTransactionResponse> {
  const approval = await trusteeApproval(world, set, by, "RecoveryVote", op);
  return world.registry.voteRecovery(op, set.settings, approval);
}

/** Lets trustees vote, one after the other; for nothing unless told. */
export async function vote(
  scene: Pick<Scene, "world" | "policy" | "set">,
  parties: readonly Party[],
  proposal = ZeroHash,
): Promise<void> {
  for (const by of parties) await castVote(scene, await recoveryVote(scene, by, proposal), by);
}

/** Starts the recovery of one party by three trustees. */
export async function startRecovery(scene: Scene, to = scene.laptop): Promise<string> {
  const [ada, bob, cyd] = scene.trustees;
  const proposal = await proposeFor(scene, ada, to);
  await vote(scene, [ada, bob, cyd], proposal);
  return proposal;
}

/** Waits until a recovery can be executed, and executes it. */
export async function completeRecovery({ world, policy }: Pick<Scene, "world" | "policy">): Promise<void> {
  const { earliest } = await world.registry.recoveryOf(policy);
  await world.networkHelpers.time.increaseTo(earliest);
  await world.registry.executeRecovery(policy);
}

/** A cancellation of what runs, as ADMINs and trustees would sign it. */
export async function cancellation(
  { world, policy }: Pick<Scene, "world" | "policy">,
  override: Partial<CancelRecoveryStruct> = {},
): Promise<CancelRecoveryStruct> {
  const { number: recovery, proposal } = await world.registry.recoveryOf(policy);
  const { epoch } = await world.registry.policyOf(policy);
  return { policy, epoch, recovery, proposal, deadline: await deadlineOf(world), ...override };
}

/** Sends a cancellation. */
export async function cancel(
  { world, policy, set }: Pick<Scene, "world" | "policy" | "set">,
  op: CancelRecoveryStruct,
  admins: readonly Party[],
  trustees: readonly Party[],
): Promise<ContractTransactionResponse> {
  const { number } = await world.registry.trusteeSetOf(policy);
  const approvals = await approveAll(world, "CancelRecovery", op, admins);
  const said = { ...op, counter: counterOf(number) };
  return world.registry.cancelRecovery(
    op,
    set.settings,
    approvals,
    await trusteeApprovals(world, set, trustees, "CancelRecovery", said),
  );
}

/** Root keys put one party in the place of all power; the next root set is of the same key, with another salt. */
export async function rotateTo(
  { world, policy, root }: Pick<Scene, "world" | "policy" | "root">,
  to: Party,
  salts: { readonly now?: string; readonly next?: string } = {},
): Promise<ContractTransactionResponse> {
  const rootCommitment = commitmentTo(rootSetOf([root], 1, salts.next ?? "another salt"));
  const op = await rotation(world, policy, {
    agents: [power(to, POWER)],
    settings: { rootCommitment },
  });
  return rotate(world, op, rootSetOf([root], 1, salts.now), [root], [to]);
}

/** Whether a recovery runs. */
export async function runs({ world, policy }: Pick<Scene, "world" | "policy">): Promise<boolean> {
  return (await world.registry.recoveryOf(policy)).proposal !== ZeroHash;
}
