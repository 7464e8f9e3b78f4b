import { DkmsError } from "../core/index.ts";

export type BackupErrorCode =
  | "BACKUP_ABORTED"
  | "BACKUP_DAMAGED"
  | "BACKUP_FIELD_MALFORMED"
  | "BACKUP_FORGED"
  | "BACKUP_KEY_WRONG"
  | "BACKUP_MALFORMED"
  | "BACKUP_OLDER_THAN_ANCHOR"
  | "BACKUP_OTHER_POLICY"
  | "BACKUP_PASSPHRASE_WEAK"
  | "BACKUP_RECIPIENTS"
  | "BACKUP_RECIPIENTS_CHANGED"
  | "BACKUP_RECIPIENT_MALFORMED"
  | "BACKUP_STOPPED"
  | "BACKUP_UNANCHORED"
  | "BACKUP_WORK_EXCESSIVE";

/** Thrown by `client/backup`. */
export class BackupError extends DkmsError<BackupErrorCode> {}
