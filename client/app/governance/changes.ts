import {
  approveChangeCall,
  clearChangeCall,
  executeChangeCall,
  executeOperation,
  type Receipt,
  type Registry,
  readAgents,
  readHead,
  readPolicy,
  type TransactionSender,
} from "../../chain/index.ts";
import type { Hex32 } from "../../core/index.ts";
import { type AgentKey, agentSignerOf, type KeyId, keyIdOf, type PolicySigner } from "../../keys/index.ts";
import {
  type Abandonment,
  type Acceptance,
  type AgentPower,
  type ApprovalBundle,
  addApproval,
  buildGovernanceChange,
  buildLiftStop,
  buildStop,
  buildVeto,
  buildVoidApprovals,
  buildWithdraw,
  changeIdOf,
  type GovernanceChange,
  NO_ACCEPTANCE,
  openBundle,
  PolicyError,
  type PolicyId,
  type PolicySettings,
  type PowerDelta,
  powerAfter,
  type RegistryLocation,
  type SlowChange,
} from "../../policy/index.ts";
import { type Admission, consentsOf } from "../agents/invitation.ts";
import { AppError } from "../errors.ts";
import {
  approvalsBy,
  approveNow,
  contextOf,
  type LoneActor,
  type PolicyActor,
  send,
  senderOf,
  signAndSend,
  statementOf,
} from "../execute.ts";

/** What a governance change is to bring about. */
export type ChangeIntent = {
  /** What agents gain and lose; an agent that the policy does not know answers an invitation. */
  readonly power?: readonly (PowerDelta & { readonly agent: AgentKey })[];
  /** New agents that answered invitations to power. */
  readonly admissions?: readonly Admission[];
  readonly settings?: Partial<PolicySettings>;
  /** Ends the policy for ever; comes alone. */
  readonly abandon?: Abandonment;
  /** How long approvals may be gathered, in seconds: an hour by default, 30 days at most. */
  readonly validFor?: bigint;
};

/** A change that waits now, and what its approvers sign. */
export type Proposed = {
  readonly receipt: Receipt;
  readonly change: Hex32;
  /** For further approvals, see {@link approveChange}; as text by `serializeOperation`. */
  readonly operation: SlowChange;
};

/**
 * Schedules a change of power or rules: it takes effect after the policy's delay, by {@link executeChange}, unless an ADMIN
 * vetoes.
 *
 * @throws {AppError} ANSWER_MISMATCH, INVITATION_UNFIT, SENDER_MISSING
 * @throws {PolicyError} those of `buildGovernanceChange`, `powerAfter` and `acceptancesFor`
 * @throws {ChainError} the registry's refusal, or those of the node
 * @example await proposeChange({ registry, signer, policy }, { power: [{ agent: laptop, gain: ["ADMIN"] }] });
 */
export async function proposeChange(actor: PolicyActor, intent: ChangeIntent): Promise<Proposed> {
  const { operation, acceptances } = await draft(actor, intent);
  const receipt = await signAndSend(actor, { operation, acceptances });
  return { receipt, change: changeIdOf(operation), operation };
}

/**
 * As {@link proposeChange}, but for approvals that are gathered over time: the bundle, with those of the actor, travels as
 * text (`serializeBundle`) to the others, who {@link approveGathered}; it is sent by {@link submitBundle}.
 *
 * @throws {PolicyError} DEADLINE_TOO_FAR, and as {@link proposeChange}
 */
export async function gatherChange(actor: PolicyActor, intent: ChangeIntent): Promise<ApprovalBundle> {
  const { registry } = actor;
  const { operation, acceptances } = await draft(actor, intent);
  const { time } = await readHead(registry);
  const bundle = openBundle({ location: registry.location, operation, acceptances }, time);
  const approvals = await approvalsBy(actor, operation);
  return approvals.reduce(addApproval, bundle);
}

/**
 * The bundle with one more approval; show `describeOperation` before.
 *
 * @throws {AppError} REGISTRY_MISMATCH if it is for another registry
 * @throws {PolicyError} APPROVAL_DUPLICATE; {ChainError} AGENT_POLICY_AGENT_UNKNOWN, and those of the node
 */
export async function approveGathered(
  { registry, signer }: { readonly registry: Registry; readonly signer: PolicySigner },
  bundle: ApprovalBundle,
): Promise<ApprovalBundle> {
  checkPlace(registry, bundle);
  return addApproval(bundle, await approveNow(registry, await agentSignerOf(signer), bundle.operation));
}

/**
 * Sends an operation whose approvals were gathered; `missingApprovals` tells before whether they are enough.
 *
 * @throws {AppError} REGISTRY_MISMATCH
 * @throws {ChainError} the registry's refusal, or those of the node
 */
export async function submitBundle(
  { registry, sender }: { readonly registry: Registry; readonly sender: TransactionSender },
  bundle: ApprovalBundle,
): Promise<Receipt> {
  checkPlace(registry, bundle);
  return executeOperation(registry, sender, bundle);
}

/**
 * Adds the approvals of an actor and its co-signers to a change that waits. Once most ADMINs approve, no veto ends it.
 *
 * @throws {AppError} SENDER_MISSING; {ChainError} the registry's refusal, or those of the node
 */
export async function approveChange(
  actor: Omit<PolicyActor, "policy" | "lane">,
  operation: SlowChange,
): Promise<Receipt> {
  const { registry, signer } = actor;
  const sender = actor.sender ?? senderOf(signer);
  const approvals = await approvalsBy(actor, operation, await sender.getAddress());
  return send(registry, sender, approveChangeCall(registry, { operation, acceptances: [], approvals }));
}

/** What a transaction takes that needs nobody's signature. */
export type Relay = {
  readonly registry: Registry;
  /** Anyone. */
  readonly sender: TransactionSender;
  readonly policy: PolicyId;
};

/**
 * Brings a change about, in its time.
 *
 * @throws {ChainError} AGENT_POLICY_CHANGE_TOO_EARLY, AGENT_POLICY_CHANGE_TOO_LATE, the registry's other refusals, and
 * those of the node
 */
export async function executeChange({ registry, sender, policy }: Relay, change: Hex32): Promise<Receipt> {
  return send(registry, sender, executeChangeCall(registry, policy, change));
}

/**
 * Removes a change whose time has passed.
 *
 * @throws {ChainError} AGENT_POLICY_CHANGE_NOT_LAPSED, the registry's other refusals, and those of the node
 */
export async function clearChange({ registry, sender, policy }: Relay, change: Hex32): Promise<Receipt> {
  return send(registry, sender, clearChangeCall(registry, policy, change));
}

/**
 * Ends a change that waits.
 *
 * @throws {AppError} SENDER_MISSING
 * @throws {ChainError} AGENT_POLICY_CHANGE_HAS_MAJORITY, the registry's other refusals, and those of the node
 */
export async function vetoChange(actor: LoneActor, change: Hex32): Promise<Receipt> {
  return signAndSend(actor, {
    operation: buildVeto({ ...(await statementOf(actor)), change }),
    acceptances: [],
  });
}

/**
 * Takes back the signer's approval of a change, for good.
 *
 * @throws {AppError} SENDER_MISSING; {ChainError} the registry's refusal, or those of the node
 */
export async function withdrawApproval(actor: LoneActor, change: Hex32): Promise<Receipt> {
  return signAndSend(actor, {
    operation: buildWithdraw({ ...(await statementOf(actor)), change }),
    acceptances: [],
  });
}

/**
 * Stops all grants of PROVE, as one ADMIN; revoking stays possible.
 *
 * @throws {AppError} SENDER_MISSING
 * @throws {ChainError} AGENT_POLICY_STOP_SPENT, the registry's other refusals, and those of the node
 */
export async function stopGrants(actor: LoneActor): Promise<Receipt> {
  return signAndSend(actor, { operation: buildStop(await statementOf(actor)), acceptances: [] });
}

/**
 * Lets grants go on, as most ADMINs: the actor and its co-signers. Who had stopped them cannot stop again in this epoch.
 *
 * @throws {AppError} GRANTS_NOT_STOPPED, SENDER_MISSING
 * @throws {ChainError} AGENT_POLICY_MAJORITY_MISSING, the registry's other refusals, and those of the node
 */
export async function resumeGrants(actor: Omit<PolicyActor, "lane">): Promise<Receipt> {
  const { agent: _, ...statement } = await statementOf(actor);
  const { stopper } = await readPolicy(actor.registry, actor.policy);
  if (stopper === undefined) throw new AppError("GRANTS_NOT_STOPPED", "grants are not stopped");
  return signAndSend(actor, { operation: buildLiftStop({ ...statement, stopper }), acceptances: [] });
}

/**
 * Voids all that the signer approved and nobody submitted yet, say because a bundle got into wrong hands.
 *
 * @throws {AppError} SENDER_MISSING; {ChainError} the registry's refusal, or those of the node
 */
export async function voidApprovals(actor: LoneActor): Promise<Receipt> {
  return signAndSend(actor, { operation: buildVoidApprovals(await statementOf(actor)), acceptances: [] });
}

async function draft(
  actor: PolicyActor,
  { power = [], admissions = [], settings, abandon, validFor }: ChangeIntent,
): Promise<{ readonly operation: GovernanceChange; readonly acceptances: readonly Acceptance[] }> {
  const { registry, policy } = actor;
  const context = await contextOf(actor);
  const joining = consentsOf(admissions, "power", "CHANGE");
  const known = await readPower(registry, policy, context.epoch, power);
  const agents = [...powerAfter(known, power), ...joining.map(({ change }) => change)];
  const operation = buildGovernanceChange({
    ...{ ...context, agents },
    ...(settings === undefined ? {} : { settings }),
    ...(abandon === undefined ? {} : { abandon }),
    ...(validFor === undefined ? {} : { deadline: context.now + validFor }),
  });
  const given = new Map(joining.map(({ change, acceptance }) => [keyIdOf(change.key), acceptance]));
  const acceptances = await acceptancesOfNew(registry, operation, given);
  return { operation, acceptances };
}

/** What the agents of a wish hold now. */
async function readPower(
  registry: Registry,
  policy: PolicyId,
  epoch: number,
  power: readonly { readonly agent: AgentKey }[],
): Promise<ReadonlyMap<KeyId, AgentPower>> {
  if (power.length === 0) return new Map();
  const keys = new Map(power.map(({ agent }) => [keyIdOf(agent), agent]));
  const known = (await readAgents(registry, policy)).filter((agent) => agent.epoch === epoch);
  return new Map(
    known.flatMap(({ agent, authorizations }): (readonly [KeyId, AgentPower])[] => {
      const key = keys.get(agent);
      return key === undefined ? [] : [[agent, { key, authorizations }]];
    }),
  );
}

/** The registry takes acceptances of agents that are new in this epoch, and of no others. */
async function acceptancesOfNew(
  registry: Registry,
  { policy, epoch, agents }: GovernanceChange,
  given: ReadonlyMap<KeyId, Acceptance>,
): Promise<readonly Acceptance[]> {
  if (agents.length === 0) return [];
  const recorded = await readAgents(registry, policy);
  const known = new Set(recorded.filter((agent) => agent.epoch === epoch).map(({ agent }) => agent));
  const missing = agents.map(({ key }) => keyIdOf(key)).find((id) => !known.has(id) && !given.has(id));
  if (missing !== undefined) {
    throw new PolicyError("ACCEPTANCE_MISSING", "an agent that is new to the policy has to accept", {
      details: { agent: missing },
    });
  }
  return agents.map(({ key }) => {
    const agent = keyIdOf(key);
    return known.has(agent) ? NO_ACCEPTANCE : (given.get(agent) ?? NO_ACCEPTANCE);
  });
}

/** @throws {AppError} REGISTRY_MISMATCH */
export function checkPlace({ location }: Registry, place: { readonly location: RegistryLocation }): void {
  const { chainId, registry } = place.location;
  if (location.chainId !== chainId || location.registry !== registry) {
    throw new AppError("REGISTRY_MISMATCH", "this is for another registry or chain", {
      details: { chainId, registry },
    });
  }
}
