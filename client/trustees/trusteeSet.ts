import { bytesToHex, type Hex32, hex32, hexToBytes } from "../core/index.ts";
import { type KeyId, keyIdOf, type RandomSource, systemRandom } from "../keys/index.ts";
import {
  ALL_CAPABILITIES,
  checkTrusteeSettings,
  DEFAULT_RECOVERY_DELAY,
  DEFAULT_RECOVERY_WINDOW,
  majorityOf,
  NO_HASH,
  type PolicyId,
  type RegistryLocation,
  type TrusteeCapability,
  type TrusteeQuorum,
  type TrusteeSettings,
} from "../policy/index.ts";
import { checkConsent, type TrusteeConsent } from "./consent.ts";
import { TrusteesError } from "./errors.ts";
import { blindedLeaf, keccak256, type LeafContent, leafOf } from "./leaf.ts";
import { merkleTree } from "./merkleTree.ts";

/** A trustee with all that the registry wants to see when it first acts. */
export type Trustee = TrusteeConsent & {
  readonly salt: Hex32;
  readonly proof: readonly Hex32[];
};

/** A policy's trustees: what is public of them, and each with what hides it. */
export type TrusteeSet = {
  readonly location: RegistryLocation;
  readonly policy: PolicyId;
  readonly settings: TrusteeSettings;
  readonly trustees: readonly Trustee[];
};

export type TrusteeSetOptions = {
  readonly location: RegistryLocation;
  readonly policy: PolicyId;
  /** One of each trustee, in any order. */
  readonly consents: readonly TrusteeConsent[];
  /** How many must act together; most of those who can by default, and never one alone in a recovery. */
  readonly quorums?: Partial<Record<TrusteeCapability, number>>;
  /** Seconds; 14 days by default. Choose one longer than your longest absence. */
  readonly delay?: number;
  /** Seconds; 7 days by default. */
  readonly window?: number;
  /** The tag of the sharing; none by default. */
  readonly shareSet?: Hex32;
  /** When the set may come into force at the latest, in seconds since 1970: consents must be good until then. */
  readonly until?: bigint;
  readonly random?: RandomSource;
};

/**
 * Makes a set of trustees of their consents. Keep it, and give each trustee its part, see `appoint`.
 *
 * @throws {TrusteesError} TRUSTEES_TOO_FEW, TRUSTEE_DUPLICATE, TRUSTEE_CONSENT_MISMATCH, TRUSTEE_CONSENT_ENDS_EARLY
 * @throws {PolicyError} TRUSTEE_QUORUM_INVALID, SETTING_OUT_OF_RANGE, CAPABILITIES_UNKNOWN
 */
export function makeTrusteeSet(options: TrusteeSetOptions): TrusteeSet {
  const { location, policy, consents, shareSet = NO_HASH, until = 0n, random = systemRandom } = options;
  if (consents.length === 0) throw new TrusteesError("TRUSTEES_TOO_FEW", "name the trustees");
  refuseDuplicates(consents.map(({ key }) => keyIdOf(key)));
  for (const consent of consents) {
    checkConsent({ location, policy }, consent);
    if (consent.deadline < until) {
      throw new TrusteesError("TRUSTEE_CONSENT_ENDS_EARLY", "the consent may have ended by then: ask again", {
        details: { trustee: keyIdOf(consent.key), deadline: consent.deadline, until },
      });
    }
  }
  const salted = consents.map((consent) => ({ ...consent, salt: freshSalt(random) }));
  const tree = merkleTree(salted.map(leafOfTrustee));
  const settings = checkTrusteeSettings({
    root: tree.root,
    quorums: quorumsOf(consents, options.quorums ?? {}),
    delay: options.delay ?? DEFAULT_RECOVERY_DELAY,
    window: options.window ?? DEFAULT_RECOVERY_WINDOW,
    shareSet,
  });
  const trustees = salted.map((trustee) => ({ ...trustee, proof: tree.proofOf(leafOfTrustee(trustee)) }));
  return { location, policy, settings, trustees };
}

/** A set with another sharing; the trustees and what hides them stay. @throws {PolicyError} TRUSTEE_SETTINGS_MALFORMED */
export function withShareSet(set: TrusteeSet, shareSet: Hex32): TrusteeSet {
  return { ...set, settings: checkTrusteeSettings({ ...set.settings, shareSet }) };
}

/** What the leaf of a trustee commits to. */
export function contentOf(trustee: Omit<Trustee, "proof">): LeafContent {
  const { key, capabilities, deadline, signature, salt } = trustee;
  const consent = keccak256(hexToBytes(signature));
  return { trustee: keyIdOf(key), kind: key.kind, capabilities, deadline, consent, salt };
}

/** The leaf of a trustee. */
export function leafOfTrustee(trustee: Omit<Trustee, "proof">): Hex32 {
  return leafOf(blindedLeaf(contentOf(trustee)));
}

function quorumsOf(
  consents: readonly TrusteeConsent[],
  chosen: Partial<Record<TrusteeCapability, number>>,
): TrusteeSettings["quorums"] {
  const quorumOf = (capability: TrusteeCapability): readonly [TrusteeCapability, TrusteeQuorum] => {
    const count = consents.filter(({ capabilities }) => capabilities.includes(capability)).length;
    return [capability, { count, quorum: chosen[capability] ?? (count === 0 ? 0 : majorityOf(count)) }];
  };
  return Object.fromEntries(ALL_CAPABILITIES.map(quorumOf)) as TrusteeSettings["quorums"];
}

function refuseDuplicates(trustees: readonly KeyId[]): void {
  const duplicate = trustees.find((trustee, i) => trustees.indexOf(trustee) !== i);
  if (duplicate === undefined) return;
  throw new TrusteesError("TRUSTEE_DUPLICATE", "one key is one trustee", { details: { trustee: duplicate } });
}

function freshSalt(random: RandomSource): Hex32 {
  const bytes = new Uint8Array(32);
  random(bytes);
  return hex32(bytesToHex(bytes));
}
