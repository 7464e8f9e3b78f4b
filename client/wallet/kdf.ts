import { argon2idAsync } from "@noble/hashes/argon2.js";
import { scryptAsync } from "@noble/hashes/scrypt.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { isWellFormed } from "../core/index.ts";
import { Secret } from "../keys/index.ts";
import { WalletError } from "./errors.ts";
import { report, type WorkOptions } from "./work.ts";

/** Argon2id: `m` in KiB, `t` passes, `p` lanes. */
export type Argon2idParameters = {
  readonly name: "argon2id";
  readonly m: number;
  readonly t: number;
  readonly p: number;
};

/** scrypt: `N` a power of two. */
export type ScryptParameters = {
  readonly name: "scrypt";
  readonly N: number;
  readonly r: number;
  readonly p: number;
};

/** What a password costs to try. */
export type KdfParameters = Argon2idParameters | ScryptParameters;

const natural = z.int().positive();

/** As stored. */
export const kdfSchema: z.ZodType<KdfParameters> = z.union([
  z.strictObject({ name: z.literal("argon2id"), m: natural, t: natural, p: natural }),
  z.strictObject({ name: z.literal("scrypt"), N: natural, r: natural, p: natural }),
]);

/** Second choice of RFC 9106 §4: 64 MiB, 3 passes; about a second of one core in plain TypeScript. */
export const DEFAULT_KDF: KdfParameters = { name: "argon2id", m: 65_536, t: 3, p: 1 };

/** OWASP's least for argon2id; for scrypt its first choice, N = 2¹⁷, r = 8, p = 1, or as much work with less memory. */
const ARGON2ID_FLOOR = { m: 19_456, t: 2 } as const;
const SCRYPT_FLOOR = { N: 2 ** 14, r: 8, work: 2 ** 20 } as const;
/** A stored header is not authenticated before its key is derived: beyond these it could exhaust a phone. */
const ARGON2ID_CEILING = { m: 2 ** 20, t: 16, p: 16, work: 2 ** 22 } as const;
const SCRYPT_CEILING = { N: 2 ** 20, r: 16, p: 16, work: 2 ** 24 } as const;
const KEY_BYTES = 32;
const MAX_PASSWORD_BYTES = 4_096;
/** In characters: the least of NIST SP 800-63B. A floor, not advice. */
const MIN_PASSWORD = 8;

/**
 * Refuses parameters that are too cheap for an attacker, and such as would take forever.
 *
 * @throws {WalletError} WALLET_KDF_MALFORMED, WALLET_KDF_WEAK, WALLET_KDF_EXCESSIVE
 */
export function checkKdf(kdf: KdfParameters): void {
  if (!kdfSchema.safeParse(kdf).success) {
    throw new WalletError("WALLET_KDF_MALFORMED", "parameters of a key derivation are whole numbers");
  }
  if (isWeak(kdf)) {
    throw new WalletError("WALLET_KDF_WEAK", "the password's key derivation is weaker than allowed", {
      details: { ...kdf },
    });
  }
  if (isExcessive(kdf)) {
    throw new WalletError("WALLET_KDF_EXCESSIVE", "the password's key derivation asks for too much", {
      details: { ...kdf },
    });
  }
}

function isWeak(kdf: KdfParameters): boolean {
  if (kdf.name === "argon2id") {
    return !(kdf.m >= ARGON2ID_FLOOR.m && kdf.t >= ARGON2ID_FLOOR.t && kdf.p >= 1);
  }
  const { N, r, work } = SCRYPT_FLOOR;
  return !(kdf.N >= N && kdf.r >= r && kdf.p >= 1 && kdf.N * kdf.r * kdf.p >= work);
}

function isExcessive(kdf: KdfParameters): boolean {
  if (kdf.name === "argon2id") {
    const { m, t, p, work } = ARGON2ID_CEILING;
    return !(kdf.m <= m && kdf.t <= t && kdf.p <= p && kdf.m * kdf.t <= work);
  }
  const { N, r, p, work } = SCRYPT_CEILING;
  return !(
    kdf.N <= N &&
    kdf.r <= r &&
    kdf.p <= p &&
    kdf.N * kdf.r * kdf.p <= work &&
    Number.isInteger(Math.log2(kdf.N))
  );
}

/**
 * The 32-byte key of a password, without blocking the event loop for long. The password is normalised (NFKC), so that
 * it is the same on every keyboard.
 *
 * @throws {WalletError} WALLET_PASSWORD_EMPTY, WALLET_PASSWORD_MALFORMED, WALLET_LIMIT, WALLET_KDF_MALFORMED,
 * WALLET_KDF_WEAK, WALLET_KDF_EXCESSIVE, WALLET_ABORTED
 */
export async function deriveKey(
  password: Secret<string>,
  salt: Uint8Array,
  kdf: KdfParameters,
  work: WorkOptions = {},
): Promise<Secret<Uint8Array>> {
  checkKdf(kdf);
  report(work, 0);
  const bytes = passwordBytes(password);
  const onProgress = (done: number) => report(work, done);
  try {
    if (kdf.name === "argon2id") {
      const { m, t, p } = kdf;
      return new Secret(await argon2idAsync(bytes, salt, { m, t, p, dkLen: KEY_BYTES, onProgress }));
    }
    const { N, r, p } = kdf;
    // noble counts 128·r·(N + p) bytes and a little more.
    const maxmem = 128 * r * (N + p) + 4_096;
    return new Secret(await scryptAsync(bytes, salt, { N, r, p, maxmem, dkLen: KEY_BYTES, onProgress }));
  } finally {
    bytes.fill(0);
  }
}

/**
 * Refuses a new password that is guessed in no time: a copy of the wallet lets its holder try for ever.
 *
 * @throws {WalletError} WALLET_PASSWORD_WEAK, and as {@link checkPassword}
 */
export function checkNewPassword(password: Secret<string>): void {
  checkPassword(password);
  if ([...password.reveal().normalize("NFKC")].length >= MIN_PASSWORD) return;
  throw new WalletError("WALLET_PASSWORD_WEAK", `a password has at least ${MIN_PASSWORD} characters`);
}

/** @throws {WalletError} WALLET_PASSWORD_EMPTY, WALLET_PASSWORD_MALFORMED, WALLET_LIMIT */
export function checkPassword(password: Secret<string>): void {
  passwordBytes(password).fill(0);
}

function passwordBytes(password: Secret<string>): Uint8Array {
  if (!isWellFormed(password.reveal())) {
    throw new WalletError("WALLET_PASSWORD_MALFORMED", "a password is whole characters");
  }
  const bytes = utf8ToBytes(password.reveal().normalize("NFKC"));
  if (bytes.length === 0) throw new WalletError("WALLET_PASSWORD_EMPTY", "a password must not be empty");
  if (bytes.length > MAX_PASSWORD_BYTES) {
    throw new WalletError("WALLET_LIMIT", `a password has at most ${MAX_PASSWORD_BYTES} bytes`);
  }
  return bytes;
}
