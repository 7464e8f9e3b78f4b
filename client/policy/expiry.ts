import { EXPIRY_BITS } from "../core/index.ts";
import { PolicyError } from "./errors.ts";

declare const expiryBrand: unique symbol;

/**
 * The last second, since 1970, at which PROVE holds: a multiple of 3600 below 2⁴⁰ − 1, or {@link NO_EXPIRY}
 * (protocol §2).
 */
export type Expiry = bigint & { readonly [expiryBrand]: true };

/** Expiries lie on whole hours, so that they tell little about who they belong to. */
export const EXPIRY_STEP_SECONDS = 3600n;

/** PROVE until revoked. */
export const NO_EXPIRY = ((1n << BigInt(EXPIRY_BITS)) - 1n) as Expiry;

/**
 * Parses an expiry.
 *
 * @throws {PolicyError} EXPIRY_MALFORMED unless it is {@link NO_EXPIRY} or a positive multiple of 3600 below it.
 */
export function expiry(value: bigint): Expiry {
  if (value !== NO_EXPIRY && (value <= 0n || value > NO_EXPIRY || value % EXPIRY_STEP_SECONDS !== 0n)) {
    throw new PolicyError(
      "EXPIRY_MALFORMED",
      "an expiry is a multiple of 3600 seconds, or 2^40 - 1 for none",
      {
        details: { expiry: value },
      },
    );
  }
  return value as Expiry;
}

/**
 * An expiry at least `seconds` after `now`, rounded up to the next whole hour.
 *
 * @param options `now`: time of the chain's head block, in seconds; `seconds`: how long PROVE must last at least.
 * @throws {PolicyError} EXPIRY_PASSED unless `seconds` > 0; EXPIRY_MALFORMED beyond the year 36812.
 * @example expiryAfter({ now: 1_700_000_000n, seconds: 30n * 86_400n }); // a month and at most an hour
 */
export function expiryAfter(options: { readonly now: bigint; readonly seconds: bigint }): Expiry {
  if (options.seconds <= 0n) {
    throw new PolicyError("EXPIRY_PASSED", "an expiry must lie in the future", { details: { ...options } });
  }
  const end = options.now + options.seconds;
  const rounded = ((end + EXPIRY_STEP_SECONDS - 1n) / EXPIRY_STEP_SECONDS) * EXPIRY_STEP_SECONDS;
  if (rounded >= NO_EXPIRY) {
    throw new PolicyError("EXPIRY_MALFORMED", "an expiry has 40 bits", { details: { expiry: rounded } });
  }
  return expiry(rounded);
}

/** True if PROVE with this expiry holds at `now` (the expiry is its last second). */
export function isLive(expiry: Expiry, now: bigint): boolean {
  return now <= expiry;
}
