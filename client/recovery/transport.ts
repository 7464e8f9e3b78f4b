import { RecoveryError } from "./errors.ts";

/** Port that carries sealed envelopes; it sees neither sender nor content. Delivery may fail, repeat and reorder. */
export interface EnvelopeTransport {
  /** @throws {RecoveryError} TRANSPORT_FAILED if the endpoint did not take it. */
  send(endpoint: string, envelope: Uint8Array): Promise<void>;
}

/** What an endpoint does with an envelope; it is handed on before it is opened. */
export type EnvelopeHandler = (envelope: Uint8Array) => Promise<void>;

/** Carries envelopes within one process. */
export type MemoryTransport = EnvelopeTransport & {
  /** Listens at an endpoint, in place of who listened before. */
  readonly listen: (endpoint: string, handler: EnvelopeHandler) => void;
};

/** A transport within one process. */
export function memoryTransport(): MemoryTransport {
  const handlers = new Map<string, EnvelopeHandler>();
  return {
    listen: (endpoint, handler) => {
      handlers.set(endpoint, handler);
    },
    send: async (endpoint, envelope) => {
      const handler = handlers.get(endpoint);
      if (handler === undefined) {
        throw new RecoveryError("TRANSPORT_FAILED", "nobody listens there", { details: { endpoint } });
      }
      await handler(envelope.slice());
    },
  };
}
