import type { KeyInfo } from "../keys/index.ts";
import type { WalletAnchor } from "./head.ts";
import { type KeyLife, newKeyInfo } from "./keyLife.ts";
import { eraseKeyring } from "./keyring.ts";
import { checkName } from "./limits.ts";
import {
  checkSlotCount,
  type NewPermission,
  type NewSlot,
  noteOf,
  type SlotSummary,
  sealedSlot,
  summariesOf,
  without,
} from "./newSlot.ts";
import { removeUnknownBlobs, type VisitOptions, type VisitRecord, visitRecords } from "./records.ts";
import { rekeyed } from "./rekey.ts";
import { type Segment, segmentOf } from "./segment.ts";
import {
  checkNewSegment,
  checkOpen,
  headFloor,
  keysOf,
  locked,
  newSegment,
  rootOf,
  type Session,
  stateOf,
  writeHead,
  writeManifest,
} from "./session.ts";
import { prepareSlot, type Slot } from "./slots.ts";
import type { WorkOptions } from "./work.ts";

/** A key of the wallet and what is known of it. */
export type WalletKey = { readonly info: KeyInfo } & (
  | { readonly slot: string }
  | { readonly segment: string }
);

/** What was changed: a segment's records, or, with no segment, slots and segments themselves. */
export type WalletChange = { readonly segment: string | undefined };

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

  /** Every slot; none for a permission, which does not see them. */
  get slots(): readonly SlotSummary[] {
    return summariesOf(this.#session);
  }

  /** Every key that this knows of, for `rotationReminders`: `replaceSlot` renews a slot's, `rekey` all. */
  get keys(): readonly WalletKey[] {
    const segments = this.#session.keyring.segments.map(({ name, info }) => ({ segment: name, info }));
    return [...this.slots.map(({ id, info }) => ({ slot: id, info })), ...segments];
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

  /**
   * A hash of what the segments hold, but for those ignored: another one after every change, whoever made it.
   *
   * @example if ((await wallet.state()) !== backedUp) await backUp();
   */
  async state(ignored: readonly string[] = []): Promise<string> {
    return await locked(this.#session, () => stateOf(this.#session, ignored));
  }

  /**
   * Shows every record, of all or some segments, as it is at one moment; others wait until it is done.
   *
   * @throws {WalletError} WALLET_SEGMENT_UNKNOWN, WALLET_ABORTED, and what reading throws
   */
  async visit(visit: VisitRecord, options: VisitOptions = {}): Promise<void> {
    await locked(this.#session, () => visitRecords(this.#session, visit, options));
  }

  /** Takes over what other processes did, as every other call does: `segments`, `slots` and `anchor` then tell it. */
  async refresh(): Promise<void> {
    await locked(this.#session, async () => undefined);
  }

  /**
   * Calls `listener` after every change made through this object; the result ends it. What a listener throws is nobody
   * else's failure: it is reported as uncaught, as an `EventTarget` does.
   */
  onChange(listener: (change: WalletChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws {WalletError} WALLET_SEGMENT_EXISTS, WALLET_NAME_MALFORMED, WALLET_LIMIT, WALLET_PERMISSION_MISSING */
  async addSegment(name: string, life: KeyLife = {}): Promise<Segment> {
    checkName(name);
    const info = newKeyInfo("STORAGE", life);
    await this.#change(async (session) => {
      const { segments } = session.keyring;
      checkNewSegment(segments, name);
      const keys = await writeManifest(session, newSegment(name, info), { sequence: 1, records: [] });
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
   * @throws {WalletError} WALLET_LIMIT, WALLET_SEGMENT_UNKNOWN, WALLET_PERMISSION_MISSING, and as `prepareSlot`
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
  async rekey(slots: readonly NewSlot[], work: WorkOptions & Pick<KeyLife, "now"> = {}): Promise<void> {
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
    rootOf(this.#session);
    const granted = "segments" in slot ? slot.segments : undefined;
    if (granted !== undefined) for (const name of Object.keys(granted)) keysOf(this.#session, name);
    const opens = granted === undefined ? "wallet" : "segments";
    const terms = { wallet: this.id, opens } as const;
    const about = noteOf(slot);
    // Outside the lock, for a password takes its time; sealed within, for the keys may be others by then.
    const prepared = await prepareSlot(slot.secret, terms, work);
    try {
      return await this.#change(async (session) => {
        const made = sealedSlot(session, prepared, granted);
        const slots = [...without(session.header, replaced, opens === "wallet"), made];
        checkSlotCount(slots);
        const note = { ...about, id: made.id };
        await writeHead(session, { header: { ...session.header, slots }, notes: [note] });
        return { ...note, kind: made.kind, opens: made.opens };
      });
    } finally {
      prepared.erase();
    }
  }

  async #change<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    checkOpen(this.#session);
    rootOf(this.#session);
    const result = await locked(this.#session, () => work(this.#session));
    this.#changed(undefined);
    return result;
  }

  #changed(segment: string | undefined): void {
    for (const listener of this.#listeners) {
      try {
        listener({ segment });
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
