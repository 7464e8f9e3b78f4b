import { type AgentKey, type KeyId, keyIdOf } from "../keys/index.ts";
import { type Authorizations, authorizationBits } from "./authorizations.ts";
import { PolicyError } from "./errors.ts";
import type { LeafPlace, PolicyEvent } from "./events.ts";
import { type Expiry, isLive } from "./expiry.ts";
import type { OwnerCommitment, PolicyId, SecretCommitment } from "./identifiers.ts";

/** A grant of PROVE: one leaf. */
export type Grant = LeafPlace & {
  readonly commitment: SecretCommitment;
  readonly expiry: Expiry;
  /** True once its index is in the revoked accumulator; it may have run out before by its expiry. */
  readonly revoked: boolean;
};

/** An agent of a policy. */
export type AgentState = {
  readonly key: AgentKey;
  /** The epoch in which it was added. */
  readonly epoch: number;
  /** As recorded; PROVE may have run out, see {@link authorizationsAt}. Empty for one that was removed. */
  readonly authorizations: Authorizations;
  /** Oldest first. */
  readonly grants: readonly Grant[];
};

/** All that the registry has reported about a policy. */
export type PolicyState = {
  readonly policy: PolicyId;
  readonly ownerCommitment: OwnerCommitment;
  readonly creator: KeyId;
  /** In the order in which they were added, removed ones included. */
  readonly agents: ReadonlyMap<KeyId, AgentState>;
  /** Next nonce by {@link nonceKey}; 0 in a lane not listed. */
  readonly nonces: ReadonlyMap<string, bigint>;
};

type Of<Type extends PolicyEvent["type"]> = Extract<PolicyEvent, { type: Type }>;

/**
 * The state after one more event. Events must come in the order of the chain, without gaps; a reorganisation means
 * starting again from before it.
 *
 * @param state Undefined before the policy's `PolicyCreated`.
 * @throws {PolicyError} POLICY_EVENT_UNEXPECTED if the event cannot follow: one was missed, or the source lies.
 * @example const state = events.reduce<PolicyState | undefined>(applyPolicyEvent, undefined);
 */
export function applyPolicyEvent(state: PolicyState | undefined, event: PolicyEvent): PolicyState {
  if (event.type === "PolicyCreated") return created(state, event);
  if (state === undefined) throw unexpected(event, "the policy was not created");
  if (event.policy !== state.policy) throw unexpected(event, "it concerns another policy");
  switch (event.type) {
    case "AgentAdded":
      return added(state, event);
    case "AgentAuthorizationsChanged":
      return changed(state, event);
    case "AgentProvisioned":
      return provisioned(state, event);
    case "AgentRevoked":
      return revoked(state, event);
    case "OperationExecuted":
      return executed(state, event);
  }
}

/**
 * The rights in effect at `now`, in seconds: as recorded, but without PROVE once its expiry has passed.
 */
export function authorizationsAt(agent: AgentState, now: bigint): Authorizations {
  const grant = agent.grants.at(-1);
  const proves = grant !== undefined && !grant.revoked && isLive(grant.expiry, now);
  return agent.authorizations.filter((name) => name !== "PROVE" || proves);
}

/** The next nonce of a proposer in a lane. */
export function nextNonce(state: PolicyState, proposer: KeyId, lane = 0n): bigint {
  return state.nonces.get(nonceKey(proposer, lane)) ?? 0n;
}

/** How {@link PolicyState} lists nonces. */
export function nonceKey(proposer: KeyId, lane: bigint): string {
  return `${proposer}/${lane}`;
}

function created(state: PolicyState | undefined, event: Of<"PolicyCreated">): PolicyState {
  if (state !== undefined) throw unexpected(event, "a policy is created once");
  const { policy, ownerCommitment, creator } = event;
  return { policy, ownerCommitment, creator, agents: new Map(), nonces: new Map() };
}

function added(state: PolicyState, event: Of<"AgentAdded">): PolicyState {
  const { agent, key, epoch } = event;
  const known = state.agents.get(agent);
  if (known !== undefined && known.epoch >= epoch) throw unexpected(event, "the agent was added before");
  if (keyIdOf(key) !== agent) throw unexpected(event, "the key has another id");
  return withAgent(state, agent, { key, epoch, authorizations: [], grants: known?.grants ?? [] });
}

function changed(state: PolicyState, event: Of<"AgentAuthorizationsChanged">): PolicyState {
  const agent = agentOf(state, event);
  if (authorizationBits(agent.authorizations) !== authorizationBits(event.before)) {
    throw unexpected(event, "the agent had other authorizations");
  }
  return withAgent(state, event.agent, { ...agent, authorizations: event.afterwards });
}

function provisioned(state: PolicyState, event: Of<"AgentProvisioned">): PolicyState {
  const agent = agentOf(state, event);
  const { generation, index, commitment, expiry } = event;
  for (const { grants } of state.agents.values()) {
    if (grants.some((grant) => grant.commitment === commitment))
      throw unexpected(event, "the commitment is used");
  }
  const grant: Grant = { generation, index, commitment, expiry, revoked: false };
  return withAgent(state, event.agent, { ...agent, grants: [...agent.grants, grant] });
}

function revoked(state: PolicyState, event: Of<"AgentRevoked">): PolicyState {
  const agent = agentOf(state, event);
  const last = agent.grants.at(-1);
  if (last?.index !== event.index || last.generation !== event.generation || last.revoked) {
    throw unexpected(event, "the agent has no such grant to lose");
  }
  return withAgent(state, event.agent, {
    ...agent,
    grants: [...agent.grants.slice(0, -1), { ...last, revoked: true }],
  });
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

function withAgent(state: PolicyState, id: KeyId, agent: AgentState): PolicyState {
  return { ...state, agents: new Map(state.agents).set(id, agent) };
}

function unexpected(event: PolicyEvent, reason: string): PolicyError {
  return new PolicyError("POLICY_EVENT_UNEXPECTED", `${event.type} cannot follow: ${reason}`, {
    details: { event: event.type, policy: event.policy, reason },
  });
}
