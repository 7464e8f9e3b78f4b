import { bytesToHex } from "../core/index.ts";
import { agreeWith, generatePrivateKey, publicKeyOf, signWith } from "./algorithms.ts";
import {
  AGREEMENT_ROLES,
  BackendKey,
  type BackendKeyId,
  checkedKey,
  KEY_ALGORITHMS,
  type KeyBackend,
  type KeyRole,
  newKey,
  notFound,
  SIGNING_ROLES,
} from "./backend.ts";
import { type RandomSource, systemRandom } from "./random.ts";
import type { Secret } from "./secret.ts";

export type MemoryBackendOptions = { readonly random?: RandomSource };

/**
 * Keys for as long as the program runs: for short-lived keys, and for tests.
 *
 * @example
 * const backend = memoryBackend();
 * const key = await backend.create({ role: "AUTHORSHIP", now });
 * const signature = await backend.sign(key, message);
 */
export function memoryBackend({ random = systemRandom }: MemoryBackendOptions = {}): KeyBackend {
  const keys = new Map<BackendKeyId, { readonly key: BackendKey; readonly secret: Secret<Uint8Array> }>();
  const held = <Role extends KeyRole>(given: BackendKey, roles: readonly Role[]) => {
    const found = keys.get(given.id);
    const key = checkedKey(given, found?.key, roles);
    if (found === undefined) throw notFound(given.id);
    return { key, secret: found.secret };
  };
  return {
    capabilities: async () => ({
      ...{ algorithms: KEY_ALGORITHMS, persistent: false, isolated: false, asksUser: false },
    }),
    create: async (options) => {
      const { role, ...fields } = newKey(options);
      const secret = generatePrivateKey(fields.algorithm, random);
      const publicKey = bytesToHex(publicKeyOf(fields.algorithm, secret));
      const key = new BackendKey(role, { ...fields, publicKey });
      keys.set(key.id, { key, secret });
      return key;
    },
    public: async (id) => keys.get(id)?.key,
    list: async () => [...keys.values()].map(({ key }) => key),
    sign: async (given, message) => {
      const { key, secret } = held(given, SIGNING_ROLES);
      return signWith(key.algorithm, secret, message);
    },
    agree: async (given, peer) => {
      const { key, secret } = held(given, AGREEMENT_ROLES);
      return agreeWith(key.algorithm, secret, peer);
    },
    delete: async (id) => {
      keys.get(id)?.secret.erase();
      keys.delete(id);
    },
  };
}
