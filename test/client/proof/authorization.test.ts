import { inspect } from "node:util";
import { expect } from "chai";
import { SCALAR_MODULUS } from "../../../client/core/index.ts";
import {
  hiddenInputs,
  importAuthorization,
  PreparedAuthorization,
  present,
  verifyingKey,
} from "../../../client/proof/index.ts";
import { encodeG1, encodeG2 } from "../../../client/proof/points.ts";
import { authorize, check, outcome, ROOTS, request, scenario, show } from "./support.ts";
import { trapdoorKey } from "./trapdoor.ts";

describe("proof/authorization", () => {
  const s = scenario();
  const { a, b, c } = s.authorization.points();
  const proof = { a: encodeG1(a), b: encodeG2(b), c: encodeG1(c) };

  it("never shows base proof or secrets: printed, inspected, in JSON, spread or cloned", () => {
    const hidden = hiddenInputs(s.credential);
    const secrets = [
      ...proof.a,
      ...proof.b,
      ...proof.c,
      ...Object.values(hidden.reveal()),
      s.credential.agent.secret.reveal(),
      s.credential.agent.blinding.reveal(),
      s.credential.policy.secret.reveal(),
      s.credential.policy.salt.reveal(),
    ];
    const holder = { authorization: s.authorization, credential: s.credential, hidden };
    const shown = [
      inspect(holder, { depth: 9, showHidden: true }),
      JSON.stringify(holder, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value)),
      `${s.authorization} ${hidden}`,
      inspect({ ...s.authorization }, { depth: 9 }),
      inspect(structuredClone({ ...s.authorization }), { depth: 9 }),
    ].join("\n");
    for (const secret of secrets) {
      expect(shown).not.to.contain(secret.toString());
      expect(shown).not.to.contain(secret.toString(16));
    }
    expect(shown).to.contain("[prepared authorization]");
  });

  it("never puts secrets into errors", () => {
    const { credential } = s;
    const bad = { ...s, request: request({ disclose: 4, scope: request().scope }) };
    try {
      present(bad);
      expect.fail("must throw");
    } catch (error) {
      const text = inspect(error, { depth: 9, showHidden: true });
      expect(text).not.to.contain(credential.agent.secret.reveal().toString());
      expect(text).to.contain("DISCLOSE_INVALID");
    }
  });

  it("survives export and import", () => {
    const bytes = s.authorization.export();
    expect(bytes.length).to.equal(385);
    const authorization = importAuthorization(bytes);
    const asked = request();
    expect(outcome(() => check(s, asked, show({ ...s, authorization }, asked)))).to.equal("accepted");
  });

  it("refuses to import what is damaged", () => {
    const bytes = s.authorization.export();
    const damaged: readonly (readonly [string, Uint8Array])[] = [
      ["short", bytes.slice(1)],
      ["long", Uint8Array.of(...bytes, 0)],
      ["another version", bytes.with(0, 2)],
      ["a root beyond r", bytes.with(33, 0xff)],
      ["a point off the curve", bytes.with(160, (bytes[160] ?? 0) ^ 1)],
      ["zero points", Uint8Array.from(bytes, (byte, i) => (i < 129 ? byte : 0))],
    ];
    for (const [name, bad] of damaged) {
      expect(
        outcome(() => importAuthorization(bad)),
        name,
      ).to.equal("AUTHORIZATION_MALFORMED");
    }
  });

  it("presents no more once erased", () => {
    const authorization = importAuthorization(s.authorization.export());
    authorization.erase();
    expect(outcome(() => show({ ...s, authorization }, request()))).to.equal("AUTHORIZATION_ERASED");
    expect(outcome(() => authorization.export())).to.equal("AUTHORIZATION_ERASED");
  });

  it("is refused under another verifying key", () => {
    const trapdoor = trapdoorKey();
    const key = verifyingKey(trapdoor.coordinates);
    const authorization = authorize(trapdoor, key, s.credential);
    expect(outcome(() => show({ ...s, authorization }, request()))).to.equal("AUTHORIZATION_FOR_OTHER_KEY");
  });

  it("refuses a base proof with zero or invalid points", () => {
    const make = (changes: object) => () =>
      new PreparedAuthorization(s.key.vkHash, ROOTS, { ...proof, ...changes });
    expect(outcome(make({}))).to.equal("accepted");
    expect(outcome(make({ a: [0n, 0n] }))).to.equal("AUTHORIZATION_MALFORMED");
    expect(outcome(make({ b: [0n, 0n, 0n, 0n] }))).to.equal("AUTHORIZATION_MALFORMED");
    expect(outcome(make({ c: [1n, SCALAR_MODULUS] }))).to.equal("AUTHORIZATION_MALFORMED");
  });
});
