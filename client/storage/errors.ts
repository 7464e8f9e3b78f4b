import { DkmsError } from "../core/index.ts";

export type StorageErrorCode =
  | "STORAGE_DAMAGED"
  | "STORAGE_FAILED"
  | "STORAGE_KEY_LENGTH"
  | "STORAGE_LOCKED"
  | "STORAGE_NAME_MALFORMED";

/** Thrown by `client/storage`. */
export class StorageError extends DkmsError<StorageErrorCode> {}
