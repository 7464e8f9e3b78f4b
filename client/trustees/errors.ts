import { DkmsError } from "../core/index.ts";

export type TrusteesErrorCode =
  | "APPOINTMENT_FOREIGN"
  | "TRUSTEES_TOO_FEW"
  | "TRUSTEE_APPROVAL_MISMATCH"
  | "TRUSTEE_CONSENT_ENDS_EARLY"
  | "TRUSTEE_CONSENT_MISMATCH"
  | "TRUSTEE_DUPLICATE"
  | "TRUSTEE_INCAPABLE"
  | "TRUSTEE_SET_IMPLAUSIBLE"
  | "TRUSTEE_SET_UNPROVEN"
  | "TRUSTEE_UNKNOWN";

/** Thrown by `client/trustees`. */
export class TrusteesError extends DkmsError<TrusteesErrorCode> {}
