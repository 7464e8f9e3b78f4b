export { decodeSnapshot, encodeSnapshot } from "./cache.ts";
export type { AccumulatorErrorCode } from "./errors.ts";
export { AccumulatorError } from "./errors.ts";
export type { AccumulatorEvent, Checkpoint, RevocationRoot } from "./events.ts";
export type { LoadOptions, Snapshot } from "./load.ts";
export { DEFAULT_BLOCK_LEVEL, loadAccumulator } from "./load.ts";
export type { RevealedWitness, RevealingRequest } from "./reveal.ts";
export { fetchWitnessRevealingIndex } from "./reveal.ts";
export { GENERATION_CAPACITY, provisionedDepth, revokedDepth, WORD_BITS, wordCount } from "./shape.ts";
export type {
  AccumulatorSource,
  BlockRef,
  EventQuery,
  NodeQuery,
  NodeRange,
  RevealingSource,
} from "./source.ts";
export type { AccumulatorState, CompactOptions, Revocation } from "./state.ts";
export { applyAccumulatorEvents, compact, isRevoked, newAccumulator } from "./state.ts";
export type { Kept } from "./sync.ts";
export { syncAccumulator } from "./sync.ts";
export type { AccumulatorWitness, WitnessRequest } from "./witness.ts";
export { accumulatorWitness } from "./witness.ts";
