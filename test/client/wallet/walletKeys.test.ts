import { inspect } from "node:util";
import { ed25519 } from "@noble/curves/ed25519.js";
import { expect } from "chai";
import { Secret } from "../../../client/keys/index.ts";
import {
  type DataAddress,
  ReadKey,
  randomKey,
  type WrapAddress,
  WrappingKey,
  WriteKey,
} from "../../../client/wallet/walletKeys.ts";
import { codeOf } from "../support.ts";

const HEAD: WrapAddress = ["DKMS-V1-WALLET-HEAD", 1, "w"];
const RECORD: DataAddress = ["DKMS-V1-WALLET-RECORD", "w", "s", "r", 1];
const TEXT = new TextEncoder().encode("text");
const keyOf = (fill: number) => new Secret(new Uint8Array(32).fill(fill));

describe("wallet/walletKeys", () => {
  it("are of levels that the compiler keeps apart", () => {
    const wrapping = new WrappingKey(randomKey());
    const read = new ReadKey(randomKey());
    const takeWrapping = (_: WrappingKey) => undefined;
    const takeRead = (_: ReadKey) => undefined;
    // @ts-expect-error: what encrypts data wraps no keys
    takeWrapping(read);
    // @ts-expect-error: what wraps keys encrypts no data
    takeRead(wrapping);
    // @ts-expect-error: what signs encrypts nothing
    takeRead(new WriteKey(randomKey()));
    // @ts-expect-error: bytes are no key
    takeRead(randomKey());
    // @ts-expect-error: keys are not wrapped where data belongs
    wrapping.wrap(RECORD, TEXT);
    // @ts-expect-error: data is not encrypted where keys belong
    read.encrypt(HEAD, TEXT);
  });

  it("are kept apart at run time as well", () => {
    const wrapping = new WrappingKey(keyOf(1));
    const read = new ReadKey(keyOf(2));
    expect(codeOf(() => wrapping.wrapKey(HEAD, read as unknown as WrappingKey))).to.match(/^TypeError/);
    const lookAlike = { ...read } as unknown as ReadKey;
    expect(codeOf(() => lookAlike.encrypt(RECORD, TEXT))).to.match(/^TypeError/);
    expect(codeOf(() => ReadKey.prototype.encrypt.call(wrapping, RECORD, TEXT))).to.match(/^TypeError/);
    expect(codeOf(() => wrapping.wrapKey.call(read as never, HEAD, wrapping))).to.match(/^TypeError/);
  });

  it("open what they sealed, for its address only", () => {
    const wrapping = new WrappingKey(keyOf(1));
    const sealed = wrapping.wrap(HEAD, TEXT);
    expect(wrapping.unwrap(HEAD, sealed)).to.deep.equal(TEXT);
    expect(wrapping.unwrap(["DKMS-V1-WALLET-SLOT", 1, "w"], sealed)).to.equal(undefined);
    expect(new WrappingKey(keyOf(2)).unwrap(HEAD, sealed)).to.equal(undefined);
    const inner = new WrappingKey(keyOf(7));
    expect(wrapping.unwrap(HEAD, wrapping.wrapKey(HEAD, inner))).to.deep.equal(keyOf(7).reveal());
    const read = new ReadKey(keyOf(1));
    const encrypted = read.encrypt(RECORD, TEXT);
    expect(read.decrypt(RECORD, encrypted)).to.deep.equal(TEXT);
    expect(read.decrypt(["DKMS-V1-WALLET-RECORD", "w", "s", "r", 2], encrypted)).to.equal(undefined);
    const write = new WriteKey(keyOf(3));
    expect(ed25519.verify(write.sign(TEXT), TEXT, write.publicKey)).to.equal(true);
  });

  it("show nothing, and are gone once erased", () => {
    const bytes = new Uint8Array(32).fill(0xab);
    for (const key of [new WrappingKey(new Secret(bytes)), new ReadKey(new Secret(bytes))]) {
      expect(inspect(key, { depth: 9, showHidden: true })).not.to.match(/171|abab/);
      expect(JSON.stringify(key)).to.equal("{}");
    }
    const wrapping = new WrappingKey(new Secret(bytes));
    wrapping.erase();
    expect(bytes).to.deep.equal(new Uint8Array(32));
    expect(codeOf(() => wrapping.wrap(HEAD, TEXT))).to.equal("SECRET_ERASED");
    const write = new WriteKey(keyOf(3));
    write.erase();
    expect(codeOf(() => write.sign(TEXT))).to.equal("SECRET_ERASED");
  });
});
