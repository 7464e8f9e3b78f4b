import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { uptime } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { expect } from "chai";
import { lockDirectory } from "../../client/storage/fileLock.ts";
import { nodeFileSystem as fileSystem } from "../../client/storage/fileSystem.ts";
import { fileBlobs } from "../../client/storage/index.ts";
import { createWallet, openWallet } from "../../client/wallet/index.ts";
import { codeOfAsync } from "../client/support.ts";
import { recovery } from "../client/wallet/support.ts";

const WRITES = 20;
const url = (path: string) => JSON.stringify(pathToFileURL(resolve(path)).href);
const secondsAgo = (seconds: number) => Date.now() / 1000 - seconds;

/** A program that writes so many records into the wallet, each of them for good. */
const writer = (directory: string, name: string) => `(async () => {
  const { Secret } = await import(${url("client/keys/index.ts")});
  const { fileBlobs } = await import(${url("client/storage/index.ts")});
  const { openWallet } = await import(${url("client/wallet/index.ts")});
  const unlock = { kind: "recovery", key: new Secret(new Uint8Array(32).fill(1)) };
  const storage = fileBlobs({ directory: ${JSON.stringify(directory)}, lockTimeout: 60_000 });
  const wallet = await openWallet({ storage, unlock });
  for (let i = 0; i < ${WRITES}; i++) await wallet.segment("s").write("${name}-" + i, new Secret(new Uint8Array(1)));
})();`;

/** A program that takes the lock, says so, and keeps it. */
const keeper = (directory: string) => `
  import { fileBlobs } from ${url("client/storage/index.ts")};
  await fileBlobs({ directory: ${JSON.stringify(directory)} }).exclusive(() => new Promise(() => {
    setInterval(() => {}, 1000);
    console.log("locked");
  }));`;

describe(
  "findings: a lock is taken from the living. Another thread, another copy of this package in the same process, or " +
    "another container of the same name is taken for a process that died, and both write at the same time",
  () => {
    let directory: string;
    const options = () => ({ directory, fileSystem, timeout: 60 });
    const tryLock = async () => {
      const unlock = await lockDirectory(options());
      await unlock();
    };

    beforeEach(() => {
      mkdirSync(".tmp", { recursive: true });
      directory = resolve(mkdtempSync(".tmp/lock-"));
    });
    afterEach(() => rmSync(directory, { recursive: true, force: true }));

    it("is not from another thread, nor from another process: each write is for good", async () => {
      const storage = fileBlobs({ directory });
      await createWallet({ storage, slots: [{ secret: recovery(1) }], segments: ["s"] });
      const threads = ["a", "b"].map((name) => new Worker(writer(directory, name), { eval: true }));
      const child = spawn(process.execPath, ["--eval", writer(directory, "c")]);
      const codes = await Promise.all(
        [...threads, child].map(async (one) => (await once(one, "exit"))[0] as unknown),
      );
      expect(codes).to.deep.equal([0, 0, 0]);
      const wallet = await openWallet({ storage, unlock: recovery(1) });
      expect(await wallet.segment("s").list()).to.have.length(3 * WRITES);
      expect(readdirSync(directory).filter((file) => file.startsWith(".lock"))).to.deep.equal([]);
    }).timeout(120_000);

    it("is not from another copy of the package", async () => {
      const copy = (await import(
        `${pathToFileURL(resolve("client/storage/fileLock.ts")).href}?copy`
      )) as typeof import("../../client/storage/fileLock.ts");
      expect(copy.lockDirectory).not.to.equal(lockDirectory);
      const unlock = await lockDirectory(options());
      expect(await codeOfAsync(() => copy.lockDirectory(options()))).to.equal("STORAGE_LOCKED");
      await unlock();
      await (await copy.lockDirectory(options()))();
    });

    it("is, by its age, from whoever had the same process id before, where nothing tells when a process began", async () => {
      const unlock = await lockDirectory(options());
      const [mine = ""] = readdirSync(directory);
      await unlock();
      const child = spawn(process.execPath, ["--eval", "setTimeout(() => {}, 30_000)"]);
      for (const [pid, life] of [
        [process.pid, process.uptime()],
        [child.pid ?? 0, uptime()],
      ] as const) {
        const name = mine.replace(/^\.lock\.[\d-]+/, `.lock.${pid}`).replace(/[0-9a-f]{32}$/, "0".repeat(32));
        const lock = join(directory, name);
        writeFileSync(lock, "");
        expect(await codeOfAsync(tryLock)).to.equal("STORAGE_LOCKED");
        utimesSync(lock, secondsAgo(life - 1), secondsAgo(life - 1));
        expect(await codeOfAsync(tryLock)).to.equal("STORAGE_LOCKED");
        utimesSync(lock, secondsAgo(life + 30), secondsAgo(life + 30));
        expect(await codeOfAsync(tryLock)).to.equal(undefined);
        expect(readdirSync(directory)).to.deep.equal([]);
      }
      child.kill();
    });

    it("is from whoever had the same process id before, whatever the clock says, where that is told", async function () {
      const unlock = await lockDirectory(options());
      const [mine = ""] = readdirSync(directory);
      if (!/^\.lock\.\d+-\d+\./.test(mine)) {
        await unlock();
        return this.skip();
      }
      // The clock is set forward by ten years.
      utimesSync(join(directory, mine), secondsAgo(315_360_000), secondsAgo(315_360_000));
      expect(await codeOfAsync(tryLock)).to.equal("STORAGE_LOCKED");
      await unlock();
      writeFileSync(join(directory, mine.replace(/-\d+/, "-1")), "");
      expect(await codeOfAsync(tryLock)).to.equal(undefined);
      expect(readdirSync(directory)).to.deep.equal([]);
    });

    it("is not from a container that shares name and volume, until it shows no life", async function () {
      const inContainer = ["--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"];
      if (spawnSync("unshare", [...inContainer, "true"]).status !== 0) return this.skip();
      const program = [process.execPath, "--input-type=module", "--eval", keeper(directory)];
      const container = spawn("unshare", [...inContainer, ...program]);
      await once(container.stdout, "data");
      expect(await codeOfAsync(tryLock)).to.equal("STORAGE_LOCKED");
      const [lock = ""] = readdirSync(directory);
      expect(lock).to.match(/^\.lock\.1[.-]/);
      container.kill("SIGKILL");
      await once(container, "exit");
      expect(await codeOfAsync(tryLock)).to.equal("STORAGE_LOCKED");
      utimesSync(join(directory, lock), secondsAgo(150), secondsAgo(150));
      expect(await codeOfAsync(tryLock)).to.equal(undefined);
    }).timeout(30_000);

    it("is not from one who has it for long, for it shows that it lives", async () => {
      const [original, beats] = [globalThis.setInterval, [] as (() => void)[]];
      const captured = (beat: () => void) => {
        beats.push(beat);
        return original(() => undefined, 1_000_000);
      };
      Reflect.set(globalThis, "setInterval", captured);
      const unlock = await lockDirectory(options()).finally(() =>
        Reflect.set(globalThis, "setInterval", original),
      );
      const lock = join(directory, readdirSync(directory)[0] ?? "");
      utimesSync(lock, secondsAgo(3600), secondsAgo(3600));
      expect(beats).to.have.length(1);
      for (const beat of beats) beat();
      while (statSync(lock).mtimeMs < Date.now() - 60_000) await new Promise((next) => setImmediate(next));
      await unlock();
      expect(readdirSync(directory)).to.deep.equal([]);
    });

    it("is asked for anew by one whose own vanishes while it looks", async () => {
      const unlock = await lockDirectory(options());
      const [holder = ""] = readdirSync(directory);
      // Judged by its age, as of another start of the machine.
      const elsewhere = holder.replace(/^(\.lock\.[\d-]+\.)[0-9a-f]{16}/, `$1${"0".repeat(16)}`);
      writeFileSync(join(directory, elsewhere), "");
      const torn = {
        ...fileSystem,
        modified: async (path: string) => {
          if (!path.endsWith(elsewhere)) rmSync(path, { force: true });
          return await fileSystem.modified(path);
        },
      };
      const waiting = lockDirectory({ directory, fileSystem: torn, timeout: 60 });
      expect(await codeOfAsync(() => waiting)).to.equal("STORAGE_LOCKED");
      await unlock();
      expect(readdirSync(directory)).to.include(elsewhere);
    });

    it("is not had by one whose own was taken for left behind", async () => {
      const unlock = await lockDirectory(options());
      const [holder = ""] = readdirSync(directory);
      // Every new lock vanishes once, as if others had waited for long.
      let vanished = 0;
      const forgetful = {
        ...fileSystem,
        list: async (path: string) => {
          const files = await fileSystem.list(path);
          for (const file of vanished++ === 0 ? files : []) {
            if (file !== holder) rmSync(join(path, file));
          }
          return await fileSystem.list(path);
        },
      };
      const waiting = { directory, fileSystem: forgetful, timeout: 60 };
      expect(await codeOfAsync(() => lockDirectory(waiting))).to.equal("STORAGE_LOCKED");
      expect(readdirSync(directory)).to.deep.equal([holder]);
      await unlock();
      vanished = 0;
      await (await lockDirectory(waiting))();
      expect(vanished).to.be.greaterThan(1);
    });
  },
);
