import type { Hex32 } from "../core/index.ts";
import type { AgentKey, KeyId } from "../keys/index.ts";
import type { Authorizations } from "./authorizations.ts";
import type { Expiry } from "./expiry.ts";
import type { OwnerCommitment, PolicyId, SecretCommitment } from "./identifiers.ts";
import type { AgentPower, Replay, RotatedSettings, Statement } from "./operationParts.ts";
import type { PolicySettings } from "./settings.ts";
import type { AnchorBackup, CancelRecovery, PermitAnchor, TrusteeChange } from "./trusteeOperations.ts";

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
  readonly settings: PolicySettings;
  /** Whether to make the new leaves provable at once. */
  readonly checkpoint: boolean;
  /** Last second at which it may be executed. */
  readonly deadline: bigint;
};

/**
 * Grants PROVE, and takes rights that may go at once, all or nothing. Any other power changes by a
 * {@link GovernanceChange}.
 */
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

/** An agent that proves replaces its own commitment; `proposer` is that agent. */
export type Renew = Replay & {
  readonly action: "Renew";
  readonly policy: PolicyId;
  readonly epoch: number;
  readonly grant: ProveGrant;
  readonly checkpoint: boolean;
};

/** The end of a policy; what commits to the one that follows, if one does. */
export type Abandonment = { readonly successor?: Hex32 };

/** Changes power or rules after a delay. It names an end state: what is already so is skipped. */
export type GovernanceChange = Replay & {
  readonly action: "GovernanceChange";
  readonly policy: PolicyId;
  readonly epoch: number;
  readonly agents: readonly AgentPower[];
  /** Those that it sets; the others stay. */
  readonly settings: Partial<PolicySettings>;
  /** Comes alone. */
  readonly abandon?: Abandonment;
};

/** An ADMIN ends a governance change before it is executed. */
export type Veto = Statement & {
  readonly action: "Veto";
  readonly change: Hex32;
  readonly agent: KeyId;
};

/** An agent takes its approval of a governance change back, for good. */
export type Withdraw = Statement & {
  readonly action: "Withdraw";
  readonly change: Hex32;
  readonly agent: KeyId;
};

/** An ADMIN stops all grants of PROVE. */
export type Stop = Statement & { readonly action: "Stop"; readonly agent: KeyId };

/** Most ADMINs lift a stop. */
export type LiftStop = Statement & { readonly action: "LiftStop"; readonly stopper: KeyId };

/** An agent voids all that it approved and nobody submitted yet. */
export type VoidApprovals = Statement & { readonly action: "VoidApprovals"; readonly agent: KeyId };

/** The root keys replace all power at once, and end all PROVE but the survivors'. */
export type EmergencyRotate = Statement & {
  readonly action: "EmergencyRotate";
  /** All that hold power in the next epoch. */
  readonly agents: readonly AgentPower[];
  readonly settings: RotatedSettings;
  /** Agents that go on proving, if they do when it is executed. */
  readonly survivors: readonly KeyId[];
};

/** What the keys of a policy can sign and anybody can send. */
export type Operation =
  | CreatePolicy
  | Authorize
  | Revoke
  | Renounce
  | Renew
  | GovernanceChange
  | Veto
  | Withdraw
  | Stop
  | LiftStop
  | VoidApprovals
  | EmergencyRotate
  | TrusteeChange
  | PermitAnchor
  | AnchorBackup
  | CancelRecovery;

/** Changes that wait, until which anyone can execute them. */
export type SlowChange = GovernanceChange | TrusteeChange;

/** What an agent signs to take part in a policy. */
export type AcceptanceOffer = {
  readonly policy: PolicyId;
  readonly epoch: number;
  /** Without a grant where it accepts power alone. */
  readonly change: AgentChange;
  /** Last second at which the acceptance may be used. */
  readonly deadline: bigint;
};
