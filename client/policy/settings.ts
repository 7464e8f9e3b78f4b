import { type Hex32, hex32 } from "../core/index.ts";
import { PolicyError } from "./errors.ts";

/** The rules of a policy (requirement A7). */
export type PolicySettings = {
  /** How many agents must approve a grant of PROVE. */
  readonly grantQuorum: number;
  /** How many ADMINs must approve what needs ADMIN. */
  readonly adminQuorum: number;
  /** Whether keys of kind CONTRACT count in quorums and majorities. */
  readonly contractKeysCount: boolean;
  /** Seconds that a governance change waits; {@link MIN_DELAY} to {@link MAX_DELAY}. */
  readonly delay: number;
  /** Seconds during which it can be executed then; {@link MIN_WINDOW} to {@link MAX_WINDOW}. */
  readonly window: number;
  /** To the root keys, see `rootCommitment`; {@link NO_ROOT_KEYS} for none. */
  readonly rootCommitment: Hex32;
};

/** A policy without root keys: whoever loses all ADMINs has lost it. */
export const NO_ROOT_KEYS: Hex32 = hex32(`0x${"00".repeat(32)}`);

export const MIN_DELAY = 3_600;
export const MAX_DELAY = 30 * 86_400;
export const MIN_WINDOW = 86_400;
export const MAX_WINDOW = 30 * 86_400;

/** Two days: time enough to see an alert, find another device and veto. */
export const DEFAULT_DELAY = 2 * 86_400;
/** A week, as executing is nobody's duty. */
export const DEFAULT_WINDOW = 7 * 86_400;

/** Agents that may hold more than PROVE. */
export const MAX_POWERFUL = 16;

/** Bit of each setting in `fields` of a governance change. */
export const SETTING_BITS = {
  grantQuorum: 1,
  adminQuorum: 2,
  contractKeysCount: 4,
  delay: 8,
  window: 16,
  rootCommitment: 32,
} as const satisfies Record<keyof PolicySettings, number>;

/** The settings by name, in the order of their bits. */
export const SETTING_NAMES = [
  "grantQuorum",
  "adminQuorum",
  "contractKeysCount",
  "delay",
  "window",
  "rootCommitment",
] as const satisfies readonly (keyof PolicySettings)[];

/**
 * Safe settings for a policy that begins with so many ADMINs.
 *
 * One ADMIN, or two: one approves, the other can veto; needing both would lock the policy when one is lost. Three and
 * more: most of them, so that a minority of stolen devices cannot even begin a change and a minority of lost ones does not
 * stand in the way. A grant of PROVE needs one agent: any ADMIN can stop grants and revoke. Keys of contracts do not
 * count, as the chain cannot tell whether their owner is an agent already.
 *
 * @param options `rootCommitment`: to a root set, see `makeRootSet`.
 * @throws {PolicyError} SETTING_OUT_OF_RANGE
 */
export function safeSettings(options: {
  readonly admins: number;
  readonly rootCommitment: Hex32;
}): PolicySettings {
  const { admins, rootCommitment } = options;
  return checkSettings({
    grantQuorum: 1,
    adminQuorum: admins < 3 ? 1 : majorityOf(admins),
    contractKeysCount: false,
    delay: DEFAULT_DELAY,
    window: DEFAULT_WINDOW,
    rootCommitment,
  });
}

/** How many of `count` are most of them: the smallest number above the half. */
export function majorityOf(count: number): number {
  return Math.floor(count / 2) + 1;
}

/**
 * The settings, if each is within its bounds; whether a quorum can be reached depends on the agents.
 *
 * @throws {PolicyError} SETTING_OUT_OF_RANGE, with the name and the bounds
 */
export function checkSettings<Settings extends Partial<PolicySettings>>(settings: Settings): Settings {
  within(settings, "grantQuorum", 1, MAX_POWERFUL);
  within(settings, "adminQuorum", 1, MAX_POWERFUL);
  within(settings, "delay", MIN_DELAY, MAX_DELAY);
  within(settings, "window", MIN_WINDOW, MAX_WINDOW);
  return settings;
}

/**
 * Settings from the bits of those that are set, and all values, as the registry gives them.
 *
 * @throws {PolicyError} SETTINGS_FIELDS_UNKNOWN
 */
export function settingsFromFields(fields: number, all: PolicySettings): Partial<PolicySettings> {
  if (fields >> SETTING_NAMES.length !== 0) {
    throw new PolicyError("SETTINGS_FIELDS_UNKNOWN", "there is no such setting", { details: { fields } });
  }
  const set = SETTING_NAMES.filter((name) => (fields & SETTING_BITS[name]) !== 0);
  return Object.fromEntries(set.map((name) => [name, all[name]]));
}

/** The bits of the settings that are set. */
export function settingsFields(settings: Partial<PolicySettings>): number {
  return SETTING_NAMES.reduce(
    (bits, name) => (settings[name] === undefined ? bits : bits | SETTING_BITS[name]),
    0,
  );
}

/** All settings, zero where none is set: the struct that is signed. */
export function settingsStruct(settings: Partial<PolicySettings>): PolicySettings {
  return {
    grantQuorum: settings.grantQuorum ?? 0,
    adminQuorum: settings.adminQuorum ?? 0,
    contractKeysCount: settings.contractKeysCount ?? false,
    delay: settings.delay ?? 0,
    window: settings.window ?? 0,
    rootCommitment: settings.rootCommitment ?? NO_ROOT_KEYS,
  };
}

function within(
  settings: Partial<PolicySettings>,
  name: "grantQuorum" | "adminQuorum" | "delay" | "window",
  min: number,
  max: number,
): void {
  const value = settings[name];
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return;
  throw new PolicyError("SETTING_OUT_OF_RANGE", `${name} is a whole number from ${min} to ${max}`, {
    details: { name, value, min, max },
  });
}
