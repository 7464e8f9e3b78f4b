import { DkmsError } from "../core/index.ts";

export type AppErrorCode =
  | "AGENT_NOT_PROVISIONED"
  | "AGENT_RECORD_INCOMPLETE"
  | "AGENT_RECORD_MALFORMED"
  | "ANSWER_MISMATCH"
  | "GRANTS_NOT_STOPPED"
  | "INVITATION_UNFIT"
  | "KEY_NOT_OF_VERIFIER"
  | "MESSAGE_MALFORMED"
  | "POLICY_SECRETS_MISMATCH"
  | "REGISTRY_MISMATCH"
  | "RENEWAL_MISMATCH"
  | "SENDER_MISSING"
  | "SIGNER_MISMATCH";

/** Thrown by `client/app`. */
export class AppError extends DkmsError<AppErrorCode> {}
