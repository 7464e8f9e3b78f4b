import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { sealBytes, unsealBytes } from "../core/index.ts";
import { KeysError } from "./errors.ts";
import { Secret } from "./secret.ts";

export const SYMMETRIC_BYTES = 32;

/** Seals for an address: what the ciphertext is bound to. */
export function sealFor(
  key: Secret<Uint8Array>,
  address: readonly unknown[],
  plaintext: Uint8Array,
): Uint8Array {
  return sealBytes({ key: key.reveal(), associated: encode(address) }, plaintext);
}

/** What was sealed for this address under this key; undefined for anything else. */
export function unsealFor(
  key: Secret<Uint8Array>,
  address: readonly unknown[],
  sealed: Uint8Array,
): Uint8Array | undefined {
  return unsealBytes({ key: key.reveal(), associated: encode(address) }, sealed);
}

/** A key for one use, from a key for several: HKDF-SHA-256 with the use as `info` (RFC 5869). */
export function subkey(key: Secret<Uint8Array>, use: string, salt?: Uint8Array): Secret<Uint8Array> {
  return new Secret(hkdf(sha256, key.reveal(), salt, utf8ToBytes(use), SYMMETRIC_BYTES));
}

/** @throws {KeysError} KEY_LENGTH unless there are 32 bytes. */
export function ofSymmetricLength(secret: Secret<Uint8Array>): Secret<Uint8Array> {
  const { length } = secret.reveal();
  if (length === SYMMETRIC_BYTES) return secret;
  throw new KeysError("KEY_LENGTH", `a key has ${SYMMETRIC_BYTES} bytes`, { details: { actual: length } });
}

/** A JSON array: the same bytes for the same parts only. */
function encode(address: readonly unknown[]): Uint8Array {
  return utf8ToBytes(JSON.stringify(address));
}
