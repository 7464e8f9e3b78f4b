import { inspect } from "node:util";
import { entropyToMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { expect } from "chai";
import { after, before } from "mocha";
import { bigintToBytes, bytesToHex, DkmsError, SCALAR_MODULUS } from "../../../client/core/index.ts";
import { Secret } from "../../../client/keys/index.ts";

/** Looks over the shoulder of the code: which secrets it used, which errors it made, what it wrote. */
export type LeakWatch = {
  readonly start: () => void;
  readonly stop: () => void;
  /** Texts with secrets in them; none if there is no leak. */
  readonly leaks: () => readonly string[];
  /** How many secrets and errors were seen, to know that the watch sees. */
  readonly seen: () => { readonly secrets: number; readonly errors: number };
};

type Observer = {
  readonly secret: (value: unknown) => void;
  readonly error: (error: DkmsError) => void;
  readonly text: (text: string) => void;
};

const LEAST_BYTES = 16;
const LEAST_DISTINCT = 8;
const LEAST_TEXT = 12;
const HEX_WINDOW = 32;
const BASE64_WINDOW = 20;
const DECIMAL_WINDOW = 30;
const WORDS_WINDOW = 6;
const FIELD_EDGE = 2n ** 64n;
/** In bytes: nobody prints more as one number, and to look for it would take minutes. */
const LONGEST_NUMBER = 512;
const CONSOLE = ["debug", "error", "info", "log", "trace", "warn"] as const;

/** Watches within watches: the innermost alone observes, so that one that is tested with planted leaks alarms no other. */
const observers: Observer[] = [];
let uninstall: (() => void) | undefined;

/**
 * Fails the suite that calls it if, while it runs, a secret that was used turns up in an error of ours (thrown or not) or
 * in anything that is printed: as hex, base64, decimal number, list of bytes, or words. Called outside of all suites it
 * watches over all that run.
 */
export function watchForLeaks(): void {
  const watch = leakWatch();
  before(watch.start);
  after(() => {
    watch.stop();
    expect(watch.leaks()).to.deep.equal([]);
  });
}

/**
 * Every secret that is revealed counts as planted, every `DkmsError` that is made as read by somebody. Both are found out
 * by what all of them go through: `Secret.reveal`, and the name that the constructor of errors sets.
 */
export function leakWatch(): LeakWatch {
  /** What of a secret would show, to that secret's number. */
  const planted = new Map<string, number>();
  const spoken = new Set<string>();
  let secrets = 0;
  const texts = new Set<string>();
  let errors = 0;
  const observer: Observer = {
    secret: (value) => {
      if (typeof value === "string" && value.length >= LEAST_TEXT) spoken.add(value);
      const shapes = shapesOf(value);
      if (shapes.some((shape) => planted.has(shape))) return;
      secrets += 1;
      for (const shape of shapes) planted.set(shape, secrets);
    },
    // What it says is read at the end: the name is the first thing that it is given.
    error: (error) => {
      errors += 1;
      made.push(error);
    },
    text: (text) => void texts.add(text),
  };
  const made: DkmsError[] = [];
  return {
    start: () => {
      observers.push(observer);
      uninstall ??= install();
    },
    stop: () => {
      observers.splice(observers.indexOf(observer), 1);
      if (observers.length > 0) return;
      uninstall?.();
      uninstall = undefined;
    },
    leaks: () => {
      for (const error of made.splice(0)) for (const text of textsOf(error)) texts.add(text);
      return [...texts].filter((text) => {
        if ([...spoken].some((word) => text.includes(word))) return true;
        for (const window of windowsOf(text)) if (planted.has(window)) return true;
        return false;
      });
    },
    seen: () => ({ secrets, errors }),
  };
}

/** Puts ears on `Secret`, `DkmsError`, the console and the standard streams; gives what takes them off. */
function install(): () => void {
  const undo: (() => void)[] = [];
  const define = (target: object, key: string, descriptor: PropertyDescriptor) => {
    const old = Object.getOwnPropertyDescriptor(target, key);
    Object.defineProperty(target, key, { configurable: true, ...descriptor });
    undo.push(() => {
      if (old === undefined) Reflect.deleteProperty(target, key);
      else Object.defineProperty(target, key, old);
    });
  };
  const around = (target: object, key: string, hear: (result: unknown, args: readonly unknown[]) => void) => {
    const old: unknown = Reflect.get(target, key);
    const value = function (this: unknown, ...args: unknown[]): unknown {
      const result: unknown = typeof old === "function" ? Reflect.apply(old, this, args) : undefined;
      hear(result, args);
      return result;
    };
    define(target, key, { writable: true, value });
  };
  const printed = (_: unknown, args: readonly unknown[]) =>
    observers
      .at(-1)
      ?.text(args.map((arg) => (typeof arg === "string" ? arg : inspect(arg, { depth: 9 }))).join(" "));
  around(Secret.prototype, "reveal", (value) => observers.at(-1)?.secret(value));
  for (const method of CONSOLE) around(console, method, printed);
  for (const stream of [process.stdout, process.stderr]) around(stream, "write", printed);
  define(DkmsError.prototype, "name", {
    get: () => "DkmsError",
    set(this: DkmsError, value: string) {
      Object.defineProperty(this, "name", { configurable: true, enumerable: true, writable: true, value });
      observers.at(-1)?.error(this);
    },
  });
  return () => {
    for (const one of undo.reverse()) one();
  };
}

function textsOf(error: DkmsError): readonly string[] {
  const json = JSON.stringify(error, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
  return [json, inspect(error, { depth: 9, showHidden: true })];
}

/**
 * How the beginning and the end of a secret would show; nothing for what is too short or too regular to be told from
 * anything else. {@link windowsOf} cuts texts into pieces of the same shapes, so that looking for thousands of secrets in
 * thousands of texts takes no time.
 */
function shapesOf(value: unknown): readonly string[] {
  if (typeof value === "bigint") {
    return value >> BigInt(8 * LEAST_BYTES) === 0n ? [] : shapesOf(bigintToBytes(value, 32));
  }
  if (!(value instanceof Uint8Array)) return [];
  if (value.length < LEAST_BYTES || new Set(value).size < LEAST_DISTINCT) return [];
  const hex = bytesToHex(value).slice(2);
  // Tests take the last elements of the field for secrets; the field is no secret.
  const number = value.length <= LONGEST_NUMBER ? BigInt(`0x${hex}`) : undefined;
  const fromEdge = SCALAR_MODULUS - (number ?? 0n);
  if (fromEdge >= 0n && fromEdge < FIELD_EDGE) return [];
  const words = [16, 20, 24, 28, 32].includes(value.length)
    ? entropyToMnemonic(value, wordlist).split(" ")
    : [];
  const shapes = [
    `hex ${hex.slice(0, HEX_WINDOW)}`,
    `hex ${hex.slice(-HEX_WINDOW)}`,
    `base64 ${Buffer.from(value).toString("base64").slice(0, BASE64_WINDOW)}`,
    ...(number === undefined ? [] : [`decimal ${number.toString().slice(0, DECIMAL_WINDOW)}`]),
    `bytes ${value.subarray(0, LEAST_BYTES).join()}`,
    `bytes ${value.subarray(-LEAST_BYTES).join()}`,
    ...(words.length === 0 ? [] : [`words ${words.slice(0, WORDS_WINDOW).join(" ")}`]),
  ];
  // Leading zeros, say, are everywhere.
  return shapes.filter((shape) => new Set(shape).size >= LEAST_DISTINCT + 6);
}

function* windowsOf(text: string): Generator<string> {
  yield* slide("hex", text.toLowerCase().match(/[0-9a-f]{32,}/g), HEX_WINDOW);
  const base64 = text.replaceAll("-", "+").replaceAll("_", "/");
  yield* slide("base64", base64.match(/[A-Za-z0-9+/]{20,}/g), BASE64_WINDOW);
  yield* slide("decimal", text.match(/\d{30,}/g), DECIMAL_WINDOW);
  // Lists come in columns, and as objects with the positions for names.
  const lists = text
    .replace(/"\d+":/g, "")
    .replace(/\s+/g, "")
    .match(/(?:\d{1,3},){15,}\d{1,3}/g);
  for (const list of lists ?? []) yield* slideParts("bytes", list.split(","), LEAST_BYTES, ",");
  for (const run of text.match(/[a-z]+(?:\s[a-z]+){5,}/g) ?? []) {
    yield* slideParts("words", run.split(/\s/), WORDS_WINDOW, " ");
  }
}

function* slide(shape: string, tokens: readonly string[] | null, length: number): Generator<string> {
  for (const token of tokens ?? []) {
    for (let i = 0; i + length <= token.length; i++) yield `${shape} ${token.slice(i, i + length)}`;
  }
}

function* slideParts(
  shape: string,
  parts: readonly string[],
  length: number,
  joint: string,
): Generator<string> {
  for (let i = 0; i + length <= parts.length; i++) yield `${shape} ${parts.slice(i, i + length).join(joint)}`;
}
