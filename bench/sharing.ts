import { performance } from "node:perf_hooks";
import { ed25519 } from "@noble/curves/ed25519.js";
import { generateLinkSecret, Secret } from "../client/keys/index.ts";
import { recover, type SetUpRecoveryOptions, setUpRecovery } from "../client/recovery/index.ts";

/** Medians after warm-up, in milliseconds. */
export type SharingFigures = {
  /** A recovery file sealed and shared out to five trustees, each share signed. */
  readonly deal5Ms: number;
  /** The file back from three of them: signature and commitments of each share checked. */
  readonly recover3of5Ms: number;
};

const RUNS = 40;
const WARM_UP = 5;

/** Shares out and recovers, without a PIN: stretching one takes as long as it is set to. */
export async function benchSharing(): Promise<SharingFigures> {
  const seed = crypto.getRandomValues(new Uint8Array(32));
  const options: SetUpRecoveryOptions = {
    file: {
      backupKey: new Secret(crypto.getRandomValues(new Uint8Array(32))),
      linkSecret: generateLinkSecret(),
      endpoint: "https://cloud.example/backups/1",
    },
    threshold: 3,
    trustees: ["Ada", "Ben", "Cleo", "Dan", "Eve"],
    epoch: 1,
    sourceDid: "did:dkms:1:0x00112233445566778899aabbccddeeff00112233",
    signer: { sign: async (bytes) => ed25519.sign(bytes, seed) },
  };
  const dealerKey = ed25519.getPublicKey(seed);
  const deals: number[] = [];
  const recoveries: number[] = [];
  for (let run = 0; run < WARM_UP + RUNS; run++) {
    const start = performance.now();
    const { shares, tag } = await setUpRecovery(options);
    const dealt = performance.now();
    const given = shares.slice(1, 4).map((json) => ({ json }));
    await recover({ shares: given, trust: { anchor: tag, dealerKey } });
    if (run < WARM_UP) continue;
    deals.push(dealt - start);
    recoveries.push(performance.now() - dealt);
  }
  return { deal5Ms: median(deals), recover3of5Ms: median(recoveries) };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Number((sorted[Math.floor(sorted.length / 2)] ?? 0).toFixed(1));
}
