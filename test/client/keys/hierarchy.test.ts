import { inspect } from "node:util";
import { expect } from "chai";
import {
  createMasterKey,
  type DataKey,
  describeKey,
  generateDataKey,
  KeyEncryptingKey,
  type KeySource,
  type MasterKey,
  memoryBackend,
  parseSealedMasterKey,
  parseWrappedKey,
  rotationReminders,
  Secret,
  useMasterKey,
} from "../../../client/keys/index.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import { watchForLeaks } from "./leaks.ts";

const NOW = 20_000n * 86_400n;
const bytes = (seed: number) => Uint8Array.from({ length: 32 }, (_, i) => (seed * 31 + i * 7) % 256);
const kek = <Source extends KeySource>(source: Source, seed: number) =>
  new KeyEncryptingKey({ source, secret: new Secret(bytes(seed)), now: NOW });
const storageKey = (seed = 9) =>
  generateDataKey({ role: "STORAGE", now: NOW, random: (target) => target.set(bytes(seed)) });
const proofKey = (seed = 9) =>
  generateDataKey({ role: "PROOF", now: NOW, random: (target) => target.set(bytes(seed)) });

describe("keys/hierarchy", () => {
  watchForLeaks();

  describe("types", () => {
    // Never run: the compiler is what is tested.
    const mistakes = async (
      master: MasterKey,
      wrapping: KeyEncryptingKey<"PASSKEY">,
      storage: DataKey<"STORAGE">,
    ): Promise<void> => {
      const openSegment = (_: DataKey<"STORAGE">) => undefined;
      const openProofs = (_: DataKey<"PROOF">) => undefined;
      openSegment(storage);
      // @ts-expect-error: a key of another role
      openProofs(storage);
      // @ts-expect-error: a key-encrypting key is no data key
      openSegment(wrapping);
      // @ts-expect-error: a master key is no data key
      openSegment(master);
      // @ts-expect-error: an object that looks like one is none
      openSegment({
        role: "STORAGE",
        info: storage.info,
        encrypt: storage.encrypt,
        decrypt: storage.decrypt,
        erase: storage.erase,
      });
      // @ts-expect-error: a master key is sealed, never wrapped under one key
      wrapping.wrap(master);
      // @ts-expect-error: a key-encrypting key encrypts no data
      wrapping.encrypt("place", new Uint8Array());
      // @ts-expect-error: a data key wraps no keys
      storage.wrap(storage);
      // @ts-expect-error: one form alone
      master.seal(wrapping);
      // @ts-expect-error: two forms of one source
      master.seal(wrapping, wrapping);
      // @ts-expect-error: data keys seal no master key
      master.seal(wrapping, storage);
      // @ts-expect-error: a master key cannot be read
      void master.secret;
      // @ts-expect-error: and signs nothing
      void master.sign;
      const backend = memoryBackend();
      const agreement = await backend.create({ role: "DID_AGREEMENT", now: NOW });
      const policy = await backend.create({ role: "POLICY", now: NOW });
      // @ts-expect-error: a key that agrees does not sign
      await backend.sign(agreement, new Uint8Array());
      // @ts-expect-error: a key that signs does not agree
      await backend.agree(policy, new Uint8Array());
      // @ts-expect-error: the master key belongs in no backend
      await backend.create({ role: "MASTER", now: NOW });
    };

    it("keep masters, key-encrypting keys, and data keys of each role apart at compile time", () => {
      expect(mistakes).to.be.a("function");
    });
  });

  describe("DataKey", () => {
    it("encrypts for one place", () => {
      const key = storageKey();
      const sealed = key.encrypt("notes", Uint8Array.of(1, 2, 3));
      expect(key.decrypt("notes", sealed)).to.deep.equal(Uint8Array.of(1, 2, 3));
      expect(sealed).to.have.length(3 + 24 + 16);
      expect(key.encrypt("notes", Uint8Array.of(1, 2, 3))).not.to.deep.equal(sealed);
      expect(codeOf(() => key.decrypt("other", sealed))).to.equal("KEY_CIPHERTEXT_INVALID");
      expect(codeOf(() => storageKey(8).decrypt("notes", sealed))).to.equal("KEY_CIPHERTEXT_INVALID");
    });

    it("finds every altered and missing byte", () => {
      const key = storageKey();
      const sealed = key.encrypt("notes", Uint8Array.of(1));
      for (let i = 0; i < sealed.length; i++) {
        const altered = sealed.map((byte, j) => (i === j ? byte ^ 0x80 : byte));
        expect(codeOf(() => key.decrypt("notes", altered))).to.equal("KEY_CIPHERTEXT_INVALID");
        expect(codeOf(() => key.decrypt("notes", sealed.slice(0, i)))).to.equal("KEY_CIPHERTEXT_INVALID");
      }
    });

    it("of another role does not decrypt, be it the same bytes", () => {
      const sealed = storageKey().encrypt("notes", Uint8Array.of(1));
      expect(codeOf(() => proofKey().decrypt("notes", sealed))).to.equal("KEY_CIPHERTEXT_INVALID");
    });

    it("is gone once erased", () => {
      const key = storageKey();
      key.erase();
      expect(codeOf(() => key.encrypt("notes", new Uint8Array()))).to.equal("SECRET_ERASED");
    });

    it("is fresh each time", () => {
      const sealed = generateDataKey({ role: "STORAGE", now: NOW }).encrypt("notes", new Uint8Array());
      const other = generateDataKey({ role: "STORAGE", now: NOW });
      expect(codeOf(() => other.decrypt("notes", sealed))).to.equal("KEY_CIPHERTEXT_INVALID");
    });
  });

  describe("KeyEncryptingKey", () => {
    const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

    it("wraps data keys and gives them back with what is known of them", () => {
      const wrapping = kek("PASSKEY", 1);
      const key = storageKey();
      const wrapped = parseWrappedKey(json(wrapping.wrap(key)));
      const back = kek("PASSKEY", 1).unwrapDataKey(wrapped, "STORAGE");
      expect(back.info).to.deep.equal(key.info);
      expect(back.role).to.equal("STORAGE");
      expect(back.decrypt("notes", key.encrypt("notes", Uint8Array.of(5)))).to.deep.equal(Uint8Array.of(5));
    });

    it("wraps key-encrypting keys, with their source and expiry", () => {
      const inner = new KeyEncryptingKey({
        ...{ source: "PAPER" as const, secret: new Secret(bytes(2)), holder: "paper" as const, now: NOW },
        lifetimeDays: 90,
      });
      const wrapped = kek("PASSKEY", 1).wrap(inner);
      const back = kek("PASSKEY", 1).unwrapKeyEncryptingKey(wrapped);
      expect([back.source, back.info]).to.deep.equal(["PAPER", inner.info]);
      const key = storageKey();
      expect(back.unwrapDataKey(inner.wrap(key), "STORAGE").info).to.deep.equal(key.info);
    });

    it("gives no key of another role or level", () => {
      const wrapping = kek("PASSKEY", 1);
      const wrapped = wrapping.wrap(storageKey());
      expect(codeOf(() => wrapping.unwrapDataKey(wrapped, "PROOF"))).to.equal("KEY_MIXED_UP");
      expect(codeOf(() => wrapping.unwrapKeyEncryptingKey(wrapped))).to.equal("KEY_MIXED_UP");
      const relabelled = { ...wrapped, purpose: "PROOF" as const };
      expect(codeOf(() => wrapping.unwrapDataKey(relabelled, "PROOF"))).to.equal("KEY_CIPHERTEXT_INVALID");
    });

    it("finds out another key and every altered field", () => {
      const wrapping = kek("PASSKEY", 1);
      const wrapped = wrapping.wrap(storageKey());
      expect(codeOf(() => kek("PASSKEY", 2).unwrapDataKey(wrapped, "STORAGE"))).to.equal(
        "KEY_CIPHERTEXT_INVALID",
      );
      const altered = [
        { ...wrapped, info: { ...wrapped.info, holder: "server" as const } },
        { ...wrapped, info: { ...wrapped.info, expiresAt: "86400000000" } },
        { ...wrapped, source: "PAPER" as const },
        { ...wrapped, sealed: wrapped.sealed.replace(/^./, (first) => (first === "A" ? "B" : "A")) },
      ];
      for (const one of altered) {
        expect(codeOf(() => wrapping.unwrapDataKey(one, "STORAGE"))).to.equal("KEY_CIPHERTEXT_INVALID");
      }
    });

    it("refuses what is no wrapped key", () => {
      const wrapped = kek("PASSKEY", 1).wrap(storageKey());
      for (const bad of [
        null,
        {},
        { ...wrapped, version: 2 },
        { ...wrapped, sealed: "+" },
        { ...wrapped, more: 1 },
      ]) {
        expect(codeOf(() => parseWrappedKey(bad))).to.equal("WRAPPED_KEY_MALFORMED");
      }
    });

    it("refuses at run time what types forbid", async () => {
      const wrapping = kek("PASSKEY", 1);
      const forged = Object.create(Object.getPrototypeOf(storageKey())) as DataKey;
      // The role is a private member, which a forgery cannot have.
      expect(codeOf(() => wrapping.wrap(forged))).to.match(/TypeError/);
      const borrowed = Object.assign(Object.create({ role: "STORAGE" }), {
        info: storageKey().info,
      }) as DataKey;
      expect(codeOf(() => wrapping.wrap(borrowed))).to.equal("KEY_MIXED_UP");
      await createMasterKey({
        ...{ keys: [wrapping, kek("PAPER", 2)], now: NOW },
        use: (master) => {
          const disguised = master as unknown as DataKey;
          expect(codeOf(() => wrapping.wrap(disguised))).to.equal("KEY_MIXED_UP");
        },
      });
    });

    it("has 32 bytes", () => {
      for (const length of [0, 31, 33]) {
        const secret = new Secret(new Uint8Array(length));
        expect(codeOf(() => new KeyEncryptingKey({ source: "PAPER", secret, now: NOW }))).to.equal(
          "KEY_LENGTH",
        );
      }
    });

    it("is gone once erased", () => {
      const secret = bytes(3);
      const wrapping = new KeyEncryptingKey({ source: "KEYCHAIN", secret: new Secret(secret), now: NOW });
      wrapping.erase();
      expect(secret).to.deep.equal(new Uint8Array(32));
      expect(codeOf(() => wrapping.wrap(storageKey()))).to.equal("SECRET_ERASED");
    });
  });

  describe("MasterKey", () => {
    const passkey = kek("PASSKEY", 1);
    const paper = kek("PAPER", 2);
    const create = () => createMasterKey({ keys: [passkey, paper], now: NOW });

    it("opens with each of its keys, and derives the same", async () => {
      let made: string | undefined;
      const sealed = await createMasterKey({
        ...{ keys: [passkey, paper, kek("KEYCHAIN", 4)], now: NOW },
        use: (master) => {
          made = master.recoveryKey(0).publicKey;
        },
      });
      const stored = parseSealedMasterKey(JSON.parse(JSON.stringify(sealed)));
      for (const key of [passkey, paper, kek("KEYCHAIN", 4)]) {
        expect(await useMasterKey(stored, key, (master) => master.recoveryKey(0).publicKey)).to.equal(made);
      }
    });

    it("derives keys with a purpose, a day and an expiry, of which one is reminded", async () => {
      const later = NOW + 1000n * 86_400n;
      const life = { now: later, lifetimeDays: 100, holder: "paper" } as const;
      const keys = await useMasterKey(await create(), paper, (master) => [
        master.recoveryKey(0),
        master.recoveryKey(1, life),
        master.escrowKey(0),
        master.deadDropKeys("did:x", { now: later }).signing,
        master.deadDropKeys("did:x").agreement,
      ]);
      const [old, fresh, escrow, drop] = keys;
      expect(keys.map(({ purpose, info }) => purpose === info.purpose)).to.deep.equal(Array(5).fill(true));
      expect(old?.info.createdAt).to.equal(NOW - (NOW % 86_400n));
      expect(describeKey(fresh?.info ?? expect.fail())).to.equal("recovery key of paper");
      expect(fresh?.info.expiresAt).to.equal(later - (later % 86_400n) + 100n * 86_400n);
      expect([escrow, drop].map((key) => key?.info.expiresAt)).to.deep.equal([undefined, undefined]);
      expect(rotationReminders(keys, later).map(({ key, state }) => [key, state])).to.deep.equal([
        [old, "OLD"],
      ]);
      expect(rotationReminders([fresh ?? expect.fail()], later + 100n * 86_400n)[0]?.state).to.equal(
        "EXPIRED",
      );
    });

    it("is another one each time", async () => {
      const read = async () =>
        useMasterKey(await create(), paper, (master) => master.recoveryKey(0).publicKey);
      expect(await read()).not.to.equal(await read());
    });

    it("refuses to be sealed in one form alone, or with keys of one source only", async () => {
      type Both = readonly [KeyEncryptingKey<"PASSKEY">, KeyEncryptingKey<"PAPER">];
      const alone = [[passkey], [passkey, kek("PASSKEY", 3)], []] as unknown as readonly Both[];
      for (const keys of alone) {
        expect(await codeOfAsync(() => createMasterKey({ keys, now: NOW }))).to.equal("MASTER_KEY_ONE_FORM");
      }
    });

    it("refuses to be read back in one form alone", async () => {
      const sealed = await create();
      for (const forms of [[], sealed.forms.slice(1), [...sealed.forms.slice(1), ...sealed.forms.slice(1)]]) {
        expect(codeOf(() => parseSealedMasterKey({ ...sealed, forms }))).to.equal("MASTER_KEY_ONE_FORM");
        expect(await codeOfAsync(() => useMasterKey({ ...sealed, forms }, paper, () => undefined))).to.equal(
          "MASTER_KEY_ONE_FORM",
        );
      }
    });

    it("does not open with another key, of another source, or altered", async () => {
      const sealed = await create();
      const open = (key: KeyEncryptingKey, form = sealed) =>
        codeOfAsync(() => useMasterKey(form, key, () => undefined));
      expect(await open(kek("PAPER", 9))).to.equal("MASTER_KEY_WRONG");
      expect(await open(kek("PASSWORD", 2))).to.equal("MASTER_KEY_WRONG");
      expect(await open(paper, { ...sealed, info: { ...sealed.info, holder: "server" } })).to.equal(
        "MASTER_KEY_WRONG",
      );
      const [first, second] = sealed.forms.map(({ sealed: text }) => text);
      const swapped = sealed.forms.map((form, i) => ({ ...form, sealed: (i === 0 ? second : first) ?? "" }));
      expect(await open(paper, { ...sealed, forms: swapped })).to.equal("MASTER_KEY_WRONG");
      expect(await open(paper)).to.equal(undefined);
    });

    it("refuses what is no sealed master key", async () => {
      const sealed = await create();
      for (const bad of [
        null,
        "x",
        {},
        { ...sealed, version: 2 },
        { ...sealed, forms: [{ source: "PAPER" }] },
      ]) {
        expect(codeOf(() => parseSealedMasterKey(bad))).to.equal("MASTER_KEY_MALFORMED");
      }
    });

    it("is forgotten when its use ends, well or badly", async () => {
      const sealed = await create();
      const kept: MasterKey[] = [];
      await useMasterKey(sealed, paper, (master) => kept.push(master));
      const failing = useMasterKey(sealed, paper, async (master) => {
        kept.push(master);
        throw new RangeError("the caller's own");
      });
      expect(await codeOfAsync(() => failing)).to.equal("RangeError: the caller's own");
      await createMasterKey({ keys: [passkey, paper], now: NOW, use: (master) => void kept.push(master) });
      expect(kept).to.have.length(3);
      for (const master of kept) {
        expect(codeOf(() => master.recoveryKey(0))).to.equal("SECRET_ERASED");
        expect(codeOf(() => master.seal(passkey, paper))).to.equal("SECRET_ERASED");
      }
    });

    it("zeroes its bytes", async () => {
      const drawn: Uint8Array[] = [];
      const random = (target: Uint8Array<ArrayBuffer>) => {
        drawn.push(target);
        target.set(bytes(3));
      };
      await createMasterKey({
        ...{ keys: [passkey, paper] as const, now: NOW, random },
        use: () => void expect(drawn).to.deep.equal([bytes(3)]),
      });
      expect(drawn).to.deep.equal([new Uint8Array(32)]);
    });

    it("can be sealed anew under other keys, while it is open", async () => {
      const sealed = await create();
      const [keychain, trustees] = [kek("KEYCHAIN", 5), kek("TRUSTEES", 6)];
      const [anew, key] = await useMasterKey(sealed, paper, (master) => [
        master.seal(keychain, trustees),
        master.escrowKey(0).publicKey,
      ]);
      expect(await useMasterKey(anew, trustees, (master) => master.escrowKey(0).publicKey)).to.equal(key);
      expect(await codeOfAsync(() => useMasterKey(anew, paper, () => undefined))).to.equal(
        "MASTER_KEY_WRONG",
      );
    });
  });

  it("shows no secret however a key is printed", async () => {
    const entropy = bytes(77);
    const shown = (value: unknown) =>
      [
        String(value),
        JSON.stringify({ value }, (_, one: unknown) => (typeof one === "bigint" ? String(one) : one)),
        inspect(value, { depth: 9, showHidden: true }),
      ].join("\n");
    const texts: string[] = [];
    const secretOf = (seed: number) => new Secret(bytes(seed));
    await createMasterKey({
      keys: [kek("PASSKEY", 77), kek("PAPER", 2)],
      now: NOW,
      random: (target) => target.set(entropy),
      use: (master) => {
        texts.push(
          shown(master),
          shown(master.recoveryKey(0)),
          shown(master.deadDropKeys("did:x")),
          shown(master.escrowKey(0)),
        );
      },
    });
    texts.push(
      shown(storageKey(77)),
      shown(new KeyEncryptingKey({ source: "PAPER", secret: secretOf(77), now: NOW })),
    );
    const hex = Buffer.from(entropy).toString("hex");
    for (const text of texts) {
      expect(text).not.to.contain(hex).and.not.to.contain(entropy.join(", ").slice(0, 40));
      expect(text).not.to.match(/privateKey|secret: (?!\[secret\])/);
    }
  });
});
