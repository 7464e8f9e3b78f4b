import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { base32crockford, bech32 } from "@scure/base";
import { type Hex32, hex32 } from "../core/index.ts";
import { Secret } from "../keys/index.ts";
import { PaperError } from "./errors.ts";

/** What a recovery paper says: all that a new device needs to fetch and open the newest backup. */
export type Paper = {
  /** The X25519 identity of age that opens backups (`AGE-SECRET-KEY-1…`). */
  readonly identity: Secret<string>;
  /** Where the backups are. */
  readonly endpoint: string;
  /** The owner's policy, whose anchor tells which backup is the newest. */
  readonly policy: Hex32;
  readonly chainId: bigint;
  /** The day it was made, as 2026-12-31. */
  readonly date: string;
};

/** What is on paper beside the secret, as somebody types it. */
export type PaperFields = Record<"endpoint" | "policy" | "chainId" | "date" | "check", string>;

export const VERSION = "1";
const TITLE = "DKMS-PAPER";
const PREFIX = "age-secret-key-";
const SECRET_BYTES = 32;
const CHECK_BYTES = 5;
/** So that the QR code fits a terminal of 80 columns. */
const MAX_ENDPOINT = 120;

/** The 32 bytes of an identity. @throws {PaperError} PAPER_FIELD_MALFORMED */
export function secretOf(identity: Secret<string>): Uint8Array {
  try {
    const { prefix, bytes } = bech32.decodeToBytes(identity.reveal());
    if (prefix === PREFIX && bytes.length === SECRET_BYTES) return bytes;
  } catch {
    // Told below, without the text.
  }
  throw fieldMalformed("identity", "an X25519 identity of age");
}

/** The identity of 32 bytes. */
export function identityOf(secret: Uint8Array): Secret<string> {
  return new Secret(bech32.encodeFromBytes(PREFIX, secret).toUpperCase());
}

/**
 * The paper's parts but the secret, each checked and in its one spelling.
 *
 * @throws {PaperError} PAPER_FIELD_MALFORMED
 */
export function parseFields(fields: Omit<PaperFields, "check">): Omit<Paper, "identity"> {
  return {
    endpoint: parseEndpoint(fields.endpoint.trim()),
    policy: parsePolicy(fields.policy.trim()),
    chainId: parseChainId(fields.chainId.trim()),
    date: parseDate(fields.date.trim()),
  };
}

/**
 * Eight letters and digits over everything on the paper. They are keyed with the secret: who does not know it cannot
 * put another endpoint or policy in place of the owner's.
 */
export function checkCode(
  secret: Uint8Array,
  { endpoint, policy, chainId, date }: Omit<Paper, "identity">,
): string {
  const key = hkdf(sha256, secret, undefined, utf8ToBytes("DKMS-V1-PAPER-CHECK"), 32);
  const message = JSON.stringify([VERSION, endpoint, policy, String(chainId), date]);
  return base32crockford.encode(hmac(sha256, key, utf8ToBytes(message)).subarray(0, CHECK_BYTES));
}

/** A check code as typed, with O for 0 and I or L for 1, spaces and hyphens, in its one spelling. */
export function normalCheck(typed: string): string {
  return typed.toUpperCase().replace(/[\s-]/g, "").replaceAll("O", "0").replace(/[IL]/g, "1");
}

/** The line that the QR code holds. */
export function encodeScan(paper: Paper): string {
  const { endpoint, policy, chainId, date, identity } = paper;
  const check = checkCode(secretOf(identity), paper);
  return [TITLE, VERSION, identity.reveal(), endpoint, policy, String(chainId), date, check].join(" ");
}

/** @throws {PaperError} PAPER_MALFORMED, PAPER_VERSION_UNKNOWN */
export function decodeScan(text: string): PaperFields & { readonly identity: Secret<string> } {
  const [title, version, identity, endpoint, policy, chainId, date, check, ...rest] = text
    .trim()
    .split(/\s+/);
  // A number, or it may be the secret itself, where the version got lost.
  if (title === TITLE && version !== undefined && /^[0-9]{1,4}$/.test(version) && version !== VERSION) {
    throw new PaperError("PAPER_VERSION_UNKNOWN", "the paper is of another version", {
      details: { version },
    });
  }
  const isWhole = check !== undefined && rest.length === 0 && title === TITLE && version === VERSION;
  if (!isWhole || !identity || !endpoint || !policy || !chainId || !date) {
    throw new PaperError("PAPER_MALFORMED", "this is not the text of a recovery paper, or only part of it");
  }
  return { identity: new Secret(identity), endpoint, policy, chainId, date, check };
}

function parseEndpoint(text: string): string {
  try {
    const { href, protocol, hostname, username, password } = new URL(text);
    const isLocal = protocol === "http:" && ["localhost", "127.0.0.1"].includes(hostname);
    const isPlain = username === "" && password === "" && href.length <= MAX_ENDPOINT;
    if ((protocol === "https:" || isLocal) && isPlain) return href;
  } catch {
    // Told below.
  }
  throw fieldMalformed(
    "endpoint",
    `an https address of at most ${MAX_ENDPOINT} characters, without a password`,
  );
}

function parsePolicy(text: string): Hex32 {
  try {
    return hex32(text);
  } catch {
    throw fieldMalformed("policy", "0x and 64 hex digits");
  }
}

function parseChainId(text: string): bigint {
  if (/^[1-9][0-9]{0,17}$/.test(text)) return BigInt(text);
  throw fieldMalformed("chainId", "a number");
}

function parseDate(text: string): string {
  const day = new Date(`${text}T00:00:00Z`);
  if (
    /^\d{4}-\d{2}-\d{2}$/.test(text) &&
    !Number.isNaN(day.getTime()) &&
    day.toISOString().startsWith(text)
  ) {
    return text;
  }
  throw fieldMalformed("date", "a day as 2026-12-31");
}

function fieldMalformed(field: string, expected: string): PaperError {
  return new PaperError("PAPER_FIELD_MALFORMED", `the ${field} on a paper is ${expected}`, {
    details: { field },
  });
}
