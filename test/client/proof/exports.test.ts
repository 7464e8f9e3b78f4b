import { readFileSync } from "node:fs";
import { expect } from "chai";
import * as proof from "../../../client/proof/index.ts";

describe("proof: what it exports", () => {
  it("is just this", () => {
    expect(Object.keys(proof).sort()).to.deep.equal([
      "AGENT_AUTHORIZATION_KEY",
      "AGENT_AUTHORIZATION_KEY_HASH",
      "AuthorizationKeeper",
      "ChallengeBook",
      "DISCLOSE",
      "GRACE_SECONDS",
      "OFF_CHAIN",
      "PreparedAuthorization",
      "ProofError",
      "SnarkjsProver",
      "ZERO_SCOPE",
      "actionChallenge",
      "canonicalInputs",
      "circuitInputs",
      "contractAudience",
      "didAudience",
      "encodeForContract",
      "finalityDelay",
      "generateChallenge",
      "hashToG1",
      "hiddenInputs",
      "importAuthorization",
      "parsePresentation",
      "parseRequest",
      "parseVerifyingKey",
      "prepare",
      "present",
      "presentationRequest",
      "pseudonymId",
      "sameInputs",
      "serializePresentation",
      "serializeRequest",
      "verifyPresentation",
      "verifyingKey",
      "webAudience",
      "witnessRoots",
    ]);
  });

  it("has every error code explained", () => {
    const source = readFileSync("client/proof/errors.ts", "utf8");
    const codes = [...source.matchAll(/^ {2}\| "([A-Z0-9_]+)"/gm)].map(([, code]) => code ?? "");
    const explained = readFileSync("docs/errors.md", "utf8");
    expect(codes.length).to.be.greaterThan(50);
    expect(codes.filter((code) => !explained.includes(`\`${code}\``))).to.deep.equal([]);
  });
});
