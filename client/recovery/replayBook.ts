import { utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { Secret } from "../keys/index.ts";
import { bytesToText, canonicalJson } from "./encoding.ts";
import { RecoveryError } from "./errors.ts";
import type { StateStore } from "./machine.ts";

/** Remembers which messages were taken, until they expire, within a bound for each sender. */
export interface ReplayBook {
  /**
   * Enters a message; once it has resolved, the message will not be taken again.
   *
   * @throws {RecoveryError} MESSAGE_REPLAYED, REPLAY_BOOK_FULL
   */
  enter(entry: ReplayEntry): Promise<void>;
}

export type ReplayEntry = {
  readonly sender: string;
  readonly id: string;
  /** Seconds since 1970. */
  readonly expires: number;
  readonly now: number;
};

/** Expiry by id, by sender; under {@link FORGOTTEN} the latest of those that made room for others. */
type Entries = Map<string, Map<string, number>>;

/** No id is empty. */
const FORGOTTEN = "";

const DEFAULT_PER_SENDER = 1024;

const storedSchema = z.record(z.string(), z.record(z.string(), z.int()));

/**
 * A book in memory. Whoever restarts loses it, so envelopes made before the start are to be refused then: `notBefore` of
 * `openEnvelope`. A full book refuses: forgetting an entry would let its message in again.
 */
export function replayBook(perSender: number = DEFAULT_PER_SENDER): ReplayBook {
  const entries: Entries = new Map();
  return { enter: async (entry) => enter(entries, entry, perSender) };
}

/**
 * A book in a store, which survives a restart and may be shared by several processes.
 *
 * @throws {RecoveryError} STATE_DAMAGED if what is stored is no book; what the store throws
 */
export async function storedReplayBook(options: {
  readonly store: StateStore;
  readonly name: string;
  readonly perSender?: number;
}): Promise<ReplayBook> {
  const { store, name, perSender = DEFAULT_PER_SENDER } = options;
  await loadEntries(store, name);
  return {
    enter: (entry) =>
      store.exclusive(name, async () => {
        const entries = await loadEntries(store, name);
        enter(entries, entry, perSender);
        await store.save(name, encode(entries));
      }),
  };
}

function enter(entries: Entries, { sender, id, expires, now }: ReplayEntry, perSender: number): void {
  const own = entries.get(sender) ?? new Map<string, number>();
  // A clock that goes backwards would bring forgotten messages back.
  if (own.has(id) || expires <= (own.get(FORGOTTEN) ?? -1)) {
    throw new RecoveryError("MESSAGE_REPLAYED", "this message was taken before", { details: { id } });
  }
  if (sizeOf(own) >= perSender) forget(own, now);
  if (sizeOf(own) >= perSender) {
    throw new RecoveryError("REPLAY_BOOK_FULL", "this sender has too many messages under way", {
      details: { perSender },
    });
  }
  own.set(id, expires);
  entries.set(sender, own);
}

function forget(own: Map<string, number>, now: number): void {
  for (const [id, end] of own) {
    if (id === FORGOTTEN || end >= now) continue;
    own.delete(id);
    own.set(FORGOTTEN, Math.max(end, own.get(FORGOTTEN) ?? end));
  }
}

function sizeOf(own: ReadonlyMap<string, number>): number {
  return own.has(FORGOTTEN) ? own.size - 1 : own.size;
}

function encode(entries: Entries): Secret<Uint8Array> {
  const json = Object.fromEntries([...entries].map(([sender, own]) => [sender, Object.fromEntries(own)]));
  return new Secret(utf8ToBytes(canonicalJson(json)));
}

async function loadEntries(store: StateStore, name: string): Promise<Entries> {
  const bytes = await store.load(name);
  if (bytes === undefined) return new Map();
  try {
    const json = storedSchema.parse(JSON.parse(bytesToText(bytes.reveal())));
    return new Map(Object.entries(json).map(([sender, own]) => [sender, new Map(Object.entries(own))]));
  } catch {
    throw new RecoveryError("STATE_DAMAGED", "what is stored is no replay book", { details: { name } });
  }
}
