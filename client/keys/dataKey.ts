import { KeysError } from "./errors.ts";
import { type KeyHolder, type KeyInfo, keyInfo } from "./keyInfo.ts";
import { holdMaterial, materialOf } from "./material.ts";
import { type RandomSource, systemRandom } from "./random.ts";
import { ofSymmetricLength, SYMMETRIC_BYTES, sealFor, subkey, unsealFor } from "./sealing.ts";
import { Secret } from "./secret.ts";

/** What symmetric data keys are for: a segment of the wallet; base proofs that wait to be presented (protocol §6.1). */
export const DATA_KEY_ROLES = ["STORAGE", "PROOF"] as const;

/** One of {@link DATA_KEY_ROLES}. The roles of key pairs are in `KEY_ROLES`. */
export type DataKeyRole = (typeof DATA_KEY_ROLES)[number];

export type DataKeyOptions<Role extends DataKeyRole> = {
  readonly role: Role;
  readonly holder?: KeyHolder;
  /** In seconds since 1970. */
  readonly now: bigint;
  readonly lifetimeDays?: number;
  readonly random?: RandomSource;
};

/**
 * The lowest level of the hierarchy (requirement K1): a symmetric key that encrypts data, of one role. It cannot wrap other
 * keys, and cannot be read: it leaves only wrapped by a {@link KeyEncryptingKey}.
 *
 * @typeParam Role Keys of two roles are two types, and what one encrypts the other cannot decrypt, be it the same bytes.
 */
export class DataKey<Role extends DataKeyRole = DataKeyRole> {
  readonly #role: Role;
  readonly info: KeyInfo;

  /** Not for callers: use {@link generateDataKey}, or unwrap one. */
  constructor(role: Role, info: KeyInfo, secret: Secret<Uint8Array>) {
    this.#role = role;
    this.info = info;
    holdMaterial(this, ofSymmetricLength(secret));
  }

  get role(): Role {
    return this.#role;
  }

  /**
   * Encrypts for one place: what is moved elsewhere does not decrypt.
   *
   * @throws {KeysError} SECRET_ERASED
   */
  encrypt(place: string, plaintext: Uint8Array): Uint8Array {
    return this.#withSubkey((key) => sealFor(key, this.#address(place), plaintext));
  }

  /**
   * @throws {KeysError} KEY_CIPHERTEXT_INVALID if it was altered, or encrypted with another key, in another role or for
   * another place; SECRET_ERASED
   */
  decrypt(place: string, sealed: Uint8Array): Uint8Array {
    const plaintext = this.#withSubkey((key) => unsealFor(key, this.#address(place), sealed));
    if (plaintext !== undefined) return plaintext;
    throw new KeysError(
      "KEY_CIPHERTEXT_INVALID",
      "altered, or encrypted with another key or for another place",
      {
        details: { role: this.#role },
      },
    );
  }

  /** Forgets the key and zeroes its bytes. */
  erase(): void {
    materialOf(this, DataKey).erase();
  }

  #address(place: string): readonly unknown[] {
    return ["DKMS-V1-DATA", this.#role, place];
  }

  #withSubkey<Result>(use: (key: Secret<Uint8Array>) => Result): Result {
    const key = subkey(materialOf(this, DataKey), `DKMS-V1-DATA-${this.#role}`);
    try {
      return use(key);
    } finally {
      key.erase();
    }
  }
}

/** A fresh key for data. @throws {KeysError} KEY_INFO_MALFORMED */
export function generateDataKey<Role extends DataKeyRole>(options: DataKeyOptions<Role>): DataKey<Role> {
  const { role, random = systemRandom, ...more } = options;
  const bytes = new Uint8Array(SYMMETRIC_BYTES);
  random(bytes);
  return new DataKey(role, keyInfo({ purpose: role, ...more }), new Secret(bytes));
}
