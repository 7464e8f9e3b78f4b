import type { Secret } from "../keys/index.ts";
import { type IndexedDbBlobsOptions, indexedDbBlobs } from "./indexedDbBlobs.ts";
import { checkedName } from "./name.ts";
import { sealedStore } from "./sealedStore.ts";
import type { SecretStore } from "./secretStore.ts";
import { turnsByName } from "./turns.ts";

export type IndexedDbStoreOptions = IndexedDbBlobsOptions & {
  /** 32 bytes, kept elsewhere: in a segment of the wallet, or derived from a password. */
  readonly key: Secret<Uint8Array>;
};

/**
 * Keeps secrets in an IndexedDB database, each encrypted with XChaCha20-Poly1305 under a fresh nonce and bound to its
 * name. Where there are no Web Locks, `exclusive` keeps apart the work of this one store only: let one page use it then.
 *
 * @throws {StorageError} STORAGE_KEY_LENGTH; its functions throw STORAGE_NAME_MALFORMED, STORAGE_DAMAGED (altered, or of
 * another key), STORAGE_FAILED
 * @example const store = indexedDbStore({ database: "dkms-trustees", key });
 */
export function indexedDbStore({ key, ...options }: IndexedDbStoreOptions): SecretStore {
  const locks: Pick<LockManager, "request"> | undefined = options.locks ?? globalThis.navigator?.locks;
  const turns = turnsByName();
  return {
    ...sealedStore(indexedDbBlobs(options), key),
    exclusive: async (name, work) => {
      const checked = checkedName(name);
      if (locks === undefined) return await turns(checked, work);
      return await locks.request(`dkms-store:${options.database}:${checked}`, work);
    },
  };
}
