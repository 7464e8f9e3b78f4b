import { readSections, readWord, section } from "./sections.ts";

/** A linear combination: pairs of wire and coefficient. */
export type Combination = readonly (readonly [wire: number, coefficient: bigint])[];

/** `a · b = c` over the scalar field. */
export type Constraint = { readonly a: Combination; readonly b: Combination; readonly c: Combination };

/** A constraint system. Wire 0 is the constant 1, then outputs, public inputs and the rest. */
export type R1cs = {
  readonly wires: number;
  readonly outputs: number;
  readonly publicInputs: number;
  readonly constraints: readonly Constraint[];
};

const SECTION_HEADER = 1;
const SECTION_CONSTRAINTS = 2;
const FIELD_BYTES = 32;

/**
 * Reads a constraint system over a 32-byte field.
 *
 * @throws Error if the file is of another kind or cut short.
 */
export function readR1cs(file: Buffer): R1cs {
  const sections = readSections(file, "r1cs");
  const header = section(sections, SECTION_HEADER);
  const data = section(sections, SECTION_CONSTRAINTS);
  const counts = 4 + FIELD_BYTES;
  let at = 0;
  const combination = (): Combination => {
    const length = data.readUInt32LE(at);
    const start = at + 4;
    at = start + length * (4 + FIELD_BYTES);
    return Array.from({ length }, (_, i) => {
      const term = start + i * (4 + FIELD_BYTES);
      return [data.readUInt32LE(term), readWord(data, term + 4)] as const;
    });
  };
  return {
    wires: header.readUInt32LE(counts),
    outputs: header.readUInt32LE(counts + 4),
    publicInputs: header.readUInt32LE(counts + 8),
    constraints: Array.from({ length: header.readUInt32LE(counts + 24) }, () => ({
      a: combination(),
      b: combination(),
      c: combination(),
    })),
  };
}
