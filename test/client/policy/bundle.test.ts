import { expect } from "chai";
import fc from "fast-check";
import type { Hex } from "../../../client/core/index.ts";
import { contractKey, keyIdOf } from "../../../client/keys/index.ts";
import {
  type ApprovalBundle,
  addApproval,
  approve,
  approveBundle,
  buildAuthorize,
  buildGovernanceChange,
  buildRevoke,
  describeMissing,
  mergeBundles,
  missingApprovals,
  type Operation,
  openBundle,
  parseBundle,
  parseOperation,
  serializeBundle,
  serializeOperation,
} from "../../../client/policy/index.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import {
  ABANDONMENT,
  agent,
  CONTEXT,
  LAPTOP,
  LOCATION,
  NOW,
  OPERATIONS,
  PHONE,
  ROOT,
  ROOT_SET,
  SERVER,
} from "./fixtures.ts";
import { member, stateOf } from "./policyState.ts";

const { GovernanceChange: change, EmergencyRotate: rotate } = OPERATIONS;
const admin = ["ADMIN"] as const;
const state = stateOf(
  [PHONE, LAPTOP, SERVER].map((one) => [one, member(one, admin)] as const),
  { adminQuorum: 2 },
);
const empty = openBundle({ location: LOCATION, operation: change, acceptances: [] }, NOW);
const short = (id: string) => `agent ${id.slice(0, 6)}…${id.slice(-4)}`;

describe("policy/bundle", () => {
  let one: ApprovalBundle;
  let other: ApprovalBundle;

  before(async () => {
    one = await approveBundle(PHONE.wallet, empty);
    other = await approveBundle(LAPTOP.wallet, empty);
  });

  describe("openBundle", () => {
    it("refuses deadlines out of bounds, and a rotation without its root set", () => {
      const open = (operation: Operation, now = NOW) =>
        codeOf(() => openBundle({ location: LOCATION, operation, acceptances: [] }, now));
      expect(open(change, change.deadline + 1n)).to.equal("DEADLINE_PASSED");
      expect(open({ ...change, deadline: NOW + 2_592_001n })).to.equal("DEADLINE_TOO_FAR");
      expect(open({ ...change, deadline: NOW + 2_592_000n })).to.equal(undefined);
      expect(open(rotate)).to.equal("ROOT_SET_MISSING");
    });
  });

  describe("addApproval", () => {
    it("refuses a key twice, and one that signed something else", async () => {
      expect(await codeOfAsync(() => approveBundle(PHONE.wallet, one))).to.equal("APPROVAL_DUPLICATE");
      const foreign = await approve(LAPTOP.wallet, LOCATION, { ...change, nonce: 1n });
      expect(codeOf(() => addApproval(one, foreign))).to.equal("APPROVAL_MISMATCH");
      const { signature } = other.approvals[0] ?? foreign;
      expect(codeOf(() => addApproval(one, { key: SERVER.key, signature, counter: 0 }))).to.equal(
        "APPROVAL_MISMATCH",
      );
      expect(codeOf(() => addApproval(one, { key: SERVER.key, signature: "0x", counter: 0 }))).to.equal(
        "SIGNATURE_MALFORMED",
      );
    });
  });

  describe("mergeBundles", () => {
    it("unites the approvals, whichever comes first", () => {
      const [merged, mirrored] = [mergeBundles(one, other), mergeBundles(other, one)];
      expect(merged.approvals).to.deep.equal([...one.approvals, ...other.approvals]);
      expect(mirrored.approvals).to.have.deep.members([...merged.approvals]);
      expect(mergeBundles(merged, one)).to.deep.equal(merged);
    });

    it("refuses another operation, registry, acceptance or root set", () => {
      const acceptances = [{ deadline: 1n, signature: "0x12" as Hex }];
      for (const foreign of [
        { ...other, operation: { ...change, nonce: 1n } },
        { ...other, operation: OPERATIONS.Revoke },
        { ...other, location: { ...LOCATION, chainId: 1n } },
        { ...other, acceptances },
        { ...other, rootSet: ROOT_SET },
      ]) {
        expect(codeOf(() => mergeBundles(one, foreign))).to.equal("BUNDLE_OPERATION_MISMATCH");
      }
    });

    it("refuses an approval that its key did not sign", () => {
      const forged = other.approvals.map((approval) => ({ ...approval, key: SERVER.key }));
      expect(codeOf(() => mergeBundles(one, { ...other, approvals: forged }))).to.equal("APPROVAL_MISMATCH");
    });

    it("keeps the approval with the newer counter", async () => {
      const newer = await approveBundle(PHONE.wallet, empty, 1);
      expect(mergeBundles(one, newer).approvals).to.deep.equal(newer.approvals);
      expect(mergeBundles(newer, one).approvals).to.deep.equal(newer.approvals);
    });
  });

  describe("missingApprovals", () => {
    const missing = (bundle: ApprovalBundle, now = NOW) => missingApprovals(bundle, state, now);
    const open = (operation: Operation) =>
      openBundle({ location: LOCATION, operation, acceptances: [] }, NOW);

    it("says how many more ADMINs are needed, and of whom", () => {
      expect(missing(one)).to.deep.equal([{ right: "ADMIN", quorum: 1, of: [LAPTOP.id, SERVER.id] }]);
      expect(describeMissing(one, { state, now: NOW })).to.equal(
        `needs 1 more ADMIN of: ${short(LAPTOP.id)}, ${short(SERVER.id)}, by 2026-01-01 01:00 UTC`,
      );
      expect(missing(mergeBundles(one, other))).to.deep.equal([]);
      expect(describeMissing(mergeBundles(one, other), { state, now: NOW })).to.equal("is complete");
    });

    it("asks for the proposer besides the quorum", async () => {
      const both = await approveBundle(SERVER.wallet, other);
      expect(missing(both)).to.deep.equal([{ right: "OWN", quorum: 1, of: [PHONE.id] }]);
      expect(describeMissing(both, { state, now: NOW, nameOf: () => "phone" })).to.match(
        /^needs phone \(0x.{4}….{4}\), by /,
      );
    });

    it("knows what each operation needs", () => {
      const needs = (operation: Operation, of = state) =>
        missingApprovals(open(operation), of, NOW).map(({ right, quorum }) => `${quorum} ${right}`);
      const joining = buildAuthorize({
        ...CONTEXT,
        changes: OPERATIONS.Authorize.changes.map((change) => ({ ...change, key: agent(44).key })),
      });
      expect(needs(joining)).to.deep.equal(["1 PROVE_GRANT", "1 OWN"]);
      expect(needs(OPERATIONS.Revoke)).to.deep.equal(["1 PROVE_REVOKE", "1 OWN"]);
      expect(needs(OPERATIONS.LiftStop)).to.deep.equal(["2 ADMIN"]);
      for (const action of ["Renounce", "Renew", "Veto", "Withdraw", "Stop", "VoidApprovals"] as const) {
        expect(needs(OPERATIONS[action]), action).to.deep.equal(["1 OWN"]);
      }
      const power = buildRevoke({
        ...CONTEXT,
        revocations: [{ agent: LAPTOP.id, authorizations: ["PROVE", "PROVE_GRANT"] }],
      });
      expect(needs(power)).to.deep.equal(["1 PROVE_REVOKE", "2 ADMIN", "1 OWN"]);
      const quorum = stateOf(
        [...state.agents.values()].map((it, i) => [[PHONE, LAPTOP, SERVER][i] ?? PHONE, it]),
        {
          grantQuorum: 3,
        },
      );
      expect(needs(joining, quorum)).to.deep.equal(["3 PROVE_GRANT", "1 OWN"]);
      expect(missingApprovals(open(OPERATIONS.CreatePolicy), undefined, NOW)).to.deep.equal([
        { right: "OWN", quorum: 1, of: [PHONE.id] },
      ]);
      expect(codeOf(() => missingApprovals(open(change), undefined, NOW))).to.equal("POLICY_STATE_MISSING");
    });

    it("asks root keys for a rotation, and nobody else", async () => {
      const bundle = openBundle(
        { location: LOCATION, operation: rotate, acceptances: [], rootSet: ROOT_SET },
        NOW,
      );
      expect(missing(bundle)).to.deep.equal([{ right: "ROOT", quorum: 1, of: [ROOT.id] }]);
      expect(missing(await approveBundle(ROOT.wallet, bundle))).to.deep.equal([]);
      const phones = await approveBundle(PHONE.wallet, bundle);
      expect(codeOf(() => missing(phones))).to.equal("APPROVER_FOREIGN");
    });

    it("names an approver without the right, and one that voided its approvals", async () => {
      const stranger = await approveBundle(agent(44).wallet, empty);
      expect(codeOf(() => missing(stranger))).to.equal("APPROVER_FOREIGN");
      const agents = new Map(state.agents).set(PHONE.id, member(PHONE, admin, { counter: 1 }));
      expect(codeOf(() => missingApprovals(one, { ...state, agents }, NOW))).to.equal("APPROVAL_VOIDED");
      const again = await approveBundle(PHONE.wallet, empty, 1);
      expect(missingApprovals(again, { ...state, agents }, NOW)).to.have.length(1);
    });

    it("leaves contracts out unless the policy counts them", () => {
      const key = contractKey(`0x${"c0".repeat(20)}`);
      const contract = { key, id: keyIdOf(key), commitment: LAPTOP.commitment };
      const agents = [...state.agents].concat([[contract.id, member(contract, admin)]]);
      const asked = (contractKeysCount: boolean) =>
        missingApprovals(
          empty,
          { ...state, agents: new Map(agents), settings: { ...state.settings, contractKeysCount } },
          NOW,
        )[0]?.of.includes(contract.id);
      expect([asked(false), asked(true)]).to.deep.equal([false, true]);
    });
  });

  describe("as text", () => {
    it("comes back, every kind of operation", () => {
      for (const operation of [...Object.values(OPERATIONS), ABANDONMENT]) {
        expect(parseOperation(serializeOperation(operation)), operation.action).to.deep.equal(operation);
      }
      const merged = mergeBundles(one, other);
      expect(parseBundle(serializeBundle(merged))).to.deep.equal(merged);
      const acceptances = [{ deadline: 2n ** 64n - 1n, signature: "0xabcd" as Hex }];
      const full = { ...merged, operation: rotate, acceptances, rootSet: ROOT_SET };
      expect(parseBundle(serializeBundle(full))).to.deep.equal(full);
    });

    it("keeps integers of every size, and any choice of settings", () => {
      const settings = fc.record(
        {
          grantQuorum: fc.integer({ min: 1, max: 16 }),
          contractKeysCount: fc.boolean(),
          delay: fc.integer({ min: 3600, max: 2_592_000 }),
        },
        { requiredKeys: [] },
      );
      fc.assert(
        fc.property(
          fc.bigInt({ min: 0n, max: 2n ** 192n - 1n }),
          fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
          settings,
          fc.subarray(["PROVE_GRANT", "PROVE_REVOKE", "ADMIN"] as const),
          fc.uint8Array({ maxLength: 200 }),
          fc.integer({ min: 0, max: 2 ** 32 - 1 }),
          (lane, nonce, some, authorizations, bytes, counter) => {
            const agents = [{ key: LAPTOP.key, authorizations }];
            const operation = buildGovernanceChange({ ...CONTEXT, lane, nonce, agents, settings: some });
            const signature: Hex = `0x${Buffer.from(bytes).toString("hex")}`;
            const approvals = [{ key: PHONE.key, signature, counter }];
            const bundle = { ...empty, operation, approvals };
            expect(parseBundle(serializeBundle(bundle))).to.deep.equal(bundle);
          },
        ),
      );
    });

    it("refuses everything that is not exactly that", () => {
      const text = serializeBundle(one);
      const alter = (from: string, to: string) => {
        expect(text).to.contain(from);
        return text.replace(from, to);
      };
      const bad = [
        ...["", "null", "[]", "{}", text.slice(1), `${text}x`, "x".repeat(300_000)],
        alter("dkms-approvals-v1", "dkms-approvals-v2"),
        alter('"nonce":"0"', '"nonce":0'),
        alter('"nonce":"0"', '"nonce":"00"'),
        alter('"nonce":"0"', '"nonce":"-1"'),
        alter('"nonce":"0"', `"nonce":"${2n ** 64n}"`),
        alter('"nonce":"0"', '"nonce":"0","note":"x"'),
        alter('"epoch":1', '"epoch":"1"'),
        alter('"epoch":1', '"epoch":1.5'),
        alter('"action":"GovernanceChange"', '"action":"Revoke"'),
        alter('["PROVE_GRANT","ADMIN"]', '["ADMIN","PROVE_GRANT"]'),
        alter('["PROVE_GRANT","ADMIN"]', '["OWNER"]'),
        alter('"kind":1', '"kind":9'),
        alter(`"${PHONE.key.material}"`, '"0x00"'),
        alter(`"policy":"${CONTEXT.policy}"`, '"policy":"0"'),
      ];
      for (const malformed of bad) {
        expect(
          codeOf(() => parseBundle(malformed)),
          malformed.slice(0, 200),
        ).to.equal("BUNDLE_MALFORMED");
      }
      expect(codeOf(() => parseBundle(alter('"delay":86400', '"delay":1')))).to.equal("SETTING_OUT_OF_RANGE");
      expect(codeOf(() => parseOperation('{"action":"Nothing"}'))).to.equal("BUNDLE_MALFORMED");
    });
  });
});
