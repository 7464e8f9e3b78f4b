import { expect } from "chai";
import { Secret } from "../../client/keys/index.ts";
import { memoryBlobs } from "../../client/storage/index.ts";
import { createWallet, type KdfParameters, openWallet, type SlotSecret } from "../../client/wallet/index.ts";
import { codeOfAsync } from "../client/support.ts";
import { bytes, contentsOf, makeWallet, recovery } from "../client/wallet/support.ts";

const slotsOf = (count: number) => Array.from({ length: count }, (_, i) => ({ secret: recovery(i + 1) }));
const LONG = "x".repeat(65);

/** A passkey whose id is as long as Web Authentication lets it be: 1023 bytes. */
const passkey: SlotSecret = {
  kind: "passkey",
  passkey: {
    credential: Buffer.alloc(1023, 7).toString("base64url"),
    evaluate: async (salt) => new Secret(salt.slice()),
  },
};

describe("findings: a wallet that is written and cannot be read again", () => {
  it("is not made of too many slots, or of a label that is too long", async () => {
    const make = (slots: Parameters<typeof createWallet>[0]["slots"]) => {
      const storage = memoryBlobs();
      return codeOfAsync(async () => {
        await createWallet({ storage, slots, segments: ["keys"] });
        await openWallet({ storage, unlock: recovery(1) });
      });
    };
    expect(await make(slotsOf(32))).to.equal(undefined);
    expect(await make(slotsOf(33))).to.equal("WALLET_LIMIT");
    expect(await make([{ secret: recovery(1), label: LONG }])).to.equal("WALLET_LIMIT");
  });

  it("does not become of one that is given new keys, and loses the old ones with them", async () => {
    const { wallet, reopen } = await makeWallet();
    await wallet.segment("keys").write("phone", bytes("kept"));
    const before = await contentsOf(wallet);
    expect(await codeOfAsync(() => wallet.rekey(slotsOf(33)))).to.equal("WALLET_LIMIT");
    expect(await codeOfAsync(() => wallet.rekey([{ secret: recovery(1), label: LONG }]))).to.equal(
      "WALLET_LIMIT",
    );
    expect(await contentsOf(await reopen())).to.deep.equal(before);
  });

  it("does not become of one that a passkey with a long id is to open", async () => {
    const { wallet, storage, reopen } = await makeWallet();
    await wallet.addSlot({ secret: passkey });
    expect((await openWallet({ storage, unlock: passkey })).id).to.equal(wallet.id);
    expect((await reopen()).id).to.equal(wallet.id);
  });

  it("does not become of one with parameters that are no whole numbers", async () => {
    const { wallet, reopen } = await makeWallet();
    const password = new Secret("correct horse");
    for (const kdf of [
      { name: "argon2id", m: 65_536.5, t: 3, p: 1 },
      { name: "argon2id", m: 65_536, t: 2.5, p: 1 },
      { name: "argon2id", m: 65_536, t: 3, p: Number.NaN },
      { name: "scrypt", N: 2 ** 17, r: 8.5, p: 1 },
      { name: "scrypt", N: 2 ** 17, r: 8, p: 1.5 },
      { name: "pbkdf2", N: 2 ** 17, r: 8, p: 1 },
    ] as KdfParameters[]) {
      const code = await codeOfAsync(() => wallet.addSlot({ secret: { kind: "password", password, kdf } }));
      expect(code, JSON.stringify(kdf)).to.equal("WALLET_KDF_MALFORMED");
    }
    expect((await reopen()).slots).to.have.length(1);
  });
});
