import { expect } from "chai";
import { hex32 } from "../../../client/core/index.ts";
import {
  type AlertCode,
  NO_TRUSTEES,
  type PolicyState,
  policyAlerts,
  type RecoveryState,
} from "../../../client/policy/index.ts";
import { agent, LAPTOP, NOW, PHONE, SERVER, SETTINGS, TRUSTEES } from "./fixtures.ts";
import { member, stateOf } from "./policyState.ts";

const [P, Q] = ["aa", "bb"].map((byte) => hex32(`0x${byte.repeat(32)}`)) as [
  ReturnType<typeof hex32>,
  ReturnType<typeof hex32>,
];
const people = [501, 502, 503].map((seed) => agent(seed).id);
const [ada = PHONE.id, bob = PHONE.id, eve = PHONE.id] = people;
const { delay: _, window: __, ...rules } = SETTINGS;
const good = stateOf([
  [PHONE, member(PHONE, ["ADMIN"])],
  [LAPTOP, member(LAPTOP, ["ADMIN"])],
]);
const proposal = (id: typeof P) => ({
  ...{ id, trustee: ada, trusteeSet: 1, lapses: NOW + 86_400n, settings: rules },
  agents: [{ key: SERVER.key, authorizations: ["ADMIN"] as const }],
});
const votes = (...voters: readonly (typeof ada)[]) => new Map(voters.map((voter) => [voter, P]));
const proposed: RecoveryState = {
  ...good.recovery,
  proposals: new Map([P, Q].map((id) => [id, proposal(id)])),
};
const voted: RecoveryState = { ...proposed, votes: votes(ada, bob) };
const running: RecoveryState = {
  ...{ ...proposed, votes: votes(ada, bob, eve) },
  running: { proposal: P, earliest: NOW + 18_000n, latest: NOW + 86_400n },
};
const over: RecoveryState = { ...good.recovery, number: 1n };
const of = (recovery: RecoveryState, more: Partial<PolicyState> = {}): PolicyState => ({
  ...{ ...good, recovery, ...more },
});

describe("policy/recoveryAlerts", () => {
  const alerts = (before: PolicyState, after: PolicyState) => policyAlerts(before, after, NOW);
  const codes = (before: PolicyState, after: PolicyState): AlertCode[] =>
    alerts(before, after).map(({ code }) => code);

  it("say nothing where nothing happened", () => {
    for (const recovery of [good.recovery, proposed, voted, running, over]) {
      expect(alerts(of(recovery), of(recovery))).to.deep.equal([]);
    }
  });

  it("tell of other trustees, and of none", () => {
    const trustees = { ...good.trustees, number: 2, settings: { ...TRUSTEES, delay: 20 * 86_400 } };
    const [alert] = alerts(good, { ...good, trustees });
    expect(alert?.code).to.equal("TRUSTEES_CHANGED");
    expect(alert?.text).to.contain("a recovery waits 20 days");
    const none = { ...good.trustees, number: 2, settings: NO_TRUSTEES };
    expect(alerts(good, { ...good, trustees: none })[0]?.text).to.contain("there are no trustees any more");
    expect(codes(good, { ...good, trustees: { ...good.trustees, refused: true } })).to.deep.equal([]);
  });

  it("tell of each proposal, with all that it does", () => {
    const [first, second] = alerts(good, of(proposed));
    expect(first).to.include({ code: "RECOVERY_PROPOSED", proposal: P });
    expect(second).to.include({ code: "RECOVERY_PROPOSED", proposal: Q });
    expect(first?.text).to.contain("may administer the policy");
    expect(first?.text).to.contain("It takes votes until 2026-01-02 00:00 UTC.");
  });

  it("tell of votes that came, went or were cast by others", () => {
    const [alert] = alerts(of(proposed), of(voted));
    expect(alert).to.include({ code: "RECOVERY_VOTES", proposal: P });
    expect(codes(of(voted), of({ ...voted, votes: votes(ada) }))).to.deep.equal(["RECOVERY_VOTES"]);
    expect(codes(of(voted), of({ ...voted, votes: votes(ada, eve) }))).to.deep.equal(["RECOVERY_VOTES"]);
    expect(alerts(of(voted), of(proposed))[0]?.text).to.contain("has the votes of nobody");
    const moved = new Map([
      [ada, P],
      [bob, Q],
    ]);
    expect(codes(of(voted), of({ ...voted, votes: moved }))).to.deep.equal([
      ...["RECOVERY_VOTES", "RECOVERY_VOTES"],
    ]);
  });

  it("tell of a recovery that starts, and when it takes effect", () => {
    const found = alerts(of(voted), of(running));
    expect(found.map(({ code }) => code)).to.deep.equal(["RECOVERY_VOTES", "RECOVERY_STARTED"]);
    expect(found[1]).to.include({ proposal: P, deadline: NOW + 18_000n });
    expect(found[1]?.text).to.match(/^TRUSTEES TAKE THE POLICY OVER: .* it can be executed in 5 h/);
  });

  it("tell of all of it at once, if nobody looked meanwhile", () => {
    expect(codes(good, of(running))).to.deep.equal([
      ...["RECOVERY_PROPOSED", "RECOVERY_PROPOSED", "RECOVERY_STARTED"],
    ]);
  });

  it("tell of one that ended, and of one that took effect", () => {
    const [ended] = alerts(of(running), of(over));
    expect(ended).to.include({ code: "RECOVERY_ENDED", proposal: P });
    expect(ended?.text).to.contain("ended.");
    const executed = { ...over, executed: { proposal: P, epoch: 2 } };
    const found = alerts(of(running), of(executed, { epoch: 2 }));
    expect(found.map(({ code }) => code)).to.deep.equal(["EPOCH_BEGAN", "RECOVERY_ENDED"]);
    expect(found[0]?.text).to.contain("A recovery by trustees replaced all power");
    expect(found[1]?.text).to.contain("took effect.");
    expect(alerts(of(running), of(over, { epoch: 2 }))[0]?.text).to.contain("Root keys replaced all power");
  });

  it("do not take an older execution for this one's", () => {
    // Two readings give two objects.
    const before = of({ ...running, executed: { proposal: Q, epoch: 2 } }, { epoch: 2 });
    const after = of({ ...over, number: 2n, executed: { proposal: Q, epoch: 2 } }, { epoch: 2 });
    expect(alerts(before, after)[0]?.text).to.contain("ended.");
  });

  it("tell of one that was replaced by another, or began anew", () => {
    const other = { ...running, running: { proposal: Q, earliest: NOW + 20_000n, latest: NOW + 90_000n } };
    expect(codes(of(running), of(other))).to.deep.equal(["RECOVERY_ENDED", "RECOVERY_STARTED"]);
    const again = { ...running, running: { proposal: P, earliest: NOW + 20_000n, latest: NOW + 90_000n } };
    const found = alerts(of(running), of(again));
    expect(found.map(({ code }) => code)).to.deep.equal(["RECOVERY_ENDED", "RECOVERY_STARTED"]);
    expect(found[1]?.deadline).to.equal(NOW + 20_000n);
  });

  it("tells of one that began and stopped again between two looks", () => {
    const found = policyAlerts(
      of({ ...running, running: undefined }),
      of({ ...running, running: undefined, starts: 1 }),
      NOW,
    );
    expect(found.map(({ code, text }) => [code, text])).to.deep.equal([
      [
        "RECOVERY_ENDED",
        "A recovery began since the last look, and stopped for lack of votes: it can begin again.",
      ],
    ]);
  });
});
