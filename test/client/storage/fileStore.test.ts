import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { bytesToHex } from "../../../client/core/index.ts";
import { Secret } from "../../../client/keys/index.ts";
import { fileStore } from "../../../client/storage/index.ts";
import { codeOf, codeOfAsync } from "../support.ts";

const KEY = new Uint8Array(32).fill(7);
const secret = (text: string) => new Secret(new TextEncoder().encode(text));
const text = (bytes: Secret<Uint8Array> | undefined) => new TextDecoder().decode(bytes?.reveal());

describe("storage/fileStore", () => {
  let directory: string;
  const open = (key = KEY) =>
    fileStore({ directory: join(directory, "agent"), key: new Secret(key.slice()) });

  beforeEach(() => {
    mkdirSync(".tmp", { recursive: true });
    directory = mkdtempSync(".tmp/storage-");
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("keeps, replaces and forgets, in files that only their owner reads and that show nothing", async () => {
    const store = open();
    expect(await store.load("phone")).to.equal(undefined);
    await store.save("phone", secret("a planted secret"));
    await store.save("phone", secret("another planted secret"));
    expect(text(await open().load("phone"))).to.equal("another planted secret");
    const path = join(directory, "agent", "phone");
    expect(readFileSync(path).includes("planted")).to.equal(false);
    if (process.platform !== "win32") expect(statSync(path).mode & 0o077).to.equal(0);
    expect(readdirSync(join(directory, "agent"))).to.deep.equal(["phone"]);
    await store.remove("phone");
    await store.remove("phone");
    expect(await store.load("phone")).to.equal(undefined);
  });

  it("encrypts the same secret differently each time", async () => {
    const store = open();
    const saved = async () => {
      await store.save("phone", secret("same"));
      return bytesToHex(readFileSync(join(directory, "agent", "phone")));
    };
    expect(await saved()).not.to.equal(await saved());
  });

  it("refuses what was altered, cut, renamed, or encrypted with another key", async () => {
    const store = open();
    await store.save("phone", secret("secret"));
    const path = join(directory, "agent", "phone");
    const good = readFileSync(path);
    for (let i = 0; i < good.length; i += 7) {
      const bad = Buffer.from(good);
      bad[i] = (bad[i] ?? 0) ^ 1;
      writeFileSync(path, bad);
      expect(await codeOfAsync(() => store.load("phone"))).to.equal("STORAGE_DAMAGED");
    }
    for (const length of [0, 10, 24, good.length - 1]) {
      writeFileSync(path, good.subarray(0, length));
      expect(await codeOfAsync(() => store.load("phone"))).to.equal("STORAGE_DAMAGED");
    }
    writeFileSync(path, good);
    writeFileSync(join(directory, "agent", "laptop"), good);
    expect(await codeOfAsync(() => store.load("laptop"))).to.equal("STORAGE_DAMAGED");
    expect(await codeOfAsync(() => open(KEY.map((b) => b + 1)).load("phone"))).to.equal("STORAGE_DAMAGED");
    expect(text(await store.load("phone"))).to.equal("secret");
  });

  it("cannot tell an older file of the same name from the newest, as docs/wallet.md says", async () => {
    const store = open();
    await store.save("phone", secret("first"));
    const path = join(directory, "agent", "phone");
    const older = readFileSync(path);
    await store.save("phone", secret("second"));
    writeFileSync(path, older);
    expect(text(await store.load("phone"))).to.equal("first");
  });

  for (const name of ["", "..", "../phone", "a/b", "Phone", "a".repeat(65), "phone\n"]) {
    it(`refuses the name ${JSON.stringify(name.slice(0, 12))}`, async () => {
      const store = open();
      expect(await codeOfAsync(() => store.save(name, secret("x")))).to.equal("STORAGE_NAME_MALFORMED");
      expect(await codeOfAsync(() => store.load(name))).to.equal("STORAGE_NAME_MALFORMED");
      expect(await codeOfAsync(() => store.remove(name))).to.equal("STORAGE_NAME_MALFORMED");
    });
  }

  it("refuses a key of another length, and tells when the file system does not play along", async () => {
    expect(codeOf(() => open(new Uint8Array(31)))).to.equal("STORAGE_KEY_LENGTH");
    writeFileSync(join(directory, "agent"), "a file where the directory should be");
    expect(await codeOfAsync(() => open().save("phone", secret("x")))).to.equal("STORAGE_FAILED");
    expect(await codeOfAsync(() => open().load("phone"))).to.equal("STORAGE_FAILED");
  });

  it("holds the old or the new, whole, when the process is killed in the middle of saving", async () => {
    const size = 200_000;
    const program = `
      import { Secret } from "./client/keys/index.ts";
      import { fileStore } from "./client/storage/index.ts";
      const key = new Secret(new Uint8Array(32).fill(7));
      const store = fileStore({ directory: ${JSON.stringify(join(directory, "agent"))}, key });
      for (let i = 0; ; i++) {
        await store.save("phone", new Secret(new Uint8Array(${size}).fill(i)));
        if (i === 0) console.log("saved");
      }`;
    for (let round = 0; round < 4; round++) {
      const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
      await once(child.stdout, "data");
      await new Promise((resolve) => setTimeout(resolve, 13 * round));
      child.kill("SIGKILL");
      await once(child, "exit");
      const bytes = (await open().load("phone"))?.reveal();
      expect(bytes?.length).to.equal(size);
      expect(new Set(bytes).size).to.equal(1);
    }
  }).timeout(30_000);
});
