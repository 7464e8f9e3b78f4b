import { Secret } from "../../client/index.ts";
import type { StateStore } from "../../client/recovery/index.ts";

/** Stands for encrypted storage on a device: `fileStore`, or a segment of the wallet. */
export function memoryStore(): StateStore {
  const kept = new Map<string, Uint8Array>();
  return {
    save: async (name, bytes) => {
      kept.set(name, bytes.reveal().slice());
    },
    load: async (name) => {
      const bytes = kept.get(name);
      return bytes && new Secret(bytes.slice());
    },
    remove: async (name) => {
      kept.delete(name);
    },
  };
}
