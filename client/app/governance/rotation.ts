import {
  executeOperation,
  type Receipt,
  type Registry,
  readHead,
  readPolicy,
  type TransactionSender,
} from "../../chain/index.ts";
import type { KeyId, PolicySigner } from "../../keys/index.ts";
import {
  type ApprovalBundle,
  addApproval,
  approve,
  buildEmergencyRotate,
  NO_ROOT_KEYS,
  openBundle,
  type PolicyId,
  type RootSet,
  type RotatedSettings,
  rootCommitment,
  safeSettings,
} from "../../policy/index.ts";
import { type Admission, consentsOf } from "../agents/invitation.ts";

export type RotationOptions = {
  readonly registry: Registry;
  readonly policy: PolicyId;
  /** The set that acts, and is used up by it: from paper, see `rootKitFromWords` and `parseRootSet`. */
  readonly rootSet: RootSet;
  /** All that are to hold power afterwards, with invitations of occasion ROTATION that they answered. */
  readonly admissions: readonly Admission[];
  /** The root keys from then on, printed by now; `undefined` means none. */
  readonly nextRootSet: RootSet | undefined;
  /** Agents that go on proving; nobody by default. */
  readonly survivors?: readonly KeyId[];
  /** Where they are to differ from `safeSettings`. */
  readonly settings?: Partial<Omit<RotatedSettings, "rootCommitment">>;
  /** How long approvals of root keys may be gathered, in seconds: an hour by default, 30 days at most. */
  readonly validFor?: bigint;
};

/**
 * What root keys sign to replace all power in a policy at once: all ADMINs, quorums and changes that wait end, and so does all
 * PROVE but the survivors'. Nobody who holds other keys can make it fail. For root keys in several places: each signs with
 * `approve` or `approveBundle`, and the bundle is sent by `submitBundle`.
 *
 * @throws {AppError} ANSWER_MISMATCH, INVITATION_UNFIT
 * @throws {PolicyError} those of `buildEmergencyRotate`
 */
export async function draftRotation(options: RotationOptions): Promise<ApprovalBundle> {
  const { registry, policy, rootSet, nextRootSet, survivors = [], validFor } = options;
  const { time: now, number } = await readHead(registry);
  const { epoch } = await readPolicy(registry, policy, number);
  const consents = consentsOf(options.admissions, "power", "ROTATION");
  const admins = consents.filter(
    ({ change }) => change.authorizations.includes("ADMIN") && change.key.kind !== "CONTRACT",
  );
  const {
    delay: _,
    window: __,
    ...safe
  } = safeSettings({
    admins: admins.length,
    rootCommitment: nextRootSet === undefined ? NO_ROOT_KEYS : rootCommitment(nextRootSet),
  });
  const operation = buildEmergencyRotate({
    ...{ policy, epoch, now, survivors },
    agents: consents.map(({ change }) => ({ key: change.key, authorizations: change.authorizations })),
    settings: { ...safe, ...options.settings },
    ...(validFor === undefined ? {} : { deadline: now + validFor }),
  });
  const acceptances = consents.map(({ acceptance }) => acceptance);
  return openBundle({ location: registry.location, operation, acceptances, rootSet }, now);
}

export type EmergencyRotateActor = RotationOptions & {
  /** Root keys, as many as their set's quorum; see `rootSigner`. */
  readonly rootSigners: readonly PolicySigner[];
  /** Anyone. */
  readonly sender: TransactionSender;
};

/**
 * Replaces all power in a policy at once, by the word of its root keys; see {@link draftRotation}.
 *
 * @throws {AppError} ANSWER_MISMATCH, INVITATION_UNFIT
 * @throws {PolicyError} those of `buildEmergencyRotate`; APPROVAL_DUPLICATE
 * @throws {ChainError} AGENT_POLICY_ROOT_MISMATCH, the registry's other refusals, and those of the node
 */
export async function emergencyRotate(options: EmergencyRotateActor): Promise<Receipt> {
  const { registry, rootSigners, sender } = options;
  let bundle = await draftRotation(options);
  for (const signer of rootSigners) {
    bundle = addApproval(bundle, await approve(signer, registry.location, bundle.operation));
  }
  return executeOperation(registry, sender, bundle);
}
