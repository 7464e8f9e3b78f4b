import { expect } from "chai";
import { keyInfo } from "../../client/keys/index.ts";
import { encodeKeyring } from "../../client/wallet/keyring.ts";
import { encodeManifest } from "../../client/wallet/manifest.ts";
import { newSegment } from "../../client/wallet/session.ts";
import { codeOf, codeOfAsync } from "../client/support.ts";
import {
  bytes,
  contentsOf,
  copyOf,
  makeWallet,
  permittedWriter,
  recovery,
} from "../client/wallet/support.ts";

const LAST = 2 ** 40;
const record = { id: "a", bytes: 0, hash: "", blob: "" };

async function shared() {
  const made = await makeWallet();
  await made.wallet.segment("keys").write("phone", bytes("kept"));
  await made.wallet.segment("contacts").write("bob", bytes("hello"));
  await made.wallet.addSlot({ secret: recovery(9), segments: { contacts: "write" } });
  return { ...made, writer: await permittedWriter(made.storage, 9, "contacts") };
}

describe(
  "findings: a permission to write one segment ends the wallet. Its holder signs a list of records with the greatest " +
    "number there is; the owner's next change counts one further, and her head holds a number that nobody reads again",
  () => {
    for (const sequence of [Number.MAX_SAFE_INTEGER, LAST + 1, -1, 0.5]) {
      it(`refuses the number ${sequence}, and the wallet opens after the owner's change`, async () => {
        const { wallet, writer, reopen } = await shared();
        await writer.sign({ sequence, records: [] });
        const owner = await reopen();
        for (const change of [wallet, owner].map(
          (by) => () => by.segment("contacts").write("a", bytes("a")),
        )) {
          expect(await codeOfAsync(change)).to.equal("WALLET_FORMAT_UNKNOWN");
        }
        await owner.segment("keys").write("laptop", bytes("new"));
        expect(await (await reopen()).segment("keys").list()).to.have.length(2);
      });
    }

    it("refuses a record from a time to come", async () => {
      const { writer, reopen } = await shared();
      await writer.sign({ sequence: 9, records: [await writer.record("a", 10, bytes("x"))] });
      expect(await codeOfAsync(async () => (await reopen()).segment("contacts").list())).to.equal(
        "WALLET_FORMAT_UNKNOWN",
      );
    });

    it("counts no further than the last number, and anew under new keys", async () => {
      const { storage, writer, reopen } = await shared();
      await writer.sign({ sequence: LAST, records: [await writer.record("bob", LAST, bytes("hello"))] });
      const owner = await reopen();
      const before = await copyOf(storage);
      for (const change of [
        () => owner.segment("contacts").write("a", bytes("a")),
        () => owner.segment("contacts").remove("bob"),
      ]) {
        expect(await codeOfAsync(change)).to.equal("WALLET_LIMIT");
      }
      expect(await copyOf(storage)).to.deep.equal(before);
      await owner.rekey([{ secret: recovery(1) }]);
      await owner.segment("contacts").write("a", bytes("a"));
      expect(await contentsOf(await reopen())).to.deep.equal({
        contacts: { bob: "hello", a: "a" },
        keys: { phone: "kept" },
      });
    });

    it("writes no keyring and no list of records that it would not read", () => {
      const keys = newSegment("a", keyInfo({ purpose: "STORAGE", now: 0n }));
      const keyring = (sequence: number, floor?: number) =>
        codeOf(() =>
          encodeKeyring({
            ...{ sequence, slots: [] },
            segments: [{ ...keys, floor: floor === undefined ? undefined : { sequence: floor, hash: "" } }],
          }),
        );
      expect(keyring(1, LAST)).to.equal(undefined);
      for (const bad of [2 ** 53, -1, 0.5, Number.NaN]) {
        expect(keyring(1, bad)).to.equal("WALLET_LIMIT");
        expect(keyring(bad)).to.equal("WALLET_LIMIT");
      }
      const manifest = (sequence: number, version: number) =>
        codeOf(() => encodeManifest("", keys, { sequence, records: [{ ...record, version }] }));
      expect(manifest(LAST, LAST)).to.equal(undefined);
      for (const bad of [LAST + 1, 2 ** 53, -1, 0.5, Number.NaN]) {
        expect(manifest(bad, 0)).to.equal("WALLET_LIMIT");
      }
      expect(manifest(1, 2)).to.equal("WALLET_LIMIT");
    });
  },
);
