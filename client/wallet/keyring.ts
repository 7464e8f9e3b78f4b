import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { type KeyInfo, keyInfoJson, parseKeyInfo, Secret } from "../keys/index.ts";
import { WalletError } from "./errors.ts";
import { KEY_BYTES, ReadKey, WriteKey } from "./walletKeys.ts";

/** Write includes read. */
export type Access = "read" | "write";

/** How far a segment is known to have come. */
export type Floor = { readonly sequence: number; readonly hash: string };

/** The keys of one segment (K7): whoever has the first reads it, whoever has both writes it (K8). */
export type SegmentKeys = {
  readonly id: string;
  readonly name: string;
  readonly readKey: ReadKey;
  /** Signs the segment's manifest. */
  readonly writeKey: WriteKey | undefined;
  readonly publicKey: Uint8Array;
  readonly floor: Floor | undefined;
  readonly info: KeyInfo;
};

/** What is known of a slot's key besides the slot: sealed, so that who keeps the wallet reads nothing of it (K9). */
export type SlotNote = { readonly id: string; readonly label: string; readonly info: KeyInfo };

/** Keys of segments, in the order of their names; `sequence` counts the changes of the wallet. */
export type Keyring = {
  readonly sequence: number;
  readonly segments: readonly SegmentKeys[];
  /** None in the keyring of a permission. */
  readonly slots: readonly SlotNote[];
};

const count = z.int().nonnegative();
const info = z.unknown().transform(parseKeyInfo);
const keyringSchema = z.strictObject({
  sequence: count,
  segments: z.array(
    z.strictObject({
      id: z.string().regex(/^[0-9a-f]{24}$/),
      name: z.string(),
      access: z.enum(["read", "write"]),
      floor: z.strictObject({ sequence: count, hash: z.string() }).optional(),
      info,
    }),
  ),
  slots: z.array(z.strictObject({ id: z.string(), label: z.string(), info })),
});

const LENGTH_BYTES = 4;

/**
 * Length and JSON of all but the keys, then for each segment its two keys: keys never become text.
 *
 * @throws {WalletError} WALLET_LIMIT for what could not be read again, which would be the end of the wallet
 */
export function encodeKeyring({ sequence, segments, slots }: Keyring): Uint8Array {
  const fields = {
    sequence,
    segments: segments.map((keys) => ({
      ...{ id: keys.id, name: keys.name, access: keys.writeKey === undefined ? "read" : "write" },
      ...(keys.floor === undefined ? {} : { floor: keys.floor }),
      info: keyInfoJson(keys.info),
    })),
    slots: slots.map(({ id, label, info }) => ({ id, label, info: keyInfoJson(info) })),
  };
  if (!keyringSchema.safeParse(fields).success) {
    throw new WalletError("WALLET_LIMIT", "a keyring does not hold this");
  }
  const json = utf8ToBytes(JSON.stringify(fields));
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, json.length);
  const keys = segments.flatMap(({ readKey, writeKey, publicKey }) => [
    readKey.material(),
    writeKey?.material() ?? publicKey,
  ]);
  return concatBytes(length, json, ...keys);
}

/** @throws {WalletError} WALLET_DAMAGED */
export function decodeKeyring(bytes: Uint8Array): Keyring {
  try {
    const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
    const json: unknown = JSON.parse(
      new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length)),
    );
    const { sequence, segments, slots } = keyringSchema.parse(json);
    const keys = bytes.subarray(LENGTH_BYTES + length);
    if (keys.length !== 2 * KEY_BYTES * segments.length) throw new RangeError("keys are missing");
    const keyAt = (index: number) => keys.slice(KEY_BYTES * index, KEY_BYTES * (index + 1));
    return {
      ...{ sequence, slots },
      segments: segments.map(({ id, name, access, floor, info }, i) => ({
        ...{ id, name, floor, info, readKey: new ReadKey(new Secret(keyAt(2 * i))) },
        ...signingKeys(access, keyAt(2 * i + 1)),
      })),
    };
  } catch {
    throw new WalletError("WALLET_DAMAGED", "the keys of the segments cannot be read");
  }
}

/** From the second key of a segment: the seed for those who write, the public key for those who read. */
export function signingKeys(access: Access, key: Uint8Array): Pick<SegmentKeys, "writeKey" | "publicKey"> {
  if (access === "read") return { writeKey: undefined, publicKey: key };
  const writeKey = new WriteKey(new Secret(key));
  return { writeKey, publicKey: writeKey.publicKey };
}

/** Forgets the keys. */
export function eraseKeyring({ segments }: Keyring): void {
  for (const { readKey, writeKey } of segments) {
    readKey.erase();
    writeKey?.erase();
  }
}
