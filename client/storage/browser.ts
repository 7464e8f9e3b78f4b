/** What of this module a browser can use; bundlers take it under the condition `browser`. */
export type { StorageErrorCode } from "./errors.ts";
export { StorageError } from "./errors.ts";
export type { IndexedDbBlobsOptions } from "./indexedDbBlobs.ts";
export { indexedDbBlobs } from "./indexedDbBlobs.ts";
export type { IndexedDbCryptoKeysOptions } from "./indexedDbCryptoKeys.ts";
export { indexedDbCryptoKeys } from "./indexedDbCryptoKeys.ts";
export { memoryBlobs } from "./memoryBlobs.ts";
export type { SecretStore } from "./secretStore.ts";
