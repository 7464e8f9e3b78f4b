export type { Hex, Hex20, Hex32 } from "./bytes.ts";
export {
  bigintToBytes,
  bigintToHex32,
  bytesToBigint,
  bytesToHex,
  hex,
  hex20,
  hex32,
  hexToBytes,
} from "./bytes.ts";
export type { CoreErrorCode, DkmsErrorOptions } from "./errors.ts";
export { CoreError, DkmsError, isDkmsError } from "./errors.ts";
export type { FieldElement } from "./field.ts";
export { COORDINATE_MODULUS, fieldElement, isFieldElement, SCALAR_MODULUS } from "./field.ts";
