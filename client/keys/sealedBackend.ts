import { base64urlnopad } from "@scure/base";
import { z } from "zod";
import { bytesToHex, type Hex, hex } from "../core/index.ts";
import { agreeWith, generatePrivateKey, publicKeyOf, signWith } from "./algorithms.ts";
import {
  AGREEMENT_ROLES,
  BackendKey,
  type BackendKeyId,
  backendKeyId,
  checkedKey,
  KEY_ALGORITHMS,
  KEY_ROLES,
  type KeyBackend,
  type KeyRole,
  newKey,
  SIGNING_ROLES,
} from "./backend.ts";
import { KeysError } from "./errors.ts";
import { KeyEncryptingKey } from "./keyEncryptingKey.ts";
import { keyInfoAddress, keyInfoJson, keyInfoSchema, parseKeyInfo } from "./keyInfo.ts";
import { materialOf } from "./material.ts";
import { type RandomSource, systemRandom } from "./random.ts";
import { sealFor, subkey, unsealFor } from "./sealing.ts";
import { Secret } from "./secret.ts";

/** Port to where sealed keys lie; `fileBlobs`, `indexedDbBlobs` and `memoryBlobs` of `dkms/storage` fit. */
export interface KeyStore {
  read(name: string): Promise<Uint8Array | undefined>;
  list(): Promise<readonly string[]>;
  /** Whole or not at all. */
  replace(name: string, bytes: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
}

/** Lends the key-encrypting key for as long as `use` runs: from a keychain, or from a passkey that asks its user. */
export type UnlockKeys = <Result>(use: (key: KeyEncryptingKey) => Promise<Result>) => Promise<Result>;

export type SealedBackendOptions = {
  readonly store: KeyStore;
  readonly unlock: UnlockKeys;
  /** True if `unlock` asks somebody. */
  readonly asksUser?: boolean;
  readonly random?: RandomSource;
};

type StoredKey = z.infer<typeof storedSchema>;

const NAME_PREFIX = "key-";
const NAME = /^key-[0-9a-f]{32}$/;

const storedSchema = z.strictObject({
  version: z.literal(1),
  id: z.string(),
  role: z.enum(Object.keys(KEY_ROLES) as [KeyRole, ...KeyRole[]]),
  algorithm: z.enum(KEY_ALGORITHMS),
  publicKey: z.string(),
  info: keyInfoSchema,
  sealed: z.string().regex(/^[\w-]+$/),
});

/**
 * Keys that lie sealed under a key-encrypting key, and are opened for each use only. What lies in clear is bound to what is
 * sealed: an altered role or public key is found out at the next use.
 *
 * @throws {KeysError} its functions throw KEY_RECORD_DAMAGED for a record that was altered, or is sealed under another key
 * @example const backend = sealedBackend({ store: fileBlobs({ directory: "keys" }), unlock: (use) => use(keychainKey) });
 */
export function sealedBackend(options: SealedBackendOptions): KeyBackend {
  const { store, unlock, asksUser = false, random = systemRandom } = options;
  const read = async (id: BackendKeyId) => {
    const bytes = await store.read(nameOf(id));
    return bytes === undefined ? undefined : parse(id, bytes);
  };
  const use = async <Role extends KeyRole, Result>(
    given: BackendKey,
    roles: readonly Role[],
    action: (key: BackendKey<Role>, secret: Secret<Uint8Array>) => Result,
  ): Promise<Result> => {
    const found = await read(given.id);
    const key = checkedKey(given, found?.key, roles);
    const secret = await unlock(async (kek) => open(kek, found?.stored, key));
    try {
      return action(key, secret);
    } finally {
      secret.erase();
    }
  };
  return {
    capabilities: async () => ({ algorithms: KEY_ALGORITHMS, persistent: true, isolated: false, asksUser }),
    create: async (create) => {
      const { role, ...fields } = newKey(create);
      const secret = generatePrivateKey(fields.algorithm, random);
      try {
        const publicKey = bytesToHex(publicKeyOf(fields.algorithm, secret));
        const key = new BackendKey(role, { ...fields, publicKey });
        const stored = await unlock(async (kek) => seal(kek, key, secret));
        await store.replace(nameOf(key.id), new TextEncoder().encode(JSON.stringify(stored)));
        return key;
      } finally {
        secret.erase();
      }
    },
    public: async (id) => (await read(id))?.key,
    list: async () => {
      const names = (await store.list()).filter((name) => NAME.test(name));
      const ids = names.map((name) => backendKeyId(`0x${name.slice(NAME_PREFIX.length)}`));
      const keys = await Promise.all(ids.map(async (id) => (await read(id))?.key));
      return keys.filter((key) => key !== undefined);
    },
    sign: (given, message) =>
      use(given, SIGNING_ROLES, ({ algorithm }, secret) => signWith(algorithm, secret, message)),
    agree: (given, peer) =>
      use(given, AGREEMENT_ROLES, ({ algorithm }, secret) => agreeWith(algorithm, secret, peer)),
    delete: (id) => store.remove(nameOf(id)),
  };
}

function seal(kek: KeyEncryptingKey, key: BackendKey, secret: Secret<Uint8Array>): StoredKey {
  const { id, role, algorithm, publicKey } = key;
  const sealed = withKey(kek, (own) => sealFor(own, addressOf(key), secret.reveal()));
  const info = keyInfoJson(key.info);
  return { version: 1, id, role, algorithm, publicKey, info, sealed: base64urlnopad.encode(sealed) };
}

function open(kek: KeyEncryptingKey, stored: StoredKey | undefined, key: BackendKey): Secret<Uint8Array> {
  const sealed = base64urlnopad.decode(stored?.sealed ?? "");
  const bytes = withKey(kek, (own) => unsealFor(own, addressOf(key), sealed));
  if (bytes === undefined) throw damaged(key.id);
  return new Secret(bytes);
}

function parse(
  id: BackendKeyId,
  bytes: Uint8Array,
): { readonly key: BackendKey; readonly stored: StoredKey } {
  try {
    const stored = storedSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    if (stored.id !== id) throw damaged(id);
    const { role, algorithm } = stored;
    const publicKey: Hex = hex(stored.publicKey);
    return {
      key: new BackendKey(role, { id, algorithm, publicKey, info: parseKeyInfo(stored.info) }),
      stored,
    };
  } catch {
    throw damaged(id);
  }
}

function withKey<Result>(kek: KeyEncryptingKey, use: (own: Secret<Uint8Array>) => Result): Result {
  const own = subkey(materialOf(kek, KeyEncryptingKey), "DKMS-V1-BACKEND");
  try {
    return use(own);
  } finally {
    own.erase();
  }
}

function addressOf({ id, role, algorithm, publicKey, info }: BackendKey): readonly unknown[] {
  return ["DKMS-V1-BACKEND", id, role, algorithm, publicKey, ...keyInfoAddress(keyInfoJson(info))];
}

function nameOf(id: BackendKeyId): string {
  return NAME_PREFIX + id.slice(2);
}

function damaged(id: string): KeysError {
  return new KeysError("KEY_RECORD_DAMAGED", "the key's record was altered, or is sealed under another key", {
    details: { id },
  });
}
