import { DkmsError } from "../core/index.ts";

export type AccumulatorErrorCode =
  | "ACCUMULATOR_CACHE_MALFORMED"
  | "ACCUMULATOR_EVENT_UNEXPECTED"
  | "ACCUMULATOR_NODES_MISSING"
  | "ACCUMULATOR_ROOT_MISMATCH"
  | "ACCUMULATOR_ROOT_UNKNOWN"
  | "ACCUMULATOR_SOURCE_MALFORMED"
  | "ACCUMULATOR_SOURCE_UNSTABLE"
  | "GENERATION_NOT_OPEN"
  | "INDEX_UNKNOWN"
  | "LEAF_DIFFERS";

/** Thrown by `client/accumulator`. */
export class AccumulatorError extends DkmsError<AccumulatorErrorCode> {}
