import { expect } from "chai";
import type { KeyId } from "../../../client/keys/index.ts";
import {
  type AgentChange,
  buildAuthorize,
  buildCreatePolicy,
  buildRenounce,
  buildRevoke,
  describeOperation,
  expiryAfter,
  NO_EXPIRY,
  shortPolicyId,
} from "../../../client/policy/index.ts";
import { CONTEXT, LAPTOP, LOCATION, NOW, OWNER, PHONE, POLICY, SERVER } from "./fixtures.ts";

const names = new Map<KeyId, string>([
  [PHONE.id, "phone"],
  [LAPTOP.id, "laptop"],
]);
const say = (operation: Parameters<typeof describeOperation>[0]) =>
  describeOperation(operation, (id) => names.get(id));
const policy = shortPolicyId(POLICY);
const forGood = { commitment: LAPTOP.commitment, expiry: NO_EXPIRY };

describe("policy/describeOperation", () => {
  it("says what creating a policy does", () => {
    const creator = { key: PHONE.key, grant: { ...forGood, commitment: PHONE.commitment } };
    expect(
      say(buildCreatePolicy({ location: LOCATION, ownerCommitment: OWNER, creator, now: NOW })),
    ).to.equal(
      `Create policy ${policy}, in which phone may from now on prove, let others prove, stop others from proving and administer, and nothing else (to be done by 2026-01-01 01:00 UTC).`,
    );
  });

  it("names the end of a grant, and unknown agents by their id", () => {
    const expiry = expiryAfter({ now: NOW, seconds: 86_400n });
    const changes: AgentChange[] = [
      { key: LAPTOP.key, authorizations: ["PROVE", "PROVE_GRANT"], grant: { ...forGood, expiry } },
      { key: SERVER.key, authorizations: [] },
    ];
    expect(say(buildAuthorize({ ...CONTEXT, changes }))).to.equal(
      `In policy ${policy}, laptop may from now on prove until 2026-01-02 00:00 UTC and let others prove, and nothing else; agent ${SERVER.id.slice(0, 10)}… is removed for good (to be done by 2026-01-01 01:00 UTC).`,
    );
  });

  it("says what a revocation takes away", () => {
    const revocations = [{ agent: LAPTOP.id, authorizations: ["PROVE", "ADMIN"] as const }];
    expect(say(buildRevoke({ ...CONTEXT, revocations, deadline: 2n ** 64n - 1n }))).to.equal(
      `In policy ${policy}, laptop may no longer prove or administer (at any time).`,
    );
  });

  it("says who renounces what", () => {
    const { proposer: agent, ...context } = CONTEXT;
    expect(say(buildRenounce({ ...context, agent, authorizations: ["PROVE_REVOKE"] }))).to.equal(
      `In policy ${policy}, phone itself may no longer stop others from proving (to be done by 2026-01-01 01:00 UTC).`,
    );
  });
});
