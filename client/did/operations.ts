import { bigintToBytes, type Hex, type Hex32, hex20, hex32 } from "../core/index.ts";
import {
  type Controllers,
  deriveDidId,
  encodeControllers,
  hashHex,
  NO_NEXT,
  nextCommitment,
} from "./controllers.ts";
import { DidError } from "./errors.ts";
import type { DidId } from "./identifier.ts";
import type { DidRecord } from "./record.ts";
import { type DidState, EMPTY_STATE, encodeState } from "./state.ts";

/** Registers a DID. */
export type DidCreation = {
  readonly action: "DidCreation";
  readonly did: DidId;
  readonly controllers: Hex;
  readonly next: Hex32;
  readonly salt: Hex32;
  readonly state: Hex;
  readonly deadline: bigint;
};

/** Replaces the state of a DID. `version` is the one that it replaces, `previous` the commitment of that version. */
export type DidUpdate = {
  readonly action: "DidUpdate";
  readonly did: DidId;
  readonly version: number;
  readonly previous: Hex32;
  readonly state: Hex;
  readonly deadline: bigint;
};

/** Replaces controllers, pre-rotation commitment and state. `previous` is 0 in a reveal bound to no content. */
export type DidRotation = {
  readonly action: "DidRotation";
  readonly did: DidId;
  readonly version: number;
  readonly previous: Hex32;
  readonly controllers: Hex;
  readonly next: Hex32;
  readonly state: Hex;
  readonly deadline: bigint;
};

/** Ends a DID for ever. `previous` is 0 in a reveal. */
export type DidDeactivation = {
  readonly action: "DidDeactivation";
  readonly did: DidId;
  readonly version: number;
  readonly previous: Hex32;
  readonly deadline: bigint;
};

export type DidOperation = DidCreation | DidUpdate | DidRotation | DidDeactivation;

/** Opens the current commitment to show who controls the DID. */
export type DidControl = {
  readonly previous: Hex32;
  readonly controllers: Hex;
  readonly next: Hex32;
  readonly stateHash: Hex32;
};

/** Opens a pre-rotation commitment. */
export type DidReveal = { readonly controllers: Hex; readonly salt: Hex32 };

/** An operation with all that the registry wants beside approvals: it can be signed here, and sent from elsewhere. */
export type DidRequest = {
  readonly chainId: bigint;
  readonly registry: Hex;
  readonly operation: DidOperation;
  /** What the operation changes; undefined for a creation and for a reveal, which need nothing of it. */
  readonly current: DidControl | undefined;
  /** Undefined where no pre-rotation commitment is opened. */
  readonly reveal: DidReveal | undefined;
  /** Those of whom a quorum must approve. */
  readonly approvers: Controllers;
};

/** The registry takes no operation whose deadline is further off than this. */
export const MAX_DEADLINE_SECONDS = 2_592_000n;

/** In place of a commitment: bound to no content, but to the present controllers. */
const ANY_CONTENT: Hex32 = hex32(`0x${"00".repeat(32)}`);

export type CreateDidOptions = {
  readonly chainId: bigint;
  readonly registry: string;
  readonly controllers: Controllers;
  readonly state: DidState;
  /** A commitment to the controllers that may take over, made with `nextCommitment`. */
  readonly next?: Hex32;
  /** Any 32 bytes; with another salt the same controllers make another DID. */
  readonly salt: Hex32;
  /** The last second at which the registry takes it, at most `MAX_DEADLINE_SECONDS` after the block that does. */
  readonly deadline: bigint;
};

/**
 * The creation of a DID. Its identifier follows from the parts, so that nobody else can take it.
 *
 * @throws {DidError} CONTROLLERS_INVALID, and what `encodeState` throws
 * @throws {CoreError} HEX_MALFORMED, BYTES_LENGTH, INTEGER_OUT_OF_RANGE for the deadline, as all of these
 */
export function createDid(options: CreateDidOptions): DidRequest {
  const { chainId, controllers, state, next = NO_NEXT, salt, deadline } = options;
  const registry = hex20(options.registry);
  const operation: DidCreation = {
    action: "DidCreation",
    did: deriveDidId({ chainId, registry, controllers, next, salt }),
    controllers: encodeControllers(controllers),
    next,
    salt,
    state: encodeState(state),
    deadline: uint64(deadline),
  };
  return { chainId, registry, operation, current: undefined, reveal: undefined, approvers: controllers };
}

/**
 * The update of a DID to another state. It is bound to the content of `record`: made from a false one it does nothing.
 *
 * @throws {DidError} what `encodeState` throws
 * @example updateDid(record, { state: rotateKey(record.state, id, next), deadline });
 */
export function updateDid(
  record: DidRecord,
  { state, deadline }: { readonly state: DidState; readonly deadline: bigint },
): DidRequest {
  const operation: DidUpdate = {
    action: "DidUpdate",
    did: record.id,
    version: record.version,
    previous: record.commitment,
    state: encodeState(state),
    deadline: uint64(deadline),
  };
  return byControllers(record, operation);
}

export type RotateControllersOptions = {
  readonly controllers: Controllers;
  /** A commitment to the controllers after these. A DID that has one needs this, or `endPreRotation`. */
  readonly next?: Hex32;
  /** True: the DID shall have no pre-rotation commitment any more. */
  readonly endPreRotation?: true;
  /**
   * What the DID publishes from now on. If left out: what it did, without any key; but nothing at all where a
   * pre-rotation commitment is opened, as then the approvals hold whatever the present controllers change until the
   * deadline. With a state they are bound to the content of the record, and any change voids them.
   */
  readonly state?: DidState;
  /** The salt of the present pre-rotation commitment, if there is one. */
  readonly salt?: Hex32;
  readonly deadline: bigint;
};

/**
 * Hands a DID to other controllers. Its keys go with the old ones unless `state` lists them again. With a pre-rotation
 * commitment the new controllers approve, and must be those it was made to; else the present ones.
 *
 * @throws {DidError} CONTROLLERS_INVALID, NEXT_UNDECIDED, and what `encodeState` throws
 */
export function rotateControllers(record: DidRecord, options: RotateControllersOptions): DidRequest {
  const { controllers, salt, deadline } = options;
  const committed = record.snapshot.next !== NO_NEXT;
  const lasting = committed && options.state === undefined;
  const state = options.state ?? (committed ? EMPTY_STATE : { ...record.state, keys: [] });
  const operation: DidRotation = {
    action: "DidRotation",
    did: record.id,
    version: record.version,
    previous: lasting ? ANY_CONTENT : record.commitment,
    controllers: encodeControllers(controllers),
    next: nextOf(options, committed),
    state: encodeState(state),
    deadline: uint64(deadline),
  };
  return byThoseInCharge(record, operation, salt === undefined ? undefined : { controllers, salt });
}

export type DeactivateDidOptions = {
  /** With a pre-rotation commitment: the controllers that it was made to, and its salt. They approve. */
  readonly successors?: Successors;
  readonly deadline: bigint;
};

/** What opens a pre-rotation commitment. */
export type Successors = { readonly controllers: Controllers; readonly salt: Hex32 };

/**
 * Ends a DID for ever. Approvals of successors hold whatever the present controllers change until the deadline.
 *
 * @throws {DidError} CONTROLLERS_INVALID
 */
export function deactivateDid(record: DidRecord, { successors, deadline }: DeactivateDidOptions): DidRequest {
  const operation: DidDeactivation = {
    action: "DidDeactivation",
    did: record.id,
    version: record.version,
    previous: successors === undefined ? record.commitment : ANY_CONTENT,
    deadline: uint64(deadline),
  };
  return byThoseInCharge(record, operation, successors);
}

/** @throws {CoreError} INTEGER_OUT_OF_RANGE */
function uint64(value: bigint): bigint {
  bigintToBytes(value, 8);
  return value;
}

/** Ending pre-rotation leaves a DID to whoever steals a quorum: nobody shall do it by leaving something out. */
function nextOf({ next, endPreRotation }: RotateControllersOptions, committed: boolean): Hex32 {
  if (next !== undefined && endPreRotation === undefined) return next;
  if (next === undefined && (endPreRotation || !committed)) return NO_NEXT;
  throw new DidError("NEXT_UNDECIDED", "give either the next pre-rotation commitment or endPreRotation");
}

function byThoseInCharge(record: DidRecord, operation: DidOperation, successors?: Successors): DidRequest {
  const { chainId, registry, snapshot } = record;
  if (snapshot.next === NO_NEXT) {
    if (successors !== undefined) throw invalid("this DID has no pre-rotation commitment to open");
    return byControllers(record, operation);
  }
  if (successors === undefined || nextCommitment(successors.controllers, successors.salt) !== snapshot.next) {
    throw invalid("these are not the controllers and the salt of the pre-rotation commitment");
  }
  const { controllers, salt } = successors;
  const reveal = { controllers: encodeControllers(controllers), salt };
  return { chainId, registry, operation, current: undefined, reveal, approvers: controllers };
}

function byControllers(record: DidRecord, operation: DidOperation): DidRequest {
  const { chainId, registry, snapshot, controllers: approvers } = record;
  const { previous, controllers, next } = snapshot;
  const current = { previous, controllers, next, stateHash: hashHex(snapshot.state) };
  return { chainId, registry, operation, current, reveal: undefined, approvers };
}

function invalid(message: string): DidError {
  return new DidError("CONTROLLERS_INVALID", message);
}
