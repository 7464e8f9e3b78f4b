import { expect } from "chai";
import type { Hex } from "../../../client/core/index.ts";
import { keyIdOf } from "../../../client/keys/index.ts";
import {
  type AgentChange,
  accept,
  acceptancesFor,
  approve,
  buildAcceptance,
  buildAuthorize,
  checkAcceptance,
  checkApproval,
  directApproval,
  NO_ACCEPTANCE,
  NO_EXPIRY,
  sortApprovals,
} from "../../../client/policy/index.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import { agent, CONTEXT, LAPTOP, LOCATION, NOW, PHONE, POLICY, SERVER } from "./fixtures.ts";

const grant = { commitment: LAPTOP.commitment, expiry: NO_EXPIRY };
const change: AgentChange = { key: LAPTOP.key, authorizations: ["PROVE"], grant };
const operation = buildAuthorize({ ...CONTEXT, changes: [change] });
const offer = buildAcceptance({ policy: POLICY, epoch: 1, change, now: NOW });

describe("policy/approvals", () => {
  describe("approve", () => {
    it("gives a signature that its key made, for this operation and registry only", async () => {
      const approval = await approve(PHONE.wallet, LOCATION, operation);
      expect(approval.key).to.deep.equal(PHONE.key);
      checkApproval(LOCATION, operation, approval);
      expect(codeOf(() => checkApproval(LOCATION, { ...operation, nonce: 1n }, approval))).to.equal(
        "APPROVAL_MISMATCH",
      );
      expect(codeOf(() => checkApproval({ ...LOCATION, chainId: 1n }, operation, approval))).to.equal(
        "APPROVAL_MISMATCH",
      );
    });

    it("refuses a signer that signs as somebody else than it says", async () => {
      const liar = {
        getAddress: () => PHONE.wallet.getAddress(),
        signTypedData: LAPTOP.wallet.signTypedData.bind(LAPTOP.wallet),
      };
      expect(await codeOfAsync(() => approve(liar, LOCATION, operation))).to.equal("APPROVAL_MISMATCH");
    });

    it("refuses signatures of another form, also the malleable twin", async () => {
      const approval = await approve(PHONE.wallet, LOCATION, operation);
      const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
      const { signature } = approval;
      const s = order - BigInt(`0x${signature.slice(66, 130)}`);
      const v = signature.endsWith("1b") ? "1c" : "1b";
      const twin: Hex = `0x${signature.slice(2, 66)}${s.toString(16).padStart(64, "0")}${v}`;
      for (const bad of ["0x", "0x00", `${signature}00`, twin] as Hex[]) {
        expect(codeOf(() => checkApproval(LOCATION, operation, { ...approval, signature: bad }))).to.equal(
          "SIGNATURE_MALFORMED",
        );
      }
    });
  });

  describe("accept", () => {
    it("gives a consent for this change only", async () => {
      const acceptance = await accept(LAPTOP.wallet, LOCATION, offer);
      checkAcceptance(LOCATION, { ...offer, acceptance });
      const more: AgentChange = { ...change, authorizations: ["PROVE", "ADMIN"] };
      for (const other of [{ change: more }, { epoch: 2 }, { policy: PHONE.commitment as never }]) {
        expect(codeOf(() => checkAcceptance(LOCATION, { ...offer, ...other, acceptance }))).to.equal(
          "ACCEPTANCE_MISMATCH",
        );
      }
    });

    it("refuses to accept for another agent", async () => {
      expect(await codeOfAsync(() => accept(PHONE.wallet, LOCATION, offer))).to.equal("ACCEPTANCE_MISMATCH");
    });
  });

  describe("sortApprovals", () => {
    it("sorts by key id, not by address", () => {
      const approvals = Array.from({ length: 20 }, (_, i) => ({
        key: agent(i + 1).key,
        signature: "0x" as Hex,
        counter: 0,
      }));
      const ids = sortApprovals(approvals).map(({ key }) => keyIdOf(key));
      expect(ids).to.deep.equal([...ids].sort());
      const byAddress = [...approvals].sort((a, b) => (a.key.material < b.key.material ? -1 : 1));
      expect(sortApprovals(approvals)).not.to.deep.equal(byAddress);
    });

    it("refuses none and the same key twice", () => {
      const one = directApproval(PHONE.key);
      expect(codeOf(() => sortApprovals([]))).to.equal("APPROVALS_EMPTY");
      expect(codeOf(() => sortApprovals([one, directApproval(LAPTOP.key), one]))).to.equal(
        "APPROVAL_DUPLICATE",
      );
    });
  });

  describe("acceptancesFor", () => {
    const plain: AgentChange = { key: SERVER.key, authorizations: ["ADMIN"] };

    it("takes the given ones, and none of approvers or where PROVE is not gained", () => {
      const given = { deadline: 9n, signature: "0x1234" as Hex };
      const all = new Map([[LAPTOP.id, given]]);
      expect(acceptancesFor([change, plain], all, [PHONE.key])).to.deep.equal([given, NO_ACCEPTANCE]);
      expect(acceptancesFor([change], all, [PHONE.key, LAPTOP.key])).to.deep.equal([NO_ACCEPTANCE]);
    });

    it("refuses to go on without the one of an agent that gains PROVE", () => {
      expect(codeOf(() => acceptancesFor([change], new Map(), [PHONE.key]))).to.equal("ACCEPTANCE_MISSING");
    });
  });

  it("binds an approval to its key's counter", async () => {
    const approval = await approve(PHONE.wallet, LOCATION, operation, 3);
    expect(approval.counter).to.equal(3);
    checkApproval(LOCATION, operation, approval);
    expect(codeOf(() => checkApproval(LOCATION, operation, { ...approval, counter: 2 }))).to.equal(
      "APPROVAL_MISMATCH",
    );
    expect(await codeOfAsync(() => approve(PHONE.wallet, LOCATION, operation, -1))).to.equal(
      "UINT_OUT_OF_RANGE",
    );
  });

  it("keeps large numbers whole", async () => {
    const large = { ...operation, lane: 2n ** 192n - 1n, nonce: 2n ** 64n - 1n, deadline: 2n ** 64n - 1n };
    checkApproval(LOCATION, large, await approve(PHONE.wallet, LOCATION, large));
  });
});
