import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
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
  transcript: "transcript.json",
} as const;

const MANIFEST = "manifest.json";

/** What the artifacts are, and SHA-256 of each. */
export type Manifest = {
  readonly circuit: string;
  readonly source: string;
  readonly compiler: string;
  readonly constraints: number;
  readonly provisionedDepth: number;
  readonly revokedDepth: number;
  readonly publicSignals: readonly string[];
  readonly vkHash: string;
  readonly sha256: Readonly<Record<string, string>>;
};

/** The committed manifest. */
export function readManifest(folder = ARTIFACTS): Manifest {
  return JSON.parse(readFileSync(join(folder, MANIFEST), "utf8")) as Manifest;
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
