/**
 * What every error of this package carries. Each module has one subclass and one union of codes; docs/errors.md
 * names cause and remedy for each. `details` never holds a secret: it may be logged.
 */
export class DkmsError<Code extends string = string> extends Error {
  /** Stable, upper-case, for programs; `message` is for people and may change. */
  readonly code: Code;
  /** The offending public values. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: Code, message: string, options: DkmsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = Object.freeze({ ...options.details });
  }

  /** JSON for logs: code, message and public values; never the cause, which may come from another library. */
  toJSON(): Readonly<Record<string, unknown>> {
    return { name: this.name, code: this.code, message: this.message, details: jsonSafe(this.details) };
  }
}

/** What an error may say about itself. */
export type DkmsErrorOptions = {
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
};

export type CoreErrorCode = "FIELD_NOT_CANONICAL" | "HEX_MALFORMED" | "BYTES_LENGTH" | "INTEGER_OUT_OF_RANGE";

/** Thrown by the parsers of `client/core`. */
export class CoreError extends DkmsError<CoreErrorCode> {}

/**
 * True if `error` is one of this package's, with that code if one is given.
 *
 * @example if (isDkmsError(error, "FIELD_NOT_CANONICAL")) askAgain();
 */
export function isDkmsError<Code extends string = string>(
  error: unknown,
  code?: Code,
): error is DkmsError<Code> {
  return error instanceof DkmsError && (code === undefined || error.code === code);
}

function jsonSafe(details: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [
      name,
      typeof value === "bigint" ? value.toString() : value,
    ]),
  );
}
