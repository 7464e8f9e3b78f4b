import { expect } from "chai";
import { connectionFingerprint, generateConnectionKeys, safetyWords } from "../../client/recovery/index.ts";

const WORD_BITS = 11;

/**
 * Who sits between two people chooses the keys that each of them sees. He need not hit the words of a given connection: any two of
 * his connections that match will do, and that takes the square root of all there are. Six words would have been 2^33 keys.
 */
describe("finding: safety words found by trial from both sides", () => {
  const [ada, ben] = [generateConnectionKeys(), generateConnectionKeys()];

  it("two words fall to some thousand keys", () => {
    const beginning = (words: readonly string[]) => words.slice(0, 2).join(" ");
    const seenByAda = new Set<string>();
    const seenByBen = new Set<string>();
    const isFound = () => {
      const middle = generateConnectionKeys();
      const [one, other] = [ada, ben].map((side) =>
        beginning(safetyWords(connectionFingerprint(side, middle))),
      );
      seenByAda.add(one ?? "");
      seenByBen.add(other ?? "");
      return seenByBen.has(one ?? "") || seenByAda.has(other ?? "");
    };
    let tries = 1;
    while (!isFound() && tries < 20_000) tries += 1;
    expect(tries).to.be.lessThan(20_000);
  });

  it("all of them take 2^64 and more", () => {
    const words = safetyWords(connectionFingerprint(ada, ben));
    expect((words.length * WORD_BITS) / 2).to.be.at.least(64);
  });
});
