import { bytesToBigint } from "../core/index.ts";
import { DidError } from "./errors.ts";

/** Takes big-endian integers and bytes off the front of a byte string. */
export type ByteReader = {
  /** The next `bytes` (at most 6) as an integer. @throws {DidError} STATE_MALFORMED if they are not all there. */
  readonly integer: (bytes: number) => number;
  /** The next `length` bytes. @throws {DidError} STATE_MALFORMED if they are not all there. */
  readonly take: (length: number) => Uint8Array;
  /** @throws {DidError} STATE_MALFORMED if anything is left. */
  readonly end: () => void;
};

/** A reader at the start of `bytes`. */
export function byteReader(bytes: Uint8Array): ByteReader {
  let offset = 0;
  const take = (length: number): Uint8Array => {
    if (offset + length > bytes.length) {
      throw new DidError("STATE_MALFORMED", "the bytes end within an element", {
        details: { length: bytes.length, needed: offset + length },
      });
    }
    offset += length;
    return bytes.slice(offset - length, offset);
  };
  return {
    take,
    integer: (length) => Number(bytesToBigint(take(length))),
    end: () => {
      if (offset !== bytes.length) {
        throw new DidError("STATE_MALFORMED", "the bytes go on after the last element", {
          details: { length: bytes.length, end: offset },
        });
      }
    },
  };
}
