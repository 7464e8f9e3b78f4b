import { PolicyError } from "./errors.ts";

/** `value` if it is an unsigned integer of `bits` bits. @throws {PolicyError} UINT_OUT_OF_RANGE */
export function uint(value: bigint, bits: number, name: string): bigint {
  if (typeof value !== "bigint" || value < 0n || value >> BigInt(bits) !== 0n) {
    throw outOfRange(value, bits, name);
  }
  return value;
}

/** `value` if it is a positive integer of 32 bits. @throws {PolicyError} UINT_OUT_OF_RANGE */
export function epochNumber(value: number): number {
  if (!Number.isInteger(value) || value < 1 || value >= 2 ** 32) throw outOfRange(value, 32, "epoch");
  return value;
}

/** `value` if it is an unsigned integer of 32 bits. @throws {PolicyError} UINT_OUT_OF_RANGE */
export function uint32(value: number, name: string): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** 32) throw outOfRange(value, 32, name);
  return value;
}

function outOfRange(value: unknown, bits: number, name: string): PolicyError {
  return new PolicyError("UINT_OUT_OF_RANGE", `${name} is not an unsigned integer of ${bits} bits`, {
    details: { name, bits, value },
  });
}
