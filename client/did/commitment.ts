import { bigintToHex32, type Hex, type Hex32, hex32 } from "../core/index.ts";
import { concat, hashHex, NO_NEXT } from "./controllers.ts";
import type { DidId } from "./identifier.ts";

/** Opens a commitment: all that a version consists of. From wherever it comes, it is believed only after it matches. */
export type DidSnapshot = {
  /** The commitment of the version before; at the first one the DID itself. */
  readonly previous: Hex32;
  /** Bytes of the controllers; see `decodeControllers`. */
  readonly controllers: Hex;
  /** The pre-rotation commitment; zero if there is none. */
  readonly next: Hex32;
  /** Bytes of the state; see `decodeState`. */
  readonly state: Hex;
};

/** The commitment of a version that `snapshot` opens. */
export function commitmentOf(version: number, updated: bigint, snapshot: DidSnapshot): Hex32 {
  return commit(snapshot.previous, version, updated, [
    hashHex(snapshot.controllers),
    snapshot.next,
    hashHex(snapshot.state),
  ]);
}

/** The commitment of the version that ends a DID. */
export function deactivationCommitment(version: number, updated: bigint, previous: Hex32): Hex32 {
  return commit(previous, version, updated, [NO_NEXT, NO_NEXT, NO_NEXT]);
}

/** What stands before the first version: the DID, left-aligned. */
export function genesis(id: DidId): Hex32 {
  return hex32(`${id}${"00".repeat(12)}`);
}

function commit(previous: Hex32, version: number, updated: bigint, content: readonly Hex32[]): Hex32 {
  return hashHex(concat([previous, bigintToHex32(BigInt(version)), bigintToHex32(updated), ...content]));
}
