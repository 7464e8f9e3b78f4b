import { DidError } from "./errors.ts";
import { type DidKey, type DidKeyId, didKeyIdOf } from "./keys.ts";
import { type DidServiceEntry, type DidState, encodeState } from "./state.ts";
import { isUri } from "./uri.ts";

/**
 * The state with one more key. As every function here it leaves what it is given as it is, so that any number of
 * changes make one update.
 *
 * @throws {DidError} KEY_DUPLICATE, STATE_TOO_LARGE
 */
export function addKey(state: DidState, key: DidKey): DidState {
  return checked({ ...state, keys: [...state.keys, key] });
}

/**
 * The state without a key: from the block of the update on it verifies nothing.
 *
 * @throws {DidError} KEY_UNKNOWN
 */
export function revokeKey(state: DidState, id: DidKeyId): DidState {
  keyIn(state, id);
  return { ...state, keys: state.keys.filter((key) => didKeyIdOf(key) !== id) };
}

/**
 * The state with another key in a key's place, for the same uses unless `next` says otherwise.
 *
 * @throws {DidError} KEY_UNKNOWN, KEY_DUPLICATE
 * @example rotateKey(state, didKeyIdOf(old), { ...old, material, expiry });
 */
export function rotateKey(state: DidState, id: DidKeyId, next: DidKey): DidState {
  return addKey(revokeKey(state, id), next);
}

/**
 * The state with another expiry for a key.
 *
 * @throws {DidError} KEY_UNKNOWN, KEY_INVALID
 */
export function setKeyExpiry(state: DidState, id: DidKeyId, expiry: bigint): DidState {
  return rotateKey(state, id, { ...keyIn(state, id), expiry });
}

/**
 * The state with one more service.
 *
 * @throws {DidError} SERVICE_DUPLICATE, SERVICE_INVALID, STATE_TOO_LARGE
 */
export function addService(state: DidState, service: DidServiceEntry): DidState {
  return checked({ ...state, services: [...state.services, service] });
}

/**
 * The state without a service.
 *
 * @throws {DidError} SERVICE_UNKNOWN
 */
export function removeService(state: DidState, id: string): DidState {
  const services = state.services.filter((service) => service.id !== id);
  if (services.length === state.services.length) {
    throw new DidError("SERVICE_UNKNOWN", "there is no such service", { details: { id } });
  }
  return { ...state, services };
}

/**
 * The state with another service in the place of the one with its id.
 *
 * @throws {DidError} SERVICE_UNKNOWN, SERVICE_INVALID
 */
export function replaceService(state: DidState, service: DidServiceEntry): DidState {
  return addService(removeService(state, service.id), service);
}

/**
 * The state with these other names of the subject, in place of those before.
 *
 * @throws {DidError} URI_INVALID, URI_DUPLICATE, STATE_TOO_LARGE
 */
export function setAlsoKnownAs(state: DidState, alsoKnownAs: readonly string[]): DidState {
  const bad = alsoKnownAs.find((name) => !isUri(name));
  if (bad !== undefined)
    throw new DidError("URI_INVALID", "other names are URIs", { details: { name: bad } });
  return checked({ ...state, alsoKnownAs });
}

function keyIn(state: DidState, id: DidKeyId): DidKey {
  const key = state.keys.find((candidate) => didKeyIdOf(candidate) === id);
  if (key === undefined) throw new DidError("KEY_UNKNOWN", "the DID has no such key", { details: { id } });
  return key;
}

/** Encoding is the one place that knows what the registry takes. */
function checked(state: DidState): DidState {
  encodeState(state);
  return state;
}
