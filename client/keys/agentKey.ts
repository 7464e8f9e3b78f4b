import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, type Hex, type Hex32, hex, hex32, hexToBytes } from "../core/index.ts";
import { KeysError } from "./errors.ts";
import { isP256Point } from "./p256.ts";

declare const keyIdBrand: unique symbol;

/** keccak256 of a key's material: how the registry names an agent. */
export type KeyId = Hex32 & { readonly [keyIdBrand]: true };

/** The kinds of keys that the registry checks signatures of, by the number it gives them. */
export const KEY_KINDS = {
  /** An account's key, by its address; code at that address is never asked. */
  SECP256K1: 1,
  /** A contract that says itself what is its signature (ERC-1271). */
  CONTRACT: 2,
  /** A P-256 key that signs digests: a secure element. */
  P256: 3,
  /** A passkey, synced or not. */
  WEBAUTHN: 4,
  /** A passkey that never leaves its authenticator and verifies its user each time (UV = 1, BE = 0). */
  WEBAUTHN_DEVICE_BOUND: 5,
} as const;

/** A name in {@link KEY_KINDS}. */
export type KeyKind = keyof typeof KEY_KINDS;

/**
 * An agent's public policy key: its kind and its material. That is the 20 bytes of an address for SECP256K1 and CONTRACT,
 * the 64 bytes x ‖ y of a point for the others.
 */
export type AgentKey = { readonly kind: KeyKind; readonly material: Hex };

const ADDRESS_BYTES = 20;
const POINT_BYTES = 64;
const ZERO_ADDRESS: Hex = "0x0000000000000000000000000000000000000000";

/**
 * The agent key of an account.
 *
 * @param address 20 bytes of hex, in any case; a wrong checksum is not looked for.
 * @throws {CoreError} HEX_MALFORMED
 * @throws {KeysError} AGENT_KEY_MALFORMED if it is not 20 bytes or is the zero address, which no key has.
 */
export function secp256k1Key(address: string): AgentKey {
  return { kind: "SECP256K1", material: addressOf("SECP256K1", address) };
}

/**
 * The agent key of a wallet contract, which has to be deployed before it is registered.
 *
 * @param address 20 bytes of hex, in any case; a wrong checksum is not looked for.
 * @throws {CoreError} HEX_MALFORMED
 * @throws {KeysError} AGENT_KEY_MALFORMED
 */
export function contractKey(address: string): AgentKey {
  return { kind: "CONTRACT", material: addressOf("CONTRACT", address) };
}

/**
 * The agent key of a P-256 key that signs digests, as secure elements hold.
 *
 * @param publicKey 64 bytes of hex, x ‖ y; `p256PublicKey` makes them of other forms.
 * @throws {CoreError} HEX_MALFORMED
 * @throws {KeysError} AGENT_KEY_MALFORMED, AGENT_KEY_NOT_ON_CURVE
 */
export function p256Key(publicKey: string): AgentKey {
  return { kind: "P256", material: pointOf("P256", publicKey) };
}

/** What {@link webauthnKey} takes. */
export type WebAuthnKeyOptions = {
  /** 64 bytes of hex, x ‖ y. */
  readonly publicKey: string;
  /** True only for a passkey that cannot be synced; the registry then checks that at every signature. */
  readonly deviceBound: boolean;
};

/**
 * The agent key of a passkey (ES256).
 *
 * @throws {CoreError} HEX_MALFORMED
 * @throws {KeysError} AGENT_KEY_MALFORMED, AGENT_KEY_NOT_ON_CURVE
 */
export function webauthnKey({ publicKey, deviceBound }: WebAuthnKeyOptions): AgentKey {
  const kind = deviceBound ? "WEBAUTHN_DEVICE_BOUND" : "WEBAUTHN";
  return { kind, material: pointOf(kind, publicKey) };
}

/**
 * An agent key from the number of its kind and its material, as the registry gives them.
 *
 * @throws {CoreError} HEX_MALFORMED
 * @throws {KeysError} AGENT_KEY_KIND_UNKNOWN, AGENT_KEY_MALFORMED, AGENT_KEY_NOT_ON_CURVE
 */
export function agentKey(kind: number, material: string): AgentKey {
  const name = keyKind(kind);
  const parse = name === "SECP256K1" || name === "CONTRACT" ? addressOf : pointOf;
  return { kind: name, material: parse(name, material) };
}

/** The name of a key kind. @throws {KeysError} AGENT_KEY_KIND_UNKNOWN */
export function keyKind(kind: number): KeyKind {
  for (const name of Object.keys(KEY_KINDS)) if (isKeyKind(name) && KEY_KINDS[name] === kind) return name;
  throw new KeysError("AGENT_KEY_KIND_UNKNOWN", `there is no key kind ${kind}`, { details: { kind } });
}

/** True for the name of a key kind. */
export function isKeyKind(name: string): name is KeyKind {
  return Object.hasOwn(KEY_KINDS, name);
}

/** The id of a key: keccak256 of its material. The kind is no part of it, so no key occurs under two kinds. */
export function keyIdOf(key: AgentKey): KeyId {
  return keyId(bytesToHex(keccak_256(hexToBytes(key.material))));
}

/**
 * Parses a key id (32 bytes of hex).
 *
 * @throws {CoreError} HEX_MALFORMED, BYTES_LENGTH
 */
export function keyId(value: string): KeyId {
  return hex32(value) as KeyId;
}

function addressOf(kind: KeyKind, address: string): Hex {
  const material = hex(address);
  if (material.length !== 2 + 2 * ADDRESS_BYTES || material === ZERO_ADDRESS) {
    throw new KeysError("AGENT_KEY_MALFORMED", `a ${kind} key is a non-zero address of 20 bytes`, {
      // Not the material: of another length it may be a private key in the wrong place.
      details: { kind, bytes: material.length / 2 - 1 },
    });
  }
  return material;
}

function pointOf(kind: KeyKind, publicKey: string): Hex {
  const material = hex(publicKey);
  if (material.length !== 2 + 2 * POINT_BYTES) {
    throw new KeysError("AGENT_KEY_MALFORMED", `a ${kind} key is a point of 64 bytes, x and y`, {
      details: { kind, bytes: material.length / 2 - 1 },
    });
  }
  if (!isP256Point(hexToBytes(material))) {
    throw new KeysError("AGENT_KEY_NOT_ON_CURVE", `a ${kind} key is a point of the curve P-256`, {
      details: { kind, material },
    });
  }
  return material;
}
