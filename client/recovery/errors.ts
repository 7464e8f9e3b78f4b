import { DkmsError } from "../core/index.ts";

export type RecoveryErrorCode =
  | "SHARING_BOUNDS"
  | "SHARE_MALFORMED"
  | "SHARE_INDEX_INVALID"
  | "SHARE_COMMITMENT_COUNT"
  | "SHARE_POINT_INVALID"
  | "SHARE_SCALAR_INVALID"
  | "SHARE_TAG_MISMATCH"
  | "SHARE_SIGNATURE_INVALID"
  | "SHARE_NOT_ANCHORED"
  | "SHARE_VALUE_WRONG"
  | "SHARE_DUPLICATE"
  | "SHARE_EPOCH_MIXED"
  | "SHARE_SETS_AMBIGUOUS"
  | "SHARES_TOO_FEW"
  | "SHARE_WORDS_COUNT"
  | "SHARE_WORD_UNKNOWN"
  | "SHARE_WORDS_CHECKSUM"
  | "SHARE_WORDS_OTHER_SET"
  | "SECOND_FACTOR_TOO_SHORT"
  | "SECOND_FACTOR_PARAMETERS"
  | "SECOND_FACTOR_NEEDED"
  | "SECOND_FACTOR_WRONG"
  | "RECOVERY_CANCELLED"
  | "PAYLOAD_TOO_LONG"
  | "PAYLOAD_DAMAGED"
  | "PAYLOAD_MALFORMED"
  | "SHARDS_NOT_STORED";

/** Thrown by `client/recovery`. Its details never hold a secret: shares are named by their index and trustee. */
export class RecoveryError extends DkmsError<RecoveryErrorCode> {}
