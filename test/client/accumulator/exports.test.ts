import { expect } from "chai";
import * as accumulator from "../../../client/accumulator/index.ts";

describe("accumulator: what it exports", () => {
  it("is this list", () => {
    expect(Object.keys(accumulator).toSorted()).to.deep.equal([
      "AccumulatorError",
      "DEFAULT_BLOCK_LEVEL",
      "GENERATION_CAPACITY",
      "WORD_BITS",
      "accumulatorWitness",
      "applyAccumulatorEvents",
      "compact",
      "decodeSnapshot",
      "encodeSnapshot",
      "fetchWitnessRevealingIndex",
      "isRevoked",
      "loadAccumulator",
      "newAccumulator",
      "provisionedDepth",
      "revokedDepth",
      "syncAccumulator",
      "wordCount",
    ]);
  });
});
