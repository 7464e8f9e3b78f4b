import { RecoveryError } from "./errors.ts";

/** Remembers which messages were taken, until they expire, within a bound for each sender. */
export interface ReplayBook {
  /**
   * Enters a message.
   *
   * @throws {RecoveryError} MESSAGE_REPLAYED, REPLAY_BOOK_FULL
   */
  enter(entry: ReplayEntry): void;
}

export type ReplayEntry = {
  readonly sender: string;
  readonly id: string;
  /** Seconds since 1970. */
  readonly expires: number;
  readonly now: number;
};

const DEFAULT_PER_SENDER = 1024;

/**
 * A book in memory. Whoever restarts loses it, so envelopes made before the start are to be refused then: `notBefore` of
 * `openEnvelope`. A full book refuses: forgetting an entry would let its message in again.
 */
export function replayBook(perSender: number = DEFAULT_PER_SENDER): ReplayBook {
  const senders = new Map<string, Map<string, number>>();
  return {
    enter: ({ sender, id, expires, now }) => {
      const entries = senders.get(sender) ?? new Map<string, number>();
      if (entries.has(id)) {
        throw new RecoveryError("MESSAGE_REPLAYED", "this message was taken before", { details: { id } });
      }
      if (entries.size >= perSender) dropExpired(entries, now);
      if (entries.size >= perSender) {
        throw new RecoveryError("REPLAY_BOOK_FULL", "this sender has too many messages under way", {
          details: { perSender },
        });
      }
      entries.set(id, expires);
      senders.set(sender, entries);
    },
  };
}

function dropExpired(entries: Map<string, number>, now: number): void {
  for (const [id, expires] of entries) if (expires < now) entries.delete(id);
}
