import { p256 } from "@noble/curves/nist.js";
import { bigintToBytes, bytesToHex, type Hex } from "../core/index.ts";
import { KeysError } from "./errors.ts";

const POINT_BYTES = 64;
const SIGNATURE_BYTES = 64;
const UNCOMPRESSED = 0x04;

/** What precedes an uncompressed P-256 point in a SubjectPublicKeyInfo: its length and algorithm are fixed (RFC 5480). */
const SPKI_PREFIX = Uint8Array.from([
  ...[0x30, 0x59, 0x30, 0x13],
  ...[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
  ...[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
  ...[0x03, 0x42, 0x00],
]);

/** True if 64 bytes are the coordinates of a point of P-256, which infinity is not. */
export function isP256Point(point: Uint8Array): boolean {
  return point.length === POINT_BYTES && p256.utils.isValidPublicKey(uncompressed(point), false);
}

/**
 * The 64 bytes x ‖ y of a P-256 public key, from any of the forms in which devices give it: those bytes themselves, SEC 1
 * (33 or 65 bytes) or a SubjectPublicKeyInfo, as `getPublicKey()` of WebAuthn returns it.
 *
 * @throws {KeysError} PUBLIC_KEY_MALFORMED
 */
export function p256PublicKey(bytes: Uint8Array): Hex {
  try {
    return bytesToHex(p256.Point.fromBytes(sec1Of(bytes)).toBytes(false).subarray(1));
  } catch {
    throw new KeysError("PUBLIC_KEY_MALFORMED", "not a P-256 public key in a known form", {
      details: { bytes: bytes.length },
    });
  }
}

/**
 * The low-s form of a signature that the key made over a hash: r ‖ s, 64 bytes.
 *
 * @param signature r ‖ s or DER, with a high or a low s.
 * @param hash The 32 bytes that the signature equation is over.
 * @param point The public key, x ‖ y.
 * @returns undefined if the signature is not the key's over that hash.
 */
export function normalizeP256(
  signature: Uint8Array,
  hash: Uint8Array,
  point: Uint8Array,
): Uint8Array | undefined {
  // 64 bytes may be either form; only the right reading verifies.
  for (const format of ["compact", "der"] as const) {
    const low = lowS(signature, format);
    if (low !== undefined && verifyP256(low, hash, point)) return low;
  }
  return undefined;
}

/** True if r ‖ s with a low s is the key's signature over the 32 bytes of a hash. */
export function verifyP256(signature: Uint8Array, hash: Uint8Array, point: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false;
  return p256.verify(signature, hash, uncompressed(point), { prehash: false, lowS: true, format: "compact" });
}

function lowS(signature: Uint8Array, format: "compact" | "der"): Uint8Array | undefined {
  try {
    const { r, s } = p256.Signature.fromBytes(signature, format);
    const order = p256.Point.Fn.ORDER;
    const low = s > order >> 1n ? order - s : s;
    return Uint8Array.of(...bigintToBytes(r, 32), ...bigintToBytes(low, 32));
  } catch {
    return undefined;
  }
}

function sec1Of(bytes: Uint8Array): Uint8Array {
  if (bytes.length === POINT_BYTES) return uncompressed(bytes);
  const spki = SPKI_PREFIX.every((byte, i) => byte === bytes[i]);
  return spki ? bytes.subarray(SPKI_PREFIX.length) : bytes;
}

function uncompressed(point: Uint8Array): Uint8Array {
  return Uint8Array.of(UNCOMPRESSED, ...point);
}
