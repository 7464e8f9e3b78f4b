import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concatBytes, randomBytes } from "@noble/hashes/utils.js";

/** What seals, and what the ciphertext is bound to: it opens with exactly the two. */
export type Seal = {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** Purpose and place, so that nothing can be passed off as something else. */
  readonly associated: Uint8Array;
};

/** Random 192-bit nonces do not repeat. */
const NONCE_BYTES = 24;
const TAG_BYTES = 16;

/** Bytes that sealing adds. */
export const SEAL_BYTES = NONCE_BYTES + TAG_BYTES;

/**
 * XChaCha20-Poly1305 under a random nonce, which comes first: how everything at rest is sealed here.
 *
 * @param nonce 24 bytes, never used with this key before; random by default.
 * @example const sealed = sealBytes({ key, associated: new TextEncoder().encode("notes/1") }, plaintext);
 */
export function sealBytes(
  { key, associated }: Seal,
  plaintext: Uint8Array,
  nonce: Uint8Array = randomBytes(NONCE_BYTES),
): Uint8Array {
  return concatBytes(nonce, xchacha20poly1305(key, nonce, associated).encrypt(plaintext));
}

/** What was sealed under this key and bound to this; undefined for anything else. */
export function unsealBytes({ key, associated }: Seal, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < SEAL_BYTES) return undefined;
  const cipher = xchacha20poly1305(key, sealed.subarray(0, NONCE_BYTES), associated);
  try {
    return cipher.decrypt(sealed.subarray(NONCE_BYTES));
  } catch {
    return undefined;
  }
}
