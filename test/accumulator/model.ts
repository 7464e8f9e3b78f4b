import { refDepth, refLeaf, refProvisioned, refRevoked, refRoot, refWords } from "./reference.ts";

/** Leaf commitments of the tests: policy 1, no expiry, as `appendMany` of the harness makes them. */
const POLICY = 1n;
export const NO_EXPIRY = 2n ** 40n - 1n;

export type Version = { readonly roots: bigint[]; supersededAt: number };

/** What one generation must look like, by definition. */
export type GenerationModel = {
  readonly leaves: bigint[];
  readonly revoked: Set<number>;
  /** Position i is version i + 1; the last one is current. */
  readonly versions: Version[];
};

/** Both accumulators as plain lists, recomputed from scratch at every step. */
export type Model = {
  readonly capacity: number;
  readonly generations: GenerationModel[];
  commitments: bigint;
};

export function newModel(levels: number): Model {
  return { capacity: 4 ** levels, generations: [], commitments: 1n };
}

export function modelAppend(model: Model, count: number): void {
  for (let i = 0; i < count; i++) {
    const last = model.generations.at(-1);
    if (last === undefined || last.leaves.length === model.capacity) {
      model.generations.push({ leaves: [], revoked: new Set(), versions: [{ roots: [], supersededAt: 0 }] });
    }
    const generation = modelGeneration(model, model.generations.length - 1);
    const size = generation.leaves.push(
      refLeaf(POLICY, model.commitments++, generation.leaves.length, NO_EXPIRY),
    );
    const deeper = refDepth(Math.ceil(size / 256)) > refDepth(Math.ceil((size - 1) / 256));
    if (size === 1 || deeper) generation.versions.at(-1)?.roots.push(modelRevokedRoot(generation));
  }
}

/** Sets bits at `time`; returns how many were new. A generation with a new bit has a new version. */
export function modelRevoke(model: Model, ids: readonly (readonly [number, number])[], time: number): number {
  let count = 0;
  for (const number of new Set(ids.map(([generation]) => generation))) {
    const generation = modelGeneration(model, number);
    const before = generation.revoked.size;
    for (const [, index] of ids.filter(([other]) => other === number)) generation.revoked.add(index);
    if (generation.revoked.size === before) continue;
    count += generation.revoked.size - before;
    const current = generation.versions.at(-1);
    if (current !== undefined) current.supersededAt = time;
    generation.versions.push({ roots: [modelRevokedRoot(generation)], supersededAt: 0 });
  }
  return count;
}

export function modelGeneration(model: Model, number: number): GenerationModel {
  const generation = model.generations[number];
  if (generation === undefined) throw new Error(`the model has no generation ${number}`);
  return generation;
}

export function modelRevokedRoot({ leaves, revoked }: GenerationModel): bigint {
  return refRoot(refRevoked(refWords(leaves.length, revoked)));
}

export function modelProvisionedRoot({ leaves }: GenerationModel, size = leaves.length): bigint {
  return refRoot(refProvisioned(leaves.slice(0, size)));
}
