import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { base64 } from "@scure/base";
import { Secret } from "../keys/index.ts";

/** A symmetric key: 32 random bytes, or such as can be told from them by nobody. */
export type Key = Secret<Uint8Array>;

/** What a ciphertext is bound to, so that it cannot be taken for another: first of all its purpose. */
export type Address = readonly [purpose: string, ...place: readonly (string | number)[]];

export const KEY_BYTES = 32;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;

/** Bytes that sealing adds. */
export const SEAL_BYTES = NONCE_BYTES + TAG_BYTES;

/** A fresh key. */
export function generateKey(): Key {
  return new Secret(randomBytes(KEY_BYTES));
}

/** XChaCha20-Poly1305 under a random nonce, which comes first; random 192-bit nonces do not repeat. */
export function seal(key: Key, address: Address, plaintext: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = xchacha20poly1305(key.reveal(), nonce, encodeAddress(address));
  return concatBytes(nonce, cipher.encrypt(plaintext));
}

/** What was sealed for this address under this key; undefined for anything else. */
export function unseal(key: Key, address: Address, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < SEAL_BYTES) return undefined;
  const nonce = sealed.subarray(0, NONCE_BYTES);
  try {
    const cipher = xchacha20poly1305(key.reveal(), nonce, encodeAddress(address));
    return cipher.decrypt(sealed.subarray(NONCE_BYTES));
  } catch {
    return undefined;
  }
}

/** A key for one purpose, from a key for several. */
export function deriveSubkey(key: Key, salt: Uint8Array, purpose: string): Key {
  return new Secret(hkdf(sha256, key.reveal(), salt, utf8ToBytes(purpose), KEY_BYTES));
}

/** A JSON array: the same bytes for the same parts only. */
export function encodeAddress(address: Address): Uint8Array {
  return utf8ToBytes(JSON.stringify(address));
}

/** What base64 spells; undefined for anything but its one spelling. */
export function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return base64.decode(text);
  } catch {
    return undefined;
  }
}
