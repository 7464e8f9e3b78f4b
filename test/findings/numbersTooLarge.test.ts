import { expect } from "chai";
import {
  parseRecoveryConsent,
  parseRecoveryRequest,
  parseTrusteeConsent,
  parseTrusteeOffer,
  parseTrusteeRevoke,
} from "../../client/app/index.ts";
import { codeOf } from "../client/support.ts";

const HUGE = (2n ** 64n).toString();
const place = { chainId: "1", registry: `0x${"11".repeat(20)}`, policy: "7" };
const key = { kind: 1, key: `0x${"22".repeat(20)}`, signature: "0x00" };

describe("findings: numbers that no registry could take", () => {
  it("are refused where a text is read, as the text's fault", () => {
    const text = (type: string, fields: object) => JSON.stringify({ type, ...fields });
    const power = { ...key, authorizations: ["ADMIN"], deadline: "1" };
    const settings = { grantQuorum: 1, adminQuorum: 1, contractKeysCount: false };
    const rules = { ...settings, rootCommitment: `0x${"00".repeat(32)}` };
    const cases: readonly (readonly [(text: string) => unknown, string, object, object])[] = [
      [
        parseTrusteeOffer,
        "dkms-trustee-offer-v1",
        { ...place, capabilities: [], deadline: "1" },
        { deadline: HUGE },
      ],
      [
        parseTrusteeConsent,
        "dkms-trustee-consent-v1",
        { ...key, capabilities: [], deadline: "1" },
        { deadline: HUGE },
      ],
      [parseRecoveryConsent, "dkms-recovery-consent-v1", { ...power, recovery: "0" }, { recovery: HUGE }],
      [parseRecoveryConsent, "dkms-recovery-consent-v1", { ...power, recovery: "0" }, { deadline: HUGE }],
      [
        parseRecoveryRequest,
        "dkms-recovery-request-v1",
        { ...place, recovery: "0", agents: [power], settings: rules },
        { agents: [{ ...power, deadline: HUGE }] },
      ],
      [
        parseTrusteeRevoke,
        "dkms-trustee-revoke-v1",
        { policy: "7", epoch: 1, trusteeSet: 1, agents: [], nonce: "0", deadline: "1" },
        { trusteeSet: 2 ** 32 },
      ],
    ];
    for (const [parse, type, good, bad] of cases) {
      expect(
        codeOf(() => parse(text(type, good))),
        type,
      ).to.equal(undefined);
      expect(
        codeOf(() => parse(text(type, { ...good, ...bad }))),
        type,
      ).to.equal("MESSAGE_MALFORMED");
    }
  });
});
