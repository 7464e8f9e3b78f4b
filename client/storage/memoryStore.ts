import { Secret } from "../keys/index.ts";
import { memoryBlobs } from "./memoryBlobs.ts";
import { checkedName } from "./name.ts";
import type { SecretStore } from "./secretStore.ts";
import { turnsByName } from "./turns.ts";

/**
 * Keeps secrets for as long as the process runs, and not encrypted: for tests and trials.
 *
 * @throws {StorageError} its functions throw STORAGE_NAME_MALFORMED
 */
export function memoryStore(): SecretStore {
  const blobs = memoryBlobs();
  const turns = turnsByName();
  return {
    save: (name, bytes) => blobs.replace(name, bytes.reveal()),
    load: async (name) => {
      const bytes = await blobs.read(name);
      return bytes && new Secret(bytes);
    },
    remove: (name) => blobs.remove(name),
    exclusive: async (name, work) => await turns(checkedName(name), work),
  };
}
