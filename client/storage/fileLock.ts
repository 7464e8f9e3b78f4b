import { readFileSync, readlinkSync } from "node:fs";
import { hostname, uptime } from "node:os";
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
const HOST = markOf(hostname());
/** Where a process id means the same process: containers have ids of their own, a machine has others after a restart. */
const SPACE = markOf(
  systemText(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")),
  systemText(() => readlinkSync("/proc/self/ns/pid")),
);
/** When this process began, by the clock of `uptime`, which neither stops while the machine sleeps nor is set. */
const BEGAN = uptime() - process.uptime();
/** Our id, and when we began. */
const OURSELVES = [process.pid, begunAt(process.pid) ?? []].flat().join("-");
/** How far times of files and of the system may be off. */
const COARSENESS = 5_000;
const MIN_WAIT = 2;
const MAX_WAIT = 20;
/** How often who has or wants a lock shows that it lives. */
const RENEWED_EVERY = 10_000;
/** Processes elsewhere cannot be asked about; a lock that shows no life for this long is taken for left behind. */
const ABANDONED_AFTER = 120_000;

type Lock = {
  readonly file: string;
  readonly token: string;
  readonly pid: number;
  /** See {@link begunAt}; undefined where it is not known. */
  readonly begun: string | undefined;
  readonly isOurs: boolean;
};

/**
 * Locks a directory against everybody else: other processes, other threads and copies of this module in the same one,
 * other containers and machines that share the volume; the result unlocks it.
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
    const mine = [PREFIX, OURSELVES, SPACE, HOST, token].join(".");
    const unlock = await shownAlive(fileSystem, join(directory, mine));
    try {
      const found = await waitForOthers(options, { file: mine, token }, deadline);
      if (found === "alone") return unlock;
      await unlock();
      if (found !== "gone" && performance.now() >= deadline) throw locked(directory, found);
    } catch (error) {
      await unlock().catch(() => undefined);
      throw error;
    }
    await pause();
  }
}

/** Makes a file, and writes to it now and then so that it is never old; the result removes it. */
async function shownAlive(fileSystem: FileSystem, path: string): Promise<() => Promise<void>> {
  const file = await fileSystem.create(path);
  const renew = async () => {
    await file.write(Uint8Array.of(1));
    await file.sync();
  };
  const timer = setInterval(() => void renew().catch(() => undefined), RENEWED_EVERY);
  timer.unref();
  return async () => {
    clearInterval(timer);
    try {
      await file.close();
    } finally {
      await fileSystem.remove(path);
    }
  };
}

/**
 * Waits while only those with a greater token are before us, who give way or are done soon. Gives the lock that we have
 * to give way to, if there is one; "gone" if ours was taken for left behind, as after a long sleep of the machine.
 */
async function waitForOthers(
  { directory, fileSystem }: FileLockOptions,
  mine: Pick<Lock, "file" | "token">,
  deadline: number,
): Promise<Lock | "alone" | "gone"> {
  for (;;) {
    const others: Lock[] = [];
    const files = await fileSystem.list(directory);
    if (!files.includes(mine.file)) return "gone";
    for (const file of files) {
      const lock = parse(file);
      if (lock === undefined || file === mine.file) continue;
      if (await isLeftBehind(fileSystem, directory, lock, mine.file))
        await fileSystem.remove(join(directory, file));
      else others.push(lock);
    }
    const [first] = others;
    if (first === undefined) return "alone";
    const before = others.find(({ token }) => token < mine.token);
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
  if (lock.isOurs && !isAlive(lock.pid)) return true;
  const begun = lock.isOurs && lock.begun !== undefined ? begunAt(lock.pid) : undefined;
  // No clock is asked: one that is set forward would make a lock that is held look old.
  if (begun !== undefined) return lock.begun !== begun;
  // By the clock of the file system alone, which need not be ours.
  const now = await fileSystem.modified(join(directory, mine)).catch((error: unknown) => {
    if (systemCode(error) !== "ENOENT") throw error;
    return undefined;
  });
  // Ours is gone: the next look finds that out.
  if (now === undefined) return false;
  try {
    const age = now - (await fileSystem.modified(join(directory, lock.file)));
    return age > (lock.isOurs ? longestLife(lock.pid) : ABANDONED_AFTER);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return true;
    throw error;
  }
}

/** When a process began, in ticks since the machine's start: Linux only. */
function begunAt(pid: number): string | undefined {
  const stat = systemText(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

/** How old a lock can be that the process of this id holds: an older one is of a process that had the id before. */
function longestLife(pid: number): number {
  return COARSENESS + 1000 * (pid === process.pid ? uptime() - BEGAN : uptime());
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
  const match = /^\.lock\.(\d{1,10})(?:-(\d{1,20}))?\.([0-9a-f]{16})\.([0-9a-f]{16})\.([0-9a-f]{32})$/.exec(
    file,
  );
  if (match === null) return undefined;
  const [, pid = "", begun, space = "", host = "", token = ""] = match;
  return { file, token, pid: Number(pid), begun, isOurs: space === SPACE && host === HOST };
}

function markOf(...parts: readonly string[]): string {
  return bytesToHex(sha256(utf8ToBytes(parts.join("\n")))).slice(0, 16);
}

/** What Linux tells, and other systems do not: there the host's name has to do. */
function systemText(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
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
