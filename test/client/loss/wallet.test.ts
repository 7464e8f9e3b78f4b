import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { Secret } from "../../../client/keys/index.ts";
import { memoryBlobs } from "../../../client/storage/index.ts";
import {
  createWallet,
  openWallet,
  type SlotSecret,
  type WalletStorage,
} from "../../../client/wallet/index.ts";
import { codeOfAsync } from "../support.ts";
import { bytes, copyOf, password, putBack, recovery, textOf } from "../wallet/support.ts";

const OLD = password("correct horse battery staple");
const NEW = password("another horse, another staple");

/** A passkey made of software. */
const passkey = (name: string): SlotSecret => ({
  kind: "passkey",
  passkey: {
    credential: name,
    evaluate: async (salt) => new Secret<Uint8Array>(sha256(concatBytes(utf8ToBytes(name), salt))),
  },
});

async function walletWith(...secrets: readonly SlotSecret[]) {
  const storage = memoryBlobs();
  const wallet = await createWallet({
    storage,
    slots: secrets.map((secret) => ({ secret })),
    segments: ["keys"],
  });
  const keys = wallet.segment("keys");
  await keys.write("phone", bytes("before"));
  const slot = (kind: SlotSecret["kind"]) => wallet.slots.find((one) => one.kind === kind)?.id ?? "none";
  return {
    storage,
    wallet,
    slot,
    write: (text: string) => wallet.segment("keys").write("phone", bytes(text)),
  };
}

/** What somebody reads who has a copy of the storage and a key. */
async function reads(storage: WalletStorage, unlock: SlotSecret): Promise<string | undefined> {
  try {
    const wallet = await openWallet({ storage, unlock });
    return textOf(await wallet.segment("keys").read("phone"));
  } catch {
    return undefined;
  }
}

/** A storage of its own with what another one held, and the head of an older time. */
async function copied(storage: WalletStorage, older: ReadonlyMap<string, Uint8Array> = new Map()) {
  const copy = memoryBlobs();
  const head = older.get("head");
  await putBack(
    copy,
    new Map([...(await copyOf(storage)), ...(head === undefined ? [] : [["head", head] as const])]),
  );
  return copy;
}

describe("loss: wallet", function () {
  this.timeout(60_000);

  it("WALLET-PASSWORD/LOST another slot opens the wallet, and takes a new password", async () => {
    const { storage } = await walletWith(OLD, recovery(1));
    expect(await codeOfAsync(() => openWallet({ storage, unlock: NEW }))).to.equal("WALLET_KEY_WRONG");
    const wallet = await openWallet({ storage, unlock: recovery(1) });
    const forgotten = wallet.slots.find(({ kind }) => kind === "password")?.id ?? "none";
    await wallet.replaceSlot(forgotten, { secret: NEW });
    expect(await reads(storage, NEW)).to.equal("before");
    expect(await codeOfAsync(() => openWallet({ storage, unlock: OLD }))).to.equal("WALLET_KEY_WRONG");
  });

  it("WALLET-PASSWORD/STOLEN-UNKNOWN alone it opens nothing, and a changed one opens no later copy", async () => {
    const { storage, wallet, slot, write } = await walletWith(OLD);
    expect(await codeOfAsync(() => openWallet({ storage: memoryBlobs(), unlock: OLD }))).to.equal(
      "WALLET_MISSING",
    );
    expect(await reads(await copied(storage), OLD)).to.equal("before");
    const early = await copyOf(storage);
    await wallet.replaceSlot(slot("password"), { secret: NEW });
    await write("after");
    expect(await reads(await copied(storage), OLD)).to.equal(undefined);
    // Exposed: who had a copy of that time has the root key, which is the same today.
    expect(await reads(await copied(storage, early), OLD)).to.equal("after");
  });

  it("WALLET-PASSWORD/STOLEN-KNOWN new keys for everything: nothing written from then on opens to the thief", async () => {
    const { storage, wallet, write } = await walletWith(OLD);
    const early = await copyOf(storage);
    await wallet.rekey([{ secret: NEW }]);
    await write("after");
    expect(await reads(await copied(storage), OLD)).to.equal(undefined);
    expect(await reads(await copied(storage, early), OLD)).to.equal(undefined);
    expect(await reads(storage, NEW)).to.equal("after");
    // Exposed: what was in the copy that he has.
    const old = memoryBlobs();
    await putBack(old, early);
    expect(await reads(old, OLD)).to.equal("before");
  });

  it("WALLET-PASSKEY/LOST another slot opens the wallet, and the lost one is removed", async () => {
    const { storage } = await walletWith(passkey("token"), recovery(1));
    const wallet = await openWallet({ storage, unlock: recovery(1) });
    const lost = wallet.slots.find(({ kind }) => kind === "passkey")?.id ?? "none";
    await wallet.replaceSlot(lost, { secret: passkey("new token") });
    expect(await reads(storage, passkey("new token"))).to.equal("before");
    expect(await reads(storage, passkey("token"))).to.equal(undefined);
  });

  it("WALLET-PASSKEY/STOLEN-UNKNOWN without a copy of the wallet it opens nothing", async () => {
    const { storage } = await walletWith(passkey("token"));
    const thief = passkey("token");
    expect(await codeOfAsync(() => openWallet({ storage: memoryBlobs(), unlock: thief }))).to.equal(
      "WALLET_MISSING",
    );
    // Exposed: who has both, and gets past the authenticator, reads all.
    expect(await reads(await copied(storage), thief)).to.equal("before");
  });

  it("WALLET-PASSKEY/STOLEN-KNOWN new keys for everything, without that passkey", async () => {
    const { storage, wallet, write } = await walletWith(passkey("token"), OLD);
    const early = await copyOf(storage);
    await wallet.rekey([{ secret: OLD }]);
    await write("after");
    expect(await reads(await copied(storage, early), passkey("token"))).to.equal(undefined);
    expect(await reads(await copied(storage), passkey("token"))).to.equal(undefined);
    expect(await reads(storage, OLD)).to.equal("after");
  });

  it("WALLET-COPY/STOLEN-UNKNOWN a copy opens to nobody, and cannot be put back unseen", async () => {
    const { storage, wallet, write } = await walletWith(OLD);
    const early = await copyOf(storage);
    const copy = await copied(storage);
    expect(await codeOfAsync(() => openWallet({ storage: copy, unlock: NEW }))).to.equal("WALLET_KEY_WRONG");
    await wallet.rekey([{ secret: OLD }]);
    await write("after");
    const { anchor } = wallet;
    wallet.close();
    await putBack(storage, early);
    expect(await reads(storage, OLD)).to.equal("before");
    expect(await codeOfAsync(() => openWallet({ storage, unlock: OLD, anchor }))).to.equal(
      "WALLET_ROLLED_BACK",
    );
  });
});
