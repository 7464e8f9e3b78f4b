import { expect } from "chai";
import {
  type HealthCode,
  type HealthFinding,
  type HealthOptions,
  health,
  type KnownTrustee,
  NO_TRUSTEES,
  type PendingChange,
  type PolicyState,
  type RecoveryState,
  type TrusteeSettings,
} from "../../../client/policy/index.ts";
import { agent, LAPTOP, NOW, OPERATIONS, PHONE, SERVER, SETTINGS, TRUSTEES } from "./fixtures.ts";
import { member, stateOf } from "./policyState.ts";

const DAY = 86_400;
const admins = [PHONE, LAPTOP, SERVER].map((one) => [one, member(one, ["ADMIN"])] as const);
const good = stateOf(admins, { adminQuorum: 2 });
const people = [501, 502, 503, 504, 505].map((seed) => agent(seed));
const id = (i: number) => (people[i] ?? PHONE).id;
const heard = (heardAt = NOW): readonly KnownTrustee[] =>
  people.map((person) => ({ trustee: person.id, recovers: true, heardAt }));

const { proposal } = OPERATIONS.CancelRecovery;
const { delay: _, window: __, ...rules } = SETTINGS;
const proposed: RecoveryState = {
  ...{ number: 0n, starts: 0, running: undefined, executed: undefined },
  proposals: new Map([
    [
      proposal,
      {
        ...{ id: proposal, trustee: id(0), trusteeSet: 1, lapses: NOW + 1_000n, settings: rules },
        agents: [{ key: SERVER.key, authorizations: ["ADMIN"] }],
      },
    ],
  ]),
  votes: new Map([[id(1), proposal]]),
};
const running: RecoveryState = {
  ...proposed,
  running: { proposal, earliest: NOW + 100n, latest: NOW + 200n },
};
const withTrustees = (settings: Partial<TrusteeSettings>, more: object = {}): PolicyState => ({
  ...good,
  trustees: { ...good.trustees, settings: { ...TRUSTEES, ...settings }, ...more },
});
const quorum = (count: number, needed: number) => ({
  quorums: { ...TRUSTEES.quorums, ADMIN_AUTHZ: { count, quorum: needed } },
});

describe("policy/trusteeHealth", () => {
  const find = (state: PolicyState, options: HealthOptions = {}, now = NOW): readonly HealthFinding[] =>
    health(state, now, options);
  const codes = (state: PolicyState, options: HealthOptions = {}, now = NOW): HealthCode[] =>
    find(state, options, now).map(({ code }) => code);

  it("finds nothing wrong with five trustees, three of whom recover, all heard from", () => {
    expect(codes(good, { trustees: heard() })).to.deep.equal([]);
  });

  it("tells of no trustees, and of none who recovers", () => {
    expect(codes(withTrustees(NO_TRUSTEES))).to.deep.equal(["TRUSTEES_MISSING"]);
    expect(codes(withTrustees(quorum(0, 0)))).to.deep.equal(["TRUSTEES_MISSING"]);
  });

  it("tells of trustees who are all needed", () => {
    expect(codes(withTrustees(quorum(3, 3)))).to.deep.equal(["TRUSTEES_ALL_NEEDED"]);
    expect(codes(withTrustees(quorum(4, 3)))).to.deep.equal([]);
  });

  it("tells of a delay shorter than the owner's absence: 14 days unless she says otherwise", () => {
    expect(codes(withTrustees({ delay: 14 * DAY }))).to.deep.equal([]);
    expect(codes(withTrustees({ delay: 14 * DAY - 1 }))).to.deep.equal(["RECOVERY_DELAY_SHORT"]);
    expect(codes(good, { absence: 14 * DAY + 1 })).to.deep.equal(["RECOVERY_DELAY_SHORT"]);
    expect(codes(withTrustees({ delay: 7 * DAY }), { absence: 7 * DAY })).to.deep.equal([]);
    const [found] = find(withTrustees({ delay: 7 * DAY }), { absence: 30 * DAY });
    expect(found?.text).to.contain("waits 7 days").and.contain("absence of 30 days");
  });

  it("tells that root keys have refused once", () => {
    expect(codes(withTrustees({}, { refused: true }))).to.deep.equal(["REFUSAL_SPENT"]);
  });

  describe("of people", () => {
    it("tells of those silent for more than 200 days, by name", () => {
      const edge = NOW - BigInt(200 * DAY);
      const silent = (heardAt: bigint) => ({
        trustees: [...heard().slice(1), { trustee: id(0), recovers: true, heardAt }],
      });
      expect(codes(good, silent(edge))).to.deep.equal([]);
      const [found] = find(good, { ...silent(edge - 1n), nameOf: () => "Ada" });
      expect(found).to.include({ code: "TRUSTEE_SILENT", level: "WARNING", agent: id(0) });
      expect(found?.text).to.match(/^Nothing was heard from Ada \(.*\) for 200 days/);
    });

    it("takes another silence for long", () => {
      const trustees = heard(NOW - 101n);
      expect(codes(good, { trustees, silence: 101n })).to.deep.equal([]);
      expect(codes(good, { trustees, silence: 100n })).to.include("TRUSTEE_SILENT");
    });

    it("tells that too few recover who were heard from", () => {
      const long = NOW - BigInt(300 * DAY);
      const silent = (count: number) => ({
        trustees: heard().map((one, i) => (i < count ? { ...one, heardAt: long } : one)),
      });
      expect(codes(good, silent(2))).to.deep.equal(["TRUSTEE_SILENT", "TRUSTEE_SILENT"]);
      const found = find(good, silent(3));
      expect(found[0]).to.include({ code: "RECOVERY_QUORUM_OUT_OF_REACH", level: "DANGER" });
      expect(found[0]?.text).to.contain("Only 2 of the 3 trustees");
      const sharing = heard().map((one, i) => ({ ...one, recovers: i > 2 }));
      expect(codes(good, { trustees: sharing })).to.deep.equal(["RECOVERY_QUORUM_OUT_OF_REACH"]);
      expect(codes(good), "nobody told who the trustees are").to.deep.equal([]);
    });

    it("tells of an admin who is a trustee, as told or as revealed", () => {
      const told = [...heard(), { trustee: PHONE.id, recovers: true, heardAt: NOW }];
      const [found] = find(good, { trustees: told });
      expect(found).to.include({ code: "ADMIN_IS_TRUSTEE", agent: PHONE.id });
      expect(found?.text).to.contain(" is both an admin and a trustee");
      const revealed = withTrustees({}, { revealed: new Map([[LAPTOP.id, ["REVOKE_AUTHZ"]]]) });
      expect(find(revealed).map(({ code, agent: who }) => [code, who])).to.deep.equal([
        ["ADMIN_IS_TRUSTEE", LAPTOP.id],
      ]);
    });

    it("tells of a trustee who is to become an admin by a change that waits, not of one who loses power", () => {
      const change = (authorizations: readonly ["ADMIN"] | readonly ["PROVE_GRANT"]): PolicyState => {
        const key = people[0]?.key ?? PHONE.key;
        const waiting: PendingChange = {
          ...{ id: proposal, proposer: PHONE.id, approvers: [PHONE.id], majority: false, settings: {} },
          ...{ earliest: NOW + 18_000n, latest: NOW + 86_400n, agents: [{ key, authorizations }] },
        };
        return { ...good, pendingChanges: new Map([[proposal, waiting]]) };
      };
      const found = find(change(["ADMIN"]), { trustees: heard() });
      expect(found.find(({ code }) => code === "ADMIN_IS_TRUSTEE")?.text).to.contain(
        " will be both an admin and a trustee",
      );
      expect(codes(change(["PROVE_GRANT"]), { trustees: heard() })).to.deep.equal(["CHANGE_WAITS"]);
    });

    it("tells of a trustee who would become an admin by a recovery that is proposed", () => {
      const key = people[0]?.key ?? PHONE.key;
      const proposals = new Map(
        [...proposed.proposals].map(([one, its]) => [
          one,
          { ...its, agents: [{ key, authorizations: ["ADMIN"] as const }] },
        ]),
      );
      const found = find({ ...good, recovery: { ...proposed, proposals } }, { trustees: heard() });
      expect(found.map(({ code }) => code)).to.deep.equal(["RECOVERY_PROPOSED", "ADMIN_IS_TRUSTEE"]);
    });

    it("asks after nobody where there are no trustees", () => {
      const trustees = heard(0n);
      expect(codes(withTrustees(NO_TRUSTEES), { trustees })).to.deep.equal(["TRUSTEES_MISSING"]);
    });
  });

  describe("of recoveries", () => {
    it("tells of a proposal until it lapses, with its votes", () => {
      const state = { ...good, recovery: proposed };
      const [found] = find(state);
      expect(found).to.include({ code: "RECOVERY_PROPOSED", level: "WARNING" });
      expect(found?.text).to.contain("for which 1 of 5 trustees are; it runs with 3");
      expect(codes(state, {}, NOW + 1_000n)).to.deep.equal(["RECOVERY_PROPOSED"]);
      expect(codes(state, {}, NOW + 1_001n)).to.deep.equal([]);
    });

    it("tells of no proposal of a former set", () => {
      const state = withTrustees({}, { number: 2 });
      expect(codes({ ...state, recovery: proposed })).to.deep.equal([]);
    });

    it("tells of one that runs, and of one that lapsed", () => {
      const state = { ...good, recovery: running };
      const [found] = find(state);
      expect(found).to.include({ code: "RECOVERY_RUNS", level: "DANGER" });
      expect(codes(state, {}, NOW + 200n)).to.deep.equal(["RECOVERY_RUNS"]);
      expect(codes(state, {}, NOW + 201n)).to.deep.equal(["RECOVERY_LAPSED"]);
    });
  });

  describe("of backups", () => {
    const backup = (disowned = false, by = LAPTOP) => ({
      ...{ sequence: 1n, backup: proposal, agent: by.id, time: NOW, disowned },
    });
    const found = ["BACKUP_OF_REVOKED_KEY"];

    it("tells that the newest is of a key without rights, or of nobody's", () => {
      expect(codes({ ...good, backups: [backup()] })).to.deep.equal([]);
      const removed = stateOf([...admins.slice(0, 2), [SERVER, member(SERVER, [])]]);
      expect(codes({ ...removed, backups: [backup(true, SERVER)] })).to.deep.equal(found);
      expect(codes({ ...good, backups: [backup(false, people[0])] })).to.deep.equal(found);
    });

    it("tells of a key that lost its rights since, and got others", () => {
      expect(codes({ ...good, backups: [backup(true)] })).to.deep.equal(found);
    });

    it("is silent once there is a newer one", () => {
      const newer = { ...backup(), sequence: 2n };
      expect(codes({ ...good, backups: [backup(true), newer] })).to.deep.equal([]);
    });
  });
});
