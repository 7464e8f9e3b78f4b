import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import type { Hono } from "hono";

export type ServerOptions = {
  readonly app: Hono;
  /** The loopback interface by default: whoever listens elsewhere puts a proxy with TLS in front. */
  readonly host?: string;
  /** 0 takes any free one. */
  readonly port?: number;
  /** How long requests in flight may take after `close`; 10,000 by default. */
  readonly graceMs?: number;
};

/** A running server. */
export type RunningServer = {
  readonly url: string;
  /** Takes no more connections, lets requests in flight finish, and cuts off what is left after the grace. */
  readonly close: () => Promise<void>;
};

const DEFAULT_PORT = 8080;
const DEFAULT_GRACE_MS = 10_000;
/** A client that sends slower than this does not mean it. */
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 15_000;
const MAX_HEADER_BYTES = 16_384;

/**
 * Serves an app over HTTP.
 *
 * @throws the system's error if the port cannot be had
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { app, host = "127.0.0.1", port = DEFAULT_PORT, graceMs = DEFAULT_GRACE_MS } = options;
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        fetch: app.fetch,
        hostname: host,
        port,
        serverOptions: {
          headersTimeout: HEADERS_TIMEOUT_MS,
          requestTimeout: REQUEST_TIMEOUT_MS,
          maxHeaderSize: MAX_HEADER_BYTES,
        },
      },
      ({ port: taken }) => {
        const name = host.includes(":") ? `[${host}]` : host;
        resolve({ url: `http://${name}:${taken}`, close: () => closeGracefully(server as Server, graceMs) });
      },
    );
    server.once("error", reject);
  });
}

function closeGracefully(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cutOff);
      resolve();
    });
    server.closeIdleConnections();
  });
}
