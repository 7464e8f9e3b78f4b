import type { Hex32 } from "../core/index.ts";
import { type KeyId, keyIdOf } from "../keys/index.ts";
import {
  ALL_CAPABILITIES,
  checkTrusteeSettings,
  type PolicyId,
  type RegistryLocation,
  type TrusteeCapability,
  type TrusteeSettings,
} from "../policy/index.ts";
import { checkConsent } from "./consent.ts";
import { TrusteesError } from "./errors.ts";
import { blindedLeaf, type LeafContent, leafOf } from "./leaf.ts";
import { merkleTree, rootOf } from "./merkleTree.ts";
import { contentOf, leafOfTrustee, type Trustee, type TrusteeSet } from "./trusteeSet.ts";

/** Another trustee of the set, as far as its fellows are told: nothing but that it is one, or what its leaf commits to. */
export type Fellow = { readonly blinded: Hex32 } | { readonly content: LeafContent };

/**
 * What a trustee keeps for the day it is needed: its own part, and the proof that the set is what it says. Holds no key, but
 * tells whose trustee somebody is.
 */
export type Appointment = {
  readonly location: RegistryLocation;
  readonly policy: PolicyId;
  readonly settings: TrusteeSettings;
  readonly trustee: Trustee;
  readonly fellows: readonly Fellow[];
};

/**
 * A trustee's part of a set. Its fellows are shown blinded where that suffices to prove the set well-formed, that is, where all
 * have the same capabilities; else it learns their keys' ids and capabilities.
 *
 * @throws {TrusteesError} TRUSTEE_UNKNOWN if the key is not of the set
 */
export function appoint(set: TrusteeSet, key: KeyId): Appointment {
  const { location, policy, settings } = set;
  const trustee = set.trustees.find((one) => keyIdOf(one.key) === key);
  if (trustee === undefined) {
    throw new TrusteesError("TRUSTEE_UNKNOWN", "this key is not a trustee's", { details: { trustee: key } });
  }
  const alike = ALL_CAPABILITIES.every((capability) =>
    [0, set.trustees.length].includes(settings.quorums[capability].count),
  );
  const fellows = set.trustees
    .filter((one) => one !== trustee)
    .map((one): Fellow => {
      const content = contentOf(one);
      return alike ? { blinded: blindedLeaf(content) } : { content };
    });
  return { location, policy, settings, trustee, fellows };
}

/**
 * Refuses an appointment unless it is proven that the trustee is in the set, consented to be, and that for each capability no
 * more trustees have it than the set says. The registry cannot count them: an owner, or a thief, could hide trustees of his
 * own. **Accept no appointment that fails, and tell the owner.**
 *
 * Compare `settings` with those of the change that waits as well, see `readPolicyState`: the proof is of what is shown here.
 *
 * @throws {TrusteesError} TRUSTEE_CONSENT_MISMATCH, TRUSTEE_UNKNOWN if the trustee is not in the set, TRUSTEE_DUPLICATE if one
 * key has two leaves, TRUSTEE_SET_UNPROVEN with the capability of which there may be more than it says
 * @throws {PolicyError} TRUSTEE_QUORUM_INVALID, TRUSTEE_SETTINGS_MALFORMED, SETTING_OUT_OF_RANGE
 */
export function checkAppointment(appointment: Appointment): void {
  const { settings, trustee, fellows } = appointment;
  checkTrusteeSettings(settings);
  checkConsent(appointment, trustee);
  const own = leafOfTrustee(trustee);
  const blinded = fellows.map((fellow) =>
    "blinded" in fellow ? fellow.blinded : blindedLeaf(fellow.content),
  );
  const leaves = [own, ...blinded.map(leafOf)];
  if (rootOf(own, trustee.proof) !== settings.root) {
    throw new TrusteesError("TRUSTEE_UNKNOWN", "the trustee is not in the set", {
      details: { trustee: keyIdOf(trustee.key) },
    });
  }
  const shown = [contentOf(trustee), ...fellows.flatMap((one) => ("content" in one ? [one.content] : []))];
  const keys = shown.map((content) => content.trustee);
  const duplicate = keys.find((key, i) => keys.indexOf(key) !== i);
  if (duplicate !== undefined || new Set(leaves).size !== leaves.length) {
    throw new TrusteesError("TRUSTEE_DUPLICATE", "one trustee has two places in the set", {
      details: { trustee: duplicate },
    });
  }
  if (merkleTree(leaves).root !== settings.root) throw unproven(undefined);
  const hidden = leaves.length - shown.length;
  for (const capability of ALL_CAPABILITIES) {
    const { count } = settings.quorums[capability];
    // Nobody can act by a capability without a quorum, whatever leaves say.
    if (count === 0) continue;
    const seen = shown.filter(({ capabilities }) => capabilities.includes(capability)).length;
    // Whoever is not shown may have every capability: the worst case must be what the set says.
    if (seen + hidden !== count) throw unproven(capability);
  }
}

function unproven(capability: TrusteeCapability | undefined): TrusteesError {
  const what = capability === undefined ? "the set has other trustees" : "others may have this capability";
  return new TrusteesError("TRUSTEE_SET_UNPROVEN", `the set is not proven to be what it says: ${what}`, {
    details: { capability },
  });
}
