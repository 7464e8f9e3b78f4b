import { dirname, join, resolve } from "node:path";
import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import type { WalletStorage } from "../wallet/index.ts";
import { StorageError } from "./errors.ts";
import { lockDirectory } from "./fileLock.ts";
import { type FileSystem, nodeFileSystem, systemCode } from "./fileSystem.ts";
import { checkedName, isName } from "./name.ts";
import { takingTurns } from "./turns.ts";

export type FileBlobsOptions = {
  /** Made if it is not there; only its owner may read it. */
  readonly directory: string;
  /** Default: Node's. */
  readonly fileSystem?: FileSystem;
  /** How long `exclusive` waits for another process, in milliseconds. Default: 10 000. */
  readonly lockTimeout?: number;
};

const LOCK_TIMEOUT = 10_000;
const TEMPORARY = /\.[0-9a-f]{16}\.tmp$/;

/**
 * Keeps blobs in the files of one directory, which should hold nothing else. A file is written beside the old one,
 * flushed, put in its place, and the directory flushed; so that it is the old or the new whenever the machine stops.
 *
 * @throws {StorageError} its functions throw STORAGE_NAME_MALFORMED, STORAGE_FAILED; `exclusive` throws STORAGE_LOCKED
 * @example const wallet = await openWallet({ storage: fileBlobs({ directory: "wallet" }), unlock });
 */
export function fileBlobs({ fileSystem = nodeFileSystem, ...options }: FileBlobsOptions): WalletStorage {
  const directory = resolve(options.directory);
  const timeout = options.lockTimeout ?? LOCK_TIMEOUT;
  const path = (name: string) => join(directory, checkedName(name));
  const turns = takingTurns();
  return {
    read: async (name) => await readIfThere(fileSystem, path(name)),
    list: () => guarded(async () => (await fileSystem.list(directory)).filter(isName)),
    replace: async (name, bytes) => {
      const target = path(name);
      await guarded(async () => {
        await makeDirectory(fileSystem, directory);
        await replaceFile(fileSystem, target, bytes);
      });
    },
    remove: async (name) => {
      const target = path(name);
      await guarded(() => fileSystem.remove(target));
    },
    exclusive: (work) =>
      turns(async () => {
        const unlock = await guarded(async () => {
          await makeDirectory(fileSystem, directory);
          const release = await lockDirectory({ directory, fileSystem, timeout });
          await removeTemporaries(fileSystem, directory);
          return release;
        });
        try {
          return await work();
        } finally {
          await guarded(unlock);
        }
      }),
  };
}

async function replaceFile(fileSystem: FileSystem, target: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${target}.${bytesToHex(randomBytes(8))}.tmp`;
  try {
    const file = await fileSystem.create(temporary);
    try {
      await file.write(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await fileSystem.rename(temporary, target);
    await fileSystem.syncDirectory(dirname(target));
  } catch (error) {
    await fileSystem.remove(temporary).catch(() => undefined);
    throw error;
  }
}

/** Makes the directory, and the names of all that it made last. */
async function makeDirectory(fileSystem: FileSystem, directory: string): Promise<void> {
  const topmost = await fileSystem.makeDirectory(directory);
  if (topmost === undefined) return;
  const stop = dirname(resolve(topmost));
  for (let path = dirname(directory); ; path = dirname(path)) {
    await fileSystem.syncDirectory(path);
    if (path === stop || path === dirname(path)) return;
  }
}

/** Under the lock nobody is writing: a temporary file is one that a stopped process left behind. */
async function removeTemporaries(fileSystem: FileSystem, directory: string): Promise<void> {
  for (const file of await fileSystem.list(directory)) {
    if (TEMPORARY.test(file)) await fileSystem.remove(join(directory, file));
  }
}

async function readIfThere(fileSystem: FileSystem, path: string): Promise<Uint8Array | undefined> {
  return await guarded(async () => {
    try {
      return await fileSystem.read(path);
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    }
  });
}

async function guarded<Result>(action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw new StorageError("STORAGE_FAILED", "the file system refused", {
      details: { reason: systemCode(error) },
    });
  }
}
