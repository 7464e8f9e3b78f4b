import type { Hex, Hex32 } from "../core/index.ts";
import type { DidSnapshot } from "./commitment.ts";
import { type Controllers, decodeControllers } from "./controllers.ts";
import { DidError } from "./errors.ts";
import { type DidId, formatDid, parseDid } from "./identifier.ts";
import { type DidNetwork, readVersion } from "./read.ts";
import { resolutionRequest } from "./request.ts";
import { type DidState, decodeState } from "./state.ts";

/** The current version of a DID, with all that its controllers need to change it. */
export type DidRecord = {
  readonly chainId: bigint;
  readonly registry: Hex;
  readonly id: DidId;
  readonly did: string;
  readonly version: number;
  /** The commitment of that version, which `snapshot` has been checked to open. Operations are bound to it. */
  readonly commitment: Hex32;
  /** The version that set the controllers. */
  readonly controlVersion: number;
  readonly controllers: Controllers;
  readonly state: DidState;
  readonly snapshot: DidSnapshot;
  /** The second of the block that was read, by the chain: what deadlines are counted from. */
  readonly time: bigint;
};

/**
 * Reads a DID for those who want to change it; unlike a resolver it throws.
 *
 * @throws {DidError} every `ResolutionErrorCode` that concerns chain and versions; DID_DEACTIVATED
 * @example const record = await readRecord(network, did);
 */
export async function readRecord(network: DidNetwork, did: string): Promise<DidRecord> {
  const parsed = parseDid(did, network.name === undefined ? {} : { [network.name]: network.chainId });
  const { observation, version } = await readVersion(network, parsed, resolutionRequest({}));
  if (version.snapshot === undefined) {
    throw new DidError("DID_DEACTIVATED", "this DID has been deactivated, which is final", {
      details: { did },
    });
  }
  return {
    chainId: parsed.chainId,
    registry: network.registry,
    id: parsed.id,
    did: formatDid(parsed.chainId, parsed.id),
    version: version.version,
    commitment: version.commitment,
    controlVersion: observation.head.controlVersion,
    controllers: decodeControllers(version.snapshot.controllers),
    state: decodeState(version.snapshot.state),
    snapshot: version.snapshot,
    time: observation.time,
  };
}
