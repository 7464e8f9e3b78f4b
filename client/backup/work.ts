import type { WorkOptions } from "../wallet/index.ts";
import { BackupError } from "./errors.ts";

/** Reports how much is done. @throws {BackupError} BACKUP_ABORTED */
export function report({ signal, onProgress }: WorkOptions, done: number): void {
  if (signal?.aborted === true) throw new BackupError("BACKUP_ABORTED", "stopped on request");
  onProgress?.(done);
}
