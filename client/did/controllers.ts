import { keccak_256 } from "@noble/hashes/sha3.js";
import { bigintToHex32, bytesToHex, type Hex, type Hex32, hex, hex32, hexToBytes } from "../core/index.ts";
import { type AgentKey, agentKey, KEY_KINDS, type KeyId, keyIdOf } from "../keys/index.ts";
import { byteReader } from "./byteReader.ts";
import { DidError } from "./errors.ts";
import { type DidId, didId } from "./identifier.ts";

/** Who controls a DID: any `threshold` of `keys`, which may be of different kinds. */
export type Controllers = { readonly threshold: number; readonly keys: readonly AgentKey[] };

/** At most as many as the registry takes. */
export const MAX_CONTROLLERS = 16;
/** No pre-rotation commitment. */
export const NO_NEXT: Hex32 = hex32(`0x${"00".repeat(32)}`);

const POINT_KINDS: readonly AgentKey["kind"][] = ["P256", "WEBAUTHN", "WEBAUTHN_DEVICE_BOUND"];

/**
 * Controllers that are accounts. Others are made with the constructors of `client/keys`:
 * `{ threshold: 2, keys: [secp256k1Key(address), passkey.key] }`.
 *
 * @throws {CoreError} HEX_MALFORMED
 * @example const controllers = accountControllers([wallet.address]);
 */
export function accountControllers(addresses: readonly string[], threshold = 1): Controllers {
  return { threshold, keys: addresses.map((address) => ({ kind: "SECP256K1", material: hex(address) })) };
}

/**
 * The registry's byte format of controllers, in its one order.
 *
 * @throws {DidError} CONTROLLERS_INVALID
 */
export function encodeControllers({ threshold, keys }: Controllers): Hex {
  const sorted = keys
    .map((controller) => ({ controller, id: keyIdOf(controller) }))
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
 * @throws {KeysError} AGENT_KEY_KIND_UNKNOWN, AGENT_KEY_MALFORMED, AGENT_KEY_NOT_ON_CURVE
 * @throws {CoreError} HEX_MALFORMED
 */
export function decodeControllers(bytes: Hex): Controllers {
  const encoded = hexToBytes(bytes);
  const reader = byteReader(encoded);
  const threshold = reader.integer(1);
  const keys: AgentKey[] = [];
  for (let read = 1; read < encoded.length; ) {
    const kind = reader.integer(1);
    const material = bytesToHex(reader.take(reader.integer(1)));
    keys.push(agentKey(kind, material));
    read += 2 + (material.length - 2) / 2;
  }
  return { threshold, keys };
}

/** What the chain cannot tell of a set of controllers; `keys` are those in question. */
export type ControllersWarning = {
  readonly code: "CONTRACT_MAY_COUNT_TWICE" | "POINTS_MAY_SHARE_A_DEVICE";
  readonly message: string;
  readonly keys: readonly KeyId[];
};

/**
 * What to show to whoever chooses controllers: where two of them may be in one hand, so that a threshold above 1 asks for
 * less than it says. One key under two kinds is refused by the registry; these cases nobody but the owner can judge.
 */
export function controllersWarnings({ threshold, keys }: Controllers): readonly ControllersWarning[] {
  const contracts = keys.filter(({ kind }) => kind === "CONTRACT");
  const points = keys.filter(({ kind }) => POINT_KINDS.includes(kind));
  const warnings: ControllersWarning[] = [
    {
      code: "CONTRACT_MAY_COUNT_TWICE",
      message: "whoever owns this contract counts twice if he is another controller, too",
      keys: contracts.map(keyIdOf),
    },
    {
      code: "POINTS_MAY_SHARE_A_DEVICE",
      message: "keys of one device, or synced by one account, are lost and stolen together",
      keys: points.length > 1 ? points.map(keyIdOf) : [],
    },
  ];
  return threshold === 1 ? [] : warnings.filter((warning) => warning.keys.length > 0);
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

function encode({ kind, material }: AgentKey): readonly number[] {
  const number = KEY_KINDS[kind];
  const bytes = hexToBytes(checked(number, material));
  return [number, bytes.length, ...bytes];
}

/** Types do not tell whether the material was made by the constructors of `client/keys`. */
function checked(kind: number, material: Hex): Hex {
  try {
    return agentKey(kind, material).material;
  } catch (cause) {
    throw new DidError("CONTROLLERS_INVALID", "a controller is no key of its kind", {
      cause,
      details: { kind, material },
    });
  }
}

function invalid(message: string, details: Readonly<Record<string, unknown>>): DidError {
  return new DidError("CONTROLLERS_INVALID", message, { details });
}
