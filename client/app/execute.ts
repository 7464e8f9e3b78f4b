import {
  awaitReceipt,
  executeOperation,
  type Receipt,
  type Registry,
  type RegistryCall,
  readAgent,
  readHead,
  readNonce,
  readPolicy,
  sendCall,
  type TransactionSender,
  withRetry,
} from "../chain/index.ts";
import {
  type AgentKey,
  type AgentSigner,
  agentSignerOf,
  type KeyId,
  keyIdOf,
  type PolicySigner,
} from "../keys/index.ts";
import {
  type Approval,
  approve,
  carriesCounter,
  directApproval,
  type Operation,
  type OperationContext,
  type PolicyId,
  type SignedOperation,
} from "../policy/index.ts";
import { AppError } from "./errors.ts";

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

/** An actor that acts for itself alone. */
export type LoneActor = Omit<PolicyActor, "coSigners" | "lane">;

/** What is known of the chain when an operation without a nonce is built. */
export type Statement = {
  readonly policy: PolicyId;
  readonly epoch: number;
  readonly now: bigint;
  readonly agent: KeyId;
};

/** @throws {ChainError} AGENT_POLICY_UNKNOWN, and those of the node */
export async function contextOf(actor: Omit<PolicyActor, "sender">): Promise<OperationContext> {
  const { registry, policy, lane = 0n } = actor;
  const { agent: proposer, ...statement } = await statementOf(actor);
  return { ...statement, proposer, lane, nonce: await readNonce(registry, policy, proposer, lane) };
}

/** @throws {ChainError} AGENT_POLICY_UNKNOWN, and those of the node */
export async function statementOf(
  actor: Pick<PolicyActor, "registry" | "signer" | "policy">,
): Promise<Statement> {
  const { registry, signer, policy } = actor;
  const agent = keyIdOf((await agentSignerOf(signer)).key);
  const head = await readHead(registry);
  const { epoch } = await readPolicy(registry, policy, head.number);
  return { policy, epoch, now: head.time, agent };
}

/**
 * Has everyone sign, and sends.
 *
 * @throws {AppError} SENDER_MISSING; {ChainError} the registry's refusal, or those of the node
 */
export async function signAndSend(
  actor: Actor,
  unsigned: Omit<SignedOperation, "approvals">,
): Promise<Receipt> {
  const { registry, signer } = actor;
  const sender = actor.sender ?? senderOf(signer);
  const approvals = await approvalsBy(actor, unsigned.operation, await sender.getAddress());
  return executeOperation(registry, sender, { ...unsigned, approvals });
}

/** The approvals of an actor and its co-signers; the sender approves by sending. */
export async function approvalsBy(
  { registry, signer, coSigners = [] }: Actor,
  operation: Operation,
  sender?: string,
): Promise<readonly Approval[]> {
  const signers = await Promise.all([signer, ...coSigners].map(agentSignerOf));
  const approvals: Approval[] = [];
  // One after the other: each may ask its user.
  for (const one of signers) {
    const direct = one.key.material === sender?.toLowerCase() && (await speaksForItself(registry, one.key));
    approvals.push(direct ? directApproval(one.key) : await approveNow(registry, one, operation));
  }
  return approvals;
}

/** Code that acts for an account (EIP-7702) does not speak for its key, which has to sign then. */
async function speaksForItself({ provider, retry }: Registry, key: AgentKey): Promise<boolean> {
  if (key.kind !== "SECP256K1") return true;
  return (await withRetry(() => provider.getCode(key.material), retry)) === "0x";
}

/** Signs with the counter that the signer has now. @throws {ChainError} AGENT_POLICY_AGENT_UNKNOWN, and those of the node */
export async function approveNow(
  registry: Registry,
  signer: AgentSigner,
  operation: Operation,
): Promise<Approval> {
  const counter = carriesCounter(operation)
    ? (await readAgent(registry, operation.policy, keyIdOf(signer.key))).counter
    : 0;
  return approve(signer, registry.location, operation, counter);
}

/** Sends a call and waits until it is in a block. @throws {ChainError} the registry's refusal, or those of the node */
export async function send(
  registry: Registry,
  sender: TransactionSender,
  call: RegistryCall,
): Promise<Receipt> {
  return awaitReceipt(registry, await sendCall(registry, sender, call));
}

/** @throws {AppError} SENDER_MISSING if the agent's key is not an account on the chain */
export function senderOf(signer: PolicySigner): TransactionSender {
  if (!isSender(signer)) {
    throw new AppError("SENDER_MISSING", "name who sends: the agent's key is not an account on the chain");
  }
  return signer;
}

function isSender(signer: PolicySigner): signer is PolicySigner & TransactionSender {
  return "sendTransaction" in signer && typeof signer.sendTransaction === "function";
}
