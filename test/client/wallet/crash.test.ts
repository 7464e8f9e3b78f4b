import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { expect } from "chai";
import { fileBlobs } from "../../../client/storage/index.ts";
import { createWallet, openWallet, type Wallet } from "../../../client/wallet/index.ts";
import { codeOfAsync } from "../support.ts";
import { CrashingDisk, type Survival } from "./crashingDisk.ts";
import { bytes, contentsOf, recovery } from "./support.ts";

const SURVIVALS: readonly Survival[] = ["everything", "what was flushed", "some"];
const CUTS = [0, 0.01, 0.5, 0.99];

const storageOn = (disk: CrashingDisk) => fileBlobs({ directory: "/wallet", fileSystem: disk.fileSystem });
const slots = [{ secret: recovery(1) }];
const makeOn = (disk: CrashingDisk) =>
  createWallet({ storage: storageOn(disk), slots, segments: ["keys", "notes"] });

async function openWith(disk: CrashingDisk, fills: readonly number[]): Promise<Wallet> {
  const storage = storageOn(disk);
  for (const fill of fills) {
    const unlock = recovery(fill);
    if ((await codeOfAsync(() => openWallet({ storage, unlock }))) !== "WALLET_KEY_WRONG") {
      return await openWallet({ storage, unlock });
    }
  }
  return expect.fail("nothing opens the wallet");
}

/** Blobs of a wallet with this many segments and records, and nothing else. */
const blobCount = (contents: Record<string, Record<string, string>>) =>
  1 +
  Object.keys(contents).length +
  Object.values(contents).flatMap((records) => Object.keys(records)).length;

describe("a wallet whose machine stops", () => {
  const changes: readonly [
    name: string,
    opens: readonly number[],
    change: (wallet: Wallet) => Promise<unknown>,
  ][] = [
    [
      "writing several records",
      [1],
      (wallet) =>
        wallet.segment("keys").change([
          { id: "a", value: bytes("new a") },
          { id: "b", value: undefined },
          { id: "c", value: bytes("new c") },
        ]),
    ],
    ["adding a segment", [1], (wallet) => wallet.addSegment("more")],
    ["removing a segment", [1], (wallet) => wallet.removeSegment("keys")],
    [
      "replacing a slot",
      [1, 2],
      (wallet) => wallet.replaceSlot(wallet.slots[0]?.id ?? "", { secret: recovery(2) }),
    ],
    ["giving itself new keys", [1, 2], (wallet) => wallet.rekey([{ secret: recovery(2) }])],
  ];

  for (const [name, opens, change] of changes) {
    it(`while ${name} has the old or the new state, at whatever call and byte it stops`, async () => {
      const start = new CrashingDisk();
      const wallet = await makeOn(start);
      await wallet.segment("keys").change(["a", "b"].map((id) => ({ id, value: bytes(`old ${id}`) })));
      const old = await contentsOf(wallet);
      const undisturbed = start.restart("everything");
      await change(await openWith(undisturbed, [1]));
      const updated = await contentsOf(await openWith(undisturbed, opens));
      let [sawOld, sawNew, stops] = [0, 0, 0];
      for (let call = 1, isDone = false; !isDone; call++) {
        for (const cut of CUTS) {
          const disk = start.restart("everything");
          const opened = await openWith(disk, [1]);
          disk.stopAt(call, cut);
          isDone = (await codeOfAsync(() => change(opened))) === undefined;
          stops += 1;
          for (const survival of SURVIVALS) {
            const found = disk.restart(survival);
            const after = await openWith(found, opens);
            const contents = await contentsOf(after);
            const isNew = JSON.stringify(contents) === JSON.stringify(updated);
            if (isNew) sawNew += 1;
            else sawOld += 1;
            if (!isNew) expect(contents, `call ${call}, ${survival}`).to.deep.equal(old);
            if (isDone) expect(contents).to.deep.equal(updated);
            // It works on, and nothing is left of what was broken off.
            await after.segment("notes").write("x", bytes("x"));
            for (const segment of after.segments) await after.segment(segment).remove("none");
            const rest = await contentsOf(after);
            expect(rest.notes).to.deep.equal({ x: "x" });
            expect(found.names, `call ${call}, ${survival}`).to.have.length(blobCount(rest));
          }
          if (!disk.stoppedInWrite) break;
        }
      }
      expect(stops).to.be.greaterThan(15);
      expect(sawNew).to.be.greaterThan(3);
      if (JSON.stringify(old) !== JSON.stringify(updated)) expect(sawOld).to.be.greaterThan(3);
    }).timeout(120_000);
  }

  it("while it is made has a wallet or none", async () => {
    let [sawNone, sawNew] = [0, 0];
    for (let call = 1, isDone = false; !isDone; call++) {
      for (const cut of CUTS) {
        const disk = new CrashingDisk();
        disk.stopAt(call, cut);
        isDone = (await codeOfAsync(() => makeOn(disk))) === undefined;
        for (const survival of SURVIVALS) {
          const found = disk.restart(survival);
          const missing = (await codeOfAsync(() => openWith(found, [1]))) === "WALLET_MISSING";
          if (isDone) expect(missing, survival).to.equal(false);
          const wallet = missing ? await makeOn(found) : await openWith(found, [1]);
          if (missing) sawNone += 1;
          else sawNew += 1;
          await wallet.segment("keys").write("a", bytes("1"));
          expect(await contentsOf(wallet)).to.deep.equal({ keys: { a: "1" }, notes: {} });
          expect(found.names).to.have.length(4);
        }
        if (!disk.stoppedInWrite) break;
      }
    }
    expect(sawNone).to.be.greaterThan(30);
    expect(sawNew).to.be.greaterThan(3);
  }).timeout(60_000);

  it("tells when the disk refuses, and works on when it does no more", async () => {
    const disk = new CrashingDisk();
    const wallet = await makeOn(disk);
    disk.stopAt(10, 0.5);
    expect(await codeOfAsync(() => wallet.segment("keys").write("a", bytes("1")))).to.equal("STORAGE_FAILED");
    const found = disk.restart("everything");
    await (await openWith(found, [1])).segment("keys").write("a", bytes("2"));
  });

  it("is found whole when its process is killed, and its lock is free", async () => {
    mkdirSync(".tmp", { recursive: true });
    const directory = mkdtempSync(".tmp/wallet-");
    const storage = fileBlobs({ directory });
    await createWallet({ storage, slots, segments: ["keys", "notes"] });
    const program = `
      import { Secret } from "./client/keys/index.ts";
      import { fileBlobs } from "./client/storage/index.ts";
      import { openWallet } from "./client/wallet/index.ts";
      const unlock = { kind: "recovery", key: new Secret(new Uint8Array(32).fill(1)) };
      const wallet = await openWallet({ storage: fileBlobs({ directory: ${JSON.stringify(directory)} }), unlock });
      for (let i = 0; ; i++) {
        const value = new Secret(new Uint8Array(50_000).fill(i));
        await wallet.segment("keys").change(["a", "b"].map((id) => ({ id, value })));
        if (i === 0) console.log("saved");
      }`;
    for (let round = 0; round < 5; round++) {
      const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
      await once(child.stdout, "data");
      await new Promise((resolve) => setTimeout(resolve, 7 * round));
      child.kill("SIGKILL");
      await once(child, "exit");
      const wallet = await openWallet({ storage, unlock: recovery(1) });
      const [a, b] = [await wallet.segment("keys").read("a"), await wallet.segment("keys").read("b")];
      expect(a?.reveal().length).to.equal(50_000);
      expect(a?.reveal()).to.deep.equal(b?.reveal());
      await wallet.segment("notes").write("round", bytes(`${round}`));
    }
    const wallet = await openWallet({ storage, unlock: recovery(1) });
    await wallet.segment("keys").remove("a");
    expect(readdirSync(directory)).to.have.length(5);
    rmSync(directory, { recursive: true });
  }).timeout(60_000);
});
