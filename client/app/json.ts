import { AppError, type AppErrorCode } from "./errors.ts";

/** Reads one field of a JSON object, with its type checked. */
export type Fields = {
  readonly bigint: (name: string) => bigint;
  readonly number: (name: string) => number;
  readonly text: (name: string) => string;
  readonly texts: (name: string) => readonly string[];
  readonly boolean: (name: string) => boolean;
  readonly object: (name: string) => Fields;
  readonly objects: (name: string) => readonly Fields[];
  /** True if the field is there. */
  readonly has: (name: string) => boolean;
};

/** Twice what the longest of our messages needs: a set of 255 trustees with passkeys. */
const MAX_CHARACTERS = 1_048_576;
const DECIMAL = /^(?:0|[1-9][0-9]{0,77})$/;

/** JSON text of an object whose integers of any size are decimal strings. */
export function toJson(type: string, value: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ type, ...value }, (_, item: unknown) =>
    typeof item === "bigint" ? item.toString() : item,
  );
}

/**
 * Parses what {@link toJson} wrote: `read` gets at the fields, and parses them further.
 *
 * @throws {AppError} `code`, whatever is wrong with it. The text is not repeated: it may hold secrets.
 */
export function fromJson<Value>(
  text: string,
  type: string,
  code: AppErrorCode,
  read: (fields: Fields) => Value,
): Value {
  try {
    if (text.length > MAX_CHARACTERS) throw new TypeError("too long");
    const fields = fieldsOf(JSON.parse(text));
    if (fields.text("type") !== type) throw new TypeError("another type");
    return read(fields);
  } catch {
    throw new AppError(code, `this is no ${type} message`, { details: { type } });
  }
}

function fieldsOf(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError("not an object");
  const entries = new Map<string, unknown>(Object.entries(value));
  const text = (name: string): string => {
    const item = entries.get(name);
    if (typeof item !== "string") throw new TypeError("not a text");
    return item;
  };
  return {
    text,
    bigint: (name) => {
      if (!DECIMAL.test(text(name))) throw new TypeError("not an integer");
      return BigInt(text(name));
    },
    number: (name) => {
      const item = entries.get(name);
      if (typeof item !== "number" || !Number.isSafeInteger(item) || item < 0)
        throw new TypeError("not a number");
      return item;
    },
    texts: (name) => {
      const item = entries.get(name);
      if (!Array.isArray(item)) throw new TypeError("not a list");
      return item.map((one: unknown) => {
        if (typeof one !== "string") throw new TypeError("not a text");
        return one;
      });
    },
    boolean: (name) => {
      const item = entries.get(name);
      if (typeof item !== "boolean") throw new TypeError("not a truth value");
      return item;
    },
    object: (name) => fieldsOf(entries.get(name)),
    objects: (name) => {
      const item = entries.get(name);
      if (!Array.isArray(item)) throw new TypeError("not a list");
      return item.map(fieldsOf);
    },
    has: (name) => entries.has(name),
  };
}

/** UTF-8 bytes of a text. */
export function textToBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The text of UTF-8 bytes. */
export function bytesToText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
