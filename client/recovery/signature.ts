import { ed25519 } from "@noble/curves/ed25519.js";

/** True for an Ed25519 signature by the rules of RFC 8032, without the leniency of ZIP 215. */
export function isSignature(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}
