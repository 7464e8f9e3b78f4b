import { boundedMap } from "./boundedMap.ts";
import type { DidVersion } from "./history.ts";
import type { DidObservation } from "./source.ts";

/** A version that no reorganisation will change any more, and what was seen of its DID then. */
export type CachedVersion = {
  readonly observation: DidObservation;
  readonly version: DidVersion;
  /** The version after it, if there was one. */
  readonly next: Pick<DidVersion, "version" | "updated"> | undefined;
};

/**
 * Port to a cache. The resolver gives it finalized versions only, never errors, and still asks the chain which version
 * is current, so that an entry saves reads but never hides a change; only `offline` answers from it alone.
 */
export interface DidCache {
  get(key: string): CachedVersion | undefined;
  set(key: string, value: CachedVersion): void;
}

const DEFAULT_ENTRIES = 1000;

/**
 * A cache in memory that forgets what was not used for longest. An entry is at most about 60 KB.
 *
 * @param maxEntries At least 1.
 */
export function memoryCache(maxEntries: number = DEFAULT_ENTRIES): DidCache {
  return boundedMap<CachedVersion>(maxEntries);
}
