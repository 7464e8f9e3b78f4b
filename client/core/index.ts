export type { Seal } from "./aead.ts";
export { SEAL_BYTES, sealBytes, unsealBytes } from "./aead.ts";
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
export {
  EXPIRY_BITS,
  INDEX_BITS,
  MAX_PROVISIONED_DEPTH,
  MAX_REVOKED_DEPTH,
  WORD_INDEX_BITS,
} from "./limits.ts";
export { c4, DOMAIN, n4 } from "./poseidon2.ts";
export { isWellFormed } from "./text.ts";
