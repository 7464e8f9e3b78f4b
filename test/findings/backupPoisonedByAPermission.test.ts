import { expect } from "chai";
import { exportPortable, importPortable } from "../../client/wallet/index.ts";
import { codeOfAsync } from "../client/support.ts";
import { bytes, contentsOf, makeWallet, permittedWriter, recovery } from "../client/wallet/support.ts";

async function shared() {
  const made = await makeWallet();
  await made.wallet.segment("keys").write("phone", bytes("kept"));
  await made.wallet.addSlot({ secret: recovery(9), segments: { contacts: "write" } });
  return { ...made, writer: await permittedWriter(made.storage, 9, "contacts") };
}

describe(
  "findings: a permission to write one segment poisons every backup. Its holder signs a record of a name that no import " +
    "takes; exports succeed for years, and on the day of need nothing of them, of no segment, can be read",
  () => {
    const names = ["__proto__", "two words", "", "../head", "x".repeat(257), "naïve", "new\nline"];
    const isRefused = async ({ wallet, reopen }: Awaited<ReturnType<typeof shared>>) => {
      for (const owner of [wallet, await reopen()]) {
        for (const use of [
          () => exportPortable(owner),
          () => owner.segment("contacts").list(),
          () => owner.segment("contacts").remove("x"),
        ]) {
          expect(await codeOfAsync(use)).to.equal("WALLET_FORMAT_UNKNOWN");
        }
        const { wallet: target } = await makeWallet();
        await importPortable(target, await exportPortable(owner, { segments: ["keys"] }));
        expect(await contentsOf(target)).to.deep.equal({ contacts: {}, keys: { phone: "kept" } });
      }
    };

    for (const name of names) {
      it(`refuses a record of the name ${JSON.stringify(name.slice(0, 12))} when it is there, not when it is needed`, async () => {
        const made = await shared();
        await made.writer.sign({ sequence: 5, records: [await made.writer.record(name, 5, bytes("x"))] });
        await isRefused(made);
      });
    }

    it("refuses more records, and larger ones, than are taken", async () => {
      const made = await shared();
      const { writer } = made;
      const record = await writer.record("a", 5, bytes("x"));
      const blob = (i: number) => record.blob.slice(0, -32) + i.toString(16).padStart(32, "0");
      const many = Array.from({ length: 65_537 }, (_, i) => ({ ...record, id: `${i}`, blob: blob(i) }));
      await writer.sign({ sequence: 5, records: many });
      await isRefused(made);
      await writer.sign({ sequence: 6, records: [{ ...record, bytes: 64 * 2 ** 20 + 1 }] });
      await isRefused(made);
      // Nor does one help that is larger than the list says.
      await writer.sign({ sequence: 7, records: [{ ...record, bytes: 0 }] });
      expect(await codeOfAsync(() => exportPortable(made.wallet))).to.equal("WALLET_DAMAGED");
      await made.wallet.segment("contacts").remove("a");
      await exportPortable(made.wallet);
    });

    it("exports no name that it would not import, whoever gives it", async () => {
      const { wallet } = await makeWallet();
      Object.assign(wallet, {
        visit: async (see: Parameters<typeof wallet.visit>[0]) => see("contacts", "__proto__", bytes("x")),
      });
      expect(await codeOfAsync(() => exportPortable(wallet))).to.equal("WALLET_NAME_MALFORMED");
    });
  },
);
