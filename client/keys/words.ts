import { entropyToMnemonic, mnemonicToEntropy } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { KeysError } from "./errors.ts";
import { Secret } from "./secret.ts";

const LENGTHS: readonly number[] = [16, 20, 24, 28, 32];

/**
 * Bytes as words for paper (BIP-39, English): 24 for 32 bytes, the last of which carries a checksum.
 *
 * @throws {KeysError} WORDS_MALFORMED unless there are 16, 20, 24, 28 or 32 bytes.
 */
export function wordsOf(entropy: Secret<Uint8Array>): Secret<string> {
  const bytes = entropy.reveal();
  if (!LENGTHS.includes(bytes.length)) throw malformed();
  return new Secret(entropyToMnemonic(bytes, wordlist));
}

/**
 * The bytes of words that somebody typed, in any case, with any spaces between them.
 *
 * @throws {KeysError} WORDS_MALFORMED for a word that is not in the list, a wrong number of words, a wrong checksum; it
 * tells the positions of unknown words, never a word.
 */
export function bytesOfWords(words: Secret<string>): Secret<Uint8Array> {
  const typed = words.reveal().normalize("NFKD").trim().toLowerCase().split(/\s+/);
  const unknown = typed.flatMap((word, i) => (wordlist.includes(word) ? [] : [i + 1]));
  if (unknown.length > 0) throw malformed({ unknown });
  try {
    return new Secret(mnemonicToEntropy(typed.join(" "), wordlist));
  } catch {
    // The library's error may quote what was typed.
    throw malformed({ count: typed.length });
  }
}

function malformed(details: Readonly<Record<string, unknown>> = {}): KeysError {
  return new KeysError(
    "WORDS_MALFORMED",
    "not the words of a key: check the list, the order and the last word",
    {
      details,
    },
  );
}
