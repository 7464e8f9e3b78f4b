import { expect } from "chai";
import { Wallet } from "ethers";
import {
  type Admission,
  type AgentRecord,
  answerInvitation,
  authorizeAgents,
  createPolicy,
  draftPolicy,
  type Invitation,
  inviteAgent,
} from "../../client/app/index.ts";
import { readAgents, readHead } from "../../client/chain/index.ts";
import { generateLinkSecret } from "../../client/keys/index.ts";
import { expiry, NO_EXPIRY } from "../../client/policy/index.ts";
import { startNode, type TestNode } from "../client/chain/node.ts";
import { codeOfAsync } from "../client/support.ts";

/**
 * An answer holds the rights, expiry and deadline that its agent accepts, and the agent signs what it likes. Granting on
 * the answer alone let whoever was invited to prove make itself an administrator, or prove for ever.
 */
describe("finding: an invited agent names its own rights", () => {
  let node: TestNode;
  let record: AgentRecord;
  let offer: Invitation;
  const phone = Wallet.createRandom();

  before(async () => {
    node = await startNode();
    const { registry, relayer: sender } = node;
    record = await draftPolicy({ registry, signer: phone, linkSecret: generateLinkSecret() });
    await createPolicy({ registry, signer: phone, sender, record, rootSet: undefined });
    const { time } = await readHead(registry);
    const month = expiry(((time + 30n * 86_400n) / 3600n) * 3600n);
    offer = await inviteAgent({ registry, record, authorizations: ["PROVE"], expiry: month });
  });
  after(() => node.close());

  /** What comes back from an agent that takes up something else than it was offered. */
  async function answerTo(taken: Invitation): Promise<Admission> {
    const { time } = await readHead(node.registry);
    const { answer } = await answerInvitation(Wallet.createRandom(), taken, time);
    return { invitation: offer, answer };
  }

  const actor = () => ({
    registry: node.registry,
    signer: phone,
    sender: node.relayer,
    policy: record.policy,
  });

  for (const [name, change] of [
    ["administers", { authorizations: ["PROVE", "ADMIN"] }],
    ["takes other rights than those offered", { authorizations: ["PROVE_REVOKE"] }],
    ["takes fewer rights, without PROVE", { authorizations: [] }],
    ["proves for ever", { expiry: NO_EXPIRY }],
    ["accepts for longer", { deadline: 2n ** 40n }],
  ] as const) {
    it(`refuses an agent that ${name}`, async () => {
      const honest = await answerTo(offer);
      const greedy = await answerTo({ ...offer, ...change });
      expect(await codeOfAsync(() => authorizeAgents(actor(), [honest, greedy]))).to.equal("ANSWER_MISMATCH");
      expect(await readAgents(node.registry, record.policy)).to.have.length(1);
    });
  }

  it("refuses it among the first agents of a policy too", async () => {
    const { registry, relayer: sender } = node;
    const signer = Wallet.createRandom();
    const fresh = await draftPolicy({ registry, signer, linkSecret: generateLinkSecret() });
    const invitation = { ...offer, policy: fresh.policy, occasion: "CREATION" as const };
    const { answer } = await answerTo({ ...invitation, authorizations: ["PROVE", "ADMIN"] });
    const agents = [{ invitation, answer }];
    expect(
      await codeOfAsync(() =>
        createPolicy({ registry, signer, sender, record: fresh, rootSet: undefined, agents }),
      ),
    ).to.equal("ANSWER_MISMATCH");
  });

  it("lets in whoever takes up what was offered", async () => {
    await authorizeAgents(actor(), [await answerTo(offer)]);
    const [, agent] = await readAgents(node.registry, record.policy);
    expect(agent?.authorizations).to.deep.equal(["PROVE"]);
  });
});
