import { hex, hex32 } from "../core/index.ts";
import { type DidSnapshot, formatDid, type SnapshotSource } from "../did/index.ts";
import { boundedText } from "./boundedText.ts";

export type HttpSnapshotOptions = {
  readonly chainId: bigint;
  /** 10,000 by default. */
  readonly timeoutMs?: number;
};

const DEFAULT_TIMEOUT_MS = 10_000;
/** The longest state and the longest controllers in hex, with room for what is around them. */
const MAX_LENGTH = 32_768;

/**
 * Snapshots from a driver that has them (`GET /1.0/snapshots/{did}`), for when one's own node has lost its logs. The
 * driver need not be trusted: what it sends is checked against the chain, and it cannot send us elsewhere.
 *
 * @param url Of the driver, without path.
 */
export function httpSnapshots(url: string, options: HttpSnapshotOptions): SnapshotSource {
  const { chainId, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  return {
    async find(id) {
      const address = new URL(`/1.0/snapshots/${formatDid(chainId, id)}`, url);
      const response = await fetch(address, { redirect: "error", signal: AbortSignal.timeout(timeoutMs) });
      const text = response.ok ? await boundedText(response, MAX_LENGTH) : undefined;
      return text === undefined ? undefined : snapshotOf(JSON.parse(text));
    },
  };
}

function snapshotOf(value: unknown): DidSnapshot {
  const { previous, controllers, next, state } = value as Record<keyof DidSnapshot, string>;
  return { previous: hex32(previous), controllers: hex(controllers), next: hex32(next), state: hex(state) };
}
