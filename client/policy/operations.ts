import type { AgentKey, KeyId } from "../keys/index.ts";
import type { Authorizations } from "./authorizations.ts";
import type { Expiry } from "./expiry.ts";
import type { OwnerCommitment, PolicyId, SecretCommitment } from "./identifiers.ts";

/** What an agent needs for a new grant of PROVE. */
export type ProveGrant = {
  readonly commitment: SecretCommitment;
  readonly expiry: Expiry;
};

/** The rights that one agent is to hold afterwards. */
export type AgentChange = {
  readonly key: AgentKey;
  /** All rights afterwards, not only new ones. */
  readonly authorizations: Authorizations;
  /** Present exactly if the agent gains PROVE. */
  readonly grant?: ProveGrant;
};

/** Rights that one agent is to lose. */
export type AgentRevocation = {
  readonly agent: KeyId;
  readonly authorizations: Authorizations;
};

/** Creates a policy; needs no nonce, as a policy address is used once for ever. */
export type CreatePolicy = {
  readonly action: "CreatePolicy";
  readonly policy: PolicyId;
  readonly ownerCommitment: OwnerCommitment;
  /** The creator first, with every right; then other initial agents. */
  readonly agents: readonly AgentChange[];
  /** Whether to make the new leaves provable at once. */
  readonly checkpoint: boolean;
  /** Last second at which it may be executed. */
  readonly deadline: bigint;
};

/** What keeps an operation from being executed twice, or in another order (requirement A3). */
export type Replay = {
  /** The approver whose nonce is used. */
  readonly proposer: KeyId;
  /** Nonces are counted per policy, proposer and lane. */
  readonly lane: bigint;
  /** The next one of the lane. */
  readonly nonce: bigint;
  /** Last second at which it may be executed. */
  readonly deadline: bigint;
};

/** Sets the rights of agents, all or nothing. */
export type Authorize = Replay & {
  readonly action: "Authorize";
  readonly policy: PolicyId;
  readonly epoch: number;
  readonly changes: readonly AgentChange[];
  readonly checkpoint: boolean;
};

/** Takes rights away; skips what is already gone, and fails if nothing is left to do (protocol §4.3). */
export type Revoke = Replay & {
  readonly action: "Revoke";
  readonly policy: PolicyId;
  readonly epoch: number;
  readonly revocations: readonly AgentRevocation[];
};

/** An agent gives up rights of its own; `proposer` is that agent. */
export type Renounce = Replay & {
  readonly action: "Renounce";
  readonly policy: PolicyId;
  readonly epoch: number;
  readonly authorizations: Authorizations;
};

/** What the agents of a policy can sign and anybody can send. */
export type Operation = CreatePolicy | Authorize | Revoke | Renounce;

/** What an agent signs to take part in a policy. */
export type AcceptanceOffer = {
  readonly policy: PolicyId;
  readonly epoch: number;
  readonly change: AgentChange;
  /** Last second at which the acceptance may be used. */
  readonly deadline: bigint;
};
