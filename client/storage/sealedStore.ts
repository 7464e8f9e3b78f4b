import { utf8ToBytes } from "@noble/hashes/utils.js";
import { type Seal, sealBytes, unsealBytes } from "../core/index.ts";
import { Secret } from "../keys/index.ts";
import type { WalletStorage } from "../wallet/index.ts";
import { StorageError } from "./errors.ts";
import type { SecretStore } from "./secretStore.ts";

const KEY_BYTES = 32;
/** Bound, with its name, to every blob, so that one cannot be passed off as another. */
const PURPOSE = "DKMS-V1-STORAGE:";

/**
 * Encrypts what blobs keep with XChaCha20-Poly1305 under a fresh nonce, each bound to its name.
 *
 * @throws {StorageError} STORAGE_KEY_LENGTH; its functions throw STORAGE_DAMAGED, and what the blobs throw
 */
export function sealedStore(blobs: WalletStorage, key: Secret<Uint8Array>): Omit<SecretStore, "exclusive"> {
  if (key.reveal().length !== KEY_BYTES) {
    throw new StorageError("STORAGE_KEY_LENGTH", `a storage key has ${KEY_BYTES} bytes`);
  }
  return {
    save: async (name, bytes) => {
      await blobs.replace(name, sealBytes(sealOf(key, name), bytes.reveal()));
    },
    load: async (name) => {
      const stored = await blobs.read(name);
      return stored === undefined ? undefined : decrypt(key, name, stored);
    },
    remove: async (name) => await blobs.remove(name),
  };
}

function decrypt(key: Secret<Uint8Array>, name: string, stored: Uint8Array): Secret<Uint8Array> {
  const plaintext = unsealBytes(sealOf(key, name), stored);
  if (plaintext !== undefined) return new Secret(plaintext);
  throw new StorageError("STORAGE_DAMAGED", "the file was altered, or is encrypted with another key", {
    details: { name },
  });
}

function sealOf(key: Secret<Uint8Array>, name: string): Seal {
  return { key: key.reveal(), associated: utf8ToBytes(PURPOSE + name) };
}
