import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { SEAL_BYTES } from "../core/index.ts";
import { WalletError } from "./errors.ts";
import { frame, unframe } from "./frame.ts";
import type { Floor, SegmentKeys } from "./keyring.ts";
import { MAX_RECORD_BYTES, MAX_RECORDS, NAME } from "./limits.ts";
import { type DataAddress, encodeAddress } from "./walletKeys.ts";

/**
 * More changes than anybody makes. Who may write a segment names this number, and the next writer adds to it: it must
 * not come near what a number can be, for the wallet's head keeps it too.
 */
export const MAX_SEQUENCE = 2 ** 40;

const count = z.int().nonnegative();
/** What no other writer may make is refused on reading too: backups made of it could not be restored. */
const manifestSchema = z
  .strictObject({
    sequence: count.max(MAX_SEQUENCE),
    records: z
      .array(
        z.strictObject({
          id: z.string().regex(NAME),
          version: count,
          bytes: count.max(MAX_RECORD_BYTES),
          blob: z.string(),
          hash: z.string(),
        }),
      )
      .max(MAX_RECORDS),
  })
  .refine(({ sequence, records }) => records.every(({ version }) => version <= sequence));

/** Where a record lies. `version` is the sequence of its segment when it was written. */
export type RecordEntry = z.infer<typeof manifestSchema>["records"][number];

/** All records of a segment; `sequence` counts its changes. */
export type Manifest = { readonly sequence: number; readonly records: readonly RecordEntry[] };

const SIGNATURE_BYTES = 64;
const BLOB_END = /-[0-9a-f]{32}$/;

/** Under which name a segment's manifest is kept. */
export function manifestBlob(segment: string): string {
  return `s-${segment}`;
}

/** How the names of its records' blobs begin. */
export function recordPrefix(segment: string): string {
  return `r-${segment}-`;
}

/**
 * Sealed for those who read the segment, signed by one who may write it.
 *
 * @throws {WalletError} WALLET_PERMISSION_MISSING; WALLET_LIMIT for what could not be read again
 */
export function encodeManifest(wallet: string, keys: SegmentKeys, manifest: Manifest): Uint8Array {
  if (keys.writeKey === undefined) {
    throw new WalletError("WALLET_PERMISSION_MISSING", "this permission is to read only", {
      details: { segment: keys.name },
    });
  }
  if (!manifestSchema.safeParse(manifest).success) {
    throw new WalletError("WALLET_LIMIT", "the list of a segment's records does not hold this", {
      details: { segment: keys.name },
    });
  }
  const address = addressOf(wallet, keys.id);
  const sealed = keys.readKey.encrypt(address, utf8ToBytes(JSON.stringify(manifest)));
  return frame(keys.writeKey.sign(signedBytes(address, sealed)), sealed);
}

/** @throws {WalletError} WALLET_TRUNCATED, WALLET_FORMAT_UNKNOWN, WALLET_DAMAGED */
export function decodeManifest(wallet: string, keys: SegmentKeys, bytes: Uint8Array): Manifest {
  const details = { segment: keys.name };
  const body = unframe(bytes, SIGNATURE_BYTES + SEAL_BYTES, { ...details, blob: manifestBlob(keys.id) });
  const [signature, sealed] = [body.subarray(0, SIGNATURE_BYTES), body.subarray(SIGNATURE_BYTES)];
  const address = addressOf(wallet, keys.id);
  const isSigned = ed25519.verify(signature, signedBytes(address, sealed), keys.publicKey, { zip215: false });
  const plaintext = isSigned ? keys.readKey.decrypt(address, sealed) : undefined;
  if (plaintext === undefined) {
    throw new WalletError("WALLET_DAMAGED", "the list of a segment's records was altered, or is another's", {
      details,
    });
  }
  const manifest = parseManifest(plaintext, recordPrefix(keys.id));
  if (manifest !== undefined) return manifest;
  throw new WalletError("WALLET_FORMAT_UNKNOWN", "the list of a segment's records is of another version", {
    details,
  });
}

/** Signed by one who may write this segment, and only this: what it names must be of this segment. */
function parseManifest(plaintext: Uint8Array, prefix: string): Manifest | undefined {
  try {
    const manifest = manifestSchema.parse(JSON.parse(new TextDecoder().decode(plaintext)));
    const { records } = manifest;
    const isOurs = records.every(({ blob }) => blob.startsWith(prefix) && BLOB_END.test(blob));
    const areDifferent = [records.map(({ id }) => id), records.map(({ blob }) => blob)].every(
      (names) => new Set(names).size === names.length,
    );
    return isOurs && areDifferent ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Refuses a state, of a segment or of the wallet, before one that is known, or another of the same number.
 *
 * @throws {WalletError} WALLET_ROLLED_BACK, WALLET_FORKED
 */
export function checkFloor(found: Floor, known: Floor | undefined, segment?: string): void {
  if (known === undefined) return;
  const numbers = { found: found.sequence, known: known.sequence };
  const details = segment === undefined ? numbers : { segment, ...numbers };
  // Also where what is known is no number: it was to protect, and would not.
  if (!(found.sequence >= known.sequence)) {
    throw new WalletError("WALLET_ROLLED_BACK", "the storage gives an older state than was seen before", {
      details,
    });
  }
  if (found.sequence === known.sequence && found.hash !== known.hash) {
    throw new WalletError("WALLET_FORKED", "the storage gives another state than the one seen before", {
      details,
    });
  }
}

function addressOf(wallet: string, segment: string): DataAddress {
  return ["DKMS-V1-WALLET-MANIFEST", wallet, segment];
}

function signedBytes(address: DataAddress, sealed: Uint8Array): Uint8Array {
  return concatBytes(encodeAddress(address), sha256(sealed));
}
