/**
 * Writes the committed verifying key as constants for the contract and for the client.
 *
 * Usage: node scripts/verifier/generateKey.ts [--check]
 *   --check  write nothing; fail if a file differs from what would be written
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hex32 } from "../../client/core/index.ts";
import { parseVerifyingKey, verifyingKey } from "../../client/proof/verifyingKey.ts";
import { ARTIFACTS, FILES, ROOT, readManifest } from "../circuits/artifacts.ts";
import { renderSolidityKey, renderTypeScriptKey } from "./renderKey.ts";

const SOLIDITY = join(ROOT, "contracts", "verifier", "generated", "AgentAuthorizationKey.sol");
const TYPESCRIPT = join(ROOT, "client", "proof", "generated", "agentAuthorizationKey.ts");

const [option, ...rest] = process.argv.slice(2);
if (rest.length > 0 || (option !== undefined && option !== "--check")) {
  console.error("usage: node scripts/verifier/generateKey.ts [--check]");
  process.exit(2);
}

const manifest = readManifest();
const key = parseVerifyingKey(readFileSync(join(ARTIFACTS, FILES.verifyingKey), "utf8"));
verifyingKey(key, hex32(manifest.vkHash));
const options = { key, circuit: manifest.circuit, zkeySha256: manifest.sha256[FILES.zkey] ?? "unknown" };
const outputs = [
  [SOLIDITY, renderSolidityKey(options)],
  [TYPESCRIPT, renderTypeScriptKey(options)],
] as const;

for (const [path, content] of outputs) {
  if (option === undefined) {
    writeFileSync(path, content);
  } else if (readFileSync(path, "utf8") !== content) {
    console.error(`${path} differs from the committed verifying key; run it without --check`);
    process.exitCode = 1;
  }
}
