import { expect } from "chai";
import {
  checkRecoveryRequest,
  type RecoveryConsent,
  type RecoveryRequest,
  recoveryRequestWords,
  requestRecovery,
} from "../../../../client/app/index.ts";
import type { Registry } from "../../../../client/chain/index.ts";
import { contractKey } from "../../../../client/keys/index.ts";
import {
  type Authorizations,
  acceptRecovery,
  buildRecoveryAcceptance,
  NO_ROOT_KEYS,
  rootCommitment,
} from "../../../../client/policy/index.ts";
import { type agent, LAPTOP, LOCATION, NOW, PHONE, POLICY, ROOT_SET, SERVER } from "../../policy/fixtures.ts";
import { codeOf } from "../../support.ts";

/** Nothing here asks a node. */
const registry = { location: LOCATION } as unknown as Registry;
const POWER: Authorizations = ["PROVE_GRANT", "PROVE_REVOKE", "ADMIN"];

async function consent(
  { wallet, key }: ReturnType<typeof agent>,
  more: { readonly recovery?: bigint; readonly authorizations?: Authorizations } = {},
): Promise<RecoveryConsent & { readonly recovery: bigint }> {
  const { recovery = 3n, authorizations = POWER } = more;
  const offer = buildRecoveryAcceptance({
    ...{ policy: POLICY, recovery, now: NOW, power: { key, authorizations } },
  });
  const acceptance = await acceptRecovery(wallet, LOCATION, offer);
  return { recovery, power: offer.power, acceptance };
}

describe("app/trustees/recoveryRequest", () => {
  let consents: readonly (RecoveryConsent & { readonly recovery: bigint })[];
  let request: RecoveryRequest;

  before(async () => {
    consents = await Promise.all([SERVER, LAPTOP].map((one) => consent(one)));
    request = make();
  });

  const make = (more: Partial<Parameters<typeof requestRecovery>[0]> = {}) =>
    requestRecovery({ registry, policy: POLICY, consents, nextRootSet: ROOT_SET, ...more });

  describe("requestRecovery", () => {
    it("names the new devices, safe rules, and the next root keys", () => {
      expect(request).to.deep.equal({
        ...{ location: LOCATION, policy: POLICY, recovery: 3n },
        agents: consents.map(({ power, acceptance }) => ({ power, acceptance })),
        settings: {
          ...{ grantQuorum: 1, adminQuorum: 1, contractKeysCount: false },
          rootCommitment: rootCommitment(ROOT_SET),
        },
      });
      expect(make({ nextRootSet: undefined }).settings.rootCommitment).to.equal(NO_ROOT_KEYS);
    });

    it("asks for most of three ADMINs; contracts and others with power do not count", async () => {
      const third = await consent(PHONE);
      expect(make({ consents: [...consents, third] }).settings.adminQuorum).to.equal(2);
      const power = await consent(PHONE, { authorizations: ["PROVE_REVOKE"] });
      expect(make({ consents: [...consents, power] }).settings.adminQuorum).to.equal(1);
      const contract = { ...third.power, key: contractKey(`0x${"c0".repeat(20)}`) };
      const wallet = { ...third, power: contract };
      expect(make({ consents: [...consents, wallet] }).settings.adminQuorum).to.equal(1);
    });

    it("takes other rules, within their bounds", () => {
      expect(make({ settings: { adminQuorum: 2 } }).settings.adminQuorum).to.equal(2);
      expect(codeOf(() => make({ settings: { adminQuorum: 0 } }))).to.equal("SETTING_OUT_OF_RANGE");
      expect(codeOf(() => make({ settings: { grantQuorum: 17 } }))).to.equal("SETTING_OUT_OF_RANGE");
    });

    it("refuses no consents, and those of two recoveries", async () => {
      expect(codeOf(() => make({ consents: [] }))).to.equal("RECOVERY_REQUEST_STALE");
      const later = await consent(PHONE, { recovery: 4n });
      expect(codeOf(() => make({ consents: [...consents, later] }))).to.equal("RECOVERY_REQUEST_STALE");
    });

    it("refuses an acceptance of something else", () => {
      const [first] = consents;
      if (first === undefined) return expect.fail("no consent");
      const more = { ...first, power: { ...first.power, authorizations: ["ADMIN"] as const } };
      expect(codeOf(() => make({ consents: [more] }))).to.equal("ACCEPTANCE_MISMATCH");
      expect(codeOf(() => make({ policy: LAPTOP.commitment as never }))).to.equal("ACCEPTANCE_MISMATCH");
    });
  });

  describe("checkRecoveryRequest", () => {
    const check = (more: Partial<RecoveryRequest>) =>
      codeOf(() => checkRecoveryRequest({ ...request, ...more }));

    it("takes the owner's", () => expect(check({})).to.equal(undefined));

    it("refuses acceptances that were altered, swapped, or of another policy, recovery or registry", () => {
      const [one, other] = request.agents;
      if (one === undefined || other === undefined) return expect.fail("no agents");
      const { acceptance } = one;
      const later = { ...one, acceptance: { ...acceptance, deadline: acceptance.deadline + 1n } };
      const swapped = { ...one, acceptance: other.acceptance };
      for (const agents of [
        [later, other],
        [one, { ...other, power: one.power }],
        [swapped, other],
      ]) {
        expect(check({ agents })).to.equal("ACCEPTANCE_MISMATCH");
      }
      expect(check({ recovery: 4n })).to.equal("ACCEPTANCE_MISMATCH");
      expect(check({ policy: LAPTOP.commitment as never })).to.equal("ACCEPTANCE_MISMATCH");
      expect(check({ location: { ...LOCATION, chainId: 1n } })).to.equal("ACCEPTANCE_MISMATCH");
      const empty = { ...one, acceptance: { ...acceptance, signature: "0x" as const } };
      expect(check({ agents: [empty] })).to.equal("SIGNATURE_MALFORMED");
    });
  });

  describe("recoveryRequestWords", () => {
    it("are twelve, and the same for the same request", () => {
      expect(recoveryRequestWords(request)).to.have.length(12);
      expect(recoveryRequestWords(make())).to.deep.equal(recoveryRequestWords(request));
    });

    it("change with every member of what the recovery will do", () => {
      const { agents, settings } = request;
      const [one, other] = agents;
      if (one === undefined || other === undefined) return expect.fail("no agents");
      const power = (more: object) => ({ agents: [{ ...one, power: { ...one.power, ...more } }, other] });
      const variants: readonly Partial<RecoveryRequest>[] = [
        {},
        { location: { ...LOCATION, chainId: 1n } },
        { location: { ...LOCATION, registry: PHONE.key.material as typeof LOCATION.registry } },
        { policy: LAPTOP.commitment as never },
        { recovery: 4n },
        power({ key: PHONE.key }),
        power({ key: contractKey(SERVER.key.material) }),
        power({ authorizations: ["ADMIN"] }),
        { agents: [one] },
        { agents: [other, one] },
        { agents: [...agents, { ...one, power: { ...one.power, key: PHONE.key } }] },
        { settings: { ...settings, grantQuorum: 2 } },
        { settings: { ...settings, adminQuorum: 2 } },
        { settings: { ...settings, contractKeysCount: true } },
        { settings: { ...settings, rootCommitment: NO_ROOT_KEYS } },
      ];
      const words = variants.map((more) => recoveryRequestWords({ ...request, ...more }).join(" "));
      expect(new Set(words).size).to.equal(variants.length);
    });
  });
});
