import { type FieldElement, fieldElement } from "../core/index.ts";
import { parsed } from "./decoded.ts";
import { callRegistry, type Registry } from "./registry.ts";

/** The values of both accumulators (requirement A6). */
export type Accumulators = {
  /** The pair of trees that takes the next leaf. */
  readonly generation: number;
  /** Leaves in it. */
  readonly size: number;
  /** The root over them; acceptable to verifiers once it is checkpointed. 0 of no leaves. */
  readonly provisionedRoot: FieldElement;
  readonly revokedRoot: FieldElement;
  /** Counts the sets of bits of this generation, from 1 for none. */
  readonly revocationVersion: bigint;
};

/**
 * Reads the values of both accumulators.
 *
 * @param block Number of the block to read at; the newest by default.
 * @throws {ChainError} those of the node
 */
export async function readAccumulators(registry: Registry, block?: number): Promise<Accumulators> {
  const values = await callRegistry(registry, "accumulators", [], block);
  return parsed("accumulators", () => ({
    generation: values.number("generation"),
    size: values.number("size"),
    provisionedRoot: fieldElement(values.bigint("provisionedRoot")),
    revokedRoot: fieldElement(values.bigint("revokedRoot")),
    revocationVersion: values.bigint("version"),
  }));
}
