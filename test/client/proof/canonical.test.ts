import { expect } from "chai";
import type { Checkpoint, RevocationRoot } from "../../../client/accumulator/index.ts";
import { fieldElement, isDkmsError } from "../../../client/core/index.ts";
import {
  type CanonicalOptions,
  canonicalInputs,
  finalityDelay,
  sameInputs,
} from "../../../client/proof/index.ts";
import { outcome } from "./support.ts";

const NONE = (1n << 40n) - 1n;
/** A full hour, so that grid steps are easy to read. */
const HOUR = 500_000n * 3600n;

const checkpoint = (root: bigint, size: number, time: bigint, generation = 0): Checkpoint => ({
  root: fieldElement(root),
  generation,
  size,
  time,
});

const revoked = (root: bigint, version: bigint, time: bigint, depth = 1, generation = 0): RevocationRoot => ({
  root: fieldElement(root),
  generation,
  version,
  depth,
  time,
});

function options(changes: Partial<CanonicalOptions> = {}): CanonicalOptions {
  return {
    now: HOUR + 2000n,
    finalityDelay: 1200n,
    checkpoints: [checkpoint(100n, 10, HOUR - 5000n)],
    revocationRoots: [revoked(1n, 1n, HOUR - 9000n)],
    leaf: { generation: 0, index: 3, expiry: NONE },
    window: 3600n,
    ...changes,
  };
}

describe("proof/canonical", () => {
  it("takes the last checkpoint at or before E = floor((now - F) / 900) * 900", () => {
    // now - F = HOUR + 800, so E = HOUR.
    const checkpoints = [
      checkpoint(100n, 10, HOUR - 1n),
      checkpoint(101n, 11, HOUR),
      checkpoint(102n, 12, HOUR + 1n),
    ];
    const inputs = canonicalInputs(options({ checkpoints }));
    expect(inputs.provisionedRoot).to.equal(101n);
    expect(inputs.anonymitySet).to.equal(11);
    const later = canonicalInputs(options({ checkpoints, now: HOUR + 2100n }));
    expect(later.provisionedRoot, "E = HOUR + 900").to.equal(102n);
  });

  it("takes the larger of equal-time checkpoints", () => {
    const checkpoints = [checkpoint(100n, 10, HOUR), checkpoint(101n, 12, HOUR), checkpoint(102n, 11, HOUR)];
    expect(canonicalInputs(options({ checkpoints })).provisionedRoot).to.equal(101n);
  });

  it("takes checkpoints and roots of the agent's generation only", () => {
    const checkpoints = [checkpoint(100n, 10, HOUR - 5n), checkpoint(200n, 99, HOUR - 1n, 1)];
    const revocationRoots = [revoked(1n, 1n, HOUR - 9n), revoked(2n, 7n, HOUR - 9n, 1, 1)];
    const inputs = canonicalInputs(options({ checkpoints, revocationRoots }));
    expect([inputs.provisionedRoot, inputs.revokedRoot]).to.deep.equal([100n, 1n]);
  });

  it("gives all clients of an hour the same validUntil, T + 7200", () => {
    for (const now of [HOUR, HOUR + 1n, HOUR + 3599n]) {
      const inputs = canonicalInputs(options({ now, checkpoints: [checkpoint(100n, 10, HOUR - 9000n)] }));
      expect(inputs.validUntil).to.equal(HOUR + 7200n);
      expect(inputs.expiryShows).to.equal(false);
    }
  });

  it("caps validUntil at the expiry, and says that it shows", () => {
    const at = (expiry: bigint) => canonicalInputs(options({ leaf: { generation: 0, index: 3, expiry } }));
    expect(at(HOUR + 3600n).validUntil).to.equal(HOUR + 3600n);
    expect(at(HOUR + 3600n).expiryShows).to.equal(true);
    expect(at(HOUR + 7200n).expiryShows).to.equal(false);
    expect(at(HOUR + 10_800n).validUntil).to.equal(HOUR + 7200n);
  });

  it("refuses an expired agent: expiry at now -1, 0, +1", () => {
    const now = HOUR;
    for (const [expiry, expected] of [
      [now - 1n, "AGENT_EXPIRED"],
      [now, "accepted"],
      [now + 1n, "accepted"],
    ] as const) {
      const leaf = { generation: 0, index: 3, expiry };
      expect(outcome(() => canonicalInputs(options({ now, leaf })))).to.equal(expected);
    }
  });

  describe("revoked root", () => {
    const now = HOUR + 2000n;
    const revocationRoots = [
      revoked(1n, 1n, HOUR - 9000n),
      revoked(2n, 2n, HOUR), // E
      revoked(3n, 3n, HOUR + 1n), // after E
      revoked(4n, 4n, HOUR + 1920n), // floor((now - 60) / 60) * 60
      revoked(5n, 5n, HOUR + 1921n),
    ];
    for (const [window, root] of [
      [7200n, 2n],
      [3600n, 2n],
      [3599n, 4n],
      [300n, 4n],
      [299n, 5n],
      [0n, 5n],
    ] as const) {
      it(`for a window of ${window} s is the one current at the time of that grid`, () => {
        expect(canonicalInputs(options({ now, revocationRoots, window })).revokedRoot).to.equal(root);
      });
    }

    it("is the deepest of its version, even if that came later", () => {
      const deepened = [...revocationRoots, revoked(22n, 2n, HOUR + 1950n, 2)];
      const inputs = canonicalInputs(options({ now, revocationRoots: deepened }));
      expect([inputs.revokedRoot, inputs.revokedDepth]).to.deep.equal([22n, 2]);
    });

    it("must exist", () => {
      expect(outcome(() => canonicalInputs(options({ revocationRoots: [] })))).to.equal("NO_REVOCATION_ROOT");
    });

    it("never is older than the window allows, for any time", () => {
      for (let step = 0n; step < 4000n; step += 37n) {
        for (const window of [300n, 3600n]) {
          const head = HOUR + 20_000n + step;
          // One revocation each 7 s until now.
          const roots = Array.from({ length: 4000 }, (_, i) =>
            revoked(BigInt(i + 1), BigInt(i + 1), head - 7n * BigInt(3999 - i)),
          );
          const { revokedRoot } = canonicalInputs(options({ now: head, revocationRoots: roots, window }));
          const supersededAt = roots[Number(revokedRoot)]?.time ?? head;
          expect(head - supersededAt < window, `${step} ${window}`).to.equal(true);
        }
      }
    });
  });

  describe("an agent that is too new", () => {
    const leaf = { generation: 0, index: 10, expiry: NONE };
    const fresh = checkpoint(101n, 14, HOUR + 100n);
    const checkpoints = [checkpoint(100n, 10, HOUR - 5000n), fresh];

    it("is told when it will be canonical and among how few it would hide now", () => {
      try {
        canonicalInputs(options({ leaf, checkpoints }));
        expect.fail("must throw");
      } catch (error) {
        if (!isDkmsError(error, "AGENT_NOT_YET_CANONICAL")) throw error;
        expect(error.details).to.deep.equal({ canonicalAt: HOUR + 2100n, latestHidesAmong: 4 });
      }
    });

    it("is canonical exactly from then on", () => {
      const at = (now: bigint) => outcome(() => canonicalInputs(options({ leaf, checkpoints, now })));
      expect(at(HOUR + 2099n)).to.equal("AGENT_NOT_YET_CANONICAL");
      expect(at(HOUR + 2100n)).to.equal("accepted");
    });

    it("may prove with the latest checkpoint once the user agreed to that crowd", () => {
      const latest = (n: number) => options({ leaf, checkpoints, latest: { consentToHideAmong: n } });
      expect(canonicalInputs(latest(4))).to.include({ provisionedRoot: 101n, anonymitySet: 4 });
      expect(outcome(() => canonicalInputs(latest(5)))).to.equal("LATEST_NEEDS_CONSENT");
    });

    it("asks for a checkpoint if none has it", () => {
      const first = checkpoints.slice(0, 1);
      expect(outcome(() => canonicalInputs(options({ leaf, checkpoints: first })))).to.equal(
        "AGENT_NOT_CHECKPOINTED",
      );
    });

    it("finds a revocation root in a generation that just opened", () => {
      const opened = options({
        leaf: { generation: 1, index: 0, expiry: NONE },
        checkpoints: [checkpoint(7n, 1, HOUR + 1900n, 1)],
        revocationRoots: [revoked(9n, 1n, HOUR + 1900n, 1, 1)],
        latest: { consentToHideAmong: 1 },
      });
      expect(canonicalInputs(opened).revokedRoot).to.equal(9n);
    });
  });

  it("gives all clients the same inputs, whatever their index", () => {
    const all = [0, 5, 9].map((index) =>
      canonicalInputs(options({ leaf: { generation: 0, index, expiry: NONE } })),
    );
    const [first] = all;
    if (first === undefined) throw new Error("none");
    for (const inputs of all) expect(sameInputs(first, inputs)).to.equal(true);
  });

  it("knows the finality delay of a chain, or refuses to guess", () => {
    expect(finalityDelay(1n)).to.equal(1200n);
    expect(finalityDelay(31_337n)).to.equal(0n);
    expect(outcome(() => finalityDelay(424_242n))).to.equal("FINALITY_DELAY_UNKNOWN");
  });
});
