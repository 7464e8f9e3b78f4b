import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { base58, base64urlnopad } from "@scure/base";
import { bytesToHex } from "../core/index.ts";
import { boundedMap } from "./boundedMap.ts";

/** The public members of a JSON Web Key (RFC 7517, RFC 8037, RFC 8812). */
export type PublicJwk = {
  readonly kty: "EC" | "OKP";
  readonly crv: string;
  readonly x: string;
  readonly y?: string;
};

/** What a resolver knows of a kind of public key. */
export type KeyCodec = {
  readonly name: string;
  /** Its code in the multicodec table, below 2¹⁶. */
  readonly code: number;
  readonly bytes: number;
  /** True for keys that agree on secrets, false for keys that verify signatures; none does both. */
  readonly agreement: boolean;
  /** Whether `material`, of the right length, is a key at all: a point of the curve, of its prime-order group. */
  isValid(material: Uint8Array): boolean;
  toJwk(material: Uint8Array): PublicJwk;
};

type Weierstrass = {
  readonly Point: {
    fromBytes(bytes: Uint8Array): { readonly x: bigint; readonly y: bigint; assertValidity(): void };
    readonly Fp: { toBytes(value: bigint): Uint8Array };
  };
};

const ED25519: KeyCodec = {
  name: "Ed25519",
  code: 0xed,
  bytes: 32,
  agreement: false,
  // Strict decoding (RFC 8032), and no point that verifies signatures nobody made.
  isValid: (material) =>
    succeeds(() => {
      const point = ed25519.Point.fromBytes(material, false);
      if (point.isSmallOrder() || !point.isTorsionFree())
        throw new RangeError("outside the prime-order group");
    }),
  toJwk: (material) => ({ kty: "OKP", crv: "Ed25519", x: base64urlnopad.encode(material) }),
};

const X25519: KeyCodec = {
  name: "X25519",
  code: 0xec,
  bytes: 32,
  agreement: true,
  // With a point of small order every secret agreed on is zero: noble refuses to compute it (RFC 7748 §6.1).
  isValid: (material) => succeeds(() => x25519.getSharedSecret(new Uint8Array(32).fill(1), material)),
  toJwk: (material) => ({ kty: "OKP", crv: "X25519", x: base64urlnopad.encode(material) }),
};

const SECP256K1 = weierstrass("secp256k1", 0xe7, secp256k1);
const P256 = weierstrass("P-256", 0x1200, p256);

/** The codecs whose form the registry checks, by name. */
export const KEY_CODECS = { ED25519, X25519, SECP256K1, P256 } as const satisfies Readonly<
  Record<string, KeyCodec>
>;

/** Codecs by their multicodec code. */
export type CodecTable = ReadonlyMap<number, KeyCodec>;

/** {@link KEY_CODECS} and `more`, where a later one replaces an earlier one. */
export function codecTable(more: readonly KeyCodec[] = []): CodecTable {
  return new Map([...Object.values(KEY_CODECS), ...more].map((codec) => [codec.code, codec]));
}

/** As many keys as 512 DIDs can have. */
const REMEMBERED_KEYS = 16_384;

/**
 * The same codecs, but each key is judged once: to see that a point is in its group takes milliseconds, and strangers choose
 * how many keys of theirs are looked at how often.
 */
export function judgingOnce(table: CodecTable): CodecTable {
  const verdicts = boundedMap<boolean>(REMEMBERED_KEYS);
  // Member by member: a codec may be an object of a class.
  const once = (codec: KeyCodec): KeyCodec => ({
    name: codec.name,
    code: codec.code,
    bytes: codec.bytes,
    agreement: codec.agreement,
    toJwk: (material) => codec.toJwk(material),
    isValid(material) {
      const key = `${codec.code}:${bytesToHex(keccak_256(material))}`;
      const valid = verdicts.get(key) ?? codec.isValid(material);
      verdicts.set(key, valid);
      return valid;
    },
  });
  return new Map([...table].map(([code, codec]) => [code, once(codec)]));
}

/** The multibase string of a Multikey: base58btc of the varint of the codec and the key (Controlled Identifiers §2.2.2). */
export function multibaseKey(code: number, material: Uint8Array): string {
  return `z${base58.encode(Uint8Array.from([...varint(code), ...material]))}`;
}

function varint(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

function weierstrass(crv: string, code: number, curve: Weierstrass): KeyCodec {
  return {
    name: crv,
    code,
    bytes: 33,
    agreement: false,
    isValid: (material) => succeeds(() => curve.Point.fromBytes(material).assertValidity()),
    toJwk: (material) => {
      const { x, y } = curve.Point.fromBytes(material);
      const encode = (coordinate: bigint) => base64urlnopad.encode(curve.Point.Fp.toBytes(coordinate));
      return { kty: "EC", crv, x: encode(x), y: encode(y) };
    },
  };
}

function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
