import {
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
} from "node:crypto";
import { bech32 } from "@scure/base";

/**
 * age-encryption.org/v1 for X25519, read with `node:crypto` alone: a second implementation, so that what we write is not
 * only read by the library that wrote it.
 */

const CHUNK = 64 * 1024;
const TAG = 16;
const LABEL = "age-encryption.org/v1/X25519";
/** DER around the 32 bytes of a raw X25519 key (RFC 8410). */
const PRIVATE_PREFIX = Buffer.from("302e020100300506032b656e04220420", "hex");
const PUBLIC_PREFIX = Buffer.from("302a300506032b656e032100", "hex");

/** The plaintext for an identity (`AGE-SECRET-KEY-1…`). Fails for anything that the specification does not allow. */
export function readAge(file: Uint8Array, identity: string): Buffer {
  const bytes = Buffer.from(file);
  const end = bytes.indexOf("\n--- ");
  const headerEnd = bytes.indexOf("\n", end + 1);
  const lines = bytes.subarray(0, end).toString("latin1").split("\n");
  if (lines[0] !== "age-encryption.org/v1") throw new Error("version");
  const fileKey = fileKeyOf(lines.slice(1), identity);
  const mac = createHmac("sha256", hkdf(fileKey, "", "header"));
  mac.update(bytes.subarray(0, end + "\n---".length));
  const written = bytes.subarray(end + "\n--- ".length, headerEnd).toString("latin1");
  if (base64(mac.digest()) !== written) throw new Error("header");
  const nonce = bytes.subarray(headerEnd + 1, headerEnd + 17);
  return payloadOf(hkdf(fileKey, nonce, "payload"), bytes.subarray(headerEnd + 17));
}

function fileKeyOf(lines: readonly string[], identity: string): Buffer {
  const { bytes } = bech32.decodeToBytes(identity.toLowerCase());
  const privateKey = createPrivateKey({
    key: Buffer.concat([PRIVATE_PREFIX, bytes]),
    format: "der",
    type: "pkcs8",
  });
  const own = createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(-32);
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [, share = ""] = /^-> X25519 ([A-Za-z0-9+/]{43})$/.exec(lines[at] ?? "") ?? [];
    const ephemeral = Buffer.from(share, "base64");
    const publicKey = createPublicKey({
      key: Buffer.concat([PUBLIC_PREFIX, ephemeral]),
      format: "der",
      type: "spki",
    });
    const shared = diffieHellman({ privateKey, publicKey });
    const key = hkdf(shared, Buffer.concat([ephemeral, own]), LABEL);
    try {
      return open(key, Buffer.alloc(12), Buffer.from(lines[at + 1] ?? "", "base64"));
    } catch {
      // For somebody else.
    }
  }
  throw new Error("no identity");
}

/** STREAM: chunks under a counter, the last of which is marked, and not empty unless it is the only one. */
function payloadOf(key: Buffer, sealed: Buffer): Buffer {
  const chunks: Buffer[] = [];
  const size = CHUNK + TAG;
  const last = Math.max(0, Math.ceil(sealed.length / size) - 1);
  for (let i = 0; i <= last; i++) {
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32BE(i, 7);
    nonce[11] = i === last ? 1 : 0;
    const chunk = open(key, nonce, sealed.subarray(i * size, (i + 1) * size));
    if (chunk.length === 0 && last > 0) throw new Error("empty chunk");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function open(key: Buffer, nonce: Buffer, sealed: Buffer): Buffer {
  const cipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: TAG });
  cipher.setAuthTag(sealed.subarray(-TAG));
  return Buffer.concat([cipher.update(sealed.subarray(0, -TAG)), cipher.final()]);
}

function hkdf(secret: Buffer, salt: Buffer | string, info: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, salt, info, 32));
}

function base64(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "");
}
