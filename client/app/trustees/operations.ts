import {
  authorizeWithTrusteesCall,
  cancelRecoveryCall,
  clearRecoveryCall,
  executeRecoveryCall,
  proposeRecoveryCall,
  type Receipt,
  type Registry,
  readHead,
  readPendingChanges,
  readPolicy,
  readProposal,
  readRecovery,
  readTrusteeNonce,
  readTrusteeSet,
  readVote,
  revokeByTrusteesCall,
  type TransactionSender,
  type TrusteeVoice,
  voteRecoveryCall,
} from "../../chain/index.ts";
import type { Hex32 } from "../../core/index.ts";
import { type KeyId, keyIdOf, type PolicySigner } from "../../keys/index.ts";
import {
  type ApprovalBundle,
  type Authorize,
  addApproval,
  buildAuthorize,
  buildCancelRecovery,
  buildRecoveryProposal,
  buildRecoveryVote,
  buildTrusteeRevoke,
  type CancelRecovery,
  openBundle,
  type PolicyId,
  proposalIdOf,
  type TrusteeRevoke,
  trusteeSettingsHash,
} from "../../policy/index.ts";
import {
  type Appointment,
  approveAsTrustee,
  checkAppointment,
  type TrusteeStatement,
} from "../../trustees/index.ts";
import { type Admission, consentsOf } from "../agents/invitation.ts";
import { AppError } from "../errors.ts";
import { approvalsBy, contextOf, type PolicyActor, send, senderOf, statementOf } from "../execute.ts";
import { checkPlace, type Relay } from "../governance/changes.ts";
import { checkProposal, checkRecoveryRequest, type RecoveryRequest } from "./recoveryRequest.ts";

/** A trustee who acts. */
export type TrusteeActor = {
  readonly registry: Registry;
  /** The key that it consented with. */
  readonly signer: PolicySigner;
  readonly appointment: Appointment;
  /** Who sends the transaction, if not the trustee itself: anyone may. */
  readonly sender?: TransactionSender;
};

/** Where the set of an appointment stands. */
export type AppointmentStanding = "IN_FORCE" | "WAITS" | "PAST";

/**
 * Checks an appointment, and holds it against the policy: what a trustee does when it gets one, and from time to time.
 *
 * @returns PAST if the set is neither in force nor waits to be.
 * @throws {TrusteesError} as `checkAppointment`; {AppError} REGISTRY_MISMATCH; {ChainError} those of the node
 */
export async function verifyAppointment(
  registry: Registry,
  appointment: Appointment,
): Promise<AppointmentStanding> {
  checkPlace(registry, appointment);
  checkAppointment(appointment);
  const { policy, settings } = appointment;
  const hash = trusteeSettingsHash(settings);
  if ((await readTrusteeSet(registry, policy)).settings === hash) return "IN_FORCE";
  const waiting = await readPendingChanges(registry, policy);
  return waiting.some(({ trustees }) => trustees === hash) ? "WAITS" : "PAST";
}

/**
 * Proposes, as a trustee, that the owner's new devices shall hold all power. **Make sure that the request is the owner's**: see
 * her, or call her, and compare `recoveryRequestWords`. The proposal needs votes; it is not one itself.
 *
 * @throws {AppError} RECOVERY_REQUEST_STALE if another recovery has begun since the request; REGISTRY_MISMATCH, SENDER_MISSING
 * @throws {PolicyError} ACCEPTANCE_MISMATCH, and those of `buildRecoveryProposal`
 * @throws {TrusteesError} as `approveAsTrustee`
 * @throws {ChainError} AGENT_POLICY_PROPOSAL_OPEN, the registry's other refusals, and those of the node
 */
export async function proposeRecovery(
  trustee: TrusteeActor,
  request: RecoveryRequest,
): Promise<{ readonly receipt: Receipt; readonly proposal: Hex32 }> {
  const { registry, appointment } = trustee;
  checkPlace(registry, request);
  checkRecoveryRequest(request);
  const { policy, agents, settings } = request;
  const { number: recovery } = await readRecovery(registry, policy);
  if (recovery !== request.recovery) {
    throw new AppError(
      "RECOVERY_REQUEST_STALE",
      "another recovery has begun: ask the owner for a new request",
      {
        details: { recovery: request.recovery, current: recovery },
      },
    );
  }
  const operation = buildRecoveryProposal({
    ...(await trusteeTiming(registry, policy)),
    ...{ recovery, settings, agents: agents.map(({ power }) => power) },
  });
  const approval = await approveAsTrustee(trustee.signer, appointment, operation, operation.trusteeSet);
  const call = proposeRecoveryCall(registry, operation, {
    ...{ settings: appointment.settings, approval },
    acceptances: agents.map(({ acceptance }) => acceptance),
  });
  const receipt = await send(registry, trustee.sender ?? senderOf(trustee.signer), call);
  return { receipt, proposal: proposalIdOf(operation) };
}

/**
 * Casts a trustee's one vote, or moves it. At the quorum the recovery starts. Show `describeTrusteeOperation`, or the proposal of
 * `readPolicyState`, before.
 *
 * @param proposal Absent to take the vote back.
 * @param request The owner's, whose words were compared. **Without it the node is believed on what it is that is voted for.**
 * @throws {AppError} PROPOSAL_NOT_REQUESTED if the proposal is of anything but the request; REGISTRY_MISMATCH
 * @throws {AppError} SENDER_MISSING; {TrusteesError} as `approveAsTrustee`
 * @throws {ChainError} AGENT_POLICY_VOTE_IDLE, AGENT_POLICY_PROPOSAL_UNKNOWN, AGENT_POLICY_PROPOSAL_LAPSED, the registry's
 * other refusals, and those of the node
 */
export async function voteRecovery(
  trustee: TrusteeActor,
  proposal: Hex32 | undefined,
  request?: RecoveryRequest,
): Promise<Receipt> {
  const { registry, appointment, signer } = trustee;
  const { policy, settings } = appointment;
  const { number: recovery } = await readRecovery(registry, policy);
  const { sequence } = await readVote(registry, policy, keyIdOf(appointment.trustee.key));
  const timing = await trusteeTiming(registry, policy);
  if (proposal !== undefined && request !== undefined) {
    checkPlace(registry, request);
    const { lapses } = await readProposal(registry, policy, proposal);
    checkProposal(request, { id: proposal, lapses, trusteeSet: timing.trusteeSet });
  }
  const operation = buildRecoveryVote({
    ...timing,
    ...{ recovery, sequence: sequence + 1 },
    ...(proposal === undefined ? {} : { proposal }),
  });
  const approval = await approveAsTrustee(signer, appointment, operation, operation.trusteeSet);
  const call = voteRecoveryCall(registry, operation, { settings, approval });
  return send(registry, trustee.sender ?? senderOf(signer), call);
}

/**
 * Brings a recovery about, in its time.
 *
 * @throws {ChainError} AGENT_POLICY_RECOVERY_TOO_EARLY, AGENT_POLICY_RECOVERY_TOO_LATE, AGENT_POLICY_RECOVERY_NOT_RUNNING, and
 * those of the node
 */
export async function executeRecovery({ registry, sender, policy }: Relay): Promise<Receipt> {
  return send(registry, sender, executeRecoveryCall(registry, policy));
}

/** Ends a recovery whose time has passed. @throws {ChainError} AGENT_POLICY_RECOVERY_NOT_LAPSED, and those of the node */
export async function clearRecovery({ registry, sender, policy }: Relay): Promise<Receipt> {
  return send(registry, sender, clearRecoveryCall(registry, policy));
}

/**
 * A cancellation of the recovery that runs, with the approvals of the actor and its co-signers: most ADMINs are needed, and as
 * many trustees as a bare quorum leaves out, who {@link signAsTrustee}; then {@link submitWithTrustees}. Who voted for it takes
 * that back first, by {@link voteRecovery}.
 *
 * @param validFor How long approvals may be gathered, in seconds: an hour by default.
 * @throws {AppError} RECOVERY_NOT_RUNNING
 * @throws {ChainError} AGENT_POLICY_AGENT_UNKNOWN, and those of the node
 */
export async function gatherCancellation(
  actor: Omit<PolicyActor, "lane">,
  validFor?: bigint,
): Promise<ApprovalBundle & { readonly operation: CancelRecovery }> {
  const { registry, policy } = actor;
  const { agent: _, ...statement } = await statementOf(actor);
  const { number: recovery, running } = await readRecovery(registry, policy);
  if (running === undefined) throw new AppError("RECOVERY_NOT_RUNNING", "no recovery runs");
  const deadline = validFor === undefined ? {} : { deadline: statement.now + validFor };
  const { proposal } = running;
  const operation = buildCancelRecovery({ ...statement, ...deadline, recovery, proposal });
  const bundle = openBundle({ location: registry.location, operation, acceptances: [] }, statement.now);
  const { approvals } = (await approvalsBy(actor, operation)).reduce(addApproval, bundle);
  return { ...bundle, operation, approvals };
}

/**
 * A grant of PROVE for which trustees are to stand for one approval, with those of the actor and its co-signers.
 *
 * @throws as `authorizeAgents`, but for the registry's refusals
 */
export async function gatherGrant(
  actor: PolicyActor,
  admissions: readonly Admission[],
): Promise<ApprovalBundle & { readonly operation: Authorize }> {
  const joining = consentsOf(admissions, "joining", "CHANGE");
  const context = await contextOf(actor);
  const operation = buildAuthorize({ ...context, changes: joining.map(({ change }) => change) });
  const acceptances = joining.map(({ acceptance }) => acceptance);
  const { location } = actor.registry;
  const bundle = openBundle({ location, operation, acceptances }, context.now);
  const { approvals } = (await approvalsBy(actor, operation)).reduce(addApproval, bundle);
  return { ...bundle, operation, approvals };
}

/**
 * What trustees are to sign to take PROVE from agents, the same for all of them.
 *
 * @param agents None to void what they signed with the present nonce and nobody sent.
 * @throws {PolicyError} those of `buildTrusteeRevoke`; {ChainError} those of the node
 */
export async function draftTrusteeRevoke(
  registry: Registry,
  policy: PolicyId,
  agents: readonly KeyId[],
): Promise<TrusteeRevoke> {
  const nonce = await readTrusteeNonce(registry, policy);
  const { epoch } = await readPolicy(registry, policy);
  return buildTrusteeRevoke({ ...(await trusteeTiming(registry, policy)), epoch, agents, nonce });
}

/**
 * A trustee's approval of what several sign; as text by `serializeTrusteeVoice`.
 *
 * @throws {AppError} REGISTRY_MISMATCH; {TrusteesError} as `approveAsTrustee`; {ChainError} those of the node
 */
export async function signAsTrustee(
  { registry, signer, appointment }: Omit<TrusteeActor, "sender">,
  operation: TrusteeStatement,
): Promise<TrusteeVoice> {
  checkPlace(registry, appointment);
  const { number } = await readTrusteeSet(registry, appointment.policy);
  const approval = await approveAsTrustee(signer, appointment, operation, number);
  return { settings: appointment.settings, approval };
}

/** What trustees approve together, with what agents approved of it. */
export type JointOperation =
  | (ApprovalBundle & { readonly operation: CancelRecovery | Authorize })
  | { readonly operation: TrusteeRevoke };

/**
 * Sends what trustees approved.
 *
 * @throws {AppError} TRUSTEE_VOICES_MIXED if they are of different sets; REGISTRY_MISMATCH
 * @throws {TrusteesError} TRUSTEES_TOO_FEW, TRUSTEE_DUPLICATE
 * @throws {ChainError} AGENT_POLICY_TRUSTEE_QUORUM_MISSING, the registry's other refusals, and those of the node
 */
export async function submitWithTrustees(
  { registry, sender }: Omit<Relay, "policy">,
  joint: JointOperation,
  voices: readonly TrusteeVoice[],
): Promise<Receipt> {
  const together = {
    settings: settingsOf(voices),
    approvals: voices.map(({ approval }) => approval),
  };
  if (!("location" in joint)) {
    return send(registry, sender, revokeByTrusteesCall(registry, joint.operation, together));
  }
  checkPlace(registry, joint);
  const { operation } = joint;
  const call =
    operation.action === "CancelRecovery"
      ? cancelRecoveryCall(registry, { ...joint, operation }, together)
      : authorizeWithTrusteesCall(registry, { ...joint, operation }, together);
  return send(registry, sender, call);
}

function settingsOf(voices: readonly TrusteeVoice[]): TrusteeVoice["settings"] {
  const [first, ...others] = voices;
  const same = others.every((one) => trusteeSettingsHash(one.settings) === hashOf(first));
  if (first === undefined || !same) {
    throw new AppError("TRUSTEE_VOICES_MIXED", "the approvals are of no one set of trustees", {
      details: { voices: voices.length },
    });
  }
  return first.settings;
}

function hashOf(voice: TrusteeVoice | undefined): Hex32 | undefined {
  return voice && trusteeSettingsHash(voice.settings);
}

async function trusteeTiming(registry: Registry, policy: PolicyId) {
  const { time: now } = await readHead(registry);
  const { number: trusteeSet } = await readTrusteeSet(registry, policy);
  return { policy, now, trusteeSet };
}
