import { bech32 } from "@scure/base";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { Secret } from "../keys/index.ts";
import { BackupError } from "./errors.ts";

/** A fresh X25519 identity of age (`AGE-SECRET-KEY-1…`): what opens backups (K6). */
export async function generateBackupIdentity(): Promise<Secret<string>> {
  return new Secret(await generateX25519Identity());
}

/**
 * The identity of an X25519 key that was derived or recovered: a master key's `recoveryKey`, the key that trustees gave
 * back.
 *
 * @throws {BackupError} BACKUP_RECIPIENT_MALFORMED unless there are 32 bytes
 */
export function backupIdentityFrom(privateKey: Secret<Uint8Array>): Secret<string> {
  const bytes = privateKey.reveal();
  if (bytes.length !== 32) {
    throw new BackupError("BACKUP_RECIPIENT_MALFORMED", "an X25519 key has 32 bytes");
  }
  return new Secret(bech32.encodeFromBytes("age-secret-key-", bytes).toUpperCase());
}

/**
 * The recipient (`age1…`) of an identity, to encrypt for.
 *
 * @throws {BackupError} BACKUP_RECIPIENT_MALFORMED
 */
export async function recipientOf(identity: Secret<string>): Promise<string> {
  try {
    const text = identity.reveal();
    if (!text.startsWith("AGE-SECRET-KEY-1")) throw new RangeError("not an X25519 identity");
    return await identityToRecipient(text);
  } catch {
    throw new BackupError("BACKUP_RECIPIENT_MALFORMED", "not an X25519 identity of age");
  }
}
