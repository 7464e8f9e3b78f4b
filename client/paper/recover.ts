import type { Secret } from "../keys/index.ts";
import { PaperError } from "./errors.ts";
import {
  checkCode,
  decodeScan,
  identityOf,
  normalCheck,
  type Paper,
  type PaperFields,
  parseFields,
  secretOf,
} from "./paper.ts";
import { findWrongWords, parseWords, secretOfWords } from "./words.ts";

/** What the QR code says, or the words and the lines below them as somebody typed them. */
export type PaperInput =
  | { readonly scanned: Secret<string> }
  | ({ readonly words: Secret<string> } & Readonly<PaperFields>);

/**
 * Reads a recovery paper on a new device: then fetch the newest backup from `endpoint` and give it with `identity` and
 * `policy` to `restoreBackup`.
 *
 * @throws {PaperError} PAPER_MALFORMED, PAPER_VERSION_UNKNOWN, PAPER_FIELD_MALFORMED; PAPER_WORD_COUNT,
 * PAPER_WORD_UNKNOWN; PAPER_WORDS_CHECKSUM, with the wrong word's position if it is the only one; PAPER_CHECK_WRONG if
 * anything else is not as it was printed
 * @example const { identity, endpoint, policy } = await recoverFromPaper({ scanned: new Secret(text) });
 */
export async function recoverFromPaper(input: PaperInput): Promise<Paper> {
  if (!("scanned" in input)) return await fromWords(input.words, input);
  const { identity, check, ...rest } = decodeScan(input.scanned.reveal());
  const fields = parseFields(rest);
  const secret = secretOf(identity);
  if (checkCode(secret, fields) !== normalCheck(check)) throw checkWrong();
  return { ...fields, identity: identityOf(secret) };
}

async function fromWords(words: Secret<string>, { check, ...rest }: PaperFields): Promise<Paper> {
  const indices = parseWords(words.reveal());
  const fields = parseFields(rest);
  const isRight = (secret: Uint8Array) => checkCode(secret, fields) === normalCheck(check);
  const secret = secretOfWords(indices);
  if (secret !== undefined && isRight(secret)) return { ...fields, identity: identityOf(secret) };
  // Of 256 wrong words one passes the checksum of the words, so that it may be a word also if that is right.
  const positions = await findWrongWords(indices, isRight);
  if (positions === undefined && secret !== undefined) throw checkWrong();
  const where =
    positions === undefined ? "several words are wrong, or a word and something else" : told(positions);
  throw new PaperError("PAPER_WORDS_CHECKSUM", where, { details: { positions } });
}

function told(positions: readonly number[]): string {
  return positions.length === 1
    ? `word ${positions.join()} is wrong`
    : `words ${positions.join(" and ")} are in each other's place`;
}

function checkWrong(): PaperError {
  return new PaperError(
    "PAPER_CHECK_WRONG",
    "endpoint, policy, chain, date or check are not those that were printed with this secret",
  );
}
