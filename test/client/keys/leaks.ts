import { inspect } from "node:util";
import { entropyToMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { expect } from "chai";
import { after, before } from "mocha";
import { bigintToBytes, bytesToHex, DkmsError } from "../../../client/core/index.ts";
import { Secret } from "../../../client/keys/index.ts";

/** Looks over the shoulder of the code: which secrets it used, which errors it made, what it wrote. */
export type LeakWatch = {
  readonly start: () => void;
  readonly stop: () => void;
  /** Where a secret was found; empty if there is no leak. */
  readonly leaks: () => readonly string[];
  /** How many secrets and errors were seen, to know that the watch sees. */
  readonly seen: () => { readonly secrets: number; readonly errors: number };
};

const LEAST_BYTES = 16;
const LEAST_DISTINCT = 8;
const LEAST_TEXT = 12;
const CONSOLE = ["debug", "error", "info", "log", "trace", "warn"] as const;

/**
 * Fails the suite that calls it if, while it runs, a secret that was used turns up in an error of ours (thrown or not) or
 * in anything that is printed: as hex, base64, decimal number, list of bytes, or words.
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
  const secrets = new Map<string, readonly string[]>();
  const errors: DkmsError[] = [];
  const printed: string[] = [];
  const undo: (() => void)[] = [];

  const patch = <Key extends string>(
    target: Record<Key, unknown>,
    key: Key,
    make: (old: unknown) => unknown,
  ) => {
    const old = Object.getOwnPropertyDescriptor(target, key);
    const value = make(target[key]);
    Object.defineProperty(target, key, { configurable: true, writable: true, value });
    undo.push(() => {
      if (old === undefined) Reflect.deleteProperty(target, key);
      else Object.defineProperty(target, key, old);
    });
  };
  const recording = (old: unknown) =>
    function (this: unknown, ...args: unknown[]): unknown {
      printed.push(args.map((arg) => (typeof arg === "string" ? arg : inspect(arg, { depth: 9 }))).join(" "));
      return typeof old === "function" ? Reflect.apply(old, this, args) : undefined;
    };

  return {
    start: () => {
      patch(Secret.prototype as unknown as Record<"reveal", unknown>, "reveal", (old) => {
        return function (this: Secret<unknown>): unknown {
          const value: unknown = typeof old === "function" ? Reflect.apply(old, this, []) : undefined;
          const forms = formsOf(value);
          const [first] = forms;
          if (first !== undefined) secrets.set(first, forms);
          return value;
        };
      });
      for (const method of CONSOLE) patch(console as unknown as Record<string, unknown>, method, recording);
      patch(process.stdout as unknown as Record<string, unknown>, "write", recording);
      patch(process.stderr as unknown as Record<string, unknown>, "write", recording);
      undo.push(collectErrors(errors));
    },
    stop: () => {
      for (const one of undo.splice(0).reverse()) one();
    },
    leaks: () => {
      const shown = [...errors.flatMap(textsOf), ...printed];
      // Lists of bytes come in columns.
      const texts = [...shown, ...shown.map((text) => text.replace(/\s+/g, ""))];
      const lower = texts.map((text) => text.toLowerCase());
      return [...secrets.values()].flatMap((forms) =>
        forms.flatMap((form) =>
          texts.flatMap((text, i) =>
            text.includes(form) || lower[i]?.includes(form) === true
              ? [`${form} in: ${text.slice(0, 300)}`]
              : [],
          ),
        ),
      );
    },
    seen: () => ({ secrets: secrets.size, errors: errors.length }),
  };
}

function collectErrors(errors: DkmsError[]): () => void {
  const { prototype } = DkmsError;
  const old = Object.getOwnPropertyDescriptor(prototype, "name");
  Object.defineProperty(prototype, "name", {
    configurable: true,
    get: () => "DkmsError",
    set(this: DkmsError, value: string) {
      errors.push(this);
      if (old?.set !== undefined) Reflect.apply(old.set, this, [value]);
      else
        Object.defineProperty(this, "name", { configurable: true, enumerable: true, writable: true, value });
    },
  });
  return () => {
    if (old === undefined) Reflect.deleteProperty(prototype, "name");
    else Object.defineProperty(prototype, "name", old);
  };
}

function textsOf(error: DkmsError): readonly string[] {
  const json = JSON.stringify(error, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
  return [json, String(error), error.stack ?? "", inspect(error, { depth: 9, showHidden: true })];
}

/** In what shapes a secret would show; none for what is too short or too regular to be told from anything else. */
function formsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return value.length < LEAST_TEXT ? [] : [value];
  if (typeof value === "bigint")
    return value >> BigInt(8 * LEAST_BYTES) === 0n ? [] : formsOf(bigintToBytes(value, 32));
  if (!(value instanceof Uint8Array)) return [];
  if (value.length < LEAST_BYTES || new Set(value).size < LEAST_DISTINCT) return [];
  const hex = bytesToHex(value).slice(2);
  const buffer = Buffer.from(value);
  return [
    hex,
    // Half of it would do as well.
    hex.slice(0, 2 * LEAST_BYTES),
    hex.slice(-2 * LEAST_BYTES),
    buffer.toString("base64").replace(/.?=*$/, ""),
    buffer.toString("base64url").slice(0, -1),
    BigInt(`0x${hex}`).toString(),
    value.join(),
    Array.from(value, (byte, i) => `"${i}":${byte}`).join(),
    ...([16, 20, 24, 28, 32].includes(value.length) ? [entropyToMnemonic(value, wordlist)] : []),
  ];
}
