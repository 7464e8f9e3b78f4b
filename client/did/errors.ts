import { DkmsError } from "../core/index.ts";

/** What a resolver or dereferencer answers in place of a document; docs/errors.md names cause and remedy. */
export type ResolutionErrorCode =
  // Defined by DID Resolution and Controlled Identifiers
  | "FEATURE_NOT_SUPPORTED"
  | "INTERNAL_ERROR"
  | "INVALID_DID"
  | "INVALID_DID_DOCUMENT"
  | "INVALID_DID_URL"
  | "INVALID_OPTIONS"
  | "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"
  | "INVALID_VERIFICATION_METHOD"
  | "METHOD_NOT_SUPPORTED"
  | "NOT_FOUND"
  | "REPRESENTATION_NOT_SUPPORTED"
  // Of this method
  | "BLOCK_NOT_FOUND"
  | "CHAIN_ID_MISMATCH"
  | "CHAIN_REORGANISED"
  | "LOGS_INCOMPLETE"
  | "LOGS_PRUNED"
  | "NETWORK_NOT_CONFIGURED"
  | "NOT_CONFIRMED"
  | "OFFLINE_UNKNOWN"
  | "REGISTRY_NOT_FOUND"
  | "NODE_FAILED"
  | "NODE_LIMIT_EXCEEDED"
  | "NODE_RATE_LIMITED"
  | "NODE_TIMEOUT"
  | "SNAPSHOT_MISMATCH"
  | "VERSION_NOT_FOUND";

/** What parsers, codec and builders refuse. */
export type DidInputErrorCode =
  | "APPROVAL_INVALID"
  | "CONTROLLERS_INVALID"
  | "DID_DEACTIVATED"
  | "KEY_DUPLICATE"
  | "KEY_INVALID"
  | "KEY_UNKNOWN"
  | "NEXT_UNDECIDED"
  | "QUORUM_MISSING"
  | "RELATIONSHIPS_INVALID"
  | "REQUEST_MALFORMED"
  | "SERVICE_DUPLICATE"
  | "SERVICE_INVALID"
  | "SERVICE_UNKNOWN"
  | "STATE_MALFORMED"
  | "STATE_TOO_LARGE"
  | "URI_DUPLICATE"
  | "URI_INVALID";

export type DidErrorCode = ResolutionErrorCode | DidInputErrorCode;

/** Thrown by `client/did`. Resolvers and dereferencers never throw it: they answer with it. */
export class DidError extends DkmsError<DidErrorCode> {}
