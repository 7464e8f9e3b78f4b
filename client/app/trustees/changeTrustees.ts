import { type Registry, readHead, readPolicyState, readSettings } from "../../chain/index.ts";
import {
  type ApprovalBundle,
  addApproval,
  buildTrusteeChange,
  changeIdOf,
  DEFAULT_RECOVERY_DELAY,
  DEFAULT_RECOVERY_WINDOW,
  NO_TRUSTEES,
  openBundle,
  type PolicyId,
  type PolicyState,
  type TrusteeCapabilities,
  type TrusteeChange,
  type TrusteeSettings,
} from "../../policy/index.ts";
import {
  makeTrusteeSet,
  type TrusteeOffer,
  type TrusteeSet,
  type TrusteeSetOptions,
} from "../../trustees/index.ts";
import { AppError } from "../errors.ts";
import { approvalsBy, contextOf, type PolicyActor, signAndSend } from "../execute.ts";
import type { Proposed } from "../governance/changes.ts";

export type OfferTrusteeshipOptions = {
  readonly registry: Registry;
  readonly policy: PolicyId;
  readonly capabilities: TrusteeCapabilities;
  /** How long the consent is good for a set to come into force, in seconds; 150 days by default. */
  readonly validFor?: bigint;
};

/** Longer than the longest recovery delay, which a new set may have to wait, with its window. */
const DEFAULT_VALIDITY = 150n * 86_400n;

/**
 * What to ask somebody who is to be a trustee: send it to them (`serializeTrusteeOffer`), and they answer by
 * `consentToTrust`.
 *
 * @throws {ChainError} those of the node
 */
export async function offerTrusteeship(options: OfferTrusteeshipOptions): Promise<TrusteeOffer> {
  const { registry, policy, capabilities, validFor = DEFAULT_VALIDITY } = options;
  const { time } = await readHead(registry);
  return { location: registry.location, policy, capabilities, deadline: time + validFor };
}

/**
 * A set of trustees for a policy, of their consents. **Save it before it is proposed**: the policy stores only its hash. Give
 * each trustee its part (`appoint`), which that one checks.
 *
 * @throws {ChainError} AGENT_POLICY_UNKNOWN, and those of the node; those of `makeTrusteeSet`
 */
export async function draftTrustees(
  registry: Registry,
  options: Omit<TrusteeSetOptions, "location" | "until">,
): Promise<TrusteeSet> {
  const { location } = registry;
  const { policy, delay = DEFAULT_RECOVERY_DELAY, window = DEFAULT_RECOVERY_WINDOW } = options;
  const { time } = await readHead(registry);
  const rules = await readSettings(registry, policy);
  const { trustees } = await stateOf(registry, policy);
  // A set comes into force within the window after its delay, at the latest.
  const until = time + BigInt(Math.max(rules.delay, trustees.settings.delay) + rules.window);
  return makeTrusteeSet({ ...options, location, delay, window, until });
}

/**
 * Schedules a set of trustees, as ADMINs: in force once it is executed (`executeChange`), after the policy's delay, or after the
 * recovery delay of the trustees that it replaces. Any ADMIN can veto it, as any change.
 *
 * @param trustees The settings of a set, or `NO_TRUSTEES` to remove them all.
 * @throws {AppError} SENDER_MISSING
 * @throws {PolicyError} those of `buildTrusteeChange`
 * @throws {ChainError} the registry's refusal, or those of the node
 * @example const { change } = await proposeTrustees({ registry, signer, policy }, set.settings);
 */
export async function proposeTrustees(
  actor: PolicyActor,
  trustees: TrusteeSettings,
): Promise<Proposed & { readonly operation: TrusteeChange }> {
  const operation = buildTrusteeChange({ ...(await contextOf(actor)), trustees });
  const receipt = await signAndSend(actor, { operation, acceptances: [] });
  return { receipt, change: changeIdOf(operation), operation };
}

/**
 * As {@link proposeTrustees}, but for approvals that are gathered over time, see `gatherChange`.
 *
 * @param validFor How long, in seconds: an hour by default, 30 days at most.
 * @throws {PolicyError} DEADLINE_TOO_FAR, and as {@link proposeTrustees}
 */
export async function gatherTrustees(
  actor: PolicyActor,
  trustees: TrusteeSettings,
  validFor?: bigint,
): Promise<ApprovalBundle> {
  const context = await contextOf(actor);
  const deadline = validFor === undefined ? {} : { deadline: context.now + validFor };
  const operation = buildTrusteeChange({ ...context, ...deadline, trustees });
  const { location } = actor.registry;
  const bundle = openBundle({ location, operation, acceptances: [] }, context.now);
  return (await approvalsBy(actor, operation)).reduce(addApproval, bundle);
}

/** Schedules that there be no trustees any more. @throws as {@link proposeTrustees} */
export async function dismissTrustees(actor: PolicyActor): Promise<Proposed> {
  return proposeTrustees(actor, NO_TRUSTEES);
}

/**
 * The state of a policy, which must exist.
 *
 * @throws {AppError} POLICY_MISSING; {ChainError} as `readPolicyState`
 */
export async function stateOf(registry: Registry, policy: PolicyId): Promise<PolicyState> {
  const state = await readPolicyState(registry, policy);
  if (state !== undefined) return state;
  throw new AppError("POLICY_MISSING", "there is no such policy", { details: { policy } });
}
