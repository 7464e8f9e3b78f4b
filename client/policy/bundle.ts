import { type KeyId, keyIdOf, type PolicySigner, typedDataDigest } from "../keys/index.ts";
import { type Approval, approve, checkApproval, type SignedOperation } from "./approvals.ts";
import { deadlineOf } from "./builders.ts";
import { PolicyError } from "./errors.ts";
import type { RegistryLocation } from "./identifiers.ts";
import { approvalNeeds, type Need } from "./needs.ts";
import type { PolicyState } from "./state.ts";
import { carriesCounter, operationTypedData } from "./typedData.ts";
import { type AgentNames, listed, naming, utc } from "./words.ts";

/**
 * An operation whose approvals are being gathered, over days and devices: it travels as text (`serializeBundle`), each
 * approver adds its own, and bundles are merged. It holds no secret, but says what is about to happen.
 */
export type ApprovalBundle = SignedOperation & { readonly location: RegistryLocation };

/**
 * A bundle without approvals.
 *
 * @param options `now`: time of the chain's head block, in seconds.
 * @throws {PolicyError} DEADLINE_PASSED, DEADLINE_TOO_FAR; ROOT_SET_MISSING exactly if an EmergencyRotate lacks its set
 */
export function openBundle(bundle: Omit<ApprovalBundle, "approvals">, now: bigint): ApprovalBundle {
  deadlineOf({ now, deadline: bundle.operation.deadline });
  if (bundle.operation.action === "EmergencyRotate")
    approvalNeeds(bundle.operation, { ...bundle, state: undefined, now });
  return { ...bundle, approvals: [] };
}

/**
 * The bundle with one more approval.
 *
 * @throws {PolicyError} APPROVAL_DUPLICATE, APPROVAL_MISMATCH, SIGNATURE_MALFORMED
 */
export function addApproval(bundle: ApprovalBundle, approval: Approval): ApprovalBundle {
  const { location, operation, approvals } = bundle;
  const agent = keyIdOf(approval.key);
  if (approvals.some(({ key }) => keyIdOf(key) === agent)) {
    throw new PolicyError("APPROVAL_DUPLICATE", "a key approves an operation once", { details: { agent } });
  }
  checkApproval(location, operation, approval);
  return { ...bundle, approvals: [...approvals, approval] };
}

/**
 * The bundle with the approval that a signer gives now.
 *
 * @param counter Of the signer in the policy, see `AgentState`.
 * @throws {PolicyError} as {@link addApproval}
 */
export async function approveBundle(
  signer: PolicySigner,
  bundle: ApprovalBundle,
  counter = 0,
): Promise<ApprovalBundle> {
  return addApproval(bundle, await approve(signer, bundle.location, bundle.operation, counter));
}

/**
 * The approvals of two bundles of one operation. Of a key that approved in both, the one with the higher counter stays.
 *
 * @throws {PolicyError} BUNDLE_OPERATION_MISMATCH if they are of two operations, registries or sets of acceptances;
 * APPROVAL_MISMATCH, SIGNATURE_MALFORMED
 */
export function mergeBundles(one: ApprovalBundle, other: ApprovalBundle): ApprovalBundle {
  if (identity(one) !== identity(other)) {
    throw new PolicyError("BUNDLE_OPERATION_MISMATCH", "these are approvals of different operations", {
      details: { one: one.operation.action, other: other.operation.action },
    });
  }
  const approvals = new Map<KeyId, Approval>();
  for (const approval of [...one.approvals, ...other.approvals]) {
    checkApproval(one.location, one.operation, approval);
    const agent = keyIdOf(approval.key);
    const known = approvals.get(agent);
    if (known === undefined || known.counter < approval.counter) approvals.set(agent, approval);
  }
  return { ...one, approvals: [...approvals.values()] };
}

/** What is still to be approved: `quorum` more of the agents `of`. */
export type MissingApprovals = Need;

/**
 * What a bundle lacks, today; empty if it can be sent.
 *
 * @param state Of the policy; undefined only for a CreatePolicy.
 * @param now Time of the chain's head block, in seconds.
 * @throws {PolicyError} APPROVER_FOREIGN for an approval that the registry would refuse as of no right; APPROVAL_VOIDED for
 * one whose key has voided its approvals since; DEADLINE_PASSED, DEADLINE_TOO_FAR, POLICY_STATE_MISSING, ROOT_SET_MISSING
 */
export function missingApprovals(
  bundle: ApprovalBundle,
  state: PolicyState | undefined,
  now: bigint,
): readonly MissingApprovals[] {
  const { operation, approvals } = bundle;
  deadlineOf({ now, deadline: operation.deadline });
  const needs = approvalNeeds(operation, { ...bundle, state, now });
  for (const approval of approvals) checkApprover(bundle, approval, needs, state);
  const given = new Set(approvals.map(({ key }) => keyIdOf(key)));
  return needs.flatMap(({ right, quorum, of }) => {
    const open = of.filter((agent) => !given.has(agent));
    const missing = quorum - (of.length - open.length);
    return missing > 0 ? [{ right, quorum: missing, of: open }] : [];
  });
}

/**
 * What a bundle lacks, in words: "needs 1 more ADMIN of: laptop (0x12ab…34cd)"; "is complete" if nothing.
 *
 * @throws {PolicyError} as {@link missingApprovals}
 */
export function describeMissing(
  bundle: ApprovalBundle,
  options: { readonly state: PolicyState | undefined; readonly now: bigint; readonly nameOf?: AgentNames },
): string {
  const name = naming(options.nameOf);
  const missing = missingApprovals(bundle, options.state, options.now);
  if (missing.length === 0) return "is complete";
  const parts = missing.map(({ right, quorum, of }) =>
    right === "OWN" ? listed(of.map(name)) : `${quorum} more ${NOUNS[right]} of: ${of.map(name).join(", ")}`,
  );
  return `needs ${parts.join(", and ")}, by ${utc(bundle.operation.deadline)}`;
}

const NOUNS = {
  ADMIN: "ADMIN",
  PROVE_GRANT: "agent that may let others prove",
  PROVE_REVOKE: "agent that may stop others from proving",
  ROOT: "root key",
} as const satisfies Record<Exclude<Need["right"], "OWN">, string>;

function checkApprover(
  { operation }: ApprovalBundle,
  { key, counter }: Approval,
  needs: readonly Need[],
  state: PolicyState | undefined,
): void {
  const agent = keyIdOf(key);
  // The proposer counts by a right of its own, where the operation needs one.
  const weighing = needs.length === 1 ? needs : needs.filter(({ right }) => right !== "OWN");
  if (!weighing.some(({ of }) => of.includes(agent))) {
    throw new PolicyError("APPROVER_FOREIGN", "this key has no right that the operation needs", {
      details: { agent, action: operation.action },
    });
  }
  const current = carriesCounter(operation) ? (state?.agents.get(agent)?.counter ?? 0) : 0;
  if (counter !== current) {
    throw new PolicyError("APPROVAL_VOIDED", "this key has voided its approvals since: have it sign again", {
      details: { agent, counter, current },
    });
  }
}

/** Equal for bundles of one operation only. */
function identity({ location, operation, acceptances, rootSet }: ApprovalBundle): string {
  const digest = typedDataDigest(operationTypedData(location, operation));
  return JSON.stringify([digest, acceptances, rootSet], (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}
