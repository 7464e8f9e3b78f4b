import { expect } from "chai";
import { hex32 } from "../../../client/core/index.ts";
import type { KeyId } from "../../../client/keys/index.ts";
import {
  applyPolicyEvent,
  NO_TRUSTEES,
  type PolicyEvent,
  type PolicyRecoveryEvent,
  type PolicyState,
  trustedBackup,
  trusteeSettingsHash,
  votersOf,
} from "../../../client/policy/index.ts";
import { codeOf } from "../support.ts";
import { agent, LAPTOP, NOW, PHONE, POLICY, SERVER, SETTINGS, TRUSTEES } from "./fixtures.ts";
import { member, stateOf } from "./policyState.ts";

const policy = POLICY;
const word = (byte: string) => hex32(`0x${byte.repeat(32)}`);
const [CHANGE, P, Q] = [word("c4"), word("aa"), word("bb")];
const people = [501, 502, 503, 504, 505].map((seed) => agent(seed));
const id = (i: number): KeyId => (people[i] ?? PHONE).id;
const { delay: _, window: __, ...settings } = SETTINGS;

const revealed = (i: number): PolicyEvent => ({
  ...{ type: "TrusteeRevealed", policy, number: 1, trustee: id(i), capabilities: ["ADMIN_AUTHZ"] },
});
const proposed = (i: number, proposal = P, recovery = 0n): PolicyEvent => ({
  ...{ type: "RecoveryProposed", policy, recovery, proposal, trustee: id(i), settings, lapses: NOW + 99n },
  agents: [{ key: SERVER.key, authorizations: ["ADMIN"] }],
});
const voted = (i: number, proposal: typeof P | undefined = P, recovery = 0n): PolicyEvent => ({
  ...{ type: "RecoveryVoted", policy, recovery, trustee: id(i), proposal },
});
const takenBack = (i: number): PolicyEvent => ({
  ...{ type: "RecoveryVoted", policy, recovery: 0n, trustee: id(i), proposal: undefined },
});
const course = (
  type: "RecoveryStopped" | "RecoveryCancelled" | "RecoveryExecuted",
  proposal = P,
  recovery = 0n,
): PolicyEvent => ({ type, policy, recovery, proposal });
const started = (proposal = P, recovery = 0n): PolicyEvent => ({
  ...{ type: "RecoveryStarted", policy, recovery, proposal, earliest: NOW + 10n, latest: NOW + 20n },
});
const backup = ({ id: by }: typeof PHONE, sequence: bigint): PolicyEvent => ({
  ...{ type: "BackupAnchored", policy, agent: by, sequence, backup: word("0b") },
});
const scheduled = (change = CHANGE): PolicyEvent => ({
  ...{ type: "ChangeScheduled", policy, change, proposer: PHONE.id, agents: [], settings: {} },
  ...{ earliest: NOW + 1n, latest: NOW + 2n },
});

const start = stateOf([
  [PHONE, member(PHONE, ["ADMIN"])],
  [LAPTOP, member(LAPTOP, ["ADMIN"])],
]);
const follow = (events: readonly PolicyEvent[], from: PolicyState = start): PolicyState =>
  events.reduce((state, event, i) => applyPolicyEvent(state, event, NOW + BigInt(i)), from);
const refused = (events: readonly PolicyEvent[], from?: PolicyState) => codeOf(() => follow(events, from));

const all = people.map((_person, i) => revealed(i));
const open = [...all, proposed(0)];
const running = [...open, voted(0), voted(1), voted(2), started()];

describe("policy/applyRecoveryEvent", () => {
  it("keeps the trustees that a change will set, and puts them into force when it is executed", () => {
    const next = { ...TRUSTEES, delay: 20 * 86_400 };
    const proposal: PolicyEvent = { type: "TrusteesProposed", policy, change: CHANGE, trustees: next };
    const waiting = follow([...all, scheduled(), proposal]);
    expect(waiting.pendingChanges.get(CHANGE)?.trustees).to.equal(next);
    expect(waiting.trustees.settings).to.equal(TRUSTEES);
    const executed: PolicyEvent = { type: "ChangeExecuted", policy, change: CHANGE };
    const changed = (number: number, hash = trusteeSettingsHash(next)): PolicyEvent => ({
      ...{ type: "TrusteesChanged", policy, number, settings: hash },
    });
    const begun = follow([executed, changed(2)], {
      ...waiting,
      trustees: { ...waiting.trustees, nonce: 3n, refused: true },
    });
    expect(begun.trustees).to.deep.equal({
      ...{ number: 2, since: NOW, settings: next, revealed: new Map(), nonce: 0n, refused: false },
    });
    expect(begun.pendingChanges.size).to.equal(0);
    expect(refused([executed, changed(3)], waiting)).to.equal("POLICY_EVENT_UNEXPECTED");
    expect(refused([executed, changed(2, trusteeSettingsHash(TRUSTEES))], waiting)).to.equal(
      "POLICY_EVENT_UNEXPECTED",
    );
    expect(refused([changed(2)], waiting)).to.equal("POLICY_EVENT_UNEXPECTED");
  });

  it("knows that trustees were removed", () => {
    const proposal: PolicyEvent = { type: "TrusteesProposed", policy, change: CHANGE, trustees: NO_TRUSTEES };
    const executed: PolicyEvent = { type: "ChangeExecuted", policy, change: CHANGE };
    expect(follow([scheduled(), proposal, executed]).trustees).to.deep.include({
      ...{ number: 2, settings: NO_TRUSTEES },
    });
  });

  it("remembers who has acted, and what each may do", () => {
    expect([...follow(all).trustees.revealed]).to.deep.equal(
      people.map((person) => [person.id, ["ADMIN_AUTHZ"]]),
    );
  });

  it("counts what trustees did at once", () => {
    const used = (nonce: bigint, number = 1): PolicyEvent => ({
      type: "TrusteesRevoked",
      policy,
      number,
      nonce,
    });
    expect(follow([...all, used(0n), used(1n)]).trustees.nonce).to.equal(2n);
    for (const event of [used(1n), used(0n, 2)]) {
      expect(refused([...all, event])).to.equal("POLICY_EVENT_UNEXPECTED");
    }
  });

  it("keeps a proposal with all that it does, and nobody's vote", () => {
    const { recovery } = follow(open);
    expect(recovery.proposals.get(P)).to.deep.equal({
      ...{ id: P, trustee: id(0), trusteeSet: 1, settings, lapses: NOW + 99n },
      agents: [{ key: SERVER.key, authorizations: ["ADMIN"] }],
    });
    expect(votersOf(recovery, P)).to.deep.equal([]);
  });

  it("gives each trustee one vote, which moves and is taken back", () => {
    const both = [...open, proposed(1, Q)];
    const votes = (...events: PolicyEvent[]) => {
      const { recovery } = follow([...both, ...events]);
      return [votersOf(recovery, P), votersOf(recovery, Q)];
    };
    expect(votes(voted(0), voted(1))).to.deep.equal([[id(0), id(1)], []]);
    expect(votes(voted(0), voted(1), voted(1, Q))).to.deep.equal([[id(0)], [id(1)]]);
    expect(votes(voted(0), voted(1), takenBack(0))).to.deep.equal([[id(1)], []]);
    expect(votes(takenBack(0))).to.deep.equal([[], []]);
  });

  it("starts at the quorum, and ends every change that waits", () => {
    const state = follow([scheduled(), ...running]);
    expect(state.recovery.running).to.deep.equal({ proposal: P, earliest: NOW + 10n, latest: NOW + 20n });
    expect(state.pendingChanges.size).to.equal(0);
  });

  it("stops below the quorum: votes and proposals stay", () => {
    const { recovery } = follow([...running, takenBack(2), course("RecoveryStopped")]);
    expect(recovery).to.deep.include({ number: 0n, running: undefined });
    expect(votersOf(recovery, P)).to.have.length(2);
    const again = follow([...running, takenBack(2), course("RecoveryStopped"), voted(3), started()]);
    expect(again.recovery.running?.proposal).to.equal(P);
  });

  it("ends with its votes and proposals once its time has passed", () => {
    const { recovery } = follow([...running, course("RecoveryStopped")]);
    expect(recovery).to.deep.include({ number: 1n, running: undefined, executed: undefined });
    expect(recovery.votes.size + recovery.proposals.size).to.equal(0);
  });

  it("ends by a cancellation, which is no refusal while there are ADMINs", () => {
    const state = follow([...running, course("RecoveryCancelled")]);
    expect(state.recovery).to.deep.include({ number: 1n, running: undefined });
    expect(state.recovery.votes.size + state.recovery.proposals.size).to.equal(0);
    expect(state.trustees.refused).to.equal(false);
  });

  it("ends by root keys between two epochs, once for each set", () => {
    const ended: PolicyEvent = { type: "EpochEnded", policy, epoch: 1 };
    const state = follow([...running, ended, course("RecoveryCancelled")]);
    expect(state.recovery).to.deep.include({ number: 1n, running: undefined });
    expect(state.trustees.refused).to.equal(true);
    const spent = { ...follow(running), trustees: { ...follow(running).trustees, refused: true } };
    expect(refused([ended, course("RecoveryCancelled")], spent)).to.equal("POLICY_EVENT_UNEXPECTED");
    expect(refused([ended, course("RecoveryStopped")], spent)).to.equal(undefined);
  });

  it("takes effect in the epoch that follows", () => {
    const ended: PolicyEvent = { type: "EpochEnded", policy, epoch: 1 };
    const state = follow([...running, course("RecoveryExecuted"), ended]);
    expect(state.recovery).to.deep.equal({
      ...{ number: 1n, starts: 1, running: undefined, proposals: new Map(), votes: new Map() },
      executed: { proposal: P, epoch: 2 },
    });
    expect(state.epoch).to.equal(2);
  });

  it("numbers backups, and remembers who may record them until the epoch ends", () => {
    const permitted = (may: boolean): PolicyEvent => ({
      ...{ type: "AnchorPermitted", policy, agent: SERVER.id, permitted: may },
    });
    const state = follow([backup(PHONE, 1n), permitted(true), backup(LAPTOP, 2n)]);
    expect(state.backups.map(({ sequence, agent: by, time }) => [sequence, by, time])).to.deep.equal([
      [1n, PHONE.id, NOW],
      [2n, LAPTOP.id, NOW + 2n],
    ]);
    expect([...state.anchoring]).to.deep.equal([SERVER.id]);
    expect(follow([permitted(true), permitted(false)]).anchoring.size).to.equal(0);
    expect(follow([permitted(true), { type: "EpochEnded", policy, epoch: 1 }]).anchoring.size).to.equal(0);
  });

  it("leaves the former state as it was", () => {
    const before = follow(open);
    follow([voted(0), backup(PHONE, 1n)], before);
    expect([before.recovery.votes.size, before.backups.length]).to.deep.equal([0, 0]);
  });

  const trusteeless = (number: number): PolicyRecoveryEvent => ({
    ...{ type: "TrusteeRevealed", policy, number, trustee: id(0), capabilities: ["ADMIN_AUTHZ"] },
  });
  const share: PolicyEvent = {
    ...{ type: "TrusteeRevealed", policy, number: 1, trustee: id(0), capabilities: ["RECOVERY_SHARE"] },
  };
  const impossible: readonly (readonly [string, readonly PolicyEvent[]])[] = [
    [
      "trustees of a change that does not wait",
      [{ type: "TrusteesProposed", policy, change: CHANGE, trustees: TRUSTEES }],
    ],
    ["a trustee of another set", [trusteeless(2)]],
    ["a trustee revealed twice", [trusteeless(1), trusteeless(1)]],
    ["a proposal of another recovery", [...all, proposed(0, P, 1n)]],
    ["a proposal twice", [...open, proposed(1)]],
    ["a proposal by who was not revealed", [proposed(0)]],
    ["a vote by who was not revealed", [revealed(0), proposed(0), voted(1)]],
    ["a vote by who only keeps a share", [share, revealed(1), proposed(1), voted(0)]],
    ["a vote in another recovery", [...open, voted(0, P, 1n)]],
    ["a vote for what nobody proposed", [...open, voted(0, Q)]],
    ["the same vote twice", [...open, voted(0), voted(0)]],
    ["a start without the quorum", [...open, voted(0), voted(1), started()]],
    ["a start of what nobody proposed", [...open, started(Q)]],
    ["a start in another recovery", [...open, voted(0), voted(1), voted(2), started(P, 1n)]],
    ["a start while another runs", [...running, started()]],
    ["the stop of what does not run", [...open, course("RecoveryStopped")]],
    ["the stop of another proposal", [...running, course("RecoveryStopped", Q)]],
    ["the stop of another recovery", [...running, course("RecoveryStopped", P, 1n)]],
    ["a cancellation of what does not run", [...open, course("RecoveryCancelled")]],
    ["a cancellation of another proposal", [...running, course("RecoveryCancelled", Q)]],
    ["the execution of what does not run", [...open, course("RecoveryExecuted")]],
    ["the execution of another proposal", [...running, course("RecoveryExecuted", Q)]],
    ["the execution twice", [...running, course("RecoveryExecuted"), course("RecoveryExecuted")]],
    ["a vote of the recovery that ended", [...running, course("RecoveryStopped"), voted(3)]],
    ["a backup whose number is not the next", [backup(PHONE, 2n)]],
    ["a backup twice", [backup(PHONE, 1n), backup(PHONE, 1n)]],
  ];
  for (const [name, events] of impossible) {
    it(`refuses ${name}`, () => {
      expect(refused(events)).to.equal("POLICY_EVENT_UNEXPECTED");
      expect(refused(events.slice(0, -1)), "but what comes before").to.equal(undefined);
    });
  }
});

describe("policy/trustedBackup", () => {
  const changed = (
    { id: by }: typeof PHONE,
    before: readonly "ADMIN"[],
    afterwards: readonly "ADMIN"[],
  ): PolicyEvent => ({ type: "AgentAuthorizationsChanged", policy, agent: by, before, afterwards });
  const ended: PolicyEvent = { type: "EpochEnded", policy, epoch: 1 };
  const survived = ({ id: by }: typeof PHONE): PolicyEvent => ({
    ...{ type: "AgentSurvived", policy, agent: by, epoch: 2 },
  });
  const two = [backup(PHONE, 1n), backup(LAPTOP, 2n)];
  const newest = (...events: PolicyEvent[]) => trustedBackup(follow([...two, ...events]))?.sequence;

  it("is the newest", () => {
    expect(newest()).to.equal(2n);
    expect(trustedBackup(start)).to.equal(undefined);
  });

  it("is none of a key that was removed since, even if the key comes back", () => {
    expect(newest(changed(LAPTOP, ["ADMIN"], []))).to.equal(1n);
    expect(newest(changed(LAPTOP, ["ADMIN"], []), changed(LAPTOP, [], ["ADMIN"]))).to.equal(1n);
    const junk = [3n, 4n, 5n].map((sequence) => backup(LAPTOP, sequence));
    expect(newest(...junk, changed(LAPTOP, ["ADMIN"], []))).to.equal(1n);
  });

  it("is one that the key records after it came back", () => {
    const back = [changed(LAPTOP, ["ADMIN"], []), changed(LAPTOP, [], ["ADMIN"])];
    expect(newest(...back, backup(LAPTOP, 3n))).to.equal(3n);
  });

  it("is none of an epoch that ended, but for the keys that survived", () => {
    expect(newest(ended)).to.equal(undefined);
    expect(newest(ended, survived(PHONE))).to.equal(undefined);
    expect(newest(ended, survived(PHONE), changed(PHONE, [], ["ADMIN"]))).to.equal(1n);
  });

  it("is none of a key whose record is of a former epoch", () => {
    expect(trustedBackup({ ...follow(two), epoch: 2 })).to.equal(undefined);
  });

  it("stays that of a key which lost some of its rights", () => {
    const proves = stateOf([[PHONE, member(PHONE, ["PROVE", "ADMIN"])]]);
    const event: PolicyEvent = {
      ...{ type: "AgentAuthorizationsChanged", policy, agent: PHONE.id },
      ...{ before: ["PROVE", "ADMIN"], afterwards: ["PROVE"] },
    };
    expect(trustedBackup(follow([backup(PHONE, 1n), event], proves))?.sequence).to.equal(1n);
  });
});
