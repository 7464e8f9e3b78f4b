import { WalletError } from "./errors.ts";
import { type Header, MAX_SLOTS } from "./head.ts";
import { type KeyLife, newKeyInfo } from "./keyLife.ts";
import { type Access, encodeKeyring, type SegmentKeys, type SlotNote } from "./keyring.ts";
import { keysOf, rootOf, type Session } from "./session.ts";
import type { PreparedSlot, Slot, SlotKind, SlotSecret } from "./slots.ts";

/** What can be said of a slot without opening it. */
export type SlotSummary = SlotNote & Pick<Slot, "opens"> & { readonly kind: SlotKind };

/** A slot to be made. */
export type NewSlot = KeyLife & {
  readonly secret: SlotSecret;
  /** For people, at most 64 characters; kept sealed. */
  readonly label?: string;
};

/** A slot that opens some segments only, each for reading or for writing as well (K8). */
export type NewPermission = NewSlot & { readonly segments: Readonly<Record<string, Access>> };

const MAX_LABEL = 64;

/** @throws {WalletError} WALLET_LIMIT */
function checkLabel(label: string): string {
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

/** What is to be kept of a new slot. @throws {WalletError} WALLET_LIMIT; {KeysError} KEY_INFO_MALFORMED */
export function noteOf({ label = "", ...life }: Omit<NewSlot, "secret">): Omit<SlotNote, "id"> {
  return { label: checkLabel(label), info: newKeyInfo("KEY_ENCRYPTING", life) };
}

/** What may be shown of the slots; nothing where the wallet is open through a permission, which does not see them. */
export function summariesOf({ header, keyring }: Session): readonly SlotSummary[] {
  return keyring.slots.flatMap((note) => {
    const slot = header.slots.find(({ id }) => id === note.id);
    return slot === undefined ? [] : [{ ...note, kind: slot.kind, opens: slot.opens }];
  });
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
  return encodeKeyring({ sequence: session.keyring.sequence, segments, slots: [] });
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
