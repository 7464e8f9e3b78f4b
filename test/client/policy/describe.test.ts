import { expect } from "chai";
import type { KeyId } from "../../../client/keys/index.ts";
import {
  type AgentChange,
  buildAuthorize,
  buildRevoke,
  describeChange,
  describeOperation,
  expiryAfter,
  type Operation,
  type PendingChange,
  shortPolicyId,
} from "../../../client/policy/index.ts";
import {
  ABANDONMENT,
  CONTEXT,
  LAPTOP,
  NOW,
  OPERATIONS,
  PHONE,
  POLICY,
  SERVER,
  SETTINGS,
} from "./fixtures.ts";

const names = new Map<KeyId, string>([
  [PHONE.id, "phone"],
  [LAPTOP.id, "laptop"],
]);
const nameOf = (id: KeyId) => names.get(id);
const say = (operation: Operation) => describeOperation(operation, { nameOf, settings: SETTINGS });
const short = (id: string) => `${id.slice(0, 6)}…${id.slice(-4)}`;
const policy = shortPolicyId(POLICY);
const [phone, laptop] = [`phone (${short(PHONE.id)})`, `laptop (${short(LAPTOP.id)})`];
const server = `agent ${short(SERVER.id)}`;
const change = `0xc4c4…c4c4`;
const { rootCommitment } = OPERATIONS.EmergencyRotate.settings;

const sentences: Record<Operation["action"], string> = {
  CreatePolicy: `Create policy ${policy}, in which ${phone} may from now on prove, let others prove, stop others from proving and administer the policy, and nothing else; letting somebody prove takes 1 agent; changing power takes 1 ADMIN; wallet contracts do not count as agents of their own; changes wait 48 h; changes can then be executed for 7 days; the root keys are those of ${SETTINGS.rootCommitment}`,
  Authorize: `In policy ${policy}, ${laptop} may from now on prove, and nothing else`,
  Revoke: `In policy ${policy}, ${laptop} may no longer prove`,
  Renounce: `In policy ${policy}, ${phone} itself may no longer prove or let others prove`,
  Renew: `In policy ${policy}, ${phone} goes on proving with fresh secrets, and no longer with its old ones`,
  GovernanceChange: `In policy ${policy}, ${laptop} may let others prove and administer the policy, and has no other power; changing power takes 2 ADMINs; changes wait 24 h; takes effect in 48 h unless an ADMIN vetoes`,
  Veto: `In policy ${policy}, ${phone} ends the change ${change}, which waits`,
  Withdraw: `In policy ${policy}, ${phone} takes back for good that it approved the change ${change}`,
  Stop: `In policy ${policy}, ${phone} stops everyone from letting agents prove; taking that away stays possible`,
  LiftStop: `In policy ${policy}, agents can be let prove again, which ${laptop} had stopped and cannot stop a second time`,
  VoidApprovals: `In policy ${policy}, all that ${phone} approved and nobody submitted yet is void`,
  EmergencyRotate: `The root keys replace all power in policy ${policy} at once: ${server} may administer the policy, and has no other power; letting somebody prove takes 1 agent; changing power takes 1 ADMIN; wallet contracts do not count as agents of their own; the root keys are those of ${rootCommitment}; nobody but ${phone} proves, and all changes that wait end`,
  TrusteeChange: `In policy ${policy}, 3 of 5 trustees together give the policy to whom they choose; 2 of 2 trustees together stop agents from proving; 3 of 5 trustees together restore the recovery secret; a recovery waits 14 days, and can then be executed for 7 days; their shares are those of 0x${"5e".repeat(32)}; takes effect after the delay of a recovery, or of a change if there are no trustees yet, unless an ADMIN vetoes`,
  PermitAnchor: `In policy ${policy}, ${laptop} may record backups while it proves`,
  AnchorBackup: `In policy ${policy}, ${phone} records backup 7, 0x${"c4".repeat(32)}`,
  CancelRecovery: `In policy ${policy}, the recovery ${change}, which runs, ends`,
};

describe("policy/describe", () => {
  for (const [action, sentence] of Object.entries(sentences)) {
    it(`says what ${action} does`, () => {
      expect(say(OPERATIONS[action as Operation["action"]])).to.equal(
        `${sentence} (to be done by 2026-01-01 01:00 UTC).`,
      );
    });
  }

  it("names the end of a grant, and unknown agents by their id", () => {
    const expiry = expiryAfter({ now: NOW, seconds: 86_400n });
    const grant = { commitment: LAPTOP.commitment, expiry };
    const changes: AgentChange[] = [
      { key: LAPTOP.key, authorizations: ["PROVE", "PROVE_GRANT"], grant },
      { key: SERVER.key, authorizations: [] },
    ];
    expect(say(buildAuthorize({ ...CONTEXT, changes }))).to.equal(
      `In policy ${policy}, ${laptop} may from now on prove until 2026-01-02 00:00 UTC and let others prove, and nothing else; ${server} is removed for good (to be done by 2026-01-01 01:00 UTC).`,
    );
    const renewal = { ...OPERATIONS.Renew, grant };
    expect(say(renewal)).to.contain("until 2026-01-02 00:00 UTC");
  });

  it("bears a deadline that no calendar has", () => {
    const revocations = [{ agent: LAPTOP.id, authorizations: ["PROVE", "ADMIN"] as const }];
    const operation = { ...buildRevoke({ ...CONTEXT, revocations }), deadline: 2n ** 64n - 1n };
    expect(say(operation)).to.equal(
      `In policy ${policy}, ${laptop} may no longer prove or administer the policy (at any time).`,
    );
  });

  it("says that a policy ends, and names its successor", () => {
    expect(say(ABANDONMENT)).to.contain(
      `the policy ends for ever and nobody proves for it any more; its successor is named by 0x${"c4".repeat(32)}`,
    );
    const { abandon: _, ...rest } = ABANDONMENT;
    expect(say({ ...rest, abandon: {} })).to.contain("no successor is named");
  });

  it("says what waits, who approved it, when it runs, and whether a veto helps", () => {
    const { agents, settings } = OPERATIONS.GovernanceChange;
    const waiting: PendingChange = {
      ...{ id: SETTINGS.rootCommitment, proposer: PHONE.id, agents, settings, majority: false },
      ...{ earliest: NOW + 18_000n, latest: NOW + 86_400n, approvers: [PHONE.id, SERVER.id] },
    };
    const at = (now: bigint, more: Partial<PendingChange> = {}) =>
      describeChange({ ...waiting, ...more }, now, { nameOf });
    expect(at(NOW)).to.equal(
      `${laptop} may let others prove and administer the policy, and has no other power; changing power takes 2 ADMINs; changes wait 24 h; approved by ${phone} and ${server}; it can be executed in 5 h, from 2026-01-01 05:00 UTC to 2026-01-02 00:00 UTC; any ADMIN can veto it.`,
    );
    expect(at(NOW, { majority: true })).to.contain("most ADMINs approved it, so that no veto ends it");
    expect(at(NOW + 18_000n)).to.contain("anyone can execute it now, until 2026-01-02 00:00 UTC");
    expect(at(NOW + 86_401n)).to.contain("its time has passed");
    expect(at(NOW, { agents: [{ key: PHONE.key, authorizations: [] }] })).to.contain(
      `${phone} loses all power`,
    );
  });

  it("needs neither names nor settings", () => {
    expect(describeOperation(OPERATIONS.GovernanceChange)).to.contain(
      `agent ${short(LAPTOP.id)} may let others prove`,
    );
    expect(describeOperation(OPERATIONS.GovernanceChange)).to.contain(
      "takes effect after the policy's delay",
    );
  });
});
