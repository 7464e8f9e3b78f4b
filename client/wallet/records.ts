import { randomBytes } from "@noble/hashes/utils.js";
import { hex } from "@scure/base";
import { bigintToBytes, bytesToBigint, SEAL_BYTES } from "../core/index.ts";
import { Secret } from "../keys/index.ts";
import { WalletError } from "./errors.ts";
import { frame, unframe } from "./frame.ts";
import { hashOf } from "./head.ts";
import type { SegmentKeys } from "./keyring.ts";
import { checkName, MAX_RECORD_BYTES, MAX_RECORDS } from "./limits.ts";
import { MAX_SEQUENCE, type Manifest, type RecordEntry, recordPrefix } from "./manifest.ts";
import { keysOf, readBlob, readManifest, type Session, writeHead, writeManifest } from "./session.ts";
import type { DataAddress } from "./walletKeys.ts";
import { giveWay, report, type WorkOptions } from "./work.ts";

/** A record's new content; undefined removes it. */
export type RecordChange = { readonly id: string; readonly value: Secret<Uint8Array> | undefined };

/** Sees a record's content, which is erased afterwards. */
export type VisitRecord = (segment: string, id: string, value: Secret<Uint8Array>) => void;

const VERSION_BYTES = 8;

/**
 * The content of a record of the newest manifest; undefined if there is none of that id.
 *
 * @throws {WalletError} WALLET_INCOMPLETE, WALLET_TRUNCATED, WALLET_DAMAGED, WALLET_ROLLED_BACK
 */
export async function readRecord(
  session: Session,
  keys: SegmentKeys,
  id: string,
): Promise<Secret<Uint8Array> | undefined> {
  const { records } = await readManifest(session, keys);
  const entry = records.find((record) => record.id === id);
  if (entry === undefined) return undefined;
  const details = { segment: keys.name, record: id };
  const bytes = await readBlob(session.storage, entry.blob, details);
  const body = unframe(bytes, VERSION_BYTES + SEAL_BYTES, { ...details, blob: entry.blob });
  const version = Number(bytesToBigint(body.subarray(0, VERSION_BYTES)));
  const open = (of: number) =>
    keys.readKey.decrypt(addressOf(session, keys, id, of), body.subarray(VERSION_BYTES));
  if (version < entry.version && open(version) !== undefined) {
    throw new WalletError("WALLET_ROLLED_BACK", "the storage gives an older version of a record", {
      details: { ...details, found: version, known: entry.version },
    });
  }
  const value = version === entry.version && hashOf(bytes) === entry.hash ? open(version) : undefined;
  if (value?.length === entry.bytes) return new Secret(value);
  throw new WalletError("WALLET_DAMAGED", "a record was altered, or is not the one of this name", {
    details,
  });
}

/**
 * Makes all changes or none.
 *
 * @throws {WalletError} WALLET_SEGMENT_UNKNOWN, WALLET_PERMISSION_MISSING, WALLET_NAME_MALFORMED, WALLET_LIMIT
 */
export async function changeRecords(
  session: Session,
  segment: string,
  changes: readonly RecordChange[],
): Promise<number> {
  const keys = keysOf(session, segment);
  const before = await readManifest(session, keys);
  checkLimits(segment, before, changes);
  await sweep(session, keys, before);
  const sequence = before.sequence + 1;
  const records = new Map(before.records.map((record) => [record.id, record]));
  // Of several changes of one record the last counts.
  for (const [id, value] of new Map(changes.map(({ id, value }) => [id, value]))) {
    if (value === undefined) records.delete(id);
    else records.set(id, await writeRecord(session, keys, { id, version: sequence, value }));
  }
  const after = { sequence, records: [...records.values()] };
  const written = await writeManifest(session, keys, after);
  await raiseFloor(session, written);
  const kept = new Set(after.records.map(({ blob }) => blob));
  for (const { blob } of before.records) if (!kept.has(blob)) await session.storage.remove(blob);
  return sequence;
}

/** Which segments are shown; all that the wallet opens, by default. */
export type VisitOptions = WorkOptions & { readonly segments?: readonly string[] };

/**
 * Shows every record of segments; under the wallet's lock they are those of one moment.
 *
 * @throws {WalletError} WALLET_SEGMENT_UNKNOWN, WALLET_ABORTED, and as {@link readRecord}
 */
export async function visitRecords(
  session: Session,
  visit: VisitRecord,
  { segments: names, ...work }: VisitOptions,
): Promise<void> {
  const segments = names?.map((name) => keysOf(session, name)) ?? session.keyring.segments;
  for (const [i, keys] of segments.entries()) {
    const { records } = await readManifest(session, keys);
    for (const [j, { id }] of records.entries()) {
      report(work, (i + j / records.length) / segments.length);
      await giveWay();
      const value = await readRecord(session, keys, id);
      if (value === undefined) continue;
      visit(keys.name, id, value);
      value.erase();
    }
  }
  report(work, 1);
}

/** Writes the content of a record; it counts for nothing until a manifest names it. */
export async function writeRecord(
  session: Session,
  keys: SegmentKeys,
  record: { readonly id: string; readonly version: number; readonly value: Secret<Uint8Array> },
): Promise<RecordEntry> {
  const { id, version, value } = record;
  const plaintext = value.reveal();
  const sealed = keys.readKey.encrypt(addressOf(session, keys, id, version), plaintext);
  const bytes = frame(bigintToBytes(BigInt(version), VERSION_BYTES), sealed);
  const blob = recordPrefix(keys.id) + hex.encode(randomBytes(16));
  await session.storage.replace(blob, bytes);
  return { id, version, bytes: plaintext.length, blob, hash: hashOf(bytes) };
}

/** Removes everything of segments that are no more, or never came to be. Needs all of the wallet's keys. */
export async function removeUnknownBlobs({ storage, keyring }: Session): Promise<void> {
  const known = keyring.segments.map(({ id }) => id);
  for (const name of await storage.list()) {
    const [, segment] = /^[rs]-([0-9a-f]{24})(?:-|$)/.exec(name) ?? [];
    if (segment !== undefined && !known.includes(segment)) await storage.remove(name);
  }
}

/** The wallet's head remembers how far each segment has come, so that one alone cannot be rolled back. */
async function raiseFloor(session: Session, written: SegmentKeys): Promise<void> {
  if (session.root === undefined) return;
  const segments = session.keyring.segments.map((keys) => (keys.id === written.id ? written : keys));
  await writeHead(session, { segments });
}

/** Removes, once in a session, what a process left behind that was stopped while it wrote. */
async function sweep(session: Session, keys: SegmentKeys, { records }: Manifest): Promise<void> {
  if (keys.writeKey === undefined || session.swept.has(keys.id)) return;
  const kept = new Set(records.map(({ blob }) => blob));
  for (const name of await session.storage.list()) {
    if (name.startsWith(recordPrefix(keys.id)) && !kept.has(name)) await session.storage.remove(name);
  }
  if (session.root !== undefined) await removeUnknownBlobs(session);
  session.swept.add(keys.id);
}

function checkLimits(
  segment: string,
  { sequence, records }: Manifest,
  changes: readonly RecordChange[],
): void {
  if (sequence >= MAX_SEQUENCE) {
    throw new WalletError("WALLET_LIMIT", "the changes of this segment are used up: rekey the wallet", {
      details: { segment, sequence },
    });
  }
  for (const { id, value } of changes) {
    checkName(id);
    if ((value?.reveal().length ?? 0) > MAX_RECORD_BYTES) {
      throw new WalletError("WALLET_LIMIT", `a record has at most ${MAX_RECORD_BYTES} bytes`, {
        details: { segment, record: id },
      });
    }
  }
  const ids = new Set(records.map(({ id }) => id));
  for (const { id, value } of changes) if (value !== undefined) ids.add(id);
  if (ids.size > MAX_RECORDS) {
    throw new WalletError("WALLET_LIMIT", `a segment has at most ${MAX_RECORDS} records`, {
      details: { segment },
    });
  }
}

function addressOf({ wallet }: Session, { id }: SegmentKeys, record: string, version: number): DataAddress {
  return ["DKMS-V1-WALLET-RECORD", wallet, id, record, version];
}
