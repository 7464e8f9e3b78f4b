import { expect } from "chai";
import { hex32 } from "../../../client/core/index.ts";
import {
  ALL_AUTHORIZATIONS,
  applyPolicyEvent,
  authorizationsAt,
  expiry,
  NO_EXPIRY,
  nextNonce,
  type PolicyEvent,
  type PolicyState,
  provedAt,
} from "../../../client/policy/index.ts";
import { codeOf } from "../support.ts";
import { LAPTOP, NOW, OWNER, PHONE, POLICY, SERVER, SETTINGS } from "./fixtures.ts";

const policy = POLICY;
const created: PolicyEvent = { type: "PolicyCreated", policy, creator: PHONE.id, ownerCommitment: OWNER };
const added = ({ id, key }: typeof PHONE): PolicyEvent => ({
  type: "AgentAdded",
  policy,
  agent: id,
  key,
  epoch: 1,
});
const changed = (
  { id }: typeof PHONE,
  before: (typeof ALL_AUTHORIZATIONS)[number][],
  afterwards: typeof ALL_AUTHORIZATIONS,
): PolicyEvent => ({ type: "AgentAuthorizationsChanged", policy, agent: id, before, afterwards });
const provisioned = (who: typeof PHONE, index: number, commitment = who.commitment): PolicyEvent => ({
  type: "AgentProvisioned",
  policy,
  agent: who.id,
  generation: 0,
  index,
  commitment,
  expiry: NO_EXPIRY,
});
const revoked = ({ id }: typeof PHONE, index: number): PolicyEvent => ({
  type: "AgentRevoked",
  policy,
  agent: id,
  generation: 0,
  index,
});
const executed = (nonce: bigint, lane = 0n): PolicyEvent => ({
  type: "OperationExecuted",
  policy,
  proposer: PHONE.id,
  lane,
  nonce,
});

const settled: PolicyEvent = { type: "PolicySettingsChanged", policy, settings: SETTINGS };
const start = [created, settled, added(PHONE), changed(PHONE, [], ALL_AUTHORIZATIONS), provisioned(PHONE, 0)];
const replay = (...events: PolicyEvent[]) =>
  [...start, ...events].reduce<PolicyState | undefined>(
    (state, event, i) => applyPolicyEvent(state, event, NOW + BigInt(i)),
    undefined,
  );

const END = expiry(NOW + 7200n);
const CHANGE = hex32(`0x${"c4".repeat(32)}`);
const scheduled: PolicyEvent = {
  ...{ type: "ChangeScheduled", policy, change: CHANGE, proposer: PHONE.id },
  ...{ earliest: NOW + 100n, latest: NOW + 200n, settings: { delay: 3600 } },
  agents: [
    { agent: LAPTOP.id, kind: "SECP256K1", key: LAPTOP.key, authorizations: ["ADMIN"] },
    { agent: PHONE.id, kind: "SECP256K1", authorizations: ["PROVE_GRANT"] },
  ],
};
const approved = ({ id }: typeof PHONE, majority: boolean): PolicyEvent => ({
  ...{ type: "ChangeApproved", policy, change: CHANGE, approver: id, majority },
});
const joins = [added(LAPTOP), changed(LAPTOP, [], ["ADMIN"])];

describe("policy/state", () => {
  it("follows an agent from its grant to its revocation and a new grant", () => {
    const state = replay(
      added(LAPTOP),
      changed(LAPTOP, [], ["PROVE"]),
      provisioned(LAPTOP, 7),
      executed(0n),
      changed(LAPTOP, ["PROVE"], []),
      revoked(LAPTOP, 7),
      executed(1n),
    );
    expect(state?.ownerCommitment).to.equal(OWNER);
    expect([...(state?.agents.keys() ?? [])]).to.deep.equal([PHONE.id, LAPTOP.id]);
    expect(state?.agents.get(LAPTOP.id)).to.deep.equal({
      key: LAPTOP.key,
      epoch: 1,
      authorizations: [],
      counter: 0,
      barred: false,
      grants: [
        {
          ...{ generation: 0, index: 7, commitment: LAPTOP.commitment, expiry: NO_EXPIRY },
          ...{ from: NOW + 7n, until: NOW + 10n },
        },
      ],
    });
  });

  it("counts nonces per proposer and lane", () => {
    const state = replay(executed(0n), executed(1n), executed(0n, 5n));
    if (state === undefined) return expect.fail("no state");
    expect([
      nextNonce(state, PHONE.id),
      nextNonce(state, PHONE.id, 5n),
      nextNonce(state, LAPTOP.id),
    ]).to.deep.equal([2n, 1n, 0n]);
  });

  it("leaves the former state as it was", () => {
    const before = replay();
    if (before === undefined) return expect.fail("no state");
    applyPolicyEvent(before, added(LAPTOP), NOW);
    expect(before.agents.size).to.equal(1);
  });

  it("counts PROVE through the second of its expiry and not beyond", () => {
    const state = replay({ ...provisioned(PHONE, 1, SERVER.commitment), expiry: END } as PolicyEvent);
    const phone = state?.agents.get(PHONE.id);
    if (phone === undefined) return expect.fail("no agent");
    expect(authorizationsAt(phone, END)).to.deep.equal(ALL_AUTHORIZATIONS);
    expect(authorizationsAt(phone, END + 1n)).to.deep.equal(["PROVE_GRANT", "PROVE_REVOKE", "ADMIN"]);
  });

  it("knows a new grant after one that ran out", () => {
    const state = replay({ ...provisioned(PHONE, 9, LAPTOP.commitment), expiry: NO_EXPIRY } as PolicyEvent);
    const phone = state?.agents.get(PHONE.id);
    expect(phone?.grants.map(({ index }) => index)).to.deep.equal([0, 9]);
    expect(phone && authorizationsAt(phone, 10n ** 10n)).to.deep.equal(ALL_AUTHORIZATIONS);
  });

  it("remembers every spell of proving: a revocation's second lies outside, an expiry's within", () => {
    const state = replay(
      changed(PHONE, ALL_AUTHORIZATIONS.slice(), ["ADMIN"]), // + 5
      revoked(PHONE, 0), // + 6
      changed(PHONE, ["ADMIN"], ["PROVE", "ADMIN"]),
      { ...provisioned(PHONE, 3, LAPTOP.commitment), expiry: END } as PolicyEvent, // + 8
    );
    const phone = state?.agents.get(PHONE.id);
    if (phone === undefined) return expect.fail("no agent");
    const at = (time: bigint) => provedAt(phone, time);
    expect([at(NOW + 3n), at(NOW + 4n), at(NOW + 5n), at(NOW + 6n)]).to.deep.equal([
      false,
      true,
      true,
      false,
    ]);
    expect([at(NOW + 7n), at(NOW + 8n), at(END), at(END + 1n)]).to.deep.equal([false, true, true, false]);
  });

  it("follows a change from its schedule over its approvals to its end", () => {
    const approvals = [...joins, scheduled, approved(PHONE, false), approved(LAPTOP, true)];
    const change = replay(...approvals)?.pendingChanges.get(CHANGE);
    expect(change).to.deep.equal({
      ...{ id: CHANGE, proposer: PHONE.id, earliest: NOW + 100n, latest: NOW + 200n, majority: true },
      ...{ approvers: [PHONE.id, LAPTOP.id], settings: { delay: 3600 } },
      agents: [
        { key: LAPTOP.key, authorizations: ["ADMIN"] },
        { key: PHONE.key, authorizations: ["PROVE_GRANT"] },
      ],
    });
    const back: PolicyEvent = { type: "ChangeWithdrawn", policy, change: CHANGE, approver: LAPTOP.id };
    const withdrawn = replay(...approvals, back)?.pendingChanges.get(CHANGE);
    expect(withdrawn).to.deep.include({ approvers: [PHONE.id], majority: false });
    for (const end of [
      { type: "ChangeExecuted", policy, change: CHANGE },
      { type: "ChangeVetoed", policy, change: CHANGE, agent: LAPTOP.id },
      { type: "ChangeLapsed", policy, change: CHANGE },
    ] as const) {
      expect(replay(...approvals, end)?.pendingChanges.size, end.type).to.equal(0);
    }
    const twice = () => replay(...approvals, approved(PHONE, true));
    expect(codeOf(twice)).to.equal("POLICY_EVENT_UNEXPECTED");
    const nobody = { ...scheduled, agents: [{ agent: SERVER.id, kind: "SECP256K1", authorizations: [] }] };
    expect(codeOf(() => replay(nobody as PolicyEvent))).to.equal("POLICY_EVENT_UNEXPECTED");
  });

  it("bars an agent whose stop was lifted, until the epoch ends", () => {
    const stop: PolicyEvent = { type: "GrantsStopped", policy, agent: PHONE.id };
    expect(replay(stop)?.stopper).to.equal(PHONE.id);
    const lifted = [stop, { type: "GrantsResumed", policy, stopper: PHONE.id } as const];
    expect(replay(...lifted)).to.include({ stopper: undefined });
    expect(replay(...lifted)?.agents.get(PHONE.id)?.barred).to.equal(true);
    const over = replay(...lifted, { type: "EpochEnded", policy, epoch: 1 });
    expect(over?.agents.get(PHONE.id)?.barred).to.equal(false);
  });

  it("keeps an agent's counter over epochs", () => {
    const state = replay(
      { type: "ApprovalsVoided", policy, agent: PHONE.id, counter: 4 },
      { type: "EpochEnded", policy, epoch: 1 },
      { ...added(PHONE), epoch: 2 } as PolicyEvent,
    );
    expect(state?.agents.get(PHONE.id)).to.include({ counter: 4, epoch: 2 });
    expect(state?.epoch).to.equal(2);
  });

  it("ends all power, changes and stops with an epoch, and PROVE leaf by leaf", () => {
    const ended = [
      ...joins,
      scheduled,
      { type: "GrantsStopped", policy, agent: PHONE.id },
      { type: "EpochEnded", policy, epoch: 1 },
    ] as const satisfies PolicyEvent[];
    const state = replay(...ended);
    expect(state?.pendingChanges.size).to.equal(0);
    expect(state?.stopper).to.equal(undefined);
    for (const agent of state?.agents.values() ?? []) expect(agent.authorizations).to.deep.equal([]);
    const over: PolicyEvent = { type: "ProverEnded", policy, generation: 0, index: 0 };
    const phone = replay(...ended, over)?.agents.get(PHONE.id);
    expect(phone?.grants.at(-1)?.until).to.be.a("bigint");
    const survivor = replay(
      { type: "EpochEnded", policy, epoch: 1 },
      { type: "AgentSurvived", policy, agent: PHONE.id, epoch: 2 },
      changed(PHONE, [], ["PROVE"]),
      changed(PHONE, ["PROVE"], ["PROVE", "ADMIN"]),
    );
    const agent = survivor?.agents.get(PHONE.id);
    expect(agent && authorizationsAt(agent, NOW + 50n)).to.deep.equal(["PROVE", "ADMIN"]);
    expect(survivor?.epoch).to.equal(2);
  });

  it("takes nothing after a policy's end", () => {
    const end: PolicyEvent = { type: "PolicyAbandoned", policy, successor: CHANGE };
    const over: PolicyEvent = { type: "EpochEnded", policy, epoch: 1 };
    expect(replay(over, end)).to.deep.include({ abandoned: { successor: CHANGE }, epoch: 1 });
    expect(codeOf(() => replay(over, end, added(LAPTOP)))).to.equal("POLICY_EVENT_UNEXPECTED");
  });

  const impossible: readonly (readonly [string, PolicyEvent])[] = [
    ["a second creation", created],
    ["another policy's event", { ...executed(0n), policy: LAPTOP.commitment as never } as PolicyEvent],
    ["an agent twice in an epoch", added(PHONE)],
    ["a key with another id", { ...added(LAPTOP), agent: SERVER.id } as PolicyEvent],
    ["a change of nobody's rights", changed(LAPTOP, [], ["PROVE"])],
    ["a change from other rights", changed(PHONE, ["PROVE"], [])],
    ["a grant to nobody", provisioned(LAPTOP, 1)],
    ["a commitment used before", provisioned(PHONE, 1)],
    ["a revocation of another index", revoked(PHONE, 1)],
    ["a skipped nonce", executed(1n)],
    ["an approval of a change that does not wait", approved(PHONE, false)],
    ["the end of a change that does not wait", { type: "ChangeExecuted", policy, change: CHANGE }],
    ["the end of another epoch", { type: "EpochEnded", policy, epoch: 2 }],
    ["a survivor of no epoch", { type: "AgentSurvived", policy, agent: PHONE.id, epoch: 1 }],
    ["a survivor before the end", { type: "AgentSurvived", policy, agent: PHONE.id, epoch: 2 }],
    ["the end of a grant that nobody has", { type: "ProverEnded", policy, generation: 0, index: 5 }],
    ["a stop lifted that nobody made", { type: "GrantsResumed", policy, stopper: PHONE.id }],
    ["an agent of a former epoch", { ...added(LAPTOP), epoch: 0 } as PolicyEvent],
  ];
  for (const [name, event] of impossible) {
    it(`refuses ${name}`, () => {
      expect(codeOf(() => replay(event))).to.equal("POLICY_EVENT_UNEXPECTED");
    });
  }

  it("refuses events before the creation, and a revocation twice", () => {
    expect(codeOf(() => applyPolicyEvent(undefined, added(PHONE), NOW))).to.equal("POLICY_EVENT_UNEXPECTED");
    expect(codeOf(() => replay(revoked(PHONE, 0), revoked(PHONE, 0)))).to.equal("POLICY_EVENT_UNEXPECTED");
  });
});
