import { expect } from "chai";
import fc from "fast-check";
import { bigintToBytes } from "../../../client/core/index.ts";
import { Secret } from "../../../client/keys/index.ts";
import { memoryBlobs } from "../../../client/storage/index.ts";
import { frame } from "../../../client/wallet/frame.ts";
import { decodeHead } from "../../../client/wallet/head.ts";
import { createWallet, openWallet, type WalletStorage } from "../../../client/wallet/index.ts";
import { decodeKeyring } from "../../../client/wallet/keyring.ts";
import { decodeManifest, encodeManifest } from "../../../client/wallet/manifest.ts";
import { openSlot } from "../../../client/wallet/slots.ts";
import { codeOfAsync } from "../support.ts";
import { bytes, contentsOf, copyOf, makeWallet, password, putBack, recovery } from "./support.ts";

/** What may be said of bytes that are not those that were kept. */
const REFUSALS = [
  "WALLET_DAMAGED",
  "WALLET_TRUNCATED",
  "WALLET_FORMAT_UNKNOWN",
  "WALLET_INCOMPLETE",
  "WALLET_KEY_WRONG",
  "WALLET_KDF_WEAK",
  "WALLET_KDF_EXCESSIVE",
];

type Json = { slots: Record<string, unknown>[]; version: number; keyring: string; wallet: string };

async function editHead(storage: WalletStorage, edit: (head: Json) => void): Promise<void> {
  const head = JSON.parse(new TextDecoder().decode(await storage.read("head"))) as Json;
  edit(head);
  await storage.replace("head", new TextEncoder().encode(`${JSON.stringify(head)}\n`));
}

async function storageOf(blobs: ReadonlyMap<string, Uint8Array>): Promise<WalletStorage> {
  const storage = memoryBlobs();
  await putBack(storage, blobs);
  return storage;
}

const open = (storage: WalletStorage) => openWallet({ storage, unlock: recovery(1) });
const readAll = async (storage: WalletStorage) => contentsOf(await open(storage));

describe("wallet under attack", () => {
  let storage: WalletStorage;
  let good: ReadonlyMap<string, Uint8Array>;

  before(async () => {
    const made = await makeWallet();
    storage = made.storage;
    await made.wallet.segment("keys").write("a", bytes("first"));
    await made.wallet.segment("keys").write("b", bytes("other"));
  });
  beforeEach(async () => {
    good ??= await copyOf(storage);
    await putBack(storage, good);
  });

  const blobNamed = (start: string) => [...good.keys()].filter((name) => name.startsWith(start));

  it("refuses every altered byte of every blob", async () => {
    for (const [name, blob] of good) {
      for (let i = 0; i < blob.length; i += name === "head" ? 1 : 3) {
        const bad = blob.slice();
        bad[i] = (bad[i] ?? 0) ^ 1;
        await storage.replace(name, bad);
        const code = await codeOfAsync(() => readAll(storage));
        if (code === undefined && name === "head") continue;
        expect(REFUSALS, `${name} byte ${i}: ${code}`).to.include(code);
      }
      await storage.replace(name, blob);
    }
  });

  it("accepts no altered head but one that says the same", async () => {
    const head = good.get("head") ?? new Uint8Array();
    const before = await readAll(storage);
    await fc.assert(
      fc.asyncProperty(fc.nat(head.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bad = head.slice();
        bad[at] = (bad[at] ?? 0) ^ flip;
        await storage.replace("head", bad);
        const code = await codeOfAsync(async () => expect(await readAll(storage)).to.deep.equal(before));
        expect([...REFUSALS, undefined]).to.include(code);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it("tells a cut blob, wherever it is cut", async () => {
    for (const [name, blob] of good) {
      for (let length = 0; length < blob.length; length += Math.ceil(blob.length / 40)) {
        await storage.replace(name, blob.slice(0, length));
        expect(await codeOfAsync(() => readAll(storage)), `${name} of ${length}`).to.equal(
          "WALLET_TRUNCATED",
        );
      }
      await storage.replace(name, blob);
    }
  });

  it("tells a blob that was removed, or has something after its end", async () => {
    for (const [name, blob] of good) {
      await storage.remove(name);
      const missing = name === "head" ? "WALLET_MISSING" : "WALLET_INCOMPLETE";
      expect(await codeOfAsync(() => readAll(storage)), name).to.equal(missing);
      await storage.replace(name, Uint8Array.of(...blob, 0));
      const longer = name === "head" ? "WALLET_TRUNCATED" : "WALLET_DAMAGED";
      expect(await codeOfAsync(() => readAll(storage)), name).to.equal(longer);
      await storage.replace(name, blob);
    }
  });

  it("refuses two records, or two segments, in each other's place", async () => {
    for (const start of ["r-", "s-"]) {
      const [one = "", two = ""] = blobNamed(start);
      await storage.replace(one, good.get(two) ?? new Uint8Array());
      await storage.replace(two, good.get(one) ?? new Uint8Array());
      expect(await codeOfAsync(() => readAll(storage)), start).to.equal("WALLET_DAMAGED");
      await putBack(storage, good);
    }
  });

  it("refuses an older version of a record in its own place", async () => {
    const wallet = await open(storage);
    await wallet.segment("keys").write("a", bytes("second"));
    const now = await copyOf(storage);
    const [older = ""] = [...good.keys()].filter((name) => !now.has(name));
    const [newer = ""] = [...now.keys()].filter((name) => !good.has(name));
    await storage.replace(newer, good.get(older) ?? new Uint8Array());
    const code = await codeOfAsync(() => wallet.segment("keys").read("a"));
    expect(code).to.equal("WALLET_ROLLED_BACK");
    expect(await codeOfAsync(() => readAll(storage))).to.equal("WALLET_ROLLED_BACK");
  });

  it("refuses an older list of a segment's records, also with its records", async () => {
    const wallet = await open(storage);
    await wallet.segment("keys").write("a", bytes("second"));
    const head = (await storage.read("head")) ?? new Uint8Array();
    await putBack(storage, new Map([...good, ["head", head]]));
    expect(await codeOfAsync(() => readAll(storage))).to.equal("WALLET_ROLLED_BACK");
    expect(await codeOfAsync(() => wallet.segment("keys").list())).to.equal("WALLET_ROLLED_BACK");
  });

  it("refuses the whole wallet of earlier while it is open, and later if its anchor was kept", async () => {
    const wallet = await open(storage);
    const old = wallet.anchor;
    await wallet.segment("keys").write("a", bytes("second"));
    const { anchor } = wallet;
    await openWallet({ storage, unlock: recovery(1), anchor });
    await openWallet({ storage, unlock: recovery(1), anchor: old });
    await putBack(storage, good);
    expect(await codeOfAsync(() => wallet.segment("keys").list())).to.equal("WALLET_ROLLED_BACK");
    const reopened = () => openWallet({ storage, unlock: recovery(1), anchor });
    expect(await codeOfAsync(reopened)).to.equal("WALLET_ROLLED_BACK");
    // Written on after the roll-back, it has the right number but another history.
    const thief = await open(storage);
    await thief.segment("keys").write("a", bytes("forged"));
    expect(thief.anchor.sequence).to.equal(anchor.sequence);
    expect(await codeOfAsync(reopened)).to.equal("WALLET_FORKED");
  });

  it("brings back no removed slot by an older head", async () => {
    const wallet = await open(storage);
    const slot = await wallet.addSlot({ secret: recovery(2) });
    const withSlot = (await storage.read("head")) ?? new Uint8Array();
    await wallet.removeSlot(slot.id);
    const { anchor } = wallet;
    await storage.replace("head", withSlot);
    const unlock = recovery(2);
    expect(await codeOfAsync(() => openWallet({ storage, unlock, anchor }))).to.equal("WALLET_ROLLED_BACK");
    expect(await codeOfAsync(() => wallet.segment("keys").list())).to.equal("WALLET_ROLLED_BACK");
  });

  it("refuses another wallet's head, slots, or segments, even of the same key", async () => {
    const other = await makeWallet();
    await other.wallet.segment("keys").write("a", bytes("theirs"));
    const theirs = (await copyOf(other.storage)).get("head") ?? new Uint8Array();
    await storage.replace("head", theirs);
    expect(await codeOfAsync(() => readAll(storage))).to.equal("WALLET_INCOMPLETE");
    await putBack(storage, good);
    const { slots } = JSON.parse(new TextDecoder().decode(theirs)) as Json;
    await editHead(storage, (head) => {
      head.slots = slots;
    });
    expect(await codeOfAsync(() => readAll(storage))).to.equal("WALLET_DAMAGED");
    await putBack(storage, good);
    const wallet = await open(storage);
    await storage.replace("head", theirs);
    expect(await codeOfAsync(() => wallet.segment("keys").list())).to.equal("WALLET_DAMAGED");
    await putBack(storage, good);
    const { anchor } = other.wallet;
    expect(await codeOfAsync(() => openWallet({ storage, unlock: recovery(1), anchor }))).to.equal(
      "WALLET_FORKED",
    );
  });

  it("finds out slots that were added, removed, reordered or renamed by others, with any slot of the owner's", async () => {
    const wallet = await open(storage);
    await wallet.addSlot({ secret: recovery(2), label: "two" });
    const before = await copyOf(storage);
    const edits: ((head: Json) => void)[] = [
      ({ slots }) => slots.push({ ...slots[0], id: "00".repeat(8) }),
      ({ slots }) => slots.pop(),
      ({ slots }) => slots.reverse(),
      ({ slots }) => Object.assign(slots[1] ?? {}, { id: "0123456789abcdef" }),
    ];
    for (const edit of edits) {
      await editHead(storage, edit);
      expect(await codeOfAsync(() => readAll(storage))).to.equal("WALLET_DAMAGED");
      await putBack(storage, before);
    }
  });

  it("gives a reader no way to write: what is not signed by the segment's key is refused", async () => {
    const wallet = await open(storage);
    await wallet.addSlot({ secret: recovery(2), segments: { keys: "read", contacts: "write" } });
    const before = await copyOf(storage);
    const { header } = decodeHead((await storage.read("head")) ?? new Uint8Array());
    const { content } = await openSlot(header.slots, header.wallet, recovery(2));
    const { segments } = decodeKeyring(content);
    const [mine, theirs] = ["contacts", "keys"].map((name) => segments.find((keys) => keys.name === name));
    if (mine === undefined || theirs === undefined) return expect.fail("no keys");
    expect([mine.writeKey === undefined, theirs.writeKey === undefined]).to.deep.equal([false, true]);
    // All that the reader has: the key to encrypt with, and a signing key that is good elsewhere.
    const forged = encodeManifest(
      header.wallet,
      { ...theirs, writeKey: mine.writeKey },
      { sequence: 99, records: [] },
    );
    await storage.replace(`s-${theirs.id}`, forged);
    expect(await codeOfAsync(() => readAll(storage))).to.equal("WALLET_DAMAGED");
    await putBack(storage, before);
    // A record that decrypts in its place and time, but that nobody signed.
    const manifest = decodeManifest(header.wallet, theirs, before.get(`s-${theirs.id}`) ?? new Uint8Array());
    const [record] = manifest.records;
    if (record === undefined) return expect.fail("no record");
    const { id, version, blob } = record;
    const address = ["DKMS-V1-WALLET-RECORD", header.wallet, theirs.id, id, version] as const;
    const sealed = theirs.readKey.encrypt(address, new TextEncoder().encode("forged"));
    await storage.replace(blob, frame(bigintToBytes(BigInt(version), 8), sealed));
    expect(await codeOfAsync(() => readAll(storage))).to.equal("WALLET_DAMAGED");
    const other = await openWallet({ storage: await storageOf(before), unlock: recovery(2) });
    await other.segment("contacts").write("a", bytes("rightly written"));
  });

  it("refuses a permission that was altered, or is for another wallet, to who sees no more than it", async () => {
    const wallet = await open(storage);
    await wallet.addSlot({ secret: recovery(2), label: "agent", segments: { keys: "read" } });
    const before = await copyOf(storage);
    const other = await makeWallet();
    await other.wallet.addSlot({ secret: recovery(2), label: "agent", segments: { keys: "read" } });
    const theirs = JSON.parse(new TextDecoder().decode(await other.storage.read("head"))) as Json;
    const asAgent = () => openWallet({ storage, unlock: recovery(2) });
    const edits: ((slot: Record<string, unknown>) => unknown)[] = [
      (slot) => Object.assign(slot, { id: "0123456789abcdef" }),
      (slot) => Object.assign(slot, { opens: "wallet" }),
      (slot) => Object.assign(slot, { id: "00".repeat(8) }),
      (slot) => Object.assign(slot, theirs.slots[1]),
    ];
    for (const edit of edits) {
      await editHead(storage, ({ slots }) => edit(slots[1] ?? {}));
      expect(await codeOfAsync(asAgent)).to.equal("WALLET_DAMAGED");
      await putBack(storage, before);
    }
    expect((await asAgent()).segments).to.deep.equal(["keys"]);
  });

  it("lets one who may write a segment make the owner remove nothing else", async () => {
    const wallet = await open(storage);
    await wallet.addSlot({ secret: recovery(2), segments: { contacts: "write" } });
    const { header } = decodeHead((await storage.read("head")) ?? new Uint8Array());
    const { content } = await openSlot(header.slots, header.wallet, recovery(2));
    const [keys] = decodeKeyring(content).segments;
    if (keys === undefined) return expect.fail("no keys");
    const before = await copyOf(storage);
    const [theirs = ""] = blobNamed("r-");
    const good = { id: "x", version: 1, bytes: 0, blob: `r-${keys.id}-${"0".repeat(32)}`, hash: "" };
    for (const records of [
      [{ ...good, blob: "head" }],
      [{ ...good, blob: theirs }],
      [{ ...good, blob: `r-${keys.id}-` }],
      [good, { ...good, id: "y" }],
      [good, { ...good, blob: `r-${keys.id}-${"1".repeat(32)}` }],
    ]) {
      await storage.replace(`s-${keys.id}`, encodeManifest(header.wallet, keys, { sequence: 9, records }));
      const owner = () => wallet.segment("contacts").remove("x");
      expect(await codeOfAsync(owner)).to.equal("WALLET_FORMAT_UNKNOWN");
      expect([...(await copyOf(storage)).keys()]).to.have.members([...before.keys()]);
      await putBack(storage, before);
    }
  });

  describe("on the password", () => {
    let locked: WalletStorage;
    let head: Uint8Array;

    before(async () => {
      locked = memoryBlobs();
      await createWallet({ storage: locked, slots: [{ secret: password("pass word") }], segments: [] });
      head = (await locked.read("head")) ?? new Uint8Array();
    });
    beforeEach(() => locked.replace("head", head));

    const unlock = () => openWallet({ storage: locked, unlock: password("pass word") });
    const withKdf = (kdf: unknown) =>
      editHead(locked, ({ slots }) => {
        for (const slot of slots) slot.kdf = kdf;
      });

    for (const [what, kdf, code] of [
      ["memory", { name: "argon2id", m: 19_455, t: 2, p: 1 }, "WALLET_KDF_WEAK"],
      ["passes", { name: "argon2id", m: 65_536, t: 1, p: 1 }, "WALLET_KDF_WEAK"],
      ["scrypt's cost", { name: "scrypt", N: 2 ** 16, r: 8, p: 1 }, "WALLET_KDF_WEAK"],
      ["scrypt's memory", { name: "scrypt", N: 2 ** 13, r: 8, p: 16 }, "WALLET_KDF_WEAK"],
      ["scrypt's blocks", { name: "scrypt", N: 2 ** 20, r: 1, p: 1 }, "WALLET_KDF_WEAK"],
    ] as const) {
      it(`refuses a downgrade of ${what} before anything is derived`, async () => {
        await withKdf(kdf);
        expect(await codeOfAsync(unlock)).to.equal(code);
        const slot = { secret: { kind: "password", password: new Secret("pass word"), kdf } } as const;
        const made = createWallet({ storage: memoryBlobs(), slots: [slot], segments: [] });
        expect(await codeOfAsync(() => made)).to.equal(code);
      });
    }

    for (const kdf of [
      { name: "argon2id", m: 2 ** 31, t: 2, p: 1 },
      { name: "argon2id", m: 2 ** 20, t: 5, p: 1 },
      { name: "argon2id", m: 65_536, t: 2 ** 30, p: 1 },
      { name: "argon2id", m: 65_536, t: 3, p: 2 ** 24 },
      { name: "scrypt", N: 2 ** 21, r: 8, p: 1 },
      { name: "scrypt", N: 2 ** 20, r: 16, p: 16 },
      { name: "scrypt", N: 2 ** 17 + 1, r: 8, p: 1 },
    ]) {
      it(`refuses to be kept busy by ${JSON.stringify(kdf)}`, async () => {
        await withKdf(kdf);
        expect(await codeOfAsync(unlock)).to.equal("WALLET_KDF_EXCESSIVE");
      });
    }

    for (const kdf of [
      { name: "pbkdf2", iterations: 1 },
      { name: "argon2id", m: -1, t: 2, p: 1 },
      { name: "argon2id", m: 65_536.5, t: 3, p: 1 },
      { name: "argon2id", m: 65_536, t: 3, p: 1, dkLen: 1 },
      null,
    ]) {
      it(`does not know ${JSON.stringify(kdf)}`, async () => {
        await withKdf(kdf);
        expect(await codeOfAsync(unlock)).to.equal("WALLET_DAMAGED");
      });
    }

    it("takes other parameters for another key", async () => {
      await withKdf({ name: "argon2id", m: 19_457, t: 2, p: 1 });
      expect(await codeOfAsync(unlock)).to.equal("WALLET_KEY_WRONG");
    });

    it("refuses versions that it does not know, older ones too", async () => {
      for (const version of [0, 2, "1"]) {
        await editHead(locked, (json) => Object.assign(json, { version }));
        expect(await codeOfAsync(unlock)).to.equal("WALLET_FORMAT_UNKNOWN");
        await locked.replace("head", head);
      }
    });

    it("works with scrypt as well", async () => {
      const storage = memoryBlobs();
      const kdf = { name: "scrypt", N: 2 ** 17, r: 8, p: 1 } as const;
      const secret = { kind: "password", password: new Secret("pass word"), kdf } as const;
      await createWallet({ storage, slots: [{ secret }], segments: ["a"] });
      expect((await openWallet({ storage, unlock: password("pass word") })).segments).to.deep.equal(["a"]);
    }).timeout(20_000);

    it("derives without holding up others, tells how far it is, and stops when asked to", async () => {
      let turns = 0;
      const timer = setInterval(() => turns++, 1);
      const seen: number[] = [];
      await openWallet({
        storage: locked,
        unlock: password("pass word"),
        onProgress: (done) => seen.push(done),
      });
      clearInterval(timer);
      expect(turns).to.be.greaterThan(3);
      expect(seen.length).to.be.greaterThan(3);
      expect(seen).to.deep.equal(seen.toSorted((a, b) => a - b));
      const stop = new AbortController();
      const onProgress = (done: number) => {
        if (done > 0.3) stop.abort();
        if (done > 0.9) throw new Error("was not stopped");
      };
      const stopped = openWallet({
        storage: locked,
        unlock: password("pass word"),
        signal: stop.signal,
        onProgress,
      });
      expect(await codeOfAsync(() => stopped)).to.equal("WALLET_ABORTED");
    }).timeout(20_000);
  });

  it("shows no secret in what it throws or prints", async () => {
    const planted = "planted-password";
    const wallet = await makeWallet();
    await wallet.wallet.segment("keys").write("a", bytes("planted-record"));
    const { inspect } = await import("node:util");
    const shown = [inspect(wallet.wallet, { depth: 9, showHidden: true }), JSON.stringify(wallet.wallet)];
    try {
      await openWallet({ storage: wallet.storage, unlock: password(planted) });
    } catch (error) {
      shown.push(inspect(error, { depth: 9 }), JSON.stringify(error));
    }
    expect(shown).to.have.length(4);
    expect(shown.join()).not.to.contain("planted");
  });
});
