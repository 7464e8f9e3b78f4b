import { createPublicKey, diffieHellman, generateKeyPairSync, verify } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { inspect } from "node:util";
import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { expect } from "chai";
import * as fakeIndexedDb from "fake-indexeddb";
import { hexToBytes } from "../../../client/core/index.ts";
import {
  BackendKey,
  type BackendKeyId,
  backendKeyId,
  KEY_ALGORITHMS,
  KEY_ROLES,
  type KeyAlgorithm,
  type KeyBackend,
  KeyEncryptingKey,
  type KeyRole,
  type KeyStore,
  memoryBackend,
  memoryCryptoKeys,
  ofRole,
  passkeyPrf,
  passkeyUnlock,
  type RandomSource,
  registerPasskey,
  Secret,
  type SigningRole,
  sealedBackend,
  webCryptoBackend,
} from "../../../client/keys/index.ts";
import { fileBlobs, indexedDbCryptoKeys, memoryBlobs } from "../../../client/storage/index.ts";
import { createWallet, openWallet } from "../../../client/wallet/index.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import { authenticator } from "./authenticator.ts";
import { watchForLeaks } from "./leaks.ts";

const NOW = 20_000n * 86_400n;
const MESSAGE = Uint8Array.from({ length: 32 }, (_, i) => i ^ 0x5a);
const SALT = Uint8Array.from({ length: 32 }, (_, i) => 200 - i);
const ORDER = p256.Point.Fn.ORDER;

/** Every backend, under test and again after the program was restarted. */
type Case = {
  readonly name: string;
  readonly algorithms: readonly KeyAlgorithm[];
  readonly isolated: boolean;
  readonly asksUser: boolean;
  /** Opens the backend; a second time over what the first has stored. */
  readonly setup: () => Promise<() => KeyBackend>;
  readonly persistent: boolean;
};

function memoryStore(): KeyStore & { readonly blobs: Map<string, Uint8Array> } {
  const blobs = new Map<string, Uint8Array>();
  return {
    blobs,
    read: async (name) => blobs.get(name)?.slice(),
    list: async () => [...blobs.keys(), "something-else", "key-ring"],
    replace: async (name, bytes) => void blobs.set(name, bytes.slice()),
    remove: async (name) => void blobs.delete(name),
  };
}

const keychainKey = (seed = 1) =>
  new KeyEncryptingKey({
    ...{ source: "KEYCHAIN" as const, now: NOW },
    secret: new Secret(Uint8Array.from({ length: 32 }, (_, i) => i * seed + 9)),
  });

/** What a browser has in its global scope for IndexedDB. */
const globals = Object.entries(fakeIndexedDb).filter(
  ([name]) => name === "indexedDB" || name.startsWith("IDB"),
);
const directories: string[] = [];
let databases = 0;

const cases: readonly Case[] = [
  {
    ...{
      name: "memoryBackend",
      algorithms: KEY_ALGORITHMS,
      isolated: false,
      asksUser: false,
      persistent: false,
    },
    setup: async () => {
      const backend = memoryBackend();
      return () => backend;
    },
  },
  {
    ...{
      name: "sealedBackend under a keychain's key",
      algorithms: KEY_ALGORITHMS,
      isolated: false,
      asksUser: false,
    },
    persistent: true,
    setup: async () => {
      const store = memoryStore();
      return () => sealedBackend({ store, unlock: (use) => use(keychainKey()) });
    },
  },
  {
    ...{
      name: "sealedBackend in encrypted files",
      algorithms: KEY_ALGORITHMS,
      isolated: false,
      asksUser: false,
    },
    persistent: true,
    setup: async () => {
      mkdirSync(".tmp", { recursive: true });
      const directory = mkdtempSync(".tmp/keys-");
      directories.push(directory);
      return () => sealedBackend({ store: fileBlobs({ directory }), unlock: (use) => use(keychainKey()) });
    },
  },
  {
    ...{ name: "sealedBackend under a passkey", algorithms: KEY_ALGORITHMS, isolated: false, asksUser: true },
    persistent: true,
    setup: async () => {
      const store = memoryBlobs();
      const device = authenticator();
      const passkey = await registerPasskey({
        create: device.create,
        rp: { name: "Wallet" },
        userName: "agent",
      });
      const unlock = passkeyUnlock({ ...passkey, salt: SALT, now: NOW, get: device.get });
      return () => sealedBackend({ store, unlock, asksUser: true });
    },
  },
  {
    ...{
      name: "webCryptoBackend",
      algorithms: ["ED25519", "X25519", "P256"],
      isolated: true,
      asksUser: false,
    },
    persistent: false,
    setup: async () => {
      const store = memoryCryptoKeys();
      return () => webCryptoBackend({ store });
    },
  },
  {
    name: "webCryptoBackend in IndexedDB",
    ...{ algorithms: ["ED25519", "X25519", "P256"], isolated: true, asksUser: false, persistent: true },
    setup: async () => {
      databases += 1;
      const database = `keys ${databases}`;
      return () => webCryptoBackend({ store: indexedDbCryptoKeys({ database }) });
    },
  },
];

/** Checked with other code than the backend's. */
function isSignature(
  algorithm: KeyAlgorithm,
  publicKey: Uint8Array,
  signature: Uint8Array,
  message: Uint8Array,
): boolean {
  switch (algorithm) {
    case "ED25519": {
      const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), publicKey]);
      return verify(null, message, createPublicKey({ key: spki, format: "der", type: "spki" }), signature);
    }
    case "P256":
      return p256.verify(signature, sha256(message), publicKey, { prehash: false, lowS: true });
    case "P256_DIGEST":
      return p256.verify(signature, message, publicKey, { prehash: false, lowS: true });
    case "SECP256K1": {
      const v = signature[64] ?? 0;
      const recovered = secp256k1.recoverPublicKey(
        Uint8Array.of(v - 27, ...signature.subarray(0, 64)),
        message,
        {
          prehash: false,
        },
      );
      return Buffer.from(recovered).equals(publicKey);
    }
    case "X25519":
      return false;
  }
}

const SIGNING: readonly (readonly [SigningRole, KeyAlgorithm])[] = [
  ["DID_AUTHENTICATION", "ED25519"],
  ["DID_AUTHENTICATION", "P256"],
  ["POLICY", "SECP256K1"],
  ["POLICY", "P256_DIGEST"],
  ["AUTHORSHIP", "ED25519"],
];

describe("keys/backends", () => {
  watchForLeaks();

  before(() => {
    for (const [name, value] of globals) Reflect.set(globalThis, name, value);
  });

  after(() => {
    for (const [name] of globals) Reflect.deleteProperty(globalThis, name);
    for (const directory of directories) rmSync(directory, { recursive: true });
  });

  for (const one of cases) {
    describe(one.name, () => {
      const open = async () => (await one.setup())();
      const signing = SIGNING.filter(([, algorithm]) => one.algorithms.includes(algorithm));

      it("says what it can do", async () => {
        const { algorithms, persistent, isolated, asksUser } = await (await open()).capabilities();
        expect([...algorithms].sort()).to.deep.equal([...one.algorithms].sort());
        expect({ isolated, asksUser }).to.deep.equal({ isolated: one.isolated, asksUser: one.asksUser });
        expect(persistent).to.equal(one.persistent);
      });

      for (const [role, algorithm] of signing) {
        it(`signs with ${algorithm} for ${role}`, async () => {
          const backend = await open();
          const key = await backend.create({ role, algorithm, holder: "phone", now: NOW, lifetimeDays: 365 });
          expect([key.role, key.algorithm]).to.deep.equal([role, algorithm]);
          expect(key.info).to.deep.equal({
            ...{ purpose: role, holder: "phone", createdAt: NOW, expiresAt: NOW + 365n * 86_400n },
          });
          // Several times, so that high and low s occur before normalisation.
          for (let i = 0; i < 6; i++) {
            const message = MESSAGE.map((byte) => byte ^ i);
            const signature = await backend.sign(key, message);
            const publicKey = hexToBytes(key.publicKey);
            expect(isSignature(algorithm, publicKey, signature, message)).to.equal(true);
            expect(
              isSignature(
                algorithm,
                publicKey,
                signature,
                MESSAGE.map((byte) => byte ^ 99),
              ),
            ).to.equal(false);
          }
        });
      }

      it("agrees with X25519, and refuses peers that would not", async () => {
        const backend = await open();
        for (const role of ["DID_AGREEMENT", "DEVICE_BACKUP"] as const) {
          const key = await backend.create({ role, now: NOW });
          const peer = generateKeyPairSync("x25519");
          const peerBytes = peer.publicKey.export({ format: "der", type: "spki" }).subarray(-32);
          const spki = Buffer.concat([
            Buffer.from("302a300506032b656e032100", "hex"),
            hexToBytes(key.publicKey),
          ]);
          const ours = createPublicKey({ key: spki, format: "der", type: "spki" });
          const shared = await backend.agree(key, peerBytes);
          expect(Buffer.from(shared.reveal())).to.deep.equal(
            diffieHellman({ privateKey: peer.privateKey, publicKey: ours }),
          );
          const lowOrder = Uint8Array.of(1, ...new Uint8Array(31));
          for (const bad of [new Uint8Array(32), lowOrder, new Uint8Array(31), new Uint8Array()]) {
            expect(await codeOfAsync(() => backend.agree(key, bad))).to.equal("KEY_PEER_MALFORMED");
          }
        }
      });

      it("makes another key each time, and finds each by its id", async () => {
        const backend = await open();
        const keys = await Promise.all([1, 2, 3].map(() => backend.create({ role: "AUTHORSHIP", now: NOW })));
        expect(new Set(keys.map(({ publicKey }) => publicKey)).size).to.equal(3);
        expect(new Set(keys.map(({ id }) => id)).size).to.equal(3);
        for (const key of keys) expect(fieldsOf(await backend.public(key.id))).to.deep.equal(fieldsOf(key));
        const listed = (await backend.list()).map(({ id }) => id).sort();
        expect(listed).to.deep.equal(keys.map(({ id }) => id).sort());
        expect(await backend.public(backendKeyId(`0x${"00".repeat(16)}`))).to.equal(undefined);
      });

      it("keeps its keys when it is opened again, exactly if it says so", async () => {
        const reopen = await one.setup();
        const key = await reopen().create({ role: "AUTHORSHIP", now: NOW });
        const again = reopen();
        if (!one.persistent) return;
        const found = await again.public(key.id);
        expect(fieldsOf(found)).to.deep.equal(fieldsOf(key));
        const signature = await again.sign(ofRole(found ?? key, "AUTHORSHIP"), MESSAGE);
        expect(isSignature("ED25519", hexToBytes(key.publicKey), signature, MESSAGE)).to.equal(true);
      });

      it("forgets a deleted key, and nothing else", async () => {
        const backend = await open();
        const key = await backend.create({ role: "AUTHORSHIP", now: NOW });
        const other = await backend.create({ role: "AUTHORSHIP", now: NOW });
        await backend.delete(key.id);
        await backend.delete(key.id);
        expect(await backend.public(key.id)).to.equal(undefined);
        expect(await codeOfAsync(() => backend.sign(key, MESSAGE))).to.equal("KEY_NOT_FOUND");
        expect(await backend.sign(other, MESSAGE)).to.have.length(64);
      });

      it("refuses keys of another role or backend, and forged ones", async () => {
        const backend = await open();
        const signs = await backend.create({ role: "AUTHORSHIP", now: NOW });
        const agrees = await backend.create({ role: "DID_AGREEMENT", now: NOW });
        const disguised = <Role extends KeyRole>(key: BackendKey) => key as unknown as BackendKey<Role>;
        expect(await codeOfAsync(() => backend.sign(disguised(agrees), MESSAGE))).to.equal("KEY_MIXED_UP");
        expect(await codeOfAsync(() => backend.agree(disguised(signs), MESSAGE))).to.equal("KEY_MIXED_UP");
        const relabelled = new BackendKey("AUTHORSHIP", agrees);
        expect(await codeOfAsync(() => backend.sign(relabelled, MESSAGE))).to.equal("KEY_MIXED_UP");
        const swapped = new BackendKey("AUTHORSHIP", { ...fieldsOf(signs), publicKey: agrees.publicKey });
        expect(await codeOfAsync(() => backend.sign(swapped, MESSAGE))).to.equal("KEY_MIXED_UP");
        const plain = { ...fieldsOf(signs), role: "AUTHORSHIP" } as unknown as BackendKey<"AUTHORSHIP">;
        expect(await codeOfAsync(() => backend.sign(plain, MESSAGE))).to.equal("KEY_MIXED_UP");
        const foreign = await memoryBackend().create({ role: "AUTHORSHIP", now: NOW });
        expect(await codeOfAsync(() => backend.sign(foreign, MESSAGE))).to.equal("KEY_NOT_FOUND");
        expect(codeOf(() => ofRole(signs, "POLICY"))).to.equal("KEY_MIXED_UP");
      });

      it("refuses algorithms that it or the role does not know, with a typed error", async () => {
        const backend = await open();
        const { algorithms } = await backend.capabilities();
        for (const role of Object.keys(KEY_ROLES) as KeyRole[]) {
          const known: readonly KeyAlgorithm[] = KEY_ROLES[role];
          for (const algorithm of KEY_ALGORITHMS) {
            const code = await codeOfAsync(() => backend.create({ role, algorithm, now: NOW }));
            const works = known.includes(algorithm) && algorithms.includes(algorithm);
            expect(code, `${role} ${algorithm}`).to.equal(works ? undefined : "KEY_ALGORITHM_UNSUPPORTED");
          }
        }
      });

      it("signs digests of 32 bytes only, where it signs digests", async () => {
        const backend = await open();
        const { algorithms } = await backend.capabilities();
        for (const algorithm of ["SECP256K1", "P256_DIGEST"] as const) {
          if (!algorithms.includes(algorithm)) continue;
          const key = await backend.create({ role: "POLICY", algorithm, now: NOW });
          for (const length of [0, 31, 33]) {
            expect(await codeOfAsync(() => backend.sign(key, new Uint8Array(length)))).to.equal(
              "KEY_MESSAGE_LENGTH",
            );
          }
        }
      });

      it("has no way out for a private key", async () => {
        const backend = await open();
        const key = await backend.create({ role: "AUTHORSHIP", now: NOW });
        expect(Object.keys(backend).sort()).to.deep.equal(
          ["agree", "capabilities", "create", "delete", "list", "public", "sign"].sort(),
        );
        expect(Object.keys(key).sort()).to.deep.equal(["algorithm", "id", "info", "publicKey"]);
        expect(inspect(backend, { depth: 9, showHidden: true })).not.to.match(/secret|private/i);
      });
    });
  }

  it("do not export keys even where they could be asked to", async () => {
    const store = memoryCryptoKeys();
    const backend = webCryptoBackend({ store });
    for (const [role, algorithm] of [
      ["AUTHORSHIP", "ED25519"],
      ["DID_AUTHENTICATION", "P256"],
    ] as const) {
      const { id } = await backend.create({ role, algorithm, now: NOW });
      const record = await store.read(id);
      expect(record?.privateKey.extractable).to.equal(false);
      if (record === undefined) throw new RangeError("no record");
      for (const format of ["pkcs8", "jwk", "raw"] as const) {
        expect(await codeOfAsync(() => crypto.subtle.exportKey(format, record.privateKey))).to.match(
          /^InvalidAccessError|^NotSupportedError/,
        );
      }
    }
  });

  it("of the Web Crypto API report what the runtime lacks", async () => {
    const subtle = new Proxy(crypto.subtle, {
      get: (target, name) => {
        if (name !== "generateKey") return (target[name as "sign"] as () => unknown).bind(target);
        return (...args: Parameters<SubtleCrypto["generateKey"]>) =>
          JSON.stringify(args[0]).includes("25519")
            ? Promise.reject(new DOMException("Unrecognized name.", "NotSupportedError"))
            : target.generateKey(...args);
      },
    });
    const backend = webCryptoBackend({ subtle });
    expect((await backend.capabilities()).algorithms).to.deep.equal(["P256"]);
    expect(await codeOfAsync(() => backend.create({ role: "AUTHORSHIP", now: NOW }))).to.equal(
      "KEY_ALGORITHM_UNSUPPORTED",
    );
    expect(
      (await backend.create({ role: "DID_AUTHENTICATION", algorithm: "P256", now: NOW })).algorithm,
    ).to.equal("P256");
  });

  it("normalise the s of the Web Crypto API's P-256", async () => {
    const backend = webCryptoBackend();
    const key = await backend.create({ role: "DID_AUTHENTICATION", algorithm: "P256", now: NOW });
    for (let i = 0; i < 16; i++) {
      const { s } = p256.Signature.fromBytes(await backend.sign(key, Uint8Array.of(i)), "compact");
      expect(s <= ORDER >> 1n).to.equal(true);
    }
  });

  it("draw a private key again that is out of range, and give up on a broken source", async () => {
    const order = hexToBytes(`0x${secp256k1.Point.Fn.ORDER.toString(16)}`);
    const draws = [order, new Uint8Array(32), MESSAGE];
    const random: RandomSource = (bytes) => bytes.set(draws.shift() ?? []);
    const key = await memoryBackend({ random }).create({ role: "POLICY", now: NOW });
    expect(hexToBytes(key.publicKey)).to.deep.equal(secp256k1.getPublicKey(MESSAGE, true));
    const broken = memoryBackend({ random: (bytes) => bytes.fill(0) });
    expect(await codeOfAsync(() => broken.create({ role: "AUTHORSHIP", now: NOW }))).to.equal(
      "RANDOM_SOURCE_BROKEN",
    );
  });

  it("zero private keys: sealed ones after each use, those in memory when they are deleted", async () => {
    const drawn: Uint8Array[] = [];
    const random: RandomSource = (bytes) => {
      drawn.push(bytes);
      crypto.getRandomValues(bytes);
    };
    const sealed = sealedBackend({ store: memoryStore(), unlock: (use) => use(keychainKey()), random });
    await sealed.create({ role: "AUTHORSHIP", now: NOW });
    expect(drawn).to.deep.equal([new Uint8Array(32)]);
    const memory = memoryBackend({ random });
    const key = await memory.create({ role: "AUTHORSHIP", now: NOW });
    expect(drawn[1]).not.to.deep.equal(new Uint8Array(32));
    await memory.delete(key.id);
    expect(drawn[1]).to.deep.equal(new Uint8Array(32));
  });

  describe("sealedBackend", () => {
    const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
    const stored = async () => {
      const store = memoryStore();
      const backend = sealedBackend({ store, unlock: (use) => use(keychainKey()) });
      const key = await backend.create({ role: "AUTHORSHIP", holder: "laptop", now: NOW });
      const [name = ""] = store.blobs.keys();
      return { store, backend, key, name };
    };

    it("stores nothing of the private key in clear", async () => {
      const store = memoryStore();
      const secret = MESSAGE;
      const random: RandomSource = (bytes) => bytes.set(secret);
      const backend = sealedBackend({ store, unlock: (use) => use(keychainKey()), random });
      const key = await backend.create({ role: "AUTHORSHIP", now: NOW });
      expect(hexToBytes(key.publicKey)).to.deep.equal(ed25519.getPublicKey(secret));
      for (const blob of store.blobs.values()) {
        expect(text(blob)).not.to.contain(Buffer.from(secret).toString("hex"));
        expect(text(blob)).not.to.contain(Buffer.from(secret).toString("base64url").slice(0, 20));
        expect(Buffer.from(blob).includes(Buffer.from(secret))).to.equal(false);
      }
    });

    it("finds out an altered record, of another key, or under another key", async () => {
      const { store, backend, key, name } = await stored();
      const good = store.blobs.get(name) ?? new Uint8Array();
      const record = JSON.parse(text(good)) as Record<string, unknown>;
      const other = await backend.create({ role: "AUTHORSHIP", now: NOW });
      const otherName = `key-${other.id.slice(2)}`;
      const changes: readonly (readonly [string, string])[] = [
        ["{", "no JSON"],
        [JSON.stringify({ ...record, version: 2 }), "version"],
        [JSON.stringify({ ...record, more: 1 }), "more"],
        [JSON.stringify({ ...record, algorithm: "P256_DIGEST" }), "algorithm"],
        [JSON.stringify({ ...record, info: { ...(record.info as object), holder: "phone" } }), "info"],
        [
          JSON.stringify({ ...record, sealed: `A${String(record.sealed).slice(1)}`.replace(/.$/, "A") }),
          "sealed",
        ],
        [text(store.blobs.get(otherName)), "another key's record"],
      ];
      for (const [change, what] of changes) {
        store.blobs.set(name, new TextEncoder().encode(change));
        expect(await codeOfAsync(() => backend.sign(key, MESSAGE)), what).to.equal("KEY_RECORD_DAMAGED");
      }
      store.blobs.set(name, good);
      const wrong = sealedBackend({ store, unlock: (use) => use(keychainKey(2)) });
      expect(await codeOfAsync(() => wrong.sign(key, MESSAGE))).to.equal("KEY_RECORD_DAMAGED");
      expect(await backend.sign(key, MESSAGE)).to.have.length(64);
    });

    it("lets no altered role or public key pass", async () => {
      const { store, backend, key, name } = await stored();
      const record = JSON.parse(text(store.blobs.get(name))) as Record<string, unknown>;
      store.blobs.set(
        name,
        new TextEncoder().encode(JSON.stringify({ ...record, role: "DID_AUTHENTICATION" })),
      );
      expect(await codeOfAsync(() => backend.sign(key, MESSAGE))).to.equal("KEY_MIXED_UP");
      const promoted = ofRole((await backend.public(key.id)) ?? key, "DID_AUTHENTICATION");
      expect(await codeOfAsync(() => backend.sign(promoted, MESSAGE))).to.equal("KEY_RECORD_DAMAGED");
      const publicKey = `0x${"12".repeat(32)}`;
      store.blobs.set(name, new TextEncoder().encode(JSON.stringify({ ...record, publicKey })));
      expect(await codeOfAsync(() => backend.sign(key, MESSAGE))).to.equal("KEY_MIXED_UP");
      const read = await backend.public(key.id);
      expect(await codeOfAsync(() => backend.sign(ofRole(read ?? key, "AUTHORSHIP"), MESSAGE))).to.equal(
        "KEY_RECORD_DAMAGED",
      );
    });
  });

  describe("passkeyUnlock", () => {
    const setup = async (options: Parameters<typeof authenticator>[0] = {}) => {
      const device = authenticator(options);
      const passkey = await registerPasskey({
        create: device.create,
        rp: { name: "Wallet" },
        userName: "agent",
      });
      return { device, passkey };
    };
    const identity = (unlock: ReturnType<typeof passkeyUnlock>) =>
      unlock(async (key) => {
        const backend = sealedBackend({ store: memoryStore(), unlock: (use) => use(key) });
        expect(key.source).to.equal("PASSKEY");
        return backend.create({ role: "AUTHORSHIP", now: NOW });
      });

    it("gives another key for another salt, credential and authenticator, the same for the same", async () => {
      const store = memoryStore();
      const { device, passkey } = await setup();
      const other = await setup({ seed: "another" });
      const second = await registerPasskey({
        create: device.create,
        rp: { name: "Wallet" },
        userName: "agent",
      });
      const of = (one: typeof passkey, get: typeof device.get, salt = SALT) =>
        sealedBackend({ store, unlock: passkeyUnlock({ ...one, salt, now: NOW, get }) });
      const key = await of(passkey, device.get).create({ role: "AUTHORSHIP", now: NOW });
      expect(await of(passkey, device.get).sign(key, MESSAGE)).to.have.length(64);
      const wrong = [
        of(
          passkey,
          device.get,
          SALT.map((byte) => byte ^ 1),
        ),
        of(second, device.get),
        of(other.passkey, other.device.get),
      ];
      for (const backend of wrong) {
        expect(await codeOfAsync(() => backend.sign(key, MESSAGE))).to.equal("KEY_RECORD_DAMAGED");
      }
    });

    it("is a slot of a wallet, through passkeyPrf", async () => {
      const storage = memoryBlobs();
      const { device, passkey } = await setup();
      const unlock = { kind: "passkey", passkey: passkeyPrf({ ...passkey, get: device.get }) } as const;
      const wallet = await createWallet({ storage, slots: [{ secret: unlock }], segments: ["keys"] });
      await wallet.segment("keys").write("a", new Secret(MESSAGE.slice()));
      const opened = await openWallet({ storage, unlock });
      expect((await opened.segment("keys").read("a"))?.reveal()).to.deep.equal(MESSAGE);
      const other = await setup({ seed: "another" });
      const stranger = {
        kind: "passkey",
        passkey: passkeyPrf({ ...other.passkey, get: other.device.get }),
      } as const;
      expect(await codeOfAsync(() => openWallet({ storage, unlock: stranger }))).to.equal("WALLET_KEY_WRONG");
    });

    it("erases the key after use", async () => {
      const { device, passkey } = await setup();
      const kept: KeyEncryptingKey[] = [];
      await passkeyUnlock({ ...passkey, salt: SALT, now: NOW, get: device.get })(async (key) =>
        kept.push(key),
      );
      const [key] = kept;
      expect(codeOf(() => key?.wrap(key))).to.equal("SECRET_ERASED");
    });

    it("says so if the authenticator knows no PRF, or the user declines", async () => {
      const { device, passkey } = await setup({ prf: false });
      expect(passkey.prf).to.equal(false);
      const unlock = passkeyUnlock({ ...passkey, salt: SALT, now: NOW, get: device.get });
      expect(await codeOfAsync(() => identity(unlock))).to.equal("WEBAUTHN_PRF_MISSING");
      const stranger = authenticator({ seed: "stranger" });
      const declined = passkeyUnlock({ ...passkey, salt: SALT, now: NOW, get: stranger.get });
      expect(await codeOfAsync(() => identity(declined))).to.equal("WEBAUTHN_REFUSED");
    });

    it("does not repeat the passkey's output in any error", async () => {
      const { device, passkey } = await setup();
      const get: typeof device.get = async (request) => {
        const answer = await device.get(request);
        const results = answer.getClientExtensionResults();
        const cut = { prf: { results: { first: results.prf?.results.first.slice(0, 31) } } };
        return { ...answer, getClientExtensionResults: () => cut as typeof results };
      };
      const unlock = passkeyUnlock({ ...passkey, salt: SALT, now: NOW, get });
      expect(await codeOfAsync(() => identity(unlock))).to.equal("WEBAUTHN_PRF_MISSING");
    });
  });

  it("refuse ids that are none", () => {
    for (const bad of ["0x", `0x${"00".repeat(15)}`])
      expect(codeOf(() => backendKeyId(bad))).to.equal("KEY_NOT_FOUND");
    expect(codeOf(() => backendKeyId("key"))).to.equal("HEX_MALFORMED");
  });

  it("agree with one another", async () => {
    const [alice, bob] = [memoryBackend(), webCryptoBackend()];
    const [a, b] = [
      await alice.create({ role: "DID_AGREEMENT", now: NOW }),
      await bob.create({ role: "DID_AGREEMENT", now: NOW }),
    ];
    const ab = await alice.agree(a, hexToBytes(b.publicKey));
    const ba = await bob.agree(b, hexToBytes(a.publicKey));
    expect(ab.reveal()).to.deep.equal(ba.reveal());
  });
});

function fieldsOf(key: BackendKey | undefined): { readonly id: BackendKeyId } & Omit<BackendKey, "role"> {
  if (key === undefined) throw new RangeError("no key");
  const { id, algorithm, publicKey, info } = key;
  return { id, algorithm, publicKey, info };
}
