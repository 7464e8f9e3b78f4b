import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import * as fakeIndexedDb from "fake-indexeddb";
import { Secret } from "../../../client/keys/index.ts";
import { fileStore, indexedDbStore, memoryStore, type SecretStore } from "../../../client/storage/index.ts";
import { codeOfAsync } from "../support.ts";

const secret = (text: string) => new Secret(new TextEncoder().encode(text));
const text = (bytes: Secret<Uint8Array> | undefined) => new TextDecoder().decode(bytes?.reveal());

describe("stores of secrets", () => {
  const key = new Secret(new Uint8Array(32).fill(7));
  /** What a browser has in its global scope for IndexedDB. */
  const globals = Object.entries(fakeIndexedDb).filter(
    ([name]) => name === "indexedDB" || name.startsWith("IDB"),
  );
  let directory: string;
  let databases = 0;

  before(() => {
    for (const [name, value] of globals) Reflect.set(globalThis, name, value);
  });
  after(() => {
    for (const [name] of globals) Reflect.deleteProperty(globalThis, name);
  });
  beforeEach(() => {
    mkdirSync(".tmp", { recursive: true });
    directory = mkdtempSync(".tmp/stores-");
    databases++;
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /** A second store over the same place, as another process would open it; memory has none. */
  const kinds: Readonly<Record<string, () => readonly [SecretStore, SecretStore]>> = {
    memory: () => {
      const store = memoryStore();
      return [store, store];
    },
    files: () => {
      const open = () => fileStore({ directory: join(directory, "agent"), key });
      return [open(), open()];
    },
    IndexedDB: () => {
      const open = () => indexedDbStore({ database: `stores-${databases}`, key });
      return [open(), open()];
    },
  };

  for (const [kind, make] of Object.entries(kinds)) {
    describe(`in ${kind}`, () => {
      it("keep, replace and forget, and share no buffer with their user", async () => {
        const [store, other] = make();
        const bytes = secret("one");
        await store.save("a", bytes);
        bytes.erase();
        expect(text(await other.load("a"))).to.equal("one");
        (await store.load("a"))?.erase();
        expect(text(await store.load("a"))).to.equal("one");
        await other.remove("a");
        expect(await store.load("a")).to.equal(undefined);
        expect(await codeOfAsync(() => store.exclusive("A", async () => undefined))).to.equal(
          "STORAGE_NAME_MALFORMED",
        );
      });

      it("let one work at a time under a name, the next also after a failure, and hold up no other name", async () => {
        const [store, other] = make();
        let working = 0;
        let most = 0;
        const work = async () => {
          most = Math.max(most, ++working);
          // Another name within, and what is kept under the same one.
          await store.exclusive("b", () => store.save("a", secret("x")));
          working--;
          throw new Error("no");
        };
        const all = await Promise.allSettled(
          [store, other, store, other].map((one) => one.exclusive("a", work)),
        );
        expect(all.every(({ status }) => status === "rejected")).to.equal(true);
        expect(most).to.equal(1);
        expect(await other.exclusive("a", async () => "done")).to.equal("done");
      });
    });
  }

  it("in files leave no lock, and tell who does not get one", async () => {
    const open = () => fileStore({ directory, key, lockTimeout: 1 });
    const [store, other] = [open(), open()];
    const code = await store.exclusive("a", () => codeOfAsync(() => other.exclusive("a", async () => 1)));
    expect(code).to.equal("STORAGE_LOCKED");
    expect(readdirSync(join(directory, ".locks", "a"))).to.deep.equal([]);
  });

  it("in IndexedDB take turns where there are no Web Locks", async () => {
    const found = Object.getOwnPropertyDescriptor(globalThis, "navigator");
    Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
    try {
      const store = indexedDbStore({ database: `stores-${databases}`, key });
      const order: number[] = [];
      const work = (at: number) => async () => {
        order.push(at);
        await store.save("a", secret("x"));
        order.push(at);
      };
      await Promise.all([store.exclusive("a", work(1)), store.exclusive("a", work(2))]);
      expect(order).to.deep.equal([1, 1, 2, 2]);
    } finally {
      if (found !== undefined) Object.defineProperty(globalThis, "navigator", found);
    }
  });
});
