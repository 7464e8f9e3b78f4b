import { hexToBytes } from "../core/index.ts";
import { type BackendKey, type KeyBackend, KeysError, ofRole } from "../keys/index.ts";
import type { ConnectionKeys } from "./connection.ts";
import type { ShareSigner } from "./share.ts";

/**
 * The keys of a connection in a backend: an Ed25519 key of role AUTHORSHIP and an X25519 key of role DID_AGREEMENT, both
 * made for this connection.
 *
 * @throws {KeysError} KEY_MIXED_UP
 */
export function backendConnectionKeys(
  backend: KeyBackend,
  keys: { readonly signing: BackendKey<"AUTHORSHIP">; readonly agreement: BackendKey<"DID_AGREEMENT"> },
): ConnectionKeys {
  const signing = ofRole(keys.signing, "AUTHORSHIP");
  const agreement = ofRole(keys.agreement, "DID_AGREEMENT");
  return {
    signingKey: hexToBytes(signing.publicKey),
    agreementKey: hexToBytes(agreement.publicKey),
    sign: (bytes) => backend.sign(signing, bytes),
    agree: (publicKey) => backend.agree(agreement, publicKey),
  };
}

/**
 * Signs shares with an Ed25519 key of the owner's DID in a backend.
 *
 * @throws {KeysError} KEY_MIXED_UP, KEY_ALGORITHM_UNSUPPORTED
 */
export function backendShareSigner(backend: KeyBackend, key: BackendKey<"DID_AUTHENTICATION">): ShareSigner {
  const checked = ofRole(key, "DID_AUTHENTICATION");
  if (checked.algorithm !== "ED25519") {
    throw new KeysError("KEY_ALGORITHM_UNSUPPORTED", "shares are signed with Ed25519", {
      details: { needed: "ED25519", found: checked.algorithm },
    });
  }
  return { sign: (bytes) => backend.sign(checked, bytes) };
}
