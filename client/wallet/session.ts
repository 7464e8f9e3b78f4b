import { randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { hex } from "@scure/base";
import type { KeyInfo } from "../keys/index.ts";
import { WalletError } from "./errors.ts";
import { decodeHead, encodeHead, type Header, hashOf, unsealKeyring } from "./head.ts";
import { eraseKeyring, type Keyring, type SegmentKeys, type SlotNote, signingKeys } from "./keyring.ts";
import { checkFloor, decodeManifest, encodeManifest, type Manifest, manifestBlob } from "./manifest.ts";
import type { WalletStorage } from "./storage.ts";
import { KEY_BYTES, ReadKey, randomKey, type WrappingKey } from "./walletKeys.ts";

/** An unlocked wallet, as far as its lock was opened. */
export type Session = {
  readonly storage: WalletStorage;
  readonly wallet: string;
  /** Undefined in a session of a permission slot, which knows the keys of some segments only. */
  root: WrappingKey | undefined;
  header: Header;
  keyring: Keyring;
  headHash: string;
  /** The newest list of records seen of each segment, by the segment's id. */
  readonly manifests: Map<string, { readonly manifest: Manifest; readonly hash: string }>;
  /** Segments whose left-over blobs have been looked for. */
  readonly swept: Set<string>;
  isClosed: boolean;
};

export const HEAD = "head";
const MAX_SEGMENTS = 256;

/** What stored under this name. @throws {WalletError} WALLET_INCOMPLETE */
export async function readBlob(
  storage: WalletStorage,
  name: string,
  details: Readonly<Record<string, unknown>> = {},
): Promise<Uint8Array> {
  const bytes = await storage.read(name);
  if (bytes !== undefined) return bytes;
  throw new WalletError("WALLET_INCOMPLETE", "a part of the wallet is missing from its storage", {
    details: { ...details, blob: name },
  });
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

/** Keys for a new segment. */
export function newSegment(name: string, info: KeyInfo): SegmentKeys {
  return {
    ...{ id: hex.encode(randomBytes(12)), name, readKey: new ReadKey(randomKey()), floor: undefined, info },
    ...signingKeys("write", randomBytes(KEY_BYTES)),
  };
}

/** Runs `work` on the newest state, alone. @throws {WalletError} WALLET_CLOSED, and as {@link refresh} */
export async function locked<Result>(session: Session, work: () => Promise<Result>): Promise<Result> {
  checkOpen(session);
  return await session.storage.exclusive(async () => {
    checkOpen(session);
    await refresh(session);
    return await work();
  });
}

/** @throws {WalletError} WALLET_CLOSED */
export function checkOpen({ isClosed }: Session): void {
  if (isClosed) throw new WalletError("WALLET_CLOSED", "the wallet has been closed");
}

/** The root key. @throws {WalletError} WALLET_PERMISSION_MISSING */
export function rootOf({ root }: Session): WrappingKey {
  if (root !== undefined) return root;
  throw new WalletError("WALLET_PERMISSION_MISSING", "a permission to some segments does not reach this far");
}

/** The keys of a segment. @throws {WalletError} WALLET_SEGMENT_UNKNOWN */
export function keysOf({ keyring }: Session, name: string): SegmentKeys {
  const keys = keyring.segments.find((segment) => segment.name === name);
  if (keys !== undefined) return keys;
  throw new WalletError("WALLET_SEGMENT_UNKNOWN", "there is no such segment, or no permission to it", {
    details: { segment: name },
  });
}

/** Takes over what another process changed. */
async function refresh(session: Session): Promise<void> {
  const { root, storage, wallet } = session;
  if (root === undefined) return;
  const bytes = await readBlob(storage, HEAD);
  const hash = hashOf(bytes);
  if (hash === session.headHash) return;
  const { header, sealed } = decodeHead(bytes);
  if (header.wallet !== wallet) {
    throw new WalletError("WALLET_DAMAGED", "the storage now has the head of another wallet");
  }
  const keyring = unsealKeyring(header, sealed, root);
  checkFloor({ sequence: keyring.sequence, hash }, headFloor(session));
  eraseKeyring(session.keyring);
  Object.assign(session, { header, keyring, headHash: hash });
}

/** How far the wallet is known to have come. */
export function headFloor({ keyring, headHash }: Session) {
  return { sequence: keyring.sequence, hash: headHash };
}

/** Makes header and segments what the wallet is: until then nothing has changed, from then on all has. */
export async function writeHead(
  session: Session,
  changes: {
    readonly header?: Header;
    readonly segments?: readonly SegmentKeys[];
    readonly root?: WrappingKey;
    /** Of slots that are new. */
    readonly notes?: readonly SlotNote[];
  },
): Promise<void> {
  const header = changes.header ?? session.header;
  const root = changes.root ?? rootOf(session);
  const segments = (changes.segments ?? session.keyring.segments).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  const notes = [...session.keyring.slots, ...(changes.notes ?? [])];
  const slots = header.slots.flatMap(({ id }) => notes.find((note) => note.id === id) ?? []);
  const keyring = { sequence: session.keyring.sequence + 1, segments, slots };
  const bytes = encodeHead(header, keyring, root);
  await session.storage.replace(HEAD, bytes);
  Object.assign(session, { header, keyring, root, headHash: hashOf(bytes) });
}

/** @throws {WalletError} WALLET_INCOMPLETE, WALLET_ROLLED_BACK, WALLET_FORKED, and as {@link decodeManifest} */
export async function readManifest(session: Session, keys: SegmentKeys): Promise<Manifest> {
  const bytes = await readBlob(session.storage, manifestBlob(keys.id), { segment: keys.name });
  const hash = hashOf(bytes);
  const seen = session.manifests.get(keys.id);
  const manifest = seen?.hash === hash ? seen.manifest : decodeManifest(session.wallet, keys, bytes);
  const found = { sequence: manifest.sequence, hash };
  checkFloor(found, keys.floor, keys.name);
  checkFloor(found, seen === undefined ? undefined : { ...seen.manifest, hash: seen.hash }, keys.name);
  session.manifests.set(keys.id, { manifest, hash });
  return manifest;
}

/** A hash over the lists of records of all segments but those ignored. */
export async function stateOf(session: Session, ignored: readonly string[]): Promise<string> {
  const state: (readonly [name: string, hash: string | undefined])[] = [];
  for (const keys of session.keyring.segments) {
    if (ignored.includes(keys.name)) continue;
    await readManifest(session, keys);
    state.push([keys.name, session.manifests.get(keys.id)?.hash]);
  }
  return hashOf(utf8ToBytes(JSON.stringify(state)));
}

/** Makes `manifest` the segment's; its keys with the new floor. */
export async function writeManifest(
  session: Session,
  keys: SegmentKeys,
  manifest: Manifest,
): Promise<SegmentKeys> {
  const bytes = encodeManifest(session.wallet, keys, manifest);
  await session.storage.replace(manifestBlob(keys.id), bytes);
  const hash = hashOf(bytes);
  session.manifests.set(keys.id, { manifest, hash });
  return { ...keys, floor: { sequence: manifest.sequence, hash } };
}
