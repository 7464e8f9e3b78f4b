import { base64 } from "@scure/base";

/** What base64 spells; undefined for anything but its one spelling. */
export function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return base64.decode(text);
  } catch {
    return undefined;
  }
}
