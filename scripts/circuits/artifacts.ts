import { createHash } from "node:crypto";
import { createReadStream, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import type { ZkeyVerifyingKey } from "./zkey.ts";

/** The project's folder. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Where keys and compiled circuit lie. */
export const ARTIFACTS = join(ROOT, "circuits", "artifacts");

export const CIRCUIT = "agentAuthorization";

/** File names in {@link ARTIFACTS}. */
export const FILES = {
  r1cs: `${CIRCUIT}.r1cs`,
  wasm: `${CIRCUIT}.wasm`,
  zkey: `${CIRCUIT}.zkey`,
  ptau: "powersOfTau13.ptau",
  verifyingKey: "verifyingKey.json",
  transcript: `${CIRCUIT}.transcript.json`,
} as const;

/** File name of the manifest in {@link ARTIFACTS}. */
export const MANIFEST = "manifest.json";

/** What the artifacts are, and SHA-256 of each. */
export type Manifest = {
  readonly circuit: string;
  readonly compiler: string;
  readonly constraints: number;
  readonly maxProvisionedDepth: number;
  readonly maxRevokedDepth: number;
  /** In the order of the verifier (protocol §5). */
  readonly publicSignals: readonly string[];
  /** Name of the verifying key in every presentation (protocol §6.4). */
  readonly vkHash: string;
  readonly sha256: Readonly<Record<string, string>>;
};

/** The committed manifest. */
export function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(ARTIFACTS, MANIFEST), "utf8")) as Manifest;
}

export function writeManifest(manifest: Manifest): void {
  writeFileSync(join(ARTIFACTS, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** SHA-256 of a file in hex. */
export async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** The verifying key as it is stored: 32-byte hex for each coordinate. */
export function formatVerifyingKey(key: ZkeyVerifyingKey): string {
  const hex = (_: string, value: unknown): unknown =>
    typeof value === "bigint" ? `0x${value.toString(16).padStart(64, "0")}` : value;
  return `${JSON.stringify(key, hex, 2)}\n`;
}
