import { expect } from "chai";
import { fieldElement } from "../../client/core/index.ts";
import { type CanonicalOptions, canonicalInputs } from "../../client/proof/index.ts";

const HOUR = 500_000n * 3600n;
const latest = { consentToHideAmong: 1 };

/** An agent whose checkpoint at HOUR + 1000 is too new at HOUR + 2000, where E = HOUR. */
function options(index: number, changes: Partial<CanonicalOptions> = {}): CanonicalOptions {
  return {
    now: HOUR + 2000n,
    finalityDelay: 1200n,
    checkpoints: [
      { root: fieldElement(100n), generation: 0, size: 10, time: HOUR - 5000n },
      { root: fieldElement(101n), generation: 0, size: index + 1, time: HOUR + 1000n },
    ],
    revocationRoots: [
      { root: fieldElement(1n), generation: 0, version: 1n, depth: 1, time: HOUR - 9000n },
      { root: fieldElement(2n), generation: 0, version: 2n, depth: 1, time: HOUR + 900n },
      { root: fieldElement(3n), generation: 0, version: 2n, depth: 2, time: HOUR + 950n },
    ],
    leaf: { generation: 0, index, expiry: (1n << 40n) - 1n },
    window: 3600n,
    ...changes,
  };
}

describe("findings: an agent that proves under the latest checkpoint", () => {
  it("hides among all once it can, though the consent is still given", () => {
    const { checkpoints } = options(12);
    expect(canonicalInputs(options(9, { checkpoints, latest }))).to.include({
      provisionedRoot: 100n,
      anonymitySet: 10,
    });
  });

  it("is given a revoked root that is deep enough for its index", () => {
    expect(canonicalInputs(options(1023, { latest }))).to.include({ revokedRoot: 1n, revokedDepth: 1 });
    expect(canonicalInputs(options(1024, { latest }))).to.include({ revokedRoot: 3n, revokedDepth: 2 });
  });
});
