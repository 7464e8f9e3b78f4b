import { WalletError } from "./errors.ts";

/** What a segment may hold: the same for who writes it, for who reads what others wrote, and for exports. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._:%-]{0,255}$/;
export const MAX_RECORD_BYTES = 64 * 2 ** 20;
export const MAX_RECORDS = 65_536;

/** Parses the name of a segment or record. @throws {WalletError} WALLET_NAME_MALFORMED */
export function checkName(name: string, details: Readonly<Record<string, unknown>> = {}): string {
  if (NAME.test(name)) return name;
  throw new WalletError("WALLET_NAME_MALFORMED", "a name is 1 to 256 letters, digits and . _ : % -", {
    details,
  });
}
