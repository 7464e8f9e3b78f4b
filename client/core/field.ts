import { CoreError } from "./errors.ts";

declare const fieldBrand: unique symbol;

/** An element of the scalar field of BN254, canonical: 0 ≤ value < r (protocol §1.1). */
export type FieldElement = bigint & { readonly [fieldBrand]: true };

/** `r`, the order of BN254's G1: field of circuits, hashes and scalars. */
export const SCALAR_MODULUS = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001n;

/** `p`, the base field of BN254: coordinates of points. */
export const COORDINATE_MODULUS = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47n;

/**
 * Parses a canonical field element; a larger value is refused, never reduced. The value is not repeated in the error,
 * since secrets are parsed here too.
 *
 * @throws {CoreError} FIELD_NOT_CANONICAL
 */
export function fieldElement(value: bigint, name = "value"): FieldElement {
  if (!isFieldElement(value)) {
    throw new CoreError(
      "FIELD_NOT_CANONICAL",
      `${name} is not a canonical field element (0 <= ${name} < r)`,
      {
        details: { name },
      },
    );
  }
  return value;
}

/** True if `value` is canonical, 0 ≤ value < r. */
export function isFieldElement(value: unknown): value is FieldElement {
  return typeof value === "bigint" && value >= 0n && value < SCALAR_MODULUS;
}
