import { expect } from "chai";
import { Secret } from "../../client/keys/index.ts";
import { memoryBlobs } from "../../client/storage/index.ts";
import { createWallet, type Keychain, openWallet, type SlotSecret } from "../../client/wallet/index.ts";
import { WrappingKey } from "../../client/wallet/walletKeys.ts";
import { codeOf, codeOfAsync } from "../client/support.ts";
import { makeWallet, recovery } from "../client/wallet/support.ts";

const isErased = (secret: Secret<Uint8Array>) => codeOf(() => secret.reveal()) === "SECRET_ERASED";

describe(
  "findings: keys that stay in memory. What a passkey or a keychain slot was made of, and the root key of a head that " +
    "proves altered, were left to the garbage collector, and to whoever reads the memory until then",
  () => {
    it("does not keep what a passkey computed, nor the key that a keychain took", async () => {
      const storage = memoryBlobs();
      const given: Secret<Uint8Array>[] = [];
      const passkey = {
        credential: "Y3JlZGVudGlhbA",
        evaluate: async (salt: Uint8Array) => {
          const output = new Secret(salt.slice());
          given.push(output);
          return output;
        },
      };
      const kept = new Map<string, Uint8Array>();
      const keychain: Keychain = {
        save: async (name, value) => {
          given.push(value);
          kept.set(name, value.reveal().slice());
        },
        load: async (name) => new Secret(kept.get(name)?.slice() ?? new Uint8Array()),
      };
      const secrets: SlotSecret[] = [
        { kind: "passkey", passkey },
        { kind: "keychain", keychain },
      ];
      const slots = secrets.map((secret) => ({ secret }));
      await createWallet({ storage, slots, segments: ["keys"] });
      for (const unlock of secrets) await openWallet({ storage, unlock });
      expect(given).to.have.length(3);
      expect(given.every(isErased)).to.equal(true);
    });

    it("erases the root key if the head that it is of was altered", async () => {
      const { storage } = await makeWallet();
      const head = JSON.parse(new TextDecoder().decode(await storage.read("head"))) as { keyring: string };
      head.keyring = `AAAA${head.keyring.slice(4)}`;
      await storage.replace("head", new TextEncoder().encode(`${JSON.stringify(head)}\n`));
      const erased = new Set<WrappingKey>();
      const { erase } = WrappingKey.prototype;
      WrappingKey.prototype.erase = function () {
        erased.add(this);
        erase.call(this);
      };
      try {
        expect(await codeOfAsync(() => openWallet({ storage, unlock: recovery(1) }))).to.equal(
          "WALLET_DAMAGED",
        );
      } finally {
        WrappingKey.prototype.erase = erase;
      }
      // The slot's and the root key.
      expect(erased.size).to.equal(2);
    });
  },
);
