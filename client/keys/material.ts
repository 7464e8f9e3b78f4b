import { KeysError } from "./errors.ts";
import type { Secret } from "./secret.ts";

/** The secrets of key objects, which have none among their own members: nothing that prints or copies a key finds it. */
const MATERIAL = new WeakMap<object, Secret<Uint8Array>>();

/** Gives a key object its secret. */
export function holdMaterial(key: object, secret: Secret<Uint8Array>): void {
  MATERIAL.set(key, secret);
}

/**
 * The secret of a key object of exactly this class: the check that types make, made again at run time.
 *
 * @throws {KeysError} KEY_MIXED_UP for a key of another class, and for what only looks like a key.
 */
export function materialOf(key: object, type: abstract new (...args: never[]) => object): Secret<Uint8Array> {
  const secret = key instanceof type ? MATERIAL.get(key) : undefined;
  if (secret !== undefined) return secret;
  throw new KeysError("KEY_MIXED_UP", `a ${type.name} is needed here`, { details: { needed: type.name } });
}
