import { isDkmsError } from "../core/index.ts";
import type { ResolutionErrorCode } from "./errors.ts";

/** An error as RFC 9457 writes it; `code` tells errors of this method apart that share a standard type. */
export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly code: ResolutionErrorCode;
};

const DID_NS = "https://www.w3.org/ns/did#";
const CID_NS = "https://w3id.org/security#";
/** Errors that no standard defines. A name, not an address: nothing is served there. */
const DKMS_NS = "urn:dkms:did:";

type Entry = {
  readonly type: string;
  readonly title: string;
  /** The one keyword by which DID Core 1.0 and npm's did-resolver know it. */
  readonly keyword: string;
};

const PROBLEMS: Readonly<Record<ResolutionErrorCode, Entry>> = {
  BLOCK_NOT_FOUND: own("BLOCK_NOT_FOUND", "The node does not have this block", "blockNotFound"),
  CHAIN_ID_MISMATCH: own("CHAIN_ID_MISMATCH", "The node serves another chain", "chainIdMismatch"),
  CHAIN_REORGANISED: own("CHAIN_REORGANISED", "The chain changed while it was read", "chainReorganised"),
  FEATURE_NOT_SUPPORTED: did("FEATURE_NOT_SUPPORTED", "Feature not supported", "featureNotSupported"),
  INTERNAL_ERROR: did("INTERNAL_ERROR", "Internal error", "internalError"),
  INVALID_DID: did("INVALID_DID", "Invalid DID", "invalidDid"),
  INVALID_DID_DOCUMENT: did("INVALID_DID_DOCUMENT", "Invalid DID document", "invalidDidDocument"),
  INVALID_DID_URL: did("INVALID_DID_URL", "Invalid DID URL", "invalidDidUrl"),
  INVALID_OPTIONS: did("INVALID_OPTIONS", "Invalid options", "invalidOptions"),
  INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD: {
    type: `${CID_NS}INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD`,
    title: "The verification method has not this relationship",
    keyword: "invalidRelationshipForVerificationMethod",
  },
  INVALID_VERIFICATION_METHOD: {
    type: `${CID_NS}INVALID_VERIFICATION_METHOD`,
    title: "Not a verification method",
    keyword: "invalidVerificationMethod",
  },
  LOGS_INCOMPLETE: own("LOGS_INCOMPLETE", "The node lacks an event", "logsIncomplete"),
  LOGS_PRUNED: own("LOGS_PRUNED", "The node has pruned its old events", "logsPruned"),
  METHOD_NOT_SUPPORTED: did("METHOD_NOT_SUPPORTED", "DID method not supported", "unsupportedDidMethod"),
  NETWORK_NOT_CONFIGURED: {
    type: `${DID_NS}FEATURE_NOT_SUPPORTED`,
    title: "The DID's chain is not configured",
    keyword: "networkNotConfigured",
  },
  NOT_CONFIRMED: own("NOT_CONFIRMED", "Too few confirmations", "notConfirmed"),
  NOT_FOUND: did("NOT_FOUND", "Not found", "notFound"),
  OFFLINE_UNKNOWN: own("OFFLINE_UNKNOWN", "Not known offline", "offlineUnknown"),
  REGISTRY_NOT_FOUND: own("REGISTRY_NOT_FOUND", "No registry at this address", "registryNotFound"),
  REPRESENTATION_NOT_SUPPORTED: did(
    "REPRESENTATION_NOT_SUPPORTED",
    "Representation not supported",
    "representationNotSupported",
  ),
  NODE_FAILED: own("NODE_FAILED", "The node did not answer properly", "nodeFailed"),
  NODE_LIMIT_EXCEEDED: own(
    "NODE_LIMIT_EXCEEDED",
    "The request exceeds the node's limits",
    "nodeLimitExceeded",
  ),
  NODE_RATE_LIMITED: own("NODE_RATE_LIMITED", "The node limits requests", "nodeRateLimited"),
  NODE_TIMEOUT: own("NODE_TIMEOUT", "The node did not answer in time", "nodeTimeout"),
  SNAPSHOT_MISMATCH: own(
    "SNAPSHOT_MISMATCH",
    "The node's events contradict the chain's state",
    "snapshotMismatch",
  ),
  VERSION_NOT_FOUND: { type: `${DID_NS}NOT_FOUND`, title: "No such version", keyword: "notFound" },
};

/** The problem that an error is; one that no resolution foresees is an internal error and shows nothing of itself. */
export function problemOf(error: unknown): Problem {
  const code = resolutionCode(error);
  const { type, title } = PROBLEMS[code];
  return { type, title, detail: detailOf(error, code), code };
}

/** The same as DID Core 1.0 wants it. */
export function keywordOf(error: unknown): { readonly error: string; readonly message: string } {
  const code = resolutionCode(error);
  return { error: PROBLEMS[code].keyword, message: detailOf(error, code) };
}

/** The code of an error, as a resolver answers with it. */
export function resolutionCode(error: unknown): ResolutionErrorCode {
  if (isDkmsError(error, "STATE_MALFORMED")) return "INVALID_DID_DOCUMENT";
  return isDkmsError(error) && isResolutionCode(error.code) ? error.code : "INTERNAL_ERROR";
}

function isResolutionCode(code: string): code is ResolutionErrorCode {
  return Object.hasOwn(PROBLEMS, code);
}

function detailOf(error: unknown, code: ResolutionErrorCode): string {
  return isDkmsError(error) && code !== "INTERNAL_ERROR" ? error.message : "something unforeseen went wrong";
}

function did(code: string, title: string, keyword: string): Entry {
  return { type: `${DID_NS}${code}`, title, keyword };
}

function own(code: string, title: string, keyword: string): Entry {
  return { type: `${DKMS_NS}${code}`, title, keyword };
}
