import { type DkmsError, isDkmsError } from "../core/index.ts";
import type { ConnectionKeys, Peer } from "./connection.ts";
import { type OpenedEnvelope, openEnvelope, sealEnvelope } from "./envelope.ts";
import type { TrusteeMessage } from "./messages.ts";
import type { ReplayBook } from "./replayBook.ts";
import type { EnvelopeHandler, EnvelopeTransport } from "./transport.ts";

/** The other side of a connection, and where it listens. */
export type Contact = Peer & { readonly endpoint: string };

export type MailboxOptions = {
  /** This side's keys. */
  readonly keys: ConnectionKeys;
  readonly transport: EnvelopeTransport;
  /** Whom this side hears; asked anew for each envelope. */
  readonly contacts: () => readonly Contact[];
  /** Seconds since 1970. */
  readonly clock: () => number;
  readonly onMessage: (opened: OpenedEnvelope) => Promise<void>;
  /** Told of envelopes that were refused, here or by `onMessage`, by whomever they were sent. */
  readonly onRefused?: (error: DkmsError) => void;
  readonly replays: ReplayBook;
  /** For a replay book that was begun anew: envelopes made before are refused. */
  readonly notBefore?: number;
};

/** Sends and receives messages on connections. */
export type Mailbox = {
  /** Seals a message to a contact and sends it. @throws {RecoveryError} ENVELOPE_EXPIRED, TRANSPORT_FAILED */
  readonly send: (to: Contact, message: TrusteeMessage) => Promise<void>;
  /** What a transport hands envelopes to. */
  readonly receive: EnvelopeHandler;
};

/** Joins keys, contacts, replay book and transport. */
export function mailbox(options: MailboxOptions): Mailbox {
  const { keys, transport, contacts, clock, onMessage, onRefused, replays, notBefore = 0 } = options;
  return {
    send: async (to, message) => {
      await transport.send(to.endpoint, await sealEnvelope({ message, keys, to, now: clock() }));
    },
    receive: async (envelope) => {
      try {
        await onMessage(
          await openEnvelope(envelope, { keys, from: contacts(), replays, now: clock(), notBefore }),
        );
      } catch (error) {
        if (!isDkmsError(error)) throw error;
        onRefused?.(error);
      }
    },
  };
}
