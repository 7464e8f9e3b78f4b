import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type SnarkInputs, wtns } from "snarkjs";
import { compileCircuit } from "../../../scripts/circuits/compile.ts";
import { type R1cs, readR1cs } from "../../../scripts/circuits/r1cs.ts";
import { parseSym } from "../../../scripts/circuits/sym.ts";
import { isSatisfied } from "./r1cs.ts";

const CIRCUITS = fileURLToPath(new URL("../../../circuits/", import.meta.url));
const MAIN = "agentAuthorization.circom";

/** A compiled circuit in memory. */
export type Circuit = {
  readonly r1cs: R1cs;
  readonly r1csBytes: Buffer;
  readonly wasm: Uint8Array;
  readonly sym: string;
};

/** Memory for programs of circom 1, of which snarkjs would make 2 GB each time; those of circom 2 bring their own. */
const WITNESS_OPTIONS = { memorySize: 1 };

/**
 * A change to one file of `circuits/lib`: a text that occurs once, and what replaces it. The new text must not be
 * longer: it is padded, since the compiler names components by their place in the file and names must not change.
 */
export type Patch = { readonly file: string; readonly from: string; readonly to: string };

export type BuildOptions = {
  /** The main component instead of the committed one, as `Template(arguments)`. */
  readonly main?: string;
  /** Inputs of that main component which are public, and so cannot be simplified away. */
  readonly publicInputs?: readonly string[];
  readonly patches?: readonly Patch[];
};

/** Values of all signals by their names. */
export type Assignment = ReadonlyMap<string, bigint>;

/** Computes all signals from inputs, or something for them that the constraints must then refuse. */
export type Generator = (inputs: SnarkInputs) => Promise<Assignment>;

/** Compiles the committed sources, or a mutant of them. */
export function buildCircuit(options: BuildOptions = {}): Promise<Circuit> {
  return compile({ ...options, simplify: true, constrain: true });
}

/**
 * What an attacker computes with: every assignment of the sources and none of their constraints, with `patches` as
 * lies. Its result is laid out for a circuit by {@link layOut}.
 */
export async function buildGenerator(options: BuildOptions = {}): Promise<Generator> {
  const { wasm, sym } = await compile({ ...options, simplify: false, constrain: false });
  const signals = parseSym(sym);
  return async (inputs) => {
    const witness = await computeWitness(wasm, inputs);
    return new Map(signals.map(({ wire, name }) => [name, witness[wire] ?? 0n]));
  };
}

/** The witness of a circuit in which every signal has its assigned value. */
export function layOut(circuit: Circuit, assignment: Assignment): bigint[] {
  const witness = Array.from({ length: circuit.r1cs.wires }, () => 1n);
  for (const { wire, name } of parseSym(circuit.sym)) {
    if (wire < 0) continue;
    const value = assignment.get(name);
    if (value === undefined) throw new Error(`${name} has no value`);
    witness[wire] = value;
  }
  return witness;
}

/** True if the circuit accepts what the generator computes. */
export async function accepts(circuit: Circuit, generator: Generator, inputs: SnarkInputs): Promise<boolean> {
  return isSatisfied(circuit.r1cs, layOut(circuit, await generator(inputs)));
}

/** The witness that a circuit's own generator computes, constant 1 first; it throws where an assertion fails. */
export async function computeWitness(wasm: Uint8Array, inputs: SnarkInputs): Promise<bigint[]> {
  const file: { type: "mem"; data?: Uint8Array } = { type: "mem" };
  await wtns.calculate(inputs, wasm, file, WITNESS_OPTIONS);
  if (file.data === undefined) throw new Error("no witness was written");
  return [...(await wtns.exportJson(file))];
}

type CompileOptions = BuildOptions & { readonly simplify: boolean; readonly constrain: boolean };

/** What was compiled already: a suite asks for the same circuit often, and nobody changes one. */
const compiled = new Map<string, Promise<Circuit>>();

function compile(options: CompileOptions): Promise<Circuit> {
  const { main, publicInputs, patches, simplify, constrain } = options;
  const key = JSON.stringify([main, publicInputs, patches, simplify, constrain]);
  const circuit = compiled.get(key) ?? compileAfresh(options);
  compiled.set(key, circuit);
  return circuit;
}

async function compileAfresh(options: CompileOptions): Promise<Circuit> {
  const { main, publicInputs = [], patches = [], simplify, constrain } = options;
  const root = mkdtempSync(join(tmpdir(), "dkms-circuit-"));
  try {
    for (const folder of ["lib", "main"])
      cpSync(join(CIRCUITS, folder), join(root, folder), { recursive: true });
    for (const patch of patches) edit(join(root, "lib", patch.file), (source) => replaceOnce(source, patch));
    const files = readdirSync(join(root, "lib"));
    if (!constrain) for (const file of files) edit(join(root, "lib", file), withoutConstraints);
    if (main !== undefined) {
      const includes = files.map((file) => `include "../lib/${file}";`);
      const visibility = publicInputs.length === 0 ? "" : `{public [${publicInputs}]}`;
      writeFileSync(
        join(root, "main", MAIN),
        ["pragma circom 2.2.0;", ...includes, `component main ${visibility} = ${main};`].join("\n"),
      );
    }
    mkdirSync(join(root, "out"));
    const paths = await compileCircuit({ root, source: join("main", MAIN), outDir: "out", simplify });
    const r1csBytes = readFileSync(paths.r1cs);
    return {
      r1cs: readR1cs(r1csBytes),
      r1csBytes,
      wasm: readFileSync(paths.wasm),
      sym: readFileSync(paths.sym, "utf8"),
    };
  } finally {
    rmSync(root, { recursive: true });
  }
}

function edit(path: string, change: (source: string) => string): void {
  writeFileSync(path, change(readFileSync(path, "utf8")));
}

function replaceOnce(source: string, { file, from, to }: Patch): string {
  if (source.split(from).length !== 2) throw new Error(`${file} does not have exactly one ${from}`);
  if (to.length > from.length) throw new Error(`${to} is longer than ${from}`);
  return source.replace(from, () => to.padEnd(from.length));
}

function withoutConstraints(source: string): string {
  return source.replace(/^[^\n]*===[^\n]*;/gm, (constraint) => " ".repeat(constraint.length));
}
