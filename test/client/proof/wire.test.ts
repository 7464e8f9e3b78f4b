import { expect } from "chai";
import fc from "fast-check";
import { COORDINATE_MODULUS, SCALAR_MODULUS } from "../../../client/core/index.ts";
import {
  parsePresentation,
  parseRequest,
  serializePresentation,
  serializeRequest,
} from "../../../client/proof/index.ts";
import { check, outcome, request, scenario, show } from "./support.ts";

const word = (value: bigint) => `0x${value.toString(16).padStart(64, "0")}`;

describe("proof/wire", () => {
  const s = scenario();
  const asked = request();
  const shown = show(s, asked);
  const text = serializePresentation(shown);
  const altered = (changes: Record<string, unknown>) => JSON.stringify({ ...JSON.parse(text), ...changes });
  const { audience: _, ...place } = s.context;
  const message = { ...place, request: asked };
  const requestText = serializeRequest(message);
  const alteredRequest = (changes: Record<string, unknown>) =>
    JSON.stringify({ ...JSON.parse(requestText), ...changes });

  it("round-trips a presentation, which still verifies", () => {
    const parsed = parsePresentation(text);
    expect(parsed).to.deep.equal(shown);
    expect(outcome(() => check(s, asked, parsed))).to.equal("accepted");
  });

  it("round-trips a request, without an audience", () => {
    expect(parseRequest(requestText)).to.deep.equal(message);
    expect(requestText).not.to.contain("audience");
  });

  for (const [name, code, bad] of [
    ["no JSON", "WIRE_NOT_JSON", "{"],
    ["an array", "WIRE_NOT_JSON", "[]"],
    ["null", "WIRE_NOT_JSON", "null"],
    ["another type", "WIRE_TYPE_UNKNOWN", altered({ type: "dkms-presentation-v2" })],
    ["a request", "WIRE_TYPE_UNKNOWN", requestText],
    ["too long a text", "WIRE_TOO_LONG", text + " ".repeat(4096)],
    ["an unknown field", "WIRE_FIELD_UNKNOWN", altered({ extra: 1 })],
    ["a field of the prototype", "WIRE_FIELD_UNKNOWN", text.replace("{", '{"__proto__":{},')],
    ["a missing field", "WIRE_FIELD_MISSING", altered({ sZ: undefined })],
    ["a number", "WIRE_FIELD_MALFORMED", altered({ sZ: 1 })],
    ["a decimal string", "WIRE_FIELD_MALFORMED", altered({ sZ: "1" })],
    ["upper-case hex", "WIRE_FIELD_MALFORMED", altered({ sZ: `0x${"0".repeat(63)}A` })],
    ["a list of one word", "WIRE_FIELD_MALFORMED", altered({ sZ: [word(1n)] })],
    ["31 bytes", "WIRE_FIELD_MALFORMED", altered({ sZ: `0x${"0".repeat(62)}` })],
    ["33 bytes", "WIRE_FIELD_MALFORMED", altered({ sZ: `0x${"0".repeat(66)}` })],
    ["a point of one coordinate", "WIRE_FIELD_MALFORMED", altered({ a: [word(1n)] })],
    ["a point of three coordinates", "WIRE_FIELD_MALFORMED", altered({ a: [word(1n), word(2n), word(1n)] })],
    [
      "a point that is no list",
      "WIRE_FIELD_MALFORMED",
      altered({ a: { 0: word(1n), 1: word(2n), length: 2 } }),
    ],
    ["a scalar r", "SCALAR_NOT_CANONICAL", altered({ sZ: word(SCALAR_MODULUS) })],
    ["a root r", "SCALAR_NOT_CANONICAL", altered({ provisionedRoot: word(SCALAR_MODULUS) })],
    ["a coordinate p", "COORDINATE_NOT_CANONICAL", altered({ a: [word(COORDINATE_MODULUS), word(0n)] })],
  ] as const) {
    it(`refuses ${name} as a presentation`, () => {
      expect(outcome(() => parsePresentation(bad))).to.equal(code);
    });
  }

  for (const [name, code, bad] of [
    ["no JSON", "WIRE_NOT_JSON", "x"],
    ["a presentation", "WIRE_TYPE_UNKNOWN", text],
    [
      "an audience, which is not the verifier's to say",
      "WIRE_FIELD_UNKNOWN",
      alteredRequest({ audience: word(1n) }),
    ],
    ["a missing field", "WIRE_FIELD_MISSING", alteredRequest({ challenge: undefined })],
    ["a number that is no string", "WIRE_FIELD_MALFORMED", alteredRequest({ minAgents: 10 })],
    ["a leading zero", "WIRE_FIELD_MALFORMED", alteredRequest({ minAgents: "010" })],
    ["a negative number", "WIRE_FIELD_MALFORMED", alteredRequest({ minAgents: "-1" })],
    [
      "a number beyond 64 bits",
      "REQUEST_NUMBER_OUT_OF_RANGE",
      alteredRequest({ minAgents: (1n << 64n).toString() }),
    ],
    ["a short challenge", "WIRE_FIELD_MALFORMED", alteredRequest({ challenge: "0x00" })],
    [
      "a challenge in upper case",
      "WIRE_FIELD_MALFORMED",
      alteredRequest({ challenge: `0x${"AB".repeat(32)}` }),
    ],
    ["an address that is no string", "WIRE_FIELD_MALFORMED", alteredRequest({ registry: 7 })],
    ["disclose = 4", "DISCLOSE_INVALID", alteredRequest({ disclose: "4" })],
    ["disclose = 8", "DISCLOSE_INVALID", alteredRequest({ disclose: "8" })],
    ["no scope", "SCOPE_MISSING", alteredRequest({ scope: word(0n) })],
  ] as const) {
    it(`refuses ${name} as a request`, () => {
      expect(outcome(() => parseRequest(bad))).to.equal(code);
    });
  }

  it("gives typed errors for any text at all", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (anything) => {
        expect(outcome(() => parsePresentation(anything))).to.match(/^WIRE_/);
        expect(outcome(() => parseRequest(anything))).to.match(/^WIRE_/);
      }),
      { seed: 3 },
    );
  });
});
