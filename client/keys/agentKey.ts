import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, type Hex, type Hex32, hex, hex32, hexToBytes } from "../core/index.ts";
import { KeysError } from "./errors.ts";

declare const keyIdBrand: unique symbol;

/** keccak256 of a key's material: how the registry names an agent. */
export type KeyId = Hex32 & { readonly [keyIdBrand]: true };

/** The kinds of keys that the registry checks signatures of, by the number it gives them. */
export const KEY_KINDS = { SECP256K1: 1 } as const;

/** A name in {@link KEY_KINDS}. */
export type KeyKind = keyof typeof KEY_KINDS;

/** An agent's public policy key: its kind and its material, which for SECP256K1 is the 20 bytes of its address. */
export type AgentKey = { readonly kind: KeyKind; readonly material: Hex };

const ADDRESS_BYTES = 20;
const ZERO_ADDRESS: Hex = "0x0000000000000000000000000000000000000000";

/**
 * The agent key of an account.
 *
 * @param address 20 bytes of hex, in any case; a wrong checksum is not looked for.
 * @throws {CoreError} HEX_MALFORMED
 * @throws {KeysError} AGENT_KEY_MALFORMED if it is not 20 bytes or is the zero address, which no key has.
 */
export function secp256k1Key(address: string): AgentKey {
  const material = hex(address);
  if (material.length !== 2 + 2 * ADDRESS_BYTES || material === ZERO_ADDRESS) {
    throw new KeysError("AGENT_KEY_MALFORMED", "a SECP256K1 key is a non-zero address of 20 bytes", {
      details: { material },
    });
  }
  return { kind: "SECP256K1", material };
}

/**
 * An agent key from the number of its kind and its material, as the registry gives them.
 *
 * @throws {CoreError} HEX_MALFORMED
 * @throws {KeysError} AGENT_KEY_KIND_UNKNOWN, AGENT_KEY_MALFORMED
 */
export function agentKey(kind: number, material: string): AgentKey {
  keyKind(kind);
  return secp256k1Key(material);
}

/** The name of a key kind. @throws {KeysError} AGENT_KEY_KIND_UNKNOWN */
export function keyKind(kind: number): KeyKind {
  if (kind !== KEY_KINDS.SECP256K1) {
    throw new KeysError("AGENT_KEY_KIND_UNKNOWN", `there is no key kind ${kind}`, { details: { kind } });
  }
  return "SECP256K1";
}

/** The id of a key: keccak256 of its material. */
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
