import type { Wallet, WorkOptions } from "../wallet/index.ts";
import { exportPortable, importPortable } from "../wallet/index.ts";
import { type AgeIdentity, type AgeRecipients, decryptAge, encryptAge } from "./ageFile.ts";

/**
 * Everything that a wallet opens as an age file, to take along (P6). It is no backup: it has no place in their order.
 *
 * @throws {WalletError} as `exportPortable`
 * @throws {BackupError} as `encryptAge`
 */
export async function exportAge(
  wallet: Wallet,
  to: AgeRecipients,
  work: WorkOptions = {},
): Promise<Uint8Array> {
  const json = await exportPortable(wallet, work.signal === undefined ? {} : { signal: work.signal });
  try {
    return await encryptAge(json, to, work);
  } finally {
    json.erase();
  }
}

/**
 * Writes such a file's records into a wallet.
 *
 * @throws {BackupError} as `decryptAge`
 * @throws {WalletError} as `importPortable`
 */
export async function importAge(
  wallet: Wallet,
  file: Uint8Array,
  identity: AgeIdentity,
  work: WorkOptions = {},
): Promise<void> {
  const json = await decryptAge(file, identity, work);
  try {
    await importPortable(wallet, json, work.signal === undefined ? {} : { signal: work.signal });
  } finally {
    json.erase();
  }
}
