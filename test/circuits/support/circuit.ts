import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type SnarkInputs, wtns } from "snarkjs";
import { compileCircuit } from "../../../scripts/circuits/compile.ts";
import { type R1cs, readR1cs } from "../../../scripts/circuits/r1cs.ts";

const CIRCUITS = fileURLToPath(new URL("../../../circuits/", import.meta.url));

/** A compiled circuit in memory. */
export type Circuit = {
  readonly r1cs: R1cs;
  readonly r1csBytes: Buffer;
  readonly wasm: Uint8Array;
  readonly sym: string;
};

/** A change to one source, by exact text that must occur. */
export type Patch = { readonly file: string; readonly from: string; readonly to: string };

export type BuildOptions = {
  readonly patches?: readonly Patch[];
  /** Another main component, with its include lines relative to `circuits/main`. */
  readonly main?: string;
};

/** Compiles the committed sources, or mutants of them, in a folder of its own. */
export async function buildCircuit(options: BuildOptions = {}): Promise<Circuit> {
  const { patches = [], main } = options;
  const root = mkdtempSync(join(tmpdir(), "dkms-circuit-"));
  try {
    for (const folder of ["lib", "main"])
      cpSync(join(CIRCUITS, folder), join(root, folder), { recursive: true });
    for (const { file, from, to } of patches) {
      const path = join(root, file);
      const source = readFileSync(path, "utf8");
      if (!source.includes(from)) throw new Error(`${file} has no text ${from}`);
      writeFileSync(path, source.replace(from, to));
    }
    if (main !== undefined) writeFileSync(join(root, "main", "agentAuthorization.circom"), main);
    mkdirSync(join(root, "out"));
    const source = join("main", "agentAuthorization.circom");
    const compiled = await compileCircuit({ root, source, outDir: "out" });
    const r1csBytes = readFileSync(compiled.r1cs);
    return {
      r1cs: readR1cs(r1csBytes),
      r1csBytes,
      wasm: readFileSync(compiled.wasm),
      sym: readFileSync(compiled.sym, "utf8"),
    };
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** The witness that the circuit's generator computes; its first element is the constant 1. */
export async function computeWitness(circuit: Circuit, inputs: SnarkInputs): Promise<bigint[]> {
  const file: { type: "mem"; data?: Uint8Array } = { type: "mem" };
  await wtns.calculate(inputs, circuit.wasm, file);
  if (file.data === undefined) throw new Error("no witness was written");
  return [...(await wtns.exportJson(file))];
}
