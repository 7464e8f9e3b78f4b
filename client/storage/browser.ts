/** What of this module a browser can use; bundlers take it under the condition `browser`. */
export type { StorageErrorCode } from "./errors.ts";
export { StorageError } from "./errors.ts";
export type { IndexedDbBlobsOptions } from "./indexedDbBlobs.ts";
export { indexedDbBlobs } from "./indexedDbBlobs.ts";
export type { IndexedDbCryptoKeysOptions } from "./indexedDbCryptoKeys.ts";
export { indexedDbCryptoKeys } from "./indexedDbCryptoKeys.ts";
export type { IndexedDbStoreOptions } from "./indexedDbStore.ts";
export { indexedDbStore } from "./indexedDbStore.ts";
export { memoryBlobs } from "./memoryBlobs.ts";
export { memoryStore } from "./memoryStore.ts";
export type { SecretStore } from "./secretStore.ts";
