import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { Secret } from "../keys/index.ts";
import { StorageError } from "./errors.ts";
import type { SecretStore } from "./secretStore.ts";

export type FileStoreOptions = {
  /** Made if it is not there; only its owner may read it. */
  readonly directory: string;
  /** 32 bytes, kept elsewhere: by the system's keychain or derived from a password. */
  readonly key: Secret<Uint8Array>;
};

const KEY_BYTES = 32;
const NONCE_BYTES = 24;
const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
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
  return {
    save: async (name, bytes) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = xchacha20poly1305(key.reveal(), nonce, utf8ToBytes(PURPOSE + checked(name)));
      await replaceFile(directory, name, concatBytes(nonce, cipher.encrypt(bytes.reveal())));
    },
    load: async (name) => {
      const stored = await readIfThere(join(directory, checked(name)));
      return stored === undefined ? undefined : decrypt(key, name, stored);
    },
    remove: async (name) => {
      await rm(join(directory, checked(name)), { force: true }).catch(failed);
    },
  };
}

function decrypt(key: Secret<Uint8Array>, name: string, stored: Uint8Array): Secret<Uint8Array> {
  try {
    const nonce = stored.subarray(0, NONCE_BYTES);
    const cipher = xchacha20poly1305(key.reveal(), nonce, utf8ToBytes(PURPOSE + name));
    return new Secret(cipher.decrypt(stored.subarray(NONCE_BYTES)));
  } catch {
    throw new StorageError("STORAGE_DAMAGED", "the file was altered, or is encrypted with another key", {
      details: { name },
    });
  }
}

async function replaceFile(directory: string, name: string, bytes: Uint8Array): Promise<void> {
  const target = join(directory, name);
  const temporary = `${target}.${Buffer.from(randomBytes(8)).toString("hex")}.tmp`;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
    await syncDirectory(directory);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    failed(error);
  }
}

/** Makes the rename itself last; Windows neither can nor needs to. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    return failed(error);
  }
}

function checked(name: string): string {
  if (!NAME.test(name)) {
    throw new StorageError(
      "STORAGE_NAME_MALFORMED",
      "a name is 1 to 64 lower-case letters, digits and hyphens",
    );
  }
  return name;
}

function failed(error: unknown): never {
  throw new StorageError("STORAGE_FAILED", "the file system refused", {
    details: { reason: systemCode(error) },
  });
}

function systemCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
