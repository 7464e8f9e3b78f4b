import type { Secret } from "../keys/index.ts";

/** Port to where a device keeps secrets. A save is whole or not at all, also if the machine stops in the middle of it. */
export interface SecretStore {
  /** Keeps bytes under a name, in place of what was there. */
  save(name: string, bytes: Secret<Uint8Array>): Promise<void>;
  /** What is kept under a name; undefined if nothing is. */
  load(name: string): Promise<Secret<Uint8Array> | undefined>;
  /** Forgets what is kept under a name, if anything is. */
  remove(name: string): Promise<void>;
  /**
   * Runs work while nobody else, in this process or another, works under that name. Who only loads and saves is not held
   * up. Work must not ask for the same name again: it would wait for itself.
   */
  exclusive<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
}
