import type { Hex32 } from "../core/index.ts";
import { type KeyId, keyIdOf } from "../keys/index.ts";
import {
  contextOf,
  deadlineOf,
  futureDeadline,
  MAX_CHANGES,
  type OperationContext,
  refuseDuplicates,
  type Timing,
} from "./builders.ts";
import { PolicyError } from "./errors.ts";
import { checkedPowers, frameOf, type OwnStatementOptions, type StatementOptions } from "./governance.ts";
import type { PolicyId } from "./identifiers.ts";
import { epochNumber, uint, uint32 } from "./integers.ts";
import type { AgentPower, RotatedSettings } from "./operationParts.ts";
import { checkSettings } from "./settings.ts";
import type {
  AnchorBackup,
  CancelRecovery,
  PermitAnchor,
  RecoveryOffer,
  RecoveryProposal,
  RecoveryVote,
  TrusteeChange,
  TrusteeRevoke,
} from "./trusteeOperations.ts";
import { checkTrusteeSettings, type TrusteeSettings } from "./trusteeSettings.ts";

export type TrusteeChangeOptions = OperationContext & {
  /** `NO_TRUSTEES` removes them all. */
  readonly trustees: TrusteeSettings;
};

/**
 * The operation that sets the trustees of a policy, after a delay.
 *
 * @throws {PolicyError} TRUSTEE_QUORUM_INVALID, TRUSTEE_SETTINGS_MALFORMED, SETTING_OUT_OF_RANGE, DEADLINE_PASSED,
 * DEADLINE_TOO_FAR, UINT_OUT_OF_RANGE
 */
export function buildTrusteeChange(options: TrusteeChangeOptions): TrusteeChange {
  return {
    action: "TrusteeChange",
    ...contextOf(options),
    trustees: checkTrusteeSettings(options.trustees),
  };
}

export type PermitAnchorOptions = OperationContext & { readonly agent: KeyId; readonly permitted: boolean };

/**
 * The operation by which ADMINs let an agent that proves record backups, or no more.
 *
 * @throws {PolicyError} DEADLINE_PASSED, DEADLINE_TOO_FAR, UINT_OUT_OF_RANGE
 */
export function buildPermitAnchor(options: PermitAnchorOptions): PermitAnchor {
  const { agent, permitted } = options;
  return { action: "PermitAnchor", ...contextOf(options), agent, permitted };
}

export type AnchorBackupOptions = OwnStatementOptions & {
  readonly sequence: bigint;
  readonly backup: Hex32;
};

/**
 * The operation by which an agent records a backup.
 *
 * @throws {PolicyError} DEADLINE_PASSED, DEADLINE_TOO_FAR, UINT_OUT_OF_RANGE
 */
export function buildAnchorBackup(options: AnchorBackupOptions): AnchorBackup {
  const { agent, backup } = options;
  const sequence = uint(options.sequence, 64, "sequence");
  return { action: "AnchorBackup", ...frameOf(options), agent, sequence, backup };
}

export type CancelRecoveryOptions = StatementOptions & {
  readonly recovery: bigint;
  readonly proposal: Hex32;
};

/**
 * The operation that ends a recovery that runs.
 *
 * @throws {PolicyError} DEADLINE_PASSED, DEADLINE_TOO_FAR, UINT_OUT_OF_RANGE
 */
export function buildCancelRecovery(options: CancelRecoveryOptions): CancelRecovery {
  const recovery = uint(options.recovery, 64, "recovery");
  return { action: "CancelRecovery", ...frameOf(options), recovery, proposal: options.proposal };
}

/** What builders of what trustees sign take. */
export type TrusteeTiming = Timing & {
  readonly policy: PolicyId;
  /** The number of the set in force. */
  readonly trusteeSet: number;
};

export type RecoveryProposalOptions = TrusteeTiming & {
  readonly recovery: bigint;
  /** All that hold power afterwards; each has to accept. */
  readonly agents: readonly AgentPower[];
  /** With the commitment to root keys that the owner has. */
  readonly settings: RotatedSettings;
};

/**
 * What a trustee signs to propose who shall hold power after a recovery.
 *
 * @throws {PolicyError} CHANGE_COUNT, CHANGE_DUPLICATE_AGENT, AUTHORIZATIONS_EMPTY, POWER_WITH_PROVE,
 * AUTHORIZATIONS_UNKNOWN, SETTING_OUT_OF_RANGE, DEADLINE_PASSED, DEADLINE_TOO_FAR, UINT_OUT_OF_RANGE
 */
export function buildRecoveryProposal(options: RecoveryProposalOptions): RecoveryProposal {
  const agents = checkedPowers(options.agents);
  if (agents.length === 0) {
    throw new PolicyError("CHANGE_COUNT", `a recovery names 1 to ${MAX_CHANGES} agents`);
  }
  const idle = agents.find(({ authorizations }) => authorizations.length === 0);
  if (idle !== undefined) {
    throw new PolicyError("AUTHORIZATIONS_EMPTY", "who is to have no power is not named in a recovery", {
      details: { agent: keyIdOf(idle.key) },
    });
  }
  return {
    action: "RecoveryProposal",
    policy: options.policy,
    recovery: uint(options.recovery, 64, "recovery"),
    trusteeSet: epochNumber(options.trusteeSet),
    agents,
    settings: checkSettings(options.settings),
    deadline: deadlineOf(options),
  };
}

export type RecoveryVoteOptions = TrusteeTiming & {
  readonly recovery: bigint;
  /** Absent to take the vote back. */
  readonly proposal?: Hex32;
  readonly sequence: number;
};

/** A trustee's vote. @throws {PolicyError} DEADLINE_PASSED, DEADLINE_TOO_FAR, UINT_OUT_OF_RANGE */
export function buildRecoveryVote(options: RecoveryVoteOptions): RecoveryVote {
  const { policy, proposal } = options;
  return {
    action: "RecoveryVote",
    policy,
    recovery: uint(options.recovery, 64, "recovery"),
    trusteeSet: epochNumber(options.trusteeSet),
    ...(proposal === undefined ? {} : { proposal }),
    sequence: uint32(options.sequence, "sequence"),
    deadline: deadlineOf(options),
  };
}

export type TrusteeRevokeOptions = TrusteeTiming & {
  /** The present one. */
  readonly epoch: number;
  /** At most {@link MAX_CHANGES} of them; none to void what was signed with this nonce. */
  readonly agents: readonly KeyId[];
  readonly nonce: bigint;
};

/**
 * What trustees sign to take PROVE from agents, in this epoch.
 *
 * @throws {PolicyError} CHANGE_COUNT, CHANGE_DUPLICATE_AGENT, DEADLINE_PASSED, DEADLINE_TOO_FAR, UINT_OUT_OF_RANGE
 */
export function buildTrusteeRevoke(options: TrusteeRevokeOptions): TrusteeRevoke {
  const { policy, agents } = options;
  if (agents.length > 0) refuseDuplicates(agents);
  return {
    action: "TrusteeRevoke",
    policy,
    epoch: epochNumber(options.epoch),
    trusteeSet: epochNumber(options.trusteeSet),
    agents,
    nonce: uint(options.nonce, 64, "nonce"),
    deadline: deadlineOf(options),
  };
}

export type RecoveryAcceptanceOptions = Timing & {
  readonly policy: PolicyId;
  readonly recovery: bigint;
  readonly power: AgentPower;
};

/**
 * What an agent signs to accept power from a recovery.
 *
 * @throws {PolicyError} AUTHORIZATIONS_EMPTY, POWER_WITH_PROVE, AUTHORIZATIONS_UNKNOWN, DEADLINE_PASSED, UINT_OUT_OF_RANGE
 */
export function buildRecoveryAcceptance(options: RecoveryAcceptanceOptions): RecoveryOffer {
  const [power] = checkedPowers([options.power]);
  if (power === undefined || power.authorizations.length === 0) {
    throw new PolicyError("AUTHORIZATIONS_EMPTY", "a recovery gives power to whom it names");
  }
  return {
    policy: options.policy,
    recovery: uint(options.recovery, 64, "recovery"),
    power,
    deadline: futureDeadline(options),
  };
}
