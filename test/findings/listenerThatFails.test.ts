import { expect } from "chai";
import { AutomaticBackup } from "../../client/backup/index.ts";
import { codeOfAsync } from "../client/support.ts";
import { bytes, makeWallet, textOf } from "../client/wallet/support.ts";

/** What is reported as nobody's error while `action` runs, as an `EventTarget` reports what its listeners throw. */
async function uncaughtIn(action: () => Promise<void>): Promise<readonly unknown[]> {
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  const seen: unknown[] = [];
  process.on("uncaughtException", (error) => void seen.push(error));
  try {
    await action();
    await new Promise((resolve) => setTimeout(resolve, 0));
    return seen;
  } finally {
    process.removeAllListeners("uncaughtException");
    for (const other of others) process.on("uncaughtException", other);
  }
}

describe("findings: a listener to a wallet's changes that fails", () => {
  it("neither makes a write fail that was done, nor keeps the change from the backup", async () => {
    const { wallet } = await makeWallet();
    const failure = new Error("a screen that is gone");
    wallet.onChange(() => {
      throw failure;
    });
    let backups = 0;
    const automatic = new AutomaticBackup({ wallet, backup: async () => void backups++ });
    const uncaught = await uncaughtIn(async () => {
      expect(await codeOfAsync(() => wallet.segment("keys").write("phone", bytes("kept")))).to.equal(
        undefined,
      );
      expect(automatic.isDue).to.equal(true);
      await automatic.flush();
    });
    automatic.stop();
    expect(backups).to.equal(1);
    expect(uncaught).to.deep.equal([failure]);
    expect(textOf(await wallet.segment("keys").read("phone"))).to.equal("kept");
  });
});
