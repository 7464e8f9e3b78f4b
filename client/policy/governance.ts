import type { Hex32 } from "../core/index.ts";
import { type AgentKey, type KeyId, keyIdOf } from "../keys/index.ts";
import { type Authorizations, normalizeAuthorizations } from "./authorizations.ts";
import {
  contextOf,
  deadlineOf,
  MAX_CHANGES,
  type OperationContext,
  refuseDuplicates,
  type Timing,
} from "./builders.ts";
import { PolicyError } from "./errors.ts";
import { expiry } from "./expiry.ts";
import type { PolicyId } from "./identifiers.ts";
import { epochNumber } from "./integers.ts";
import type { AgentPower, RotatedSettings } from "./operationParts.ts";
import type {
  Abandonment,
  EmergencyRotate,
  GovernanceChange,
  LiftStop,
  ProveGrant,
  Renew,
  Stop,
  Veto,
  VoidApprovals,
  Withdraw,
} from "./operations.ts";
import { checkSettings, type PolicySettings } from "./settings.ts";

export type GovernanceChangeOptions = OperationContext & {
  /** The power that agents are to have afterwards, see `powerAfter`. */
  readonly agents?: readonly AgentPower[];
  /** The settings to set; the others stay. */
  readonly settings?: Partial<PolicySettings>;
  /** Ends the policy for ever; comes alone. */
  readonly abandon?: Abandonment;
};

/**
 * The operation that changes power, rules, or ends the policy, after the policy's delay.
 *
 * @throws {PolicyError} CHANGE_EMPTY if it changes nothing, ABANDONMENT_NOT_ALONE, CHANGE_COUNT, CHANGE_DUPLICATE_AGENT,
 * POWER_WITH_PROVE, AUTHORIZATIONS_UNKNOWN, SETTING_OUT_OF_RANGE, DEADLINE_PASSED, DEADLINE_TOO_FAR, UINT_OUT_OF_RANGE
 */
export function buildGovernanceChange(options: GovernanceChangeOptions): GovernanceChange {
  const { agents = [], settings = {}, abandon } = options;
  const changes = agents.length > 0 || Object.values(settings).some((value) => value !== undefined);
  if (abandon === undefined && !changes) {
    throw new PolicyError("CHANGE_EMPTY", "name agents, settings, or the policy's end");
  }
  if (abandon !== undefined && changes) {
    throw new PolicyError("ABANDONMENT_NOT_ALONE", "a change that ends the policy does nothing else");
  }
  return {
    action: "GovernanceChange",
    ...contextOf(options),
    agents: checkedPowers(agents),
    settings: checkSettings(settings),
    ...(abandon === undefined ? {} : { abandon }),
  };
}

export type RenewOptions = Omit<OperationContext, "proposer"> & {
  /** The agent that proves, and renews its own commitment. */
  readonly agent: KeyId;
  /** With an expiry not after that of the grant it replaces. */
  readonly grant: ProveGrant;
  /** True by default: without a checkpoint the new leaf cannot be proved yet (protocol §3.3). */
  readonly checkpoint?: boolean;
};

/**
 * The operation by which an agent replaces its own commitment.
 *
 * @throws {PolicyError} EXPIRY_MALFORMED, EXPIRY_PASSED, DEADLINE_PASSED, DEADLINE_TOO_FAR, UINT_OUT_OF_RANGE
 */
export function buildRenew(options: RenewOptions): Renew {
  const { agent, grant, checkpoint = true, ...context } = options;
  if (expiry(grant.expiry) <= options.now) {
    throw new PolicyError("EXPIRY_PASSED", "the expiry is not in the future", {
      details: { expiry: grant.expiry, now: options.now },
    });
  }
  return { action: "Renew", ...contextOf({ ...context, proposer: agent }), grant, checkpoint };
}

/** What builders of operations without a nonce take. */
export type StatementOptions = Timing & {
  readonly policy: PolicyId;
  /** Current epoch of the policy. */
  readonly epoch: number;
};

export type OwnStatementOptions = StatementOptions & {
  /** Who signs it. */
  readonly agent: KeyId;
};

export type ChangeStatementOptions = OwnStatementOptions & {
  /** See `changeIdOf`. */
  readonly change: Hex32;
};

/** An ADMIN's veto. @throws {PolicyError} DEADLINE_PASSED, DEADLINE_TOO_FAR, UINT_OUT_OF_RANGE */
export function buildVeto(options: ChangeStatementOptions): Veto {
  return { action: "Veto", ...frameOf(options), change: options.change, agent: options.agent };
}

/** Takes an approval back. @throws {PolicyError} DEADLINE_PASSED, DEADLINE_TOO_FAR, UINT_OUT_OF_RANGE */
export function buildWithdraw(options: ChangeStatementOptions): Withdraw {
  return { action: "Withdraw", ...frameOf(options), change: options.change, agent: options.agent };
}

/** Stops all grants of PROVE. @throws {PolicyError} DEADLINE_PASSED, DEADLINE_TOO_FAR, UINT_OUT_OF_RANGE */
export function buildStop(options: OwnStatementOptions): Stop {
  return { action: "Stop", ...frameOf(options), agent: options.agent };
}

/** Lifts the stop of `stopper`. @throws {PolicyError} DEADLINE_PASSED, DEADLINE_TOO_FAR, UINT_OUT_OF_RANGE */
export function buildLiftStop(options: StatementOptions & { readonly stopper: KeyId }): LiftStop {
  return { action: "LiftStop", ...frameOf(options), stopper: options.stopper };
}

/** Voids an agent's unsubmitted approvals. @throws {PolicyError} DEADLINE_PASSED, DEADLINE_TOO_FAR, UINT_OUT_OF_RANGE */
export function buildVoidApprovals(options: OwnStatementOptions): VoidApprovals {
  return { action: "VoidApprovals", ...frameOf(options), agent: options.agent };
}

export type EmergencyRotateOptions = StatementOptions & {
  /** All that hold power afterwards; each has to accept for epoch `epoch + 1`. */
  readonly agents: readonly AgentPower[];
  /** With the commitment to another root set than the one that acts. */
  readonly settings: RotatedSettings;
  /** None by default. */
  readonly survivors?: readonly KeyId[];
};

/**
 * The operation by which root keys replace all power at once.
 *
 * @throws {PolicyError} CHANGE_COUNT, CHANGE_DUPLICATE_AGENT, AUTHORIZATIONS_EMPTY, POWER_WITH_PROVE,
 * AUTHORIZATIONS_UNKNOWN, SETTING_OUT_OF_RANGE, DEADLINE_PASSED, DEADLINE_TOO_FAR, UINT_OUT_OF_RANGE
 */
export function buildEmergencyRotate(options: EmergencyRotateOptions): EmergencyRotate {
  const { agents, survivors = [] } = options;
  const powers = checkedPowers(agents);
  const idle = powers.find(({ authorizations }) => authorizations.length === 0);
  if (idle !== undefined) {
    throw new PolicyError("AUTHORIZATIONS_EMPTY", "who is to have no power is not named in a rotation", {
      details: { agent: keyIdOf(idle.key) },
    });
  }
  if (survivors.length > 0) refuseDuplicates(survivors);
  if (powers.length === 0) {
    throw new PolicyError("CHANGE_COUNT", `a rotation names 1 to ${MAX_CHANGES} agents`);
  }
  return {
    action: "EmergencyRotate",
    ...frameOf(options),
    agents: powers,
    settings: checkSettings(options.settings),
    survivors,
  };
}

/** A wish about one agent's power: what it gains, what it loses; the rest stays. */
export type PowerDelta = {
  /** Its key, where the policy does not know it yet. */
  readonly agent: KeyId | AgentKey;
  readonly gain?: Authorizations;
  readonly lose?: Authorizations;
};

/**
 * The end states that wishes about power come to, today.
 *
 * @param agents The agents of the policy, see `PolicyState`.
 * @throws {PolicyError} AGENT_UNKNOWN, POWER_WITH_PROVE, AUTHORIZATIONS_UNKNOWN
 * @example powerAfter(state.agents, [{ agent: laptop, gain: ["ADMIN"] }, { agent: tablet, lose: ["ADMIN"] }]);
 */
export function powerAfter(
  agents: ReadonlyMap<KeyId, AgentPower>,
  deltas: readonly PowerDelta[],
): readonly AgentPower[] {
  return deltas.map(({ agent, gain = [], lose = [] }) => {
    const known = agents.get(typeof agent === "string" ? agent : keyIdOf(agent));
    const key = known?.key ?? (typeof agent === "string" ? undefined : agent);
    if (key === undefined) {
      throw new PolicyError("AGENT_UNKNOWN", "the policy has no such agent: give its key", {
        details: { agent },
      });
    }
    checkedPower({ key, authorizations: [...gain, ...lose] });
    const held = [...(known?.authorizations ?? []).filter((name) => name !== "PROVE"), ...gain];
    return checkedPower({ key, authorizations: held.filter((name) => !lose.includes(name)) });
  });
}

/** The parts of an operation without a nonce. @throws {PolicyError} DEADLINE_PASSED, DEADLINE_TOO_FAR, UINT_OUT_OF_RANGE */
export function frameOf(options: StatementOptions) {
  return { policy: options.policy, epoch: epochNumber(options.epoch), deadline: deadlineOf(options) };
}

/** Each agent once, with power only. @throws {PolicyError} CHANGE_COUNT, CHANGE_DUPLICATE_AGENT, POWER_WITH_PROVE, AUTHORIZATIONS_UNKNOWN */
export function checkedPowers(agents: readonly AgentPower[]): readonly AgentPower[] {
  if (agents.length > 0) refuseDuplicates(agents.map(({ key }) => keyIdOf(key)));
  return agents.map(checkedPower);
}

function checkedPower({ key, authorizations }: AgentPower): AgentPower {
  const normal = normalizeAuthorizations(authorizations);
  if (normal.includes("PROVE")) {
    throw new PolicyError("POWER_WITH_PROVE", "PROVE is granted at once, and not by a change of power", {
      details: { agent: keyIdOf(key) },
    });
  }
  return { key, authorizations: normal };
}
