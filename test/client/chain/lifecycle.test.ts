import { expect } from "chai";
import {
  awaitReceipt,
  checkOperation,
  checkpointCall,
  executeOperation,
  isCanonical,
  operationCall,
  policyExists,
  readAgent,
  readAgents,
  readFinalized,
  readHead,
  readNonce,
  readPolicy,
  readPolicyState,
  sendCall,
} from "../../../client/chain/index.ts";
import {
  type AgentChange,
  type Authorizations,
  accept,
  approve,
  buildAcceptance,
  buildAuthorize,
  buildRenounce,
  buildRevoke,
  directApproval,
  expiryAfter,
  NO_EXPIRY,
} from "../../../client/policy/index.ts";
import { codeOfAsync } from "../support.ts";
import { startNode, type TestNode } from "./node.ts";
import { createTestPolicy, newAgent, type TestAgent, type TestPolicy } from "./policies.ts";

describe("chain: a policy on a real endpoint", () => {
  let node: TestNode;
  before(async () => {
    node = await startNode();
  });
  after(() => node.close());

  const createPolicy = () => createTestPolicy(node.registry, node.relayer);

  async function authorize(
    { phone, policy }: TestPolicy,
    agent: TestAgent,
    authorizations: Authorizations,
    expiry = NO_EXPIRY,
  ) {
    const { registry, relayer } = node;
    const { location } = registry;
    const { time: now } = await readHead(registry);
    const grant = authorizations.includes("PROVE") ? { grant: { ...agent.grant, expiry } } : {};
    const change: AgentChange = { key: agent.key, authorizations, ...grant };
    const offer = buildAcceptance({ policy, epoch: 1, change, now });
    const acceptances = [await accept(agent.wallet, location, offer)];
    const nonce = await readNonce(registry, policy, phone.id);
    const operation = buildAuthorize({ policy, epoch: 1, proposer: phone.id, nonce, now, changes: [change] });
    await checkOperation(registry, operation, [phone.key]);
    const approvals = [await approve(phone.wallet, location, operation)];
    return executeOperation(registry, relayer, { operation, acceptances, approvals });
  }

  it("creates a policy by a relayer and reads it back", async () => {
    const { phone, policy, receipt } = await createPolicy();
    expect(receipt.events.map(({ type }) => type)).to.deep.equal([
      "PolicyCreated",
      "PolicySettingsChanged",
      "AgentAdded",
      "AgentAuthorizationsChanged",
      "AgentProvisioned",
    ]);
    expect(receipt.gasUsed > 21_000n).to.equal(true);
    const summary = await readPolicy(node.registry, policy);
    expect(summary).to.deep.include({ policy, epoch: 1, agentCount: 1, adminCount: 1, liveProvers: 1 });
    const agent = await readAgent(node.registry, policy, phone.id);
    expect(agent).to.deep.include({ agent: phone.id, kind: "SECP256K1", removed: false, epoch: 1 });
    expect(agent.authorizations).to.deep.equal(["PROVE", "PROVE_GRANT", "PROVE_REVOKE", "ADMIN"]);
    expect(agent.proving).to.include({ from: summary.createdAt, until: undefined, expiry: NO_EXPIRY });
    expect(await policyExists(node.registry, policy)).to.equal(true);
  });

  it("adds, revokes and lists agents, and replays the same from logs", async () => {
    const { registry, relayer } = node;
    const created = await createPolicy();
    const { phone, policy } = created;
    const [laptop, server] = [newAgent(), newAgent()];
    await authorize(created, laptop, ["PROVE"]);
    const { time } = await readHead(registry);
    await authorize(created, server, ["PROVE"], expiryAfter({ now: time, seconds: 1n }));
    const { time: now } = await readHead(registry);
    const nonce = await readNonce(registry, policy, phone.id);
    expect(nonce).to.equal(2n);
    const operation = buildRevoke({
      ...{ policy, epoch: 1, proposer: phone.id, nonce, now },
      revocations: [{ agent: laptop.id, authorizations: ["PROVE"] }],
    });
    await checkOperation(registry, operation, [phone.key]);
    const approvals = [await approve(phone.wallet, registry.location, operation)];
    const receipt = await executeOperation(registry, relayer, { operation, acceptances: [], approvals });
    expect(receipt.events.map(({ type }) => type)).to.include.members(["AgentRevoked", "OperationExecuted"]);

    await node.send("evm_increaseTime", [7200]);
    await node.send("evm_mine");
    const agents = await readAgents(registry, policy);
    expect(agents.map(({ agent }) => agent)).to.deep.equal([phone.id, laptop.id, server.id]);
    expect(agents.map(({ removed }) => removed)).to.deep.equal([false, true, false]);
    const revokedAt = (await registry.provider.getBlock(receipt.block))?.timestamp;
    expect(agents[1]?.proving?.until).to.equal(BigInt(revokedAt ?? 0));
    expect(agents[2]?.authorizations).to.deep.equal([]);

    const state = await readPolicyState(registry, policy);
    expect([...(state?.agents.keys() ?? [])]).to.deep.equal([phone.id, laptop.id, server.id]);
    expect(state?.agents.get(laptop.id)?.grants).to.have.length(1);
    expect(state?.agents.get(laptop.id)?.grants[0]).to.include({
      until: BigInt(revokedAt ?? 0),
      commitment: laptop.grant.commitment,
    });
    expect(state?.agents.get(server.id)?.authorizations).to.deep.equal(["PROVE"]);
    expect(state?.nonces.get(`${phone.id}/0`)).to.equal(3n);
  });

  it("lets an agent renounce by sending the transaction itself, unsigned", async () => {
    const { registry, relayer } = node;
    const created = await createPolicy();
    const laptop = newAgent();
    await authorize(created, laptop, ["PROVE"]);
    const { time: now } = await readHead(registry);
    const { policy } = created;
    const operation = buildRenounce({
      policy,
      epoch: 1,
      agent: laptop.id,
      nonce: 0n,
      now,
      authorizations: ["PROVE"],
    });
    const signed = { operation, acceptances: [], approvals: [directApproval(laptop.key)] };
    expect(await codeOfAsync(() => executeOperation(registry, relayer, signed))).to.equal(
      "AGENT_KEY_SENDER_MISMATCH",
    );
    await (await relayer.sendTransaction({ to: laptop.wallet.address, value: 10n ** 18n })).wait();
    await executeOperation(registry, laptop.wallet.connect(registry.provider), signed);
    const agent = await readAgent(registry, policy, laptop.id);
    expect(agent).to.deep.include({ authorizations: [], removed: true });
  });

  it("gives the registry's refusal with its values, before and when sending", async () => {
    const { registry, relayer } = node;
    const { phone, policy } = await createPolicy();
    const { time: now } = await readHead(registry);
    const stranger = newAgent();
    const base = { policy, epoch: 1, proposer: phone.id, nonce: 0n, now };
    const revocations = [{ agent: stranger.id, authorizations: ["PROVE"] as const }];
    const unknownAgent = buildRevoke({ ...base, revocations });
    try {
      await checkOperation(registry, unknownAgent, [phone.key]);
      expect.fail("must be refused");
    } catch (error) {
      expect(error).to.deep.include({
        code: "AGENT_POLICY_AGENT_UNKNOWN",
        details: { policy, agent: stranger.id },
      });
    }
    const lastAdmin = buildRevoke({ ...base, revocations: [{ agent: phone.id, authorizations: ["ADMIN"] }] });
    const approvals = [await approve(phone.wallet, registry.location, lastAdmin)];
    const signed = { operation: lastAdmin, acceptances: [], approvals };
    expect(await codeOfAsync(() => executeOperation(registry, relayer, signed))).to.equal(
      "AGENT_POLICY_GOVERNANCE_NEEDED",
    );
    const skipped = buildRevoke({ ...base, nonce: 5n, revocations });
    expect(await codeOfAsync(() => checkOperation(registry, skipped, [phone.key]))).to.equal(
      "AGENT_POLICY_NONCE_MISMATCH",
    );
    expect(await policyExists(registry, phone.grant.commitment as never)).to.equal(false);
    expect(await readPolicyState(registry, phone.grant.commitment as never)).to.equal(undefined);
  });

  it("learns why a transaction failed in its block", async () => {
    const { registry, relayer } = node;
    const { phone, policy } = await createPolicy();
    const { time: now } = await readHead(registry);
    const operation = buildRevoke({
      ...{ policy, epoch: 1, proposer: phone.id, nonce: 9n, now },
      revocations: [{ agent: phone.id, authorizations: ["PROVE"] }],
    });
    const approvals = [await approve(phone.wallet, registry.location, operation)];
    const call = operationCall(registry, { operation, acceptances: [], approvals });
    await node.send("evm_setAutomine", [false]);
    const { hash } = await relayer.sendTransaction({ ...call, gasLimit: 1_000_000 });
    await node.send("evm_mine");
    await node.send("evm_setAutomine", [true]);
    expect(await codeOfAsync(() => awaitReceipt(registry, hash as never))).to.equal(
      "AGENT_POLICY_NONCE_MISMATCH",
    );
  });

  it("checkpoints a generation, and refuses one that has no leaves", async () => {
    const { registry, relayer } = node;
    const receipt = await awaitReceipt(
      registry,
      await sendCall(registry, relayer, checkpointCall(registry, 0)),
    );
    expect(receipt.events).to.deep.equal([]);
    expect(await codeOfAsync(() => sendCall(registry, relayer, checkpointCall(registry, 1)))).to.equal(
      "PROVISIONED_TREE_EMPTY",
    );
  });

  it("finds final blocks by tag and by depth", async () => {
    const { registry } = node;
    const head = await readHead(registry);
    expect((await readFinalized(registry)).number <= head.number).to.equal(true);
    const final = await readFinalized({ ...registry, finality: { depth: 3 } });
    expect(final.number).to.equal(head.number - 3);
    expect(await isCanonical(registry, final)).to.equal(true);
    expect(await isCanonical(registry, { ...final, hash: head.hash })).to.equal(false);
  });
});
