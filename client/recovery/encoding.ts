import { utf8ToBytes } from "@noble/hashes/utils.js";
import { base64urlnopad } from "@scure/base";
import canonicalize from "canonicalize";

/** Bytes as base64url without padding: the one binary encoding of shares and messages. */
export function toBase64url(bytes: Uint8Array): string {
  return base64urlnopad.encode(bytes);
}

/** The bytes that `text` spells; undefined unless it is the canonical base64url of `length` bytes, or of any number. */
export function fromBase64url(text: string, length?: number): Uint8Array | undefined {
  try {
    const bytes = base64urlnopad.decode(text);
    return length === undefined || bytes.length === length ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The one text of a JSON value: RFC 8785.
 *
 * @throws TypeError for what JSON cannot say (undefined, functions), Error for NaN and lone surrogates.
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("no JSON value");
  return text;
}

/** What is signed of a JSON value: its domain, a line feed, and its canonical text. */
export function signedBytes(domain: string, value: unknown): Uint8Array {
  return utf8ToBytes(`${domain}\n${canonicalJson(value)}`);
}

/** The text of UTF-8 bytes. @throws TypeError for bytes that are none. */
export function bytesToText(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}
