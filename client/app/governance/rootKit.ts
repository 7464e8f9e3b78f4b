import { hkdf } from "@noble/hashes/hkdf.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { HDKey } from "@scure/bip32";
import { mnemonicToSeedSync } from "@scure/bip39";
import { Wallet } from "ethers";
import { bytesToHex, hex32 } from "../../core/index.ts";
import {
  type AgentSigner,
  bytesOfWords,
  ethersSigner,
  KeysError,
  type RandomSource,
  Secret,
  systemRandom,
  wordsOf,
} from "../../keys/index.ts";
import { makeRootSet, printRootSet, type RootSet } from "../../policy/index.ts";

/** A root key that this device made and must not keep: print {@link rootKitPage}, then erase the words. */
export type RootKit = {
  /** 24 words (BIP-39) from which the key and the salt come: all that is needed to act. */
  readonly words: Secret<string>;
  /** What the policy commits to. */
  readonly rootSet: RootSet;
};

const ENTROPY_BYTES = 32;
const SALT_BYTES = 32;
const SALT_INFO = "DKMS-V1-ROOT-SALT";
/** Ethereum's first account, so that any wallet that takes the words can sign with the key. */
const PATH = "m/44'/60'/0'/0/0";

/**
 * A fresh root key, alone in its set. **Show {@link rootKitPage} once, have it written down or printed, and erase the
 * words**: a copy on a device that can be stolen takes the point out of root keys.
 */
export async function makeRootKit(random: RandomSource = systemRandom): Promise<RootKit> {
  const entropy = new Uint8Array(ENTROPY_BYTES);
  random(entropy);
  return kitOf(new Secret<Uint8Array>(entropy));
}

/**
 * The root kit of words that were kept on paper; spaces and case do not matter.
 *
 * @throws {KeysError} WORDS_MALFORMED if a word is not of the list, or they do not fit together
 */
export async function rootKitFromWords(words: Secret<string>): Promise<RootKit> {
  const entropy = bytesOfWords(words);
  if (entropy.reveal().length !== ENTROPY_BYTES) {
    throw new KeysError("WORDS_MALFORMED", "a root key has 24 words");
  }
  return kitOf(entropy);
}

/** Signs with a kit's key. @throws {KeysError} SECRET_ERASED */
export async function rootSigner({ words }: RootKit): Promise<AgentSigner> {
  return signerOf(words);
}

/**
 * The page to print: what it is, the words in numbered columns, and the root set, by which a mistyped word is found. It
 * holds the private key.
 *
 * @throws {KeysError} SECRET_ERASED
 */
export function rootKitPage({ words, rootSet }: RootKit): string {
  const numbered = words
    .reveal()
    .split(" ")
    .map((word, i) => `${String(i + 1).padStart(2)} ${word.padEnd(10)}`);
  const rows = Array.from({ length: numbered.length / 4 }, (_, i) =>
    numbered
      .slice(4 * i, 4 * i + 4)
      .join(" ")
      .trimEnd(),
  );
  return [
    "ROOT KEY of your dkms policy",
    "",
    "Keep this page offline and secret, away from your devices. With these words all admins of the",
    "policy can be replaced at once: by you, when devices are lost or stolen, and by whoever reads them.",
    "Each use takes a new page.",
    "",
    ...rows,
    "",
    printRootSet(rootSet),
  ].join("\n");
}

/** Erases the entropy. */
async function kitOf(entropy: Secret<Uint8Array>): Promise<RootKit> {
  try {
    const words = wordsOf(entropy);
    const { key } = await signerOf(words);
    // Of the words, so that they alone are enough; one way, so that the revealed salt tells nothing of them.
    const salt = hkdf(sha512, entropy.reveal(), new Uint8Array(), utf8ToBytes(SALT_INFO), SALT_BYTES);
    return { words, rootSet: makeRootSet({ keys: [key], salt: hex32(bytesToHex(salt)) }) };
  } finally {
    entropy.erase();
  }
}

async function signerOf(words: Secret<string>): Promise<AgentSigner> {
  const seed = mnemonicToSeedSync(words.reveal());
  const { privateKey } = HDKey.fromMasterSeed(seed).derive(PATH);
  seed.fill(0);
  // Only keys that were given without their private part lack it.
  if (privateKey === null) throw new KeysError("WORDS_MALFORMED", "these words give no key");
  return ethersSigner(new Wallet(bytesToHex(privateKey)));
}
