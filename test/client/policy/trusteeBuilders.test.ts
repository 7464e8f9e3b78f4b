import { expect } from "chai";
import {
  type AgentPower,
  buildAnchorBackup,
  buildCancelRecovery,
  buildPermitAnchor,
  buildRecoveryAcceptance,
  buildRecoveryProposal,
  buildRecoveryVote,
  buildTrusteeChange,
  buildTrusteeRevoke,
  MAX_CHANGES,
  NO_TRUSTEES,
  type RecoveryProposalOptions,
} from "../../../client/policy/index.ts";
import { codeOf } from "../support.ts";
import { agent, CONTEXT, LAPTOP, NOW, OPERATIONS, PHONE, POLICY, SERVER, TRUSTEES } from "./fixtures.ts";

const HOUR = 3_600n;
const MONTH = 2_592_000n;
const statement = { policy: POLICY, epoch: 1, now: NOW };
const timing = { policy: POLICY, trusteeSet: 4, now: NOW };
const { proposal } = OPERATIONS.CancelRecovery;
const { rootCommitment } = OPERATIONS.EmergencyRotate.settings;
const settings = { grantQuorum: 1, adminQuorum: 1, contractKeysCount: false, rootCommitment };
const server: AgentPower = { key: SERVER.key, authorizations: ["ADMIN"] };

describe("policy/trusteeBuilders", () => {
  const deadlines: readonly (readonly [string, (deadline: bigint) => unknown])[] = [
    ["buildTrusteeChange", (deadline) => buildTrusteeChange({ ...CONTEXT, trustees: TRUSTEES, deadline })],
    [
      "buildPermitAnchor",
      (deadline) => buildPermitAnchor({ ...CONTEXT, agent: LAPTOP.id, permitted: true, deadline }),
    ],
    [
      "buildAnchorBackup",
      (deadline) =>
        buildAnchorBackup({ ...statement, agent: PHONE.id, sequence: 1n, backup: proposal, deadline }),
    ],
    [
      "buildCancelRecovery",
      (deadline) => buildCancelRecovery({ ...statement, recovery: 0n, proposal, deadline }),
    ],
    [
      "buildRecoveryProposal",
      (deadline) => buildRecoveryProposal({ ...timing, recovery: 0n, agents: [server], settings, deadline }),
    ],
    [
      "buildRecoveryVote",
      (deadline) => buildRecoveryVote({ ...timing, recovery: 0n, proposal, sequence: 1, deadline }),
    ],
    [
      "buildTrusteeRevoke",
      (deadline) => buildTrusteeRevoke({ ...timing, epoch: 1, agents: [LAPTOP.id], nonce: 0n, deadline }),
    ],
  ];
  for (const [name, build] of deadlines) {
    it(`${name} refuses deadlines that have passed, or lie beyond 30 days`, () => {
      expect(codeOf(() => build(NOW - 1n))).to.equal("DEADLINE_PASSED");
      expect(codeOf(() => build(NOW + MONTH))).to.equal(undefined);
      expect(codeOf(() => build(NOW + MONTH + 1n))).to.equal("DEADLINE_TOO_FAR");
    });
  }

  it("give an hour where no deadline is named", () => {
    expect(buildRecoveryVote({ ...timing, recovery: 0n, sequence: 1 }).deadline).to.equal(NOW + HOUR);
    expect(OPERATIONS.TrusteeChange.deadline).to.equal(NOW + HOUR);
    expect(OPERATIONS.CancelRecovery.deadline).to.equal(NOW + HOUR);
  });

  it("buildTrusteeChange takes settings that could serve, or nobody", () => {
    const build = (trustees: typeof TRUSTEES) => codeOf(() => buildTrusteeChange({ ...CONTEXT, trustees }));
    expect(build(NO_TRUSTEES)).to.equal(undefined);
    expect(build({ ...TRUSTEES, delay: 91 * 86_400 })).to.equal("SETTING_OUT_OF_RANGE");
    const quorums = { ...TRUSTEES.quorums, ADMIN_AUTHZ: { count: 2, quorum: 2 } };
    expect(build({ ...TRUSTEES, quorums })).to.equal("TRUSTEE_QUORUM_INVALID");
    expect(build({ ...NO_TRUSTEES, delay: 3600 })).to.equal("TRUSTEE_SETTINGS_MALFORMED");
  });

  it("buildAnchorBackup numbers backups with 64 bits", () => {
    const build = (sequence: bigint) => () =>
      buildAnchorBackup({ ...statement, agent: PHONE.id, sequence, backup: proposal });
    expect(build(2n ** 64n - 1n)().sequence).to.equal(2n ** 64n - 1n);
    expect(codeOf(build(2n ** 64n))).to.equal("UINT_OUT_OF_RANGE");
    expect(codeOf(build(-1n))).to.equal("UINT_OUT_OF_RANGE");
  });

  describe("buildRecoveryProposal", () => {
    const build = (more: Partial<RecoveryProposalOptions> = {}) =>
      buildRecoveryProposal({ ...timing, recovery: 3n, agents: [server], settings, ...more });
    const refusal = (more: Partial<RecoveryProposalOptions>) => codeOf(() => build(more));

    it("names all that hold power afterwards", () => {
      expect(build()).to.deep.equal({
        ...{ action: "RecoveryProposal", policy: POLICY, recovery: 3n, trusteeSet: 4 },
        ...{ agents: [server], settings, deadline: NOW + HOUR },
      });
    });

    it("refuses nobody, somebody without power, PROVE, one twice, and too many", () => {
      const many = Array.from({ length: MAX_CHANGES + 1 }, (_, i): AgentPower => {
        return { key: agent(700 + i).key, authorizations: ["ADMIN"] };
      });
      expect(refusal({ agents: [] })).to.equal("CHANGE_COUNT");
      expect(refusal({ agents: many })).to.equal("CHANGE_COUNT");
      expect(refusal({ agents: many.slice(1) })).to.equal(undefined);
      expect(refusal({ agents: [server, { key: PHONE.key, authorizations: [] }] })).to.equal(
        "AUTHORIZATIONS_EMPTY",
      );
      expect(refusal({ agents: [{ key: PHONE.key, authorizations: ["PROVE", "ADMIN"] }] })).to.equal(
        "POWER_WITH_PROVE",
      );
      expect(refusal({ agents: [server, server] })).to.equal("CHANGE_DUPLICATE_AGENT");
    });

    it("refuses quorums out of bounds, and numbers of other sizes", () => {
      expect(refusal({ settings: { ...settings, adminQuorum: 0 } })).to.equal("SETTING_OUT_OF_RANGE");
      expect(refusal({ settings: { ...settings, grantQuorum: 17 } })).to.equal("SETTING_OUT_OF_RANGE");
      expect(refusal({ recovery: 2n ** 64n })).to.equal("UINT_OUT_OF_RANGE");
      for (const trusteeSet of [0, 2 ** 32, 1.5]) {
        expect(refusal({ trusteeSet })).to.equal("UINT_OUT_OF_RANGE");
      }
    });
  });

  it("buildRecoveryVote takes a vote back by naming no proposal", () => {
    const vote = buildRecoveryVote({ ...timing, recovery: 3n, sequence: 2 });
    expect(vote).to.deep.equal({
      ...{ action: "RecoveryVote", policy: POLICY, recovery: 3n, trusteeSet: 4 },
      ...{ sequence: 2, deadline: NOW + HOUR },
    });
    for (const more of [{ sequence: -1 }, { sequence: 2 ** 32 }, { recovery: -1n }, { trusteeSet: 0 }]) {
      expect(codeOf(() => buildRecoveryVote({ ...timing, recovery: 3n, sequence: 1, ...more }))).to.equal(
        "UINT_OUT_OF_RANGE",
      );
    }
  });

  it("buildTrusteeRevoke refuses one twice, too many, and nonces of other sizes", () => {
    const build = (agents: readonly (typeof LAPTOP.id)[], nonce = 0n) =>
      codeOf(() => buildTrusteeRevoke({ ...timing, epoch: 1, agents, nonce }));
    expect(build([LAPTOP.id, PHONE.id], 2n ** 64n - 1n)).to.equal(undefined);
    // of nobody: what was signed with this nonce is void
    expect(build([])).to.equal(undefined);
    expect(build(Array.from({ length: MAX_CHANGES + 1 }, (_, i) => agent(700 + i).id))).to.equal(
      "CHANGE_COUNT",
    );
    expect(build([LAPTOP.id, LAPTOP.id])).to.equal("CHANGE_DUPLICATE_AGENT");
    expect(build([LAPTOP.id], 2n ** 64n)).to.equal("UINT_OUT_OF_RANGE");
  });

  it("buildRecoveryAcceptance gives power, never PROVE, for as long as it is told", () => {
    const build = (power: AgentPower, deadline?: bigint) =>
      buildRecoveryAcceptance({
        ...{ policy: POLICY, recovery: 3n, now: NOW, power },
        ...(deadline === undefined ? {} : { deadline }),
      });
    expect(build(server, NOW + 100n * 86_400n)).to.deep.equal({
      ...{ policy: POLICY, recovery: 3n, power: server, deadline: NOW + 100n * 86_400n },
    });
    expect(codeOf(() => build({ ...server, authorizations: [] }))).to.equal("AUTHORIZATIONS_EMPTY");
    expect(codeOf(() => build({ ...server, authorizations: ["PROVE"] }))).to.equal("POWER_WITH_PROVE");
    expect(codeOf(() => build(server, NOW - 1n))).to.equal("DEADLINE_PASSED");
    expect(codeOf(() => build(server, 2n ** 64n))).to.equal("UINT_OUT_OF_RANGE");
  });
});
