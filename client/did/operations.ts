import { type Hex, type Hex32, hex20 } from "../core/index.ts";
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
import { type DidState, encodeState } from "./state.ts";

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

/** Replaces the state of a DID. `version` is the one that it replaces. */
export type DidUpdate = {
  readonly action: "DidUpdate";
  readonly did: DidId;
  readonly version: number;
  readonly state: Hex;
  readonly deadline: bigint;
};

/** Replaces controllers, pre-rotation commitment and state. */
export type DidRotation = {
  readonly action: "DidRotation";
  readonly did: DidId;
  readonly version: number;
  readonly controllers: Hex;
  readonly next: Hex32;
  readonly state: Hex;
  readonly deadline: bigint;
};

/** Ends a DID for ever. */
export type DidDeactivation = {
  readonly action: "DidDeactivation";
  readonly did: DidId;
  readonly version: number;
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

/** Opens a pre-rotation commitment; empty where there is none. */
export type DidReveal = { readonly controllers: Hex; readonly salt: Hex32 };

/** An operation with all that the registry wants beside approvals: it can be signed here, and sent from elsewhere. */
export type DidRequest = {
  readonly chainId: bigint;
  readonly registry: Hex;
  readonly operation: DidOperation;
  /** What the operation changes; undefined for a creation. */
  readonly current: DidControl | undefined;
  readonly reveal: DidReveal;
  /** Those of whom a quorum must approve. */
  readonly approvers: Controllers;
};

const NO_REVEAL: DidReveal = { controllers: "0x", salt: NO_NEXT };

export type CreateDidOptions = {
  readonly chainId: bigint;
  readonly registry: string;
  readonly controllers: Controllers;
  readonly state: DidState;
  /** A commitment to the controllers that may take over, made with `nextCommitment`. */
  readonly next?: Hex32;
  /** Any 32 bytes; with another salt the same controllers make another DID. */
  readonly salt: Hex32;
  /** The last second at which the registry takes it. */
  readonly deadline: bigint;
};

/**
 * The creation of a DID. Its identifier follows from the parts, so that nobody else can take it.
 *
 * @throws {DidError} CONTROLLERS_INVALID, and what `encodeState` throws
 * @throws {CoreError} HEX_MALFORMED, BYTES_LENGTH
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
    deadline,
  };
  return { chainId, registry, operation, current: undefined, reveal: NO_REVEAL, approvers: controllers };
}

/**
 * The update of a DID to another state.
 *
 * @throws {DidError} what `encodeState` throws
 * @example updateDid(record, { state: rotateKey(record.state, id, next), deadline });
 */
export function updateDid(
  record: DidRecord,
  { state, deadline }: { readonly state: DidState; readonly deadline: bigint },
): DidRequest {
  const { id: did, version } = record;
  return request(record, { action: "DidUpdate", did, version, state: encodeState(state), deadline });
}

export type RotateControllersOptions = {
  readonly controllers: Controllers;
  /** A commitment to the controllers after these. */
  readonly next?: Hex32;
  /** What the DID publishes from now on; if left out, what it did, without any key. */
  readonly state?: DidState;
  /** The salt of the present pre-rotation commitment, if there is one. */
  readonly salt?: Hex32;
  readonly deadline: bigint;
};

/**
 * Hands a DID to other controllers. Its keys go with the old ones unless `state` lists them again. With a pre-rotation
 * commitment the new controllers approve, and must be those it was made to; else the present ones.
 *
 * @throws {DidError} CONTROLLERS_INVALID, and what `encodeState` throws
 */
export function rotateControllers(record: DidRecord, options: RotateControllersOptions): DidRequest {
  const { controllers, next = NO_NEXT, deadline } = options;
  const { id: did, version } = record;
  const state = encodeState(options.state ?? { ...record.state, keys: [] });
  const encoded = encodeControllers(controllers);
  const operation: DidRotation = {
    action: "DidRotation",
    did,
    version,
    controllers: encoded,
    next,
    state,
    deadline,
  };
  return request(
    record,
    operation,
    options.salt === undefined ? undefined : { controllers, salt: options.salt },
  );
}

export type DeactivateDidOptions = {
  /** With a pre-rotation commitment: the controllers that it was made to, and its salt. They approve. */
  readonly successors?: Successors;
  readonly deadline: bigint;
};

/** What opens a pre-rotation commitment. */
export type Successors = { readonly controllers: Controllers; readonly salt: Hex32 };

/**
 * Ends a DID for ever.
 *
 * @throws {DidError} CONTROLLERS_INVALID
 */
export function deactivateDid(record: DidRecord, { successors, deadline }: DeactivateDidOptions): DidRequest {
  const { id: did, version } = record;
  return request(record, { action: "DidDeactivation", did, version, deadline }, successors);
}

function request(record: DidRecord, operation: DidOperation, successors?: Successors): DidRequest {
  const { chainId, registry, snapshot } = record;
  const { previous, controllers, next } = snapshot;
  const current = { previous, controllers, next, stateHash: hashHex(snapshot.state) };
  const common = { chainId, registry, operation, current };
  if (operation.action === "DidUpdate")
    return { ...common, reveal: NO_REVEAL, approvers: record.controllers };
  if (next === NO_NEXT) {
    if (successors !== undefined) throw invalid("this DID has no pre-rotation commitment to open");
    return { ...common, reveal: NO_REVEAL, approvers: record.controllers };
  }
  if (successors === undefined || nextCommitment(successors.controllers, successors.salt) !== next) {
    throw invalid("these are not the controllers and the salt of the pre-rotation commitment");
  }
  const reveal = { controllers: encodeControllers(successors.controllers), salt: successors.salt };
  return { ...common, reveal, approvers: successors.controllers };
}

function invalid(message: string): DidError {
  return new DidError("CONTROLLERS_INVALID", message);
}
