import { recoverAddress } from "ethers";
import { type Hex, type Hex32, hexToBytes } from "../core/index.ts";
import type { AgentKey } from "./agentKey.ts";
import { KeysError } from "./errors.ts";
import { verifyP256 } from "./p256.ts";
import { verifyAssertion } from "./webauthnAssertion.ts";

/** Whether a key signed; of a contract's signature only the chain knows. */
export type SignatureVerdict = "SIGNED" | "NOT_SIGNED" | "ONLY_ON_CHAIN";

const ECDSA_BYTES = 65;
const P256_BYTES = 64;

/**
 * Checks a policy key's signature exactly as the registry does.
 *
 * @param digest Of the EIP-712 struct, see `typedDataDigest`.
 * @throws {KeysError} KEY_SIGNATURE_MALFORMED if it has not the form of the key's kind.
 */
export function verifySignature(key: AgentKey, digest: Hex32, signature: Hex): SignatureVerdict {
  switch (key.kind) {
    case "CONTRACT":
      return "ONLY_ON_CHAIN";
    case "SECP256K1":
      return verdict(recover(digest, signature) === key.material);
    case "P256": {
      const bytes = ofLength(signature, P256_BYTES);
      return verdict(verifyP256(bytes, hexToBytes(digest), hexToBytes(key.material)));
    }
    case "WEBAUTHN":
    case "WEBAUTHN_DEVICE_BOUND":
      return verdict(verifyAssertion(key, hexToBytes(digest), signature));
  }
}

function verdict(signed: boolean): SignatureVerdict {
  return signed ? "SIGNED" : "NOT_SIGNED";
}

function recover(digest: Hex32, signature: Hex): string {
  // Libraries take 0, 1 and what old transactions carry for v as well; the registry does not.
  const v = ofLength(signature, ECDSA_BYTES).at(-1);
  try {
    if (v !== 27 && v !== 28) throw new RangeError("v is 27 or 28");
    return recoverAddress(digest, signature).toLowerCase();
  } catch (cause) {
    throw new KeysError("KEY_SIGNATURE_MALFORMED", "a signature has 65 bytes: r, s, v with a low s", {
      cause,
    });
  }
}

function ofLength(signature: Hex, length: number): Uint8Array {
  const bytes = hexToBytes(signature);
  if (bytes.length !== length) {
    throw new KeysError("KEY_SIGNATURE_MALFORMED", `a signature of this kind of key has ${length} bytes`, {
      details: { actual: bytes.length },
    });
  }
  return bytes;
}
