import { expect } from "chai";
import fc from "fast-check";
import { contractKey, type TypedData, typedDataDigest } from "../../../client/keys/index.ts";
import {
  buildAuthorize,
  buildCancelRecovery,
  buildRecoveryProposal,
  buildRecoveryVote,
  buildTrusteeRevoke,
  operationTypedData,
} from "../../../client/policy/index.ts";
import {
  type Appointment,
  appoint,
  approveAsTrustee,
  capabilityFor,
  checkTrusteeApproval,
  sortTrusteeApprovals,
  statementTypedData,
  type TrusteeApproval,
  type TrusteeStatement,
  trusteeCounter,
} from "../../../client/trustees/index.ts";
import { counterOf } from "../../recovery/trusteeSet.ts";
import { CONTEXT, LAPTOP, LOCATION, NOW, OPERATIONS, PHONE, POLICY, SERVER } from "../policy/fixtures.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import { alike, person, setOf } from "./support.ts";

const timing = { policy: POLICY, trusteeSet: 4, now: NOW };
const { proposal } = OPERATIONS.CancelRecovery;
const { rootCommitment } = OPERATIONS.EmergencyRotate.settings;
const statements = {
  RecoveryProposal: buildRecoveryProposal({
    ...{ ...timing, recovery: 3n, agents: [{ key: SERVER.key, authorizations: ["ADMIN"] }] },
    settings: { grantQuorum: 1, adminQuorum: 1, contractKeysCount: false, rootCommitment },
  }),
  RecoveryVote: buildRecoveryVote({ ...timing, recovery: 3n, proposal, sequence: 1 }),
  TrusteeRevoke: buildTrusteeRevoke({ ...timing, epoch: 1, agents: [LAPTOP.id], nonce: 0n }),
  CancelRecovery: buildCancelRecovery({ policy: POLICY, epoch: 1, now: NOW, recovery: 3n, proposal }),
  Authorize: buildAuthorize({ ...CONTEXT, changes: OPERATIONS.Authorize.changes }),
} as const satisfies Record<TrusteeStatement["action"], TrusteeStatement>;
const digest = (data: TypedData) => typedDataDigest(data);

describe("trustees/approvals", () => {
  let appointment: Appointment;
  let approvals: readonly TrusteeApproval[];
  const vote = statements.RecoveryVote;

  before(async () => {
    const set = await alike(8);
    appointment = appoint(set, person(0).id);
    approvals = await Promise.all(
      set.trustees.map((_, i) => approveAsTrustee(person(i).wallet, appoint(set, person(i).id), vote, 4)),
    );
  });

  it("say which capability each statement takes", () => {
    expect(Object.values(statements).map((one) => [one.action, capabilityFor(one)])).to.deep.equal([
      ["RecoveryProposal", "ADMIN_AUTHZ"],
      ["RecoveryVote", "ADMIN_AUTHZ"],
      ["TrusteeRevoke", "REVOKE_AUTHZ"],
      ["CancelRecovery", "ADMIN_AUTHZ"],
      ["Authorize", "PROVISION_AUTHZ"],
    ]);
  });

  for (const [action, statement] of Object.entries(statements)) {
    it(`sign a ${action} for this registry, and no other`, async () => {
      const approval = await approveAsTrustee(person(0).wallet, appointment, statement, 4);
      const check = (place = LOCATION, other: TrusteeStatement = statement, set = 4) =>
        codeOf(() => checkTrusteeApproval(place, other, set, approval));
      expect(check()).to.equal(undefined);
      expect(check({ ...LOCATION, chainId: 1n })).to.equal("TRUSTEE_APPROVAL_MISMATCH");
      const later = { ...statement, deadline: statement.deadline + 1n };
      expect(check(LOCATION, later)).to.equal("TRUSTEE_APPROVAL_MISMATCH");
      const stranger = { ...approval, trustee: { ...approval.trustee, key: person(1).key } };
      expect(codeOf(() => checkTrusteeApproval(LOCATION, statement, 4, stranger))).to.equal(
        "TRUSTEE_APPROVAL_MISMATCH",
      );
      expect(
        codeOf(() => checkTrusteeApproval(LOCATION, statement, 4, { ...approval, signature: "0x" })),
      ).to.equal("TRUSTEE_APPROVAL_MISMATCH");
    });

    it(`bind a ${action} to the set`, () => {
      const another =
        "trusteeSet" in statement
          ? statementTypedData(LOCATION, { ...statement, trusteeSet: 5 }, 5)
          : statementTypedData(LOCATION, statement, 5);
      expect(digest(another)).not.to.equal(digest(statementTypedData(LOCATION, statement, 4)));
    });
  }

  it("of a contract are left to the chain", () => {
    const key = contractKey(`0x${"c0".repeat(20)}`);
    const approval = { trustee: { ...appointment.trustee, key }, signature: "0x12" } as const;
    expect(codeOf(() => checkTrusteeApproval(LOCATION, vote, 4, approval))).to.equal(undefined);
  });

  describe("approveAsTrustee", () => {
    const approve = (statement: TrusteeStatement, wallet = person(0).wallet, set = 4) =>
      codeOfAsync(() => approveAsTrustee(wallet, appointment, statement, set));

    it("refuses another's appointment, and one of another policy", async () => {
      expect(await approve(vote, person(1).wallet)).to.equal("APPOINTMENT_FOREIGN");
      expect(await approve({ ...vote, policy: LAPTOP.commitment as never })).to.equal("APPOINTMENT_FOREIGN");
    });

    it("refuses what the trustee has not the capability for", async () => {
      const set = await setOf([["REVOKE_AUTHZ"], ["ADMIN_AUTHZ"], ["ADMIN_AUTHZ"], ["ADMIN_AUTHZ"]]);
      const own = appoint(set, person(0).id);
      const as = (statement: TrusteeStatement) =>
        codeOfAsync(() => approveAsTrustee(person(0).wallet, own, statement, 4));
      expect(await as(statements.TrusteeRevoke)).to.equal(undefined);
      for (const { action } of Object.values(statements).filter((one) => one.action !== "TrusteeRevoke")) {
        expect(await as(statements[action]), action).to.equal("TRUSTEE_INCAPABLE");
      }
    });

    it("refuses a signer that signs as somebody else than it says", async () => {
      const { wallet } = person(0);
      const liar = {
        getAddress: () => wallet.getAddress(),
        signTypedData: PHONE.wallet.signTypedData.bind(PHONE.wallet),
      };
      expect(await codeOfAsync(() => approveAsTrustee(liar, appointment, vote, 4))).to.equal(
        "TRUSTEE_APPROVAL_MISMATCH",
      );
    });

    it("refuses a number that no set can have", async () => {
      for (const number of [-1, 2 ** 32, 1.5]) {
        const code = await approve(statements.Authorize, person(0).wallet, number);
        expect(code).to.equal("TRUSTEE_SET_IMPLAUSIBLE");
      }
    });
  });

  describe("sortTrusteeApprovals", () => {
    it("sorts by key id, whatever order they come in", () => {
      const ids = (sorted: readonly TrusteeApproval[]) =>
        sorted.map(({ trustee }) =>
          [...Array(8).keys()].find((i) => person(i).key.material === trustee.key.material),
        );
      const expected = [...Array(8).keys()].sort((a, b) => (person(a).id < person(b).id ? -1 : 1));
      fc.assert(
        fc.property(fc.shuffledSubarray([...approvals], { minLength: 8 }), (shuffled) => {
          expect(ids(sortTrusteeApprovals(shuffled))).to.deep.equal(expected);
        }),
        { numRuns: 20 },
      );
    });

    it("refuses none, and one key twice", () => {
      const [one, other] = approvals;
      if (one === undefined || other === undefined) return expect.fail("no approvals");
      expect(codeOf(() => sortTrusteeApprovals([]))).to.equal("TRUSTEES_TOO_FEW");
      expect(codeOf(() => sortTrusteeApprovals([one, other, one]))).to.equal("TRUSTEE_DUPLICATE");
    });
  });

  describe("trusteeCounter", () => {
    it("is the set's number counted down, as the registry does", () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (set) => {
          expect(BigInt(trusteeCounter(set))).to.equal(counterOf(BigInt(set)));
        }),
      );
    });

    it("equals no agent's counter below 2^31, so that one signature does not serve for both", () => {
      const half = fc.integer({ min: 0, max: 2 ** 31 - 1 });
      fc.assert(
        fc.property(half, half, (set, counter) => {
          expect(trusteeCounter(set)).not.to.equal(counter);
        }),
      );
      const agents = [0, 1, 4].map((counter) => operationTypedData(LOCATION, statements.Authorize, counter));
      const trustees = [0, 1, 4].map((set) => statementTypedData(LOCATION, statements.Authorize, set));
      expect(new Set([...agents, ...trustees].map(digest)).size).to.equal(6);
    });
  });
});
