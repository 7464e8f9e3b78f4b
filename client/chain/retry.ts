import { isDkmsError } from "../core/index.ts";
import { chainError } from "./decodeError.ts";
import type { ChainErrorCode } from "./errors.ts";

/** How often, and how patiently, a failed request is made again. */
export type RetryPolicy = {
  /** All attempts, the first included. */
  readonly attempts: number;
  /** Before the second attempt, in milliseconds; doubled before each further one. */
  readonly firstDelayMs: number;
  /** Waits; a timer unless a test says otherwise. */
  readonly sleep: (milliseconds: number) => Promise<void>;
};

export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 4,
  firstDelayMs: 250,
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

const TRANSIENT: readonly ChainErrorCode[] = ["NODE_FAILED", "NODE_RATE_LIMITED", "NODE_TIMEOUT"];

/**
 * Does a read, and does it again where the failure is one of transport; what a contract says is never asked twice.
 *
 * @throws {ChainError} the last failure, typed
 */
export async function withRetry<Value>(
  read: () => Promise<Value>,
  { attempts, firstDelayMs, sleep }: RetryPolicy = DEFAULT_RETRY,
): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      const typed = chainError(error);
      const transient = TRANSIENT.some((code) => isDkmsError(typed, code));
      if (!transient || attempt >= attempts) throw typed;
      await sleep(firstDelayMs * 2 ** (attempt - 1));
    }
  }
}
