import { PolicyError } from "./errors.ts";

/** The bit of each authorization (requirement A2). */
export const AUTHORIZATION_BITS = { PROVE: 1, PROVE_GRANT: 2, PROVE_REVOKE: 4, ADMIN: 8 } as const;

/** One right of an agent; ADMIN may change all of them. */
export type Authorization = keyof typeof AUTHORIZATION_BITS;

/** Rights by name, in the order of their bits, each at most once. */
export type Authorizations = readonly Authorization[];

const NAMES: Authorizations = ["PROVE", "PROVE_GRANT", "PROVE_REVOKE", "ADMIN"];

/** What the creator of a policy holds. */
export const ALL_AUTHORIZATIONS: Authorizations = NAMES;

const ALL_BITS = 15;

/**
 * The names of the set bits.
 *
 * @param bits 0 … 15, as the registry stores them.
 * @throws {PolicyError} AUTHORIZATIONS_UNKNOWN if another bit is set.
 */
export function authorizationsFromBits(bits: number): Authorizations {
  if (!Number.isInteger(bits) || bits < 0 || bits > ALL_BITS) {
    throw new PolicyError("AUTHORIZATIONS_UNKNOWN", "authorizations are a number from 0 to 15", {
      details: { bits },
    });
  }
  return NAMES.filter((name) => (bits & AUTHORIZATION_BITS[name]) !== 0);
}

/**
 * The bits of the names.
 *
 * @throws {PolicyError} AUTHORIZATIONS_UNKNOWN if a name is none of {@link Authorization}.
 */
export function authorizationBits(names: Authorizations): number {
  return names.reduce((bits, name) => bits | bitOf(name), 0);
}

/** The same rights in the order of their bits and without repetition. @throws {PolicyError} AUTHORIZATIONS_UNKNOWN */
export function normalizeAuthorizations(names: Authorizations): Authorizations {
  return authorizationsFromBits(authorizationBits(names));
}

function bitOf(name: Authorization): number {
  if (!NAMES.includes(name)) {
    throw new PolicyError("AUTHORIZATIONS_UNKNOWN", `there is no authorization ${String(name)}`, {
      details: { name },
    });
  }
  return AUTHORIZATION_BITS[name];
}
