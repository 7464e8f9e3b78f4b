import { CoreError } from "./errors.ts";

declare const hexBrand: unique symbol;

/** `0x` and lower-case hex digits, two for a byte. */
export type Hex = `0x${string}`;

/** Exactly 32 bytes as {@link Hex}: hashes, roots, key ids. */
export type Hex32 = Hex & { readonly [hexBrand]: 32 };

/** Exactly 20 bytes as {@link Hex}, lower case: addresses. */
export type Hex20 = Hex & { readonly [hexBrand]: 20 };

const HEX = /^0x(?:[0-9a-fA-F]{2})*$/;

/**
 * Parses hex of any length.
 *
 * @throws {CoreError} HEX_MALFORMED if `value` is not `0x` followed by whole bytes.
 */
export function hex(value: string): Hex {
  if (typeof value !== "string" || !HEX.test(value)) {
    throw new CoreError("HEX_MALFORMED", "expected 0x followed by an even number of hex digits");
  }
  return value.toLowerCase() as Hex;
}

/**
 * Parses exactly 32 bytes of hex.
 *
 * @throws {CoreError} HEX_MALFORMED, BYTES_LENGTH
 */
export function hex32(value: string): Hex32 {
  return sized(value, 32) as Hex32;
}

/**
 * Parses exactly 20 bytes of hex.
 *
 * @throws {CoreError} HEX_MALFORMED, BYTES_LENGTH
 */
export function hex20(value: string): Hex20 {
  return sized(value, 20) as Hex20;
}

/** The bytes that `value` spells. */
export function hexToBytes(value: Hex): Uint8Array {
  const digits = hex(value).slice(2);
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

/** Lower-case hex of `bytes`. */
export function bytesToHex(bytes: Uint8Array): Hex {
  return `0x${Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("")}`;
}

/**
 * `value` as 32 big-endian bytes in hex, as the EVM's `bytes32(uint256)`.
 *
 * @throws {CoreError} INTEGER_OUT_OF_RANGE unless 0 ≤ value < 2²⁵⁶.
 */
export function bigintToHex32(value: bigint): Hex32 {
  if (value < 0n || value >> 256n !== 0n) {
    throw new CoreError("INTEGER_OUT_OF_RANGE", "expected an integer from 0 to 2^256 - 1");
  }
  return `0x${value.toString(16).padStart(64, "0")}` as Hex32;
}

/** `value` as `length` big-endian bytes. @throws {CoreError} INTEGER_OUT_OF_RANGE if it does not fit. */
export function bigintToBytes(value: bigint, length: number): Uint8Array {
  if (value < 0n || value >> BigInt(8 * length) !== 0n) {
    throw new CoreError("INTEGER_OUT_OF_RANGE", `expected an integer of at most ${length} bytes`);
  }
  return hexToBytes(`0x${value.toString(16).padStart(2 * length, "0")}`);
}

/** The big-endian integer that `bytes` spell; 0 for none. */
export function bytesToBigint(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(bytesToHex(bytes));
}

function sized(value: string, length: number): Hex {
  const parsed = hex(value);
  if (parsed.length !== 2 + 2 * length) {
    throw new CoreError("BYTES_LENGTH", `expected ${length} bytes`, {
      details: { expected: length, actual: (parsed.length - 2) / 2 },
    });
  }
  return parsed;
}
