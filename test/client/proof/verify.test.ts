import { expect } from "chai";
import fc from "fast-check";
import {
  COORDINATE_MODULUS,
  fieldElement,
  hex20,
  hex32,
  SCALAR_MODULUS,
} from "../../../client/core/index.ts";
import { policySecretsFrom } from "../../../client/keys/index.ts";
import { pairingHolds, sumPublic } from "../../../client/proof/groth16.ts";
import {
  contractAudience,
  hiddenInputs,
  type Presentation,
  type RootFacts,
  verifyingKey,
  webAudience,
} from "../../../client/proof/index.ts";
import { decodeG1, decodeG2, encodeG1, encodeG2, G1, type G1Point } from "../../../client/proof/points.ts";
import { forge, honestParts, outsideSubgroup, pairingOnlyPoints } from "./forge.ts";
import { authorize, check, NOW, newCredential, outcome, ROOTS, request, scenario, show } from "./support.ts";
import { trapdoorKey } from "./trapdoor.ts";

const POINTS = ["a", "b", "c", "h", "ownerPseudonym", "devicePseudonym"] as const;
const SCALARS = [
  "provisionedRoot",
  "revokedRoot",
  "validUntil",
  "sigmaChallenge",
  "sPolicy",
  "sOwner",
  "sDevice",
  "sZ",
] as const;

describe("proof/verify", () => {
  const s = scenario();
  const asked = request();
  const shown = show(s, asked);
  const facts = (changes: Partial<RootFacts>) => ({ facts: { ...s.facts, ...changes } });

  it("accepts what the agent shows", () => {
    expect(outcome(() => check(s, asked, shown))).to.equal("accepted");
  });

  describe("time", () => {
    it("refuses to judge by a head that is more than 60 s behind the clock", () => {
      const late = { ...facts({ blockTime: NOW - 61n }) };
      expect(outcome(() => check(s, asked, shown, late))).to.equal("HEAD_TOO_OLD");
      expect(outcome(() => check(s, asked, shown, facts({ blockTime: NOW - 60n })))).to.equal("accepted");
    });

    it("accepts until the request's last second, by the later of clock and block", () => {
      const { expiresAt } = asked;
      expect(outcome(() => check(s, asked, shown, { ...facts({ blockTime: expiresAt }) }))).to.equal(
        "accepted",
      );
      expect(outcome(() => check(s, asked, shown, facts({ blockTime: expiresAt + 1n })))).to.equal(
        "REQUEST_EXPIRED",
      );
      expect(outcome(() => check(s, asked, shown, { clock: expiresAt + 1n, maxHeadAge: 100n }))).to.equal(
        "REQUEST_EXPIRED",
      );
    });

    it("accepts until the presentation's last second: validUntil at now -1, 0, +1", () => {
      for (const [validUntil, expected] of [
        [NOW - 1n, "PRESENTATION_EXPIRED"],
        [NOW, "accepted"],
        [NOW + 1n, "accepted"],
      ] as const) {
        const roots = { ...ROOTS, validUntil: fieldElement(validUntil) };
        const authorization = authorize(s.trapdoor, s.key, s.credential, roots);
        const presentation = show({ ...s, authorization }, asked);
        // By the later of clock and block.
        for (const [clock, blockTime] of [
          [NOW, NOW],
          [NOW - 10n, NOW],
          [NOW, NOW - 10n],
        ] as const) {
          const options = { ...facts({ blockTime }), clock };
          expect(outcome(() => check(s, asked, presentation, options))).to.equal(expected);
        }
      }
    });
  });

  describe("form", () => {
    for (const name of SCALARS) {
      it(`refuses ${name} + r`, () => {
        expect(outcome(() => check(s, asked, { ...shown, [name]: shown[name] + SCALAR_MODULUS }))).to.equal(
          "SCALAR_NOT_CANONICAL",
        );
      });
    }

    for (const name of POINTS) {
      it(`refuses a coordinate + p in ${name}`, () => {
        const altered = {
          ...shown,
          [name]: shown[name].with(0, (shown[name][0] ?? 0n) + COORDINATE_MODULUS),
        };
        expect(outcome(() => check(s, asked, altered))).to.equal("COORDINATE_NOT_CANONICAL");
      });

      it(`refuses ${name} off the curve`, () => {
        const altered = { ...shown, [name]: shown[name].with(1, (shown[name][1] ?? 0n) ^ 1n) };
        expect(outcome(() => check(s, asked, altered))).to.equal("POINT_NOT_ON_CURVE");
      });

      it(`refuses ${name} at zero`, () => {
        const altered = { ...shown, [name]: shown[name].map(() => 0n) };
        expect(outcome(() => check(s, asked, altered))).to.equal(
          name.endsWith("Pseudonym") ? "PSEUDONYM_MISSING" : "POINT_ZERO",
        );
      });
    }

    it("refuses B' outside the subgroup, though the sigma proof fits it", () => {
      const honest = honestParts(s, asked);
      expect(outcome(() => check(s, asked, forge(honest)))).to.equal("accepted");
      const b = outsideSubgroup(honest.points.b);
      const forged = forge({ ...honest, points: { ...honest.points, b } });
      expect(outcome(() => check(s, asked, forged))).to.equal("POINT_NOT_IN_SUBGROUP");
    });

    it("refuses a pseudonym that was not asked for, and the lack of one that was", () => {
      const ownerOnly = request({ disclose: 1 });
      const both = { ...show(s, ownerOnly), devicePseudonym: shown.devicePseudonym };
      expect(outcome(() => check(s, ownerOnly, both))).to.equal("PSEUDONYM_UNEXPECTED");
      expect(outcome(() => check(s, asked, show(s, { ...asked, disclose: 2 })))).to.equal(
        "PSEUDONYM_MISSING",
      );
      expect(outcome(() => check(s, { ...asked, disclose: 2 }, shown))).to.equal("PSEUDONYM_UNEXPECTED");
    });
  });

  describe("roots", () => {
    const superseded = (supersededAt: bigint) => ({
      revoked: { status: "superseded" as const, supersededAt },
    });

    it("refuses a never-checkpointed root", () => {
      expect(outcome(() => check(s, asked, shown, facts({ provisioned: undefined })))).to.equal(
        "PROVISIONED_ROOT_UNKNOWN",
      );
    });

    it("refuses a checkpoint that is not final yet", () => {
      const provisioned = { generation: 0, size: 1000n, final: false };
      expect(outcome(() => check(s, asked, shown, facts({ provisioned })))).to.equal(
        "PROVISIONED_ROOT_NOT_FINAL",
      );
    });

    it("refuses fewer agents than asked for", () => {
      for (const [size, expected] of [
        [9n, "TOO_FEW_AGENTS"],
        [10n, "accepted"],
      ] as const) {
        const provisioned = { generation: 0, size, final: true };
        expect(outcome(() => check(s, asked, shown, facts({ provisioned })))).to.equal(expected);
      }
    });

    it("refuses a revoked root that the generation of the provisioned root does not know", () => {
      expect(outcome(() => check(s, asked, shown, facts({ revoked: { status: "unknown" } })))).to.equal(
        "REVOKED_ROOT_UNKNOWN",
      );
    });

    it("accepts a superseded root within the window only: at -1, 0, +1 s", () => {
      const { maxRevocationAge: window } = asked;
      for (const [age, expected] of [
        [window - 1n, "accepted"],
        [window, "REVOKED_ROOT_SUPERSEDED"],
        [window + 1n, "REVOKED_ROOT_SUPERSEDED"],
      ] as const) {
        expect(
          outcome(() => check(s, asked, shown, facts(superseded(NOW - age)))),
          `${age}`,
        ).to.equal(expected);
        // By the block's time, whatever the clock says: roots and time are of one block.
        const options = { ...facts(superseded(NOW - age)), clock: NOW + 30n };
        expect(outcome(() => check(s, asked, shown, options))).to.equal(expected);
      }
    });

    it("counts a revocation in this very block if the window is 0", () => {
      const strict = request({ maxRevocationAge: 0n });
      const presentation = show(s, strict);
      expect(outcome(() => check(s, strict, presentation))).to.equal("accepted");
      expect(outcome(() => check(s, strict, presentation, facts(superseded(NOW))))).to.equal(
        "REVOKED_ROOT_SUPERSEDED",
      );
    });

    it("refuses an old base proof of a revoked agent once the window has passed", () => {
      const later = NOW + asked.maxRevocationAge;
      const retry = request({ expiresAt: later + 60n });
      const old = show(s, retry);
      const after = { clock: later, facts: { ...s.facts, blockTime: later, ...superseded(NOW) } };
      expect(outcome(() => check(s, retry, old, after))).to.equal("REVOKED_ROOT_SUPERSEDED");
    });
  });

  describe("binding", () => {
    const other = `0x${"01".repeat(20)}`;

    for (const [name, context] of Object.entries({
      audience: { audience: webAudience("https://other.example") },
      "audience of a contract": { audience: contractAudience(hex20(other)) },
      chain: { chainId: 2n },
      registry: { registry: hex20(other) },
      verifier: { verifier: hex20(other) },
    })) {
      it(`refuses a presentation made for another ${name}`, () => {
        const changes = { context: { ...s.context, ...context } };
        expect(outcome(() => check(s, asked, shown, changes))).to.equal("SIGMA_MISMATCH");
      });
    }

    for (const [name, change] of Object.entries({
      scope: { scope: hex32(`0x${"77".repeat(32)}`) },
      challenge: { challenge: hex32(`0x${"77".repeat(32)}`) },
      "kind of scope": { disclose: 7 },
      window: { maxRevocationAge: 301n },
      "number of agents": { minAgents: 11n },
      expiry: { expiresAt: asked.expiresAt + 1n },
    })) {
      it(`refuses a presentation made for another ${name}`, () => {
        expect(outcome(() => check(s, { ...asked, ...change }, shown))).to.equal("SIGMA_MISMATCH");
      });
    }

    it("refuses a presentation made with another verifying key", () => {
      const changes = { key: verifyingKey(trapdoorKey().coordinates) };
      expect(outcome(() => check(s, asked, shown, changes))).to.equal("SIGMA_MISMATCH");
    });

    it("refuses the presentation if any single bit of it is altered", () => {
      const words = Object.entries(shown).flatMap(([name, value]) =>
        Array.isArray(value) ? value.map((_, i) => [name, i] as const) : [[name, -1] as const],
      );
      expect(words.length).to.equal(22);
      fc.assert(
        fc.property(fc.constantFrom(...words), fc.integer({ min: 0, max: 253 }), ([name, position], bit) => {
          const altered = flip(shown, name, position, 1n << BigInt(bit));
          expect(outcome(() => check(s, asked, altered))).not.to.equal("accepted");
        }),
        { numRuns: 300, seed: 7 },
      );
      for (const [name, position] of words) {
        expect(outcome(() => check(s, asked, flip(shown, name, position, 1n)))).not.to.equal("accepted");
      }
    });

    it("refuses any swap of two of its points", () => {
      for (const left of POINTS) {
        for (const right of POINTS) {
          if (left === right || left === "b" || right === "b") continue;
          const altered = { ...shown, [left]: shown[right], [right]: shown[left] };
          expect(
            outcome(() => check(s, asked, altered)),
            `${left} ${right}`,
          ).to.equal("SIGMA_MISMATCH");
        }
      }
    });
  });

  describe("soundness", () => {
    it("refuses a forged H: the pairing alone passes, the sigma proof does not", () => {
      const points = pairingOnlyPoints(s.key, ROOTS);
      expect(pairingPasses(points)).to.equal(true);
      const guess = hiddenInputs(newCredential()).reveal();
      const forged = forge({
        key: s.key,
        context: s.context,
        request: asked,
        revealed: ROOTS,
        points,
        hidden: guess,
        z: 5n,
      });
      expect(outcome(() => check(s, asked, forged))).to.equal("SIGMA_MISMATCH");
      const copied = { ...shown, ...points };
      expect(outcome(() => check(s, asked, copied))).to.equal("SIGMA_MISMATCH");
    });

    it("refuses H chosen so that the sum of the inputs is zero, without failing on the way", () => {
      const [l0, l1, l2, l3] = s.key.inputs;
      const { provisionedRoot, revokedRoot, validUntil } = ROOTS;
      const h = encodeG1(
        sumPublic([l1, l2, l3], [provisionedRoot, revokedRoot, validUntil]).add(l0).negate(),
      );
      expect(outcome(() => check(s, asked, { ...shown, h }))).to.equal("SIGMA_MISMATCH");
      expect(pairingPasses({ a: shown.a, b: shown.b, c: shown.c, h })).to.equal(false);
    });

    it("lets a third party re-randomise the base proof but not the presentation", () => {
      const r = 1234567n;
      const inverse = G1.Fn.inv(r);
      const a = encodeG1(decodeG1(shown.a, "a").multiply(inverse));
      const b = encodeG2(decodeG2(shown.b, "b").multiply(r));
      expect(pairingPasses({ ...shown, a, b })).to.equal(true);
      expect(outcome(() => check(s, asked, { ...shown, a, b }))).to.equal("SIGMA_MISMATCH");
      const t = 99n;
      const h = encodeG1(decodeG1(shown.h, "h").add(s.key.delta1.multiply(t)));
      const c = encodeG1(decodeG1(shown.c, "c").subtract(G1.BASE.multiply(t)));
      expect(pairingPasses({ ...shown, h, c })).to.equal(true);
      expect(outcome(() => check(s, asked, { ...shown, h, c }))).to.equal("SIGMA_MISMATCH");
    });

    it("refuses a valid sigma proof over inputs that the base proof does not hold for", () => {
      const honest = honestParts(s, asked);
      for (const name of ["policy", "ownerKey", "deviceKey"] as const) {
        const hidden = {
          ...honest.hidden,
          [name]: fieldElement((honest.hidden[name] + 1n) % SCALAR_MODULUS),
        };
        const h = encodeG1(hiddenSum(hidden, honest.z));
        const forged = forge({ ...honest, hidden, points: { ...honest.points, h } });
        expect(
          outcome(() => check(s, asked, forged)),
          name,
        ).to.equal("PAIRING_MISMATCH");
      }
    });

    it("refuses a base proof for other roots or another validity, even from who has all secrets", () => {
      for (const name of ["provisionedRoot", "revokedRoot", "validUntil"] as const) {
        const revealed = { ...ROOTS, [name]: fieldElement(ROOTS[name] + 1n) };
        const forged = forge({ ...honestParts(s, asked), revealed });
        expect(
          outcome(() => check(s, asked, forged)),
          name,
        ).to.equal("PAIRING_MISMATCH");
      }
    });

    it("gives another owner pseudonym under another policy with the same PS, and no way to show the first", () => {
      const policy = policySecretsFrom({ secret: s.credential.policy.secret.reveal(), salt: 4242n });
      const credential = { ...s.credential, policy };
      const authorization = authorize(s.trapdoor, s.key, credential);
      const there = { ...s, credential, authorization };
      expect(check(there, asked, show(there, asked)).owner).not.to.equal(check(s, asked, shown).owner);
      const parts = honestParts(there, asked);
      const hidden = { ...parts.hidden, ownerKey: hiddenInputs(s.credential).reveal().ownerKey };
      const claimed = forge({ ...parts, hidden });
      expect(outcome(() => check(there, asked, claimed))).to.equal("SIGMA_MISMATCH");
      const h = encodeG1(hiddenSum(hidden, parts.z));
      const rebuilt = forge({ ...parts, hidden, points: { ...parts.points, h } });
      expect(outcome(() => check(there, asked, rebuilt))).to.equal("PAIRING_MISMATCH");
    });
  });

  function hiddenSum(hidden: { policy: bigint; ownerKey: bigint; deviceKey: bigint }, z: bigint): G1Point {
    const [, , , , l4, l5, l6] = s.key.inputs;
    return sumPublic([l4, l5, l6, s.key.delta1], [hidden.policy, hidden.ownerKey, hidden.deviceKey, z]);
  }

  function pairingPasses(points: Pick<Presentation, "a" | "b" | "c" | "h">): boolean {
    const [l0, l1, l2, l3] = s.key.inputs;
    const { provisionedRoot, revokedRoot, validUntil } = ROOTS;
    const vkX = sumPublic([l1, l2, l3], [provisionedRoot, revokedRoot, validUntil])
      .add(l0)
      .add(decodeG1(points.h, "h"));
    return pairingHolds(
      s.key,
      decodeG1(points.a, "a"),
      decodeG2(points.b, "b"),
      decodeG1(points.c, "c"),
      vkX,
    );
  }
});

function flip(shown: Presentation, name: string, position: number, mask: bigint): Presentation {
  const value: unknown = Reflect.get(shown, name);
  if (typeof value === "bigint") return { ...shown, [name]: value ^ mask };
  const words = value as readonly bigint[];
  return { ...shown, [name]: words.with(position, (words[position] ?? 0n) ^ mask) };
}
