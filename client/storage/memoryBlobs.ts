import type { WalletStorage } from "../wallet/index.ts";
import { checkedName } from "./name.ts";
import { takingTurns } from "./turns.ts";

/**
 * Keeps blobs for as long as the process runs.
 *
 * @throws {StorageError} its functions throw STORAGE_NAME_MALFORMED
 */
export function memoryBlobs(): WalletStorage {
  const blobs = new Map<string, Uint8Array>();
  return {
    read: async (name) => blobs.get(checkedName(name))?.slice(),
    list: async () => [...blobs.keys()],
    replace: async (name, bytes) => {
      blobs.set(checkedName(name), bytes.slice());
    },
    remove: async (name) => {
      blobs.delete(checkedName(name));
    },
    exclusive: takingTurns(),
  };
}
