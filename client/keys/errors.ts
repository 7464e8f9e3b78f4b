import { DkmsError } from "../core/index.ts";

export type KeysErrorCode =
  | "AGENT_KEY_KIND_UNKNOWN"
  | "AGENT_KEY_MALFORMED"
  | "LINK_SECRET_LENGTH"
  | "POLICY_SECRET_ZERO"
  | "RANDOM_SOURCE_BROKEN"
  | "SECRET_ERASED"
  | "SECRET_ZERO";

/** Thrown by `client/keys`. Its details never hold a secret. */
export class KeysError extends DkmsError<KeysErrorCode> {}
