import { WalletError } from "./errors.ts";
import { type KeyLife, renewedKeyInfo } from "./keyLife.ts";
import { eraseKeyring, type SegmentKeys, type SlotNote } from "./keyring.ts";
import type { RecordEntry } from "./manifest.ts";
import { checkSlotCount, type NewSlot, noteOf } from "./newSlot.ts";
import { readRecord, removeUnknownBlobs, writeRecord } from "./records.ts";
import { newSegment, readManifest, rootOf, type Session, writeHead, writeManifest } from "./session.ts";
import { prepareSlot, type Slot } from "./slots.ts";
import { randomKey, WrappingKey } from "./walletKeys.ts";
import { giveWay, report, type WorkOptions } from "./work.ts";

/** Slots that open the whole wallet, and what is known of them. */
export type RootSlots = { readonly slots: readonly Slot[]; readonly notes: readonly SlotNote[] };

/** A segment under new keys counts its changes anew. */
const FIRST = 1;

/**
 * Slots for a root key, one for each given.
 *
 * @throws {WalletError} WALLET_SLOT_LAST if none is given; WALLET_LIMIT, and as {@link prepareSlot}
 */
export async function rootSlots(
  wallet: string,
  slots: readonly NewSlot[],
  root: WrappingKey,
  work: WorkOptions,
): Promise<RootSlots> {
  if (slots.length === 0) throw new WalletError("WALLET_SLOT_LAST", "nothing would open the wallet");
  checkSlotCount(slots);
  const about = slots.map(noteOf);
  const made: Slot[] = [];
  for (const [i, { secret }] of slots.entries()) {
    const onProgress = (done: number) => report(work, (i + done) / slots.length);
    const prepared = await prepareSlot(secret, { wallet, opens: "wallet" }, { ...work, onProgress });
    made.push(prepared.sealKey(root));
    prepared.erase();
  }
  const notes = about.map((note, i) => ({ ...note, id: made[i]?.id ?? "" }));
  return { slots: made, notes };
}

/** Encrypts everything anew beside the old; the new head makes it the wallet, then the old is removed. */
export async function rekeyed(
  session: Session,
  slots: readonly NewSlot[],
  work: WorkOptions & Pick<KeyLife, "now">,
): Promise<void> {
  const oldRoot = rootOf(session);
  const root = new WrappingKey(randomKey());
  const before = session.keyring.segments;
  const halfOf = (from: number) => (done: number) => report(work, from + done / 2);
  const made = await rootSlots(session.wallet, slots, root, { ...work, onProgress: halfOf(0) });
  const after: SegmentKeys[] = [];
  for (const [i, keys] of before.entries()) {
    const onProgress = (done: number) => halfOf(0.5)((i + done) / before.length);
    after.push(await copySegment(session, keys, { ...work, onProgress }));
  }
  const old = session.keyring;
  const header = { wallet: session.wallet, slots: made.slots };
  await writeHead(session, { header, segments: after, root, notes: made.notes });
  oldRoot.erase();
  eraseKeyring(old);
  await removeUnknownBlobs(session);
}

async function copySegment(
  session: Session,
  from: SegmentKeys,
  work: WorkOptions & Pick<KeyLife, "now">,
): Promise<SegmentKeys> {
  const { records } = await readManifest(session, from);
  const to = newSegment(from.name, renewedKeyInfo(from.info, work.now));
  const copies: RecordEntry[] = [];
  for (const [i, { id }] of records.entries()) {
    report(work, i / records.length);
    await giveWay();
    const value = await readRecord(session, from, id);
    if (value === undefined) continue;
    copies.push(await writeRecord(session, to, { id, version: FIRST, value }));
    value.erase();
  }
  return await writeManifest(session, to, { sequence: FIRST, records: copies });
}
