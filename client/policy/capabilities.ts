import { PolicyError } from "./errors.ts";

/** The bit of each capability of a trustee (requirement V4). */
export const CAPABILITY_BITS = {
  /** Keeps a share of the owner's recovery secret; nothing on chain. */
  RECOVERY_SHARE: 1,
  /** With others: revokes PROVE. */
  REVOKE_AUTHZ: 2,
  /** With others: stands for one approval of a grant. */
  PROVISION_AUTHZ: 4,
  /** With others: gives the policy back to its owner, slowly. */
  ADMIN_AUTHZ: 8,
} as const;

/** What a trustee may do. */
export type TrusteeCapability = keyof typeof CAPABILITY_BITS;

/** Capabilities by name, in the order of their bits, each at most once. */
export type TrusteeCapabilities = readonly TrusteeCapability[];

/** All there are, in the order of their bits. */
export const ALL_CAPABILITIES: TrusteeCapabilities = [
  "RECOVERY_SHARE",
  "REVOKE_AUTHZ",
  "PROVISION_AUTHZ",
  "ADMIN_AUTHZ",
];

const ALL_BITS = 15;

/**
 * The names of the set bits.
 *
 * @param bits 0 … 15, as the registry stores them.
 * @throws {PolicyError} CAPABILITIES_UNKNOWN if another bit is set.
 */
export function capabilitiesFromBits(bits: number): TrusteeCapabilities {
  if (!Number.isInteger(bits) || bits < 0 || bits > ALL_BITS) {
    throw new PolicyError("CAPABILITIES_UNKNOWN", "capabilities are a number from 0 to 15", {
      details: { bits },
    });
  }
  return ALL_CAPABILITIES.filter((name) => (bits & CAPABILITY_BITS[name]) !== 0);
}

/** The bits of the names. @throws {PolicyError} CAPABILITIES_UNKNOWN if a name is none of {@link TrusteeCapability}. */
export function capabilityBits(names: TrusteeCapabilities): number {
  return names.reduce((bits, name) => {
    if (!ALL_CAPABILITIES.includes(name)) {
      throw new PolicyError("CAPABILITIES_UNKNOWN", `there is no capability ${String(name)}`, {
        details: { name },
      });
    }
    return bits | CAPABILITY_BITS[name];
  }, 0);
}

/** The same capabilities in the order of their bits and without repetition. @throws {PolicyError} CAPABILITIES_UNKNOWN */
export function normalizeCapabilities(names: TrusteeCapabilities): TrusteeCapabilities {
  return capabilitiesFromBits(capabilityBits(names));
}
