import { keccak_256 } from "@noble/hashes/sha3.js";
import { bigintToHex32, bytesToHex, type Hex, type Hex32, hex, hex32, hexToBytes } from "../core/index.ts";
import { byteReader } from "./byteReader.ts";
import { DidError } from "./errors.ts";
import { type DidId, didId } from "./identifier.ts";

/** A key that may control a DID: one of the registry's key kinds, and its material. */
export type Controller = { readonly kind: number; readonly key: Hex };

/** Who controls a DID: any `threshold` of `keys`. */
export type Controllers = { readonly threshold: number; readonly keys: readonly Controller[] };

/** At most as many as the registry takes. */
export const MAX_CONTROLLERS = 16;
/** No pre-rotation commitment. */
export const NO_NEXT: Hex32 = hex32(`0x${"00".repeat(32)}`);
/** The kind of a secp256k1 key, whose material is the 20 bytes of its address. */
const SECP256K1 = 1;

/**
 * Controllers that are accounts.
 *
 * @throws {CoreError} HEX_MALFORMED
 * @example const controllers = accountControllers([wallet.address]);
 */
export function accountControllers(addresses: readonly string[], threshold = 1): Controllers {
  return { threshold, keys: addresses.map((address) => ({ kind: SECP256K1, key: hex(address) })) };
}

/**
 * The registry's byte format of controllers, in its one order.
 *
 * @throws {DidError} CONTROLLERS_INVALID
 */
export function encodeControllers({ threshold, keys }: Controllers): Hex {
  const sorted = keys
    .map((controller) => ({ controller, id: controllerId(controller) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  if (keys.length === 0 || keys.length > MAX_CONTROLLERS) {
    throw invalid(`a DID has 1 to ${MAX_CONTROLLERS} controllers`, { count: keys.length });
  }
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > keys.length) {
    throw invalid("the threshold is at least 1 and at most the number of controllers", { threshold });
  }
  sorted.forEach(({ id }, index) => {
    if (index > 0 && sorted[index - 1]?.id === id) throw invalid("the same key is there twice", { id });
  });
  return bytesToHex(Uint8Array.from([threshold, ...sorted.flatMap(({ controller }) => encode(controller))]));
}

/**
 * The controllers that such bytes hold.
 *
 * @throws {DidError} STATE_MALFORMED
 * @throws {CoreError} HEX_MALFORMED
 */
export function decodeControllers(bytes: Hex): Controllers {
  const encoded = hexToBytes(bytes);
  const reader = byteReader(encoded);
  const threshold = reader.integer(1);
  const keys: Controller[] = [];
  for (let read = 1; read < encoded.length; ) {
    const kind = reader.integer(1);
    const key = bytesToHex(reader.take(reader.integer(1)));
    keys.push({ kind, key });
    read += 2 + (key.length - 2) / 2;
  }
  return { threshold, keys };
}

/** keccak256 of a controller's material: how approvals are ordered. */
export function controllerId(controller: Controller): Hex32 {
  return hashHex(controller.key);
}

/** Commits to the controllers that may take over next without naming them; `salt` hides them and must be kept. */
export function nextCommitment(controllers: Controllers, salt: Hex32): Hex32 {
  return hashHex(concat([salt, hashHex(encodeControllers(controllers))]));
}

/** What fixes a new DID's identifier. */
export type DidDerivation = {
  readonly chainId: bigint;
  readonly registry: Hex;
  readonly controllers: Controllers;
  readonly next: Hex32;
  readonly salt: Hex32;
};

/** The identifier that the registry gives to a DID created with these parts: nobody else can take it first. */
export function deriveDidId(parts: DidDerivation): DidId {
  const registry = bigintToHex32(BigInt(parts.registry));
  const words = [
    bigintToHex32(parts.chainId),
    registry,
    hashHex(encodeControllers(parts.controllers)),
    parts.next,
    parts.salt,
  ];
  return didId(hashHex(concat(words)).slice(0, 42));
}

/** keccak256 of bytes in hex. */
export function hashHex(bytes: Hex): Hex32 {
  return hex32(bytesToHex(keccak_256(hexToBytes(bytes))));
}

/** Byte strings one after the other. */
export function concat(parts: readonly Hex[]): Hex {
  return hex(`0x${parts.map((part) => part.slice(2)).join("")}`);
}

function encode({ kind, key }: Controller): readonly number[] {
  const material = hexToBytes(key);
  if (!Number.isInteger(kind) || kind < 1 || kind > 255 || material.length === 0 || material.length > 255) {
    throw invalid("a controller has a kind and a key of at most 255 bytes", {
      kind,
      length: material.length,
    });
  }
  if (kind === SECP256K1 && (material.length !== 20 || /^0x0*$/.test(key))) {
    throw invalid("an account has 20 bytes, not all zero", { key });
  }
  return [kind, material.length, ...material];
}

function invalid(message: string, details: Readonly<Record<string, unknown>>): DidError {
  return new DidError("CONTROLLERS_INVALID", message, { details });
}
