import { hostname } from "node:os";
import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { StorageError } from "./errors.ts";
import { type FileSystem, systemCode } from "./fileSystem.ts";

export type FileLockOptions = {
  readonly directory: string;
  readonly fileSystem: FileSystem;
  /** How long to wait for others, in milliseconds. */
  readonly timeout: number;
};

const PREFIX = ".lock";
/** Tells this process from one that had the same id before it, as in a container, where it is always 1. */
const PROCESS = bytesToHex(randomBytes(8));
const HOST = bytesToHex(sha256(utf8ToBytes(hostname()))).slice(0, 16);
const MIN_WAIT = 2;
const MAX_WAIT = 20;
/** Another machine's processes cannot be asked about; what is locked this long is taken for left behind. */
const ABANDONED_AFTER = 600_000;

type Lock = {
  readonly file: string;
  readonly token: string;
  readonly pid: number;
  readonly process: string;
  readonly host: string;
};

/**
 * Locks a directory against every other process; the result unlocks it.
 *
 * Who wants the lock makes a file of a name that is never used again, then looks: alone, it has the lock. Of two that
 * come together at least the later one sees the other, so never do both believe themselves alone; and what a dead
 * process left behind can be removed by anyone at any time, since no living one can have the same name.
 *
 * @throws {StorageError} STORAGE_LOCKED
 */
export async function lockDirectory(options: FileLockOptions): Promise<() => Promise<void>> {
  const { directory, fileSystem } = options;
  const deadline = performance.now() + options.timeout;
  for (;;) {
    const token = bytesToHex(randomBytes(16));
    const mine = join(directory, [PREFIX, process.pid, PROCESS, HOST, token].join("."));
    await (await fileSystem.create(mine)).close();
    const unlock = () => fileSystem.remove(mine);
    try {
      const holder = await waitForOthers(options, token, mine, deadline);
      if (holder === undefined) return unlock;
      await unlock();
      if (performance.now() >= deadline) throw locked(directory, holder);
    } catch (error) {
      await unlock().catch(() => undefined);
      throw error;
    }
    await pause();
  }
}

/**
 * Waits while only those with a greater token are before us, who give way or are done soon. Gives the lock that we have
 * to give way to, if there is one.
 */
async function waitForOthers(
  { directory, fileSystem }: FileLockOptions,
  token: string,
  mine: string,
  deadline: number,
): Promise<Lock | undefined> {
  for (;;) {
    const others: Lock[] = [];
    for (const file of await fileSystem.list(directory)) {
      const lock = parse(file);
      if (lock === undefined || lock.token === token) continue;
      if (await isLeftBehind(fileSystem, directory, lock, mine))
        await fileSystem.remove(join(directory, file));
      else others.push(lock);
    }
    const [first] = others;
    if (first === undefined) return undefined;
    const before = others.find((other) => other.token < token);
    if (before !== undefined) return before;
    if (performance.now() >= deadline) return first;
    await pause();
  }
}

async function isLeftBehind(
  fileSystem: FileSystem,
  directory: string,
  lock: Lock,
  mine: string,
): Promise<boolean> {
  if (lock.host === HOST) return lock.pid === process.pid ? lock.process !== PROCESS : !isAlive(lock.pid);
  try {
    const [now, then] = [
      await fileSystem.modified(mine),
      await fileSystem.modified(join(directory, lock.file)),
    ];
    return now - then > ABANDONED_AFTER;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return true;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, but another user's.
    return systemCode(error) === "EPERM";
  }
}

function parse(file: string): Lock | undefined {
  const match = /^\.lock\.(\d{1,10})\.([0-9a-f]{16})\.([0-9a-f]{16})\.([0-9a-f]{32})$/.exec(file);
  if (match === null) return undefined;
  const [, pid = "", from = "", host = "", token = ""] = match;
  return { file, token, pid: Number(pid), process: from, host };
}

function locked(directory: string, { pid, file }: Lock): StorageError {
  return new StorageError("STORAGE_LOCKED", "another process holds the lock of this directory", {
    details: { directory, pid, file },
  });
}

function pause(): Promise<void> {
  const wait = MIN_WAIT + Math.random() * (MAX_WAIT - MIN_WAIT);
  return new Promise((resolve) => setTimeout(resolve, wait));
}
