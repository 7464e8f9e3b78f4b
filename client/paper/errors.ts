import { DkmsError } from "../core/index.ts";

export type PaperErrorCode =
  | "PAPER_CHECK_WRONG"
  | "PAPER_FIELD_MALFORMED"
  | "PAPER_MALFORMED"
  | "PAPER_UNREADABLE"
  | "PAPER_VERSION_UNKNOWN"
  | "PAPER_WORDS_CHECKSUM"
  | "PAPER_WORD_COUNT"
  | "PAPER_WORD_UNKNOWN";

/** Thrown by `client/paper`. Words are named by their position, never by themselves. */
export class PaperError extends DkmsError<PaperErrorCode> {}
