import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { RecoveryError } from "./errors.ts";
import type { EnvelopeHandler, EnvelopeTransport } from "./transport.ts";

export type HttpTransportOptions = {
  /** Milliseconds until a request is given up; 15,000 by default. */
  readonly timeoutMs?: number;
};

const PATH = "/messages";
const MEDIA_TYPE = "application/age";
const MAX_BYTES = 131_072;
const DEFAULT_TIMEOUT_MS = 15_000;

/** Carries envelopes by HTTP POST; the endpoint is a URL with https, or with http on the loopback interface. */
export function httpTransport({
  timeoutMs = DEFAULT_TIMEOUT_MS,
}: HttpTransportOptions = {}): EnvelopeTransport {
  return {
    send: async (endpoint, envelope) => {
      const url = checkedUrl(endpoint);
      const response = await fetch(url, {
        method: "POST",
        body: new Uint8Array(envelope),
        headers: { "content-type": MEDIA_TYPE },
        // An endpoint that sends its visitors elsewhere is not the one that was given.
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
      }).catch(() => undefined);
      await response?.body?.cancel();
      if (response?.status !== 202) {
        throw new RecoveryError("TRANSPORT_FAILED", "the endpoint did not take the message", {
          details: { endpoint: url.origin, status: response?.status },
        });
      }
    },
  };
}

/**
 * The endpoint's side, as a handler of requests: `envelopeApp(handler).fetch`. It answers the same whatever the envelope
 * holds, so that strangers learn nothing about who receives here.
 */
export function envelopeApp(handler: EnvelopeHandler): Hono {
  const app = new Hono();
  app.post(
    PATH,
    bodyLimit({ maxSize: MAX_BYTES, onError: (context) => context.body(null, 413) }),
    async (context) => {
      if (context.req.header("content-type") !== MEDIA_TYPE) return context.body(null, 415);
      const envelope = new Uint8Array(await context.req.arrayBuffer());
      await handler(envelope).catch(() => undefined);
      return context.body(null, 202);
    },
  );
  app.notFound((context) => context.body(null, 404));
  return app;
}

function checkedUrl(endpoint: string): URL {
  const url = URL.parse(`${endpoint.replace(/\/$/, "")}${PATH}`);
  const isLoopback =
    url?.hostname === "127.0.0.1" || url?.hostname === "[::1]" || url?.hostname === "localhost";
  if (url === null || (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback))) {
    throw new RecoveryError("TRANSPORT_FAILED", "an endpoint is a URL with https");
  }
  return url;
}
