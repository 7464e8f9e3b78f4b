import { readFileSync } from "node:fs";
import { expect } from "chai";
import { TypedDataEncoder } from "ethers";
import type { Hex } from "../../../client/core/index.ts";
import { contractKey, keyIdOf, webauthnKey } from "../../../client/keys/index.ts";
import {
  checkConsent,
  consentToTrust,
  consentTypedData,
  type TrusteeConsent,
} from "../../../client/trustees/index.ts";
import { LAPTOP, LOCATION, PHONE, POLICY } from "../policy/fixtures.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import { consentOf, OFFER, person } from "./support.ts";

describe("trustees/consent", () => {
  let consent: TrusteeConsent;

  before(async () => {
    consent = await consentOf(0);
  });

  const check = (more: Partial<TrusteeConsent>, place: Partial<typeof OFFER> = {}) =>
    codeOf(() => checkConsent({ ...OFFER, ...place }, { ...consent, ...more }));

  it("is signed as the Solidity struct, member for member", () => {
    const source = readFileSync("contracts/types/Trustee.sol", "utf8");
    const [, type] = /CONSENT_TYPEHASH = keccak256\(\s*"([^"]*)"/.exec(source) ?? [];
    const { types, primaryType, message } = consentTypedData(OFFER, PHONE.key);
    expect(TypedDataEncoder.from(structuredClone(types)).encodeType(primaryType)).to.equal(type);
    expect(message).to.deep.equal({
      ...{ policy: POLICY, kind: 1, key: PHONE.key.material, capabilities: 15, deadline: OFFER.deadline },
    });
  });

  it("holds for the offer that it answers", () => {
    expect(consent).to.deep.include({ key: person(0).key, capabilities: OFFER.capabilities });
    expect(check({})).to.equal(undefined);
  });

  it("holds for no other policy, chain, registry, capabilities or deadline", () => {
    expect(check({}, { policy: LAPTOP.commitment as never })).to.equal("TRUSTEE_CONSENT_MISMATCH");
    for (const location of [
      { ...LOCATION, chainId: 1n },
      { ...LOCATION, registry: PHONE.key.material as typeof LOCATION.registry },
    ]) {
      expect(check({}, { location })).to.equal("TRUSTEE_CONSENT_MISMATCH");
    }
    expect(check({ capabilities: ["ADMIN_AUTHZ"] })).to.equal("TRUSTEE_CONSENT_MISMATCH");
    expect(check({ deadline: consent.deadline + 1n })).to.equal("TRUSTEE_CONSENT_MISMATCH");
    expect(check({ deadline: 2n ** 64n })).to.equal("TRUSTEE_CONSENT_MISMATCH");
    expect(check({ key: person(1).key })).to.equal("TRUSTEE_CONSENT_MISMATCH");
  });

  it("holds for one kind of key only, where two kinds sign alike", () => {
    const publicKey = `0x${"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"}${"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"}`;
    const [synced, bound] = [false, true].map((deviceBound) => webauthnKey({ publicKey, deviceBound }));
    if (synced === undefined || bound === undefined) return expect.fail("no keys");
    expect(keyIdOf(synced)).to.equal(keyIdOf(bound));
    const digest = (key: typeof synced) => {
      const { domain, types, message } = consentTypedData(OFFER, key);
      return TypedDataEncoder.hash({ ...domain }, structuredClone(types), { ...message });
    };
    expect(digest(synced)).not.to.equal(digest(bound));
  });

  it("is refused with any bit of its signature altered", () => {
    const bytes = Buffer.from(consent.signature.slice(2), "hex");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const altered = Buffer.from(bytes);
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const signature: Hex = `0x${altered.toString("hex")}`;
      expect(check({ signature }), `bit ${bit}`).to.equal("TRUSTEE_CONSENT_MISMATCH");
    }
  });

  it("is refused if its signature is of another form", () => {
    for (const signature of ["0x", "0x00", `${consent.signature}00`, consent.signature.slice(0, -2)]) {
      expect(check({ signature: signature as Hex })).to.equal("TRUSTEE_CONSENT_MISMATCH");
    }
  });

  it("of a contract is left to the chain", () => {
    expect(check({ key: contractKey(`0x${"c0".repeat(20)}`), signature: "0x1234" })).to.equal(undefined);
  });

  describe("consentToTrust", () => {
    it("names capabilities in order, each once, and may agree to fewer", async () => {
      const some = await consentToTrust(person(0).wallet, {
        ...OFFER,
        capabilities: ["ADMIN_AUTHZ", "RECOVERY_SHARE", "ADMIN_AUTHZ"],
      });
      expect(some.capabilities).to.deep.equal(["RECOVERY_SHARE", "ADMIN_AUTHZ"]);
      expect(codeOf(() => checkConsent(OFFER, some))).to.equal(undefined);
    });

    it("refuses to be asked for nothing, or for what there is not", async () => {
      const ask = (capabilities: readonly string[]) =>
        codeOfAsync(() =>
          consentToTrust(person(0).wallet, { ...OFFER, capabilities: capabilities as never }),
        );
      expect(await ask([])).to.equal("TRUSTEE_INCAPABLE");
      expect(await ask(["ADMIN"])).to.equal("CAPABILITIES_UNKNOWN");
    });

    it("refuses a signer that signs as somebody else than it says", async () => {
      const liar = {
        getAddress: () => PHONE.wallet.getAddress(),
        signTypedData: LAPTOP.wallet.signTypedData.bind(LAPTOP.wallet),
      };
      expect(await codeOfAsync(() => consentToTrust(liar, OFFER))).to.equal("TRUSTEE_CONSENT_MISMATCH");
    });
  });
});
