import { expect } from "chai";
import { exportPortable, type Wallet } from "../../client/wallet/index.ts";
import { bytes, makeWallet, textOf } from "../client/wallet/support.ts";

type Portable = { segments: Record<"keys" | "contacts", Record<string, string>> };

async function exportOf(wallet: Wallet): Promise<Portable["segments"]> {
  return (JSON.parse(textOf(await exportPortable(wallet)) ?? "") as Portable).segments;
}

const decoded = (text = "") => Buffer.from(text, "base64").toString();

describe("findings: a wallet that is written to while it is exported", () => {
  it("is exported as it was at one moment: what changes together is together", async () => {
    const { wallet, reopen } = await makeWallet();
    const other = await reopen();
    const write = async (round: number) => {
      const value = () => bytes(`${round}`);
      await other.segment("contacts").change([
        { id: "first", value: value() },
        { id: "last", value: value() },
      ]);
      await other.segment("keys").write("after", value());
    };
    for (let i = 0; i < 12; i++) await wallet.segment("contacts").write(`between-${i}`, bytes("x"));
    await write(0);
    let writing = true;
    const writer = (async () => {
      for (let round = 1; writing; round++) {
        await write(round);
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    })();
    try {
      for (let i = 0; i < 8; i++) {
        const { contacts, keys } = await exportOf(wallet);
        expect(decoded(contacts.first)).to.equal(decoded(contacts.last));
        expect(Number(decoded(contacts.first)) - Number(decoded(keys.after))).to.be.oneOf([0, 1]);
      }
    } finally {
      writing = false;
      await writer;
    }
    expect(Number(decoded((await exportOf(wallet)).keys.after))).to.be.greaterThan(2);
  });
});
