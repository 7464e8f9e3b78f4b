import { expect } from "chai";
import { expiry, expiryAfter, isLive, NO_EXPIRY } from "../../../client/policy/index.ts";
import { codeOf } from "../support.ts";

describe("policy/expiry", () => {
  it("rounds up to the hour and keeps one that is on it", () => {
    expect(expiryAfter({ now: 7200n, seconds: 1n })).to.equal(10_800n);
    expect(expiryAfter({ now: 7200n, seconds: 3600n })).to.equal(10_800n);
    expect(expiryAfter({ now: 7201n, seconds: 3600n })).to.equal(14_400n);
  });

  it("accepts none and the last whole hour", () => {
    expect(expiry(NO_EXPIRY)).to.equal(2n ** 40n - 1n);
    const last = NO_EXPIRY - (NO_EXPIRY % 3600n);
    expect(expiry(last)).to.equal(last);
  });

  for (const bad of [-3600n, 0n, 1n, 3599n, 3601n, NO_EXPIRY - 1n, NO_EXPIRY + 1n, 2n ** 64n]) {
    it(`refuses ${bad}`, () => {
      expect(codeOf(() => expiry(bad))).to.equal("EXPIRY_MALFORMED");
    });
  }

  it("refuses what is not in the future or beyond 40 bits", () => {
    expect(codeOf(() => expiryAfter({ now: 7200n, seconds: 0n }))).to.equal("EXPIRY_PASSED");
    expect(codeOf(() => expiryAfter({ now: 7200n, seconds: -1n }))).to.equal("EXPIRY_PASSED");
    expect(codeOf(() => expiryAfter({ now: NO_EXPIRY - 10n, seconds: 5n }))).to.equal("EXPIRY_MALFORMED");
  });

  it("holds through the second of the expiry", () => {
    const end = expiry(7200n);
    expect([isLive(end, 7199n), isLive(end, 7200n), isLive(end, 7201n)]).to.deep.equal([true, true, false]);
  });
});
