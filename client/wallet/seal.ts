import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { base64 } from "@scure/base";
import { sealBytes, unsealBytes } from "../core/index.ts";
import { Secret } from "../keys/index.ts";

/** A symmetric key: 32 random bytes, or such as can be told from them by nobody. */
export type Key = Secret<Uint8Array>;

/** What a ciphertext is bound to, so that it cannot be taken for another: first of all its purpose. */
export type Address = readonly [purpose: string, ...place: readonly (string | number)[]];

export const KEY_BYTES = 32;

/** A fresh key. */
export function generateKey(): Key {
  return new Secret(randomBytes(KEY_BYTES));
}

/** Seals for an address: what the ciphertext is bound to. */
export function seal(key: Key, address: Address, plaintext: Uint8Array): Uint8Array {
  return sealBytes({ key: key.reveal(), associated: encodeAddress(address) }, plaintext);
}

/** What was sealed for this address under this key; undefined for anything else. */
export function unseal(key: Key, address: Address, sealed: Uint8Array): Uint8Array | undefined {
  return unsealBytes({ key: key.reveal(), associated: encodeAddress(address) }, sealed);
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
