import { Interface, isError, isHexString } from "ethers";
import { isDkmsError } from "../core/index.ts";
import { ChainError, type ChainErrorCode, type NodeErrorCode } from "./errors.ts";
import { CONTRACT_ERROR_CODES, CONTRACT_INTERFACES } from "./generated/abi.ts";

/** Every custom error of the contracts, by selector. */
const ERRORS = new Interface([
  ...new Set(CONTRACT_INTERFACES.flat().filter((line) => line.startsWith("error "))),
]);

const ERROR_STRING = "0x08c379a0";
const PANIC = "0x4e487b71";
const TOO_MANY_REQUESTS = 429;

/**
 * The typed error that a contract's revert data spell; its details are the arguments by name.
 *
 * @param data What the call returned: selector and arguments, in hex; `0x` for none.
 */
export function decodeRevert(data: string): ChainError {
  const selector = data.slice(0, 10);
  try {
    if (selector === ERROR_STRING) {
      const [reason] = ERRORS.getAbiCoder().decode(["string"], `0x${data.slice(10)}`);
      return new ChainError("CONTRACT_REVERTED", `the contract reverted: ${reason}`, { details: { reason } });
    }
    if (selector === PANIC) {
      const panic = BigInt(`0x${data.slice(10)}`);
      return new ChainError("CONTRACT_PANICKED", `the contract panicked with code ${panic}`, {
        details: { panic },
      });
    }
    const parsed = ERRORS.parseError(data);
    if (parsed !== null && isContractError(parsed.name)) {
      const details: Readonly<Record<string, unknown>> = parsed.args.toObject();
      return new ChainError(CONTRACT_ERROR_CODES[parsed.name], `the contract reverted with ${parsed.name}`, {
        details,
      });
    }
  } catch {
    // Data that do not fit their selector are of another contract, whose errors are not known here.
  }
  return selector.length < 10
    ? new ChainError("CONTRACT_REVERTED", "the contract reverted without a reason", { details: {} })
    : new ChainError("CONTRACT_ERROR_UNKNOWN", "the contract reverted with an error that is not known here", {
        details: { selector },
      });
}

/**
 * Any failure of ethers, of a node or of a contract as a typed error; those that are typed already pass through.
 * Nothing of the original is kept but its short message, which names neither URL nor request.
 */
export function chainError(error: unknown): Error {
  if (isDkmsError(error)) return error;
  if (isError(error, "CALL_EXCEPTION")) return decodeRevert(error.data ?? "0x");
  const data = revertDataOf(error);
  if (data !== undefined) return decodeRevert(data);
  const code = nodeErrorCode(error);
  return new ChainError(code, MESSAGES[code] ?? "the node failed", {
    details: { reason: shortMessage(error) },
  });
}

const MESSAGES: Partial<Record<ChainErrorCode, string>> = {
  NODE_TIMEOUT: "the node did not answer in time",
  NODE_RATE_LIMITED: "the node wants fewer requests",
  NODE_ANSWER_MALFORMED: "the node's answer is malformed",
  NODE_REFUSED: "the node refused the request",
  SENDER_FUNDS_MISSING: "the sending account cannot pay for the transaction",
  SENDER_ACCOUNT_BUSY: "the sending account has used that nonce for another transaction",
  SENDER_REJECTED: "the user rejected the transaction",
};

function nodeErrorCode(error: unknown): NodeErrorCode {
  if (isError(error, "TIMEOUT")) return "NODE_TIMEOUT";
  if (isError(error, "SERVER_ERROR")) {
    return error.response?.statusCode === TOO_MANY_REQUESTS ? "NODE_RATE_LIMITED" : "NODE_FAILED";
  }
  if (isError(error, "BAD_DATA") || isBodyMalformed(error)) return "NODE_ANSWER_MALFORMED";
  if (isError(error, "INSUFFICIENT_FUNDS") || saysFundsMissing(error)) return "SENDER_FUNDS_MISSING";
  if (isError(error, "NONCE_EXPIRED") || isError(error, "REPLACEMENT_UNDERPRICED"))
    return "SENDER_ACCOUNT_BUSY";
  if (isError(error, "ACTION_REJECTED")) return "SENDER_REJECTED";
  if (isError(error, "UNKNOWN_ERROR") || isError(error, "UNSUPPORTED_OPERATION")) return "NODE_REFUSED";
  return "NODE_FAILED";
}

function isBodyMalformed(error: unknown): boolean {
  return isError(error, "UNSUPPORTED_OPERATION") && error.operation === "bodyJson";
}

/** Nodes that ethers does not know say so in words of their own. */
function saysFundsMissing(error: unknown): boolean {
  const inner = isError(error, "UNKNOWN_ERROR") && "error" in error ? error.error : undefined;
  return /insufficient funds|enough funds/i.test(
    inner instanceof Object && "message" in inner ? String(inner.message) : "",
  );
}

/**
 * Some nodes refuse a transaction that would revert, with the revert data in an error of their own; a chain in the same
 * process throws that error itself.
 */
function revertDataOf(error: unknown): string | undefined {
  const inner: unknown = isError(error, "UNKNOWN_ERROR") && "error" in error ? error.error : error;
  const data = typeof inner === "object" && inner !== null && "data" in inner ? inner.data : undefined;
  return typeof data === "string" && isHexString(data) && data.length >= 10 ? data : undefined;
}

function shortMessage(error: unknown): string {
  const message = error instanceof Error && "shortMessage" in error ? error.shortMessage : undefined;
  return typeof message === "string" ? message : "unknown";
}

function isContractError(name: string): name is keyof typeof CONTRACT_ERROR_CODES {
  return Object.hasOwn(CONTRACT_ERROR_CODES, name);
}
