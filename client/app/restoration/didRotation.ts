import { type DidSender, didCall, executeDid } from "../../chain/index.ts";
import type { Hex32 } from "../../core/index.ts";
import {
  approveDid,
  type Controllers,
  type DidKey,
  type DidKeyId,
  type DidNetwork,
  type DidRecord,
  didKeyIdOf,
  encodeControllers,
  readRecord,
  rotateControllers,
  updateDid,
} from "../../did/index.ts";
import type { PolicySigner } from "../../keys/index.ts";

/** Port to the keys of one DID that are to be replaced. */
export interface DidKeyRotation {
  readonly did: string;
  /** True if nothing is left to do. */
  isDone(): Promise<boolean>;
  /** Replaces the keys; may come again after a stop. */
  rotate(): Promise<void>;
}

export type RegistryDidRotationOptions = {
  readonly network: DidNetwork;
  readonly did: string;
  readonly sender: DidSender;
  /** Keys that were lost. */
  readonly lost: readonly DidKeyId[];
  /** Keys of the new devices. */
  readonly keys: readonly DidKey[];
  /** As many controllers as must approve: the present ones, or those of the pre-rotation commitment. */
  readonly signers: readonly PolicySigner[];
  /** Where the controllers were lost as well. */
  readonly takeOver?: {
    readonly controllers: Controllers;
    /** Of the present pre-rotation commitment. */
    readonly salt: Hex32;
    /** A commitment to the controllers after these. */
    readonly next: Hex32;
  };
  /** How long approvals are good, in seconds; an hour by default. */
  readonly validFor?: bigint;
};

const DEFAULT_VALIDITY = 3600n;

/**
 * Replaces lost keys of a `did:dkms` in one transaction: by its controllers, or, where they were lost too, by the successors
 * that its pre-rotation commitment names, which then control it. Without `takeOver` the controllers stay: a lost device
 * that is one of them stays one.
 *
 * @throws {DidError} CONTROLLERS_INVALID, APPROVAL_INVALID, QUORUM_MISSING, and those of reading; {ChainError}
 */
export function registryDidRotation(options: RegistryDidRotationOptions): DidKeyRotation {
  const { network, did, sender, signers, takeOver, validFor = DEFAULT_VALIDITY } = options;
  return {
    did,
    isDone: async () => isRotated(await readRecord(network, did), options),
    rotate: async () => {
      const record = await readRecord(network, did);
      if (isRotated(record, options)) return;
      const deadline = record.time + validFor;
      const state = { ...record.state, keys: keysAfter(record, options) };
      const request =
        takeOver === undefined
          ? updateDid(record, { state, deadline })
          : rotateControllers(record, { ...takeOver, state, deadline });
      const approvals = [];
      for (const signer of signers) approvals.push(await approveDid(signer, request));
      await executeDid(sender, didCall(request, approvals));
    },
  };
}

function keysAfter(
  { state }: DidRecord,
  { lost, keys }: Pick<RegistryDidRotationOptions, "lost" | "keys">,
): readonly DidKey[] {
  const kept = state.keys.filter((key) => !lost.includes(didKeyIdOf(key)));
  const known = new Set(kept.map(didKeyIdOf));
  return [...kept, ...keys.filter((key) => !known.has(didKeyIdOf(key)))];
}

function isRotated(record: DidRecord, options: RegistryDidRotationOptions): boolean {
  const { lost, keys, takeOver } = options;
  const present = new Set(record.state.keys.map(didKeyIdOf));
  const controlled =
    takeOver === undefined ||
    encodeControllers(record.controllers) === encodeControllers(takeOver.controllers);
  return (
    controlled && lost.every((key) => !present.has(key)) && keys.every((key) => present.has(didKeyIdOf(key)))
  );
}
