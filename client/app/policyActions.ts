import {
  checkOperation,
  executeOperation,
  policyExists,
  type Receipt,
  type Registry,
  readHead,
  readNonce,
  readPolicy,
  type TransactionSender,
} from "../chain/index.ts";
import {
  type AgentKey,
  agentSignerOf,
  derivePolicySecrets,
  generateAgentSecrets,
  generatePolicyLabel,
  type KeyId,
  keyIdOf,
  type LinkSecret,
  type PolicyLabel,
  type PolicySigner,
} from "../keys/index.ts";
import {
  type Acceptance,
  type AgentRevocation,
  type Approval,
  type Authorizations,
  acceptancesFor,
  approve,
  buildAuthorize,
  buildCreatePolicy,
  buildRenounce,
  buildRevoke,
  checkAcceptance,
  commitToPolicySecrets,
  creatorOf,
  directApproval,
  type Expiry,
  NO_EXPIRY,
  type Operation,
  type OperationContext,
  type PolicyId,
  policyAddress,
} from "../policy/index.ts";
import { AppError } from "./errors.ts";
import { type Admission, checkAnswer } from "./invitation.ts";
import { type AgentRecord, grantOf, policySecretsOf } from "./record.ts";

/** Who acts, and who pays for it. */
export type Actor = {
  readonly registry: Registry;
  /** The policy key of an agent that may do it. Any signer of ethers fits, and the signers of other kinds of keys. */
  readonly signer: PolicySigner;
  /** Who sends the transaction, if not the agent itself: anyone may (requirement A3). */
  readonly sender?: TransactionSender;
  /** Further agents that approve. */
  readonly coSigners?: readonly PolicySigner[];
};

/** An actor in a policy. */
export type PolicyActor = Actor & {
  readonly policy: PolicyId;
  /** See `Replay`; 0 by default. */
  readonly lane?: bigint;
};

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
  /** Agents that belong to the policy from the start, with the invitations that they answered. */
  readonly agents?: readonly Admission[];
};

/**
 * Creates the policy of a record. After an interruption, call it again with the same record: a policy that exists is not
 * created twice.
 *
 * @returns What happened, or undefined if the policy exists already.
 * @throws {AppError} SIGNER_MISMATCH, SENDER_MISSING, ANSWER_MISMATCH
 * @throws {ChainError} the registry's refusal, or those of the node
 */
export async function createPolicy(options: CreateOptions): Promise<Receipt | undefined> {
  const { registry, record, agents = [] } = options;
  if (await policyExists(registry, record.policy)) return undefined;
  const { time: now } = await readHead(registry);
  const operation = buildCreatePolicy({
    location: registry.location,
    ownerCommitment: commitToPolicySecrets(policySecretsOf(record)),
    creator: { key: record.key, grant: grantOf(record) },
    agents: agents.map(({ answer }) => answer.change),
    now,
  });
  if (operation.policy !== record.policy) {
    throw new AppError("SIGNER_MISMATCH", "the record is of another registry or key", {
      details: { policy: record.policy },
    });
  }
  return execute(options, operation, agents);
}

/**
 * Lets agents in that answered invitations, with the rights that they were invited to and accepted, all or nothing. The
 * newest leaves become provable at once (protocol §3.3).
 *
 * @throws {AppError} ANSWER_MISMATCH if an answer asks for anything but what its invitation offers; SENDER_MISSING
 * @throws {PolicyError} ACCEPTANCE_MISMATCH, SIGNATURE_MALFORMED, and those of `buildAuthorize`
 * @throws {ChainError} the registry's refusal, or those of the node
 */
export async function authorizeAgents(
  actor: PolicyActor,
  admissions: readonly Admission[],
): Promise<Receipt> {
  const changes = admissions.map(({ answer }) => answer.change);
  return execute(actor, buildAuthorize({ ...(await contextOf(actor)), changes }), admissions);
}

/**
 * Sets the rights of known agents that gain no PROVE by it.
 *
 * @param changes All rights that each agent is to have afterwards.
 * @throws {PolicyError} those of `buildAuthorize`
 * @throws {ChainError} the registry's refusal, or those of the node
 */
export async function changeAuthorizations(
  actor: PolicyActor,
  changes: readonly { readonly key: AgentKey; readonly authorizations: Authorizations }[],
): Promise<Receipt> {
  return execute(actor, buildAuthorize({ ...(await contextOf(actor)), changes }), []);
}

/**
 * Takes rights from agents. One that loses PROVE can prove no more from that block on, to a verifier that asks for the
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
 * Gives up rights of the signer's own; needs nobody's leave.
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

async function contextOf({ registry, signer, policy, lane = 0n }: PolicyActor): Promise<OperationContext> {
  const proposer = keyIdOf((await agentSignerOf(signer)).key);
  const head = await readHead(registry);
  const { epoch } = await readPolicy(registry, policy, head.number);
  const nonce = await readNonce(registry, policy, proposer, lane);
  return { policy, epoch, proposer, lane, nonce, now: head.time };
}

/** Asks the registry before anybody signs, then signs and sends. */
async function execute(
  actor: Actor,
  operation: Operation,
  admissions: readonly Admission[],
): Promise<Receipt> {
  for (const admission of admissions) checkAnswer(admission);
  const { registry, signer, coSigners = [] } = actor;
  const sender = actor.sender ?? senderOf(signer);
  const signers = await Promise.all([signer, ...coSigners].map(agentSignerOf));
  const keys = signers.map(({ key }) => key);
  await checkOperation(registry, operation, keys);
  const acceptances = checkedAcceptances(registry, operation, admissions, keys);
  const approvals: Approval[] = [];
  const from = await sender.getAddress();
  for (const one of signers) {
    // The sender approves by sending.
    const direct = one.key.material === from.toLowerCase();
    approvals.push(direct ? directApproval(one.key) : await approve(one, registry.location, operation));
  }
  return executeOperation(registry, sender, { operation, acceptances, approvals });
}

function checkedAcceptances(
  { location }: Registry,
  operation: Operation,
  admissions: readonly Admission[],
  approvers: readonly AgentKey[],
): readonly Acceptance[] {
  if (operation.action === "Revoke" || operation.action === "Renounce") return [];
  const given = new Map<KeyId, Acceptance>();
  const epoch = operation.action === "Authorize" ? operation.epoch : 1;
  for (const { answer } of admissions) {
    const { change, acceptance } = answer;
    checkAcceptance(location, { policy: operation.policy, epoch, change, acceptance });
    given.set(keyIdOf(change.key), acceptance);
  }
  const changes = operation.action === "Authorize" ? operation.changes : operation.agents;
  return acceptancesFor(changes, given, approvers);
}

function senderOf(signer: PolicySigner): TransactionSender {
  if (!isSender(signer)) {
    throw new AppError("SENDER_MISSING", "name who sends: the agent's key is not an account on the chain");
  }
  return signer;
}

function isSender(signer: PolicySigner): signer is PolicySigner & TransactionSender {
  return "sendTransaction" in signer && typeof signer.sendTransaction === "function";
}
