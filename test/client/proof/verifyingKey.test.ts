import { readFileSync } from "node:fs";
import { expect } from "chai";
import { hex32 } from "../../../client/core/index.ts";
import {
  AGENT_AUTHORIZATION_KEY,
  AGENT_AUTHORIZATION_KEY_HASH,
  parseVerifyingKey,
  type VerifyingKeyCoordinates,
  verifyingKey,
} from "../../../client/proof/index.ts";
import { encodeG1, encodeG2, G1, type G1Coordinates, G2 } from "../../../client/proof/points.ts";
import { renderSolidityKey, renderTypeScriptKey } from "../../../scripts/verifier/renderKey.ts";
import { outsideSubgroup } from "./forge.ts";
import { outcome } from "./support.ts";
import { trapdoorKey } from "./trapdoor.ts";

const ZERO_G2 = [0n, 0n, 0n, 0n] as const;
const STORED = "circuits/artifacts/verifyingKey.json";

describe("proof/verifyingKey", () => {
  const good = trapdoorKey().coordinates;
  const withInput = (position: number, point: G1Coordinates): Partial<VerifyingKeyCoordinates> => ({
    ic: good.ic.with(position, point),
  });
  const input = (position: number): G1Coordinates => good.ic[position] ?? [0n, 0n];
  const negated = ([x, y]: G1Coordinates): G1Coordinates => encodeG1(G1.fromAffine({ x, y }).negate());

  const faults: readonly (readonly [string, string, Partial<VerifyingKeyCoordinates>])[] = [
    ["six input points", "KEY_INPUT_COUNT", { ic: good.ic.slice(1) }],
    ["eight input points", "KEY_INPUT_COUNT", { ic: [...good.ic, encodeG1(G1.BASE.double())] }],
    ["alpha zero", "KEY_POINT_INVALID", { alpha: [0n, 0n] }],
    ["alpha off the curve", "KEY_POINT_INVALID", { alpha: [1n, 3n] }],
    ["beta zero", "KEY_POINT_INVALID", { beta: ZERO_G2 }],
    ["beta outside the subgroup", "KEY_POINT_INVALID", { beta: outsideSubgroup(good.beta) }],
    ["delta in G2 zero", "KEY_POINT_INVALID", { delta2: ZERO_G2 }],
    ["delta in G2 outside the subgroup", "KEY_POINT_INVALID", { delta2: outsideSubgroup(good.delta2) }],
    ["delta in G1 zero", "KEY_POINT_INVALID", { delta1: [0n, 0n] }],
    ["gamma other than the generator", "KEY_GAMMA_NOT_GENERATOR", { gamma: encodeG2(G2.BASE.double()) }],
    [
      "delta the generator",
      "KEY_DELTA_IS_GENERATOR",
      { delta2: encodeG2(G2.BASE), delta1: encodeG1(G1.BASE) },
    ],
    [
      "delta the negated generator",
      "KEY_DELTA_IS_GENERATOR",
      { delta2: encodeG2(G2.BASE.negate()), delta1: encodeG1(G1.BASE.negate()) },
    ],
    ["two different deltas", "KEY_DELTA_MISMATCH", { delta1: encodeG1(G1.BASE.multiply(12345n)) }],
    ["an input point zero", "KEY_POINT_INVALID", withInput(3, [0n, 0n])],
    ["two equal input points", "KEY_INPUT_POINTS_RELATED", withInput(6, input(4))],
    ["two input points equal up to sign", "KEY_INPUT_POINTS_RELATED", withInput(5, negated(input(4)))],
    ["an input point equal to delta", "KEY_INPUT_POINTS_RELATED", withInput(4, good.delta1)],
    ["an input point equal to minus delta", "KEY_INPUT_POINTS_RELATED", withInput(4, negated(good.delta1))],
    ["an input point equal to the generator", "KEY_INPUT_POINTS_RELATED", withInput(1, encodeG1(G1.BASE))],
    [
      "an input point equal to minus the generator",
      "KEY_INPUT_POINTS_RELATED",
      withInput(1, [1n, negated([1n, 2n])[1]]),
    ],
  ];

  it("accepts a sound key", () => {
    expect(outcome(() => verifyingKey(good))).to.equal("accepted");
  });

  for (const [name, code, change] of faults) {
    it(`refuses ${name}`, () => {
      expect(outcome(() => verifyingKey({ ...good, ...change }))).to.equal(code);
    });
  }

  it("refuses a key that is not the pinned one", () => {
    expect(outcome(() => verifyingKey(good, AGENT_AUTHORIZATION_KEY_HASH))).to.equal("KEY_HASH_MISMATCH");
  });

  it("names a key by all of its points", () => {
    const { vkHash } = verifyingKey(good);
    expect(verifyingKey(trapdoorKey().coordinates).vkHash).not.to.equal(vkHash);
    expect(hex32(vkHash)).to.equal(vkHash);
  });

  it("has the committed key generated for contract and client", () => {
    const stored = parseVerifyingKey(readFileSync(STORED, "utf8"));
    const manifest = JSON.parse(readFileSync("circuits/artifacts/manifest.json", "utf8"));
    expect(stored).to.deep.equal(AGENT_AUTHORIZATION_KEY);
    expect(verifyingKey(stored, AGENT_AUTHORIZATION_KEY_HASH).vkHash).to.equal(manifest.vkHash);
    const zkeySha256 = manifest.sha256["agentAuthorization.zkey"];
    const options = { key: stored, circuit: manifest.circuit, zkeySha256 };
    expect(readFileSync("contracts/verifier/generated/AgentAuthorizationKey.sol", "utf8")).to.equal(
      renderSolidityKey(options),
    );
    expect(readFileSync("client/proof/generated/agentAuthorizationKey.ts", "utf8")).to.equal(
      renderTypeScriptKey(options),
    );
  });

  for (const [name, text] of Object.entries({
    "no JSON": "{",
    "a number": "1",
    "no object": "null",
    "a missing point": JSON.stringify({ alpha: ["0x00"] }),
    "a decimal coordinate": readFileSync(STORED, "utf8").replace(/"0x[0-9a-f]{64}"/, '"17"'),
    "a coordinate too many": readFileSync(STORED, "utf8").replace(
      '"alpha": [',
      `"alpha": ["0x${"0".repeat(64)}",`,
    ),
  })) {
    it(`refuses ${name} as a stored key`, () => {
      expect(outcome(() => parseVerifyingKey(text))).to.equal("KEY_MALFORMED");
    });
  }
});
