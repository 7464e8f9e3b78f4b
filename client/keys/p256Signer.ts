import { bytesToHex, hexToBytes } from "../core/index.ts";
import { p256Key } from "./agentKey.ts";
import { KeysError } from "./errors.ts";
import { normalizeP256, p256PublicKey } from "./p256.ts";
import { type AgentSigner, typedDataDigestBytes } from "./signer.ts";

/** Port to a P-256 key in a secure element or hardware token. */
export interface P256Element {
  /** In any form that `p256PublicKey` takes. */
  readonly publicKey: Uint8Array;
  /**
   * ECDSA over exactly these 32 bytes, with no hashing inside (what platforms call "digest" or "raw" ECDSA); r ‖ s or
   * DER. An element that insists on hashing what it signs can serve as a passkey only.
   */
  signDigest(digest: Uint8Array): Promise<Uint8Array>;
}

/**
 * Signs with a key in a secure element, kind P256. What the element returns is brought to the one form that the registry
 * takes, and is checked: an element that signs with another key, or hashes first, is found out here.
 *
 * @throws {KeysError} PUBLIC_KEY_MALFORMED; signing throws KEY_SIGNATURE_INVALID, and what the element throws.
 */
export function p256Signer(element: P256Element): AgentSigner {
  const key = p256Key(p256PublicKey(element.publicKey));
  return {
    key,
    sign: async (data) => {
      const digest = typedDataDigestBytes(data);
      // The element gets a copy: it must not be able to change what is compared.
      const signature = normalizeP256(
        await element.signDigest(digest.slice()),
        digest,
        hexToBytes(key.material),
      );
      if (signature === undefined) {
        throw new KeysError("KEY_SIGNATURE_INVALID", "the element did not sign this digest with its key", {
          details: { kind: key.kind, key: key.material },
        });
      }
      return bytesToHex(signature);
    },
  };
}
