import { expect } from "chai";
import {
  ALL_AUTHORIZATIONS,
  applyPolicyEvent,
  authorizationsAt,
  expiry,
  NO_EXPIRY,
  nextNonce,
  type PolicyEvent,
  type PolicyState,
} from "../../../client/policy/index.ts";
import { codeOf } from "../support.ts";
import { LAPTOP, OWNER, PHONE, POLICY, SERVER } from "./fixtures.ts";

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
  expiry: expiry(7200n),
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

const start = [created, added(PHONE), changed(PHONE, [], ALL_AUTHORIZATIONS), provisioned(PHONE, 0)];
const replay = (...events: PolicyEvent[]) =>
  [...start, ...events].reduce<PolicyState | undefined>(applyPolicyEvent, undefined);

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
      grants: [{ generation: 0, index: 7, commitment: LAPTOP.commitment, expiry: 7200n, revoked: true }],
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
    applyPolicyEvent(before, added(LAPTOP));
    expect(before.agents.size).to.equal(1);
  });

  it("counts PROVE through the second of its expiry and not beyond", () => {
    const phone = replay()?.agents.get(PHONE.id);
    if (phone === undefined) return expect.fail("no agent");
    expect(authorizationsAt(phone, 7200n)).to.deep.equal(ALL_AUTHORIZATIONS);
    expect(authorizationsAt(phone, 7201n)).to.deep.equal(["PROVE_GRANT", "PROVE_REVOKE", "ADMIN"]);
  });

  it("knows a new grant after one that ran out", () => {
    const state = replay({ ...provisioned(PHONE, 9, LAPTOP.commitment), expiry: NO_EXPIRY } as PolicyEvent);
    const phone = state?.agents.get(PHONE.id);
    expect(phone?.grants.map(({ index }) => index)).to.deep.equal([0, 9]);
    expect(phone && authorizationsAt(phone, 10n ** 10n)).to.deep.equal(ALL_AUTHORIZATIONS);
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
  ];
  for (const [name, event] of impossible) {
    it(`refuses ${name}`, () => {
      expect(codeOf(() => replay(event))).to.equal("POLICY_EVENT_UNEXPECTED");
    });
  }

  it("refuses events before the creation, and a revocation twice", () => {
    expect(codeOf(() => applyPolicyEvent(undefined, added(PHONE)))).to.equal("POLICY_EVENT_UNEXPECTED");
    expect(codeOf(() => replay(revoked(PHONE, 0), revoked(PHONE, 0)))).to.equal("POLICY_EVENT_UNEXPECTED");
  });
});
