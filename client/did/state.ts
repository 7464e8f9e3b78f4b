import { keccak_256 } from "@noble/hashes/sha3.js";
import { bigintToBytes, bytesToHex, type Hex, hexToBytes } from "../core/index.ts";
import { type ByteReader, byteReader } from "./byteReader.ts";
import { DidError, type DidErrorCode } from "./errors.ts";
import { type DidKey, didKeyIdOf, NO_EXPIRY } from "./keys.ts";

/** A service as the registry holds it. */
export type DidServiceEntry = {
  /** Its fragment, without `#`. */
  readonly id: string;
  readonly type: string;
  /** A URI, or JSON for endpoints that are maps or sets. */
  readonly endpoint: string;
};

/** All that a version of a DID publishes. */
export type DidState = {
  readonly keys: readonly DidKey[];
  readonly services: readonly DidServiceEntry[];
  readonly alsoKnownAs: readonly string[];
};

export const EMPTY_STATE: DidState = { keys: [], services: [], alsoKnownAs: [] };

/** What the registry takes. */
export const STATE_LIMITS = { bytes: 8192, keys: 32, services: 16, alsoKnownAs: 16 } as const;

/** The high byte of multicodec's codes for private keys. */
const PRIVATE_KEYS = 0x13;
const PRINTABLE = /^[\x21-\x7e]+$/;

/**
 * The registry's byte format of a state, each list in its one order.
 *
 * @throws {DidError} STATE_TOO_LARGE, KEY_DUPLICATE, KEY_INVALID, SERVICE_DUPLICATE, SERVICE_INVALID, URI_INVALID,
 * URI_DUPLICATE.
 */
export function encodeState(state: DidState): Hex {
  const bytes = [
    ...list(state.keys, {
      limit: STATE_LIMITS.keys,
      id: didKeyIdOf,
      encode: encodeKey,
      duplicate: "KEY_DUPLICATE",
    }),
    ...list(state.services, {
      limit: STATE_LIMITS.services,
      id: ({ id }) => hashOf(id),
      encode: encodeService,
      duplicate: "SERVICE_DUPLICATE",
    }),
    ...list(state.alsoKnownAs, {
      limit: STATE_LIMITS.alsoKnownAs,
      id: hashOf,
      encode: (name) => text(name, 2, "URI_INVALID"),
      duplicate: "URI_DUPLICATE",
    }),
  ];
  if (bytes.length > STATE_LIMITS.bytes) {
    throw new DidError("STATE_TOO_LARGE", `a state has at most ${STATE_LIMITS.bytes} bytes`, {
      details: { length: bytes.length, limit: STATE_LIMITS.bytes },
    });
  }
  return bytesToHex(Uint8Array.from(bytes));
}

/**
 * The state that such bytes hold. Contents are not judged here, only the format.
 *
 * @throws {DidError} STATE_MALFORMED
 * @throws {CoreError} HEX_MALFORMED
 */
export function decodeState(bytes: Hex): DidState {
  const reader = byteReader(hexToBytes(bytes));
  const state = {
    keys: repeat(reader, () => decodeKey(reader)),
    services: repeat(reader, () => ({
      id: readText(reader, 1),
      type: readText(reader, 1),
      endpoint: readText(reader, 2),
    })),
    alsoKnownAs: repeat(reader, () => readText(reader, 2)),
  };
  reader.end();
  return state;
}

/** True if a text has only characters that the registry takes: ASCII without space and controls. */
export function isPrintable(value: string): boolean {
  return PRINTABLE.test(value);
}

type ListFormat<Item> = {
  readonly limit: number;
  readonly id: (item: Item) => string;
  readonly encode: (item: Item) => readonly number[];
  readonly duplicate: DidErrorCode;
};

function list<Item>(items: readonly Item[], format: ListFormat<Item>): readonly number[] {
  if (items.length > format.limit) {
    throw new DidError("STATE_TOO_LARGE", `the registry takes at most ${format.limit} of these`, {
      details: { count: items.length, limit: format.limit },
    });
  }
  // Ids are lower-case hex of one length, so that the order of strings is the order of numbers.
  const sorted = items.map((item) => ({ id: format.id(item), item })).sort((a, b) => (a.id < b.id ? -1 : 1));
  sorted.forEach(({ id }, index) => {
    if (index > 0 && sorted[index - 1]?.id === id) {
      throw new DidError(format.duplicate, "the same element is there twice", { details: { id } });
    }
  });
  return [items.length, ...sorted.flatMap(({ item }) => format.encode(item))];
}

function encodeKey(key: DidKey): readonly number[] {
  const material = hexToBytes(key.material);
  if (!isUnsigned(key.codec, 16) || !isUnsigned(key.relationships, 8) || material.length >= 1 << 16) {
    throw new DidError("KEY_INVALID", "the key does not fit the format", { details: { codec: key.codec } });
  }
  if (key.codec >> 8 === PRIVATE_KEYS) {
    throw new DidError("KEY_INVALID", "this codec is of private keys, which nobody must publish", {
      details: { codec: key.codec },
    });
  }
  if (key.expiry < 0n || key.expiry > NO_EXPIRY) {
    throw new DidError("KEY_INVALID", "the expiry is below 2^40", { details: { expiry: key.expiry } });
  }
  return [
    ...integer(key.codec, 2),
    key.relationships,
    ...bigintToBytes(key.expiry, 5),
    ...integer(material.length, 2),
    ...material,
  ];
}

function encodeService(service: DidServiceEntry): readonly number[] {
  return [
    ...text(service.id, 1, "SERVICE_INVALID"),
    ...text(service.type, 1, "SERVICE_INVALID"),
    ...text(service.endpoint, 2, "SERVICE_INVALID"),
  ];
}

function decodeKey(reader: ByteReader): DidKey {
  const codec = reader.integer(2);
  const relationships = reader.integer(1);
  const expiry = BigInt(reader.integer(5));
  return { codec, relationships, expiry, material: bytesToHex(reader.take(reader.integer(2))) };
}

function text(value: string, lengthBytes: 1 | 2, code: DidErrorCode): readonly number[] {
  if (!isPrintable(value) || value.length >= 1 << (8 * lengthBytes)) {
    throw new DidError(code, "the registry takes printable ASCII without spaces, within its length", {
      details: { value: value.slice(0, 80), length: value.length },
    });
  }
  return [...integer(value.length, lengthBytes), ...new TextEncoder().encode(value)];
}

function readText(reader: ByteReader, lengthBytes: 1 | 2): string {
  const value = new TextDecoder().decode(reader.take(reader.integer(lengthBytes)));
  if (!isPrintable(value)) throw new DidError("STATE_MALFORMED", "a text is empty or not printable ASCII");
  return value;
}

function repeat<Item>(reader: ByteReader, read: () => Item): readonly Item[] {
  return Array.from({ length: reader.integer(1) }, read);
}

function integer(value: number, bytes: number): Uint8Array {
  return bigintToBytes(BigInt(value), bytes);
}

function isUnsigned(value: number, bits: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 2 ** bits;
}

function hashOf(value: string): Hex {
  return bytesToHex(keccak_256(new TextEncoder().encode(value)));
}
