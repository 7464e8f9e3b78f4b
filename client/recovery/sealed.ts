import { hkdf } from "@noble/hashes/hkdf.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { bech32 } from "@scure/base";
import { z } from "zod";
import { type Hex32, hexToBytes, sealBytes, unsealBytes } from "../core/index.ts";
import { type RandomSource, Secret, systemRandom } from "../keys/index.ts";
import { fromBase64url, signedBytes, toBase64url } from "./encoding.ts";
import { RecoveryError } from "./errors.ts";
import type { SharedSecret } from "./feldman.ts";
import { type SecondFactor, secondFactorSchema } from "./secondFactor.ts";

/** What only the restored secret opens; with a second factor, only together with the PIN. */
export const sealedPayloadSchema = z
  .strictObject({
    cipher: z.literal("XChaCha20-Poly1305"),
    secondFactor: secondFactorSchema.optional(),
    nonce: z.string().regex(/^[A-Za-z0-9_-]{32}$/),
    ciphertext: z
      .string()
      .max(44_000)
      .regex(/^[A-Za-z0-9_-]*$/),
  })
  .meta({ id: "SealedPayload", description: "Bytes that the shared secret opens" });

export type SealedPayload = z.infer<typeof sealedPayloadSchema>;

/** A PIN's key and how it was made. */
export type StretchedPin = { readonly parameters: SecondFactor; readonly key: Secret<Uint8Array> };

export type SecretKeys = {
  readonly secret: SharedSecret;
  /** Of the set that shares the secret: keys of two sets differ even if the secrets did not. */
  readonly tag: Hex32;
  readonly pin?: StretchedPin;
};

const NONCE_BYTES = 24;
const KEY_BYTES = 32;
const MAX_PAYLOAD_BYTES = 32_768;
const DOMAIN = "DKMS-V1-SEALED";

/** What a key is derived for. */
type Use = { readonly info: string; readonly withPin: boolean };
const OUTER: Use = { info: "DKMS-V1-SEALED-OUTER", withPin: false };
const INNER: Use = { info: "DKMS-V1-SEALED-INNER", withPin: true };
const IDENTITY: Use = { info: "DKMS-V1-BACKUP-IDENTITY", withPin: true };

/**
 * Seals bytes under a shared secret and, if there is one, the owner's PIN: in two layers, so that a wrong PIN is told
 * from damage. The PIN slows trustees who conspire, by argon2id for each guess; it does not stop them.
 *
 * @throws {RecoveryError} PAYLOAD_TOO_LONG beyond 32 KiB.
 */
export function sealPayload(
  payload: Uint8Array,
  keys: SecretKeys,
  random: RandomSource = systemRandom,
): SealedPayload {
  if (payload.length > MAX_PAYLOAD_BYTES) {
    throw new RecoveryError(
      "PAYLOAD_TOO_LONG",
      "shares carry at most 32 KiB: shard a key and encrypt with it",
      {
        details: { length: payload.length },
      },
    );
  }
  const { pin } = keys;
  const header = headerOf(pin?.parameters);
  const associated = signedBytes(DOMAIN, { ...header, tag: keys.tag });
  const nonce = randomNonce(random);
  const inner = pin === undefined ? payload : sealInner(payload, keys, associated, random);
  const outer = withKey(keys, OUTER, (key) => sealBytes({ key, associated }, inner, nonce));
  return { ...header, nonce: toBase64url(nonce), ciphertext: toBase64url(outer.subarray(NONCE_BYTES)) };
}

/**
 * @throws {RecoveryError} PAYLOAD_DAMAGED (altered, or of another secret); SECOND_FACTOR_NEEDED; SECOND_FACTOR_WRONG
 */
export function openPayload(sealed: SealedPayload, keys: SecretKeys): Secret<Uint8Array> {
  const associated = signedBytes(DOMAIN, { ...headerOf(sealed.secondFactor), tag: keys.tag });
  const bytes = concatBytes(
    fromBase64url(sealed.nonce, NONCE_BYTES) ?? new Uint8Array(),
    fromBase64url(sealed.ciphertext) ?? new Uint8Array(),
  );
  const outer = withKey(keys, OUTER, (key) => unsealBytes({ key, associated }, bytes));
  if (outer === undefined) {
    throw new RecoveryError("PAYLOAD_DAMAGED", "the payload was altered, or is of another secret");
  }
  if (sealed.secondFactor === undefined) return new Secret(outer);
  if (keys.pin === undefined)
    throw new RecoveryError("SECOND_FACTOR_NEEDED", "the owner's PIN is needed too");
  const inner = withKey(keys, INNER, (key) => unsealBytes({ key, associated }, outer));
  if (inner === undefined) throw new RecoveryError("SECOND_FACTOR_WRONG", "the PIN is wrong");
  return new Secret(inner);
}

/**
 * The age identity (`AGE-SECRET-KEY-1…`) that backups are encrypted to: derived from the shared secret and the PIN, so
 * that nobody needs to keep it.
 */
export function backupIdentity(keys: SecretKeys): Secret<string> {
  return withKey(
    keys,
    IDENTITY,
    (scalar) => new Secret(bech32.encodeFromBytes("AGE-SECRET-KEY-", scalar).toUpperCase()),
  );
}

function sealInner(
  payload: Uint8Array,
  keys: SecretKeys,
  associated: Uint8Array,
  random: RandomSource,
): Uint8Array {
  return withKey(keys, INNER, (key) => sealBytes({ key, associated }, payload, randomNonce(random)));
}

/**
 * Uses a key for one thing, and overwrites it: HKDF-SHA-512 of the secret, and of the PIN's key behind it where it takes
 * part; salted with the tag.
 */
function withKey<Result>(
  { secret, tag, pin }: SecretKeys,
  { info, withPin }: Use,
  use: (key: Uint8Array) => Result,
): Result {
  const material = withPin && pin !== undefined ? [secret.reveal(), pin.key.reveal()] : [secret.reveal()];
  const joined = concatBytes(...material);
  const key = hkdf(sha512, joined, hexToBytes(tag), utf8ToBytes(info), KEY_BYTES);
  try {
    return use(key);
  } finally {
    joined.fill(0);
    key.fill(0);
  }
}

function headerOf(secondFactor: SecondFactor | undefined) {
  const cipher = "XChaCha20-Poly1305" as const;
  return secondFactor === undefined ? { cipher } : { cipher, secondFactor };
}

function randomNonce(random: RandomSource): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  random(nonce);
  return nonce;
}
