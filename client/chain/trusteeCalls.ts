import { KEY_KINDS } from "../keys/index.ts";
import {
  type Acceptance,
  type Authorize,
  type CancelRecovery,
  capabilityBits,
  operationStruct,
  type PolicyId,
  type RecoveryProposal,
  type RecoveryVote,
  type SignedOperation,
  type TrusteeRevoke,
  type TrusteeSettings,
  trusteeSettingsStruct,
  trusteeStruct,
} from "../policy/index.ts";
import { sortTrusteeApprovals, type TrusteeApproval } from "../trustees/index.ts";
import type { Registry } from "./registry.ts";
import { acceptancesOf, approvalsOf, type RegistryCall, registryCall } from "./send.ts";

/** Several trustees who approve something, and the settings of their set. */
export type TrusteeVoices = {
  readonly settings: TrusteeSettings;
  /** In any order. */
  readonly approvals: readonly TrusteeApproval[];
};

/** One trustee who approves something, and the settings of its set. */
export type TrusteeVoice = { readonly settings: TrusteeSettings; readonly approval: TrusteeApproval };

/** The transaction by which a trustee proposes a recovery; one acceptance for each of its agents. */
export function proposeRecoveryCall(
  registry: Registry,
  proposal: RecoveryProposal,
  { settings, approval, acceptances }: TrusteeVoice & { readonly acceptances: readonly Acceptance[] },
): RegistryCall {
  const args = [
    trusteeStruct(proposal),
    trusteeSettingsStruct(settings),
    acceptances,
    approvalStruct(approval),
  ];
  return registryCall(registry, "proposeRecovery", args);
}

/** The transaction that casts, moves or takes back a trustee's vote. */
export function voteRecoveryCall(
  registry: Registry,
  vote: RecoveryVote,
  { settings, approval }: TrusteeVoice,
): RegistryCall {
  const args = [trusteeStruct(vote), trusteeSettingsStruct(settings), approvalStruct(approval)];
  return registryCall(registry, "voteRecovery", args);
}

/** The transaction that brings a recovery about in its time; anyone may send it. */
export function executeRecoveryCall(registry: Registry, policy: PolicyId): RegistryCall {
  return registryCall(registry, "executeRecovery", [policy]);
}

/** The transaction that ends a recovery whose time has passed; anyone may send it. */
export function clearRecoveryCall(registry: Registry, policy: PolicyId): RegistryCall {
  return registryCall(registry, "clearRecovery", [policy]);
}

/**
 * The transaction by which most ADMINs and enough trustees end a recovery.
 *
 * @throws {PolicyError} APPROVALS_EMPTY, APPROVAL_DUPLICATE
 * @throws {TrusteesError} TRUSTEES_TOO_FEW, TRUSTEE_DUPLICATE
 */
export function cancelRecoveryCall(
  registry: Registry,
  signed: SignedOperation & { readonly operation: CancelRecovery },
  voices: TrusteeVoices,
): RegistryCall {
  const { settings } = voices;
  const args = [
    operationStruct(signed.operation),
    trusteeSettingsStruct(settings),
    approvalsOf(signed),
    approvalStructs(voices),
  ];
  return registryCall(registry, "cancelRecovery", args);
}

/**
 * The transaction by which trustees take PROVE from agents.
 *
 * @throws {TrusteesError} TRUSTEES_TOO_FEW, TRUSTEE_DUPLICATE
 */
export function revokeByTrusteesCall(
  registry: Registry,
  revoke: TrusteeRevoke,
  voices: TrusteeVoices,
): RegistryCall {
  const args = [trusteeStruct(revoke), trusteeSettingsStruct(voices.settings), approvalStructs(voices)];
  return registryCall(registry, "revokeByTrustees", args);
}

/**
 * The transaction of an `Authorize` for which trustees stand for one approval.
 *
 * @throws {PolicyError} APPROVALS_EMPTY, APPROVAL_DUPLICATE
 * @throws {TrusteesError} TRUSTEES_TOO_FEW, TRUSTEE_DUPLICATE
 */
export function authorizeWithTrusteesCall(
  registry: Registry,
  signed: SignedOperation & { readonly operation: Authorize },
  voices: TrusteeVoices,
): RegistryCall {
  const args = [
    operationStruct(signed.operation),
    trusteeSettingsStruct(voices.settings),
    acceptancesOf(signed),
    approvalsOf(signed),
    approvalStructs(voices),
  ];
  return registryCall(registry, "authorizeWithTrustees", args);
}

function approvalStructs({ approvals }: TrusteeVoices) {
  return sortTrusteeApprovals(approvals).map(approvalStruct);
}

function approvalStruct({ trustee, signature }: TrusteeApproval): Readonly<Record<string, unknown>> {
  const { key, capabilities, deadline, signature: consent, salt, proof } = trustee;
  return {
    trustee: {
      ...{ kind: KEY_KINDS[key.kind], key: key.material, capabilities: capabilityBits(capabilities) },
      ...{ deadline, consent, salt, proof },
    },
    signature,
  };
}
