import { expect } from "chai";
import { type PasskeyPrf, rotationReminders, Secret } from "../../../client/keys/index.ts";
import { memoryBlobs } from "../../../client/storage/index.ts";
import { createWallet, type Keychain, openWallet, type WalletChange } from "../../../client/wallet/index.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import { bytes, contentsOf, copyOf, makeWallet, password, recovery, textOf } from "./support.ts";

describe("wallet", () => {
  it("keeps, replaces, lists and forgets records, for whoever opens it again", async () => {
    const { wallet, reopen } = await makeWallet();
    const keys = wallet.segment("keys");
    await keys.write("phone", bytes("one"));
    await keys.write("phone", bytes("two"));
    await keys.write("did:dkms:1:0xab", bytes(""));
    await wallet.segment("contacts").write("bob", bytes("hello"));
    expect(await keys.list()).to.deep.equal([
      { id: "phone", version: 3, bytes: 3 },
      { id: "did:dkms:1:0xab", version: 4, bytes: 0 },
    ]);
    const again = await reopen();
    expect(again.segments).to.deep.equal(["contacts", "keys"]);
    expect(await contentsOf(again)).to.deep.equal({
      contacts: { bob: "hello" },
      keys: { phone: "two", "did:dkms:1:0xab": "" },
    });
    await again.segment("keys").remove("phone");
    await again.segment("keys").remove("phone");
    expect(await keys.read("phone")).to.equal(undefined);
  });

  it("makes several changes at once, of which the last of a record counts", async () => {
    const { wallet, storage } = await makeWallet();
    const keys = wallet.segment("keys");
    await keys.write("a", bytes("old"));
    await keys.change([
      { id: "a", value: undefined },
      { id: "b", value: bytes("1") },
      { id: "b", value: bytes("2") },
      { id: "c", value: bytes("3") },
    ]);
    expect(await contentsOf(wallet)).to.deep.equal({ contacts: {}, keys: { b: "2", c: "3" } });
    expect((await storage.list()).filter((name) => name.startsWith("r-"))).to.have.length(2);
  });

  it("changes nothing if one of the changes is refused", async () => {
    const { wallet, storage } = await makeWallet();
    const before = await copyOf(storage);
    const refused = wallet.segment("keys").change([
      { id: "good", value: bytes("1") },
      { id: "../bad", value: bytes("2") },
    ]);
    expect(await codeOfAsync(() => refused)).to.equal("WALLET_NAME_MALFORMED");
    expect(await copyOf(storage)).to.deep.equal(before);
  });

  it("shows nothing of its contents in the storage but sizes", async () => {
    const { wallet, storage } = await makeWallet();
    await wallet.segment("keys").write("planted-id", bytes("planted-secret"));
    for (const [name, blob] of await copyOf(storage)) {
      expect(name).not.to.contain("planted");
      expect(Buffer.from(blob).includes("planted")).to.equal(false);
      expect(Buffer.from(blob).includes("contacts")).to.equal(false);
    }
  });

  it("adds and removes segments, each under keys of its own", async () => {
    const { wallet, reopen, storage } = await makeWallet();
    const notes = await wallet.addSegment("notes");
    await notes.write("a", bytes("note"));
    await wallet.removeSegment("keys");
    expect(await contentsOf(await reopen())).to.deep.equal({ contacts: {}, notes: { a: "note" } });
    expect(await storage.list()).to.have.length(4);
    expect(await codeOfAsync(() => wallet.addSegment("notes"))).to.equal("WALLET_SEGMENT_EXISTS");
    expect(await codeOfAsync(() => wallet.addSegment("no/notes"))).to.equal("WALLET_NAME_MALFORMED");
    expect(await codeOfAsync(() => wallet.removeSegment("keys"))).to.equal("WALLET_SEGMENT_UNKNOWN");
    expect(codeOf(() => wallet.segment("keys"))).to.equal("WALLET_SEGMENT_UNKNOWN");
  });

  it("may be open twice: each sees what the other did", async () => {
    const { wallet, reopen } = await makeWallet();
    const other = await reopen();
    await Promise.all([
      ...["a", "b", "c"].map((id) => wallet.segment("keys").write(id, bytes(id))),
      ...["d", "e", "f"].map((id) => other.segment("keys").write(id, bytes(id))),
    ]);
    await other.addSegment("notes");
    const expected = { a: "a", b: "b", c: "c", d: "d", e: "e", f: "f" };
    expect((await contentsOf(wallet)).keys).to.deep.equal(expected);
    expect(await contentsOf(other)).to.deep.equal({ contacts: {}, keys: expected, notes: {} });
    await wallet.segment("contacts").list();
    expect(wallet.segments).to.include("notes");
  });

  it("tells of every change", async () => {
    const { wallet } = await makeWallet();
    const changes: WalletChange[] = [];
    const stop = wallet.onChange((change) => changes.push(change));
    await wallet.segment("keys").write("a", bytes("1"));
    await wallet.segment("keys").read("a");
    await wallet.addSegment("notes");
    stop();
    await wallet.segment("keys").write("a", bytes("2"));
    expect(changes).to.deep.equal([{ segment: "keys" }, { segment: undefined }]);
  });

  it("has another state after every change of what it holds, whoever made it, and the same otherwise", async () => {
    const { wallet, reopen } = await makeWallet();
    const other = await reopen();
    const seen = [await wallet.state()];
    const changed = async (change: () => Promise<unknown>) => {
      await change();
      expect(seen).not.to.include(await wallet.state());
      seen.push(await wallet.state());
      expect(await other.state()).to.equal(await wallet.state());
    };
    await changed(() => wallet.segment("keys").write("a", bytes("1")));
    await changed(() => other.segment("keys").write("a", bytes("1")));
    await changed(() => other.segment("keys").remove("a"));
    await changed(() => wallet.addSegment("more"));
    const ignoring = await wallet.state(["contacts"]);
    await changed(() => other.segment("contacts").write("bob", bytes("hello")));
    expect(await wallet.state(["contacts"])).to.equal(ignoring);
    await wallet.addSlot({ secret: recovery(2) });
    expect(await wallet.state()).to.equal(seen.at(-1));
  });

  it("can do nothing once it is closed", async () => {
    const { wallet } = await makeWallet();
    const keys = wallet.segment("keys");
    await keys.write("a", bytes("1"));
    wallet.close();
    expect(await codeOfAsync(() => keys.read("a"))).to.equal("WALLET_CLOSED");
    expect(await codeOfAsync(() => keys.write("a", bytes("2")))).to.equal("WALLET_CLOSED");
    expect(await codeOfAsync(() => wallet.addSegment("b"))).to.equal("WALLET_CLOSED");
    expect(codeOf(() => wallet.segment("keys"))).to.equal("WALLET_CLOSED");
  });

  it("is not made over another, nor found where none is, nor made with nothing to open it", async () => {
    const { storage } = await makeWallet();
    const slots = [{ secret: recovery(2) }];
    expect(await codeOfAsync(() => createWallet({ storage, slots, segments: [] }))).to.equal("WALLET_EXISTS");
    const empty = memoryBlobs();
    expect(await codeOfAsync(() => openWallet({ storage: empty, unlock: recovery(1) }))).to.equal(
      "WALLET_MISSING",
    );
    expect(await codeOfAsync(() => createWallet({ storage: empty, slots: [], segments: [] }))).to.equal(
      "WALLET_SLOT_LAST",
    );
    expect(await codeOfAsync(() => createWallet({ storage: empty, slots, segments: ["a", "a"] }))).to.equal(
      "WALLET_SEGMENT_EXISTS",
    );
    expect(await empty.list()).to.deep.equal([]);
  });

  it("refuses what is too large", async () => {
    const { wallet } = await makeWallet();
    const huge = new Secret(new Uint8Array(64 * 2 ** 20 + 1));
    expect(await codeOfAsync(() => wallet.segment("keys").write("a", huge))).to.equal("WALLET_LIMIT");
    const label = "x".repeat(65);
    expect(await codeOfAsync(() => wallet.addSlot({ secret: recovery(2), label }))).to.equal("WALLET_LIMIT");
  });

  describe("slots", () => {
    it("open the same wallet with a password, a passkey, a keychain or a recovery key", async () => {
      const { wallet, storage } = await makeWallet();
      await wallet.segment("keys").write("a", bytes("1"));
      const kept = new Map<string, Secret<Uint8Array>>();
      const keychain: Keychain = {
        save: async (name, value) => {
          kept.set(name, new Secret(value.reveal().slice()));
        },
        load: async (name) => kept.get(name),
      };
      const passkey = (credential: string, fill: number): PasskeyPrf => ({
        credential,
        evaluate: async (salt) => new Secret(salt.map((byte) => byte ^ fill)),
      });
      const secrets = [
        password("corréct horse"),
        { kind: "passkey", passkey: passkey("first", 1) },
        { kind: "passkey", passkey: passkey("second", 2) },
        { kind: "keychain", keychain },
        recovery(9),
      ] as const;
      for (const secret of secrets) await wallet.addSlot({ secret, label: `my ${secret.kind}` });
      expect(wallet.slots.map(({ kind, label }) => [kind, label])).to.deep.equal([
        ["recovery", ""],
        ...secrets.map(({ kind }) => [kind, `my ${kind}`]),
      ]);
      for (const unlock of secrets) {
        expect((await contentsOf(await openWallet({ storage, unlock }))).keys).to.deep.equal({ a: "1" });
      }
      // The same word typed as letters and accents apart.
      const typed = { kind: "password", password: new Secret("corre\u0301ct horse") } as const;
      expect((await openWallet({ storage, unlock: typed })).id).to.equal(wallet.id);
      const wrong = [
        password("correct horse"),
        { kind: "passkey", passkey: passkey("first", 2) },
        { kind: "passkey", passkey: passkey("third", 1) },
        { kind: "keychain", keychain: { ...keychain, load: async () => undefined } },
        recovery(8),
      ] as const;
      for (const unlock of wrong) {
        expect(await codeOfAsync(() => openWallet({ storage, unlock })), unlock.kind).to.equal(
          "WALLET_KEY_WRONG",
        );
      }
    });

    it("tell who keeps the wallet nothing that ties it to its owner, or to another wallet of hers", async () => {
      const passkey: PasskeyPrf = {
        credential: "Y3JlZGVudGlhbCBvZiBBbGljZQ",
        evaluate: async (salt) => new Secret(salt.slice()),
      };
      const slots = [
        { secret: { kind: "passkey", passkey }, label: "Alice's phone", holder: "phone" },
      ] as const;
      const heads = await Promise.all(
        [1, 2].map(async () => {
          const storage = memoryBlobs();
          await createWallet({ storage, slots, segments: [] });
          return new TextDecoder().decode(await storage.read("head"));
        }),
      );
      for (const head of heads) expect(head).not.to.match(/Alice|phone|Y3JlZGVudGlhbCBvZiBBbGljZQ|createdAt/);
      const wordsOf = (head = "") => new Set(head.match(/[\w+/=-]{16,}/g));
      const [one, other] = heads.map(wordsOf);
      expect(one?.size).to.be.greaterThan(5);
      expect([...(one ?? [])].filter((word) => other?.has(word))).to.deep.equal([]);
    });

    it("are rewrapped when a password changes: no record is encrypted anew", async () => {
      const storage = memoryBlobs();
      const slots = [{ secret: password("old word") }];
      const wallet = await createWallet({ storage, slots, segments: ["keys"] });
      await wallet.segment("keys").write("a", bytes("1"));
      const before = await copyOf(storage);
      const [slot] = wallet.slots;
      await wallet.replaceSlot(slot?.id ?? "", { secret: password("new word") });
      const after = await copyOf(storage);
      expect(
        [...after.keys()].filter((name) => after.get(name)?.join() !== before.get(name)?.join()),
      ).to.deep.equal(["head"]);
      expect(await codeOfAsync(() => openWallet({ storage, unlock: password("old word") }))).to.equal(
        "WALLET_KEY_WRONG",
      );
      const again = await openWallet({ storage, unlock: password("new word") });
      expect(textOf(await again.segment("keys").read("a"))).to.equal("1");
    });

    it("are removed, but never the last that opens everything", async () => {
      const { wallet, storage } = await makeWallet();
      const [first] = wallet.slots;
      const second = await wallet.addSlot({ secret: recovery(2) });
      await wallet.addSlot({ secret: recovery(3), segments: { keys: "write" } });
      await wallet.removeSlot(second.id);
      expect(await codeOfAsync(() => openWallet({ storage, unlock: recovery(2) }))).to.equal(
        "WALLET_KEY_WRONG",
      );
      expect(await codeOfAsync(() => wallet.removeSlot(first?.id ?? ""))).to.equal("WALLET_SLOT_LAST");
      expect(await codeOfAsync(() => wallet.removeSlot(second.id))).to.equal("WALLET_SLOT_UNKNOWN");
      const permission = { secret: recovery(4), segments: { keys: "write" } } as const;
      expect(await codeOfAsync(() => wallet.replaceSlot(first?.id ?? "", permission))).to.equal(
        "WALLET_SLOT_LAST",
      );
      await wallet.replaceSlot(first?.id ?? "", { secret: recovery(4) });
      expect((await openWallet({ storage, unlock: recovery(4) })).opens).to.equal("wallet");
    });

    it("are at most 32", async () => {
      const { wallet } = await makeWallet();
      for (let i = 2; i <= 32; i++) await wallet.addSlot({ secret: recovery(i) });
      expect(await codeOfAsync(() => wallet.addSlot({ secret: recovery(33) }))).to.equal("WALLET_LIMIT");
    });

    it("take keys of 32 bytes only, and no password that is empty or short", async () => {
      const { wallet, storage } = await makeWallet();
      const short = { kind: "recovery", key: new Secret(new Uint8Array(31)) } as const;
      expect(await codeOfAsync(() => wallet.addSlot({ secret: short }))).to.equal("WALLET_KEY_LENGTH");
      expect(await codeOfAsync(() => wallet.addSlot({ secret: password("") }))).to.equal(
        "WALLET_PASSWORD_EMPTY",
      );
      // Seven characters, though nine units of UTF-16 and eleven bytes; and eight that are seven once normalised.
      for (const weak of ["x", "short12", "\u{1f511}\u{1f511}short", "corre\u0301ct"]) {
        expect(await codeOfAsync(() => wallet.addSlot({ secret: password(weak) })), weak).to.equal(
          "WALLET_PASSWORD_WEAK",
        );
      }
      await wallet.addSlot({ secret: password("\u{1f511}".repeat(8)) });
      // Opening asks for no length, for there are slots of before.
      expect(await codeOfAsync(() => openWallet({ storage, unlock: password("x") }))).to.equal(
        "WALLET_KEY_WRONG",
      );
      const long = password("x".repeat(5_000));
      expect(await codeOfAsync(() => wallet.addSlot({ secret: long }))).to.equal("WALLET_LIMIT");
    });
  });

  describe("permissions", () => {
    it("open the segments they name, for reading or for writing, and nothing else", async () => {
      const { wallet, storage } = await makeWallet();
      await wallet.addSegment("private");
      await wallet.segment("keys").write("a", bytes("1"));
      await wallet.addSlot({ secret: recovery(2), segments: { keys: "read", contacts: "write" } });
      const agent = await openWallet({ storage, unlock: recovery(2) });
      expect(agent.opens).to.equal("segments");
      expect(agent.segments).to.have.members(["contacts", "keys"]);
      expect(agent.segment("keys").access).to.equal("read");
      expect(textOf(await agent.segment("keys").read("a"))).to.equal("1");
      await agent.segment("contacts").write("bob", bytes("hello"));
      expect(await contentsOf(wallet)).to.deep.equal({
        contacts: { bob: "hello" },
        keys: { a: "1" },
        private: {},
      });
      expect(await codeOfAsync(() => agent.segment("keys").write("a", bytes("2")))).to.equal(
        "WALLET_PERMISSION_MISSING",
      );
      expect(codeOf(() => agent.segment("private"))).to.equal("WALLET_SEGMENT_UNKNOWN");
      expect(await codeOfAsync(() => agent.addSegment("more"))).to.equal("WALLET_PERMISSION_MISSING");
      expect(await codeOfAsync(() => agent.addSlot({ secret: recovery(3) }))).to.equal(
        "WALLET_PERMISSION_MISSING",
      );
      expect(await codeOfAsync(() => agent.rekey([{ secret: recovery(3) }]))).to.equal(
        "WALLET_PERMISSION_MISSING",
      );
      expect(agent.slots).to.deep.equal([]);
      expect(codeOf(() => agent.anchor)).to.equal("WALLET_PERMISSION_MISSING");
      const anchor = wallet.anchor;
      expect(await codeOfAsync(() => openWallet({ storage, unlock: recovery(2), anchor }))).to.equal(
        "WALLET_PERMISSION_MISSING",
      );
    });

    it("leave no blob behind that a permission to write replaced", async () => {
      const { wallet, storage } = await makeWallet();
      await wallet.addSlot({ secret: recovery(2), segments: { contacts: "write" } });
      const agent = await openWallet({ storage, unlock: recovery(2) });
      for (let i = 0; i < 3; i++) await agent.segment("contacts").write("bob", bytes(`${i}`));
      expect(textOf(await wallet.segment("contacts").read("bob"))).to.equal("2");
      expect(await storage.list()).to.have.length(4);
    });
  });

  describe("keys", () => {
    const now = 1_900_000_000n;
    const day = now - (now % 86_400n);
    const later = now + 40n * 86_400n;

    it("are known by purpose, holder, day and expiry, and remind of their rotation", async () => {
      const storage = memoryBlobs();
      const phone = { secret: recovery(1), label: "mine", holder: "phone", lifetimeDays: 30, now } as const;
      const wallet = await createWallet({ storage, slots: [phone], segments: ["keys"], now });
      await wallet.addSegment("short", { now, lifetimeDays: 50, holder: "server" });
      const opened = await openWallet({ storage, unlock: recovery(1) });
      const [slot] = opened.slots;
      const info = { purpose: "KEY_ENCRYPTING", holder: "phone", createdAt: day } as const;
      expect(slot).to.deep.include({ label: "mine", info: { ...info, expiresAt: day + 30n * 86_400n } });
      const due = (at: bigint) =>
        rotationReminders(opened.keys, at).map(({ key, state }) => [
          "slot" in key ? "slot" : key.segment,
          state,
        ]);
      expect(due(now)).to.deep.equal([]);
      expect(due(later)).to.deep.equal([
        ["slot", "EXPIRED"],
        ["short", "EXPIRING"],
      ]);
      expect(due(now + 731n * 86_400n)).to.deep.include(["keys", "OLD"]);
      await opened.replaceSlot(slot?.id ?? "", { ...phone, now: later });
      expect(due(later)).to.deep.equal([["short", "EXPIRING"]]);
      await opened.rekey([{ ...phone, now: later }], { now: later });
      expect(due(later)).to.deep.equal([]);
      expect(rotationReminders(opened.keys, later + 50n * 86_400n)).to.have.length(2);
      expect(opened.keys.find((key) => "segment" in key && key.segment === "short")?.info.holder).to.equal(
        "server",
      );
    });

    it("of segments are known to a permission as well", async () => {
      const { wallet, storage } = await makeWallet();
      await wallet.addSlot({ secret: recovery(2), segments: { keys: "read" } });
      const agent = await openWallet({ storage, unlock: recovery(2) });
      expect(agent.keys.map((key) => "segment" in key && key.segment)).to.deep.equal(["keys"]);
      expect(agent.keys[0]?.info.purpose).to.equal("STORAGE");
    });

    it("are made at the time of the system, and of the forms that all keys' information has", async () => {
      const { wallet } = await makeWallet();
      const today = BigInt(Math.floor(Date.now() / 86_400_000)) * 86_400n;
      const { createdAt } = wallet.keys[0]?.info ?? expect.fail("no key");
      expect(today - createdAt <= 86_400n && createdAt <= today).to.equal(true);
      expect(await codeOfAsync(() => wallet.addSlot({ secret: recovery(2), lifetimeDays: 0.5 }))).to.equal(
        "KEY_INFO_MALFORMED",
      );
      expect(await codeOfAsync(() => wallet.addSegment("x", { now: -1n }))).to.equal("KEY_INFO_MALFORMED");
      expect(wallet.segments).to.deep.equal(["contacts", "keys"]);
    });
  });

  describe("rekey", () => {
    it("keeps the contents under new keys, and shuts out every old slot and every old copy of the keys", async () => {
      const { wallet, storage } = await makeWallet();
      await wallet.addSlot({ secret: recovery(2), segments: { keys: "write" } });
      await wallet.segment("keys").write("a", bytes("1"));
      await wallet.segment("contacts").write("bob", bytes("hello"));
      const agent = await openWallet({ storage, unlock: recovery(2) });
      const before = await copyOf(storage);
      await wallet.rekey([{ secret: recovery(5), label: "new" }]);
      const expected = { contacts: { bob: "hello" }, keys: { a: "1" } };
      expect(await contentsOf(wallet)).to.deep.equal(expected);
      expect(await contentsOf(await openWallet({ storage, unlock: recovery(5) }))).to.deep.equal(expected);
      for (const unlock of [recovery(1), recovery(2)]) {
        expect(await codeOfAsync(() => openWallet({ storage, unlock }))).to.equal("WALLET_KEY_WRONG");
      }
      expect(await codeOfAsync(() => agent.segment("keys").read("a"))).to.equal("WALLET_INCOMPLETE");
      const after = [...(await copyOf(storage)).keys()];
      expect(after.filter((name) => before.has(name))).to.deep.equal(["head"]);
      expect(after).to.have.length(before.size);
    });

    it("shuts out another process that had the wallet open", async () => {
      const { wallet, reopen } = await makeWallet();
      const other = await reopen();
      await wallet.rekey([{ secret: recovery(5) }]);
      expect(await codeOfAsync(() => other.segment("keys").list())).to.equal("WALLET_DAMAGED");
    });

    it("can be stopped, and then has changed nothing", async () => {
      const { wallet, reopen } = await makeWallet();
      for (let i = 0; i < 5; i++) await wallet.segment("keys").write(`${i}`, bytes(`${i}`));
      const before = await contentsOf(wallet);
      const stop = new AbortController();
      const seen: number[] = [];
      const onProgress = (done: number) => {
        seen.push(done);
        if (done > 0.8) stop.abort();
      };
      const rekeying = wallet.rekey([{ secret: recovery(5) }], { signal: stop.signal, onProgress });
      expect(await codeOfAsync(() => rekeying)).to.equal("WALLET_ABORTED");
      expect(seen).to.deep.equal(seen.toSorted((a, b) => a - b));
      expect(await contentsOf(wallet)).to.deep.equal(before);
      const again = await reopen();
      await again.segment("keys").write("5", bytes("5"));
      expect(await contentsOf(again)).to.deep.equal({ ...before, keys: { ...before.keys, 5: "5" } });
    });
  });
});
