import { bytesToBigint, type FieldElement, fieldElement, isFieldElement } from "../core/index.ts";
import { KeysError } from "./errors.ts";

/** Fills `bytes` with cryptographically secure random values. */
export type RandomSource = (bytes: Uint8Array<ArrayBuffer>) => void;

/** The Web Crypto generator of Node and browsers. */
export const systemRandom: RandomSource = (bytes) => {
  crypto.getRandomValues(bytes);
};

/** r > 3/4 · 2²⁵⁴, so a sound source misses this often with probability below 2⁻²⁵⁶. */
const MAX_ATTEMPTS = 256;

/**
 * A uniformly random non-zero field element, by rejection: what is not below r is drawn again, never reduced.
 *
 * @throws {KeysError} RANDOM_SOURCE_BROKEN if the source keeps giving values that cannot be used.
 */
export function randomFieldElement(random: RandomSource = systemRandom): FieldElement {
  const bytes = new Uint8Array(32);
  try {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      random(bytes);
      // r has 254 bits: dropping two bits before the comparison keeps it uniform.
      bytes[0] = (bytes[0] ?? 0) & 0x3f;
      const candidate = bytesToBigint(bytes);
      if (candidate !== 0n && isFieldElement(candidate)) return fieldElement(candidate);
    }
  } finally {
    bytes.fill(0);
  }
  throw new KeysError("RANDOM_SOURCE_BROKEN", `no usable value in ${MAX_ATTEMPTS} draws`);
}
