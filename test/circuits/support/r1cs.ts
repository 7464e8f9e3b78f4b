import { readFileSync } from "node:fs";
import { SCALAR_MODULUS } from "../../../client/core/index.ts";

/** A linear combination: pairs of wire and coefficient. */
type Combination = readonly (readonly [wire: number, coefficient: bigint])[];

/** `a · b = c` over the scalar field. */
export type Constraint = { readonly a: Combination; readonly b: Combination; readonly c: Combination };

/** The constraint system alone, read from the binary format of iden3. */
export type R1cs = {
  readonly wires: number;
  readonly outputs: number;
  readonly publicInputs: number;
  readonly constraints: readonly Constraint[];
};

const MAGIC = 0x73633172; // "r1cs"
const SECTION_HEADER = 1;
const SECTION_CONSTRAINTS = 2;
const FIELD_BYTES = 32;

/** Reads the constraints; independent of snarkjs, so that the tests do not share its bugs. */
export function readR1cs(path: string): R1cs {
  const file = readFileSync(path);
  if (file.readUInt32LE(0) !== MAGIC) throw new Error("not an r1cs file");
  const sections = new Map<number, number>();
  for (let offset = 12, i = 0; i < file.readUInt32LE(8); i++) {
    sections.set(file.readUInt32LE(offset), offset + 12);
    offset += 12 + Number(file.readBigUInt64LE(offset + 4));
  }
  const header = sections.get(SECTION_HEADER);
  let at = sections.get(SECTION_CONSTRAINTS);
  if (header === undefined || at === undefined) throw new Error("r1cs file lacks a section");
  const counts = header + 4 + FIELD_BYTES;
  const start = at;
  at = start;

  const element = (offset: number): bigint => {
    let value = 0n;
    for (let word = 3; word >= 0; word--) value = (value << 64n) | file.readBigUInt64LE(offset + 8 * word);
    return value;
  };
  const combination = (): Combination => {
    const length = file.readUInt32LE(at);
    const terms = Array.from({ length }, (_, i) => {
      const offset = (at ?? 0) + 4 + i * (4 + FIELD_BYTES);
      return [file.readUInt32LE(offset), element(offset + 4)] as const;
    });
    at = (at ?? 0) + 4 + length * (4 + FIELD_BYTES);
    return terms;
  };
  const constraints = Array.from({ length: file.readUInt32LE(counts + 24) }, () => ({
    a: combination(),
    b: combination(),
    c: combination(),
  }));
  return {
    wires: file.readUInt32LE(counts),
    outputs: file.readUInt32LE(counts + 4),
    publicInputs: file.readUInt32LE(counts + 8),
    constraints,
  };
}

function evaluate(combination: Combination, witness: readonly bigint[]): bigint {
  let sum = 0n;
  for (const [wire, coefficient] of combination) sum += coefficient * (witness[wire] ?? 0n);
  return sum % SCALAR_MODULUS;
}

/** True if the witness satisfies the constraint. */
export function holds({ a, b, c }: Constraint, witness: readonly bigint[]): boolean {
  return (evaluate(a, witness) * evaluate(b, witness) - evaluate(c, witness)) % SCALAR_MODULUS === 0n;
}

/** True if the witness satisfies every constraint; its first element is the constant 1. */
export function isSatisfied(r1cs: R1cs, witness: readonly bigint[]): boolean {
  return (
    witness.length === r1cs.wires && witness[0] === 1n && r1cs.constraints.every((c) => holds(c, witness))
  );
}

/** For each wire the constraints that it occurs in. */
export function constraintsByWire(r1cs: R1cs): readonly (readonly Constraint[])[] {
  const table: Set<Constraint>[] = Array.from({ length: r1cs.wires }, () => new Set());
  for (const constraint of r1cs.constraints) {
    for (const part of [constraint.a, constraint.b, constraint.c]) {
      for (const [wire] of part) table[wire]?.add(constraint);
    }
  }
  return table.map((set) => [...set]);
}
