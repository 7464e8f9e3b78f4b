import { utf8ToBytes } from "@noble/hashes/utils.js";
import { type Seal, sealBytes, unsealBytes } from "../core/index.ts";
import { Secret } from "../keys/index.ts";
import { StorageError } from "./errors.ts";
import { fileBlobs } from "./fileBlobs.ts";
import type { SecretStore } from "./secretStore.ts";

export type FileStoreOptions = {
  /** Made if it is not there; only its owner may read it. */
  readonly directory: string;
  /** 32 bytes, kept elsewhere: by the system's keychain or derived from a password. */
  readonly key: Secret<Uint8Array>;
};

const KEY_BYTES = 32;
/** Bound to every file, so that one cannot be passed off as another or as a later version. */
const PURPOSE = "DKMS-V1-STORAGE:";

/**
 * Keeps secrets in files, each encrypted with XChaCha20-Poly1305 under a fresh nonce and bound to its name. A file is
 * written beside the old one, flushed, and then put in its place.
 *
 * @throws {StorageError} STORAGE_KEY_LENGTH; its functions throw STORAGE_NAME_MALFORMED, STORAGE_DAMAGED (altered, or of
 * another key), STORAGE_FAILED
 * @example
 * const store = fileStore({ directory: "agent", key });
 * await store.save("phone", encodeAgentRecord(record));
 */
export function fileStore({ directory, key }: FileStoreOptions): SecretStore {
  if (key.reveal().length !== KEY_BYTES) {
    throw new StorageError("STORAGE_KEY_LENGTH", `a storage key has ${KEY_BYTES} bytes`);
  }
  const blobs = fileBlobs({ directory });
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
