import { expect } from "chai";
import {
  checkSettings,
  majorityOf,
  type PolicySettings,
  safeSettings,
  settingsFields,
  settingsFromFields,
  settingsStruct,
} from "../../../client/policy/index.ts";
import { codeOf } from "../support.ts";
import { SETTINGS } from "./fixtures.ts";

describe("policy/settings", () => {
  it("are safe for one device and for several", () => {
    const { rootCommitment } = SETTINGS;
    const quorums = [1, 2, 3, 4, 5].map((admins) => safeSettings({ admins, rootCommitment }).adminQuorum);
    expect(quorums).to.deep.equal([1, 1, 2, 3, 3]);
    expect(SETTINGS).to.deep.equal({
      ...{ grantQuorum: 1, adminQuorum: 1, contractKeysCount: false },
      ...{ delay: 172_800, window: 604_800, rootCommitment },
    });
  });

  it("take a majority for more than the half", () => {
    for (let count = 1; count <= 16; count++) {
      expect(2 * majorityOf(count) > count && 2 * (majorityOf(count) - 1) <= count).to.equal(true);
    }
  });

  it("keep their bounds", () => {
    const good: Partial<PolicySettings>[] = [
      { delay: 3600, window: 86_400 },
      { delay: 2_592_000, window: 2_592_000, grantQuorum: 16, adminQuorum: 16 },
    ];
    for (const settings of good) expect(checkSettings(settings)).to.equal(settings);
    const bad: Partial<PolicySettings>[] = [
      ...[{ delay: 3599 }, { delay: 2_592_001 }, { window: 86_399 }, { window: 2_592_001 }],
      ...[{ grantQuorum: 0 }, { grantQuorum: 17 }, { adminQuorum: 0 }, { adminQuorum: 1.5 }],
    ];
    for (const settings of bad) {
      expect(
        codeOf(() => checkSettings(settings)),
        JSON.stringify(settings),
      ).to.equal("SETTING_OUT_OF_RANGE");
    }
  });

  it("are told apart by their bits, also where they are zero or false", () => {
    const some = { contractKeysCount: false, window: 86_400 };
    expect(settingsFields(some)).to.equal(4 + 16);
    expect(settingsFromFields(4 + 16, settingsStruct(some))).to.deep.equal(some);
    expect(settingsFields(SETTINGS)).to.equal(63);
    expect(settingsFromFields(63, SETTINGS)).to.deep.equal(SETTINGS);
    expect(settingsFromFields(0, SETTINGS)).to.deep.equal({});
    expect(codeOf(() => settingsFromFields(64, SETTINGS))).to.equal("SETTINGS_FIELDS_UNKNOWN");
  });
});
