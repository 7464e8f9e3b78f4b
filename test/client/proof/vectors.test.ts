import { readFileSync } from "node:fs";
import { expect } from "chai";
import { COORDINATE_MODULUS, hex20, hex32 } from "../../../client/core/index.ts";
import { hashToG1 } from "../../../client/proof/index.ts";
import { encodeG1, type G1Coordinates, type G2Coordinates } from "../../../client/proof/points.ts";
import { sigmaChallenge, type Transcript } from "../../../client/proof/presentation.ts";

type HashVector = {
  readonly name: string;
  readonly input: { readonly tag: string; readonly seed: string };
  readonly output: { readonly x: string; readonly y: string; readonly hints: readonly string[] };
};

type Json<T> = T extends bigint
  ? string
  : T extends string | number
    ? T
    : { readonly [K in keyof T]: Json<T[K]> };

type ChallengeVector = {
  readonly name: string;
  readonly input: Json<Transcript>;
  readonly output: { readonly challenge: string };
};

function read<T>(name: string): readonly T[] {
  return JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8")) as T[];
}

describe("proof/hashToG1", () => {
  const vectors = read<HashVector>("hashToG1");

  it("agrees with the golden vectors, skipped counters among them", () => {
    for (const { name, input, output } of vectors) {
      const { point, hints } = hashToG1(input.tag, hex32(input.seed));
      expect(encodeG1(point), name).to.deep.equal([BigInt(output.x), BigInt(output.y)]);
      expect(hints, name).to.deep.equal(output.hints.map(BigInt));
    }
    expect(Math.max(...vectors.map(({ output }) => output.hints.length))).to.be.greaterThan(3);
  });

  it("gives points on the curve, and even canonical hints of which the last is their y", () => {
    for (const { input } of vectors) {
      const { point, hints } = hashToG1(input.tag, hex32(input.seed));
      point.assertValidity();
      expect(hints.every((hint) => hint < COORDINATE_MODULUS && hint % 2n === 0n)).to.equal(true);
      expect(hints.at(-1)).to.equal(point.toAffine().y);
    }
  });

  it("separates the tags", () => {
    const seed = hex32(`0x${"01".repeat(32)}`);
    const tags = ["DKMS-V1-OWNER", "DKMS-V1-DEVICE", "DKMS-V1-OWNER-SHARED", "DKMS-V1-DEVICE-SHARED"];
    expect(new Set(tags.map((tag) => hashToG1(tag, seed).point.toAffine().x)).size).to.equal(4);
  });
});

describe("proof/presentation: sigma challenge", () => {
  const vectors = read<ChallengeVector>("presentation");

  it("has a golden vector for every value of disclose", () => {
    expect(vectors.map(({ input }) => input.request.disclose)).to.deep.equal([0, 1, 2, 3, 5, 6, 7]);
  });

  for (const { name, input, output } of vectors) {
    it(`agrees with the golden vector of ${name}`, () => {
      expect(sigmaChallenge(transcript(input))).to.equal(BigInt(output.challenge));
    });
  }

  it("is below 2^253, so a canonical scalar", () => {
    for (const { output } of vectors) expect(BigInt(output.challenge) >> 253n).to.equal(0n);
  });
});

function transcript({ context, vkHash, request, statement, commitments }: Json<Transcript>): Transcript {
  const g1 = ([x, y]: Json<G1Coordinates>): G1Coordinates => [BigInt(x), BigInt(y)];
  const g2 = ([a, b, c, d]: Json<G2Coordinates>): G2Coordinates => [
    BigInt(a),
    BigInt(b),
    BigInt(c),
    BigInt(d),
  ];
  return {
    context: {
      chainId: BigInt(context.chainId),
      registry: hex20(context.registry),
      verifier: hex20(context.verifier),
      audience: hex32(context.audience),
    },
    vkHash: hex32(vkHash),
    request: {
      scope: hex32(request.scope),
      challenge: hex32(request.challenge),
      disclose: request.disclose,
      maxRevocationAge: BigInt(request.maxRevocationAge),
      minAgents: BigInt(request.minAgents),
      expiresAt: BigInt(request.expiresAt),
    },
    statement: {
      provisionedRoot: BigInt(statement.provisionedRoot),
      revokedRoot: BigInt(statement.revokedRoot),
      validUntil: BigInt(statement.validUntil),
      a: g1(statement.a),
      b: g2(statement.b),
      c: g1(statement.c),
      h: g1(statement.h),
      ownerPseudonym: g1(statement.ownerPseudonym),
      devicePseudonym: g1(statement.devicePseudonym),
    },
    commitments: { h: g1(commitments.h), owner: g1(commitments.owner), device: g1(commitments.device) },
  };
}
