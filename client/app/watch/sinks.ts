import { AppError } from "../errors.ts";
import type { WatchSink } from "./outlet.ts";

/** Writes each report as a line. */
export function logSink(write: (line: string) => void): WatchSink {
  return ({ code, text, time }) => {
    write(`${new Date(Number(time) * 1000).toISOString()} ${code} ${text}`);
  };
}

export type WebhookOptions = {
  /** `https:`, or `http:` on this machine. It is a secret if the receiver relies on it. */
  readonly url: string;
  /** Milliseconds; 10,000 by default. */
  readonly timeout?: number;
  readonly fetch?: typeof globalThis.fetch;
};

const WEBHOOK_TIMEOUT_MS = 10_000;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Posts each report as JSON: code, text, policy, time, and change, proposal, agent and deadline where there are. Integers are
 * decimal texts. Redirects are not followed.
 *
 * @throws {AppError} WEBHOOK_URL_REFUSED unless it is `https:` or on this machine. The sink throws WEBHOOK_FAILED, and the watcher
 * tries again.
 */
export function webhookSink(options: WebhookOptions): WatchSink {
  const { timeout = WEBHOOK_TIMEOUT_MS, fetch = globalThis.fetch } = options;
  const url = webhookUrl(options.url);
  return async (report) => {
    const body = JSON.stringify(report, (_, value: unknown) =>
      typeof value === "bigint" ? value.toString() : value,
    );
    const headers = { "content-type": "application/json" };
    const signal = AbortSignal.timeout(timeout);
    const status = await fetch(url, { method: "POST", headers, body, signal, redirect: "error" }).then(
      (response) => (response.ok ? undefined : response.status),
      (error: unknown) => (error instanceof Error ? error.name : "unknown"),
    );
    // The URL is not told: it may be a secret.
    if (status !== undefined) {
      throw new AppError("WEBHOOK_FAILED", "the webhook did not take the report", {
        details: { status, code: report.code },
      });
    }
  };
}

function webhookUrl(text: string): string {
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {
    url = undefined;
  }
  const safe = url?.protocol === "https:" || (url?.protocol === "http:" && LOOPBACK.has(url.hostname));
  // A name and a password in it would make every request fail.
  if (url === undefined || !safe || url.username !== "" || url.password !== "") {
    throw new AppError("WEBHOOK_URL_REFUSED", "a webhook is https, or on this machine, and names no user");
  }
  return url.href;
}
