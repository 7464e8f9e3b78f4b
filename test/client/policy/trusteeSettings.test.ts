import { readFileSync } from "node:fs";
import { expect } from "chai";
import { TypedDataEncoder } from "ethers";
import {
  ALL_CAPABILITIES,
  CAPABILITY_BITS,
  capabilitiesFromBits,
  capabilityBits,
  checkTrusteeSettings,
  isNobody,
  MAX_RECOVERY_DELAY,
  NO_HASH,
  NO_TRUSTEES,
  normalizeCapabilities,
  type TrusteeCapability,
  type TrusteeSettings,
  trusteeQuorumsFrom,
  trusteeSettingsHash,
  trusteeSettingsStruct,
} from "../../../client/policy/index.ts";
import { hashOf } from "../../recovery/trusteeSet.ts";
import { codeOf } from "../support.ts";
import { TRUSTEES } from "./fixtures.ts";

describe("policy/capabilities", () => {
  it("have the bits of the Solidity library", () => {
    const source = readFileSync("contracts/types/TrusteeCapabilities.sol", "utf8");
    const constants = [...source.matchAll(/constant ([A-Z_]+) = (\d+);/g)].map(([, name, bits]) => [
      name,
      Number(bits),
    ]);
    expect(Object.fromEntries(constants)).to.deep.equal({ ...CAPABILITY_BITS, ALL: 15 });
  });

  it("go to bits and back, for all of them", () => {
    for (let bits = 0; bits <= 15; bits++) {
      expect(capabilityBits(capabilitiesFromBits(bits))).to.equal(bits);
    }
    expect(capabilitiesFromBits(15)).to.deep.equal(ALL_CAPABILITIES);
  });

  it("refuse other bits and names", () => {
    for (const bits of [-1, 16, 255, 1.5, Number.NaN]) {
      expect(codeOf(() => capabilitiesFromBits(bits))).to.equal("CAPABILITIES_UNKNOWN");
    }
    for (const name of ["ADMIN", "toString", ""]) {
      expect(codeOf(() => capabilityBits([name as TrusteeCapability]))).to.equal("CAPABILITIES_UNKNOWN");
    }
  });

  it("are put in order, each once", () => {
    expect(normalizeCapabilities(["ADMIN_AUTHZ", "REVOKE_AUTHZ", "ADMIN_AUTHZ"])).to.deep.equal([
      ...["REVOKE_AUTHZ", "ADMIN_AUTHZ"],
    ]);
  });
});

describe("policy/trusteeSettings", () => {
  const check = (more: Partial<TrusteeSettings>) =>
    codeOf(() => checkTrusteeSettings({ ...TRUSTEES, ...more }));
  const quorum = (capability: TrusteeCapability, count: number, quorum: number) =>
    check({ quorums: { ...TRUSTEES.quorums, [capability]: { count, quorum } } });

  it("take what could serve, and nobody", () => {
    expect(checkTrusteeSettings(TRUSTEES)).to.equal(TRUSTEES);
    expect(checkTrusteeSettings(NO_TRUSTEES)).to.equal(NO_TRUSTEES);
    expect([isNobody(TRUSTEES), isNobody(NO_TRUSTEES)]).to.deep.equal([false, true]);
  });

  it("take 3 or more trustees with ADMIN_AUTHZ, of whom 2 or more act together", () => {
    for (const [count, needed] of [
      [3, 2],
      [3, 3],
      [32, 2],
      [32, 32],
      [0, 0],
    ] as const) {
      expect(quorum("ADMIN_AUTHZ", count, needed), `${needed} of ${count}`).to.equal(undefined);
    }
    for (const [count, needed] of [
      ...[
        [2, 2],
        [1, 1],
        [3, 1],
        [3, 0],
        [3, 4],
        [0, 2],
        [33, 2],
        [-3, -2],
        [3.5, 2],
        [3, Number.NaN],
      ],
    ] as const) {
      expect(quorum("ADMIN_AUTHZ", count ?? 0, needed ?? 0), `${needed} of ${count}`).to.equal(
        "TRUSTEE_QUORUM_INVALID",
      );
    }
  });

  for (const capability of ALL_CAPABILITIES.filter((name) => name !== "ADMIN_AUTHZ")) {
    it(`take 1 or more trustees with ${capability}, or none`, () => {
      const most = capability === "RECOVERY_SHARE" ? 255 : 32;
      for (const [count, needed] of [
        [1, 1],
        [2, 1],
        [most, most],
        [0, 0],
      ] as const) {
        expect(quorum(capability, count, needed), `${needed} of ${count}`).to.equal(undefined);
      }
      for (const [count, needed] of [
        [1, 0],
        [1, 2],
        [0, 1],
        [most + 1, 1],
        [-1, -1],
      ] as const) {
        expect(quorum(capability, count, needed), `${needed} of ${count}`).to.equal("TRUSTEE_QUORUM_INVALID");
      }
    });
  }

  it("have delays to 90 days, and windows from one day to 30", () => {
    for (const delay of [1, MAX_RECOVERY_DELAY]) expect(check({ delay })).to.equal(undefined);
    for (const delay of [0, -1, MAX_RECOVERY_DELAY + 1, 1.5, Number.NaN]) {
      expect(check({ delay }), `delay ${delay}`).to.equal("SETTING_OUT_OF_RANGE");
    }
    for (const window of [86_400, 30 * 86_400]) expect(check({ window })).to.equal(undefined);
    for (const window of [0, 86_399, 30 * 86_400 + 1, 86_400.5]) {
      expect(check({ window }), `window ${window}`).to.equal("SETTING_OUT_OF_RANGE");
    }
  });

  it("have a root exactly if there is somebody, and nothing of nobody", () => {
    expect(check({ root: NO_HASH })).to.equal("TRUSTEE_SETTINGS_MALFORMED");
    expect(check({ quorums: NO_TRUSTEES.quorums })).to.equal("TRUSTEE_SETTINGS_MALFORMED");
    const { root, delay, window, shareSet } = TRUSTEES;
    for (const rest of [{ root }, { delay }, { window }, { shareSet }]) {
      expect(codeOf(() => checkTrusteeSettings({ ...NO_TRUSTEES, ...rest }))).to.equal(
        "TRUSTEE_SETTINGS_MALFORMED",
      );
    }
    expect(check({ shareSet: NO_HASH })).to.equal(undefined);
  });

  it("become the registry's struct and come back", () => {
    const struct = trusteeSettingsStruct(TRUSTEES);
    expect(struct).to.deep.equal({
      ...{ root: TRUSTEES.root, delay: TRUSTEES.delay, window: TRUSTEES.window, shareSet: TRUSTEES.shareSet },
      ...{ shareCount: 5, shareQuorum: 3, revokeCount: 2, revokeQuorum: 2 },
      ...{ provisionCount: 0, provisionQuorum: 0, adminCount: 5, adminQuorum: 3 },
    });
    expect(trusteeQuorumsFrom((field) => struct[field] as number)).to.deep.equal(TRUSTEES.quorums);
  });

  it("are hashed as the registry does, with every member; nobody is zero", () => {
    const struct = trusteeSettingsStruct(TRUSTEES);
    expect(trusteeSettingsHash(TRUSTEES)).to.equal(hashOf(struct as never));
    expect(trusteeSettingsHash(NO_TRUSTEES)).to.equal(NO_HASH);
    const others = [
      TRUSTEES,
      ...[{ root: NO_HASH.replace("0x00", "0x01") as typeof NO_HASH }, { delay: 1 }, { window: 1 }],
      { shareSet: NO_HASH },
      ...ALL_CAPABILITIES.flatMap((name) =>
        [{ count: 9 }, { quorum: 9 }].map((more) => ({
          quorums: { ...TRUSTEES.quorums, [name]: { ...TRUSTEES.quorums[name], ...more } },
        })),
      ),
    ].map((more) => trusteeSettingsHash({ ...TRUSTEES, ...more }));
    expect(new Set(others).size).to.equal(others.length);
    const source = readFileSync("contracts/types/TrusteeSettings.sol", "utf8");
    const literals = /TYPEHASH = keccak256\(\s*((?:"[^"]*"\s*)+)\)/.exec(source)?.[1] ?? "";
    const type = [...literals.matchAll(/"([^"]*)"/g)].map(([, text]) => text).join("");
    const fields = type.slice(type.indexOf("(") + 1, -1).split(",");
    const types = {
      TrusteeSettings: fields.map((field) => {
        const [kind = "", name = ""] = field.split(" ");
        return { type: kind, name };
      }),
    };
    expect(TypedDataEncoder.hashStruct("TrusteeSettings", types, { ...struct })).to.equal(
      trusteeSettingsHash(TRUSTEES),
    );
  });
});
