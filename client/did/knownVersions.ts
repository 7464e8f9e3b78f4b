import type { Hex } from "../core/index.ts";
import type { CachedVersion, DidCache } from "./cache.ts";
import type { DkmsDid } from "./identifier.ts";
import type { ResolutionRequest } from "./request.ts";

/** What a cache knows of one DID: its past versions by number, and the newest of which anything has been read. */
export type KnownVersions = {
  readonly newest: () => CachedVersion | undefined;
  readonly past: (version: number) => CachedVersion | undefined;
  /** Keeps a final version; `ended` if it is final, too, that the DID has ended by the block it was read in. */
  readonly keep: (found: CachedVersion, ended: boolean) => void;
};

/** The part of a cache that is about one DID of one registry. */
export function knownVersions(
  cache: DidCache | undefined,
  registry: Hex,
  { chainId, id }: DkmsDid,
): KnownVersions {
  const key = `${chainId}:${registry}:${id}`;
  return {
    newest: () => cache?.get(key),
    past: (version) => cache?.get(`${key}@${version}`),
    keep(found, ended) {
      if (found.next !== undefined) cache?.set(`${key}@${found.version.version}`, found);
      const newest = newestOf(found, ended);
      const known = cache?.get(key);
      if (newest !== undefined && (known === undefined || isNewer(newest, known))) cache?.set(key, newest);
    },
  };
}

/** Whether the newest version that is known is what is asked for now. */
export function answers(
  { observation, version, next }: CachedVersion,
  { version: asked, versionTime }: ResolutionRequest,
): boolean {
  if (asked !== undefined) return asked === version.version;
  if (versionTime === undefined) return true;
  return versionTime >= version.updated && versionTime < (next?.updated ?? observation.time + 1n);
}

/** Who reads a past version may learn that the DID has ended since; an end that may be undone says nothing yet. */
function newestOf(found: CachedVersion, ended: boolean): CachedVersion | undefined {
  const { observation } = found;
  const { head, commitment } = observation;
  if (!head.deactivated) return found;
  if (!ended) return undefined;
  const { version, updated } = head;
  return { observation, version: { version, updated, commitment, snapshot: undefined }, next: undefined };
}

/** Of the same version the later block says more, such as that another one came after it. */
function isNewer(a: CachedVersion, b: CachedVersion): boolean {
  return a.version.version === b.version.version
    ? a.observation.blockNumber >= b.observation.blockNumber
    : a.version.version > b.version.version;
}
