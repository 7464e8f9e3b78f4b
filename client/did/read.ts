import { type Hex, isDkmsError } from "../core/index.ts";
import type { CachedVersion, DidCache } from "./cache.ts";
import { commitmentOf, type DidSnapshot } from "./commitment.ts";
import { DidError } from "./errors.ts";
import { type DidVersion, openCurrent, openHistory } from "./history.ts";
import type { DkmsDid } from "./identifier.ts";
import { answers, type KnownVersions, knownVersions } from "./knownVersions.ts";
import type { ResolutionRequest } from "./request.ts";
import type { DidHead, DidObservation, DidSource, SnapshotSource } from "./source.ts";

/** A registry on a chain, and how to read it. */
export type DidNetwork = {
  readonly chainId: bigint;
  /** May stand for the chain id in DIDs that are given to this resolver. */
  readonly name?: string;
  readonly registry: Hex;
  readonly source: DidSource;
  /** The block that deployed the registry, where the search for past versions begins; 0 if left out. */
  readonly deploymentBlock?: bigint;
  /** How old a change must be, by the chain's time, for no reorganisation to undo it (protocol §7.1); 1200 s. */
  readonly finalitySeconds?: bigint;
  /** How many requests a past version may take where the node does not serve all blocks at once; 512. */
  readonly maxHistoryReads?: number;
  /** Where snapshots may be had if the node has lost its logs. */
  readonly snapshots?: readonly SnapshotSource[];
};

/** What a resolution found, all of it checked against one observation of the chain. */
export type DidReading = {
  readonly observation: DidObservation;
  readonly version: DidVersion;
  readonly next: Pick<DidVersion, "version" | "updated"> | undefined;
  /** The second that the answer speaks of: keys that have expired by then are left out. */
  readonly at: bigint;
  readonly finalized: boolean;
  /** True if the chain was not asked. */
  readonly stale: boolean;
};

const DEFAULT_FINALITY_SECONDS = 1200n;
const DEFAULT_MAX_HISTORY_READS = 512;
/** A record that changes between the two reads this often is being changed on purpose. */
const MAX_ATTEMPTS = 3;

/**
 * Reads a version of a DID.
 *
 * @throws {DidError} every `ResolutionErrorCode` that concerns chain and versions
 */
export async function readVersion(
  network: DidNetwork,
  did: DkmsDid,
  request: ResolutionRequest,
  cache?: DidCache,
): Promise<DidReading> {
  if (request.offline) return offlineReading(network, did, request, cache);
  let observation = await observe(network, did, request);
  for (let attempt = 1; ; attempt++) {
    try {
      const situation = { network, did, request, observation, cache };
      const reading = await readAt(situation);
      if (reading.finalized) keep(situation, reading);
      return reading;
    } catch (error) {
      if (!isLogFault(error)) throw error;
      const again = await observe(network, did, request);
      // The same record seen twice: the chain did not change under us, so the logs are at fault.
      if (sameRecord(again, observation)) throw error;
      if (attempt === MAX_ATTEMPTS) {
        throw new DidError("CHAIN_REORGANISED", "the record changed between reads, again and again", {
          cause: error,
        });
      }
      observation = again;
    }
  }
}

/** One resolution, once the chain has been looked at. */
type Situation = {
  readonly network: DidNetwork;
  readonly did: DkmsDid;
  readonly request: ResolutionRequest;
  readonly observation: DidObservation;
  readonly cache: DidCache | undefined;
};

async function observe(
  network: DidNetwork,
  did: DkmsDid,
  request: ResolutionRequest,
): Promise<DidObservation> {
  const observation = await network.source.observe(did.id, request.block);
  const { head, chainId, blockNumber } = observation;
  if (typeof request.block === "bigint" && blockNumber !== request.block) {
    throw new DidError("NODE_FAILED", "the node answered for another block than was asked for", {
      details: { asked: request.block, answered: blockNumber },
    });
  }
  if (chainId !== did.chainId) {
    throw new DidError("CHAIN_ID_MISMATCH", "the node serves another chain than the DID's", {
      details: { expected: did.chainId, actual: chainId },
    });
  }
  if (head.version === 0) {
    throw new DidError("NOT_FOUND", "this DID has never been created", { details: { did: did.did } });
  }
  const confirmations = observation.blockNumber - head.updatedBlock + 1n;
  if (confirmations < request.minConfirmations) {
    throw new DidError("NOT_CONFIRMED", "the last change is not buried deep enough yet", {
      details: { confirmations, minConfirmations: request.minConfirmations },
    });
  }
  return observation;
}

async function readAt(situation: Situation): Promise<DidReading> {
  const { request, observation } = situation;
  refuseUnknowable(request, observation);
  return isCurrent(request, observation.head)
    ? reading(situation, { observation, version: await currentVersion(situation), next: undefined })
    : reading(situation, cachedPast(situation) ?? (await pastVersion(situation)));
}

/** Versions and times of which the chain says nothing at this block. */
function refuseUnknowable({ version, versionTime }: ResolutionRequest, { head, time }: DidObservation): void {
  if (versionTime !== undefined && versionTime > time) {
    throw new DidError("INVALID_OPTIONS", "versionTime is later than the block that is read", {
      details: { versionTime, blockTime: time },
    });
  }
  if (versionTime !== undefined && versionTime < head.created) {
    throw new DidError("VERSION_NOT_FOUND", "the DID was created later", {
      details: { created: head.created },
    });
  }
  if (version !== undefined && version > head.version) {
    throw new DidError("VERSION_NOT_FOUND", "there is no such version yet", {
      details: { current: head.version },
    });
  }
}

function isCurrent({ version, versionTime }: ResolutionRequest, head: DidHead): boolean {
  if (version !== undefined) return version === head.version;
  return versionTime === undefined || versionTime >= head.updated;
}

async function currentVersion(situation: Situation): Promise<DidVersion> {
  const { network, did, request, observation } = situation;
  const { head, commitment } = observation;
  const { version, updated } = head;
  if (head.deactivated) return { version, updated, commitment, snapshot: undefined };
  const opens = (snapshot: DidSnapshot | undefined) =>
    snapshot !== undefined && commitmentOf(version, updated, snapshot) === commitment;

  const cached = request.noCache ? undefined : known(situation).newest();
  const atHand = [request.snapshot, cached?.version.snapshot].find(opens);
  if (atHand !== undefined) return { version, updated, commitment, snapshot: atHand };
  try {
    return await openCurrent(network.source, did.id, observation);
  } catch (error) {
    if (!isLogFault(error) && !isDkmsError(error, "LOGS_PRUNED")) throw error;
    for (const source of network.snapshots ?? []) {
      const snapshot = await snapshotFrom(source, did, observation, opens);
      if (snapshot !== undefined) return { version, updated, commitment, snapshot };
    }
    throw error;
  }
}

/** A source that fails, or sends what is no snapshot at all, is one that has nothing: the node's own error says more. */
async function snapshotFrom(
  source: SnapshotSource,
  { id }: DkmsDid,
  { head, commitment }: DidObservation,
  opens: (snapshot: DidSnapshot | undefined) => boolean,
): Promise<DidSnapshot | undefined> {
  try {
    const snapshot = await source.find(id, head.version, commitment);
    return opens(snapshot) ? snapshot : undefined;
  } catch {
    return undefined;
  }
}

function cachedPast(situation: Situation): CachedVersion | undefined {
  const { version, noCache } = situation.request;
  return version === undefined || noCache ? undefined : known(situation).past(version);
}

async function pastVersion({ network, did, request, observation }: Situation): Promise<CachedVersion> {
  const versions = await openHistory(network.source, did.id, observation, {
    fromBlock: network.deploymentBlock ?? 0n,
    maxReads: network.maxHistoryReads ?? DEFAULT_MAX_HISTORY_READS,
    reached: ({ version, updated }) =>
      request.version === undefined ? updated <= (request.versionTime ?? 0n) : version <= request.version,
  });
  const [version, next] = versions.toReversed();
  if (version === undefined)
    throw new DidError("INTERNAL_ERROR", "a history holds at least its newest version");
  return { observation, version, next };
}

/** What a version says at the second that was asked for; of a past version, the last second of its life. */
function reading(situation: Situation, found: CachedVersion): DidReading {
  const { request, observation } = situation;
  const { version, next } = found;
  const lastSecond = next === undefined ? observation.time : next.updated - 1n;
  return {
    observation,
    version,
    next,
    // Two changes in one second leave the first of them no second of its own.
    at: request.versionTime ?? (lastSecond < version.updated ? version.updated : lastSecond),
    finalized: isFinal(situation, (next ?? version).updated),
    stale: false,
  };
}

/** Whether no reorganisation can undo a change of that second. */
function isFinal({ network, request, observation }: Situation, updated: bigint): boolean {
  const settled = updated + (network.finalitySeconds ?? DEFAULT_FINALITY_SECONDS);
  return request.block === "finalized" || settled <= observation.time;
}

function keep(situation: Situation, { version, next }: DidReading): void {
  const { observation } = situation;
  known(situation).keep({ observation, version, next }, isFinal(situation, observation.head.updated));
}

function known({ cache, network, did }: Situation): KnownVersions {
  return knownVersions(cache, network.registry, did);
}

function offlineReading(
  network: DidNetwork,
  did: DkmsDid,
  request: ResolutionRequest,
  cache: DidCache | undefined,
): DidReading {
  const versions = knownVersions(cache, network.registry, did);
  const newest = versions.newest();
  const past = request.version === undefined ? undefined : versions.past(request.version);
  const found = newest !== undefined && answers(newest, request) ? newest : past;
  if (found === undefined) {
    throw new DidError("OFFLINE_UNKNOWN", "nothing about this has been read before", {
      details: { did: did.did },
    });
  }
  const { observation } = found;
  return { ...reading({ network, did, request, observation, cache }, found), finalized: true, stale: true };
}

function isLogFault(error: unknown): boolean {
  return isDkmsError(error, "LOGS_INCOMPLETE") || isDkmsError(error, "SNAPSHOT_MISMATCH");
}

function sameRecord(a: DidObservation, b: DidObservation): boolean {
  return a.commitment === b.commitment && a.head.publishedBlock === b.head.publishedBlock;
}
