import { ed25519 } from "@noble/curves/ed25519.js";
import { randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { sealBytes, unsealBytes } from "../core/index.ts";
import { Secret } from "../keys/index.ts";

/**
 * The keys of a wallet by their level (K1): slots and root wrap keys and nothing else, read keys encrypt what a segment
 * holds and nothing else, write keys sign. Neither the compiler nor the objects let one serve for another. They are not
 * the classes of `client/keys`: those wrap one key together with its information, while here the keys of all segments lie
 * in one ciphertext, and a ciphertext is bound to more than a place. The levels are the same.
 */

export const KEY_BYTES = 32;

type Place = readonly (string | number)[];

/** What wrapped keys are bound to. */
export type WrapAddress = readonly ["DKMS-V1-WALLET-HEAD" | "DKMS-V1-WALLET-SLOT", ...Place];

/** What encrypted data is bound to. */
export type DataAddress = readonly ["DKMS-V1-WALLET-MANIFEST" | "DKMS-V1-WALLET-RECORD", ...Place];

/** The middle level: a slot's key, or the root key. */
export class WrappingKey {
  readonly #secret: Secret<Uint8Array>;

  constructor(secret: Secret<Uint8Array>) {
    this.#secret = secret;
  }

  /** Seals keys; random 192-bit nonces do not repeat. */
  wrap(address: WrapAddress, keys: Uint8Array): Uint8Array {
    return sealBytes({ key: this.#secret.reveal(), associated: encodeAddress(address) }, keys);
  }

  /** Seals a key of this level. */
  wrapKey(address: WrapAddress, key: WrappingKey): Uint8Array {
    return this.wrap(address, key.#secret.reveal());
  }

  /** What was wrapped for this address under this key; undefined for anything else. */
  unwrap(address: WrapAddress, sealed: Uint8Array): Uint8Array | undefined {
    return unsealBytes({ key: this.#secret.reveal(), associated: encodeAddress(address) }, sealed);
  }

  erase(): void {
    this.#secret.erase();
  }
}

/** The lowest level: encrypts the list of a segment's records, and these. */
export class ReadKey {
  readonly #secret: Secret<Uint8Array>;

  constructor(secret: Secret<Uint8Array>) {
    this.#secret = secret;
  }

  encrypt(address: DataAddress, plaintext: Uint8Array): Uint8Array {
    return sealBytes({ key: this.#secret.reveal(), associated: encodeAddress(address) }, plaintext);
  }

  /** What was encrypted for this address under this key; undefined for anything else. */
  decrypt(address: DataAddress, sealed: Uint8Array): Uint8Array | undefined {
    return unsealBytes({ key: this.#secret.reveal(), associated: encodeAddress(address) }, sealed);
  }

  /** For a keyring, which is wrapped. */
  material(): Uint8Array {
    return this.#secret.reveal();
  }

  erase(): void {
    this.#secret.erase();
  }
}

/** Signs the list of a segment's records (Ed25519). */
export class WriteKey {
  readonly #seed: Secret<Uint8Array>;
  readonly publicKey: Uint8Array;

  constructor(seed: Secret<Uint8Array>) {
    this.#seed = seed;
    this.publicKey = ed25519.getPublicKey(seed.reveal());
  }

  sign(bytes: Uint8Array): Uint8Array {
    return ed25519.sign(bytes, this.#seed.reveal());
  }

  /** For a keyring, which is wrapped. */
  material(): Uint8Array {
    return this.#seed.reveal();
  }

  erase(): void {
    this.#seed.erase();
  }
}

/** 32 fresh bytes. */
export function randomKey(): Secret<Uint8Array> {
  return new Secret(randomBytes(KEY_BYTES));
}

/** A JSON array: the same bytes for the same parts only. */
export function encodeAddress(address: WrapAddress | DataAddress): Uint8Array {
  return utf8ToBytes(JSON.stringify(address));
}
