/** Rebuilds the circuit and compares it with the artifacts; see USAGE. */
import { copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { MAX_PROVISIONED_DEPTH, MAX_REVOKED_DEPTH } from "../../client/core/index.ts";
import { hashKey } from "../../client/proof/verifyingKey.ts";
import {
  ARTIFACTS,
  CIRCUIT,
  FILES,
  type Manifest,
  ROOT,
  readManifest,
  sha256,
  writeManifest,
} from "./artifacts.ts";
import { type CompiledCircuit, compileCircuit } from "./compile.ts";
import { readR1cs } from "./r1cs.ts";
import { publicSignals } from "./sym.ts";
import { readZkey } from "./zkey.ts";

const USAGE = `npm run circuits:build [-- --write]

Compiles circuits/main/${CIRCUIT}.circom and compares r1cs and wasm with circuits/artifacts/manifest.json, byte by byte.
--write takes the compiled circuit into circuits/artifacts and renews the manifest. A changed circuit needs a new
ceremony, whose result goes into the same folder before --write is run again.`;

/** Inside the project, as the compiler sees nothing else; ignored by git. */
const OUT = join("cache", "circuits");

async function compile(): Promise<CompiledCircuit> {
  rmSync(join(ROOT, OUT), { recursive: true, force: true });
  mkdirSync(join(ROOT, OUT), { recursive: true });
  return compileCircuit({ root: ROOT, source: join("circuits", "main", `${CIRCUIT}.circom`), outDir: OUT });
}

async function compare(compiled: CompiledCircuit): Promise<void> {
  const manifest = readManifest();
  for (const kind of ["r1cs", "wasm"] as const) {
    const expected = manifest.sha256[FILES[kind]];
    const actual = await sha256(compiled[kind]);
    const same = actual === expected;
    console.log(`${same ? "same   " : "DIFFERS"} ${FILES[kind]}  ${actual}`);
    if (!same) process.exitCode = 1;
  }
}

async function write(compiled: CompiledCircuit): Promise<void> {
  for (const kind of ["r1cs", "wasm"] as const) copyFileSync(compiled[kind], join(ARTIFACTS, FILES[kind]));
  const { constraints, outputs, publicInputs } = readR1cs(readFileSync(compiled.r1cs));
  const { version } = createRequire(import.meta.url)("circom2/package.json") as { version: string };
  const sums: Record<string, string> = {};
  for (const file of Object.values(FILES).toSorted()) sums[file] = await sha256(join(ARTIFACTS, file));
  const manifest: Manifest = {
    circuit: CIRCUIT,
    compiler: `circom2 ${version} --O2`,
    constraints: constraints.length,
    maxProvisionedDepth: MAX_PROVISIONED_DEPTH,
    maxRevokedDepth: MAX_REVOKED_DEPTH,
    publicSignals: publicSignals(readFileSync(compiled.sym, "utf8"), outputs + publicInputs),
    vkHash: hashKey(readZkey(readFileSync(join(ARTIFACTS, FILES.zkey)))),
    sha256: sums,
  };
  writeManifest(manifest);
  console.log(`wrote ${relative(ROOT, ARTIFACTS)}: ${manifest.constraints} constraints`);
}

const { values } = parseArgs({ options: { help: { type: "boolean" }, write: { type: "boolean" } } });
if (values.help) console.log(USAGE);
else {
  const compiled = await compile();
  await (values.write ? write(compiled) : compare(compiled));
}
