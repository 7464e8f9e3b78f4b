import { WalletError } from "./errors.ts";

const FORMAT = 1;
const PREFIX_BYTES = 5;

/** `body` after its format and its length, so that what was cut can be told from what was altered. */
export function frame(...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(PREFIX_BYTES + length);
  bytes[0] = FORMAT;
  new DataView(bytes.buffer).setUint32(1, length);
  let at = PREFIX_BYTES;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * The body of what was framed, of at least `least` bytes; `details` tell what that is.
 *
 * @throws {WalletError} WALLET_TRUNCATED, WALLET_FORMAT_UNKNOWN, WALLET_DAMAGED
 */
export function unframe(
  bytes: Uint8Array,
  least: number,
  details: Readonly<Record<string, unknown>>,
): Uint8Array {
  const [format] = bytes;
  if (format !== undefined && format !== FORMAT) {
    throw new WalletError("WALLET_FORMAT_UNKNOWN", "written by another version, or altered", {
      details: { ...details, format },
    });
  }
  const announced = bytes.length < PREFIX_BYTES ? undefined : view(bytes).getUint32(1);
  if (announced === undefined || bytes.length - PREFIX_BYTES < announced) {
    throw new WalletError("WALLET_TRUNCATED", "its end is missing", { details });
  }
  if (bytes.length - PREFIX_BYTES > announced || announced < least) {
    throw new WalletError("WALLET_DAMAGED", "it is not of the length that it says", { details });
  }
  return bytes.subarray(PREFIX_BYTES);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
