import { Result } from "ethers";
import { ChainError } from "./errors.ts";

/** Values that ethers decoded, read by name and with their types checked: a node's answer is not trusted. */
export type Decoded = {
  readonly bigint: (name: string | number) => bigint;
  /** An integer below 2³². */
  readonly number: (name: string) => number;
  /** A string, or the hex of `bytes`, `bytesN` or `address`. */
  readonly text: (name: string | number) => string;
  readonly boolean: (name: string | number) => boolean;
  /** A member by name, or an unnamed one by position. */
  readonly struct: (name: string | number) => Decoded;
  readonly structs: (name: string | number) => readonly Decoded[];
  readonly bigints: (name: string) => readonly bigint[];
  readonly texts: (name: string) => readonly string[];
};

const MAX_NUMBER = 2n ** 32n;

/** Wraps the result of a call or of a log. */
export function decoded(result: Result): Decoded {
  const read = <Value>(name: string | number, is: (value: unknown) => value is Value): Value => {
    let value: unknown;
    try {
      value = typeof name === "number" ? result[name] : result.getValue(name);
    } catch {
      throw malformed(name);
    }
    if (!is(value)) throw malformed(name);
    return value;
  };
  return {
    bigint: (name) => read(name, isBigint),
    number: (name) => {
      const value = read(name, isBigint);
      if (value >= MAX_NUMBER) throw malformed(name);
      return Number(value);
    },
    text: (name) => read(name, isString),
    boolean: (name) => read(name, isBoolean),
    struct: (name) => decoded(read(name, isResult)),
    structs: (name) =>
      read(name, isResult)
        .toArray()
        .map((item: unknown) => decoded(asResult(item, name))),
    bigints: (name) =>
      read(name, isResult)
        .toArray()
        .map((item: unknown) => asBigint(item, name)),
    texts: (name) =>
      read(name, isResult)
        .toArray()
        .map((item: unknown) => asText(item, name)),
  };
}

/**
 * What `parse` makes of a node's answer.
 *
 * @throws {ChainError} NODE_ANSWER_MALFORMED where a parser refuses a value: the registry cannot have given it.
 */
export function parsed<Value>(name: string, parse: () => Value): Value {
  try {
    return parse();
  } catch {
    throw malformed(name);
  }
}

function asResult(value: unknown, name: string | number): Result {
  if (!isResult(value)) throw malformed(name);
  return value;
}

function asBigint(value: unknown, name: string): bigint {
  if (!isBigint(value)) throw malformed(name);
  return value;
}

function asText(value: unknown, name: string): string {
  if (!isString(value)) throw malformed(name);
  return value;
}

const isBigint = (value: unknown): value is bigint => typeof value === "bigint";
const isString = (value: unknown): value is string => typeof value === "string";
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
const isResult = (value: unknown): value is Result => value instanceof Result;

function malformed(name: string | number): ChainError {
  return new ChainError("NODE_ANSWER_MALFORMED", `the node's answer has no usable ${name}`, {
    details: { name },
  });
}
