import { expect } from "chai";
import {
  type AgentPower,
  buildEmergencyRotate,
  buildGovernanceChange,
  buildRenew,
  buildStop,
  type EmergencyRotateOptions,
  type expiry,
  type GovernanceChangeOptions,
  MAX_CHANGES,
  powerAfter,
} from "../../../client/policy/index.ts";
import { codeOf } from "../support.ts";
import { agent, CONTEXT, LAPTOP, NOW, OPERATIONS, PHONE, POLICY, SERVER, SETTINGS } from "./fixtures.ts";

const laptop: AgentPower = { key: LAPTOP.key, authorizations: ["ADMIN"] };
const many = Array.from({ length: MAX_CHANGES + 1 }, (_, i): AgentPower => {
  return { key: agent(100 + i).key, authorizations: ["ADMIN"] };
});

describe("policy/governance", () => {
  describe("buildGovernanceChange", () => {
    const build = (options: Partial<GovernanceChangeOptions>) =>
      buildGovernanceChange({ ...CONTEXT, ...options });

    it("names end states, and only the settings that change", () => {
      const change = build({ agents: [laptop], settings: { contractKeysCount: false } });
      expect(change).to.deep.equal({
        ...{ action: "GovernanceChange", policy: POLICY, epoch: 1, proposer: PHONE.id },
        ...{ lane: 0n, nonce: 0n, deadline: NOW + 3600n },
        ...{ agents: [laptop], settings: { contractKeysCount: false } },
      });
    });

    it("refuses to change nothing, and to end a policy while changing it", () => {
      expect(codeOf(() => build({}))).to.equal("CHANGE_EMPTY");
      expect(codeOf(() => build({ agents: [], settings: {} }))).to.equal("CHANGE_EMPTY");
      expect(codeOf(() => build({ abandon: {}, agents: [laptop] }))).to.equal("ABANDONMENT_NOT_ALONE");
      expect(codeOf(() => build({ abandon: {}, settings: { delay: 3600 } }))).to.equal(
        "ABANDONMENT_NOT_ALONE",
      );
      expect(build({ abandon: {} }).abandon).to.deep.equal({});
    });

    it("refuses PROVE, an agent twice, too many, and settings out of bounds", () => {
      const proves: AgentPower = { key: LAPTOP.key, authorizations: ["PROVE", "ADMIN"] };
      expect(codeOf(() => build({ agents: [proves] }))).to.equal("POWER_WITH_PROVE");
      expect(codeOf(() => build({ agents: [laptop, laptop] }))).to.equal("CHANGE_DUPLICATE_AGENT");
      expect(codeOf(() => build({ agents: many }))).to.equal("CHANGE_COUNT");
      expect(build({ agents: many.slice(1) }).agents).to.have.length(MAX_CHANGES);
      expect(codeOf(() => build({ settings: { delay: 1 } }))).to.equal("SETTING_OUT_OF_RANGE");
      expect(codeOf(() => build({ agents: [laptop], deadline: NOW - 1n }))).to.equal("DEADLINE_PASSED");
    });
  });

  describe("buildRenew", () => {
    it("refuses an expiry that is no hour or has passed", () => {
      const build = (value: bigint) => () =>
        buildRenew({
          ...{ policy: POLICY, epoch: 1, agent: PHONE.id, nonce: 0n, now: NOW },
          grant: { commitment: PHONE.commitment, expiry: value as ReturnType<typeof expiry> },
        });
      expect(codeOf(build(NOW))).to.equal("EXPIRY_PASSED");
      expect(codeOf(build(NOW + 1n))).to.equal("EXPIRY_MALFORMED");
      expect(build(NOW + 3600n)().checkpoint).to.equal(true);
    });
  });

  describe("buildEmergencyRotate", () => {
    const { rootCommitment } = SETTINGS;
    const settings = { grantQuorum: 1, adminQuorum: 1, contractKeysCount: false, rootCommitment };
    const build = (options: Partial<EmergencyRotateOptions>) =>
      buildEmergencyRotate({
        ...{ policy: POLICY, epoch: 1, now: NOW, agents: [laptop], settings },
        ...options,
      });

    it("lets nobody survive unless it is told", () => {
      expect(build({}).survivors).to.deep.equal([]);
      expect(build({ survivors: [PHONE.id] }).survivors).to.deep.equal([PHONE.id]);
    });

    it("refuses nobody, somebody without power, and a survivor twice", () => {
      expect(codeOf(() => build({ agents: [] }))).to.equal("CHANGE_COUNT");
      expect(codeOf(() => build({ agents: [{ key: LAPTOP.key, authorizations: [] }] }))).to.equal(
        "AUTHORIZATIONS_EMPTY",
      );
      expect(codeOf(() => build({ survivors: [PHONE.id, PHONE.id] }))).to.equal("CHANGE_DUPLICATE_AGENT");
      expect(codeOf(() => build({ settings: { ...settings, adminQuorum: 0 } }))).to.equal(
        "SETTING_OUT_OF_RANGE",
      );
    });
  });

  it("refuses statements with a deadline out of bounds, or for no epoch", () => {
    const statement = { policy: POLICY, epoch: 1, agent: PHONE.id, now: NOW };
    expect(codeOf(() => buildStop({ ...statement, deadline: NOW - 1n }))).to.equal("DEADLINE_PASSED");
    expect(codeOf(() => buildStop({ ...statement, deadline: NOW + 2_592_001n }))).to.equal(
      "DEADLINE_TOO_FAR",
    );
    expect(codeOf(() => buildStop({ ...statement, epoch: 0 }))).to.equal("UINT_OUT_OF_RANGE");
    expect(OPERATIONS.Stop.deadline).to.equal(NOW + 3600n);
  });

  describe("powerAfter", () => {
    const agents = new Map([
      [PHONE.id, { key: PHONE.key, authorizations: ["PROVE", "PROVE_GRANT", "ADMIN"] as const }],
    ]);

    it("turns wishes into end states, without PROVE", () => {
      const after = powerAfter(agents, [
        { agent: PHONE.id, gain: ["PROVE_REVOKE"], lose: ["ADMIN"] },
        { agent: LAPTOP.key, gain: ["ADMIN"] },
      ]);
      expect(after).to.deep.equal([
        { key: PHONE.key, authorizations: ["PROVE_GRANT", "PROVE_REVOKE"] },
        laptop,
      ]);
    });

    it("refuses agents whose key nobody knows, and wishes about PROVE", () => {
      expect(codeOf(() => powerAfter(agents, [{ agent: SERVER.id, gain: ["ADMIN"] }]))).to.equal(
        "AGENT_UNKNOWN",
      );
      expect(codeOf(() => powerAfter(agents, [{ agent: PHONE.id, gain: ["PROVE"] }]))).to.equal(
        "POWER_WITH_PROVE",
      );
      expect(codeOf(() => powerAfter(agents, [{ agent: PHONE.id, lose: ["PROVE"] }]))).to.equal(
        "POWER_WITH_PROVE",
      );
    });
  });
});
