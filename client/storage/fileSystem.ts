import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";

/** A file that was made and not yet closed. */
export interface OpenFile {
  /** Adds to the file; a lock is written to as long as it is held. */
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves when what was written is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The calls of the file system that storage makes, and no more; a test replaces them with a disk that fails. */
export interface FileSystem {
  /** Makes a directory that only its owner may use, and those above it; the topmost one that it made, if any. */
  makeDirectory(path: string): Promise<string | undefined>;
  /** Makes a file that only its owner may use. Fails with EEXIST if it is there. */
  create(path: string): Promise<OpenFile>;
  /** Fails with ENOENT if it is not there. */
  read(path: string): Promise<Uint8Array>;
  list(path: string): Promise<readonly string[]>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file if it is there. */
  remove(path: string): Promise<void>;
  /** When a file was last written, in milliseconds of the file system's clock. Fails with ENOENT. */
  modified(path: string): Promise<number>;
  /** Makes what was made, renamed and removed in a directory last. */
  syncDirectory(path: string): Promise<void>;
}

/** The file system of Node. */
export const nodeFileSystem: FileSystem = {
  makeDirectory: (path) => mkdir(path, { recursive: true, mode: 0o700 }),
  create: async (path) => {
    const file = await open(path, "wx", 0o600);
    return {
      write: (bytes) => file.writeFile(bytes),
      sync: () => file.sync(),
      close: () => file.close(),
    };
  },
  read: (path) => readFile(path),
  list: (path) => readdir(path),
  rename: (from, to) => rename(from, to),
  remove: (path) => rm(path, { force: true }),
  modified: async (path) => (await stat(path)).mtimeMs,
  syncDirectory: async (path) => {
    // Windows neither can nor needs to.
    if (process.platform === "win32") return;
    const handle = await open(path, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

/** The system's name of a failure, such as ENOENT; undefined if it is another kind of failure. */
export function systemCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
