import { bytesToHex, type Hex, hex, hexToBytes } from "../core/index.ts";
import { KeysError } from "./errors.ts";
import { type KeyHolder, type KeyInfo, keyInfo } from "./keyInfo.ts";
import { systemRandom } from "./random.ts";
import type { Secret } from "./secret.ts";

/**
 * How key pairs compute. ED25519 and P256 (ES256) sign messages of any length; P256_DIGEST and SECP256K1 sign the 32 bytes
 * of a digest as they are; X25519 agrees. P-256 signatures are r ‖ s with a low s, those of SECP256K1 r ‖ s ‖ v.
 */
export const KEY_ALGORITHMS = ["ED25519", "X25519", "P256", "P256_DIGEST", "SECP256K1"] as const;

/** One of {@link KEY_ALGORITHMS}. */
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

/** What key pairs are for, and the algorithms that will do, the usual one first. One key, one role. */
export const KEY_ROLES = {
  DID_AUTHENTICATION: ["ED25519", "P256"],
  DID_AGREEMENT: ["X25519"],
  POLICY: ["SECP256K1", "P256_DIGEST"],
  AUTHORSHIP: ["ED25519"],
  DEVICE_BACKUP: ["X25519"],
} as const satisfies Readonly<Record<string, readonly KeyAlgorithm[]>>;

/** A name in {@link KEY_ROLES}. */
export type KeyRole = keyof typeof KEY_ROLES;

/** Roles whose keys sign. */
export type SigningRole = "DID_AUTHENTICATION" | "POLICY" | "AUTHORSHIP";

/** Roles whose keys agree. */
export type AgreementRole = "DID_AGREEMENT" | "DEVICE_BACKUP";

/** How a key is found in its backend: 16 random bytes, so that it tells nothing. */
export type BackendKeyId = Hex & { readonly [idBrand]: true };

declare const idBrand: unique symbol;

/** The public side of a key pair in a backend: all that ever leaves it. */
export class BackendKey<Role extends KeyRole = KeyRole> {
  readonly #role: Role;
  readonly id: BackendKeyId;
  readonly algorithm: KeyAlgorithm;
  /** 32 bytes; 33, compressed, for P-256 and secp256k1. */
  readonly publicKey: Hex;
  readonly info: KeyInfo;

  /** For backends. */
  constructor(role: Role, key: Omit<BackendKey, "role">) {
    this.#role = role;
    this.id = key.id;
    this.algorithm = key.algorithm;
    this.publicKey = key.publicKey;
    this.info = key.info;
  }

  get role(): Role {
    return this.#role;
  }
}

export type CreateKeyOptions<Role extends KeyRole> = {
  readonly role: Role;
  /** The usual one of the role by default. */
  readonly algorithm?: KeyAlgorithm;
  readonly holder?: KeyHolder;
  /** In seconds since 1970. */
  readonly now: bigint;
  readonly lifetimeDays?: number;
};

/** What a backend can do here and now. */
export type KeyCapabilities = {
  readonly algorithms: readonly KeyAlgorithm[];
  /** Its keys outlive the program. */
  readonly persistent: boolean;
  /** No code of ours ever sees a private key, not even while it is used. */
  readonly isolated: boolean;
  /** Somebody has to be there to use a key. */
  readonly asksUser: boolean;
};

/**
 * Port to where key pairs live (requirement K10). Private keys are made there, used there and deleted there; there is no
 * way to read or to bring one.
 *
 * All throw {KeysError} KEY_NOT_FOUND for a key that is not here, KEY_MIXED_UP for one of another role or one that this
 * backend did not make, and what their storage throws.
 */
export interface KeyBackend {
  capabilities(): Promise<KeyCapabilities>;
  /** A fresh key pair. @throws {KeysError} KEY_ALGORITHM_UNSUPPORTED, KEY_INFO_MALFORMED */
  create<Role extends KeyRole>(options: CreateKeyOptions<Role>): Promise<BackendKey<Role>>;
  /** The public side of a key; undefined if it is not here. */
  public(id: BackendKeyId): Promise<BackendKey | undefined>;
  /** The public sides of all keys, in any order. */
  list(): Promise<readonly BackendKey[]>;
  /** @throws {KeysError} KEY_MESSAGE_LENGTH if a digest has not 32 bytes. */
  sign(key: BackendKey<SigningRole>, message: Uint8Array): Promise<Uint8Array>;
  /**
   * The 32 bytes that only the two holders of private keys know, to be put through a KDF.
   *
   * @throws {KeysError} KEY_PEER_MALFORMED if the peer's public key is none, or of low order.
   */
  agree(key: BackendKey<AgreementRole>, peer: Uint8Array): Promise<Secret<Uint8Array>>;
  /** Forgets a key, if it is here. */
  delete(id: BackendKeyId): Promise<void>;
}

const ID_BYTES = 16;
const ID_LENGTH = 2 + 2 * ID_BYTES;

/**
 * Parses the id of a key.
 *
 * @throws {CoreError} HEX_MALFORMED; {KeysError} KEY_NOT_FOUND if it is no id.
 */
export function backendKeyId(value: string): BackendKeyId {
  const id = hex(value);
  if (id.length !== ID_LENGTH) throw notFound(undefined);
  return id as BackendKeyId;
}

/** Narrows a key to a role. @throws {KeysError} KEY_MIXED_UP */
export function ofRole<Role extends KeyRole>(key: BackendKey, role: Role): BackendKey<Role> {
  if (!(key instanceof BackendKey) || key.role !== role) throw mixedUp(role);
  return key as BackendKey<Role>;
}

/** Public fields of a new key. @throws {KeysError} KEY_ALGORITHM_UNSUPPORTED, KEY_INFO_MALFORMED */
export function newKey<Role extends KeyRole>(options: CreateKeyOptions<Role>) {
  const { role, algorithm = KEY_ROLES[role][0], ...more } = options;
  const allowed: readonly KeyAlgorithm[] = KEY_ROLES[role];
  if (!allowed.includes(algorithm)) throw unsupported(algorithm, role);
  const bytes = new Uint8Array(ID_BYTES);
  systemRandom(bytes);
  const id = backendKeyId(bytesToHex(bytes));
  return { role, algorithm, id, info: keyInfo({ purpose: role, ...more }) };
}

/**
 * The stored key that a caller's key stands for: the caller's object is trusted with its id alone.
 *
 * @throws {KeysError} KEY_MIXED_UP, KEY_NOT_FOUND
 */
export function checkedKey<Role extends KeyRole>(
  given: BackendKey,
  stored: BackendKey | undefined,
  roles: readonly Role[],
): BackendKey<Role> {
  const role = roles.find((one) => given instanceof BackendKey && one === given.role);
  if (role === undefined) throw mixedUp(roles.join(" or "));
  if (stored === undefined) throw notFound(given.id);
  if (stored.publicKey !== given.publicKey) throw mixedUp(role);
  return ofRole(stored, role);
}

/** Roles that sign, and roles that agree, for {@link checkedKey}. */
export const SIGNING_ROLES = ["DID_AUTHENTICATION", "POLICY", "AUTHORSHIP"] as const;
export const AGREEMENT_ROLES = ["DID_AGREEMENT", "DEVICE_BACKUP"] as const;

/** The bytes of a backend key's public key. */
export function publicKeyBytes(key: BackendKey): Uint8Array {
  return hexToBytes(key.publicKey);
}

export function unsupported(algorithm: KeyAlgorithm, role?: KeyRole): KeysError {
  return new KeysError("KEY_ALGORITHM_UNSUPPORTED", "the backend or the role does not know this algorithm", {
    details: { algorithm, ...(role === undefined ? {} : { role }) },
  });
}

/** @param id Undefined for what is no id, which may be anything. */
export function notFound(id: BackendKeyId | undefined): KeysError {
  return new KeysError("KEY_NOT_FOUND", "the key is not in this backend", {
    details: id === undefined ? {} : { id },
  });
}

function mixedUp(needed: string): KeysError {
  return new KeysError("KEY_MIXED_UP", `a key of the role ${needed} is needed here`, { details: { needed } });
}
