import { expect } from "chai";
import fc from "fast-check";
import {
  GENERATION_CAPACITY,
  provisionedDepth,
  revokedDepth,
  wordCount,
} from "../../../client/accumulator/index.ts";

describe("accumulator shape", () => {
  it("has the least depth that holds the size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: GENERATION_CAPACITY }), (size) => {
        const depth = provisionedDepth(size);
        expect(4 ** depth >= size && (depth === 1 || 4 ** (depth - 1) < size)).to.equal(true);
        const words = revokedDepth(size);
        expect(256 * 4 ** words >= size && (words === 1 || 256 * 4 ** (words - 1) < size)).to.equal(true);
        expect(wordCount(size) * 256 >= size && (wordCount(size) - 1) * 256 < size).to.equal(true);
      }),
    );
  });

  it("is right at the boundaries", () => {
    expect([1, 4, 5, 16, 17, 4 ** 11 + 1, 4 ** 12].map(provisionedDepth)).to.deep.equal([
      1, 1, 2, 2, 3, 12, 12,
    ]);
    expect([1, 1024, 1025, 4096, 4097, 256 * 4 ** 7 + 1, 4 ** 12].map(revokedDepth)).to.deep.equal([
      1, 1, 2, 2, 3, 8, 8,
    ]);
  });
});
