import type { Log, TransactionReceipt } from "ethers";
import { type Hex, type Hex32, hex, hex32 } from "../core/index.ts";
import { type AgentKey, type KeyId, keyIdOf } from "../keys/index.ts";
import {
  type Acceptance,
  NO_ACCEPTANCE,
  type Operation,
  operationStruct,
  PolicyError,
  type PolicyEvent,
  type PolicyId,
  rootSetStruct,
  type SignedOperation,
  type SlowChange,
  sortApprovals,
} from "../policy/index.ts";
import { chainError, decodeRevert } from "./decodeError.ts";
import { decodePolicyLog } from "./decodeLogs.ts";
import { ChainError } from "./errors.ts";
import { callRegistry, REGISTRY_INTERFACE, type Registry } from "./registry.ts";
import { withRetry } from "./retry.ts";

/** A call of the registry, for whatever sends transactions. */
export type RegistryCall = { readonly to: string; readonly data: Hex };

/** Port to an account that pays for transactions; every signer of ethers with a provider fits. */
export interface TransactionSender {
  getAddress(): Promise<string>;
  sendTransaction(call: { to: string; data: string }): Promise<{ readonly hash: string }>;
}

/** What came of a transaction. */
export type Receipt = {
  readonly transaction: Hex32;
  readonly block: number;
  readonly gasUsed: bigint;
  /** What the registry reported of policies, in order. */
  readonly events: readonly PolicyEvent[];
};

const METHODS = {
  CreatePolicy: "createPolicy",
  Authorize: "authorize",
  Revoke: "revoke",
  Renounce: "renounce",
  Renew: "renew",
  GovernanceChange: "schedule",
  Veto: "veto",
  Withdraw: "withdraw",
  Stop: "stop",
  LiftStop: "liftStop",
  VoidApprovals: "voidApprovals",
  EmergencyRotate: "emergencyRotate",
  TrusteeChange: "scheduleTrustees",
  PermitAnchor: "permitAnchor",
  AnchorBackup: "anchorBackup",
} as const satisfies Record<Exclude<Operation["action"], "CancelRecovery">, string>;

const CONFIRMATION_TIMEOUT_MS = 120_000;

/**
 * Asks the registry whether it would execute an operation with these approvers: everything but signatures and
 * acceptances is checked, so it can be asked before anybody signs. The registry answers for CreatePolicy, Authorize, Revoke
 * and Renounce; the others can be tried once they are signed, see `dryRun`.
 *
 * @throws {ChainError} the error with which the registry would refuse it, and those of the node
 */
export async function checkOperation(
  registry: Registry,
  operation: Operation,
  approvers: readonly AgentKey[],
): Promise<void> {
  const struct = operationStruct(operation);
  const ascending: readonly KeyId[] = approvers.map(keyIdOf).sort();
  switch (operation.action) {
    case "CreatePolicy":
    case "Renounce":
      await callRegistry(registry, `check${operation.action}`, [struct]);
      return;
    case "Authorize":
    case "Revoke":
      await callRegistry(registry, `check${operation.action}`, [struct, ascending]);
      return;
  }
}

/**
 * The transaction that executes a signed operation; changes that wait are scheduled by it.
 *
 * @throws {PolicyError} APPROVALS_EMPTY, APPROVAL_DUPLICATE, ROOT_SET_MISSING; TRUSTEES_MISSING for a CancelRecovery, see
 * `cancelRecoveryCall`
 */
export function operationCall(registry: Registry, signed: SignedOperation): RegistryCall {
  const { operation } = signed;
  if (operation.action === "CancelRecovery") {
    throw new PolicyError("TRUSTEES_MISSING", "a recovery is cancelled together with trustees");
  }
  return registryCall(registry, METHODS[operation.action], argumentsOf(signed));
}

/**
 * The transaction that adds approvals to a governance change that was scheduled before.
 *
 * @param signed The same operation, with approvals that it has not got yet.
 * @throws {PolicyError} APPROVALS_EMPTY, APPROVAL_DUPLICATE
 */
export function approveChangeCall(
  registry: Registry,
  signed: SignedOperation & { readonly operation: SlowChange },
): RegistryCall {
  const method = signed.operation.action === "TrusteeChange" ? "approveTrustees" : "approveChange";
  return registryCall(registry, method, [operationStruct(signed.operation), approvalsOf(signed)]);
}

/** The transaction that brings a governance change about in its time; anyone may send it. */
export function executeChangeCall(registry: Registry, policy: PolicyId, change: Hex32): RegistryCall {
  return registryCall(registry, "execute", [policy, change]);
}

/** The transaction that removes a governance change whose time has passed; anyone may send it. */
export function clearChangeCall(registry: Registry, policy: PolicyId, change: Hex32): RegistryCall {
  return registryCall(registry, "clear", [policy, change]);
}

function argumentsOf(signed: SignedOperation): readonly unknown[] {
  const { operation, rootSet } = signed;
  const struct = operationStruct(operation);
  const approvals = approvalsOf(signed);
  switch (operation.action) {
    case "CreatePolicy":
      return [struct, acceptancesOf(signed), approvals[0]];
    case "Authorize":
    case "GovernanceChange":
      return [struct, acceptancesOf(signed), approvals];
    case "Revoke":
    case "LiftStop":
    case "TrusteeChange":
    case "PermitAnchor":
      return [struct, approvals];
    case "EmergencyRotate":
      if (rootSet === undefined) {
        throw new PolicyError("ROOT_SET_MISSING", "a rotation reveals the root set that approves it");
      }
      return [struct, rootSetStruct(rootSet), signed.acceptances, approvals];
    default:
      return [struct, approvals[0]];
  }
}

/** An agent that approves consents by that, and the registry takes no acceptance of it. */
export function acceptancesOf({ operation, acceptances, approvals }: SignedOperation): readonly Acceptance[] {
  const approvers = new Set(approvals.map(({ key }) => keyIdOf(key)));
  const agents = agentsOf(operation);
  return acceptances.map((acceptance, i) => {
    const agent = agents[i];
    return agent !== undefined && approvers.has(keyIdOf(agent.key)) ? NO_ACCEPTANCE : acceptance;
  });
}

function agentsOf(operation: Operation): readonly { readonly key: AgentKey }[] {
  if (operation.action === "Authorize") return operation.changes;
  return "agents" in operation ? operation.agents : [];
}

/** As the registry takes them. @throws {PolicyError} APPROVALS_EMPTY, APPROVAL_DUPLICATE */
export function approvalsOf(signed: SignedOperation) {
  return sortApprovals(signed.approvals).map(({ key, signature }) => ({ key: key.material, signature }));
}

/** The transaction that makes the newest leaves of a generation provable (protocol §3.3); anyone may send it. */
export function checkpointCall(registry: Registry, generation: number): RegistryCall {
  return registryCall(registry, "checkpoint", [generation]);
}

/**
 * Tries a call against the newest block, then sends it. Returns as soon as the node has the transaction: keep the hash
 * and, after an interruption, go on with {@link awaitReceipt}. An operation cannot be executed twice: its nonce, or a
 * policy's address, is used up.
 *
 * @param sender The agent itself, or anybody who relays (requirement A3).
 * @returns The transaction's hash.
 * @throws {ChainError} the error with which the registry refuses it, SENDER_FUNDS_MISSING, SENDER_ACCOUNT_BUSY,
 * SENDER_REJECTED, and those of the node
 */
export async function sendCall(
  registry: Registry,
  sender: TransactionSender,
  call: RegistryCall,
): Promise<Hex32> {
  try {
    const from = await sender.getAddress();
    await withRetry(() => registry.provider.call({ ...call, from }), registry.retry);
    // Not retried: a transaction may have got through though its answer did not.
    const { hash } = await sender.sendTransaction({ ...call });
    return hex32(hash);
  } catch (error) {
    throw chainError(error);
  }
}

/**
 * Waits until a transaction is in a block and tells what it did.
 *
 * @param timeoutMs How long to wait; two minutes by default.
 * @throws {ChainError} TRANSACTION_NOT_CONFIRMED if that was not long enough, in which case it may still get through;
 * the registry's own error if it failed in its block; and those of the node
 */
export async function awaitReceipt(
  registry: Registry,
  transaction: Hex32,
  timeoutMs: number = CONFIRMATION_TIMEOUT_MS,
): Promise<Receipt> {
  const receipt = await waitFor(registry, transaction, timeoutMs);
  if (receipt.status === 0) throw await reasonOf(registry, receipt);
  const own = receipt.logs.filter(({ address }) => address.toLowerCase() === registry.location.registry);
  return {
    transaction,
    block: receipt.blockNumber,
    gasUsed: receipt.gasUsed,
    events: own.flatMap((log: Log) => decodePolicyLog(log)?.event ?? []),
  };
}

/** {@link operationCall}, {@link sendCall} and {@link awaitReceipt} in one. */
export async function executeOperation(
  registry: Registry,
  sender: TransactionSender,
  signed: SignedOperation,
): Promise<Receipt> {
  return awaitReceipt(registry, await sendCall(registry, sender, operationCall(registry, signed)));
}

/** A call of one of the registry's functions. */
export function registryCall(registry: Registry, method: string, args: readonly unknown[]): RegistryCall {
  return { to: registry.location.registry, data: hex(REGISTRY_INTERFACE.encodeFunctionData(method, args)) };
}

async function waitFor(
  registry: Registry,
  transaction: Hex32,
  timeoutMs: number,
): Promise<TransactionReceipt> {
  let receipt: TransactionReceipt | null;
  try {
    receipt = await registry.provider.waitForTransaction(transaction, 1, timeoutMs);
  } catch (error) {
    const typed = chainError(error);
    if (!(typed instanceof ChainError) || typed.code !== "NODE_TIMEOUT") throw typed;
    receipt = null;
  }
  if (receipt === null) {
    throw new ChainError("TRANSACTION_NOT_CONFIRMED", "the transaction is not in a block yet", {
      details: { transaction },
    });
  }
  return receipt;
}

/** Executes a failed transaction again, as of its block, to learn why it failed. */
async function reasonOf(registry: Registry, receipt: TransactionReceipt): Promise<Error> {
  const { provider, retry } = registry;
  try {
    const transaction = await withRetry(() => provider.getTransaction(receipt.hash), retry);
    if (transaction !== null) {
      const { to, from, data } = transaction;
      await withRetry(() => provider.call({ to, from, data, blockTag: receipt.blockNumber }), retry);
    }
  } catch (error) {
    return chainError(error);
  }
  return decodeRevert("0x");
}
