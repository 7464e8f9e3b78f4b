import type { Hex32 } from "../core/index.ts";
import type { KeyId } from "../keys/index.ts";
import type { PolicyId } from "./identifiers.ts";
import type { AgentPower, Replay, RotatedSettings, Statement } from "./operationParts.ts";
import type { TrusteeSettings } from "./trusteeSettings.ts";

/**
 * Sets the trustees of a policy, or removes them all, after a delay: that of a governance change if there are none yet, else
 * that of a recovery by those in force.
 */
export type TrusteeChange = Replay & {
  readonly action: "TrusteeChange";
  readonly policy: PolicyId;
  readonly epoch: number;
  readonly trustees: TrusteeSettings;
};

/** ADMINs permit an agent that proves to record backups in this epoch, or no more. */
export type PermitAnchor = Replay & {
  readonly action: "PermitAnchor";
  readonly policy: PolicyId;
  readonly epoch: number;
  readonly agent: KeyId;
  readonly permitted: boolean;
};

/** An agent records the owner's newest backup. */
export type AnchorBackup = Statement & {
  readonly action: "AnchorBackup";
  readonly agent: KeyId;
  /** One more than that of the last. */
  readonly sequence: bigint;
  /** Of the backup, see `makeBackup` of `dkms/backup`. */
  readonly backup: Hex32;
};

/** Most ADMINs, and as many trustees as a bare quorum leaves out, end the recovery that runs. */
export type CancelRecovery = Statement & {
  readonly action: "CancelRecovery";
  /** The number of the recovery. */
  readonly recovery: bigint;
  readonly proposal: Hex32;
};

/** What trustees put in the place of all power in a policy; bound to no epoch, so that no rotation voids it. */
export type RecoveryProposal = {
  readonly action: "RecoveryProposal";
  readonly policy: PolicyId;
  /** The number of the recovery. */
  readonly recovery: bigint;
  /** The number of the set that proposes. */
  readonly trusteeSet: number;
  /** All that hold power afterwards. */
  readonly agents: readonly AgentPower[];
  /** With the commitment to the next root keys. */
  readonly settings: RotatedSettings;
  readonly deadline: bigint;
};

/** A trustee's one vote in a recovery. */
export type RecoveryVote = {
  readonly action: "RecoveryVote";
  readonly policy: PolicyId;
  readonly recovery: bigint;
  readonly trusteeSet: number;
  /** Absent to take it back. */
  readonly proposal?: Hex32;
  /** One more than that of its last vote in this recovery, from 1 on. */
  readonly sequence: number;
  readonly deadline: bigint;
};

/** Trustees take PROVE from agents. */
export type TrusteeRevoke = {
  readonly action: "TrusteeRevoke";
  readonly policy: PolicyId;
  readonly epoch: number;
  readonly trusteeSet: number;
  /** None: the nonce is used up, and what was signed with it void. */
  readonly agents: readonly KeyId[];
  /** The next one of the set. */
  readonly nonce: bigint;
  readonly deadline: bigint;
};

/** What only trustees sign. They also sign a {@link CancelRecovery}, and an {@link Authorize} that they vouch for. */
export type TrusteeOperation = RecoveryProposal | RecoveryVote | TrusteeRevoke;

/** What an agent signs to accept the power that a recovery gives it. */
export type RecoveryOffer = {
  readonly policy: PolicyId;
  readonly recovery: bigint;
  readonly power: AgentPower;
  /** Last second at which the acceptance may be used, in a proposal. */
  readonly deadline: bigint;
};
