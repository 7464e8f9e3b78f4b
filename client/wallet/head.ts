import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { base64, hex } from "@scure/base";
import canonicalize from "canonicalize";
import { z } from "zod";
import { decodeBase64 } from "./base64.ts";
import { WalletError } from "./errors.ts";
import { decodeKeyring, encodeKeyring, type Keyring } from "./keyring.ts";
import { type Slot, slotSchema } from "./slots.ts";
import type { WrapAddress, WrappingKey } from "./walletKeys.ts";

/** The public part of a wallet: which one it is, and how it is unlocked. */
export type Header = { readonly wallet: string; readonly slots: readonly Slot[] };

/** How far a wallet has come; public. Kept elsewhere, it shows that none of the wallet was rolled back. */
export type WalletAnchor = { readonly wallet: string; readonly sequence: number; readonly hash: string };

const FORMAT = "dkms-wallet";
const VERSION = 1;
export const MAX_SLOTS = 32;

const headSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  wallet: z.string().regex(/^[0-9a-f]{32}$/),
  slots: z.array(slotSchema).min(1).max(MAX_SLOTS),
  keyring: z.string(),
});
const versionSchema = z.object({ format: z.literal(FORMAT), version: z.unknown() });

/**
 * A line of JSON: the header in clear, and the keyring sealed under the root key and bound to the header.
 *
 * @throws {WalletError} WALLET_LIMIT for what could not be read again, which would be the end of the wallet
 */
export function encodeHead(header: Header, keyring: Keyring, root: WrappingKey): Uint8Array {
  const plaintext = encodeKeyring(keyring);
  const sealed = base64.encode(root.wrap(addressOf(header), plaintext));
  plaintext.fill(0);
  const { wallet, slots } = header;
  const head = { format: FORMAT, version: VERSION, wallet, slots, keyring: sealed };
  if (headSchema.safeParse(head).success) return utf8ToBytes(`${JSON.stringify(head)}\n`);
  throw new WalletError("WALLET_LIMIT", "a head does not hold this");
}

/**
 * The header, and the keyring still sealed.
 *
 * @throws {WalletError} WALLET_TRUNCATED, WALLET_DAMAGED, WALLET_FORMAT_UNKNOWN
 */
export function decodeHead(bytes: Uint8Array): { readonly header: Header; readonly sealed: Uint8Array } {
  const text = new TextDecoder().decode(bytes);
  if (!text.endsWith("}\n")) throw new WalletError("WALLET_TRUNCATED", "the end of the head is missing");
  const json = parseJson(text);
  const { success, data } = headSchema.safeParse(json);
  const sealed = success ? decodeBase64(data.keyring) : undefined;
  if (success && sealed !== undefined) {
    return { header: { wallet: data.wallet, slots: data.slots }, sealed };
  }
  const other = versionSchema.safeParse(json);
  if (other.success && other.data.version !== VERSION) {
    throw new WalletError("WALLET_FORMAT_UNKNOWN", "the wallet is of another version", {
      details: { version: String(other.data.version) },
    });
  }
  throw new WalletError("WALLET_DAMAGED", "the head is not that of a wallet");
}

/** @throws {WalletError} WALLET_DAMAGED if header or keyring were altered, or belong to another root key. */
export function unsealKeyring(header: Header, sealed: Uint8Array, root: WrappingKey): Keyring {
  const plaintext = root.unwrap(addressOf(header), sealed);
  if (plaintext === undefined) {
    throw new WalletError(
      "WALLET_DAMAGED",
      "the head was altered, or the wallet was given new keys by another process",
    );
  }
  try {
    return decodeKeyring(plaintext);
  } finally {
    plaintext.fill(0);
  }
}

/** SHA-256 in hex. */
export function hashOf(blob: Uint8Array): string {
  return hex.encode(sha256(blob));
}

function addressOf({ wallet, slots }: Header): WrapAddress {
  return ["DKMS-V1-WALLET-HEAD", VERSION, wallet, canonicalize(slots) ?? ""];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new WalletError("WALLET_DAMAGED", "the head is not JSON");
  }
}
