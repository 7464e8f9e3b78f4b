import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { scryptAsync } from "@noble/hashes/scrypt.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { base64nopad } from "@scure/base";
import { type Identity, type Recipient, Stanza } from "age-encryption";
import type { Secret } from "../keys/index.ts";
import type { WorkOptions } from "../wallet/index.ts";
import { BackupError } from "./errors.ts";
import { report } from "./work.ts";

/**
 * The passphrase stanza of age (age-encryption.org/v1, "scrypt"). age-encryption has it too, but derives the key at one
 * go, which stops the event loop for a second and cannot be stopped.
 */
const TYPE = "scrypt";
const LABEL = utf8ToBytes("age-encryption.org/v1/scrypt");
const SALT_BYTES = 16;
const BODY_BYTES = 32;
/** What the age tool writes. */
const LOG_N = 18;
/** 1 GiB: more would exhaust a phone before anything is authenticated. */
const MAX_LOG_N = 20;
const NONCE = new Uint8Array(12);

/** Wraps the key of a file under a passphrase. */
export function passphraseRecipient(passphrase: Secret<string>, work: WorkOptions): Recipient {
  return {
    wrapFileKey: async (fileKey) => {
      const salt = randomBytes(SALT_BYTES);
      const key = await derive(passphrase, salt, LOG_N, work);
      // The nonce is constant, as age has it: every key is of a fresh salt and used once.
      try {
        const body = chacha20poly1305(key, NONCE).encrypt(fileKey);
        return [new Stanza([TYPE, base64nopad.encode(salt), String(LOG_N)], body)];
      } finally {
        key.fill(0);
      }
    },
  };
}

/** Unwraps what {@link passphraseRecipient}, or the age tool, wrapped. */
export function passphraseIdentity(passphrase: Secret<string>, work: WorkOptions): Identity {
  return {
    unwrapFileKey: async (stanzas) => {
      const stanza = stanzas.find(({ args }) => args[0] === TYPE);
      if (stanza === undefined) return null;
      const [, salt, logN] = parse(stanza, stanzas.length);
      const key = await derive(passphrase, salt, logN, work);
      try {
        return chacha20poly1305(key, NONCE).decrypt(stanza.body);
      } catch {
        return null;
      } finally {
        key.fill(0);
      }
    },
  };
}

function parse(
  { args, body }: Stanza,
  count: number,
): readonly [type: string, salt: Uint8Array, logN: number] {
  const [type = "", salt = "", logN = ""] = args;
  const isWellFormed =
    count === 1 &&
    args.length === 3 &&
    body.length === BODY_BYTES &&
    /^[A-Za-z0-9+/]{22}$/.test(salt) &&
    /^[1-9][0-9]?$/.test(logN);
  if (!isWellFormed) throw new BackupError("BACKUP_DAMAGED", "the header of the file was altered");
  if (Number(logN) > MAX_LOG_N) {
    throw new BackupError("BACKUP_WORK_EXCESSIVE", "the passphrase's key derivation asks for too much", {
      details: { logN: Number(logN) },
    });
  }
  return [type, base64nopad.decode(salt), Number(logN)];
}

async function derive(
  passphrase: Secret<string>,
  salt: Uint8Array,
  logN: number,
  work: WorkOptions,
): Promise<Uint8Array> {
  const N = 2 ** logN;
  const bytes = utf8ToBytes(passphrase.reveal());
  try {
    return await scryptAsync(bytes, concatBytes(LABEL, salt), {
      ...{ N, r: 8, p: 1, dkLen: 32, maxmem: 128 * 8 * (N + 1) + 4_096 },
      onProgress: (done) => report(work, done),
    });
  } finally {
    bytes.fill(0);
  }
}
