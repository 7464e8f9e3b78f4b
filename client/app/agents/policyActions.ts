import { checkOperation, policyExists, type Receipt, type Registry, readHead } from "../../chain/index.ts";
import {
  agentSignerOf,
  derivePolicySecrets,
  generateAgentSecrets,
  generatePolicyLabel,
  keyIdOf,
  type LinkSecret,
  type PolicyLabel,
  type PolicySigner,
} from "../../keys/index.ts";
import {
  type AgentChange,
  type AgentRevocation,
  type Authorizations,
  acceptancesFor,
  buildAuthorize,
  buildCreatePolicy,
  buildRenounce,
  buildRevoke,
  commitToPolicySecrets,
  creatorOf,
  type Expiry,
  NO_EXPIRY,
  NO_ROOT_KEYS,
  type Operation,
  type PolicySettings,
  policyAddress,
  type RootSet,
  rootCommitment,
  safeSettings,
} from "../../policy/index.ts";
import { AppError } from "../errors.ts";
import { type Actor, contextOf, type PolicyActor, senderOf, signAndSend } from "../execute.ts";
import { type Admission, type Consent, consentsOf } from "./invitation.ts";
import { type AgentRecord, grantOf, policySecretsOf } from "./record.ts";

export type DraftOptions = {
  readonly registry: Registry;
  readonly signer: PolicySigner;
  readonly linkSecret: LinkSecret;
  /** Fresh by default; the owner's backup holds it (protocol §2). */
  readonly label?: PolicyLabel;
  /** When the creator's PROVE ends; never by default. */
  readonly expiry?: Expiry;
};

/**
 * The first agent's record of a policy that does not exist yet; its address is known already. **Save it**, then
 * {@link createPolicy}.
 *
 * @throws {ChainError} those of the node
 * @throws {KeysError} LINK_SECRET_LENGTH, SECRET_ERASED
 */
export async function draftPolicy(options: DraftOptions): Promise<AgentRecord> {
  const { registry, signer, linkSecret, label = generatePolicyLabel(), expiry = NO_EXPIRY } = options;
  const { key } = await agentSignerOf(signer);
  const policySecrets = derivePolicySecrets(linkSecret, label);
  const creator = creatorOf(registry.location, keyIdOf(key));
  const { number: since } = await readHead(registry);
  return {
    location: registry.location,
    policy: policyAddress(commitToPolicySecrets(policySecrets), creator),
    ...{ creator, key, since, expiry, policySecrets },
    secrets: generateAgentSecrets(),
  };
}

export type CreateOptions = Actor & {
  /** As {@link draftPolicy} made it; saved by now. */
  readonly record: AgentRecord;
  /**
   * The root keys, see `makeRootKit`; printed by now. `undefined` means none: whoever then loses all ADMINs, or has them
   * stolen, has lost the policy.
   */
  readonly rootSet: RootSet | undefined;
  /** Agents that belong to the policy from the start, with the invitations that they answered. */
  readonly agents?: readonly Admission[];
  /** Where they are to differ from `safeSettings`. */
  readonly settings?: Partial<Omit<PolicySettings, "rootCommitment">>;
};

/**
 * Creates the policy of a record, with safe settings. After an interruption, call it again with the same record: a policy
 * that exists is not created twice.
 *
 * @returns What happened, or undefined if the policy exists already.
 * @throws {AppError} SIGNER_MISMATCH, SENDER_MISSING, ANSWER_MISMATCH, INVITATION_UNFIT
 * @throws {PolicyError} those of `buildCreatePolicy`
 * @throws {ChainError} the registry's refusal, or those of the node
 */
export async function createPolicy(options: CreateOptions): Promise<Receipt | undefined> {
  const { registry, record, agents = [] } = options;
  if (await policyExists(registry, record.policy)) return undefined;
  const { time: now } = await readHead(registry);
  const joining = consentsOf(agents, "joining", "CREATION");
  const operation = buildCreatePolicy({
    location: registry.location,
    ownerCommitment: commitToPolicySecrets(policySecretsOf(record)),
    creator: { key: record.key, grant: grantOf(record) },
    agents: joining.map(({ change }) => change),
    settings: settingsOf(options, joining),
    now,
  });
  if (operation.policy !== record.policy) {
    throw new AppError("SIGNER_MISMATCH", "the record is of another registry or key", {
      details: { policy: record.policy },
    });
  }
  return execute(options, operation, joining);
}

/**
 * Lets agents prove that answered invitations, all or nothing. The newest leaves become provable at once (protocol §3.3).
 * Power that they were invited to as well is proposed with `proposeChange`.
 *
 * @throws {AppError} ANSWER_MISMATCH if an answer asks for anything but what its invitation offers; INVITATION_UNFIT;
 * SENDER_MISSING
 * @throws {PolicyError} ACCEPTANCE_MISMATCH, SIGNATURE_MALFORMED, and those of `buildAuthorize`
 * @throws {ChainError} the registry's refusal, or those of the node
 */
export async function authorizeAgents(
  actor: PolicyActor,
  admissions: readonly Admission[],
): Promise<Receipt> {
  const joining = consentsOf(admissions, "joining", "CHANGE");
  const changes = joining.map(({ change }) => change);
  return execute(actor, buildAuthorize({ ...(await contextOf(actor)), changes }), joining);
}

/**
 * Takes PROVE from agents, and PROVE_GRANT and PROVE_REVOKE from those without ADMIN; other power is taken with
 * `proposeChange`. One that loses PROVE can prove no more from that block on, to a verifier that asks for the
 * current revocation root.
 *
 * @throws {PolicyError} those of `buildRevoke`
 * @throws {ChainError} AGENT_POLICY_NOTHING_TO_REVOKE if all is gone already; the registry's other refusals; those of the node
 */
export async function revokeAgents(
  actor: PolicyActor,
  revocations: readonly AgentRevocation[],
): Promise<Receipt> {
  return execute(actor, buildRevoke({ ...(await contextOf(actor)), revocations }), []);
}

/**
 * Gives up rights of the signer's own; needs nobody's leave, as long as the policy can act without it.
 *
 * @throws {PolicyError} those of `buildRenounce`
 * @throws {ChainError} the registry's refusal, or those of the node
 */
export async function renounceAuthorizations(
  actor: Omit<PolicyActor, "coSigners">,
  authorizations: Authorizations,
): Promise<Receipt> {
  const { proposer, ...context } = await contextOf(actor);
  return execute(actor, buildRenounce({ ...context, agent: proposer, authorizations }), []);
}

/** Asks the registry before anybody signs, then signs and sends. */
async function execute(actor: Actor, operation: Operation, joining: readonly Consent[]): Promise<Receipt> {
  const { registry, signer, coSigners = [] } = actor;
  if (actor.sender === undefined) senderOf(signer);
  const signers = await Promise.all([signer, ...coSigners].map(agentSignerOf));
  const keys = signers.map(({ key }) => key);
  await checkOperation(registry, operation, keys);
  const given = new Map(joining.map(({ change, acceptance }) => [keyIdOf(change.key), acceptance]));
  return signAndSend(actor, { operation, acceptances: acceptancesFor(changesOf(operation), given, keys) });
}

function changesOf(operation: Operation): readonly AgentChange[] {
  if (operation.action === "CreatePolicy") return operation.agents;
  return operation.action === "Authorize" ? operation.changes : [];
}

function settingsOf({ rootSet, settings = {} }: CreateOptions, joining: readonly Consent[]): PolicySettings {
  const counted = joining.filter(
    ({ change }) =>
      change.authorizations.includes("ADMIN") &&
      (change.key.kind !== "CONTRACT" || settings.contractKeysCount === true),
  );
  const root = rootSet === undefined ? NO_ROOT_KEYS : rootCommitment(rootSet);
  return { ...safeSettings({ admins: 1 + counted.length, rootCommitment: root }), ...settings };
}
