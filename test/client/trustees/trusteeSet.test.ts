import { expect } from "chai";
import { hex32 } from "../../../client/core/index.ts";
import { ALL_CAPABILITIES, NO_HASH, type TrusteeCapability } from "../../../client/policy/index.ts";
import {
  makeTrusteeSet,
  type TrusteeConsent,
  type TrusteeSetOptions,
  withShareSet,
} from "../../../client/trustees/index.ts";
import { LOCATION, POLICY } from "../policy/fixtures.ts";
import { codeOf } from "../support.ts";
import { alike, consentOf, OFFER, setOf } from "./support.ts";

const ADMIN: TrusteeCapability = "ADMIN_AUTHZ";

describe("trustees/makeTrusteeSet", () => {
  let consents: readonly TrusteeConsent[];

  before(async () => {
    consents = await Promise.all([0, 1, 2, 3, 4].map((i) => consentOf(i)));
  });

  const make = (options: Partial<TrusteeSetOptions> = {}) =>
    makeTrusteeSet({ location: LOCATION, policy: POLICY, consents, ...options });
  const refusal = (options: Partial<TrusteeSetOptions>) => codeOf(() => make(options));

  it("counts who has what, asks for most of them, and waits 14 days with a window of 7", async () => {
    const { settings } = await setOf([
      ALL_CAPABILITIES,
      ["REVOKE_AUTHZ", ADMIN],
      [ADMIN],
      [ADMIN],
      ["RECOVERY_SHARE"],
    ]);
    expect(settings.quorums).to.deep.equal({
      RECOVERY_SHARE: { count: 2, quorum: 2 },
      REVOKE_AUTHZ: { count: 2, quorum: 2 },
      PROVISION_AUTHZ: { count: 1, quorum: 1 },
      ADMIN_AUTHZ: { count: 4, quorum: 3 },
    });
    expect(settings).to.include({ delay: 1_209_600, window: 604_800, shareSet: NO_HASH });
  });

  it("takes other quorums, delay, window and share set", () => {
    const shareSet = hex32(`0x${"5e".repeat(32)}`);
    const { settings } = make({ quorums: { ADMIN_AUTHZ: 4 }, delay: 3600, window: 86_400, shareSet });
    expect(settings.quorums.ADMIN_AUTHZ).to.deep.equal({ count: 5, quorum: 4 });
    expect(settings.quorums.REVOKE_AUTHZ).to.deep.equal({ count: 5, quorum: 3 });
    expect(settings).to.include({ delay: 3600, window: 86_400, shareSet });
  });

  it("hides the same trustees behind another root each time", () => {
    const [one, other] = [make(), make()];
    expect(one.settings.root).not.to.equal(other.settings.root);
    const salts = [...one.trustees, ...other.trustees].map(({ salt }) => salt);
    expect(new Set(salts).size).to.equal(salts.length);
  });

  it("makes the same set of consents in any order, but for the salts", () => {
    const { trustees } = make({ consents: [...consents].reverse() });
    expect(trustees.map(({ key }) => key)).to.have.deep.members(consents.map(({ key }) => key));
  });

  it("refuses nobody, one key twice, and a consent that was altered", () => {
    const [first, ...others] = consents;
    if (first === undefined) return expect.fail("no consent");
    expect(refusal({ consents: [] })).to.equal("TRUSTEES_TOO_FEW");
    expect(refusal({ consents: [...consents, first] })).to.equal("TRUSTEE_DUPLICATE");
    const more = { ...first, deadline: first.deadline + 1n };
    expect(refusal({ consents: [more, ...others] })).to.equal("TRUSTEE_CONSENT_MISMATCH");
  });

  it("refuses one key twice, also with consents to different things", async () => {
    const less = await consentOf(0, [ADMIN]);
    expect(refusal({ consents: [...consents, less] })).to.equal("TRUSTEE_DUPLICATE");
  });

  it("refuses consents that end before the set may come into force, and takes the last second", () => {
    expect(refusal({ until: OFFER.deadline })).to.equal(undefined);
    expect(refusal({ until: OFFER.deadline + 1n })).to.equal("TRUSTEE_CONSENT_ENDS_EARLY");
  });

  it("refuses fewer than three who recover, and quorums of one or more than there are", () => {
    for (const count of [1, 2]) {
      expect(refusal({ consents: consents.slice(0, count) })).to.equal("TRUSTEE_QUORUM_INVALID");
    }
    expect(make({ consents: consents.slice(0, 3) }).settings.quorums.ADMIN_AUTHZ.quorum).to.equal(2);
    for (const quorum of [0, 1, 6, 2.5]) {
      expect(refusal({ quorums: { ADMIN_AUTHZ: quorum } }), `${quorum}`).to.equal("TRUSTEE_QUORUM_INVALID");
    }
    expect(refusal({ quorums: { REVOKE_AUTHZ: 0 } })).to.equal("TRUSTEE_QUORUM_INVALID");
    expect(refusal({ quorums: { REVOKE_AUTHZ: 1 } })).to.equal(undefined);
  });

  it("refuses delays and windows out of bounds", () => {
    expect(refusal({ delay: 90 * 86_400 + 1 })).to.equal("SETTING_OUT_OF_RANGE");
    expect(refusal({ delay: 0 })).to.equal("SETTING_OUT_OF_RANGE");
    expect(refusal({ window: 86_399 })).to.equal("SETTING_OUT_OF_RANGE");
    expect(refusal({ window: 30 * 86_400 + 1 })).to.equal("SETTING_OUT_OF_RANGE");
  });

  it("changes nothing but the share set by withShareSet", async () => {
    const set = await alike(3);
    const shareSet = hex32(`0x${"5e".repeat(32)}`);
    expect(withShareSet(set, shareSet)).to.deep.equal({ ...set, settings: { ...set.settings, shareSet } });
  });
});
