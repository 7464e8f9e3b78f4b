import { basename, dirname } from "node:path";
import type { FileSystem } from "../../../client/storage/index.ts";

type Inode = { current: Uint8Array; synced: Uint8Array };

/** What is left of a disk when the machine comes back. */
export type Survival = "everything" | "what was flushed" | "some";

/**
 * A disk that stops at the k-th call, or in the middle of writing. What was written but not flushed, and names that
 * were changed in a directory that was not flushed, may or may not be there afterwards.
 */
export class CrashingDisk {
  calls = 0;
  /** Whether it stopped in the middle of writing. */
  stoppedInWrite = false;
  #stopAt = Number.POSITIVE_INFINITY;
  #cut = 1;
  #current = new Map<string, Inode>();
  #synced = new Map<string, Inode>();
  #directories = new Set<string>();
  #syncedDirectories = new Set<string>();
  /** What was there when the machine came back, an hour after. */
  #found = new Set<string>();

  /** Stops at this call from now; a write gets as far as `cut` of its bytes. */
  stopAt(call: number, cut: number): void {
    this.calls = 0;
    this.#stopAt = call;
    this.#cut = cut;
  }

  /** Files by their names in the directory of the wallet. */
  get names(): readonly string[] {
    return [...this.#current.keys()].map((path) => basename(path));
  }

  /** A disk as it may be found afterwards, by a process of which those that ran before are unknown. */
  restart(survival: Survival): CrashingDisk {
    const disk = new CrashingDisk();
    const paths = [...new Set([...this.#current.keys(), ...this.#synced.keys()])];
    for (const [i, path] of paths.entries()) {
      const keepsNew = survival === "everything" || (survival === "some" && i % 2 === 0);
      const inode = (keepsNew ? this.#current : this.#synced).get(path);
      const isLost = survival !== "everything" && !this.#syncedDirectories.has(dirname(path));
      if (inode === undefined || isLost) continue;
      const kept = survival === "everything" ? inode.current : inode.synced;
      // The lock of before has the mark of another start of the machine, not ours.
      const name = path.replace(/(\.lock\.[\d-]+\.)[0-9a-f]{16}/, `$1${"0".repeat(16)}`);
      disk.#current.set(name, { current: kept, synced: kept });
    }
    disk.#synced = new Map(disk.#current);
    disk.#found = new Set(disk.#current.keys());
    disk.#directories = new Set([...disk.#current.keys()].map((path) => dirname(path)));
    disk.#syncedDirectories = new Set(disk.#directories);
    return disk;
  }

  readonly fileSystem: FileSystem = {
    makeDirectory: async (path) =>
      this.#call(() => {
        if (this.#directories.has(path)) return undefined;
        this.#directories.add(path);
        return path;
      }),
    create: async (path) => {
      this.#call(() => {
        if (this.#current.has(path)) throw failure("EEXIST");
        this.#current.set(path, { current: new Uint8Array(), synced: new Uint8Array() });
      });
      const inode = this.#inode(path);
      return {
        write: async (bytes) => {
          const left = this.#stopAt - this.calls;
          if (left === 1) {
            inode.current = bytes.slice(0, Math.floor(bytes.length * this.#cut));
            this.stoppedInWrite = true;
          }
          this.#call(() => {
            inode.current = bytes.slice();
          });
        },
        sync: async () =>
          this.#call(() => {
            inode.synced = inode.current;
          }),
        close: async () => this.#call(() => undefined),
      };
    },
    read: async (path) => this.#call(() => this.#inode(path).current.slice()),
    list: async () => this.#call(() => this.names),
    rename: async (from, to) =>
      this.#call(() => {
        this.#current.set(to, this.#inode(from));
        this.#current.delete(from);
      }),
    remove: async (path) =>
      this.#call(() => {
        this.#current.delete(path);
      }),
    modified: async (path) => this.#call(() => (this.#found.has(path) ? 0 : 3_600_000)),
    syncDirectory: async (path) =>
      this.#call(() => {
        for (const made of this.#directories) if (dirname(made) === path) this.#syncedDirectories.add(made);
        for (const name of new Set([...this.#current.keys(), ...this.#synced.keys()])) {
          const inode = this.#current.get(name);
          if (dirname(name) !== path) continue;
          if (inode === undefined) this.#synced.delete(name);
          else this.#synced.set(name, inode);
        }
      }),
  };

  #inode(path: string): Inode {
    const inode = this.#current.get(path);
    if (inode === undefined) throw failure("ENOENT");
    return inode;
  }

  #call<Result>(work: () => Result): Result {
    this.calls += 1;
    if (this.calls >= this.#stopAt) throw failure("EIO");
    return work();
  }
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}
