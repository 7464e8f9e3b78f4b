import { type KeyHolder, type KeyInfo, keyInfo } from "../keys/index.ts";

/** What is to be known of a new key of the wallet (K2); it is kept sealed. */
export type KeyLife = {
  /** In seconds since 1970, of which the day is kept. Default: the system's clock. */
  readonly now?: bigint;
  /** Where it is used: "phone". */
  readonly holder?: KeyHolder;
  /** Days until `rotationReminders` says that it has expired; never by default. */
  readonly lifetimeDays?: number;
};

const DAY = 86_400n;

/** Information on a new key: of a slot, which wraps keys, or of a segment, which encrypts what is stored. */
export function newKeyInfo(
  purpose: "KEY_ENCRYPTING" | "STORAGE",
  { now = systemNow(), holder, lifetimeDays }: KeyLife,
): KeyInfo {
  return keyInfo({
    ...{ purpose, now },
    ...(holder === undefined ? {} : { holder }),
    ...(lifetimeDays === undefined ? {} : { lifetimeDays }),
  });
}

/** Information on a key in place of another one, which serves as long as that was to. */
export function renewedKeyInfo({ purpose, holder, createdAt, expiresAt }: KeyInfo, now?: bigint): KeyInfo {
  const life = expiresAt === undefined ? {} : { lifetimeDays: Number((expiresAt - createdAt) / DAY) };
  return keyInfo({ purpose, holder, now: now ?? systemNow(), ...life });
}

function systemNow(): bigint {
  return BigInt(Math.floor(Date.now() / 1000));
}
