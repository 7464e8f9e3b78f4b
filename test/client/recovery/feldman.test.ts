import { createHash } from "node:crypto";
import { ristretto255, ristretto255_FROST } from "@noble/curves/ed25519.js";
import { expect } from "chai";
import fc from "fast-check";
import { bytesToHex } from "../../../client/core/index.ts";
import { Secret } from "../../../client/keys/index.ts";
import {
  checkShareValue,
  combineShares,
  dealSecret,
  type ShareValue,
  shareSetAnchor,
  verifyingShare,
} from "../../../client/recovery/index.ts";
import { codeOf } from "../support.ts";
import { seeded } from "./support.ts";

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const deal = (threshold = 3, count = 5, seed = 1) =>
  dealSecret({ threshold, count, epoch: 1, random: seeded(seed) });
const sharesOf = ({ values }: ReturnType<typeof deal>): ShareValue[] =>
  values.map((value, i) => ({ index: i + 1, value }));
const scalar = (value: bigint) =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
const fromScalar = (bytes: Uint8Array) => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

describe("recovery/feldman", () => {
  it("restores the secret from every set of shares that is large enough", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 9 }),
        fc.integer({ min: 0, max: 99 }),
        fc.integer({ min: 0, max: 2 ** 31 }),
        (count, pick, seed) => {
          const threshold = 2 + (pick % (count - 1));
          const dealt = deal(threshold, count, seed);
          const shares = sharesOf(dealt);
          for (const share of shares) checkShareValue(share, dealt.public);
          const from = seed % count;
          const some = [...shares.slice(from), ...shares.slice(0, from)].slice(0, threshold);
          const restored = combineShares(some, dealt.public).reveal();
          expect(bytesToHex(restored)).to.equal(bytesToHex(dealt.secret.reveal()));
        },
      ),
      { numRuns: 25, seed: 7 },
    );
  });

  it("deals what a polynomial evaluated by hand gives", () => {
    const dealt = deal(2, 3);
    const [one, two, three] = dealt.values.map((value) => fromScalar(value.reveal()));
    if (one === undefined || two === undefined || three === undefined) throw new Error("three shares");
    const mod = (value: bigint) => ((value % ORDER) + ORDER) % ORDER;
    expect(mod(2n * one - two)).to.equal(fromScalar(dealt.secret.reveal()));
    expect(mod(2n * two - one)).to.equal(three);
  });

  it("leaves every secret possible to those who hold fewer", () => {
    const dealt = deal(3, 5);
    const two = sharesOf(dealt).slice(0, 2);
    // For any secret there is a third share: interpolate (0, s), (1, y1), (2, y2) at 3: s − 3y1 + 3y2.
    const [y1, y2] = two.map(({ value }) => fromScalar(value.reveal()));
    if (y1 === undefined || y2 === undefined) throw new Error("two shares");
    for (const secret of [1n, 2n, 0xdecafn]) {
      const third = {
        index: 3,
        value: new Secret(scalar((((secret - 3n * y1 + 3n * y2) % ORDER) + ORDER) % ORDER)),
      };
      expect(fromScalar(combineShares([...two, third], dealt.public).reveal())).to.equal(secret);
      // Only the commitments tell it from the true one: they hide a secret that cannot be guessed.
      expect(codeOf(() => checkShareValue(third, dealt.public))).to.equal("SHARE_VALUE_WRONG");
    }
    expect(codeOf(() => combineShares(two, dealt.public))).to.equal("SHARES_TOO_FEW");
  });

  it("shows g^secret, so a secret is always drawn, with all 252 bits", () => {
    const dealt = deal();
    const point = ristretto255.Point.BASE.multiply(fromScalar(dealt.secret.reveal())).toBytes();
    expect(bytesToHex(dealt.public.commitments[0] ?? point)).to.equal(bytesToHex(point));
    const top = Array.from({ length: 32 }, (_, i) => deal(2, 3, i).secret.reveal()[31] ?? 0);
    expect(new Set(top).size).to.be.greaterThan(8);
    const drawn = [
      dealSecret({ threshold: 2, count: 3, epoch: 1 }),
      dealSecret({ threshold: 2, count: 3, epoch: 1 }),
    ];
    expect(new Set(drawn.map(({ tag }) => tag)).size).to.equal(2);
  });

  for (const [threshold, count] of [
    [1, 3],
    [2, 2],
    [4, 3],
    [2, 256],
    [0, 3],
    [2.5, 3],
    [Number.NaN, 3],
    [2, 3.5],
  ] as const) {
    it(`refuses ${threshold} of ${count}`, () => {
      expect(codeOf(() => deal(threshold, count))).to.equal("SHARING_BOUNDS");
    });
  }

  for (const epoch of [0, -1, 1.5, 2 ** 32, Number.NaN]) {
    it(`refuses the epoch ${epoch}`, () => {
      expect(codeOf(() => dealSecret({ threshold: 2, count: 3, epoch }))).to.equal("SHARING_BOUNDS");
    });
  }

  it("deals up to 255 shares, and sets up to number 2^32 - 1", () => {
    const dealt = dealSecret({ threshold: 2, count: 255, epoch: 2 ** 32 - 1, random: seeded(3) });
    const last = sharesOf(dealt).slice(253);
    for (const share of last) checkShareValue(share, dealt.public);
    expect(last[1]?.index).to.equal(255);
    expect(combineShares(last, dealt.public).reveal()).to.deep.equal(dealt.secret.reveal());
  });

  describe("checkShareValue", () => {
    const dealt = deal();
    const [first, second] = sharesOf(dealt);
    if (first === undefined || second === undefined) throw new Error("five shares");

    it("refuses another index, another value, and the share of another set", () => {
      const wrong: ShareValue[] = [
        { index: 2, value: first.value },
        { index: 1, value: new Secret(scalar(fromScalar(first.value.reveal()) + 1n)) },
        { index: 1, value: deal(3, 5, 2).values[0] ?? first.value },
      ];
      for (const share of wrong) {
        expect(codeOf(() => checkShareValue(share, dealt.public))).to.equal("SHARE_VALUE_WRONG");
      }
    });

    it("refuses index 0, which would choose the secret", () => {
      for (const index of [0, -1, 256, 1.5]) {
        expect(codeOf(() => checkShareValue({ index, value: first.value }, dealt.public))).to.equal(
          "SHARE_INDEX_INVALID",
        );
      }
    });

    it("refuses scalars that are zero, not reduced, or of another length", () => {
      const reduced = fromScalar(first.value.reveal());
      for (const bytes of [scalar(0n), scalar(reduced + ORDER), new Uint8Array(31), new Uint8Array(33)]) {
        expect(codeOf(() => checkShareValue({ index: 1, value: new Secret(bytes) }, dealt.public))).to.equal(
          "SHARE_SCALAR_INVALID",
        );
      }
    });

    it("refuses commitments that are no canonical points", () => {
      const bad = [
        new Uint8Array(32),
        new Uint8Array(32).fill(0xff),
        // p + 2, so the field element 2 in its second form; and a negative field element.
        Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0xef : i === 31 ? 0x7f : 0xff)),
        Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0)),
        new Uint8Array(31),
      ];
      for (const [at, point] of bad.entries()) {
        const commitments = dealt.public.commitments.map((good, i) => (i === at % 3 ? point : good));
        expect(codeOf(() => checkShareValue(first, { ...dealt.public, commitments }))).to.equal(
          "SHARE_POINT_INVALID",
        );
      }
    });

    it("refuses a polynomial of another degree, which the library would accept", () => {
      const line = deal(2, 5);
      const share = {
        identifier: ristretto255_FROST.Identifier.fromNumber(1),
        signingShare: line.values[0]?.reveal() ?? new Uint8Array(),
      };
      ristretto255_FROST.validateSecret(share, {
        signers: { min: 3, max: 5 },
        commitments: [...line.public.commitments],
        verifyingShares: {},
      });
      const value = sharesOf(line)[0] ?? first;
      expect(codeOf(() => checkShareValue(value, { ...line.public, threshold: 3 }))).to.equal(
        "SHARE_COMMITMENT_COUNT",
      );
      const four = [...dealt.public.commitments, dealt.public.commitments[0] ?? new Uint8Array()];
      expect(codeOf(() => checkShareValue(first, { ...dealt.public, commitments: four }))).to.equal(
        "SHARE_COMMITMENT_COUNT",
      );
    });
  });

  it("gives sets that differ in commitments, threshold or epoch different tags, and one a known tag", () => {
    const { public: set } = deal(2, 3, 42);
    const swapped = { ...set, commitments: [...set.commitments].reverse() };
    const tags = [set, { ...set, epoch: 2 }, { ...set, threshold: 3 }, swapped, deal(2, 3, 43).public].map(
      shareSetAnchor,
    );
    expect(new Set(tags).size).to.equal(5);
    expect(tags[0]).to.equal("0xf69fb36685124f3204cacbd792d41f05307a0f5a373b99a0bb82eedbae312850");
    const spelled = Buffer.concat([
      Buffer.from("DKMS-V1-SHARE-SET"),
      Buffer.from([2, 0, 0, 0, 1]),
      ...set.commitments,
    ]);
    expect(tags[0]).to.equal(`0x${createHash("sha256").update(spelled).digest("hex")}`);
  });

  it("computes from the commitments what a share's holder can prove to know", () => {
    const dealt = deal(3, 5);
    for (const { index, value } of sharesOf(dealt)) {
      const point = ristretto255.Point.BASE.multiply(fromScalar(value.reveal())).toBytes();
      expect(bytesToHex(verifyingShare(index, dealt.public))).to.equal(bytesToHex(point));
    }
  });
});
