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
});
