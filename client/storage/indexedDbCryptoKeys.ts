import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { CryptoKeyRecord, CryptoKeyStore } from "../keys/index.ts";
import { StorageError } from "./errors.ts";

export type IndexedDbCryptoKeysOptions = {
  /** The database's name; not that of a wallet. */
  readonly database: string;
};

interface Schema extends DBSchema {
  keys: { key: string; value: CryptoKeyRecord };
}

const STORE = "keys";

/**
 * Keeps keys of the Web Crypto API in an IndexedDB database: the browser clones them there and back without ever showing
 * them. A browser may evict a page's data: ask it not to with `navigator.storage.persist()`.
 *
 * @throws {StorageError} its functions throw STORAGE_FAILED
 * @example const backend = webCryptoBackend({ store: indexedDbCryptoKeys({ database: "dkms-keys" }) });
 */
export function indexedDbCryptoKeys({ database }: IndexedDbCryptoKeysOptions): CryptoKeyStore {
  const withDatabase = async <Result>(
    use: (opened: IDBPDatabase<Schema>) => Promise<Result>,
  ): Promise<Result> => {
    let opened: IDBPDatabase<Schema> | undefined;
    try {
      opened = await openDB<Schema>(database, 1, {
        upgrade: (created) => {
          created.createObjectStore(STORE, { keyPath: "id" });
        },
      });
      return await use(opened);
    } catch (error) {
      throw new StorageError("STORAGE_FAILED", "the browser's database refused", {
        details: { reason: error instanceof Error ? error.name : undefined },
      });
    } finally {
      opened?.close();
    }
  };
  return {
    persistent: true,
    read: (id) => withDatabase((opened) => opened.get(STORE, id)),
    list: () => withDatabase((opened) => opened.getAll(STORE)),
    save: (record) =>
      withDatabase(async (opened) => {
        // "strict" asks for the disk, not just for the system's buffers.
        const transaction = opened.transaction(STORE, "readwrite", { durability: "strict" });
        await Promise.all([transaction.store.put(record), transaction.done]);
      }),
    remove: (id) => withDatabase((opened) => opened.delete(STORE, id)),
  };
}
