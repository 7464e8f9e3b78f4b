import { p256 } from "@noble/curves/nist.js";
import { bytesToHex } from "../core/index.ts";
import { peerMalformed } from "./algorithms.ts";
import {
  AGREEMENT_ROLES,
  BackendKey,
  type BackendKeyId,
  checkedKey,
  type KeyAlgorithm,
  type KeyBackend,
  type KeyRole,
  newKey,
  notFound,
  SIGNING_ROLES,
  unsupported,
} from "./backend.ts";
import { type KeyInfoJson, keyInfoJson, parseKeyInfo } from "./keyInfo.ts";
import { Secret } from "./secret.ts";

/** A key of the Web Crypto API with what is known of it; it can be cloned into IndexedDB, but not read. */
export type CryptoKeyRecord = {
  readonly id: BackendKeyId;
  readonly role: KeyRole;
  readonly algorithm: KeyAlgorithm;
  readonly publicKey: BackendKey["publicKey"];
  readonly info: KeyInfoJson;
  readonly privateKey: CryptoKey;
};

/** Port to where such records lie: memory, or IndexedDB (`indexedDbCryptoKeys` of `dkms/storage`). */
export interface CryptoKeyStore {
  /** Its records outlive the program. */
  readonly persistent: boolean;
  read(id: BackendKeyId): Promise<CryptoKeyRecord | undefined>;
  list(): Promise<readonly CryptoKeyRecord[]>;
  save(record: CryptoKeyRecord): Promise<void>;
  remove(id: BackendKeyId): Promise<void>;
}

export type WebCryptoBackendOptions = {
  /** Memory by default. */
  readonly store?: CryptoKeyStore;
  /** `crypto.subtle` by default. */
  readonly subtle?: SubtleCrypto;
};

type WebAlgorithm = {
  readonly generate: Algorithm | EcKeyGenParams;
  readonly usages: readonly KeyUsage[];
  readonly sign?: Algorithm | EcdsaParams;
};

/** P256_DIGEST and SECP256K1 are not here: the Web Crypto API always hashes, and does not know secp256k1. */
const ALGORITHMS: Readonly<Partial<Record<KeyAlgorithm, WebAlgorithm>>> = {
  ED25519: { generate: { name: "Ed25519" }, usages: ["sign", "verify"], sign: { name: "Ed25519" } },
  X25519: { generate: { name: "X25519" }, usages: ["deriveBits"] },
  P256: {
    generate: { name: "ECDSA", namedCurve: "P-256" },
    usages: ["sign", "verify"],
    sign: { name: "ECDSA", hash: "SHA-256" },
  },
};

const SHARED_BITS = 256;

/**
 * Keys of the Web Crypto API, made so that no code can export them: a script that got into the page can use them while it
 * is there, and can take none along. Which algorithms there are depends on the runtime.
 *
 * @throws {KeysError} `create` throws KEY_ALGORITHM_UNSUPPORTED for those that the runtime does not know
 * @example const backend = webCryptoBackend({ store: indexedDbCryptoKeys({ database: "dkms-keys" }) });
 */
export function webCryptoBackend(options: WebCryptoBackendOptions = {}): KeyBackend {
  const { store = memoryCryptoKeys(), subtle = crypto.subtle } = options;
  const held = async <Role extends KeyRole>(given: BackendKey, roles: readonly Role[]) => {
    const record = await store.read(given.id);
    const key = checkedKey(given, record === undefined ? undefined : keyOf(record), roles);
    if (record === undefined) throw notFound(given.id);
    const web = ALGORITHMS[key.algorithm];
    if (web === undefined) throw unsupported(key.algorithm);
    return { web, key, privateKey: record.privateKey };
  };
  return {
    capabilities: async () => ({
      algorithms: await supported(subtle),
      persistent: store.persistent,
      ...{ isolated: true, asksUser: false },
    }),
    create: async (create) => {
      const { role, info, ...fields } = newKey(create);
      const pair = await generate(subtle, fields.algorithm);
      const raw = new Uint8Array(await subtle.exportKey("raw", pair.publicKey));
      const publicKey = bytesToHex(fields.algorithm === "P256" ? compressed(raw) : raw);
      const key = new BackendKey(role, { ...fields, info, publicKey });
      const { privateKey } = pair;
      await store.save({ ...fields, role, publicKey, info: keyInfoJson(info), privateKey });
      return key;
    },
    public: async (id) => {
      const record = await store.read(id);
      return record === undefined ? undefined : keyOf(record);
    },
    list: async () => (await store.list()).map(keyOf),
    sign: async (given, message) => {
      const { web, key, privateKey } = await held(given, SIGNING_ROLES);
      if (web.sign === undefined) throw unsupported(key.algorithm);
      // Copies: the message must be in memory that is not shared, as the API demands.
      const signature = new Uint8Array(await subtle.sign(web.sign, privateKey, Uint8Array.from(message)));
      return key.algorithm === "P256" ? lowS(signature) : signature;
    },
    agree: async (given, peer) => {
      const { web, privateKey } = await held(given, AGREEMENT_ROLES);
      return agree(subtle, web, privateKey, Uint8Array.from(peer));
    },
    delete: (id) => store.remove(id),
  };
}

/** Keeps records for as long as the program runs. */
export function memoryCryptoKeys(): CryptoKeyStore {
  const records = new Map<BackendKeyId, CryptoKeyRecord>();
  return {
    persistent: false,
    read: async (id) => records.get(id),
    list: async () => [...records.values()],
    save: async (record) => {
      records.set(record.id, record);
    },
    remove: async (id) => {
      records.delete(id);
    },
  };
}

function keyOf({ role, id, algorithm, publicKey, info }: CryptoKeyRecord): BackendKey {
  return new BackendKey(role, { id, algorithm, publicKey, info: parseKeyInfo(info) });
}

async function supported(subtle: SubtleCrypto): Promise<readonly KeyAlgorithm[]> {
  const all: readonly KeyAlgorithm[] = ["ED25519", "X25519", "P256"];
  const found = await Promise.all(
    all.map((algorithm) =>
      generate(subtle, algorithm).then(
        () => [algorithm],
        () => [],
      ),
    ),
  );
  return found.flat();
}

async function generate(subtle: SubtleCrypto, algorithm: KeyAlgorithm): Promise<CryptoKeyPair> {
  const web = ALGORITHMS[algorithm];
  if (web === undefined) throw unsupported(algorithm);
  let made: CryptoKey | CryptoKeyPair;
  try {
    made = await subtle.generateKey(web.generate, false, [...web.usages]);
  } catch {
    throw unsupported(algorithm);
  }
  if (!("privateKey" in made) || made.privateKey.extractable) throw unsupported(algorithm);
  return made;
}

async function agree(
  subtle: SubtleCrypto,
  { generate: algorithm }: WebAlgorithm,
  privateKey: CryptoKey,
  peer: Uint8Array<ArrayBuffer>,
): Promise<Secret<Uint8Array>> {
  try {
    const publicKey = await subtle.importKey("raw", peer, algorithm, false, []);
    const shared = await subtle.deriveBits(
      { name: algorithm.name, public: publicKey },
      privateKey,
      SHARED_BITS,
    );
    const bytes = new Uint8Array(shared);
    if (bytes.some((byte) => byte !== 0)) return new Secret(bytes);
  } catch {
    // Falls through: of another length, or of low order.
  }
  throw peerMalformed();
}

function compressed(uncompressed: Uint8Array): Uint8Array {
  return p256.Point.fromBytes(uncompressed).toBytes(true);
}

/** The API signs with a high or a low s. */
function lowS(signature: Uint8Array): Uint8Array {
  const { r, s } = p256.Signature.fromBytes(signature, "compact");
  const order = p256.Point.Fn.ORDER;
  return new p256.Signature(r, s > order >> 1n ? order - s : s).toBytes("compact");
}
