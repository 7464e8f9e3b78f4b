import type { RandomSource } from "../../../client/keys/index.ts";
import { ALL_CAPABILITIES, type TrusteeCapabilities } from "../../../client/policy/index.ts";
import {
  consentToTrust,
  makeTrusteeSet,
  type TrusteeConsent,
  type TrusteeOffer,
  type TrusteeSet,
  type TrusteeSetOptions,
} from "../../../client/trustees/index.ts";
import { agent, LOCATION, NOW, POLICY } from "../policy/fixtures.ts";

export const DAY = 86_400n;

export const OFFER: TrusteeOffer = {
  ...{ location: LOCATION, policy: POLICY, capabilities: ALL_CAPABILITIES, deadline: NOW + 150n * DAY },
};

/** People who may be trustees. */
export const PEOPLE = Array.from({ length: 12 }, (_, i) => agent(500 + i));

/** One of the people. */
export function person(i: number): (typeof PEOPLE)[number] {
  const one = PEOPLE[i];
  if (one === undefined) throw new Error("nobody");
  return one;
}

/** The consent of one of the people. */
export function consentOf(
  i: number,
  capabilities: TrusteeCapabilities = ALL_CAPABILITIES,
): Promise<TrusteeConsent> {
  return consentToTrust(person(i).wallet, { ...OFFER, capabilities });
}

/** Bytes that never come again, and are the same at every run. */
export function countingRandom(): RandomSource {
  let next = 0;
  return (bytes) => {
    bytes.fill(0);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, ++next);
  };
}

/** A set of the first people, all of whom have the same capabilities unless it is said. */
export async function setOf(
  capabilities: readonly TrusteeCapabilities[],
  options: Partial<TrusteeSetOptions> = {},
): Promise<TrusteeSet> {
  const consents = await Promise.all(capabilities.map((some, i) => consentOf(i, some)));
  const random = countingRandom();
  return makeTrusteeSet({ location: LOCATION, policy: POLICY, consents, random, ...options });
}

/** So many with all capabilities. */
export function alike(count: number, options: Partial<TrusteeSetOptions> = {}): Promise<TrusteeSet> {
  return setOf(
    Array.from({ length: count }, () => ALL_CAPABILITIES),
    options,
  );
}
