import type { Hex32 } from "../core/index.ts";
import { RecoveryError } from "./errors.ts";
import { isDealtBy, parseShare, type ShareJson, verifyShare } from "./share.ts";
import type { Step } from "./steps.ts";

/** A share as a trustee stores it. */
export type KeptShare = {
  readonly tag: Hex32;
  readonly epoch: number;
  readonly index: number;
  readonly share: ShareJson;
};

type PendingShare = KeptShare & { readonly aborted: boolean; readonly cleared?: true };

/** Names a set of shares. */
export type SetReference = { readonly tag: Hex32; readonly epoch: number };

/** What a trustee keeps for one owner (V5). To be stored encrypted: it holds shares. */
export type ShareKeeper = {
  /** The share of the set that is in force. */
  readonly held?: KeptShare;
  /**
   * Acknowledged, but not known to be in force yet. `aborted`: somebody who can write as the owner says that it was given up. It
   * is kept for all that, as it may be anchored yet. `cleared`: the owner said so to the trustee's user, and it goes once the anchor
   * is known to be another.
   */
  readonly pending: readonly PendingShare[];
  /** The trustee is let go: `held` goes once this set is in force. */
  readonly retireOn?: SetReference;
};

/** Which set the owner's policy anchors. */
export type AnchorReading = {
  readonly tag: Hex32;
  /** 0 while none is anchored. */
  readonly setNumber: number;
  /** No reorganisation of the chain can undo it. */
  readonly final: boolean;
};

/** Port to the anchor in the owner's policy, read from a node that the reader trusts. */
export interface ShareAnchor {
  current(): Promise<AnchorReading>;
}

export type ShareKeeperEvent =
  /** SHARE_PREPARE, or CAPABILITY_RESPONSE with a first share. */
  | {
      readonly kind: "prepare";
      readonly share: unknown;
      readonly messageId: string;
      readonly dealerKey: Uint8Array;
      /** Read when the share came. */
      readonly anchor: AnchorReading;
    }
  | ({ readonly kind: "commit" | "abort" | "retire" } & SetReference)
  | ({ readonly kind: "anchor" } & AnchorReading)
  /** The trustee's user heard from the owner that nothing is under way, or this set alone. */
  | { readonly kind: "clear"; readonly keep?: SetReference };

export type ShareKeeperEffect =
  /** Sign and send SHARE_PREPARED: only after the state is stored. */
  | ({ readonly kind: "acknowledge"; readonly messageId: string; readonly index: number } & SetReference)
  /** Ask the chain, and come back with `anchor`. */
  | { readonly kind: "readAnchor" };

/**
 * Sets of one dealer key under way at a time: an owner has one, and perhaps some of which this trustee was not told that they were
 * given up. None makes room for another: each was acknowledged, and may be anchored yet.
 */
const MAX_PENDING = 4;
/** With those that were given up. */
const MAX_KEPT = 16;

/** Keeps nothing yet. */
export const EMPTY_KEEPER: ShareKeeper = { pending: [] };

/**
 * The trustee's side of changing trustees. The share in force is erased in one case only: the trustee acknowledged
 * another one, and the anchor on chain is final and names exactly that set (or the set that the trustee is let go by).
 * No message alone, however late, doubled or out of order, makes it forget a share.
 *
 * @throws {RecoveryError} all of `verifyShare`; SHARE_EPOCH_OLD, SHARE_EPOCH_AHEAD; SHARE_PENDING_FULL. The state stays as
 * it is.
 */
export function shareKeeper(
  state: ShareKeeper,
  event: ShareKeeperEvent,
): Step<ShareKeeper, ShareKeeperEffect> {
  switch (event.kind) {
    case "prepare":
      return prepare(state, event);
    case "commit":
      return { state, effects: [{ kind: "readAnchor" }] };
    case "abort":
      return giveUp(state, (kept) => (isSet(kept, event) ? { ...kept, aborted: true } : kept));
    case "clear":
      return giveUp(state, (kept) =>
        event.keep !== undefined && isSet(kept, event.keep)
          ? kept
          : { ...kept, aborted: true, cleared: true },
      );
    case "retire": {
      const { tag, epoch } = event;
      const isNewer = epoch > (state.held?.epoch ?? Number.POSITIVE_INFINITY);
      return {
        state: isNewer ? { ...state, retireOn: { tag, epoch } } : state,
        effects: [{ kind: "readAnchor" }],
      };
    }
    case "anchor":
      // A reading without a number tells nothing, least of all that a share may go.
      if (!Number.isSafeInteger(event.setNumber)) return { state, effects: [] };
      return { state: anchored(state, event), effects: [] };
  }
}

function prepare(
  state: ShareKeeper,
  { share, messageId, dealerKey, anchor }: Extract<ShareKeeperEvent, { kind: "prepare" }>,
): Step<ShareKeeper, ShareKeeperEffect> {
  const { tag, index, public: set } = verifyShare(share, { dealerKey });
  const { epoch } = set;
  const acknowledge = { kind: "acknowledge" as const, messageId, tag, epoch, index };
  const known = [state.held, ...state.pending].find((kept) => kept !== undefined && isSet(kept, acknowledge));
  if (known !== undefined) {
    // The acknowledgement was lost: say it again, unless the owner has given the set up since.
    const says = known.index === index && !("aborted" in known && known.aborted);
    return { state, effects: says ? [acknowledge] : [] };
  }
  checkNumber(epoch, state.held?.epoch ?? 0, anchor);
  checkRoom(state.pending, dealerKey);
  const kept = { tag, epoch, index, share: parseShare(share), aborted: false };
  return { state: { ...state, pending: [...state.pending, kept] }, effects: [acknowledge] };
}

/**
 * What was given up takes room too, but room of its own: nothing that came over the connection, nor a set of the owner's signing
 * key, may make a set go that was acknowledged and can be anchored yet.
 */
function checkRoom(pending: ShareKeeper["pending"], dealerKey: Uint8Array): void {
  const rivals = pending.filter((kept) => isDealtBy(kept.share, dealerKey));
  const open = rivals.filter(({ aborted }) => !aborted);
  if (open.length < MAX_PENDING && rivals.length < MAX_KEPT) return;
  throw new RecoveryError("SHARE_PENDING_FULL", "too many sets are under way", {
    details: { pending: rivals.map(({ tag, epoch }) => ({ tag, epoch })) },
  });
}

/** Only the set after the anchored one can come into force next; others would stay pending for as long as they like. */
function checkNumber(epoch: number, held: number, anchor: AnchorReading): void {
  const { setNumber, final } = anchor;
  const details = { epoch, held, anchored: setNumber };
  if (epoch <= held || (final && epoch <= setNumber)) {
    throw new RecoveryError("SHARE_EPOCH_OLD", "a newer set is in force", { details });
  }
  if (!Number.isSafeInteger(setNumber) || epoch > setNumber + 1) {
    throw new RecoveryError("SHARE_EPOCH_AHEAD", "not the set after the anchored one", { details });
  }
}

function giveUp(
  state: ShareKeeper,
  mark: (kept: PendingShare) => PendingShare,
): Step<ShareKeeper, ShareKeeperEffect> {
  return { state: { ...state, pending: state.pending.map(mark) }, effects: [{ kind: "readAnchor" }] };
}

function anchored(state: ShareKeeper, anchor: AnchorReading): ShareKeeper {
  const set = { tag: anchor.tag, epoch: anchor.setNumber };
  // A set that got anchored all the same was not given up.
  const pending = state.pending
    .filter((kept) => kept.cleared === undefined || isSet(kept, set))
    .map(({ cleared: _, ...kept }) => (isSet(kept, set) ? { ...kept, aborted: false } : kept));
  if (!anchor.final) return { ...state, pending };
  const promoted = pending.find((kept) => isSet(kept, set));
  // Numbers only rise: what is not above the anchored one will never be in force.
  const rest = pending.filter(({ epoch }) => epoch > anchor.setNumber);
  const { retireOn } = state;
  const retires = retireOn !== undefined && (anchor.setNumber > retireOn.epoch || isSet(retireOn, set));
  if (promoted !== undefined) {
    const { aborted: _, ...held } = promoted;
    return { held, pending: rest };
  }
  if (retires) return { pending: rest };
  return { ...state, pending: rest };
}

function isSet(one: SetReference, other: SetReference): boolean {
  return one.tag === other.tag && one.epoch === other.epoch;
}
