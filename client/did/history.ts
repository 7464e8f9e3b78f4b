import { type Hex32, isDkmsError } from "../core/index.ts";
import { commitmentOf, type DidSnapshot, deactivationCommitment } from "./commitment.ts";
import { DidError } from "./errors.ts";
import type { DidId } from "./identifier.ts";
import type { DidEvent, DidObservation, DidSource } from "./source.ts";

/** A version whose content has been checked against the chain; without snapshot it is the one that ended the DID. */
export type DidVersion = {
  readonly version: number;
  readonly updated: bigint;
  readonly commitment: Hex32;
  readonly snapshot: DidSnapshot | undefined;
};

/**
 * Opens the current version with the events of the one block that published it last: one read. A node that lacks this
 * block's events, such as one that indexes late while somebody republishes all the time, is asked for those of the block
 * that made the version.
 */
export async function openCurrent(
  source: DidSource,
  id: DidId,
  observation: DidObservation,
): Promise<DidVersion> {
  const { head, commitment } = observation;
  const wanted = { version: head.version, commitment };
  try {
    return versionOf(await eventAt(source, id, head.publishedBlock, wanted), commitment);
  } catch (error) {
    if (!isDkmsError(error, "LOGS_INCOMPLETE") || head.publishedBlock === head.updatedBlock) throw error;
    return versionOf(await eventAt(source, id, head.updatedBlock, wanted), commitment);
  }
}

/** Where to look for past versions. */
export type HistoryQuery = {
  /** The first block that can have an event of the registry. */
  readonly fromBlock: bigint;
  /** How many single reads may be made where the node does not answer for the whole range. */
  readonly maxReads: number;
  /** Whether a version is the one looked for, or an older one. */
  readonly reached: (version: { readonly version: number; readonly updated: bigint }) => boolean;
};

/**
 * The versions from the current one back to the first that satisfies `reached` (or to version 1), newest first. Each
 * is checked against the commitment that the one after it names, so that the chain's present state vouches for all.
 * One read where the node answers for the whole range of blocks; else one for each version, from block to block.
 *
 * @throws {DidError} LOGS_INCOMPLETE, LOGS_PRUNED, NODE_LIMIT_EXCEEDED, SNAPSHOT_MISMATCH, and what the source throws
 */
export async function openHistory(
  source: DidSource,
  id: DidId,
  observation: DidObservation,
  query: HistoryQuery,
): Promise<readonly DidVersion[]> {
  const { head } = observation;
  const known = await eventsByVersion(source, id, {
    fromBlock: query.fromBlock,
    toBlock: head.publishedBlock,
  });
  const single = bounded(source, query.maxReads);
  const versions: DidVersion[] = [];
  let wanted: Wanted = { version: head.version, commitment: observation.commitment };
  let block = async () => head.publishedBlock;
  for (;;) {
    const { version, commitment } = wanted;
    const event = matching(known.get(version), wanted) ?? (await eventAt(single, id, await block(), wanted));
    versions.push(versionOf(event, commitment));
    if (query.reached(event) || version === 1) return versions;
    block = () => blockBefore(single, id, event, { version, commitment });
    wanted = { version: version - 1, commitment: event.previous };
  }
}

/** Whoever makes versions by the thousand must not have a resolver make as many requests for each of his own. */
function bounded(source: DidSource, maxReads: number): Pick<DidSource, "events"> {
  let reads = 0;
  return {
    async events(id, query) {
      reads += 1;
      if (reads > maxReads) {
        throw new DidError(
          "NODE_LIMIT_EXCEEDED",
          "the node serves too few blocks at once for a past this long",
          { details: { maxReads } },
        );
      }
      return source.events(id, query);
    },
  };
}

/** What nodes answer that do not serve so many blocks at once. */
const TOO_MANY_BLOCKS = ["NODE_FAILED", "NODE_LIMIT_EXCEEDED", "LOGS_PRUNED"] as const;

type Wanted = { readonly version: number; readonly commitment: Hex32 };

/** All events by version, in one read; none if the node does not answer for so many blocks. */
async function eventsByVersion(
  source: DidSource,
  id: DidId,
  range: { readonly fromBlock: bigint; readonly toBlock: bigint },
): Promise<ReadonlyMap<number, readonly DidEvent[]>> {
  const byVersion = new Map<number, DidEvent[]>();
  try {
    for (const event of await source.events(id, range)) {
      const same = byVersion.get(event.version);
      if (same === undefined) byVersion.set(event.version, [event]);
      else same.push(event);
    }
  } catch (error) {
    // Nodes limit ranges in many words and codes; limits on the number of requests are no reason to make more.
    if (!TOO_MANY_BLOCKS.some((code) => isDkmsError(error, code))) throw error;
  }
  return byVersion;
}

/** A version republished names the block that made it, and only the event there names the block before. */
async function blockBefore(
  source: Pick<DidSource, "events">,
  id: DidId,
  event: DidEvent,
  wanted: Wanted,
): Promise<bigint> {
  if (!event.republished) return event.previousBlock;
  const events = await source.events(id, {
    fromBlock: event.previousBlock,
    toBlock: event.previousBlock,
    version: event.version,
  });
  const made = matching(
    events.filter(({ republished }) => !republished),
    wanted,
  );
  if (made === undefined) throw incomplete(event.previousBlock, event.version);
  return made.previousBlock;
}

async function eventAt(
  source: Pick<DidSource, "events">,
  id: DidId,
  block: bigint,
  wanted: Wanted,
): Promise<DidEvent> {
  const events = await source.events(id, { fromBlock: block, toBlock: block, version: wanted.version });
  const found = matching(events, wanted);
  if (found !== undefined) return found;
  if (events.length === 0) throw incomplete(block, wanted.version);
  throw new DidError(
    "SNAPSHOT_MISMATCH",
    "what the node says this version contains is not what the chain commits to",
    {
      details: { version: wanted.version, block, commitment: wanted.commitment },
    },
  );
}

function matching(events: readonly DidEvent[] | undefined, wanted: Wanted): DidEvent | undefined {
  return events?.find(
    (event) => event.version === wanted.version && commitmentOfEvent(event) === wanted.commitment,
  );
}

function commitmentOfEvent({ version, updated, previous, snapshot }: DidEvent): Hex32 {
  return snapshot === undefined
    ? deactivationCommitment(version, updated, previous)
    : commitmentOf(version, updated, { ...snapshot, previous });
}

function versionOf(event: DidEvent, commitment: Hex32): DidVersion {
  return { version: event.version, updated: event.updated, commitment, snapshot: event.snapshot };
}

function incomplete(block: bigint, version: number): DidError {
  return new DidError("LOGS_INCOMPLETE", "the node does not have the event that must be in this block", {
    details: { block, version },
  });
}
