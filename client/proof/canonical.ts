import type { Checkpoint, RevocationRoot } from "../accumulator/index.ts";
import { EXPIRY_BITS, type FieldElement, fieldElement, WORD_INDEX_BITS } from "../core/index.ts";
import { ProofError } from "./errors.ts";

declare const canonicalBrand: unique symbol;

/** Where and until when an agent's leaf holds. */
export type LeafPlace = {
  readonly generation: number;
  readonly index: number;
  /** Last second, since 1970, of its authorization; 2⁴⁰−1 for none. */
  readonly expiry: bigint;
};

export type CanonicalOptions = {
  /** Time of the head block, in seconds since 1970. */
  readonly now: bigint;
  /** F: see {@link finalityDelay}. */
  readonly finalityDelay: bigint;
  /** In the order of the chain, as the registry's events tell them. */
  readonly checkpoints: readonly Checkpoint[];
  readonly revocationRoots: readonly RevocationRoot[];
  readonly leaf: LeafPlace;
  /** `maxRevocationAge` of the request. */
  readonly window: bigint;
  /**
   * The user has seen among how few agents he hides under the newest checkpoint (`latestHidesAmong` of the error
   * AGENT_NOT_YET_CANONICAL) and agrees to that number or more. Without effect once the agent is in the canonical
   * checkpoint, where it hides among all.
   */
  readonly latest?: { readonly consentToHideAmong: number };
};

/** The inputs that all clients prove with at this time; made by {@link canonicalInputs} only. */
export type CanonicalInputs = {
  readonly provisionedRoot: FieldElement;
  /** Leaves under provisionedRoot. */
  readonly provisionedSize: number;
  readonly revokedRoot: FieldElement;
  readonly revokedDepth: number;
  readonly generation: number;
  readonly validUntil: FieldElement;
  /** How many leaves the agent hides among, revoked and sybil ones too. */
  readonly anonymitySet: number;
  /** True if the agent's own expiry shows in validUntil, which tells it apart from the others. */
  readonly expiryShows: boolean;
  readonly [canonicalBrand]: true;
};

/** F per chain, in seconds: at least the delay after which blocks are final (protocol §7.1). */
const FINALITY_DELAYS: ReadonlyMap<bigint, bigint> = new Map([
  [1n, 1200n], // Ethereum
  [11_155_111n, 1200n], // Sepolia
  [10n, 2400n], // OP Mainnet
  [8453n, 2400n], // Base
  [84_532n, 2400n], // Base Sepolia
  [31_337n, 0n], // a simulated chain, whose blocks are final at once
]);

const HOUR = 3600n;
const QUARTER = 900n;
const MINUTE = 60n;
const SHORTEST_PACED_WINDOW = 300n;
const WORD_BITS = 1 << WORD_INDEX_BITS;
const NO_EXPIRY = (1n << BigInt(EXPIRY_BITS)) - 1n;

/** @throws {ProofError} FINALITY_DELAY_UNKNOWN for a chain that none is pinned for. */
export function finalityDelay(chainId: bigint): bigint {
  const delay = FINALITY_DELAYS.get(chainId);
  if (delay === undefined) {
    throw new ProofError("FINALITY_DELAY_UNKNOWN", "no finality delay is pinned for this chain", {
      details: { chainId },
    });
  }
  return delay;
}

/**
 * The roots and the validity that every client proves with at this time (protocol §7.1), so that they tell no agent
 * from another. Pure: equal chain facts give equal inputs.
 *
 * @throws {ProofError} AGENT_EXPIRED; AGENT_NOT_CHECKPOINTED if no checkpoint has the agent; AGENT_NOT_YET_CANONICAL
 * if one has, with `canonicalAt` and `latestHidesAmong`; LATEST_NEEDS_CONSENT; NO_REVOCATION_ROOT
 */
export function canonicalInputs(options: CanonicalOptions): CanonicalInputs {
  const { now, leaf } = options;
  if (leaf.expiry < now) {
    throw new ProofError("AGENT_EXPIRED", "the agent's authorization has run out", {
      details: { expiry: leaf.expiry },
    });
  }
  const checkpoint = chooseCheckpoint(options);
  const revoked = chooseRevocationRoot(options);
  const common = floor(now, HOUR) + 2n * HOUR;
  return {
    provisionedRoot: checkpoint.root,
    provisionedSize: checkpoint.size,
    revokedRoot: revoked.root,
    revokedDepth: revoked.depth,
    generation: leaf.generation,
    validUntil: fieldElement(leaf.expiry < common ? leaf.expiry : common),
    anonymitySet: checkpoint.hidesAmong,
    expiryShows: leaf.expiry < common && leaf.expiry !== NO_EXPIRY,
  } as CanonicalInputs;
}

/** True if a base proof for one serves for the other. */
export function sameInputs(left: CanonicalInputs, right: CanonicalInputs): boolean {
  return (
    left.provisionedRoot === right.provisionedRoot &&
    left.revokedRoot === right.revokedRoot &&
    left.validUntil === right.validUntil
  );
}

/** The time of checkpoints, and of revocation roots for long windows, that clients agree on: E of protocol §7.1. */
function settledTime({ now, finalityDelay: delay }: CanonicalOptions): bigint {
  return floor(now - delay, QUARTER);
}

function chooseCheckpoint(options: CanonicalOptions): Checkpoint & { readonly hidesAmong: number } {
  const { leaf, latest } = options;
  const all = options.checkpoints.filter(({ generation }) => generation === leaf.generation);
  const canonical = newest(all.filter(({ time }) => time <= settledTime(options)));
  if (canonical !== undefined && canonical.size > leaf.index) {
    return { ...canonical, hidesAmong: canonical.size };
  }
  const first = all.find(({ size }) => size > leaf.index);
  const last = newest(all);
  if (first === undefined || last === undefined) {
    throw new ProofError("AGENT_NOT_CHECKPOINTED", "no checkpoint has this agent yet: send one", {
      details: { index: leaf.index },
    });
  }
  const hidesAmong = last.size - (canonical?.size ?? 0);
  if (latest === undefined) {
    throw new ProofError("AGENT_NOT_YET_CANONICAL", "other agents prove with an older checkpoint still", {
      details: {
        canonicalAt: ceil(first.time, QUARTER) + options.finalityDelay,
        latestHidesAmong: hidesAmong,
      },
    });
  }
  if (hidesAmong < latest.consentToHideAmong) {
    throw new ProofError("LATEST_NEEDS_CONSENT", "the agent would hide among fewer than was agreed to", {
      details: { hidesAmong, consentToHideAmong: latest.consentToHideAmong },
    });
  }
  return { ...last, hidesAmong };
}

/** Of the version that was current at the time that the window calls for, the deepest root. */
function chooseRevocationRoot(options: CanonicalOptions): RevocationRoot {
  const { now, window, leaf, latest } = options;
  const all = options.revocationRoots.filter(({ generation }) => generation === leaf.generation);
  const time =
    window >= HOUR
      ? settledTime(options)
      : window >= SHORTEST_PACED_WINDOW
        ? floor(now - MINUTE, MINUTE)
        : now;
  const settled = deepestOfNewest(
    all,
    all.filter((record) => record.time <= time),
  );
  // Under the newest checkpoint, the generation or the depth that the agent's index needs may be younger than that time.
  const tooEarly = settled === undefined || leaf.index >= WORD_BITS * 4 ** settled.depth;
  const chosen = tooEarly && latest !== undefined ? deepestOfNewest(all, all) : settled;
  if (chosen === undefined) {
    throw new ProofError("NO_REVOCATION_ROOT", "this generation has no revocation root", {
      details: { generation: leaf.generation },
    });
  }
  return chosen;
}

/** The deepest root of the newest version among `candidates`. */
function deepestOfNewest(
  all: readonly RevocationRoot[],
  candidates: readonly RevocationRoot[],
): RevocationRoot | undefined {
  const version = candidates.reduce((most, record) => (record.version > most ? record.version : most), 0n);
  return all
    .filter((record) => record.version === version)
    .reduce<RevocationRoot | undefined>(
      (deepest, record) => (deepest === undefined || record.depth > deepest.depth ? record : deepest),
      undefined,
    );
}

/** The last one; at equal times the larger, which is also the later. */
function newest(checkpoints: readonly Checkpoint[]): Checkpoint | undefined {
  return checkpoints.reduce<Checkpoint | undefined>(
    (best, record) =>
      best === undefined || record.time > best.time || (record.time === best.time && record.size > best.size)
        ? record
        : best,
    undefined,
  );
}

function floor(value: bigint, step: bigint): bigint {
  return value <= 0n ? 0n : value - (value % step);
}

function ceil(value: bigint, step: bigint): bigint {
  return floor(value + step - 1n, step);
}
