/** Checks the committed keys from end to end; see USAGE. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { verifyingKey } from "../../client/proof/verifyingKey.ts";
import { verifyCeremony } from "../ceremony/steps.ts";
import { ARTIFACTS, FILES, formatVerifyingKey, MANIFEST, readManifest, sha256 } from "./artifacts.ts";
import { readZkey } from "./zkey.ts";

const USAGE = `npm run circuits:verify

Checks circuits/artifacts: SHA-256 of every file against the manifest, the powers of tau, the zkey against circuit,
powers of tau and transcript (snarkjs zkey verify), and the hygiene of the verifying key (protocol §6.6).`;

const manifest = readManifest();
const path = (file: string): string => join(ARTIFACTS, file);

/** What is checked, in this order; each throws with its fault. */
const checks: readonly (readonly [string, () => Promise<void>])[] = [
  ["files are those of the manifest", checkFiles],
  ["verifying key is the zkey's, sound and pinned", checkVerifyingKey],
  ["powers of tau are sound; zkey fits circuit, powers of tau and transcript", checkZkey],
];

async function checkFiles(): Promise<void> {
  const listed = [...Object.keys(manifest.sha256), MANIFEST].toSorted();
  const present = readdirSync(ARTIFACTS).toSorted();
  if (listed.join() !== present.join()) throw new Error(`listed are ${listed}, present are ${present}`);
  for (const [file, expected] of Object.entries(manifest.sha256)) {
    const actual = await sha256(path(file));
    if (actual !== expected) throw new Error(`${file} has SHA-256 ${actual}`);
  }
}

async function checkVerifyingKey(): Promise<void> {
  const key = readZkey(readFileSync(path(FILES.zkey)));
  if (readFileSync(path(FILES.verifyingKey), "utf8") !== formatVerifyingKey(key))
    throw new Error(`${FILES.verifyingKey} is not that of the zkey`);
  const { vkHash } = verifyingKey(key);
  if (vkHash !== manifest.vkHash) throw new Error(`vkHash is ${vkHash}`);
}

async function checkZkey(): Promise<void> {
  await verifyCeremony({ in: path(FILES.zkey), r1cs: path(FILES.r1cs), ptau: path(FILES.ptau) });
}

const { values } = parseArgs({ options: { help: { type: "boolean" } } });
if (values.help) console.log(USAGE);
else
  for (const [name, check] of checks) {
    try {
      await check();
      console.log(`ok    ${name}`);
    } catch (error) {
      console.error(`FAULT ${name}: ${error instanceof Error ? error.message : error}`);
      process.exitCode = 1;
    }
  }
