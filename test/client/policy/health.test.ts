import { expect } from "chai";
import { contractKey, keyIdOf, webauthnKey } from "../../../client/keys/index.ts";
import {
  ALL_AUTHORIZATIONS,
  expiry,
  type HealthCode,
  health,
  NO_ROOT_KEYS,
  type PendingChange,
  type PolicyState,
  policyAlerts,
} from "../../../client/policy/index.ts";
import { agent, LAPTOP, NOW, OPERATIONS, PHONE, SERVER, SETTINGS } from "./fixtures.ts";
import { member, stateOf } from "./policyState.ts";

const phone = [PHONE, member(PHONE, ALL_AUTHORIZATIONS)] as const;
const laptop = [LAPTOP, member(LAPTOP, ["ADMIN"])] as const;
const server = [SERVER, member(SERVER, ["ADMIN"])] as const;
const good = stateOf([phone, laptop, server], { adminQuorum: 2 });

const material =
  "0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
const at = (key: ReturnType<typeof webauthnKey>) => ({
  key,
  id: keyIdOf(key),
  commitment: SERVER.commitment,
});
const synced = at(webauthnKey({ publicKey: material, deviceBound: false }));
const bound = at(webauthnKey({ publicKey: material, deviceBound: true }));
const wallet = at(contractKey(`0x${"c0".repeat(20)}`));

const waiting: PendingChange = {
  ...{ id: SETTINGS.rootCommitment, proposer: LAPTOP.id, approvers: [LAPTOP.id], majority: false },
  ...{ earliest: NOW + 18_000n, latest: NOW + 86_400n },
  ...{ agents: OPERATIONS.GovernanceChange.agents, settings: {} },
};
const withChange = (change: PendingChange): PolicyState => ({
  ...good,
  pendingChanges: new Map([[change.id, change]]),
});

describe("policy/health", () => {
  const codes = (state: PolicyState, now = NOW): HealthCode[] => health(state, now).map(({ code }) => code);

  it("finds nothing wrong with three admins, a majority quorum and root keys", () => {
    expect(codes(good)).to.deep.equal([]);
  });

  const cases: readonly (readonly [string, PolicyState, HealthCode[]])[] = [
    ["one admin", stateOf([phone]), ["ONLY_ADMIN"]],
    [
      "one admin and no root keys",
      stateOf([phone], { rootCommitment: NO_ROOT_KEYS }),
      ["ONLY_ADMIN", "ROOT_KEYS_MISSING"],
    ],
    ["a synced passkey alone", stateOf([[synced, member(synced, ["ADMIN"])]]), ["ONLY_ADMIN_SYNCED"]],
    ["a passkey that stays on its device", stateOf([[bound, member(bound, ["ADMIN"])]]), ["ONLY_ADMIN"]],
    [
      "a wallet contract that does not count",
      stateOf([phone, laptop, [wallet, member(wallet, ["ADMIN"])]]),
      ["CONTRACT_ADMIN_UNCOUNTED"],
    ],
    [
      "a wallet contract that counts",
      stateOf([phone, laptop, [wallet, member(wallet, ["ADMIN"])]], { contractKeysCount: true }),
      ["CONTRACT_ADMIN_COUNTS"],
    ],
    ["two admins both needed", stateOf([phone, laptop], { adminQuorum: 2 }), ["ADMINS_ALL_NEEDED"]],
    ["granters all needed", stateOf([phone, laptop], { grantQuorum: 2 }), ["GRANTERS_ALL_NEEDED"]],
    ["a short delay", { ...good, settings: { ...good.settings, delay: 3600 } }, ["DELAY_SHORT"]],
    ["stopped grants", { ...good, stopper: PHONE.id }, ["GRANTS_STOPPED"]],
    ["a change that waits", withChange(waiting), ["CHANGE_WAITS"]],
    ["the end of the policy", { ...good, abandoned: {} }, ["POLICY_ABANDONED"]],
  ];
  for (const [name, state, expected] of cases) {
    it(`tells of ${name}`, () => expect(codes(state)).to.deep.equal(expected));
  }

  it("tells of an expiry a week before, and of one that has passed", () => {
    const end = expiry(NOW + 30n * 86_400n);
    const state = stateOf([
      ...[phone, laptop],
      [SERVER, member(SERVER, ["PROVE"], { grant: { expiry: end } })],
    ]);
    expect(codes(state, end - 7n * 86_400n - 1n)).to.deep.equal([]);
    const [soon] = health(state, end - 3n * 86_400n, { nameOf: () => "server" });
    expect(soon).to.include({ code: "AGENT_EXPIRES_SOON", level: "NOTICE", agent: SERVER.id });
    expect(soon?.text).to.match(/^server \(.*\) proves for 3 days more\.$/);
    expect(codes(state, end)).to.deep.equal(["AGENT_EXPIRES_SOON"]);
    expect(codes(state, end + 1n)).to.deep.equal(["AGENT_EXPIRED"]);
  });

  it("tells when no more agents can prove", () => {
    const provers = Array.from({ length: 32 }, (_, i) => agent(200 + i)).map(
      (one) => [one, member(one, ["PROVE"])] as const,
    );
    expect(codes(stateOf([laptop, server, ...provers]))).to.deep.equal(["PROVERS_FULL"]);
    expect(codes(stateOf([laptop, server, ...provers.slice(1)]))).to.deep.equal([]);
  });

  it("says when a change runs, and when it can be cleared; the worst comes first", () => {
    const [finding] = health(withChange(waiting), NOW);
    expect(finding?.text).to.contain("it can be executed in 5 h").and.contain("any ADMIN can veto it");
    expect(codes(withChange(waiting), NOW + 86_401n)).to.deep.equal(["CHANGE_LAPSED"]);
    const mixed = stateOf([phone], { delay: 3600 }, { pendingChanges: withChange(waiting).pendingChanges });
    expect(health(mixed, NOW).map(({ level }) => level)).to.deep.equal(["DANGER", "WARNING", "WARNING"]);
  });
});

describe("policy/alerts", () => {
  const alerts = (before: PolicyState, after: PolicyState) =>
    policyAlerts(before, after, NOW).map(({ code }) => code);

  it("say nothing where nothing happened", () => {
    expect(alerts(good, good)).to.deep.equal([]);
    expect(alerts(withChange(waiting), withChange(waiting))).to.deep.equal([]);
  });

  it("tell of every change that is scheduled, gains a majority, or is gone", () => {
    const [alert] = policyAlerts(good, withChange(waiting), NOW);
    expect(alert).to.include({ code: "CHANGE_SCHEDULED", change: waiting.id });
    expect(alert?.text).to.contain("it can be executed in 5 h");
    const majority = withChange({ ...waiting, majority: true });
    expect(alerts(withChange(waiting), majority)).to.deep.equal(["CHANGE_GAINED_MAJORITY"]);
    expect(alerts(majority, good)).to.deep.equal(["CHANGE_ENDED"]);
  });

  it("tell of stops, new epochs, the end and new rules", () => {
    const stopped = { ...good, stopper: PHONE.id };
    expect(alerts(good, stopped)).to.deep.equal(["GRANTS_STOPPED"]);
    expect(alerts(stopped, good)).to.deep.equal(["GRANTS_RESUMED"]);
    expect(alerts(good, { ...good, epoch: 2 })).to.deep.equal(["EPOCH_BEGAN"]);
    expect(alerts(good, { ...good, abandoned: {} })).to.deep.equal(["POLICY_ENDED"]);
    const after = { ...good, settings: { ...good.settings, delay: 3600 } };
    const [alert] = policyAlerts(good, after, NOW);
    expect(alert).to.deep.equal({
      ...{ code: "SETTINGS_CHANGED", text: "The rules of the policy are now: changes wait 60 min." },
    });
  });

  it("tell of power gained and lost, and of who proves", () => {
    const of = (state: ReturnType<typeof member>) => stateOf([phone, laptop, [SERVER, state]]);
    const plain = of(member(SERVER, []));
    const admin = of(member(SERVER, ["ADMIN"]));
    const prover = of(member(SERVER, ["PROVE"]));
    const revoked = of({ ...member(SERVER, ["PROVE"], { grant: { until: NOW } }), authorizations: [] });
    expect(alerts(plain, admin)).to.deep.equal(["POWER_CHANGED"]);
    expect(alerts(admin, plain)).to.deep.equal(["POWER_CHANGED"]);
    expect(alerts(plain, prover)).to.deep.equal(["AGENT_PROVES"]);
    expect(alerts(prover, revoked)).to.deep.equal(["AGENT_PROVES_NO_MORE"]);
    expect(alerts(revoked, revoked)).to.deep.equal([]);
  });

  it("do not tell of an expiry again and again", () => {
    const end = expiry(NOW + 3600n);
    const state = stateOf([phone, [SERVER, member(SERVER, ["PROVE"], { grant: { expiry: end } })]]);
    expect(policyAlerts(state, state, end + 1n)).to.deep.equal([]);
  });
});
