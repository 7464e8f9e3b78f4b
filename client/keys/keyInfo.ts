import { z } from "zod";
import { KeysError } from "./errors.ts";

/** What a key is for. Every key has one purpose. */
export const KEY_PURPOSES = [
  "MASTER",
  "KEY_ENCRYPTING",
  "DID_AUTHENTICATION",
  "DID_AGREEMENT",
  "POLICY",
  "AUTHORSHIP",
  "DEVICE_BACKUP",
  "STORAGE",
  "PROOF",
  "RECOVERY",
  "DEAD_DROP",
  "ESCROW",
] as const;

/** One of {@link KEY_PURPOSES}. */
export type KeyPurpose = (typeof KEY_PURPOSES)[number];

/** What a key lives on. The list is short on purpose: free text would sooner or later name a person or a device. */
export const KEY_HOLDERS = [
  "phone",
  "tablet",
  "laptop",
  "desktop",
  "server",
  "token",
  "paper",
  "other",
] as const;

/** One of {@link KEY_HOLDERS}. */
export type KeyHolder = (typeof KEY_HOLDERS)[number];

/**
 * What is known of a key besides the key. Nothing in it tells two owners apart: words of a closed list, and days instead of
 * times (requirements K2 and K9).
 */
export type KeyInfo = {
  readonly purpose: KeyPurpose;
  readonly holder: KeyHolder;
  /** Start of the day (UTC), in seconds since 1970. */
  readonly createdAt: bigint;
  /** Start of the day (UTC) from which it must not be used; undefined for a key that is rotated on occasion only. */
  readonly expiresAt?: bigint;
};

export type KeyInfoOptions = {
  readonly purpose: KeyPurpose;
  /** "other" by default. */
  readonly holder?: KeyHolder;
  /** In seconds since 1970; only its day is kept. */
  readonly now: bigint;
  /** Days until it expires; never by default. */
  readonly lifetimeDays?: number;
};

/** A key that should be replaced, and why. */
export type RotationReminder<Key> = {
  readonly key: Key;
  /** EXPIRED: must not be used any more. EXPIRING: within the notice. OLD: has no expiry, but serves longer than advised. */
  readonly state: "EXPIRED" | "EXPIRING" | "OLD";
  /** When it expires or expired, or grew old. */
  readonly since: bigint;
};

const DAY = 86_400n;
const DEFAULT_NOTICE_DAYS = 30n;

/** Days that a key should serve at most (requirement K2: long-term and short-term keys); undefined: as long as it is safe. */
const ADVISED_DAYS: Readonly<Record<KeyPurpose, bigint | undefined>> = {
  MASTER: undefined,
  KEY_ENCRYPTING: 730n,
  DID_AUTHENTICATION: 365n,
  DID_AGREEMENT: 365n,
  POLICY: 730n,
  AUTHORSHIP: 365n,
  DEVICE_BACKUP: 730n,
  STORAGE: 730n,
  PROOF: 90n,
  RECOVERY: 730n,
  DEAD_DROP: undefined,
  ESCROW: undefined,
};

const day = z.string().regex(/^(?:0|[1-9]\d{0,12})$/);

/** As it is written to JSON: times as decimal strings. */
export const keyInfoSchema = z.strictObject({
  purpose: z.enum(KEY_PURPOSES),
  holder: z.enum(KEY_HOLDERS),
  createdAt: day,
  expiresAt: day.optional(),
});

/** {@link KeyInfo} in JSON. */
export type KeyInfoJson = z.infer<typeof keyInfoSchema>;

/**
 * What to keep about a new key.
 *
 * @throws {KeysError} KEY_INFO_MALFORMED
 * @example keyInfo({ purpose: "POLICY", holder: "phone", now, lifetimeDays: 365 });
 */
export function keyInfo({ purpose, holder = "other", now, lifetimeDays }: KeyInfoOptions): KeyInfo {
  if (lifetimeDays !== undefined && !(Number.isSafeInteger(lifetimeDays) && lifetimeDays > 0)) {
    throw malformed();
  }
  if (now < 0n) throw malformed();
  const createdAt = now - (now % DAY);
  const life = lifetimeDays === undefined ? {} : { expiresAt: createdAt + DAY * BigInt(lifetimeDays) };
  return parseKeyInfo(keyInfoJson({ purpose, holder, createdAt, ...life }));
}

/**
 * Key information as it comes back from storage.
 *
 * @throws {KeysError} KEY_INFO_MALFORMED
 */
export function parseKeyInfo(value: unknown): KeyInfo {
  const { success, data } = keyInfoSchema.safeParse(value);
  if (!success) throw malformed();
  const { purpose, holder } = data;
  const createdAt = BigInt(data.createdAt);
  if (createdAt % DAY !== 0n) throw malformed();
  if (data.expiresAt === undefined) return { purpose, holder, createdAt };
  const expiresAt = BigInt(data.expiresAt);
  if (expiresAt % DAY !== 0n || expiresAt <= createdAt) throw malformed();
  return { purpose, holder, createdAt, expiresAt };
}

/** Key information for JSON. */
export function keyInfoJson({ purpose, holder, createdAt, expiresAt }: KeyInfo): KeyInfoJson {
  const life = expiresAt === undefined ? {} : { expiresAt: expiresAt.toString() };
  return { purpose, holder, createdAt: createdAt.toString(), ...life };
}

/** Key information for what ciphertexts are bound to. */
export function keyInfoAddress({ purpose, holder, createdAt, expiresAt }: KeyInfoJson): readonly unknown[] {
  return [purpose, holder, createdAt, expiresAt ?? null];
}

/** A key in words that may be shown to anybody: "policy key of a phone". */
export function describeKey({ purpose, holder }: KeyInfo): string {
  const name = purpose.toLowerCase().replaceAll("_", " ");
  const article = holder === "other" ? "another device" : `${holder === "paper" ? "" : "a "}${holder}`;
  return `${name} key of ${article}`;
}

/**
 * What is due for rotation, the most urgent first.
 *
 * @param keys Whatever carries key information.
 * @param now In seconds since 1970.
 * @param noticeDays How long before its expiry a key is mentioned; 30 by default, and never more than half its life.
 */
export function rotationReminders<Key extends { readonly info: KeyInfo }>(
  keys: readonly Key[],
  now: bigint,
  noticeDays: bigint = DEFAULT_NOTICE_DAYS,
): readonly RotationReminder<Key>[] {
  return keys
    .flatMap((key) => reminderOf(key, now, noticeDays * DAY))
    .sort((a, b) => (a.since === b.since ? 0 : a.since < b.since ? -1 : 1));
}

function reminderOf<Key extends { readonly info: KeyInfo }>(
  key: Key,
  now: bigint,
  notice: bigint,
): readonly RotationReminder<Key>[] {
  const { purpose, createdAt, expiresAt } = key.info;
  if (expiresAt === undefined) {
    const advised = ADVISED_DAYS[purpose];
    const since = advised === undefined ? undefined : createdAt + advised * DAY;
    return since !== undefined && now >= since ? [{ key, state: "OLD", since }] : [];
  }
  if (now >= expiresAt) return [{ key, state: "EXPIRED", since: expiresAt }];
  const half = (expiresAt - createdAt) / 2n;
  return now >= expiresAt - (notice < half ? notice : half)
    ? [{ key, state: "EXPIRING", since: expiresAt }]
    : [];
}

function malformed(): KeysError {
  return new KeysError(
    "KEY_INFO_MALFORMED",
    "a key's information does not have the form that all keys' have",
  );
}
