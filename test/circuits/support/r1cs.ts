import { SCALAR_MODULUS } from "../../../client/core/index.ts";
import type { Combination, Constraint, R1cs } from "../../../scripts/circuits/r1cs.ts";

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
