import { DkmsError } from "../core/index.ts";
import type { CONTRACT_ERROR_CODES } from "./generated/abi.ts";

/** One for each custom error of the contracts; `details` are its arguments by name. */
export type ContractErrorCode = (typeof CONTRACT_ERROR_CODES)[keyof typeof CONTRACT_ERROR_CODES];

/** What can go wrong between client, node and chain. */
export type NodeErrorCode =
  | "ACTION_MALFORMED"
  | "CHAIN_ID_MISMATCH"
  | "CHAIN_REORGANISED"
  | "CONTRACT_ERROR_UNKNOWN"
  | "CONTRACT_NOT_FOUND"
  | "CONTRACT_PANICKED"
  | "CONTRACT_REVERTED"
  | "DEPLOYMENT_MALFORMED"
  | "DEPLOYMENT_NOT_FOUND"
  | "NODE_ANSWER_MALFORMED"
  | "NODE_FAILED"
  | "NODE_RATE_LIMITED"
  | "NODE_REFUSED"
  | "NODE_TIMEOUT"
  | "POLICY_LOGS_CONTRADICT_STATE"
  | "REGISTRY_NOT_FOUND"
  | "SENDER_ACCOUNT_BUSY"
  | "SENDER_FUNDS_MISSING"
  | "SENDER_REJECTED"
  | "TRANSACTION_NOT_CONFIRMED";

export type ChainErrorCode = ContractErrorCode | NodeErrorCode;

/**
 * Thrown by `client/chain`. It never carries the error of the RPC library as its cause: those hold the node's URL, in
 * which people put API keys, and whole requests.
 */
export class ChainError extends DkmsError<ChainErrorCode> {}
