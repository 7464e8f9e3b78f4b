import { expect } from "chai";
import { Secret } from "../../client/keys/index.ts";
import { memoryBlobs } from "../../client/storage/index.ts";
import { createWallet, openWallet, type SlotSecret } from "../../client/wallet/index.ts";
import { codeOfAsync } from "../client/support.ts";
import { bytes, password, recovery, textOf } from "../client/wallet/support.ts";

/** A passkey whose user takes until `now` is called. */
function slowPasskey() {
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const secret: SlotSecret = {
    kind: "passkey",
    passkey: {
      credential: "Y3JlZGVudGlhbA",
      evaluate: async () => {
        await answered;
        return new Secret(new Uint8Array(32).fill(9));
      },
    },
  };
  return { secret, now: () => answer() };
}

async function makeWallet() {
  const storage = memoryBlobs();
  const wallet = await createWallet({ storage, slots: [{ secret: recovery(1) }], segments: ["keys"] });
  await wallet.segment("keys").write("phone", bytes("kept"));
  return { storage, wallet };
}

describe("findings: a slot that is made while the wallet gets new keys", () => {
  for (const [what, secret] of [
    ["a passkey's", slowPasskey()],
    ["a password's", { secret: password("correct horse"), now: () => undefined }],
  ] as const) {
    it(`opens the wallet as it is then: ${what}`, async () => {
      const { storage, wallet } = await makeWallet();
      const adding = wallet.addSlot({ secret: secret.secret });
      await wallet.rekey([{ secret: recovery(2) }]);
      secret.now();
      await adding;
      wallet.close();
      const opened = await openWallet({ storage, unlock: secret.secret });
      expect(textOf(await opened.segment("keys").read("phone"))).to.equal("kept");
      expect(opened.slots).to.have.length(2);
    });
  }

  it("opens the segments it names as they are then", async () => {
    const { storage, wallet } = await makeWallet();
    const { secret, now } = slowPasskey();
    const adding = wallet.addSlot({ secret, segments: { keys: "write" } });
    await wallet.rekey([{ secret: recovery(2) }]);
    now();
    await adding;
    const opened = await openWallet({ storage, unlock: secret });
    expect(textOf(await opened.segment("keys").read("phone"))).to.equal("kept");
    await opened.segment("keys").write("phone", bytes("kept anew"));
    expect(textOf(await wallet.segment("keys").read("phone"))).to.equal("kept anew");
  });

  it("is not made for a segment that is gone then, nor for a wallet that was closed", async () => {
    const { wallet } = await makeWallet();
    const first = slowPasskey();
    const adding = wallet.addSlot({ secret: first.secret, segments: { keys: "read" } });
    await wallet.removeSegment("keys");
    first.now();
    expect(await codeOfAsync(() => adding)).to.equal("WALLET_SEGMENT_UNKNOWN");
    const second = slowPasskey();
    const late = wallet.addSlot({ secret: second.secret });
    wallet.close();
    second.now();
    expect(await codeOfAsync(() => late)).to.equal("WALLET_CLOSED");
    expect(wallet.slots).to.have.length(1);
  });
});
