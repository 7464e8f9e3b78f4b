import { KeysError } from "./errors.ts";

const REDACTED = "[secret]";

/**
 * Holds a secret so that it cannot get into logs, errors or JSON by accident: however it is printed, inspected,
 * spread, cloned or serialised, it shows `[secret]` or nothing. The value leaves only through {@link Secret.reveal}.
 *
 * @typeParam Value A `bigint` or bytes. Bytes are overwritten when erased; a `bigint` can only be forgotten.
 * @example const linkSecret = new Secret(crypto.getRandomValues(new Uint8Array(32)));
 */
export class Secret<Value> {
  #value: Value | undefined;

  /** @param value The secret; bytes are held, not copied, so that {@link Secret.erase} reaches the caller's buffer. */
  constructor(value: Value) {
    this.#value = value;
  }

  /**
   * The secret itself. Keep the result in a local variable and out of anything that is logged.
   *
   * @throws {KeysError} SECRET_ERASED
   */
  reveal(): Value {
    if (this.#value === undefined) throw new KeysError("SECRET_ERASED", "this secret has been erased");
    return this.#value;
  }

  /** Forgets the secret and zeroes it where it is bytes; {@link Secret.reveal} throws from now on. */
  erase(): void {
    if (this.#value instanceof Uint8Array) this.#value.fill(0);
    this.#value = undefined;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  /** What `console.log` and `util.inspect` of Node show. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }
}
