export type { StorageErrorCode } from "./errors.ts";
export { StorageError } from "./errors.ts";
export type { FileStoreOptions } from "./fileStore.ts";
export { fileStore } from "./fileStore.ts";
export type { SecretStore } from "./secretStore.ts";
