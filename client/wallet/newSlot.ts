import { WalletError } from "./errors.ts";
import { type Header, MAX_SLOTS } from "./head.ts";
import { type Access, encodeKeyring, type SegmentKeys } from "./keyring.ts";
import { keysOf, rootOf, type Session } from "./session.ts";
import type { PreparedSlot, Slot, SlotKind, SlotSecret } from "./slots.ts";

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

const MAX_LABEL = 64;

/** @throws {WalletError} WALLET_LIMIT */
export function checkLabel(label: string): string {
  if (label.length > MAX_LABEL) {
    throw new WalletError("WALLET_LIMIT", `a label has at most ${MAX_LABEL} characters`);
  }
  return label;
}

/** @throws {WalletError} WALLET_LIMIT */
export function checkSlotCount(slots: readonly unknown[]): void {
  if (slots.length > MAX_SLOTS) {
    throw new WalletError("WALLET_LIMIT", `a wallet has at most ${MAX_SLOTS} slots`);
  }
}

/** What may be shown of a slot. */
export function summaryOf({ id, kind, label, opens }: Slot): SlotSummary {
  return { id, kind, label, opens };
}

/** The slot over the root key, or over the keys of the segments granted. */
export function sealedSlot(
  session: Session,
  slot: PreparedSlot,
  granted: NewPermission["segments"] | undefined,
): Slot {
  if (granted === undefined) return slot.sealKey(rootOf(session));
  const content = grantedKeys(session, granted);
  const sealed = slot.seal(content);
  content.fill(0);
  return sealed;
}

function grantedKeys(session: Session, granted: Readonly<Record<string, Access>>): Uint8Array {
  const segments = Object.entries(granted).map(([name, access]): SegmentKeys => {
    const keys = keysOf(session, name);
    return { ...keys, floor: undefined, writeKey: access === "write" ? keys.writeKey : undefined };
  });
  return encodeKeyring({ sequence: session.keyring.sequence, segments });
}

/** The slots but these. @throws {WalletError} WALLET_SLOT_UNKNOWN, WALLET_SLOT_LAST */
export function without(
  { slots }: Header,
  removed: readonly string[],
  othersFollow = false,
): readonly Slot[] {
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
