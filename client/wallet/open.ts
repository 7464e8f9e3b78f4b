import { randomBytes } from "@noble/hashes/utils.js";
import { hex } from "@scure/base";
import { Secret } from "../keys/index.ts";
import { WalletError } from "./errors.ts";
import { decodeHead, encodeHead, hashOf, unsealKeyring, type WalletAnchor } from "./head.ts";
import { newKeyInfo } from "./keyLife.ts";
import { decodeKeyring, type Keyring, type SegmentKeys } from "./keyring.ts";
import { checkName } from "./limits.ts";
import { checkFloor } from "./manifest.ts";
import type { NewSlot } from "./newSlot.ts";
import { rootSlots } from "./rekey.ts";
import {
  checkNewSegment,
  HEAD,
  headFloor,
  newSegment,
  readManifest,
  type Session,
  writeManifest,
} from "./session.ts";
import { openSlot, type SlotSecret } from "./slots.ts";
import type { WalletStorage } from "./storage.ts";
import { Wallet } from "./wallet.ts";
import { randomKey, WrappingKey } from "./walletKeys.ts";
import type { WorkOptions } from "./work.ts";

export type CreateWalletOptions = WorkOptions & {
  readonly storage: WalletStorage;
  /** At least one way to unlock it. */
  readonly slots: readonly NewSlot[];
  /** Names of its first segments. */
  readonly segments: readonly string[];
  /** Seconds since 1970, when the segments' keys are made. Default: the system's clock. */
  readonly now?: bigint;
};

export type OpenWalletOptions = WorkOptions & {
  readonly storage: WalletStorage;
  readonly unlock: SlotSecret;
  /** What {@link Wallet.anchor} was when the wallet was last used, from anywhere but this storage. */
  readonly anchor?: WalletAnchor;
};

/**
 * Makes a wallet in an empty storage.
 *
 * @throws {WalletError} WALLET_EXISTS, WALLET_SLOT_LAST, WALLET_SEGMENT_EXISTS, WALLET_NAME_MALFORMED, WALLET_LIMIT,
 * WALLET_PASSWORD_EMPTY, WALLET_PASSWORD_WEAK, WALLET_KDF_WEAK, WALLET_KDF_EXCESSIVE, WALLET_ABORTED
 * @example
 * const slots = [{ secret: { kind: "password", password: new Secret("correct horse battery staple") } }] as const;
 * const wallet = await createWallet({ storage: memoryBlobs(), slots, segments: ["keys", "credentials"] });
 * await wallet.segment("keys").write("phone", encodeAgentRecord(record));
 */
export async function createWallet(options: CreateWalletOptions): Promise<Wallet> {
  const { storage, now, ...work } = options;
  const wallet = hex.encode(randomBytes(16));
  const segments: SegmentKeys[] = [];
  for (const name of options.segments) {
    checkNewSegment(segments, checkName(name));
    segments.push(newSegment(name, newKeyInfo("STORAGE", now === undefined ? {} : { now })));
  }
  const root = new WrappingKey(randomKey());
  const { slots, notes } = await rootSlots(wallet, options.slots, root, work);
  const header = { wallet, slots };
  return await storage.exclusive(async () => {
    if ((await storage.read(HEAD)) !== undefined) {
      throw new WalletError("WALLET_EXISTS", "there is a wallet in this storage");
    }
    const session = sessionOf({
      storage,
      wallet,
      root,
      header,
      keyring: { sequence: 0, segments, slots: notes },
      headHash: "",
    });
    const written: SegmentKeys[] = [];
    for (const keys of segments) {
      written.push(await writeManifest(session, keys, { sequence: 1, records: [] }));
    }
    const inOrder = written.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const keyring = { sequence: 1, segments: inOrder, slots: notes };
    const head = encodeHead(header, keyring, root);
    await storage.replace(HEAD, head);
    return new Wallet(Object.assign(session, { keyring, headHash: hashOf(head) }));
  });
}

/**
 * Unlocks a wallet. What is wrong with a segment is thrown by whatever uses it, `Wallet.state` for instance, and shuts no
 * other segment: whoever may write one could else lock the owner out of all.
 *
 * @throws {WalletError} WALLET_MISSING; WALLET_KEY_WRONG; WALLET_KDF_WEAK, WALLET_KDF_EXCESSIVE (before any password is
 * tried); WALLET_DAMAGED, WALLET_TRUNCATED, WALLET_FORMAT_UNKNOWN; WALLET_ROLLED_BACK, WALLET_FORKED;
 * WALLET_PERMISSION_MISSING if an anchor is given for a permission slot, which does not see the head; WALLET_ABORTED
 * @example const wallet = await openWallet({ storage, unlock: { kind: "password", password }, anchor });
 */
export async function openWallet({ storage, unlock, anchor, ...work }: OpenWalletOptions): Promise<Wallet> {
  const session = await unlocked(storage, await readHead(storage), unlock, work);
  const wallet = new Wallet(session);
  try {
    if (anchor !== undefined) checkAnchor(session, anchor);
    await storage.exclusive(async () => {
      // It may have moved on while the key was derived: the session takes that over with its first call.
      if (hashOf(await readHead(storage)) !== session.headHash) return;
      await seeSegments(session);
    });
    return wallet;
  } catch (error) {
    wallet.close();
    throw error;
  }
}

async function unlocked(
  storage: WalletStorage,
  head: Uint8Array,
  unlock: SlotSecret,
  work: WorkOptions,
): Promise<Session> {
  const { header, sealed } = decodeHead(head);
  const { wallet } = header;
  const { slot, content } = await openSlot(header.slots, wallet, unlock, work);
  const headHash = hashOf(head);
  try {
    if (slot.opens === "segments") {
      const keyring = decodeKeyring(content);
      return sessionOf({ storage, wallet, root: undefined, header, keyring, headHash });
    }
    const root = new WrappingKey(new Secret(content.slice()));
    try {
      const keyring = unsealKeyring(header, sealed, root);
      return sessionOf({ storage, wallet, root, header, keyring, headHash });
    } catch (error) {
      root.erase();
      throw error;
    }
  } finally {
    content.fill(0);
  }
}

/** From here on no segment can be put back before what it is now. */
async function seeSegments(session: Session): Promise<void> {
  for (const keys of session.keyring.segments) {
    try {
      await readManifest(session, keys);
    } catch (error) {
      if (!(error instanceof WalletError)) throw error;
    }
  }
}

function checkAnchor(session: Session, anchor: WalletAnchor): void {
  if (session.root === undefined) {
    throw new WalletError(
      "WALLET_PERMISSION_MISSING",
      "a permission slot does not see how far the wallet is",
    );
  }
  if (anchor.wallet !== session.wallet) {
    throw new WalletError("WALLET_FORKED", "this is another wallet than the anchor's", {
      details: { found: session.wallet, known: anchor.wallet },
    });
  }
  checkFloor(headFloor(session), anchor);
}

async function readHead(storage: WalletStorage): Promise<Uint8Array> {
  const bytes = await storage.read(HEAD);
  if (bytes !== undefined) return bytes;
  throw new WalletError("WALLET_MISSING", "there is no wallet in this storage");
}

type SessionParts = Pick<Session, "storage" | "wallet" | "root" | "header" | "headHash"> & {
  readonly keyring: Keyring;
};

function sessionOf(parts: SessionParts): Session {
  return { ...parts, manifests: new Map(), swept: new Set(), isClosed: false };
}
