import { join } from "node:path";
import type { Secret } from "../keys/index.ts";
import type { WalletStorage } from "../wallet/index.ts";
import { fileBlobs } from "./fileBlobs.ts";
import { checkedName } from "./name.ts";
import { sealedStore } from "./sealedStore.ts";
import type { SecretStore } from "./secretStore.ts";

export type FileStoreOptions = {
  /** Made if it is not there; only its owner may read it. */
  readonly directory: string;
  /** 32 bytes, kept elsewhere: by the system's keychain or derived from a password. */
  readonly key: Secret<Uint8Array>;
  /** How long `exclusive` waits for another process, in milliseconds. Default: 10 000. */
  readonly lockTimeout?: number;
};

/** No name of a secret begins so. */
const LOCKS = ".locks";

/**
 * Keeps secrets in files, each encrypted with XChaCha20-Poly1305 under a fresh nonce and bound to its name. A file is
 * written beside the old one, flushed, and then put in its place. Who can write to the directory can put an older file of
 * the same name back, or remove it, and nobody can tell: a wallet can.
 *
 * @throws {StorageError} STORAGE_KEY_LENGTH; its functions throw STORAGE_NAME_MALFORMED, STORAGE_DAMAGED (altered, or of
 * another key), STORAGE_FAILED; `exclusive` throws STORAGE_LOCKED
 * @example
 * const store = fileStore({ directory: "agent", key });
 * await store.save("phone", encodeAgentRecord(record));
 */
export function fileStore({ directory, key, lockTimeout }: FileStoreOptions): SecretStore {
  const timeout = lockTimeout === undefined ? {} : { lockTimeout };
  /** A directory for each name, so that work under one can wait for work under another. */
  const locks = new Map<string, WalletStorage>();
  const lockOf = (name: string): WalletStorage => {
    const path = join(directory, LOCKS, checkedName(name));
    const lock = locks.get(name) ?? fileBlobs({ directory: path, ...timeout });
    locks.set(name, lock);
    return lock;
  };
  return {
    ...sealedStore(fileBlobs({ directory }), key),
    exclusive: async (name, work) => await lockOf(name).exclusive(work),
  };
}
