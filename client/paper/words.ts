import { sha256 } from "@noble/hashes/sha2.js";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { bigintToBytes } from "../core/index.ts";
import { PaperError } from "./errors.ts";

/** 24 words of BIP-39: 256 bits, then the first 8 bits of their SHA-256. */
export const WORDS = 24;
const WORD_BITS = 11n;
const CHECKSUM_BITS = 8n;
const SECRET_BYTES = 32;
/** No two words of the list begin with the same four letters. */
const UNIQUE_PREFIX = 4;

/**
 * Positions in the list of what was typed, in whatever case; the first four letters of a word will do.
 *
 * @throws {PaperError} PAPER_WORD_COUNT, PAPER_WORD_UNKNOWN (of the first such word; `details.position` counts from 1)
 */
export function parseWords(typed: string): readonly number[] {
  const words = typed
    .normalize("NFKD")
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== "");
  if (words.length !== WORDS) {
    throw new PaperError("PAPER_WORD_COUNT", `a paper has ${WORDS} words`, {
      details: { found: words.length },
    });
  }
  return words.map((word, i) => {
    const exact = wordlist.indexOf(word);
    const index =
      exact >= 0 || word.length < UNIQUE_PREFIX
        ? exact
        : wordlist.findIndex((candidate) => candidate.startsWith(word));
    if (index >= 0) return index;
    throw new PaperError("PAPER_WORD_UNKNOWN", `word ${i + 1} is not in the list`, {
      details: { position: i + 1 },
    });
  });
}

/** The 32 bytes of 24 words; undefined if their checksum is wrong. */
export function secretOfWords(indices: readonly number[]): Uint8Array | undefined {
  return secretOfBits(indices.reduce((bits, index) => (bits << WORD_BITS) | BigInt(index), 0n));
}

/**
 * Which word is wrong, or which two neighbours were swapped, if that makes a secret of which `isRight`; positions count
 * from 1. Tries each word in each place, giving way to others in between.
 */
export async function findWrongWords(
  indices: readonly number[],
  isRight: (secret: Uint8Array) => boolean,
): Promise<readonly number[] | undefined> {
  const isRightAs = (candidate: readonly number[]) => {
    const secret = secretOfWords(candidate);
    return secret !== undefined && isRight(secret);
  };
  for (let i = 0; i + 1 < WORDS; i++) {
    if (isRightAs(indices.toSpliced(i, 2, indices[i + 1] ?? 0, indices[i] ?? 0))) return [i + 1, i + 2];
  }
  for (let i = 0; i < WORDS; i++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    for (let word = 0; word < wordlist.length; word++) {
      if (word !== indices[i] && isRightAs(indices.with(i, word))) return [i + 1];
    }
  }
  return undefined;
}

function secretOfBits(bits: bigint): Uint8Array | undefined {
  const secret = bigintToBytes(bits >> CHECKSUM_BITS, SECRET_BYTES);
  return sha256(secret)[0] === Number(bits & 0xffn) ? secret : undefined;
}
