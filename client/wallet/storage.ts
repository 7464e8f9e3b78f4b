/**
 * Port to where a wallet's blobs lie. All of them are encrypted or public; the storage is trusted with nothing but to
 * keep them. Names are 1 to 64 lower-case letters, digits and hyphens.
 */
export interface WalletStorage {
  /** What is kept under a name; undefined if nothing is. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Every name under which something is kept, in any order. */
  list(): Promise<readonly string[]>;
  /** Keeps `bytes` in place of what was there: whole or not at all, and for good once it has resolved. */
  replace(name: string, bytes: Uint8Array): Promise<void>;
  /** Forgets what is kept under a name, if anything is. */
  remove(name: string): Promise<void>;
  /** Runs `work` while nobody else, in this process or another, runs theirs; not to be nested. */
  exclusive<Result>(work: () => Promise<Result>): Promise<Result>;
}
