import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { bigintToBytes, bytesToBigint, hexToBytes } from "../core/index.ts";
import { Secret } from "../keys/index.ts";
import { RecoveryError } from "./errors.ts";
import { checkShareValue } from "./feldman.ts";
import type { VerifiedShare } from "./share.ts";

/**
 * A share for the phone and for paper: 30 words of BIP-39's English list. 304 bits (version, index, the first four bytes
 * of the tag, the value) and a checksum of 26 bits. The rest of the share is public and comes from any other trustee or
 * from a copy of the set; the words are checked against its commitments.
 */

/** What an owner writes down of a share. */
export type ShareWords = Secret<readonly string[]>;

const WORDS = 30;
const WORD_BITS = 11n;
const CHECKSUM_BITS = 26n;
const VERSION = 1;
const TAG_BYTES = 4;
const VALUE_BYTES = 32;
const PAYLOAD_BYTES = 2 + TAG_BYTES + VALUE_BYTES;
const DOMAIN = "DKMS-V1-SHARE-WORDS";

/** The words of a share. */
export function shareToWords({ index, tag, value }: VerifiedShare): ShareWords {
  const payload = concatBytes(
    Uint8Array.of(VERSION, index),
    hexToBytes(tag).subarray(0, TAG_BYTES),
    value.reveal(),
  );
  const all = (bytesToBigint(payload) << CHECKSUM_BITS) | checksum(payload);
  payload.fill(0);
  const words = Array.from({ length: WORDS }, (_, i) => {
    const shift = WORD_BITS * BigInt(WORDS - 1 - i);
    return wordlist[Number((all >> shift) & 0x7ffn)] ?? "";
  });
  return new Secret<readonly string[]>(words);
}

/**
 * A share back from its words, in any case and with any spaces, checked against a set that is known to be the owner's.
 *
 * @param set Any verified share of the same set.
 * @throws {RecoveryError} SHARE_WORDS_COUNT; SHARE_WORD_UNKNOWN with the position of the word; SHARE_WORDS_CHECKSUM;
 * SHARE_WORDS_OTHER_SET; SHARE_INDEX_INVALID, SHARE_SCALAR_INVALID, SHARE_VALUE_WRONG
 */
export function shareFromWords(text: string, set: VerifiedShare): VerifiedShare {
  const payload = decodeWords(text);
  const [version, index = 0] = payload;
  const tag = payload.subarray(2, 2 + TAG_BYTES);
  const expected = hexToBytes(set.tag).subarray(0, TAG_BYTES);
  if (version !== VERSION || tag.some((byte, i) => byte !== expected[i])) {
    throw new RecoveryError("SHARE_WORDS_OTHER_SET", "these words are of another set of shares", {
      details: { index },
    });
  }
  const trustee = set.trustees[index - 1];
  if (trustee === undefined) {
    throw new RecoveryError("SHARE_INDEX_INVALID", "no trustee has a share with this index", {
      details: { index },
    });
  }
  const value = new Secret(payload.slice(2 + TAG_BYTES));
  checkShareValue({ index, value }, set.public);
  return { ...set, index, trustee, value };
}

function decodeWords(text: string): Uint8Array {
  const words = text.normalize("NFKD").toLowerCase().trim().split(/\s+/u);
  if (words.length !== WORDS) {
    throw new RecoveryError("SHARE_WORDS_COUNT", `a share has ${WORDS} words`, {
      details: { actual: words.length },
    });
  }
  const all = words.reduce((sum, word, i) => {
    const at = wordlist.indexOf(word);
    if (at === -1) {
      throw new RecoveryError("SHARE_WORD_UNKNOWN", "a word that is not in the list", {
        details: { position: i + 1 },
      });
    }
    return (sum << WORD_BITS) | BigInt(at);
  }, 0n);
  const payload = bigintToBytes(all >> CHECKSUM_BITS, PAYLOAD_BYTES);
  if ((all & ((1n << CHECKSUM_BITS) - 1n)) !== checksum(payload)) {
    throw new RecoveryError("SHARE_WORDS_CHECKSUM", "a word is wrong, or two are swapped");
  }
  return payload;
}

function checksum(payload: Uint8Array): bigint {
  const hash = sha256(concatBytes(utf8ToBytes(DOMAIN), payload));
  return bytesToBigint(hash.subarray(0, 4)) >> (32n - CHECKSUM_BITS);
}
