import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { build } from "esbuild";
import * as fakeIndexedDb from "fake-indexeddb";
import { fileBlobs, indexedDbBlobs, memoryBlobs } from "../../../client/storage/index.ts";
import { createWallet, openWallet, type WalletStorage } from "../../../client/wallet/index.ts";
import { codeOfAsync } from "../support.ts";
import { bytes, recovery, textOf } from "../wallet/support.ts";

describe("storage of wallets", () => {
  let directory: string;
  /** What a browser has in its global scope for IndexedDB. */
  const globals = Object.entries(fakeIndexedDb).filter(
    ([name]) => name === "indexedDB" || name.startsWith("IDB"),
  );

  before(() => {
    for (const [name, value] of globals) Reflect.set(globalThis, name, value);
  });
  after(() => {
    for (const [name] of globals) Reflect.deleteProperty(globalThis, name);
  });
  beforeEach(() => {
    mkdirSync(".tmp", { recursive: true });
    directory = mkdtempSync(".tmp/blobs-");
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  let databases = 0;
  const kinds: Readonly<Record<string, () => WalletStorage>> = {
    files: () => fileBlobs({ directory: join(directory, "deep", "down") }),
    memory: memoryBlobs,
    IndexedDB: () => indexedDbBlobs({ database: `wallet-${++databases}` }),
  };

  for (const [kind, make] of Object.entries(kinds)) {
    describe(`in ${kind}`, () => {
      it("keeps, replaces, lists and forgets, and shares no buffer with its user", async () => {
        const storage = make();
        const blob = Uint8Array.of(1, 2, 3);
        await storage.replace("a", blob);
        await storage.replace("b", Uint8Array.of());
        blob[0] = 9;
        expect([...((await storage.read("a")) ?? [])]).to.deep.equal([1, 2, 3]);
        const given = await storage.read("a");
        given?.fill(7);
        expect([...((await storage.read("a")) ?? [])]).to.deep.equal([1, 2, 3]);
        await storage.replace("a", Uint8Array.of(4));
        expect([...(await storage.list())].sort()).to.deep.equal(["a", "b"]);
        await storage.remove("a");
        await storage.remove("a");
        expect(await storage.read("a")).to.equal(undefined);
        expect((await storage.read("b"))?.length).to.equal(0);
      });

      it("refuses names that could mean something else", async () => {
        const storage = make();
        for (const name of ["", "..", "../a", "a/b", "A", "a.tmp", "a".repeat(65)]) {
          expect(await codeOfAsync(() => storage.read(name))).to.equal("STORAGE_NAME_MALFORMED");
          expect(await codeOfAsync(() => storage.remove(name))).to.equal("STORAGE_NAME_MALFORMED");
          expect(await codeOfAsync(() => storage.replace(name, blobOf(1)))).to.equal(
            "STORAGE_NAME_MALFORMED",
          );
        }
      });

      it("lets one work at a time, and the next also after a failure", async () => {
        const storage = make();
        let inside = 0;
        const work = async (i: number) => {
          inside += 1;
          expect(inside).to.equal(1);
          await new Promise((resolve) => setTimeout(resolve, 3));
          inside -= 1;
          if (i === 1) throw new RangeError("planned");
          return i;
        };
        const results = await Promise.allSettled([0, 1, 2].map((i) => storage.exclusive(() => work(i))));
        expect(
          results.map((result) => (result.status === "fulfilled" ? result.value : "failed")),
        ).to.deep.equal([0, "failed", 2]);
      });

      it("holds a wallet", async () => {
        const storage = make();
        const wallet = await createWallet({ storage, slots: [{ secret: recovery(1) }], segments: ["keys"] });
        await wallet.segment("keys").write("a", bytes("hello"));
        const again = await openWallet({ storage, unlock: recovery(1) });
        expect(textOf(await again.segment("keys").read("a"))).to.equal("hello");
      });
    });
  }

  it("is bundled for browsers without anything of Node's, as are wallet, backup and paper", async () => {
    const { metafile } = await build({
      entryPoints: ["storage/browser", "wallet/index", "backup/index", "paper/index"].map(
        (name) => `client/${name}.ts`,
      ),
      ...{
        bundle: true,
        write: false,
        metafile: true,
        platform: "browser",
        external: ["node:*"],
        outdir: "out",
      },
    });
    const needs = Object.values(metafile.inputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    expect(needs.filter((path) => path.startsWith("node:"))).to.deep.equal([]);
    expect(needs.length).to.be.greaterThan(3);
  });

  it("does not open a database that the browser refuses", async () => {
    const working = globalThis.indexedDB;
    const storage = indexedDbBlobs({ database: "refused" });
    Reflect.set(globalThis, "indexedDB", {
      open: () => {
        throw new DOMException("no", "SecurityError");
      },
    });
    expect(await codeOfAsync(() => storage.list())).to.equal("STORAGE_FAILED");
    Reflect.set(globalThis, "indexedDB", working);
    expect(await storage.list()).to.deep.equal([]);
  });

  describe("in files", () => {
    it("lets only their owner read them, and tells when the system refuses", async () => {
      const storage = fileBlobs({ directory: join(directory, "w") });
      await storage.replace("a", blobOf(1));
      if (process.platform !== "win32") {
        expect(statSync(join(directory, "w", "a")).mode & 0o077).to.equal(0);
        expect(statSync(join(directory, "w")).mode & 0o077).to.equal(0);
      }
      writeFileSync(join(directory, "file"), "in the way");
      const blocked = fileBlobs({ directory: join(directory, "file") });
      expect(await codeOfAsync(() => blocked.replace("a", blobOf(1)))).to.equal("STORAGE_FAILED");
      expect(await codeOfAsync(() => blocked.exclusive(async () => 1))).to.equal("STORAGE_FAILED");
      expect(await codeOfAsync(() => blocked.list())).to.equal("STORAGE_FAILED");
    });

    it("lets processes take turns: no step of one falls between two of another", async () => {
      const storage = fileBlobs({ directory });
      await storage.replace("count", blobOf(0));
      const program = `
        import { fileBlobs } from "./client/storage/index.ts";
        const storage = fileBlobs({ directory: ${JSON.stringify(directory)}, lockTimeout: 60_000 });
        for (let i = 0; i < 20; i++) await storage.exclusive(async () => {
          const [count = 0] = await storage.read("count") ?? [];
          await storage.replace("count", Uint8Array.of(count + 1));
        });`;
      const children = [1, 2, 3].map(() =>
        spawn(process.execPath, ["--input-type=module", "--eval", program]),
      );
      const codes = await Promise.all(
        children.map(async (child) => (await once(child, "exit"))[0] as unknown),
      );
      expect(codes).to.deep.equal([0, 0, 0]);
      expect([...((await storage.read("count")) ?? [])]).to.deep.equal([60]);
      expect(readdirSync(directory)).to.deep.equal(["count"]);
    }).timeout(60_000);

    it("waits for the lock of a living process, and takes that of a dead one", async () => {
      const program = `
        import { fileBlobs } from "./client/storage/index.ts";
        await fileBlobs({ directory: ${JSON.stringify(directory)} }).exclusive(() => new Promise(() => {
          setInterval(() => {}, 1000);
          console.log("locked");
        }));`;
      const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
      await once(child.stdout, "data");
      writeFileSync(join(directory, `head.${"a".repeat(16)}.tmp`), "half");
      const storage = fileBlobs({ directory, lockTimeout: 100 });
      expect(await codeOfAsync(() => storage.exclusive(async () => 1))).to.equal("STORAGE_LOCKED");
      child.kill("SIGKILL");
      await once(child, "exit");
      expect(await storage.exclusive(async () => readdirSync(directory).length)).to.equal(1);
      expect(readdirSync(directory)).to.deep.equal([]);
    }).timeout(30_000);

    it("takes another machine's lock only when it must have been left behind", async () => {
      const lock = join(directory, `.lock.1.${"1".repeat(16)}.${"2".repeat(16)}.${"3".repeat(32)}`);
      writeFileSync(lock, "");
      const storage = fileBlobs({ directory, lockTimeout: 50 });
      expect(await codeOfAsync(() => storage.exclusive(async () => 1))).to.equal("STORAGE_LOCKED");
      const hourAgo = Date.now() / 1000 - 3600;
      utimesSync(lock, hourAgo, hourAgo);
      expect(await storage.exclusive(async () => 1)).to.equal(1);
      expect(existsSync(lock)).to.equal(false);
    });
  });
});

function blobOf(...values: number[]): Uint8Array {
  return Uint8Array.of(...values);
}
