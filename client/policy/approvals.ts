import { type Hex, isDkmsError } from "../core/index.ts";
import {
  type AgentKey,
  agentSignerOf,
  type KeyId,
  keyIdOf,
  type PolicySigner,
  type TypedData,
  typedDataDigest,
  verifySignature,
} from "../keys/index.ts";
import { PolicyError } from "./errors.ts";
import type { RegistryLocation } from "./identifiers.ts";
import type { AcceptanceOffer, AgentChange, Operation } from "./operations.ts";
import type { RootSet } from "./rootSet.ts";
import type { RecoveryOffer } from "./trusteeOperations.ts";
import {
  acceptanceTypedData,
  carriesCounter,
  operationTypedData,
  recoveryAcceptanceTypedData,
} from "./typedData.ts";

/** A key's consent to an operation. With an empty signature (`0x`) it counts only if that key sends it itself. */
export type Approval = {
  readonly key: AgentKey;
  readonly signature: Hex;
  /** The key's counter that was signed with it; 0 where none is, see `carriesCounter`. */
  readonly counter: number;
};

/** An agent's consent to what an operation gives it. */
export type Acceptance = { readonly deadline: bigint; readonly signature: Hex };

/** An operation with all that the registry wants to see before it executes it; anyone may send it. */
export type SignedOperation = {
  readonly operation: Operation;
  /** One for each agent that it gives something to, see {@link acceptancesFor}; none where it gives nothing. */
  readonly acceptances: readonly Acceptance[];
  /** In any order. */
  readonly approvals: readonly Approval[];
  /** Revealed with an EmergencyRotate, and only with one. */
  readonly rootSet?: RootSet;
};

/** The approval of an agent that sends the transaction itself: it needs no signature. */
export function directApproval(key: AgentKey): Approval {
  return { key, signature: "0x", counter: 0 };
}

/** Stands for an agent that consents otherwise: it approves the operation itself, or needs not to be asked. */
export const NO_ACCEPTANCE: Acceptance = { deadline: 0n, signature: "0x" };

/**
 * Signs an operation.
 *
 * @param signer Any signer of ethers, or another {@link PolicySigner}.
 * @param counter Of the signer in the policy; 0 unless it voided approvals.
 * @throws {PolicyError} SIGNATURE_MALFORMED, APPROVAL_MISMATCH if the signer signs as somebody else than it says.
 */
export async function approve(
  signer: PolicySigner,
  location: RegistryLocation,
  operation: Operation,
  counter = 0,
): Promise<Approval> {
  const signed = carriesCounter(operation) ? counter : 0;
  const approval = {
    ...(await sign(signer, operationTypedData(location, operation, signed))),
    counter: signed,
  };
  checkApproval(location, operation, approval);
  return approval;
}

/**
 * Signs the consent of an agent to its part of an operation; the signer is that agent.
 *
 * @throws {PolicyError} SIGNATURE_MALFORMED, ACCEPTANCE_MISMATCH if the signer is not the agent of the offer.
 */
export async function accept(
  signer: PolicySigner,
  location: RegistryLocation,
  offer: AcceptanceOffer,
): Promise<Acceptance> {
  const { signature } = await sign(signer, acceptanceTypedData(location, offer));
  const acceptance = { deadline: offer.deadline, signature };
  checkAcceptance(location, { ...offer, acceptance });
  return acceptance;
}

/**
 * Refuses an approval that its key did not sign; one of a contract is left to the chain.
 *
 * @throws {PolicyError} SIGNATURE_MALFORMED, APPROVAL_MISMATCH
 */
export function checkApproval(location: RegistryLocation, operation: Operation, approval: Approval): void {
  if (!maySign(approval.key, operationTypedData(location, operation, approval.counter), approval.signature)) {
    throw new PolicyError("APPROVAL_MISMATCH", "the approval is not signed by its key", {
      details: { key: approval.key.material },
    });
  }
}

/** An acceptance together with what it should accept. */
export type AcceptanceCheck = {
  readonly policy: AcceptanceOffer["policy"];
  readonly epoch: number;
  readonly change: AgentChange;
  readonly acceptance: Acceptance;
};

/**
 * Refuses an acceptance that its agent did not sign for exactly this change; one of a contract is left to the chain.
 *
 * @throws {PolicyError} SIGNATURE_MALFORMED, ACCEPTANCE_MISMATCH
 */
export function checkAcceptance(location: RegistryLocation, check: AcceptanceCheck): void {
  const { acceptance, ...offer } = check;
  const data = acceptanceTypedData(location, { ...offer, deadline: acceptance.deadline });
  if (!maySign(check.change.key, data, acceptance.signature)) {
    throw new PolicyError("ACCEPTANCE_MISMATCH", "the acceptance is not the agent's for this change", {
      details: { agent: keyIdOf(check.change.key) },
    });
  }
}

/**
 * Signs the consent of an agent to what a recovery gives it; the signer is that agent.
 *
 * @throws {PolicyError} SIGNATURE_MALFORMED, ACCEPTANCE_MISMATCH if the signer is not the agent of the offer.
 */
export async function acceptRecovery(
  signer: PolicySigner,
  location: RegistryLocation,
  offer: RecoveryOffer,
): Promise<Acceptance> {
  const { signature } = await sign(signer, recoveryAcceptanceTypedData(location, offer));
  const acceptance = { deadline: offer.deadline, signature };
  checkRecoveryAcceptance(location, { ...offer, acceptance });
  return acceptance;
}

/**
 * Refuses an acceptance that its agent did not sign for exactly this power in this recovery; one of a contract is left to the
 * chain.
 *
 * @throws {PolicyError} SIGNATURE_MALFORMED, ACCEPTANCE_MISMATCH
 */
export function checkRecoveryAcceptance(
  location: RegistryLocation,
  check: Omit<RecoveryOffer, "deadline"> & { readonly acceptance: Acceptance },
): void {
  const { acceptance, ...offer } = check;
  const data = recoveryAcceptanceTypedData(location, { ...offer, deadline: acceptance.deadline });
  if (!maySign(check.power.key, data, acceptance.signature)) {
    throw new PolicyError("ACCEPTANCE_MISMATCH", "the acceptance is not the agent's for this recovery", {
      details: { agent: keyIdOf(check.power.key) },
    });
  }
}

/**
 * The approvals in the order that the registry demands: strictly ascending by key id.
 *
 * @throws {PolicyError} APPROVALS_EMPTY, APPROVAL_DUPLICATE
 */
export function sortApprovals(approvals: readonly Approval[]): readonly Approval[] {
  if (approvals.length === 0) throw new PolicyError("APPROVALS_EMPTY", "an operation needs an approval");
  const sorted = approvals
    .map((approval) => ({ approval, id: keyIdOf(approval.key) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const duplicate = sorted.find(({ id }, i) => id === sorted[i - 1]?.id);
  if (duplicate !== undefined) {
    throw new PolicyError("APPROVAL_DUPLICATE", "a key approves an operation once", {
      details: { agent: duplicate.id },
    });
  }
  return sorted.map(({ approval }) => approval);
}

/**
 * One acceptance for each change, in the order of the changes: {@link NO_ACCEPTANCE} where an approver consents by
 * approving, or where none is given and PROVE is not gained.
 *
 * @param given Acceptances by the key id of their agent.
 * @throws {PolicyError} ACCEPTANCE_MISSING if an agent that gains PROVE neither accepts nor approves.
 */
export function acceptancesFor(
  changes: readonly Pick<AgentChange, "key" | "grant">[],
  given: ReadonlyMap<KeyId, Acceptance>,
  approvers: readonly AgentKey[],
): readonly Acceptance[] {
  const approving = new Set(approvers.map(keyIdOf));
  return changes.map(({ key, grant }) => {
    const agent = keyIdOf(key);
    if (approving.has(agent)) return NO_ACCEPTANCE;
    const acceptance = given.get(agent);
    if (acceptance !== undefined) return acceptance;
    if (grant !== undefined) {
      throw new PolicyError("ACCEPTANCE_MISSING", "an agent that gains PROVE has to accept it", {
        details: { agent },
      });
    }
    return NO_ACCEPTANCE;
  });
}

async function sign(signer: PolicySigner, data: TypedData): Promise<Omit<Approval, "counter">> {
  const agent = await agentSignerOf(signer);
  return { key: agent.key, signature: await agent.sign(data) };
}

/** False if the key did not sign; of a contract's signature only the chain knows. */
function maySign(key: AgentKey, data: TypedData, signature: Hex): boolean {
  try {
    return verifySignature(key, typedDataDigest(data), signature) !== "NOT_SIGNED";
  } catch (cause) {
    if (!isDkmsError(cause, "KEY_SIGNATURE_MALFORMED")) throw cause;
    throw new PolicyError("SIGNATURE_MALFORMED", "the signature has not the form of its key's kind", {
      cause,
    });
  }
}
