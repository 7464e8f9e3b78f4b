import { expect } from "chai";
import { Wallet as EthersWallet } from "ethers";
import { bytesToHex, hex20 } from "../../../client/core/index.ts";
import { Secret } from "../../../client/keys/index.ts";
import { memoryBlobs } from "../../../client/storage/index.ts";
import {
  createWallet,
  exportKeystore,
  exportPortable,
  importKeystore,
  importPortable,
} from "../../../client/wallet/index.ts";
import { codeOfAsync } from "../support.ts";
import { bytes, contentsOf, makeWallet, recovery, textOf } from "./support.ts";

describe("wallet/portable", () => {
  it("takes everything along to another wallet, in JSON that needs no dkms to read", async () => {
    const { wallet } = await makeWallet();
    await wallet.segment("keys").write("phone", bytes("secret"));
    await wallet.segment("contacts").write("bob", bytes(""));
    const exported = await exportPortable(wallet);
    expect(JSON.parse(textOf(exported) ?? "")).to.deep.equal({
      format: "dkms-wallet-export",
      version: 1,
      segments: { contacts: { bob: "" }, keys: { phone: "c2VjcmV0" } },
    });
    const slots = [{ secret: recovery(3) }];
    const other = await createWallet({ storage: memoryBlobs(), slots, segments: ["keys"] });
    await other.segment("keys").change(["phone", "kept"].map((id) => ({ id, value: bytes("before") })));
    await importPortable(other, exported);
    expect(await contentsOf(other)).to.deep.equal({
      contacts: { bob: "" },
      keys: { phone: "secret", kept: "before" },
    });
    expect(String(exported) + JSON.stringify(exported)).not.to.contain("phone");
  });

  it("takes the segments that are named, and looks at no other", async () => {
    const segments = { keys: { phone: "c2VjcmV0" }, contacts: { "two words": "" }, more: 1 };
    const json = () => bytes(JSON.stringify({ format: "dkms-wallet-export", version: 1, segments }));
    const taken = async (...names: string[]) => {
      const { wallet } = await makeWallet();
      const code = await codeOfAsync(() => importPortable(wallet, json(), { segments: names }));
      return [code, (await contentsOf(wallet)).keys];
    };
    expect(await taken("keys")).to.deep.equal([undefined, { phone: "secret" }]);
    expect(await taken("keys", "keys")).to.deep.equal([undefined, { phone: "secret" }]);
    expect(await taken()).to.deep.equal([undefined, {}]);
    expect(await taken("keys", "contacts")).to.deep.equal(["WALLET_NAME_MALFORMED", {}]);
    expect(await taken("keys", "more")).to.deep.equal(["WALLET_EXPORT_MALFORMED", {}]);
    for (const name of ["none", "constructor"]) {
      expect(await taken("keys", name)).to.deep.equal(["WALLET_SEGMENT_UNKNOWN", {}]);
    }
  });

  const good = { format: "dkms-wallet-export", version: 1, segments: { keys: { a: "MQ==" } } };
  for (const [what, json, code] of [
    ["no JSON", "{", "WALLET_EXPORT_MALFORMED"],
    ["bytes that are no text", new Uint8Array([0xff, 0xfe]), "WALLET_EXPORT_MALFORMED"],
    ["another format", { ...good, format: "x" }, "WALLET_EXPORT_MALFORMED"],
    ["another version", { ...good, version: 2 }, "WALLET_EXPORT_MALFORMED"],
    [
      "more under a name of JavaScript's",
      '{"format":"dkms-wallet-export","version":1,"segments":{},"__proto__":{}}',
      "WALLET_EXPORT_MALFORMED",
    ],
    ["more than there should be", { ...good, more: 1 }, "WALLET_EXPORT_MALFORMED"],
    ["a number for a record", { ...good, segments: { keys: { a: 1 } } }, "WALLET_EXPORT_MALFORMED"],
    ["no base64", { ...good, segments: { keys: { a: "planted!" } } }, "WALLET_EXPORT_MALFORMED"],
    ["base64 of another spelling", { ...good, segments: { keys: { a: "MR==" } } }, "WALLET_EXPORT_MALFORMED"],
    ["a bad name", { ...good, segments: { "../keys": {} } }, "WALLET_NAME_MALFORMED"],
    ["a bad record name", { ...good, segments: { keys: { "": "" } } }, "WALLET_NAME_MALFORMED"],
  ] as const) {
    it(`refuses ${what}, and then writes nothing`, async () => {
      const { wallet } = await makeWallet();
      const text =
        json instanceof Uint8Array
          ? new Secret(json.slice())
          : bytes(typeof json === "string" ? json : JSON.stringify(json));
      expect(await codeOfAsync(() => importPortable(wallet, text))).to.equal(code);
      expect(await contentsOf(wallet)).to.deep.equal({ contacts: {}, keys: {} });
    });
  }

  it("stops when asked to, both ways", async () => {
    const { wallet } = await makeWallet();
    await wallet.segment("keys").write("a", bytes("1"));
    const signal = AbortSignal.abort();
    expect(await codeOfAsync(() => exportPortable(wallet, { signal }))).to.equal("WALLET_ABORTED");
    const exported = await exportPortable(wallet);
    expect(await codeOfAsync(() => importPortable(wallet, exported, { signal }))).to.equal("WALLET_ABORTED");
  });
});

describe("wallet/keystore", () => {
  const ethers = new EthersWallet(`0x${"42".repeat(32)}`);
  const pass = new Secret("pass word");
  let theirs: string;

  before(async function () {
    this.timeout(60_000);
    theirs = await ethers.encrypt("pass word");
  });

  it("writes what ethers reads, and reads what ethers writes", async () => {
    const key = { address: hex20(ethers.address), privateKey: new Secret(new Uint8Array(32).fill(0x42)) };
    const seen: number[] = [];
    const json = await exportKeystore(key, pass, { onProgress: (done) => seen.push(done) });
    expect((await EthersWallet.fromEncryptedJson(json, "pass word")).privateKey).to.equal(ethers.privateKey);
    expect(seen.length).to.be.greaterThan(3);
    const imported = await importKeystore(theirs, pass);
    expect(imported.address).to.equal(ethers.address.toLowerCase());
    expect(bytesToHex(imported.privateKey.reveal())).to.equal(ethers.privateKey);
  }).timeout(60_000);

  it("tells a wrong password, and is stopped when asked to", async () => {
    expect(await codeOfAsync(() => importKeystore(theirs, new Secret("wrong")))).to.equal("WALLET_KEY_WRONG");
    const stop = new AbortController();
    const onProgress = (done: number) => {
      if (done > 0.3) stop.abort();
    };
    const work = { signal: stop.signal, onProgress };
    expect(await codeOfAsync(() => importKeystore(theirs, pass, work))).to.equal("WALLET_ABORTED");
    const key = { address: hex20(ethers.address), privateKey: new Secret(new Uint8Array(32).fill(0x42)) };
    expect(await codeOfAsync(() => exportKeystore(key, pass, work))).to.equal("WALLET_ABORTED");
    expect(await codeOfAsync(() => exportKeystore(key, new Secret("")))).to.equal("WALLET_PASSWORD_EMPTY");
  }).timeout(60_000);

  it("refuses what is no keystore, and what would keep the machine busy", async () => {
    const refused = async (edit: (keystore: Keystore) => unknown) => {
      const keystore = JSON.parse(theirs) as Keystore;
      const edited = edit(keystore);
      return await codeOfAsync(() => importKeystore(JSON.stringify(edited ?? keystore), pass));
    };
    expect(await codeOfAsync(() => importKeystore("{", pass))).to.equal("WALLET_KEYSTORE_MALFORMED");
    expect(await refused(() => [])).to.equal("WALLET_KEYSTORE_MALFORMED");
    expect(await refused((keystore) => ({ ...keystore, version: 1 }))).to.equal("WALLET_KEYSTORE_MALFORMED");
    const withParameters = (kdfparams: object) => (keystore: Keystore) => {
      Object.assign(keystore.Crypto.kdfparams, kdfparams);
    };
    expect(await refused(withParameters({ n: 2 ** 30 }))).to.equal("WALLET_KDF_EXCESSIVE");
    expect(await refused(withParameters({ N: 2 ** 30 }))).to.equal("WALLET_KDF_EXCESSIVE");
    expect(await refused(withParameters({ r: 2 ** 20 }))).to.equal("WALLET_KDF_EXCESSIVE");
    expect(await refused(withParameters({ c: 10 ** 9 }))).to.equal("WALLET_KDF_EXCESSIVE");
    expect(await refused(withParameters({ n: "many" }))).to.equal("WALLET_KEYSTORE_MALFORMED");
    expect(await refused(withParameters({ salt: 7 }))).to.equal("WALLET_KEYSTORE_MALFORMED");
  }).timeout(60_000);
});

type Keystore = { version: number; Crypto: { kdfparams: object } };
