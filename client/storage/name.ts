import { StorageError } from "./errors.ts";

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** True if something can be kept under this name. */
export function isName(name: string): boolean {
  return NAME.test(name);
}

/** @throws {StorageError} STORAGE_NAME_MALFORMED */
export function checkedName(name: string): string {
  if (!isName(name)) {
    throw new StorageError(
      "STORAGE_NAME_MALFORMED",
      "a name is 1 to 64 lower-case letters, digits and hyphens",
    );
  }
  return name;
}
