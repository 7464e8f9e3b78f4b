import type { FieldElement } from "../core/index.ts";

/** A root of a provisioned tree that verifiers accept, for ever (protocol §3.3). */
export type Checkpoint = {
  readonly root: FieldElement;
  readonly generation: number;
  /** Leaves under the root. */
  readonly size: number;
  /** In seconds since 1970, by the chain's clock. */
  readonly time: bigint;
};

/** A root of a revoked tree (protocol §4.2); several of one version differ in depth. */
export type RevocationRoot = {
  readonly root: FieldElement;
  readonly generation: number;
  /** 1 while no bit is set. */
  readonly version: bigint;
  /** Levels above the words. */
  readonly depth: number;
  /** In seconds since 1970, by the chain's clock. */
  readonly time: bigint;
};

/** What the registry reports about the accumulators, decoded from its logs. */
export type AccumulatorEvent =
  | Readonly<{ type: "LeafAppended"; generation: number; index: number; leaf: FieldElement }>
  | (Readonly<{ type: "Checkpointed" }> & Checkpoint)
  | Readonly<{ type: "IndexRevoked"; generation: number; index: number }>
  | (Readonly<{ type: "RevocationRootAdded" }> & RevocationRoot);
