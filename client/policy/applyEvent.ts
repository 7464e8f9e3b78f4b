import type { Hex32 } from "../core/index.ts";
import { type KeyId, keyIdOf } from "../keys/index.ts";
import { applyRecoveryEvent, withTrustees } from "./applyRecoveryEvent.ts";
import { authorizationBits } from "./authorizations.ts";
import type { LeafPlace, PolicyEvent } from "./events.ts";
import { isMajority } from "./quorums.ts";
import { NO_ROOT_KEYS, type PolicySettings } from "./settings.ts";
import {
  type AgentState,
  FIRST_EPOCH,
  type Grant,
  NO_RECOVERY_YET,
  NO_TRUSTEES_YET,
  nonceKey,
  type PendingChange,
  type PolicyState,
} from "./state.ts";
import { unexpected } from "./unexpected.ts";

/** Until the policy's first `PolicySettingsChanged`, which comes with its creation. */
const NO_SETTINGS: PolicySettings = {
  ...{ grantQuorum: 0, adminQuorum: 0, contractKeysCount: false, delay: 0, window: 0 },
  rootCommitment: NO_ROOT_KEYS,
};

type Of<Type extends PolicyEvent["type"]> = Extract<PolicyEvent, { type: Type }>;

/**
 * The state after one more event. Events must come in the order of the chain, without gaps; a reorganisation means
 * starting again from before it.
 *
 * @param state Undefined before the policy's `PolicyCreated`.
 * @param time Of the event's block, in seconds since 1970.
 * @throws {PolicyError} POLICY_EVENT_UNEXPECTED if the event cannot follow: one was missed, or the source lies.
 * @example for (const { event, time } of events) state = applyPolicyEvent(state, event, time);
 */
export function applyPolicyEvent(
  state: PolicyState | undefined,
  event: PolicyEvent,
  time: bigint,
): PolicyState {
  if (event.type === "PolicyCreated") return created(state, event);
  if (state === undefined) throw unexpected(event, "the policy was not created");
  if (event.policy !== state.policy) throw unexpected(event, "it concerns another policy");
  if (state.abandoned !== undefined) throw unexpected(event, "the policy has ended");
  switch (event.type) {
    case "AgentAdded":
      return added(state, event);
    case "AgentAuthorizationsChanged":
      return changed(state, event);
    case "AgentProvisioned":
      return provisioned(state, event, time);
    case "AgentRevoked":
      return revoked(state, event, time);
    case "OperationExecuted":
      return executed(state, event);
    case "PolicySettingsChanged":
      return { ...state, settings: event.settings };
    case "ChangeScheduled":
      return scheduled(state, event);
    case "ChangeApproved":
      return approved(state, event);
    case "ChangeWithdrawn":
      return withdrawn(state, event);
    case "ChangeVetoed":
    case "ChangeLapsed":
      return withoutChange(state, changeOf(state, event));
    case "ChangeExecuted":
      return changeExecuted(state, event, time);
    case "GrantsStopped":
      return { ...state, stopper: event.agent };
    case "GrantsResumed":
      return resumed(state, event);
    case "ApprovalsVoided":
      return withAgent(state, event.agent, { ...agentOf(state, event), counter: event.counter });
    case "AgentSurvived":
      return survived(state, event);
    case "EpochEnded":
      return epochEnded(state, event);
    case "ProverEnded":
      return proverEnded(state, event, time);
    case "PolicyAbandoned":
      return abandoned(state, event);
    default:
      return applyRecoveryEvent(state, event, time);
  }
}

function created(state: PolicyState | undefined, event: Of<"PolicyCreated">): PolicyState {
  if (state !== undefined) throw unexpected(event, "a policy is created once");
  const { policy, ownerCommitment, creator } = event;
  return {
    ...{ policy, ownerCommitment, creator, epoch: FIRST_EPOCH, settings: NO_SETTINGS },
    ...{ stopper: undefined, abandoned: undefined },
    ...{ agents: new Map(), pendingChanges: new Map(), nonces: new Map() },
    ...{ trustees: NO_TRUSTEES_YET, recovery: NO_RECOVERY_YET, backups: [], anchoring: new Set() },
  };
}

function added(state: PolicyState, event: Of<"AgentAdded">): PolicyState {
  const { agent, key, epoch } = event;
  const known = state.agents.get(agent);
  if (known !== undefined && known.epoch >= epoch) throw unexpected(event, "the agent was added before");
  if (keyIdOf(key) !== agent) throw unexpected(event, "the key has another id");
  if (epoch !== state.epoch) throw unexpected(event, "it is not the epoch in force");
  return withAgent(state, agent, {
    ...{ key, epoch, authorizations: [], barred: false },
    ...{ grants: known?.grants ?? [], counter: known?.counter ?? 0 },
  });
}

function changed(state: PolicyState, event: Of<"AgentAuthorizationsChanged">): PolicyState {
  const agent = agentOf(state, event);
  if (authorizationBits(agent.authorizations) !== authorizationBits(event.before)) {
    throw unexpected(event, "the agent had other authorizations");
  }
  const next = withAgent(state, event.agent, { ...agent, authorizations: event.afterwards });
  return event.afterwards.length === 0 ? withoutTrust(next, event.agent) : next;
}

/** What a removed key recorded is not trusted any more. */
function withoutTrust(state: PolicyState, agent: KeyId): PolicyState {
  const backups = state.backups.map((one) => (one.agent === agent ? { ...one, disowned: true } : one));
  return { ...state, backups };
}

function provisioned(state: PolicyState, event: Of<"AgentProvisioned">, time: bigint): PolicyState {
  const agent = agentOf(state, event);
  const { generation, index, commitment, expiry } = event;
  for (const { grants } of state.agents.values()) {
    if (grants.some((grant) => grant.commitment === commitment))
      throw unexpected(event, "the commitment is used");
  }
  const grant: Grant = { generation, index, commitment, expiry, from: time, until: undefined };
  return withAgent(state, event.agent, { ...agent, grants: [...agent.grants, grant] });
}

function revoked(state: PolicyState, event: Of<"AgentRevoked">, time: bigint): PolicyState {
  return withAgent(state, event.agent, ended(agentOf(state, event), event, time));
}

function proverEnded(state: PolicyState, event: Of<"ProverEnded">, time: bigint): PolicyState {
  for (const [id, agent] of state.agents) {
    if (liveAt(agent, event) !== undefined) return withAgent(state, id, ended(agent, event, time));
  }
  throw unexpected(event, "nobody has such a grant to lose");
}

/** The agent without the grant of a place. */
function ended(agent: AgentState, event: PolicyEvent & LeafPlace, time: bigint): AgentState {
  const lost = liveAt(agent, event);
  if (lost === undefined) throw unexpected(event, "the agent has no such grant to lose");
  const grants = agent.grants.map((grant) => (grant === lost ? { ...grant, until: time } : grant));
  return { ...agent, grants };
}

function liveAt({ grants }: AgentState, place: LeafPlace): Grant | undefined {
  return grants.find(
    ({ generation, index, until }) =>
      generation === place.generation && index === place.index && until === undefined,
  );
}

function scheduled(state: PolicyState, event: Of<"ChangeScheduled">): PolicyState {
  const { change: id, proposer, earliest, latest, settings, abandon } = event;
  if (state.pendingChanges.has(id)) throw unexpected(event, "the change waits already");
  const agents = event.agents.map(({ agent, key = state.agents.get(agent)?.key, authorizations }) => {
    if (key === undefined) throw unexpected(event, "it names an agent that was not added");
    return { key, authorizations };
  });
  const change: PendingChange = {
    ...{ id, proposer, earliest, latest, agents, settings, approvers: [], majority: false },
    ...(abandon === undefined ? {} : { abandon }),
  };
  return withChange(state, change);
}

function approved(state: PolicyState, event: Of<"ChangeApproved">): PolicyState {
  const change = changeOf(state, event);
  if (change.approvers.includes(event.approver)) throw unexpected(event, "the agent approved before");
  const approvers = [...change.approvers, event.approver];
  return withChange(state, { ...change, approvers, majority: event.majority });
}

function withdrawn(state: PolicyState, event: Of<"ChangeWithdrawn">): PolicyState {
  const change = changeOf(state, event);
  const approvers = change.approvers.filter((approver) => approver !== event.approver);
  if (approvers.length === change.approvers.length) throw unexpected(event, "the agent did not approve");
  // Lost for good once it is gone, as in the registry.
  return withChange(state, {
    ...change,
    approvers,
    majority: change.majority && isMajority(state, approvers),
  });
}

/** What a change of power does follows; what it does to the trustees is known by their number and hash alone. */
function changeExecuted(state: PolicyState, event: Of<"ChangeExecuted">, time: bigint): PolicyState {
  const change = changeOf(state, event);
  const next = withoutChange(state, change);
  return change.trustees === undefined ? next : withTrustees(next, change.trustees, time);
}

function resumed(state: PolicyState, event: Of<"GrantsResumed">): PolicyState {
  if (state.stopper !== event.stopper) throw unexpected(event, "it is another one's stop");
  const stopper = state.agents.get(event.stopper);
  const barred =
    stopper === undefined ? state : withAgent(state, event.stopper, { ...stopper, barred: true });
  return { ...barred, stopper: undefined };
}

/** Takes an agent of the epoch that ended over into the one in force; what it may do there follows. */
function survived(state: PolicyState, event: Of<"AgentSurvived">): PolicyState {
  const agent = agentOf(state, event);
  if (event.epoch !== state.epoch) throw unexpected(event, "it is not the epoch in force");
  if (agent.epoch !== event.epoch - 1) throw unexpected(event, "the agent is not of the epoch that ended");
  return withAgent(state, event.agent, { ...agent, epoch: event.epoch });
}

/** All authority of an epoch ends with it. */
function epochEnded(state: PolicyState, event: Of<"EpochEnded">): PolicyState {
  if (event.epoch !== state.epoch) throw unexpected(event, "it is not the epoch in force");
  const agents = [...state.agents].map(([id, agent]): readonly [KeyId, AgentState] => [
    id,
    { ...agent, authorizations: [], barred: false },
  ]);
  const next = { epoch: event.epoch + 1, agents: new Map(agents), stopper: undefined };
  return { ...state, ...next, pendingChanges: new Map(), anchoring: new Set() };
}

/** An end has no next epoch, though the one in force ended with it. */
function abandoned(state: PolicyState, { successor }: Of<"PolicyAbandoned">): PolicyState {
  return { ...state, epoch: state.epoch - 1, abandoned: successor === undefined ? {} : { successor } };
}

function executed(state: PolicyState, event: Of<"OperationExecuted">): PolicyState {
  const key = nonceKey(event.proposer, event.lane);
  if (event.nonce !== (state.nonces.get(key) ?? 0n)) throw unexpected(event, "the nonce is not the next");
  return { ...state, nonces: new Map(state.nonces).set(key, event.nonce + 1n) };
}

function agentOf(state: PolicyState, event: PolicyEvent & { readonly agent: KeyId }): AgentState {
  const agent = state.agents.get(event.agent);
  if (agent === undefined) throw unexpected(event, "the agent was not added");
  return agent;
}

function changeOf(state: PolicyState, event: PolicyEvent & { readonly change: Hex32 }): PendingChange {
  const change = state.pendingChanges.get(event.change);
  if (change === undefined) throw unexpected(event, "no such change waits");
  return change;
}

function withChange(state: PolicyState, change: PendingChange): PolicyState {
  return { ...state, pendingChanges: new Map(state.pendingChanges).set(change.id, change) };
}

function withoutChange(state: PolicyState, { id }: PendingChange): PolicyState {
  return { ...state, pendingChanges: new Map([...state.pendingChanges].filter(([other]) => other !== id)) };
}

function withAgent(state: PolicyState, id: KeyId, agent: AgentState): PolicyState {
  return { ...state, agents: new Map(state.agents).set(id, agent) };
}
