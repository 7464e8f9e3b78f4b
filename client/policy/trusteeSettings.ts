import { TypedDataEncoder } from "ethers";
import { type Hex32, hex32 } from "../core/index.ts";
import { ALL_CAPABILITIES, type TrusteeCapability } from "./capabilities.ts";
import { PolicyError } from "./errors.ts";
import { MAX_WINDOW, MIN_WINDOW } from "./settings.ts";
import { TRUSTEE_SETTINGS_FIELDS } from "./structs.ts";

/** How many trustees have a capability, and how many of them must act together; 0 and 0 where nobody has it. */
export type TrusteeQuorum = { readonly count: number; readonly quorum: number };

/** A policy's trustees, as far as they are public, and the rules of recovery. */
export type TrusteeSettings = {
  /** Over the hidden set, see `makeTrusteeSet` of `dkms/trustees`. */
  readonly root: Hex32;
  readonly quorums: Readonly<Record<TrusteeCapability, TrusteeQuorum>>;
  /** Seconds that a recovery waits: not less than the policy's delay, at most {@link MAX_RECOVERY_DELAY}. */
  readonly delay: number;
  /** Seconds during which it can be executed then. */
  readonly window: number;
  /** The tag of the sharing that belongs to this set, see `shareSetAnchor` of `dkms/recovery`; zero if there is none. */
  readonly shareSet: Hex32;
};

/** Zero, where the registry stores no hash. */
export const NO_HASH: Hex32 = hex32(`0x${"00".repeat(32)}`);

/** Ninety days. */
export const MAX_RECOVERY_DELAY = 90 * 86_400;
/** Fourteen days: longer than most absences, and short enough to wait for. */
export const DEFAULT_RECOVERY_DELAY = 14 * 86_400;
/** Seven days, as executing is nobody's duty. */
export const DEFAULT_RECOVERY_WINDOW = 7 * 86_400;

/** Trustees with ADMIN_AUTHZ are at least so many, and so many act together. */
export const MIN_RECOVERY_TRUSTEES = 3;
export const MIN_RECOVERY_QUORUM = 2;

/** With one capability: so many can act together in one transaction, even passkeys where the chain checks P-256 itself. */
const MAX_TRUSTEES = 32;
/** With RECOVERY_SHARE, who never act on chain. */
const MAX_SHAREHOLDERS = 255;

const NOBODY: TrusteeQuorum = { count: 0, quorum: 0 };

/** A policy without trustees. */
export const NO_TRUSTEES: TrusteeSettings = {
  ...{ root: NO_HASH, delay: 0, window: 0, shareSet: NO_HASH },
  quorums: {
    ...{ RECOVERY_SHARE: NOBODY, REVOKE_AUTHZ: NOBODY },
    ...{ PROVISION_AUTHZ: NOBODY, ADMIN_AUTHZ: NOBODY },
  },
};

/** Where each quorum stands in the struct of the registry. */
const PREFIXES = {
  RECOVERY_SHARE: "share",
  REVOKE_AUTHZ: "revoke",
  PROVISION_AUTHZ: "provision",
  ADMIN_AUTHZ: "admin",
} as const satisfies Record<TrusteeCapability, string>;

/** True if these are the settings of nobody. */
export function isNobody({ root }: TrusteeSettings): boolean {
  return root === NO_HASH;
}

/**
 * The settings, if trustees with them could serve; whether the delay is long enough depends on the policy as well.
 *
 * @throws {PolicyError} TRUSTEE_QUORUM_INVALID with capability, count and quorum; TRUSTEE_SETTINGS_MALFORMED;
 * SETTING_OUT_OF_RANGE with the name and the bounds
 */
export function checkTrusteeSettings(settings: TrusteeSettings): TrusteeSettings {
  const { quorums, delay, window, shareSet } = settings;
  for (const capability of ALL_CAPABILITIES) checkQuorum(capability, quorums[capability]);
  const none = ALL_CAPABILITIES.every((capability) => quorums[capability].count === 0);
  const empty = delay === 0 && window === 0 && shareSet === NO_HASH;
  if (none !== isNobody(settings) || (none && !empty)) {
    throw new PolicyError(
      "TRUSTEE_SETTINGS_MALFORMED",
      "trustees have a capability and a root, or there are none",
    );
  }
  if (none) return settings;
  within("delay", delay, 1, MAX_RECOVERY_DELAY);
  within("window", window, MIN_WINDOW, MAX_WINDOW);
  return settings;
}

function checkQuorum(capability: TrusteeCapability, { count, quorum }: TrusteeQuorum): void {
  const most = capability === "RECOVERY_SHARE" ? MAX_SHAREHOLDERS : MAX_TRUSTEES;
  const whole = [count, quorum].every((value) => Number.isInteger(value) && value >= 0 && value <= most);
  const [leastCount, leastQuorum] =
    capability === "ADMIN_AUTHZ" ? [MIN_RECOVERY_TRUSTEES, MIN_RECOVERY_QUORUM] : [1, 1];
  const absent = count === 0 && quorum === 0;
  if (whole && (absent || (count >= leastCount && quorum >= leastQuorum && quorum <= count))) return;
  const text = `${capability} needs ${leastCount} trustees or more, and ${leastQuorum} of them or more together, of at most ${most}`;
  throw new PolicyError("TRUSTEE_QUORUM_INVALID", text, { details: { capability, count, quorum } });
}

function within(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new PolicyError("SETTING_OUT_OF_RANGE", `the recovery's ${name} is from ${min} to ${max} seconds`, {
    details: { name, value, min, max },
  });
}

/** The settings as the struct that the registry takes. */
export function trusteeSettingsStruct({
  quorums,
  ...rest
}: TrusteeSettings): Readonly<Record<string, unknown>> {
  const counts = ALL_CAPABILITIES.flatMap((capability) => [
    [`${PREFIXES[capability]}Count`, quorums[capability].count],
    [`${PREFIXES[capability]}Quorum`, quorums[capability].quorum],
  ]);
  return { ...rest, ...Object.fromEntries(counts) };
}

/** The settings of the registry's struct, by what reads its numbers. */
export function trusteeQuorumsFrom(number: (field: string) => number): TrusteeSettings["quorums"] {
  const quorumOf = (capability: TrusteeCapability): TrusteeQuorum => ({
    count: number(`${PREFIXES[capability]}Count`),
    quorum: number(`${PREFIXES[capability]}Quorum`),
  });
  return {
    RECOVERY_SHARE: quorumOf("RECOVERY_SHARE"),
    REVOKE_AUTHZ: quorumOf("REVOKE_AUTHZ"),
    PROVISION_AUTHZ: quorumOf("PROVISION_AUTHZ"),
    ADMIN_AUTHZ: quorumOf("ADMIN_AUTHZ"),
  };
}

/** What a policy stores of its trustees: the EIP-712 hash of the struct; zero for {@link NO_TRUSTEES}. */
export function trusteeSettingsHash(settings: TrusteeSettings): Hex32 {
  if (isNobody(settings)) return NO_HASH;
  const types = { TrusteeSettings: structuredClone(TRUSTEE_SETTINGS_FIELDS) };
  return hex32(TypedDataEncoder.hashStruct("TrusteeSettings", types, { ...trusteeSettingsStruct(settings) }));
}
