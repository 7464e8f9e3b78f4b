import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { WalletStorage } from "../wallet/index.ts";
import { StorageError } from "./errors.ts";
import { checkedName } from "./name.ts";

export type IndexedDbBlobsOptions = {
  /** The database's name; one for each wallet. */
  readonly database: string;
  /** Default: the browser's, which frees the locks of a page that is closed. */
  readonly locks?: Pick<LockManager, "request">;
};

interface Schema extends DBSchema {
  blobs: { key: string; value: Uint8Array };
}

const STORE = "blobs";

/**
 * Keeps blobs in an IndexedDB database; needs Web Locks, which every browser has. A browser may evict a page's data:
 * ask it not to with `navigator.storage.persist()`, and keep backups.
 *
 * @throws {StorageError} its functions throw STORAGE_NAME_MALFORMED, STORAGE_FAILED
 * @example const wallet = await openWallet({ storage: indexedDbBlobs({ database: "wallet" }), unlock });
 */
export function indexedDbBlobs(options: IndexedDbBlobsOptions): WalletStorage {
  const locks = options.locks ?? navigator.locks;
  let opened: Promise<IDBPDatabase<Schema>> | undefined;
  const database = async () => {
    opened ??= openDB<Schema>(options.database, 1, {
      upgrade: (created) => {
        created.createObjectStore(STORE);
      },
      terminated: () => {
        opened = undefined;
      },
    });
    try {
      return await opened;
    } catch (error) {
      opened = undefined;
      throw error;
    }
  };
  return {
    read: (name) => guarded(async () => await (await database()).get(STORE, checkedName(name))),
    list: () => guarded(async () => await (await database()).getAllKeys(STORE)),
    replace: (name, bytes) =>
      guarded(async () => {
        // "strict" asks for the disk, not just for the system's buffers.
        const transaction = (await database()).transaction(STORE, "readwrite", { durability: "strict" });
        await Promise.all([transaction.store.put(bytes.slice(), checkedName(name)), transaction.done]);
      }),
    remove: (name) => guarded(async () => await (await database()).delete(STORE, checkedName(name))),
    exclusive: async (work) => await locks.request(`dkms-${options.database}`, work),
  };
}

async function guarded<Result>(action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw new StorageError("STORAGE_FAILED", "the browser's database refused", {
      details: { reason: error instanceof Error ? error.name : undefined },
    });
  }
}
