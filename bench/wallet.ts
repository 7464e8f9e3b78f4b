import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { generateBackupIdentity, makeBackup, recipientOf, restoreBackup } from "../client/backup/index.ts";
import { hex32 } from "../client/core/index.ts";
import { Secret } from "../client/keys/index.ts";
import { fileBlobs } from "../client/storage/index.ts";
import { createWallet, openWallet, type SlotSecret } from "../client/wallet/index.ts";

/** Medians, in milliseconds. */
export type WalletFigures = {
  /** Opening a wallet in files with a password, stretched as it is by default. */
  readonly unlockMs: number;
  /** Writing a record of 1 KB to files, flushed to the disk. */
  readonly writeMs: number;
  /** Encrypting a backup of 10 MB for three recipients. */
  readonly backup10MBMs: number;
  /** Decrypting it, held against its anchor. */
  readonly restore10MBMs: number;
};

const UNLOCKS = 5;
const WRITES = 60;
const BACKUPS = 5;
const WORD = hex32(`0x${"11".repeat(32)}`);

/** Unlocks, writes, backs up and restores, on whatever disk the working directory is. */
export async function benchWallet(): Promise<WalletFigures> {
  return { ...(await unlockAndWrite()), ...(await backUpAndRestore()) };
}

async function unlockAndWrite(): Promise<Pick<WalletFigures, "unlockMs" | "writeMs">> {
  mkdirSync(".tmp", { recursive: true });
  const directory = mkdtempSync(".tmp/bench-wallet-");
  try {
    const storage = fileBlobs({ directory });
    const unlock: SlotSecret = { kind: "password", password: new Secret("correct horse battery staple") };
    const made = await createWallet({ storage, slots: [{ secret: unlock }], segments: ["keys"] });
    const value = new Secret(new Uint8Array(1_000));
    const writeMs = await medianOf(WRITES, (i) => made.segment("keys").write(`record-${i % 20}`, value));
    made.close();
    const unlockMs = await medianOf(UNLOCKS, async () => (await openWallet({ storage, unlock })).close());
    return { unlockMs, writeMs };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function backUpAndRestore(): Promise<Pick<WalletFigures, "backup10MBMs" | "restore10MBMs">> {
  const identities = await Promise.all([1, 2, 3].map(generateBackupIdentity));
  const recipients = await Promise.all(
    identities.map(async (identity) => ({ role: "device", recipient: await recipientOf(identity) }) as const),
  );
  const [identity = await generateBackupIdentity()] = identities;
  const content = new Secret(new Uint8Array(10_000_000).map((_, i) => i * 31));
  const make = () =>
    makeBackup({
      ...{ content, to: { recipients }, previous: undefined },
      ...{ policy: WORD, epoch: 1, time: 0, device: WORD },
    });
  const { file, hash } = await make();
  const anchor = { read: async () => ({ sequence: 1, hash, keyId: WORD }) };
  return {
    backup10MBMs: await medianOf(BACKUPS, make),
    restore10MBMs: await medianOf(BACKUPS, () =>
      restoreBackup({ file, identity: { identity }, policy: WORD, anchor }),
    ),
  };
}

async function medianOf(runs: number, work: (run: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await work(i);
    times.push(performance.now() - start);
  }
  const sorted = times.toSorted((a, b) => a - b);
  return Number((sorted[Math.floor(runs / 2)] ?? 0).toFixed(1));
}
