import { WalletError } from "./errors.ts";
import { type Header, MAX_SLOTS, type WalletAnchor } from "./head.ts";
import { type Access, encodeKeyring, eraseKeyring, type SegmentKeys } from "./keyring.ts";
import { checkName, removeUnknownBlobs } from "./records.ts";
import { rekeyed } from "./rekey.ts";
import { type Segment, segmentOf } from "./segment.ts";
import {
  checkOpen,
  headFloor,
  keysOf,
  locked,
  newSegment,
  rootOf,
  type Session,
  writeHead,
  writeManifest,
} from "./session.ts";
import { makeSlot, type Slot, type SlotKind, type SlotSecret } from "./slots.ts";
import type { WorkOptions } from "./work.ts";

/** What can be said of a slot without opening it. */
export type SlotSummary = Pick<Slot, "id" | "label" | "opens"> & { readonly kind: SlotKind };

/** A slot to be made. */
export type NewSlot = {
  readonly secret: SlotSecret;
  /** For people, at most 64 characters. Public. */
  readonly label?: string;
};

/** A slot that opens some segments only, each for reading or for writing as well (K8). */
export type NewPermission = NewSlot & { readonly segments: Readonly<Record<string, Access>> };

/** What was changed: a segment's records, or, with no segment, slots and segments themselves. */
export type WalletChange = { readonly segment: string | undefined };

const MAX_SEGMENTS = 256;
const MAX_LABEL = 64;

/**
 * An unlocked wallet, made by `createWallet` and `openWallet`. Each call works on what is stored at that time, alone: several
 * processes may have the same wallet open.
 *
 * @throws {WalletError} its functions throw WALLET_CLOSED, WALLET_MISSING, WALLET_INCOMPLETE, WALLET_DAMAGED,
 * WALLET_TRUNCATED, WALLET_ROLLED_BACK, WALLET_FORKED when the storage does not give back what was kept
 */
export class Wallet {
  readonly #session: Session;
  readonly #listeners = new Set<(change: WalletChange) => void>();

  /** @internal */
  constructor(session: Session) {
    this.#session = session;
  }

  /** Random, in hex; the same for the wallet's whole life, and public. */
  get id(): string {
    return this.#session.wallet;
  }

  /** Whether this is all of the wallet, or what a permission slot opens. */
  get opens(): Slot["opens"] {
    return this.#session.root === undefined ? "segments" : "wallet";
  }

  /** Names of the segments that this may read. */
  get segments(): readonly string[] {
    return this.#session.keyring.segments.map(({ name }) => name);
  }

  /** Every slot. In front of an unlocked wallet they are authentic. */
  get slots(): readonly SlotSummary[] {
    return this.#session.header.slots.map(({ id, kind, label, opens }) => ({ id, kind, label, opens }));
  }

  /** How far the wallet has come. @throws {WalletError} WALLET_PERMISSION_MISSING */
  get anchor(): WalletAnchor {
    rootOf(this.#session);
    return { wallet: this.id, ...headFloor(this.#session) };
  }

  /** A segment by its name. @throws {WalletError} WALLET_SEGMENT_UNKNOWN, WALLET_CLOSED */
  segment(name: string): Segment {
    return segmentOf(this.#session, name, () => this.#changed(name));
  }

  /** Takes over what other processes did, as every other call does: `segments`, `slots` and `anchor` then tell it. */
  async refresh(): Promise<void> {
    await locked(this.#session, async () => undefined);
  }

  /** Calls `listener` after every change made through this object; the result ends it. */
  onChange(listener: (change: WalletChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws {WalletError} WALLET_SEGMENT_EXISTS, WALLET_NAME_MALFORMED, WALLET_LIMIT, WALLET_PERMISSION_MISSING */
  async addSegment(name: string): Promise<Segment> {
    checkName(name);
    await this.#change(async (session) => {
      const { segments } = session.keyring;
      checkNewSegment(segments, name);
      const keys = await writeManifest(session, newSegment(name), { sequence: 1, records: [] });
      await writeHead(session, { segments: [...segments, keys] });
    });
    return this.segment(name);
  }

  /** Removes a segment and all its records. @throws {WalletError} WALLET_SEGMENT_UNKNOWN, WALLET_PERMISSION_MISSING */
  async removeSegment(name: string): Promise<void> {
    await this.#change(async (session) => {
      const keys = keysOf(session, name);
      await writeHead(session, { segments: session.keyring.segments.filter((other) => other !== keys) });
      await removeUnknownBlobs(session);
    });
  }

  /**
   * Another way to unlock the wallet, or, with `segments`, a part of it. Records are not encrypted anew.
   *
   * @throws {WalletError} WALLET_LIMIT, WALLET_SEGMENT_UNKNOWN, WALLET_PERMISSION_MISSING, and as `makeSlot`
   */
  async addSlot(slot: NewSlot | NewPermission, work: WorkOptions = {}): Promise<SlotSummary> {
    return await this.#addSlot(slot, [], work);
  }

  /**
   * Puts a slot in place of another, at one stroke: how a password is changed. Records are not encrypted anew, so that
   * whoever has an old copy of the wallet and the old password can read, also later, what they get hold of: if that is
   * to be feared, `rekey`.
   *
   * @throws {WalletError} WALLET_SLOT_UNKNOWN, and as {@link Wallet.addSlot}
   */
  async replaceSlot(id: string, slot: NewSlot | NewPermission, work: WorkOptions = {}): Promise<SlotSummary> {
    return await this.#addSlot(slot, [id], work);
  }

  /** @throws {WalletError} WALLET_SLOT_UNKNOWN; WALLET_SLOT_LAST if nothing else opens the whole wallet */
  async removeSlot(id: string): Promise<void> {
    await this.#change(async (session) => {
      const { header } = session;
      await writeHead(session, { header: { ...header, slots: without(header, [id]) } });
    });
  }

  /**
   * New keys for everything, and new slots in place of all there were, permissions included: after this no old copy, old
   * password or old permission opens anything written from now on.
   *
   * @throws {WalletError} WALLET_PERMISSION_MISSING, WALLET_SLOT_LAST, WALLET_LIMIT, WALLET_ABORTED
   */
  async rekey(slots: readonly NewSlot[], work: WorkOptions = {}): Promise<void> {
    await this.#change((session) => rekeyed(session, slots, work));
  }

  /** Forgets every key. What this gave out earlier works no more. */
  close(): void {
    this.#session.isClosed = true;
    this.#session.root?.erase();
    eraseKeyring(this.#session.keyring);
    this.#session.manifests.clear();
    this.#listeners.clear();
  }

  async #addSlot(slot: NewSlot | NewPermission, replaced: readonly string[], work: WorkOptions) {
    checkOpen(this.#session);
    const root = rootOf(this.#session);
    // Outside the lock: a password takes its time.
    const permission = "segments" in slot;
    const content = permission ? grantedKeys(this.#session, slot.segments) : root.reveal();
    const made = await makeSlot(
      slot.secret,
      {
        wallet: this.id,
        label: checkLabel(slot.label ?? ""),
        opens: permission ? "segments" : "wallet",
        content,
      },
      work,
    );
    if (permission) content.fill(0);
    await this.#change(async (session) => {
      const slots = [...without(session.header, replaced, made.opens === "wallet"), made];
      if (slots.length > MAX_SLOTS) {
        throw new WalletError("WALLET_LIMIT", `a wallet has at most ${MAX_SLOTS} slots`);
      }
      await writeHead(session, { header: { ...session.header, slots } });
    });
    return { id: made.id, kind: made.kind, label: made.label, opens: made.opens };
  }

  async #change(work: (session: Session) => Promise<void>): Promise<void> {
    checkOpen(this.#session);
    rootOf(this.#session);
    await locked(this.#session, () => work(this.#session));
    this.#changed(undefined);
  }

  #changed(segment: string | undefined): void {
    for (const listener of this.#listeners) listener({ segment });
  }
}

/** Refuses a segment's name that is taken, or one too many. @throws {WalletError} */
export function checkNewSegment(segments: readonly { readonly name: string }[], name: string): void {
  if (segments.some((other) => other.name === name)) {
    throw new WalletError("WALLET_SEGMENT_EXISTS", "there is a segment of this name", {
      details: { segment: name },
    });
  }
  if (segments.length >= MAX_SEGMENTS) {
    throw new WalletError("WALLET_LIMIT", `a wallet has at most ${MAX_SEGMENTS} segments`);
  }
}

/** @throws {WalletError} WALLET_LIMIT */
export function checkLabel(label: string): string {
  if (label.length > MAX_LABEL) {
    throw new WalletError("WALLET_LIMIT", `a label has at most ${MAX_LABEL} characters`);
  }
  return label;
}

function grantedKeys(session: Session, granted: Readonly<Record<string, Access>>): Uint8Array {
  const segments = Object.entries(granted).map(([name, access]): SegmentKeys => {
    const keys = keysOf(session, name);
    return { ...keys, floor: undefined, writeKey: access === "write" ? keys.writeKey : undefined };
  });
  return encodeKeyring({ sequence: session.keyring.sequence, segments });
}

/** The slots but these. @throws {WalletError} WALLET_SLOT_UNKNOWN, WALLET_SLOT_LAST */
function without({ slots }: Header, removed: readonly string[], othersFollow = false): readonly Slot[] {
  for (const id of removed) {
    if (!slots.some((slot) => slot.id === id)) {
      throw new WalletError("WALLET_SLOT_UNKNOWN", "there is no such slot", { details: { slot: id } });
    }
  }
  const left = slots.filter(({ id }) => !removed.includes(id));
  if (!othersFollow && !left.some(({ opens }) => opens === "wallet")) {
    throw new WalletError("WALLET_SLOT_LAST", "nothing else would open the wallet");
  }
  return left;
}
