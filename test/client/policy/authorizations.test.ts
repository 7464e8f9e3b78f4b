import { expect } from "chai";
import {
  ALL_AUTHORIZATIONS,
  type Authorization,
  authorizationBits,
  authorizationsFromBits,
  normalizeAuthorizations,
} from "../../../client/policy/index.ts";
import { codeOf } from "../support.ts";

describe("policy/authorizations", () => {
  it("numbers the rights as requirement A2 settles it", () => {
    expect(authorizationsFromBits(15)).to.deep.equal(["PROVE", "PROVE_GRANT", "PROVE_REVOKE", "ADMIN"]);
    expect(ALL_AUTHORIZATIONS.map((name) => authorizationBits([name]))).to.deep.equal([1, 2, 4, 8]);
  });

  it("round-trips every set of rights", () => {
    for (let bits = 0; bits < 16; bits++) {
      expect(authorizationBits(authorizationsFromBits(bits))).to.equal(bits);
    }
  });

  it("brings rights in order and drops repetitions", () => {
    expect(normalizeAuthorizations(["ADMIN", "PROVE", "ADMIN"])).to.deep.equal(["PROVE", "ADMIN"]);
  });

  it("refuses unknown bits and names", () => {
    for (const bad of [-1, 16, 1.5, Number.NaN]) {
      expect(codeOf(() => authorizationsFromBits(bad))).to.equal("AUTHORIZATIONS_UNKNOWN");
    }
    expect(codeOf(() => authorizationBits(["OWNER" as Authorization]))).to.equal("AUTHORIZATIONS_UNKNOWN");
    expect(codeOf(() => authorizationBits(["constructor" as Authorization]))).to.equal(
      "AUTHORIZATIONS_UNKNOWN",
    );
  });
});
