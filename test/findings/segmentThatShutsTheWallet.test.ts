import { expect } from "chai";
import { isDkmsError } from "../../client/core/index.ts";
import { exportPortable, importPortable, openWallet } from "../../client/wallet/index.ts";
import { codeOfAsync } from "../client/support.ts";
import {
  bytes,
  contentsOf,
  makeWallet,
  permittedWriter,
  recovery,
  textOf,
} from "../client/wallet/support.ts";

/** Whoever may write one segment, and no other, makes a list of records of it that nobody can use. */
const BREAKS = {
  "signs what is no list": ({ sign }) => sign({}),
  "signs an older list": ({ sign }) => sign({ sequence: 0, records: [] }),
  "writes no signature": ({ overwrite }) => overwrite(Uint8Array.of(1, 0, 0, 0, 1, 7)),
  "writes nothing": ({ overwrite }) => overwrite(new Uint8Array()),
} satisfies Record<string, (writer: Awaited<ReturnType<typeof permittedWriter>>) => Promise<void>>;

describe(
  "findings: a permission to write one segment shuts the whole wallet. Its holder leaves a list of records there that " +
    "breaks the rules, and the owner can neither open the wallet nor remove the segment",
  () => {
    for (const [what, broken] of Object.entries(BREAKS)) {
      it(`does not when the holder ${what}`, async () => {
        const { storage, wallet, reopen } = await makeWallet();
        await wallet.segment("keys").write("phone", bytes("kept"));
        await wallet.segment("contacts").write("bob", bytes("hello"));
        const backup = await exportPortable(wallet);
        const slot = await wallet.addSlot({ secret: recovery(9), segments: { contacts: "write" } });
        await broken(await permittedWriter(storage, 9, "contacts"));
        wallet.close();

        const opened = await reopen();
        expect(textOf(await opened.segment("keys").read("phone"))).to.equal("kept");
        await opened.segment("keys").write("laptop", bytes("new"));
        await exportPortable(opened, { segments: ["keys"] });
        for (const use of [
          () => opened.state(),
          () => exportPortable(opened),
          () => opened.segment("contacts").list(),
          () => opened.segment("contacts").read("bob"),
          () => opened.segment("contacts").write("bob", bytes("new")),
          () => opened.rekey([{ secret: recovery(2) }]),
        ]) {
          const error: unknown = await use().catch((caught: unknown) => caught);
          expect(isDkmsError(error) && error.details.segment, String(error)).to.equal("contacts");
        }

        await opened.removeSlot(slot.id);
        await opened.removeSegment("contacts");
        await importPortable(opened, backup);
        await opened.rekey([{ secret: recovery(1) }]);
        expect(await contentsOf(await reopen())).to.deep.equal({
          contacts: { bob: "hello" },
          keys: { laptop: "new", phone: "kept" },
        });
        expect(await storage.list()).to.have.length(6);
        expect(await codeOfAsync(() => openWallet({ storage, unlock: recovery(9) }))).to.equal(
          "WALLET_KEY_WRONG",
        );
      });
    }
  },
);
