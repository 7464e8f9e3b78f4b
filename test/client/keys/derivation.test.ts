import { createHash, createHmac, createPrivateKey, createPublicKey, hkdfSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { HDKey } from "@scure/bip32";
import { expect } from "chai";
import { SigningKey } from "ethers";
import { bytesToHex, hex, hexToBytes } from "../../../client/core/index.ts";
import {
  bip32,
  deriveDeadDrop,
  deriveEscrow,
  deriveRecovery,
  slip10,
} from "../../../client/keys/derivation.ts";
import { bytesOfWords, Secret, wordsOf } from "../../../client/keys/index.ts";
import { codeOf } from "../support.ts";
import { watchForLeaks } from "./leaks.ts";

type Vector<Input, Output> = { readonly name: string; readonly input: Input; readonly output: Output };
const vectors = <Input, Output>(file: string) =>
  (
    JSON.parse(readFileSync(new URL(`../../vectors/${file}`, import.meta.url), "utf8")) as {
      readonly vectors: readonly Vector<Input, Output>[];
    }
  ).vectors;
const bytes = (text: string) => hexToBytes(hex(text));

const LIFE = { now: 86_400n };

describe("keys/derivation", () => {
  watchForLeaks();

  describe("vectors of BIP-32", () => {
    const all = vectors<{ seed: string; path: string }, { public: string; private: string }>("bip32.json");
    for (const { name, input, output } of all) {
      it(name, () => {
        const key = HDKey.fromMasterSeed(bytes(input.seed)).derive(input.path);
        expect(key.privateExtendedKey).to.equal(output.private);
        expect(key.publicExtendedKey).to.equal(output.public);
        // Ours walks hardened paths only, and wipes what lies between.
        if (!/\d(?:\/|$)/.test(input.path)) {
          const own = bip32(bytes(input.seed), input.path);
          expect(own.publicKey).to.equal(
            bytesToHex(HDKey.fromExtendedKey(output.public).publicKey ?? new Uint8Array()),
          );
          expect(own.secret.reveal()).to.deep.equal(HDKey.fromExtendedKey(output.private).privateKey);
        }
      });
    }

    it("cover hardened paths, leading zeros among them", () => {
      expect(all.filter(({ input }) => /^m(?:\/\d+')+$/.test(input.path)).length).to.be.greaterThan(3);
    });
  });

  describe("vectors of SLIP-10 for Ed25519", () => {
    for (const { name, input, output } of vectors<
      { seed: string; path: string },
      { privateKey: string; publicKey: string }
    >("slip10.json")) {
      it(name, () => {
        const key = slip10(bytes(input.seed), input.path);
        expect(bytesToHex(key)).to.equal(output.privateKey);
        expect(`0x00${ed25519Public(key)}`).to.equal(output.publicKey.replace(/^0x(?:00)?/, "0x00"));
      });
    }
  });

  describe("vectors of RFC 5869", () => {
    for (const { name, input, output } of vectors<
      { ikm: string; salt: string; info: string; length: number },
      { okm: string }
    >("hkdf.json")) {
      it(name, () => {
        const okm = hkdf(sha256, bytes(input.ikm), bytes(input.salt), bytes(input.info), input.length);
        expect(bytesToHex(okm)).to.equal(output.okm);
      });
    }
  });

  describe("vectors of BIP-39", () => {
    for (const { name, input, output } of vectors<{ entropy: string }, { words: string }>("bip39.json")) {
      it(name, () => {
        expect(wordsOf(new Secret(bytes(input.entropy))).reveal()).to.equal(output.words);
        expect(bytesToHex(bytesOfWords(new Secret(output.words)).reveal())).to.equal(input.entropy);
      });
    }
  });

  describe("words", () => {
    const words = wordsOf(new Secret(Uint8Array.from({ length: 32 }, (_, i) => 5 * i + 1))).reveal();

    it("are read in any case and with any spaces", () => {
      const typed = `  ${words.toUpperCase().replaceAll(" ", "\n\t ")} `;
      expect(bytesOfWords(new Secret(typed)).reveal()).to.deep.equal(
        bytesOfWords(new Secret(words)).reveal(),
      );
    });

    it("with a mistake are refused, telling where but not what", () => {
      const list = words.split(" ");
      const wrong = [...list.slice(0, 4), "correcthorse", ...list.slice(5)].join(" ");
      try {
        bytesOfWords(new Secret(wrong));
        expect.fail("must throw");
      } catch (error) {
        expect(error).to.deep.include({ code: "WORDS_MALFORMED", details: { unknown: [5] } });
      }
      const swapped = [list[1], list[0], ...list.slice(2)].join(" ");
      for (const bad of [swapped, list.slice(1).join(" "), "", `${words} abandon`]) {
        expect(codeOf(() => bytesOfWords(new Secret(bad)))).to.equal("WORDS_MALFORMED");
      }
    });

    it("stand for 16 to 32 bytes", () => {
      for (const length of [0, 15, 17, 33]) {
        expect(codeOf(() => wordsOf(new Secret(new Uint8Array(length))))).to.equal("WORDS_MALFORMED");
      }
    });
  });

  describe("of a master key (computed once more with node:crypto)", () => {
    const master = Uint8Array.from({ length: 32 }, (_, i) => 3 * i + 1);
    const hkdf512 = (ikm: Uint8Array, info: string) => Buffer.from(hkdfSync("sha512", ikm, "", info, 32));

    it("gives recovery keys by HKDF", () => {
      for (const index of [0, 1, 2 ** 31 - 1]) {
        const key = deriveRecovery(master, index, LIFE);
        expect(key).to.deep.include({
          purpose: "RECOVERY",
          algorithm: "X25519",
          path: `DKMS-V1-MASTER-RECOVERY/${index}`,
        });
        expect(Buffer.from(key.secret.reveal())).to.deep.equal(hkdf512(master, key.path));
        expect(key.publicKey).to.equal(`0x${x25519Public(key.secret.reveal())}`);
      }
    });

    it("gives dead drops by SLIP-10 along the hash of the pairwise DID", () => {
      const did = "did:peer:2.Ez6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc";
      const hash = createHash("sha256").update(`DKMS-V1-DEAD-DROP:${did}`).digest();
      const indices = [0, 4, 8, 12].map((offset) => hash.readUInt32BE(offset) & 0x7fffffff);
      const { signing, agreement, mailbox } = deriveDeadDrop(master, did, LIFE);
      expect(signing.path).to.equal(`m/1684761971'/1'/${indices.join("'/")}'`);
      const child = slip10Reference(master, [0x646b6d73, 1, ...indices]);
      expect(Buffer.from(signing.secret.reveal())).to.deep.equal(child);
      expect(signing.publicKey).to.equal(`0x${ed25519Public(child)}`);
      expect(Buffer.from(agreement.secret.reveal())).to.deep.equal(
        hkdf512(child, "DKMS-V1-DEAD-DROP-AGREEMENT"),
      );
      expect(agreement.publicKey).to.equal(`0x${x25519Public(agreement.secret.reveal())}`);
      expect(mailbox).to.equal(`0x${hkdf512(child, "DKMS-V1-DEAD-DROP-MAILBOX").toString("hex")}`);
      expect(deriveDeadDrop(master, `${did}x`, LIFE).mailbox).not.to.equal(mailbox);
    });

    it("gives escrow keys by BIP-32", () => {
      const key = deriveEscrow(master, 7, LIFE);
      expect(key.path).to.equal("m/1684761971'/2'/7'");
      const reference = HDKey.fromMasterSeed(master).derive(key.path);
      expect(key.secret.reveal()).to.deep.equal(reference.privateKey);
      expect(key.publicKey).to.equal(SigningKey.computePublicKey(key.secret.reveal(), true));
    });

    it("keeps all of them apart", () => {
      const secrets = [
        ...[0, 1].map((index) => deriveRecovery(master, index, LIFE)),
        ...[0, 1].map((index) => deriveEscrow(master, index, LIFE)),
        ...["did:a", "did:b"].flatMap((did) => [
          deriveDeadDrop(master, did, LIFE).signing,
          deriveDeadDrop(master, did, LIFE).agreement,
        ]),
      ].map(({ secret }) => bytesToHex(secret.reveal()));
      expect(new Set(secrets).size).to.equal(8);
    });

    it("takes indices of hardened children only", () => {
      for (const index of [-1, 0.5, 2 ** 31, Number.NaN]) {
        expect(codeOf(() => deriveRecovery(master, index, LIFE))).to.equal("DERIVATION_INDEX");
        expect(codeOf(() => deriveEscrow(master, index, LIFE))).to.equal("DERIVATION_INDEX");
      }
      for (const path of ["m/0", "0'", "m/0'/1", "m/x'", "m//0'", "m/0h"]) {
        expect(codeOf(() => slip10(master, path))).to.equal("DERIVATION_PATH");
        expect(codeOf(() => bip32(master, path))).to.equal("DERIVATION_PATH");
      }
      expect(codeOf(() => slip10(master, "m/2147483648'"))).to.equal("DERIVATION_INDEX");
    });
  });
});

function slip10Reference(seed: Uint8Array, indices: readonly number[]): Buffer {
  let node = createHmac("sha512", "ed25519 seed").update(seed).digest();
  for (const index of indices) {
    const data = Buffer.alloc(37);
    node.copy(data, 1, 0, 32);
    data.writeUInt32BE(index + 2 ** 31, 33);
    node = createHmac("sha512", node.subarray(32)).update(data).digest();
  }
  return Buffer.from(node.subarray(0, 32));
}

function ed25519Public(seed: Uint8Array): string {
  return publicOf(seed, "302e020100300506032b657004220420");
}

function x25519Public(secret: Uint8Array): string {
  return publicOf(secret, "302e020100300506032b656e04220420");
}

/** OpenSSL's public key of a private one, by way of PKCS #8 and SubjectPublicKeyInfo. */
function publicOf(secret: Uint8Array, prefix: string): string {
  const key = createPrivateKey({
    key: Buffer.concat([Buffer.from(prefix, "hex"), secret]),
    format: "der",
    type: "pkcs8",
  });
  return createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32).toString("hex");
}
