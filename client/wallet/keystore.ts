import { utf8ToBytes } from "@noble/hashes/utils.js";
import { decryptKeystoreJson, encryptKeystoreJson } from "ethers";
import { z } from "zod";
import { bytesToHex, type Hex20, hex, hex20, hexToBytes, isWellFormed } from "../core/index.ts";
import { Secret } from "../keys/index.ts";
import { WalletError } from "./errors.ts";
import { checkPassword } from "./kdf.ts";
import { report, type WorkOptions } from "./work.ts";

/** One secp256k1 key, as other wallets take it. */
export type KeystoreKey = { readonly address: Hex20; readonly privateKey: Secret<Uint8Array> };

const natural = z.int().positive();
const keystoreSchema = z.looseObject({
  version: z.literal(3),
  crypto: z.looseObject({
    kdf: z.enum(["scrypt", "pbkdf2"]),
    kdfparams: z.looseObject({
      n: natural.optional(),
      r: natural.optional(),
      p: natural.optional(),
      c: natural.optional(),
    }),
  }),
});

/** 1 GiB, and some seconds: what comes from elsewhere may be weaker than our own, but not keep the machine busy. */
const MAX_SCRYPT_WORK = 2 ** 24;
const MAX_SCRYPT_BLOCKS = 2 ** 23;
const MAX_PBKDF2_ROUNDS = 10_000_000;

/**
 * A key as a JSON keystore (Web3 Secret Storage, version 3), with scrypt at N = 2¹⁷, as every Ethereum wallet reads. The
 * password is normalised (NFKC), as ethers does it: another program may ask for it in that form.
 *
 * @throws {WalletError} WALLET_PASSWORD_EMPTY, WALLET_LIMIT, WALLET_ABORTED
 */
export async function exportKeystore(
  { address, privateKey }: KeystoreKey,
  password: Secret<string>,
  work: WorkOptions = {},
): Promise<string> {
  checkPassword(password);
  return await encryptKeystoreJson(
    { address, privateKey: bytesToHex(privateKey.reveal()) },
    password.reveal(),
    { scrypt: { N: 2 ** 17, r: 8, p: 1 }, progressCallback: (done) => report(work, done) },
  );
}

/**
 * The key of a JSON keystore. Most programs take the password's bytes as they are, some normalise it first (NFKC), as
 * ethers and so we do: both are tried where they differ.
 *
 * @throws {WalletError} WALLET_KEYSTORE_MALFORMED, WALLET_KDF_EXCESSIVE, WALLET_KEY_WRONG, WALLET_PASSWORD_MALFORMED,
 * WALLET_ABORTED
 */
export async function importKeystore(
  json: string,
  password: Secret<string>,
  work: WorkOptions = {},
): Promise<KeystoreKey> {
  const keystore = checkedKeystore(json);
  report(work, 0);
  const spellings = spellingsOf(password);
  for (const [i, spelling] of spellings.entries()) {
    const onProgress = (done: number) => report(work, (i + done) / spellings.length);
    const key = await openedKeystore(keystore, spelling, onProgress);
    if (key !== undefined) return key;
  }
  throw new WalletError("WALLET_KEY_WRONG", "the password does not open this keystore");
}

function spellingsOf(password: Secret<string>): readonly string[] {
  const text = password.reveal();
  if (isWellFormed(text)) return [...new Set([text, text.normalize("NFKC")])];
  throw new WalletError("WALLET_PASSWORD_MALFORMED", "a password is whole characters");
}

/** Undefined if the password is another. */
async function openedKeystore(
  keystore: string,
  password: string,
  onProgress: (done: number) => void,
): Promise<KeystoreKey | undefined> {
  const bytes = utf8ToBytes(password);
  try {
    const { address, privateKey } = await decryptKeystoreJson(keystore, bytes, onProgress);
    return { address: hex20(address), privateKey: new Secret(hexToBytes(hex(privateKey))) };
  } catch (error) {
    if (error instanceof WalletError) throw error;
    if (error instanceof Error && error.message.startsWith("incorrect password")) return undefined;
    throw malformed();
  } finally {
    bytes.fill(0);
  }
}

/** What was checked is what ethers gets, also where a member was there twice. */
function checkedKeystore(json: string): string {
  const { success, data } = keystoreSchema.safeParse(lowerCaseKeys(json));
  if (!success) throw malformed();
  const { n = 1, r = 1, p = 1, c = 1 } = data.crypto.kdfparams;
  if (n * r * p > MAX_SCRYPT_WORK || n * r > MAX_SCRYPT_BLOCKS || c > MAX_PBKDF2_ROUNDS) {
    throw new WalletError("WALLET_KDF_EXCESSIVE", "the keystore's key derivation asks for too much", {
      details: { n, r, p, c },
    });
  }
  return JSON.stringify(data);
}

/** ethers takes names of members in any case. */
function lowerCaseKeys(json: string): unknown {
  try {
    return JSON.parse(json, (_, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member]))
        : value,
    );
  } catch {
    throw malformed();
  }
}

function malformed(): WalletError {
  return new WalletError("WALLET_KEYSTORE_MALFORMED", "this is not a JSON keystore of version 3");
}
