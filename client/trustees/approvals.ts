import type { Hex } from "../core/index.ts";
import { type AgentKey, agentSignerOf, keyIdOf, type PolicySigner, type TypedData } from "../keys/index.ts";
import {
  type Authorize,
  type CancelRecovery,
  operationTypedData,
  type RegistryLocation,
  type TrusteeCapability,
  type TrusteeOperation,
  trusteeTypedData,
} from "../policy/index.ts";
import type { Appointment } from "./appointment.ts";
import { isSignedBy } from "./consent.ts";
import { TrusteesError } from "./errors.ts";
import type { Trustee } from "./trusteeSet.ts";

/** A trustee's signature of an operation, with what it shows of itself. */
export type TrusteeApproval = { readonly trustee: Trustee; readonly signature: Hex };

/** What trustees sign: on their own, or together with agents, see {@link trusteeCounter}. */
export type TrusteeStatement = TrusteeOperation | CancelRecovery | Authorize;

const MAX_COUNTER = 2 ** 32 - 1;
/** Half of all numbers are for sets, the others for agents' counters; neither ever gets there. */
const MAX_SET = 2 ** 31 - 1;

/** Which capability an operation takes. */
const CAPABILITIES = {
  RecoveryProposal: "ADMIN_AUTHZ",
  RecoveryVote: "ADMIN_AUTHZ",
  CancelRecovery: "ADMIN_AUTHZ",
  TrusteeRevoke: "REVOKE_AUTHZ",
  Authorize: "PROVISION_AUTHZ",
} as const satisfies Record<TrusteeStatement["action"], TrusteeCapability>;

/** The capability that an operation takes of every trustee that approves it. */
export function capabilityFor({ action }: TrusteeStatement): TrusteeCapability {
  return CAPABILITIES[action];
}

/**
 * Signs an operation as a trustee.
 *
 * @param trusteeSet The number of the set in force.
 * @throws {TrusteesError} APPOINTMENT_FOREIGN if signer or operation are not those of the appointment; TRUSTEE_INCAPABLE;
 * TRUSTEE_SET_IMPLAUSIBLE; TRUSTEE_APPROVAL_MISMATCH if the signer signs as somebody else than it says
 */
export async function approveAsTrustee(
  signer: PolicySigner,
  appointment: Appointment,
  operation: TrusteeStatement,
  trusteeSet: number,
): Promise<TrusteeApproval> {
  const { location, policy, trustee } = appointment;
  const agent = await agentSignerOf(signer);
  const isOwn = keyIdOf(agent.key) === keyIdOf(trustee.key);
  if (!isOwn || operation.policy !== policy) {
    throw new TrusteesError("APPOINTMENT_FOREIGN", "the appointment is of another key or policy", {
      details: { trustee: keyIdOf(agent.key), policy: operation.policy },
    });
  }
  const needed = capabilityFor(operation);
  if (!trustee.capabilities.includes(needed)) {
    throw new TrusteesError("TRUSTEE_INCAPABLE", `this takes a trustee with ${needed}`, {
      details: { trustee: keyIdOf(trustee.key), needed },
    });
  }
  const signature = await agent.sign(statementTypedData(location, operation, trusteeSet));
  const approval = { trustee, signature };
  checkTrusteeApproval(location, operation, trusteeSet, approval);
  return approval;
}

/**
 * Refuses an approval that its trustee did not sign; one of a contract is left to the chain.
 *
 * @throws {TrusteesError} TRUSTEE_APPROVAL_MISMATCH
 */
export function checkTrusteeApproval(
  location: RegistryLocation,
  operation: TrusteeStatement,
  trusteeSet: number,
  { trustee, signature }: TrusteeApproval,
): void {
  if (isSignedBy(trustee.key, statementTypedData(location, operation, trusteeSet), signature)) return;
  throw new TrusteesError("TRUSTEE_APPROVAL_MISMATCH", "the approval is not signed by its trustee", {
    details: { trustee: keyIdOf(trustee.key) },
  });
}

/**
 * The approvals in the order that the registry demands: strictly ascending by key id.
 *
 * @throws {TrusteesError} TRUSTEES_TOO_FEW if there is none, TRUSTEE_DUPLICATE
 */
export function sortTrusteeApprovals(approvals: readonly TrusteeApproval[]): readonly TrusteeApproval[] {
  if (approvals.length === 0) throw new TrusteesError("TRUSTEES_TOO_FEW", "no trustee approves");
  const idOf = ({ trustee }: { readonly trustee: { readonly key: AgentKey } }) => keyIdOf(trustee.key);
  const sorted = [...approvals].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  const duplicate = sorted.find((approval, i) => i > 0 && idOf(approval) === idOf(sorted[i - 1] ?? approval));
  if (duplicate !== undefined) {
    throw new TrusteesError("TRUSTEE_DUPLICATE", "a trustee approves once", {
      details: { trustee: idOf(duplicate) },
    });
  }
  return sorted;
}

/**
 * What trustees sign in the place of an agent's counter: the number of their set, counted down from 2³² − 1, where no counter
 * comes. So one signature of a key that is agent and trustee does not serve for both.
 *
 * @throws {TrusteesError} TRUSTEE_SET_IMPLAUSIBLE for a number that no policy has: a node that lies could have a trustee sign as
 * an agent.
 */
export function trusteeCounter(trusteeSet: number): number {
  if (!Number.isInteger(trusteeSet) || trusteeSet < 0 || trusteeSet > MAX_SET) {
    throw new TrusteesError("TRUSTEE_SET_IMPLAUSIBLE", "no policy has had so many sets of trustees", {
      details: { trusteeSet },
    });
  }
  return MAX_COUNTER - trusteeSet;
}

/** What a trustee signs of an operation. @throws {TrusteesError} TRUSTEE_SET_IMPLAUSIBLE; {PolicyError} UINT_OUT_OF_RANGE */
export function statementTypedData(
  location: RegistryLocation,
  operation: TrusteeStatement,
  trusteeSet: number,
): TypedData {
  switch (operation.action) {
    case "CancelRecovery":
    case "Authorize":
      return operationTypedData(location, operation, trusteeCounter(trusteeSet));
    default:
      return trusteeTypedData(location, operation);
  }
}
