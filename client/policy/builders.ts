import type { KeyId } from "../keys/index.ts";
import { type AgentKey, keyIdOf } from "../keys/index.ts";
import type { Authorizations } from "./authorizations.ts";
import { ALL_AUTHORIZATIONS, normalizeAuthorizations } from "./authorizations.ts";
import { PolicyError } from "./errors.ts";
import { expiry } from "./expiry.ts";
import {
  creatorOf,
  type OwnerCommitment,
  type PolicyId,
  policyAddress,
  type RegistryLocation,
} from "./identifiers.ts";
import { epochNumber, uint } from "./integers.ts";
import type { Replay } from "./operationParts.ts";
import type {
  AcceptanceOffer,
  AgentChange,
  AgentRevocation,
  Authorize,
  CreatePolicy,
  ProveGrant,
  Renounce,
  Revoke,
} from "./operations.ts";
import { checkSettings, type PolicySettings } from "./settings.ts";

/** Elements of one operation, as the registry allows them; also the live provers of a policy (protocol §2). */
export const MAX_CHANGES = 32;

/** How long an operation may be executed if its builder is not told: an hour. */
export const DEFAULT_DEADLINE_SECONDS = 3600n;

/** The longest that approvals of an operation may be gathered: 30 days. */
export const MAX_DEADLINE_SECONDS = 2_592_000n;

/** What every builder takes. */
export type Timing = {
  /** Time of the chain's head block, in seconds. */
  readonly now: bigint;
  /**
   * Last second at which the operation may be executed: {@link DEFAULT_DEADLINE_SECONDS} after `now` by default, at most
   * {@link MAX_DEADLINE_SECONDS}.
   */
  readonly deadline?: bigint;
};

/** What builders of operations on an existing policy take. */
export type OperationContext = Timing & {
  readonly policy: PolicyId;
  /** Current epoch of the policy. */
  readonly epoch: number;
  /** The approver whose nonce is used. */
  readonly proposer: KeyId;
  /** 0 by default; several lanes let independent operations overtake each other. */
  readonly lane?: bigint;
  /** The next nonce of proposer and lane: 0 in a lane never used, else from the registry. */
  readonly nonce: bigint;
};

export type CreatePolicyOptions = Timing & {
  readonly location: RegistryLocation;
  readonly ownerCommitment: OwnerCommitment;
  /** The first agent, which gets every right. */
  readonly creator: { readonly key: AgentKey; readonly grant: ProveGrant };
  /** Further agents from the start. */
  readonly agents?: readonly AgentChange[];
  /** See `safeSettings`. */
  readonly settings: PolicySettings;
  /** True by default: without a checkpoint nobody new can prove yet (protocol §3.3). */
  readonly checkpoint?: boolean;
};

/**
 * The operation that creates a policy.
 *
 * @throws {PolicyError} CHANGE_COUNT, CHANGE_DUPLICATE_AGENT, GRANT_WITHOUT_PROVE, AUTHORIZATIONS_EMPTY,
 * AUTHORIZATIONS_UNKNOWN, EXPIRY_MALFORMED, EXPIRY_PASSED, DEADLINE_PASSED, DEADLINE_TOO_FAR, UINT_OUT_OF_RANGE,
 * SETTING_OUT_OF_RANGE
 */
export function buildCreatePolicy(options: CreatePolicyOptions): CreatePolicy {
  const creator: AgentChange = { ...options.creator, authorizations: ALL_AUTHORIZATIONS };
  return {
    action: "CreatePolicy",
    policy: policyAddress(options.ownerCommitment, creatorOf(options.location, keyIdOf(creator.key))),
    ownerCommitment: options.ownerCommitment,
    agents: checkedChanges([creator, ...(options.agents ?? [])], options.now),
    settings: checkSettings(options.settings),
    checkpoint: options.checkpoint ?? true,
    deadline: deadlineOf(options),
  };
}

export type AuthorizeOptions = OperationContext & {
  /** 1 to {@link MAX_CHANGES} of them, each of another agent. */
  readonly changes: readonly AgentChange[];
  /** By default true exactly if an agent gains PROVE (protocol §3.3). */
  readonly checkpoint?: boolean;
};

/**
 * The operation that grants PROVE, and takes rights that may go at once; other power needs {@link buildGovernanceChange}.
 *
 * @throws {PolicyError} as {@link buildCreatePolicy}
 */
export function buildAuthorize(options: AuthorizeOptions): Authorize {
  const changes = checkedChanges(options.changes, options.now);
  return {
    action: "Authorize",
    ...contextOf(options),
    changes,
    checkpoint: options.checkpoint ?? changes.some(({ grant }) => grant !== undefined),
  };
}

export type RevokeOptions = OperationContext & {
  /** 1 to {@link MAX_CHANGES} of them, each of another agent. */
  readonly revocations: readonly AgentRevocation[];
};

/**
 * The operation that takes rights away.
 *
 * @throws {PolicyError} CHANGE_COUNT, CHANGE_DUPLICATE_AGENT, AUTHORIZATIONS_EMPTY, AUTHORIZATIONS_UNKNOWN,
 * DEADLINE_PASSED, UINT_OUT_OF_RANGE
 */
export function buildRevoke(options: RevokeOptions): Revoke {
  refuseDuplicates(options.revocations.map(({ agent }) => agent));
  const revocations = options.revocations.map(({ agent, authorizations }) => ({
    agent,
    authorizations: someOf(authorizations, agent),
  }));
  return { action: "Revoke", ...contextOf(options), revocations };
}

export type RenounceOptions = Omit<OperationContext, "proposer"> & {
  /** The agent that gives up its own rights. */
  readonly agent: KeyId;
  readonly authorizations: Authorizations;
};

/**
 * The operation by which an agent gives up rights of its own.
 *
 * @throws {PolicyError} AUTHORIZATIONS_EMPTY, AUTHORIZATIONS_UNKNOWN, DEADLINE_PASSED, UINT_OUT_OF_RANGE
 */
export function buildRenounce(options: RenounceOptions): Renounce {
  const { agent, authorizations, ...context } = options;
  return {
    action: "Renounce",
    ...contextOf({ ...context, proposer: agent }),
    authorizations: someOf(authorizations, agent),
  };
}

export type AcceptanceOptions = Timing & {
  readonly policy: PolicyId;
  readonly epoch: number;
  readonly change: AgentChange;
};

/**
 * What a new agent, or one that gains PROVE, signs to consent. For power alone the change has no grant, and for a rotation
 * the epoch is the next one.
 *
 * @throws {PolicyError} GRANT_WITHOUT_PROVE, AUTHORIZATIONS_UNKNOWN, EXPIRY_MALFORMED, EXPIRY_PASSED,
 * DEADLINE_PASSED, UINT_OUT_OF_RANGE
 */
export function buildAcceptance(options: AcceptanceOptions): AcceptanceOffer {
  return {
    policy: options.policy,
    epoch: epochNumber(options.epoch),
    change: checkedChange(options.change, options.now),
    deadline: futureDeadline(options),
  };
}

/** The parts of an operation with a nonce. @throws {PolicyError} DEADLINE_PASSED, DEADLINE_TOO_FAR, UINT_OUT_OF_RANGE */
export function contextOf(
  context: OperationContext,
): Replay & { readonly policy: PolicyId; readonly epoch: number } {
  return {
    policy: context.policy,
    epoch: epochNumber(context.epoch),
    proposer: context.proposer,
    lane: uint(context.lane ?? 0n, 192, "lane"),
    nonce: uint(context.nonce, 64, "nonce"),
    deadline: deadlineOf(context),
  };
}

/** @throws {PolicyError} DEADLINE_PASSED, DEADLINE_TOO_FAR, UINT_OUT_OF_RANGE */
export function deadlineOf(timing: Timing): bigint {
  const deadline = futureDeadline(timing);
  if (deadline > timing.now + MAX_DEADLINE_SECONDS) {
    throw new PolicyError("DEADLINE_TOO_FAR", "a deadline is at most 30 days away", {
      details: { deadline, now: timing.now },
    });
  }
  return deadline;
}

/** An acceptance may be good for longer than an operation. @throws {PolicyError} DEADLINE_PASSED, UINT_OUT_OF_RANGE */
export function futureDeadline({ now, deadline = now + DEFAULT_DEADLINE_SECONDS }: Timing): bigint {
  if (uint(deadline, 64, "deadline") < now) {
    throw new PolicyError("DEADLINE_PASSED", "the deadline lies in the past", { details: { deadline, now } });
  }
  return deadline;
}

function checkedChanges(changes: readonly AgentChange[], now: bigint): readonly AgentChange[] {
  refuseDuplicates(changes.map(({ key }) => keyIdOf(key)));
  return changes.map((change) => checkedChange(change, now));
}

/** @throws {PolicyError} GRANT_WITHOUT_PROVE, AUTHORIZATIONS_UNKNOWN, EXPIRY_MALFORMED, EXPIRY_PASSED */
function checkedChange(change: AgentChange, now: bigint): AgentChange {
  const authorizations = normalizeAuthorizations(change.authorizations);
  const { grant } = change;
  if (grant === undefined) return { key: change.key, authorizations };
  if (!authorizations.includes("PROVE")) {
    throw new PolicyError("GRANT_WITHOUT_PROVE", "a commitment is for an agent that gains PROVE", {
      details: { agent: keyIdOf(change.key), authorizations },
    });
  }
  if (expiry(grant.expiry) <= now) {
    throw new PolicyError("EXPIRY_PASSED", "the expiry is not in the future", {
      details: { expiry: grant.expiry, now },
    });
  }
  return { key: change.key, authorizations, grant };
}

function someOf(authorizations: Authorizations, agent: KeyId): Authorizations {
  if (authorizations.length === 0) {
    throw new PolicyError("AUTHORIZATIONS_EMPTY", "name the authorizations to take away", {
      details: { agent },
    });
  }
  return normalizeAuthorizations(authorizations);
}

/** @throws {PolicyError} CHANGE_COUNT, CHANGE_DUPLICATE_AGENT */
export function refuseDuplicates(agents: readonly KeyId[]): void {
  if (agents.length === 0 || agents.length > MAX_CHANGES) {
    throw new PolicyError("CHANGE_COUNT", `an operation concerns 1 to ${MAX_CHANGES} agents`, {
      details: { count: agents.length },
    });
  }
  const duplicate = agents.find((agent, i) => agents.indexOf(agent) !== i);
  if (duplicate !== undefined) {
    throw new PolicyError("CHANGE_DUPLICATE_AGENT", "an operation names each agent once", {
      details: { agent: duplicate },
    });
  }
}
