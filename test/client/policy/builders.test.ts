import { expect } from "chai";
import {
  type AgentChange,
  buildAcceptance,
  buildAuthorize,
  buildCreatePolicy,
  buildRenounce,
  buildRevoke,
  type Expiry,
  expiryAfter,
  MAX_CHANGES,
  MAX_DEADLINE_SECONDS,
  NO_EXPIRY,
} from "../../../client/policy/index.ts";
import { codeOf } from "../support.ts";
import { agent, CONTEXT, LAPTOP, LOCATION, NOW, OWNER, PHONE, POLICY, SERVER, SETTINGS } from "./fixtures.ts";

const grant = { commitment: LAPTOP.commitment, expiry: NO_EXPIRY };
const laptopMayProve: AgentChange = { key: LAPTOP.key, authorizations: ["PROVE"], grant };
const creator = { key: PHONE.key, grant: { commitment: PHONE.commitment, expiry: NO_EXPIRY } };

describe("policy/builders", () => {
  describe("buildCreatePolicy", () => {
    const base = { location: LOCATION, ownerCommitment: OWNER, creator, settings: SETTINGS, now: NOW };

    it("gives the creator every right, asks for a checkpoint and an hour's time", () => {
      expect(buildCreatePolicy(base)).to.deep.equal({
        action: "CreatePolicy",
        policy: POLICY,
        ownerCommitment: OWNER,
        agents: [{ ...creator, authorizations: ["PROVE", "PROVE_GRANT", "PROVE_REVOKE", "ADMIN"] }],
        settings: SETTINGS,
        checkpoint: true,
        deadline: NOW + 3600n,
      });
    });

    it("refuses settings out of bounds", () => {
      for (const bad of [{ delay: 3599 }, { window: 86_399 }, { grantQuorum: 0 }, { adminQuorum: 17 }]) {
        expect(codeOf(() => buildCreatePolicy({ ...base, settings: { ...SETTINGS, ...bad } }))).to.equal(
          "SETTING_OUT_OF_RANGE",
        );
      }
    });

    it("takes further agents and refuses the creator among them", () => {
      expect(buildCreatePolicy({ ...base, agents: [laptopMayProve] }).agents).to.have.length(2);
      const again: AgentChange = { key: PHONE.key, authorizations: ["PROVE"] };
      expect(codeOf(() => buildCreatePolicy({ ...base, agents: [again] }))).to.equal(
        "CHANGE_DUPLICATE_AGENT",
      );
    });
  });

  describe("buildAuthorize", () => {
    it("fills in lane, deadline and checkpoint", () => {
      const { lane, nonce, deadline, checkpoint } = buildAuthorize({ ...CONTEXT, changes: [laptopMayProve] });
      expect({ lane, nonce, deadline, checkpoint }).to.deep.equal({
        lane: 0n,
        nonce: 0n,
        deadline: NOW + 3600n,
        checkpoint: true,
      });
      const noGrant: AgentChange = { key: SERVER.key, authorizations: ["PROVE_REVOKE"] };
      expect(buildAuthorize({ ...CONTEXT, changes: [noGrant] }).checkpoint).to.equal(false);
      expect(
        buildAuthorize({ ...CONTEXT, changes: [laptopMayProve], checkpoint: false }).checkpoint,
      ).to.equal(false);
    });

    it("takes 32 changes and refuses none or 33", () => {
      const changes = Array.from({ length: MAX_CHANGES + 1 }, (_, i): AgentChange => {
        return { key: agent(100 + i).key, authorizations: ["ADMIN"] };
      });
      expect(buildAuthorize({ ...CONTEXT, changes: changes.slice(1) }).changes).to.have.length(32);
      expect(codeOf(() => buildAuthorize({ ...CONTEXT, changes }))).to.equal("CHANGE_COUNT");
      expect(codeOf(() => buildAuthorize({ ...CONTEXT, changes: [] }))).to.equal("CHANGE_COUNT");
    });

    it("refuses a commitment without PROVE", () => {
      const changes: AgentChange[] = [{ key: LAPTOP.key, authorizations: ["ADMIN"], grant }];
      expect(codeOf(() => buildAuthorize({ ...CONTEXT, changes }))).to.equal("GRANT_WITHOUT_PROVE");
    });

    it("refuses an expiry that is malformed or has passed, and takes the current second", () => {
      const withExpiry =
        (expiry: bigint, now = NOW) =>
        () =>
          buildAuthorize({
            ...CONTEXT,
            now,
            changes: [{ ...laptopMayProve, grant: { ...grant, expiry: expiry as Expiry } }],
          });
      const expiry = expiryAfter({ now: NOW, seconds: 1n });
      expect(codeOf(withExpiry(3601n))).to.equal("EXPIRY_MALFORMED");
      expect(codeOf(withExpiry(expiry, expiry + 1n))).to.equal("EXPIRY_PASSED");
      expect(codeOf(withExpiry(expiry, expiry))).to.equal("EXPIRY_PASSED");
      expect(codeOf(withExpiry(expiry, expiry - 1n))).to.equal(undefined);
    });

    it("refuses numbers that do not fit", () => {
      const changes = [laptopMayProve];
      for (const bad of [
        { lane: 2n ** 192n },
        { nonce: 2n ** 64n },
        { nonce: -1n },
        { deadline: 2n ** 64n },
      ]) {
        expect(codeOf(() => buildAuthorize({ ...CONTEXT, changes, ...bad }))).to.equal("UINT_OUT_OF_RANGE");
      }
      for (const epoch of [0, -1, 1.5, 2 ** 32]) {
        expect(codeOf(() => buildAuthorize({ ...CONTEXT, changes, epoch }))).to.equal("UINT_OUT_OF_RANGE");
      }
    });

    it("refuses a deadline in the past and takes the current second", () => {
      const changes = [laptopMayProve];
      expect(codeOf(() => buildAuthorize({ ...CONTEXT, changes, deadline: NOW - 1n }))).to.equal(
        "DEADLINE_PASSED",
      );
      expect(buildAuthorize({ ...CONTEXT, changes, deadline: NOW }).deadline).to.equal(NOW);
    });

    it("refuses a deadline more than 30 days off", () => {
      const changes = [laptopMayProve];
      const last = NOW + MAX_DEADLINE_SECONDS;
      expect(buildAuthorize({ ...CONTEXT, changes, deadline: last }).deadline).to.equal(last);
      expect(codeOf(() => buildAuthorize({ ...CONTEXT, changes, deadline: last + 1n }))).to.equal(
        "DEADLINE_TOO_FAR",
      );
    });
  });

  describe("buildRevoke", () => {
    it("names what is taken away, in order", () => {
      const { revocations } = buildRevoke({
        ...CONTEXT,
        revocations: [{ agent: LAPTOP.id, authorizations: ["ADMIN", "PROVE"] }],
      });
      expect(revocations).to.deep.equal([{ agent: LAPTOP.id, authorizations: ["PROVE", "ADMIN"] }]);
    });

    it("refuses no agent, the same twice and no rights", () => {
      const one = { agent: LAPTOP.id, authorizations: ["PROVE"] as const };
      const none = { agent: LAPTOP.id, authorizations: [] };
      expect(codeOf(() => buildRevoke({ ...CONTEXT, revocations: [] }))).to.equal("CHANGE_COUNT");
      expect(codeOf(() => buildRevoke({ ...CONTEXT, revocations: [one, one] }))).to.equal(
        "CHANGE_DUPLICATE_AGENT",
      );
      expect(codeOf(() => buildRevoke({ ...CONTEXT, revocations: [none] }))).to.equal("AUTHORIZATIONS_EMPTY");
    });
  });

  describe("buildRenounce", () => {
    it("makes the agent its own proposer", () => {
      const { proposer: _, ...context } = CONTEXT;
      const operation = buildRenounce({ ...context, agent: SERVER.id, authorizations: ["PROVE"] });
      expect(operation.proposer).to.equal(SERVER.id);
      expect(codeOf(() => buildRenounce({ ...context, agent: SERVER.id, authorizations: [] }))).to.equal(
        "AUTHORIZATIONS_EMPTY",
      );
    });
  });

  describe("buildAcceptance", () => {
    it("checks what is accepted", () => {
      const base = { policy: POLICY, epoch: 1, change: laptopMayProve, now: NOW };
      expect(buildAcceptance(base).deadline).to.equal(NOW + 3600n);
      expect(codeOf(() => buildAcceptance({ ...base, deadline: NOW - 1n }))).to.equal("DEADLINE_PASSED");
      const change: AgentChange = { ...laptopMayProve, authorizations: [] };
      expect(codeOf(() => buildAcceptance({ ...base, change }))).to.equal("GRANT_WITHOUT_PROVE");
    });
  });
});
