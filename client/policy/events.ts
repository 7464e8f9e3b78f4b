import type { Hex32 } from "../core/index.ts";
import type { AgentKey, KeyId, KeyKind } from "../keys/index.ts";
import type { Authorizations } from "./authorizations.ts";
import type { TrusteeCapabilities } from "./capabilities.ts";
import type { Expiry } from "./expiry.ts";
import type { OwnerCommitment, PolicyId, SecretCommitment } from "./identifiers.ts";
import type { AgentPower } from "./operationParts.ts";
import type { Abandonment } from "./operations.ts";
import type { PolicySettings } from "./settings.ts";
import type { TrusteeSettings } from "./trusteeSettings.ts";

/** Where a leaf lies in the accumulators. */
export type LeafPlace = {
  /** The pair of trees. */
  readonly generation: number;
  /** Position in it, 0 … 2²⁴ − 1. */
  readonly index: number;
};

type Event<Type extends string, Fields> = Readonly<{ type: Type; policy: PolicyId } & Fields>;

/** The power that an agent is to have after a change. */
export type ProposedPower = {
  readonly agent: KeyId;
  readonly kind: KeyKind;
  /** Present if the change makes it an agent of this epoch. */
  readonly key?: AgentKey;
  readonly authorizations: Authorizations;
};

/** An event about a governance change. */
type ChangeEvent<Type extends string, Fields = unknown> = Event<Type, { change: Hex32 } & Fields>;

/** An event about a recovery. */
type RecoveryEvent<Type extends string, Fields = unknown> = Event<
  Type,
  { recovery: bigint; proposal: Hex32 } & Fields
>;

/** What the registry reports about trustees, recoveries and anchors. */
export type PolicyRecoveryEvent =
  | ChangeEvent<"TrusteesProposed", { trustees: TrusteeSettings }>
  | Event<"TrusteesChanged", { number: number; settings: Hex32 }>
  | Event<"TrusteeRevealed", { number: number; trustee: KeyId; capabilities: TrusteeCapabilities }>
  | Event<"TrusteesRevoked", { number: number; nonce: bigint }>
  | RecoveryEvent<
      "RecoveryProposed",
      {
        trustee: KeyId;
        agents: readonly AgentPower[];
        settings: Omit<PolicySettings, "delay" | "window">;
        lapses: bigint;
      }
    >
  /** `proposal` undefined: the trustee takes its vote back. */
  | Event<"RecoveryVoted", { recovery: bigint; trustee: KeyId; proposal: Hex32 | undefined }>
  | RecoveryEvent<"RecoveryStarted", { earliest: bigint; latest: bigint }>
  | RecoveryEvent<"RecoveryStopped">
  | RecoveryEvent<"RecoveryCancelled">
  | RecoveryEvent<"RecoveryExecuted">
  | Event<"BackupAnchored", { agent: KeyId; sequence: bigint; backup: Hex32 }>
  | Event<"AnchorPermitted", { agent: KeyId; permitted: boolean }>;

/** What the registry reports about a policy, decoded from its logs. */
export type PolicyEvent =
  | PolicyRecoveryEvent
  | Event<"PolicyCreated", { creator: KeyId; ownerCommitment: OwnerCommitment }>
  | Event<"AgentAdded", { agent: KeyId; key: AgentKey; epoch: number }>
  | Event<"AgentAuthorizationsChanged", { agent: KeyId; before: Authorizations; afterwards: Authorizations }>
  | Event<"AgentProvisioned", { agent: KeyId; commitment: SecretCommitment; expiry: Expiry } & LeafPlace>
  | Event<"AgentRevoked", { agent: KeyId } & LeafPlace>
  | Event<"OperationExecuted", { proposer: KeyId; lane: bigint; nonce: bigint }>
  | Event<"PolicySettingsChanged", { settings: PolicySettings }>
  | ChangeEvent<
      "ChangeScheduled",
      {
        proposer: KeyId;
        earliest: bigint;
        latest: bigint;
        agents: readonly ProposedPower[];
        settings: Partial<PolicySettings>;
        abandon?: Abandonment;
      }
    >
  | ChangeEvent<"ChangeApproved", { approver: KeyId; majority: boolean }>
  | ChangeEvent<"ChangeWithdrawn", { approver: KeyId }>
  | ChangeEvent<"ChangeVetoed", { agent: KeyId }>
  | ChangeEvent<"ChangeLapsed">
  | ChangeEvent<"ChangeExecuted">
  | Event<"GrantsStopped", { agent: KeyId }>
  | Event<"GrantsResumed", { stopper: KeyId }>
  | Event<"ApprovalsVoided", { agent: KeyId; counter: number }>
  | Event<"AgentSurvived", { agent: KeyId; epoch: number }>
  | Event<"EpochEnded", { epoch: number }>
  | Event<"ProverEnded", LeafPlace>
  | Event<"PolicyAbandoned", { successor: Hex32 | undefined }>;
