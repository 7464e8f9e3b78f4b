import { DkmsError } from "../core/index.ts";

export type KeysErrorCode =
  | "AGENT_KEY_KIND_MISMATCH"
  | "AGENT_KEY_KIND_UNKNOWN"
  | "AGENT_KEY_MALFORMED"
  | "AGENT_KEY_NOT_ON_CURVE"
  | "KEY_SIGNATURE_INVALID"
  | "KEY_SIGNATURE_MALFORMED"
  | "LINK_SECRET_LENGTH"
  | "POLICY_SECRET_ZERO"
  | "PUBLIC_KEY_MALFORMED"
  | "RANDOM_SOURCE_BROKEN"
  | "SECRET_ERASED"
  | "SECRET_ZERO"
  | "WEBAUTHN_ALGORITHM"
  | "WEBAUTHN_CHALLENGE_MISMATCH"
  | "WEBAUTHN_NOT_DEVICE_BOUND"
  | "WEBAUTHN_REFUSED"
  | "WEBAUTHN_RESPONSE_MALFORMED"
  | "WEBAUTHN_USER_ABSENT";

/** Thrown by `client/keys`. Its details never hold a secret. */
export class KeysError extends DkmsError<KeysErrorCode> {}
