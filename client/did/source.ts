import type { Hex32 } from "../core/index.ts";
import type { DidSnapshot } from "./commitment.ts";
import type { DidId } from "./identifier.ts";

/** The block that a resolution is pinned to: a tag, a number, or a hash. */
export type BlockSelector = "latest" | "safe" | "finalized" | bigint | Hex32;

/** What the registry's state tells of a DID without being given anything; `version` 0: it was never created. */
export type DidHead = {
  readonly version: number;
  /** The version that set the controllers. */
  readonly controlVersion: number;
  /** Seconds since 1970. */
  readonly created: bigint;
  readonly updated: bigint;
  /** The block in which the current version was made. */
  readonly updatedBlock: bigint;
  /** The block with the last event that shows it. */
  readonly publishedBlock: bigint;
  readonly deactivated: boolean;
};

/** A head, with the block that it was read in. */
export type DidObservation = {
  readonly head: DidHead;
  readonly commitment: Hex32;
  readonly blockNumber: bigint;
  /** Time of that block in seconds: the only clock of a resolution. */
  readonly time: bigint;
  readonly chainId: bigint;
};

/** A version as an event shows it. `snapshot` is undefined where the DID was deactivated. Believed once it matches. */
export type DidEvent = {
  readonly version: number;
  readonly updated: bigint;
  /** The commitment of the version before. */
  readonly previous: Hex32;
  readonly snapshot: DidSnapshot | undefined;
  /** The block with the last event that shows the version before; for one republished, the block that made it. */
  readonly previousBlock: bigint;
  /** True if it was published again, by anyone, later than made. */
  readonly republished: boolean;
};

/** Which events of one DID are asked for. */
export type DidEventQuery = {
  readonly fromBlock: bigint;
  readonly toBlock: bigint;
  /** Only this version; else all. */
  readonly version?: number;
};

/**
 * Port to one registry on one chain. Nothing that it answers is believed but the observation; failures are `DidError`s.
 */
export interface DidSource {
  /** One read of the registry's state. */
  observe(id: DidId, block: BlockSelector): Promise<DidObservation>;
  /** One read of its events, in the chain's order. */
  events(id: DidId, query: DidEventQuery): Promise<readonly DidEvent[]>;
}

/** Port to snapshots from elsewhere: another server, a file, a message. They are checked against the chain. */
export interface SnapshotSource {
  /** The snapshot that opens `commitment`, if this source has one. */
  find(id: DidId, version: number, commitment: Hex32): Promise<DidSnapshot | undefined>;
}
