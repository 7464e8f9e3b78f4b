import { keccak_256 } from "@noble/hashes/sha3.js";
import { bigintToBytes, bytesToHex, type Hex, type Hex32, hex, hex32, hexToBytes } from "../core/index.ts";
import { DidError } from "./errors.ts";
import { type CodecTable, codecTable, type KeyCodec } from "./keyCodecs.ts";

declare const didKeyIdBrand: unique symbol;

/** keccak256(uint16 codec ‖ key): how a DID names one of its keys. Its hex digits are the key's fragment. */
export type DidKeyId = Hex32 & { readonly [didKeyIdBrand]: true };

/** The five verification relationships of DID Core §5.3, by their bits in the registry. */
export const RELATIONSHIPS = {
  authentication: 1,
  assertionMethod: 2,
  keyAgreement: 4,
  capabilityInvocation: 8,
  capabilityDelegation: 16,
} as const;

/** A name in {@link RELATIONSHIPS}. */
export type Relationship = keyof typeof RELATIONSHIPS;

export const RELATIONSHIP_NAMES = Object.keys(RELATIONSHIPS) as readonly Relationship[];

/** The expiry of a key that does not expire: 2⁴⁰ − 1. */
export const NO_EXPIRY = (1n << 40n) - 1n;

/** One key of a DID. */
export type DidKey = {
  /** Multicodec code of its kind. */
  readonly codec: number;
  /** The public key itself, without codec. */
  readonly material: Hex;
  /** Sum of bits of {@link RELATIONSHIPS}. */
  readonly relationships: number;
  /** The last second at which it holds; {@link NO_EXPIRY} for ever. */
  readonly expiry: bigint;
};

const ALL_RELATIONSHIPS = 31;

/** The id of a key. */
export function didKeyIdOf(key: Pick<DidKey, "codec" | "material">): DidKeyId {
  const preimage = Uint8Array.from([...bigintToBytes(BigInt(key.codec), 2), ...hexToBytes(key.material)]);
  return didKeyId(bytesToHex(keccak_256(preimage)));
}

/**
 * Parses a key id (32 bytes of hex).
 *
 * @throws {CoreError} HEX_MALFORMED, BYTES_LENGTH
 */
export function didKeyId(value: string): DidKeyId {
  return hex32(value) as DidKeyId;
}

/** What a key is made from. */
export type DidKeyOptions = {
  readonly codec: KeyCodec;
  /** The public key: bytes, or hex. Weierstrass points are compressed. */
  readonly publicKey: Uint8Array | string;
  /** What it may be used for: at least one. */
  readonly relationships: readonly Relationship[];
  /** The last second since 1970 at which it holds; none if left out. */
  readonly expiry?: bigint;
};

/**
 * A key for a DID, checked as the registry and resolvers check it.
 *
 * @throws {DidError} KEY_INVALID, RELATIONSHIPS_INVALID
 * @throws {CoreError} HEX_MALFORMED
 * @example didKey({ codec: KEY_CODECS.ED25519, publicKey, relationships: ["authentication"], expiry: 1_893_456_000n });
 */
export function didKey(options: DidKeyOptions): DidKey {
  const { codec, publicKey, expiry = NO_EXPIRY } = options;
  const material = typeof publicKey === "string" ? hex(publicKey) : bytesToHex(publicKey);
  const relationships = options.relationships.reduce((bits, name) => bits | (RELATIONSHIPS[name] ?? 0x80), 0);
  const key: DidKey = { codec: codec.code, material, relationships, expiry };
  const fault = keyFault(key, codecTable([codec]));
  if (fault !== undefined) {
    throw new DidError(fault.code, fault.message, { details: { codec: codec.code, relationships } });
  }
  return key;
}

/** Why a key is not fit to be published; undefined if it is. */
export function keyFault(
  key: DidKey,
  codecs: CodecTable,
): { readonly code: "KEY_INVALID" | "RELATIONSHIPS_INVALID"; readonly message: string } | undefined {
  const codec = codecs.get(key.codec);
  if (codec === undefined)
    return { code: "KEY_INVALID", message: `the codec 0x${key.codec.toString(16)} is unknown` };
  const bytes = hexToBytes(key.material);
  if (bytes.length !== codec.bytes) {
    return {
      code: "KEY_INVALID",
      message: `${codec.name} keys have ${codec.bytes} bytes, not ${bytes.length}`,
    };
  }
  if (!codec.isValid(bytes)) return { code: "KEY_INVALID", message: `this is no valid ${codec.name} key` };
  if (key.expiry < 0n || key.expiry > NO_EXPIRY)
    return { code: "KEY_INVALID", message: "the expiry is below 2^40" };
  if (!relationshipsFit(key.relationships, codec)) {
    return { code: "RELATIONSHIPS_INVALID", message: `${codec.name} keys cannot be used like this` };
  }
  return undefined;
}

/** Whether a key holds at `time`, compared as the registry does: its expiry is the last second. */
export function holdsAt(key: Pick<DidKey, "expiry">, time: bigint): boolean {
  return time <= key.expiry;
}

/** The names of the relationships in `bits`. */
export function relationshipsOf(bits: number): readonly Relationship[] {
  return RELATIONSHIP_NAMES.filter((name) => (bits & RELATIONSHIPS[name]) !== 0);
}

function relationshipsFit(bits: number, codec: KeyCodec): boolean {
  if (bits === 0 || bits > ALL_RELATIONSHIPS) return false;
  return codec.agreement ? bits === RELATIONSHIPS.keyAgreement : (bits & RELATIONSHIPS.keyAgreement) === 0;
}
