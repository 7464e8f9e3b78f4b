import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { promisify } from "node:util";

const compiler = createRequire(import.meta.url).resolve("circom2/cli.js");

/** Paths of what a compilation writes. */
export type CompiledCircuit = { readonly r1cs: string; readonly wasm: string; readonly sym: string };

export type CompileOptions = {
  /** Folder that the other two are relative to; the compiler, a WebAssembly program, sees it as its own. */
  readonly root: string;
  /** A circom file with a main component. */
  readonly source: string;
  /** Existing folder for the results. */
  readonly outDir: string;
  /** False keeps every signal in the witness, as tests need; the keys are for the simplified system. */
  readonly simplify?: boolean;
};

/**
 * Compiles a circuit, with full simplification unless told otherwise; the result depends on the sources and the compiler's version only.
 *
 * @throws Error with the compiler's output if it fails.
 */
export async function compileCircuit(options: CompileOptions): Promise<CompiledCircuit> {
  const { root, source, outDir, simplify = true } = options;
  const flags = ["--r1cs", "--wasm", "--sym", simplify ? "--O2" : "--O0"];
  await promisify(execFile)(process.execPath, [compiler, source, ...flags, "-o", outDir], { cwd: root });
  const name = basename(source, ".circom");
  return {
    r1cs: join(root, outDir, `${name}.r1cs`),
    wasm: join(root, outDir, `${name}_js`, `${name}.wasm`),
    sym: join(root, outDir, `${name}.sym`),
  };
}
