import { expect } from "chai";
import { Interface } from "ethers";
import {
  AGENT_POLICY_REGISTRY_ABI,
  approveChangeCall,
  awaitReceipt,
  clearChangeCall,
  connectRpc,
  dryRun,
  executeChangeCall,
  executeOperation,
  openRegistry,
  operationCall,
  type Registry,
  type RegistryCall,
  readAgent,
  readHead,
  readNonce,
  readPendingChanges,
  readPolicy,
  readPolicyState,
  readProposerWait,
  readProvedAt,
  readSettings,
  sendCall,
} from "../../../client/chain/index.ts";
import type { Hex32 } from "../../../client/core/index.ts";
import { policySecretsFrom } from "../../../client/keys/index.ts";
import {
  type AgentPower,
  ALL_AUTHORIZATIONS,
  accept,
  acceptancesFor,
  approve,
  buildAcceptance,
  buildCreatePolicy,
  buildEmergencyRotate,
  buildGovernanceChange,
  buildLiftStop,
  buildRenew,
  buildRevoke,
  buildStop,
  buildVeto,
  buildVoidApprovals,
  buildWithdraw,
  changeIdOf,
  commitToPolicySecrets,
  type GovernanceChange,
  type GovernanceChangeOptions,
  makeRootSet,
  missingApprovals,
  NO_ACCEPTANCE,
  type Operation,
  type PolicyId,
  type PolicyState,
  provedAt,
  type RootSet,
  rootCommitment,
  type SignedOperation,
  safeSettings,
} from "../../../client/policy/index.ts";
import { codeOfAsync } from "../support.ts";
import { CHAIN_ID, type FaultyNode, IMPATIENT, startFaultyNode, startNode, type TestNode } from "./node.ts";
import { newAgent, type TestAgent } from "./policies.ts";

const DAY = 86_400;

type RawLog = { readonly topics: readonly string[] };

/** Whatever is done here, the state rebuilt from logs must be what the registry stores: every read checks that. */
describe("chain: governance of a policy", () => {
  let node: TestNode;
  let policy: PolicyId;
  let phone: TestAgent;
  let laptop: TestAgent;
  let tablet: TestAgent;
  let root: TestAgent;
  let rootSet: RootSet;

  before(async () => {
    node = await startNode();
  });
  after(() => node.close());

  /** A policy of three ADMINs, two of whom are the quorum. */
  beforeEach(async () => {
    const { registry } = node;
    const { location } = registry;
    [phone, laptop, tablet, root] = [newAgent(), newAgent(), newAgent(), newAgent()];
    rootSet = makeRootSet({ keys: [root.key] });
    const { time: now } = await readHead(registry);
    const secrets = policySecretsFrom({ secret: newAgent().grant.commitment, salt: 1n });
    const operation = buildCreatePolicy({
      ...{ location, ownerCommitment: commitToPolicySecrets(secrets), creator: phone, now },
      agents: [laptop, tablet].map(({ key, grant }) => ({ key, grant, authorizations: ALL_AUTHORIZATIONS })),
      settings: safeSettings({ admins: 3, rootCommitment: rootCommitment(rootSet) }),
    });
    policy = operation.policy;
    const given = new Map();
    for (const [i, { wallet, id }] of [laptop, tablet].entries()) {
      const change = operation.agents[i + 1];
      if (change === undefined) throw new Error("no change");
      given.set(id, await accept(wallet, location, buildAcceptance({ policy, epoch: 1, now, change })));
    }
    await send(operation, [phone], acceptancesFor(operation.agents, given, [phone.key]));
  });

  async function sign(
    operation: Operation,
    agents: readonly TestAgent[],
    acceptances: SignedOperation["acceptances"] = [],
  ): Promise<SignedOperation> {
    const approvals = [];
    for (const { wallet, id } of agents) {
      const counter =
        operation.action === "CreatePolicy" || operation.action === "EmergencyRotate"
          ? 0
          : (await readAgent(node.registry, policy, id)).counter;
      approvals.push(await approve(wallet, node.registry.location, operation, counter));
    }
    return { operation, acceptances, approvals };
  }

  async function send(
    operation: Operation,
    agents: readonly TestAgent[],
    acceptances: SignedOperation["acceptances"] = [],
  ) {
    return executeOperation(node.registry, node.relayer, await sign(operation, agents, acceptances));
  }

  const transact = async (call: RegistryCall) =>
    awaitReceipt(node.registry, await sendCall(node.registry, node.relayer, call));

  async function frame(agent: TestAgent) {
    const { time: now } = await readHead(node.registry);
    const { epoch } = await readPolicy(node.registry, policy);
    return { policy, epoch, now, agent: agent.id };
  }

  async function change(by: TestAgent, options: Partial<GovernanceChangeOptions>): Promise<GovernanceChange> {
    const { agent: proposer, ...context } = await frame(by);
    const nonce = await readNonce(node.registry, policy, proposer);
    return buildGovernanceChange({ ...context, proposer, nonce, ...options });
  }

  async function state(): Promise<PolicyState> {
    const read = await readPolicyState(node.registry, policy);
    if (read === undefined) throw new Error("no policy");
    return read;
  }

  async function passTime(seconds: number): Promise<void> {
    await node.send("evm_increaseTime", [seconds]);
    await node.send("evm_mine");
  }

  const demoted = (agent: TestAgent): AgentPower => ({ key: agent.key, authorizations: [] });

  it("schedules what was approved, names it as the client does, and executes it in its time", async () => {
    const { registry } = node;
    const agents = [demoted(tablet)];
    const operation = await change(phone, { agents, settings: { delay: DAY } });
    const id = changeIdOf(operation);
    const receipt = await send(operation, [phone, laptop], [NO_ACCEPTANCE]);
    const { time } = await readHead(registry);
    const waiting = (await state()).pendingChanges.get(id);
    expect(waiting).to.deep.include({
      id,
      proposer: phone.id,
      agents,
      settings: { delay: DAY },
      majority: true,
    });
    expect(waiting?.approvers).to.have.members([phone.id, laptop.id]);
    expect([waiting?.earliest, waiting?.latest]).to.deep.equal([
      time + BigInt(2 * DAY),
      time + BigInt(9 * DAY),
    ]);
    const [view] = await readPendingChanges(registry, policy);
    expect(view).to.deep.include({ id, settings: { delay: DAY }, majority: true });
    expect(receipt.events.map(({ type }) => type)).to.deep.equal([
      ...["OperationExecuted", "ChangeScheduled", "ChangeApproved", "ChangeApproved"],
    ]);
    const early = transact(executeChangeCall(registry, policy, id));
    expect(await codeOfAsync(() => early)).to.equal("AGENT_POLICY_CHANGE_TOO_EARLY");
    await passTime(2 * DAY);
    await transact(executeChangeCall(registry, policy, id));
    const after = await state();
    expect(after.pendingChanges.size).to.equal(0);
    expect(after.agents.get(tablet.id)?.authorizations).to.deep.equal(["PROVE"]);
    expect(await readSettings(registry, policy)).to.deep.equal(after.settings);
    expect(after.settings.delay).to.equal(DAY);
  });

  it("lets a new agent into power that accepted it, and knows its key while the change waits", async () => {
    const joining = newAgent();
    const power: AgentPower = { key: joining.key, authorizations: ["ADMIN"] };
    const operation = await change(phone, { agents: [power] });
    const { agent: _, ...context } = await frame(phone);
    const offer = buildAcceptance({ ...context, change: power });
    const acceptance = await accept(joining.wallet, node.registry.location, offer);
    expect(await codeOfAsync(() => send(operation, [phone, laptop], [NO_ACCEPTANCE]))).to.equal(
      "AGENT_POLICY_ACCEPTANCE_MISSING",
    );
    await send(operation, [phone, laptop], [acceptance]);
    expect((await state()).pendingChanges.get(changeIdOf(operation))?.agents).to.deep.equal([power]);
    await passTime(2 * DAY);
    await transact(executeChangeCall(node.registry, policy, changeIdOf(operation)));
    expect((await state()).agents.get(joining.id)).to.deep.include({ ...power, epoch: 1, grants: [] });
  });

  it("ends a change by veto, withdrawal or time, and a veto makes its proposer wait", async () => {
    const { registry } = node;
    const lone = { settings: { adminQuorum: 1 } };
    await send(await change(phone, lone), [phone, laptop]);
    await passTime(2 * DAY);
    await transact(
      executeChangeCall(registry, policy, [...(await state()).pendingChanges.keys()][0] as Hex32),
    );

    const first = await change(phone, { agents: [demoted(laptop)] });
    await send(first, [phone], [NO_ACCEPTANCE]);
    expect((await state()).pendingChanges.get(changeIdOf(first))?.majority).to.equal(false);
    await send(buildVeto({ ...(await frame(laptop)), change: changeIdOf(first) }), [laptop]);
    expect((await state()).pendingChanges.size).to.equal(0);
    expect((await readProposerWait(registry, policy, phone.id)) > (await readHead(registry)).time).to.equal(
      true,
    );
    const again = await sign(await change(phone, { agents: [demoted(laptop)] }), [phone], [NO_ACCEPTANCE]);
    expect(await codeOfAsync(() => executeOperation(registry, node.relayer, again))).to.equal(
      "AGENT_POLICY_PROPOSER_MUST_WAIT",
    );

    const second = await change(laptop, { agents: [demoted(phone)] });
    await send(second, [laptop], [NO_ACCEPTANCE]);
    const more = await sign(second, [tablet]);
    await transact(approveChangeCall(registry, { ...more, operation: second }));
    expect((await state()).pendingChanges.get(changeIdOf(second))).to.deep.include({
      ...{ majority: true, approvers: [laptop.id, tablet.id] },
    });
    const late = await sign(buildVeto({ ...(await frame(phone)), change: changeIdOf(second) }), [phone]);
    expect(await codeOfAsync(() => executeOperation(registry, node.relayer, late))).to.equal(
      "AGENT_POLICY_CHANGE_HAS_MAJORITY",
    );
    await send(buildWithdraw({ ...(await frame(tablet)), change: changeIdOf(second) }), [tablet]);
    expect((await state()).pendingChanges.get(changeIdOf(second))).to.deep.include({
      ...{ majority: false, approvers: [laptop.id] },
    });
    await send(buildWithdraw({ ...(await frame(laptop)), change: changeIdOf(second) }), [laptop]);
    expect((await state()).pendingChanges.size).to.equal(0);

    const third = await change(tablet, { agents: [demoted(phone)] });
    await send(third, [tablet], [NO_ACCEPTANCE]);
    await passTime(10 * DAY);
    await transact(clearChangeCall(registry, policy, changeIdOf(third)));
    expect((await state()).pendingChanges.size).to.equal(0);
  });

  it("stops grants, and lifts a stop once", async () => {
    const { registry } = node;
    await send(buildStop(await frame(laptop)), [laptop]);
    expect((await state()).stopper).to.equal(laptop.id);
    expect((await readPolicy(registry, policy)).stopper).to.equal(laptop.id);
    const { agent: _, ...context } = await frame(phone);
    await send(buildLiftStop({ ...context, stopper: laptop.id }), [phone, tablet]);
    const after = await state();
    expect(after.stopper).to.equal(undefined);
    expect(after.agents.get(laptop.id)?.barred).to.equal(true);
    const again = await sign(buildStop(await frame(laptop)), [laptop]);
    expect(await codeOfAsync(() => executeOperation(registry, node.relayer, again))).to.equal(
      "AGENT_POLICY_STOP_SPENT",
    );
  });

  it("voids approvals that nobody submitted, which the client sees before", async () => {
    const operation = await change(phone, { settings: { delay: DAY } });
    const old = await sign(operation, [phone, laptop]);
    const bundle = { ...old, location: node.registry.location };
    const { time } = await readHead(node.registry);
    expect(missingApprovals(bundle, await state(), time)).to.deep.equal([]);
    await send(buildVoidApprovals(await frame(laptop)), [laptop]);
    const after = await state();
    expect(after.agents.get(laptop.id)?.counter).to.equal(1);
    expect(await codeOfAsync(async () => missingApprovals(bundle, after, time))).to.equal("APPROVAL_VOIDED");
    expect(await codeOfAsync(() => executeOperation(node.registry, node.relayer, old))).to.equal(
      "AGENT_KEY_SIGNATURE_INVALID",
    );
    await send(operation, [phone, laptop]);
  });

  it("renews a commitment, and knows when an agent proved, on chain for the latest spell", async () => {
    const { registry } = node;
    const { time: start } = await readHead(registry);
    await passTime(1000);
    const { agent, ...context } = await frame(laptop);
    const grant = newAgent().grant;
    await send(buildRenew({ ...context, agent, grant, nonce: 0n }), [laptop]);
    const renewed = (await state()).agents.get(laptop.id);
    expect(renewed?.grants.map(({ commitment }) => commitment)).to.deep.equal([
      laptop.grant.commitment,
      grant.commitment,
    ]);
    await passTime(1000);
    const { agent: proposer, ...frameOfPhone } = await frame(phone);
    const revoke = buildRevoke({
      ...{ ...frameOfPhone, proposer, nonce: 0n },
      revocations: [{ agent: laptop.id, authorizations: ["PROVE"] }],
    });
    await send(revoke, [phone]);
    await passTime(1000);
    const after = (await state()).agents.get(laptop.id);
    const until = after?.grants.at(-1)?.until ?? 0n;
    if (after === undefined) return expect.fail("no agent");
    for (const time of [start, start + 1500n, until - 1n, until, until + 500n]) {
      expect(await readProvedAt(registry, policy, laptop.id, time), String(time - start)).to.equal(
        provedAt(after, time),
      );
    }
    expect([provedAt(after, until - 1n), provedAt(after, until)]).to.deep.equal([true, false]);
    expect(await codeOfAsync(() => readProvedAt(registry, policy, laptop.id, start - 5000n))).to.equal(
      "AGENT_POLICY_TIME_BEFORE_SPELL",
    );
  });

  it("replaces all power by root keys, keeps survivors, and begins an epoch", async () => {
    const { registry } = node;
    const { location } = registry;
    await send(await change(phone, { agents: [demoted(laptop)] }), [phone, tablet], [NO_ACCEPTANCE]);
    await send(buildStop(await frame(tablet)), [tablet]);
    const fresh = newAgent();
    const next = makeRootSet({ keys: [newAgent().key] });
    const { agent: _, ...context } = await frame(phone);
    const agents: AgentPower[] = [
      { key: fresh.key, authorizations: ["ADMIN"] },
      { key: laptop.key, authorizations: ["PROVE_REVOKE"] },
    ];
    const operation = buildEmergencyRotate({
      ...{ ...context, agents, survivors: [laptop.id] },
      settings: {
        grantQuorum: 1,
        adminQuorum: 1,
        contractKeysCount: false,
        rootCommitment: rootCommitment(next),
      },
    });
    const acceptances = [];
    for (const [i, { wallet }] of [fresh, laptop].entries()) {
      const offered = agents[i] ?? expect.fail("no agent");
      const offer = buildAcceptance({ ...context, epoch: 2, change: offered });
      acceptances.push(await accept(wallet, location, offer));
    }
    const approvals = [await approve(root.wallet, location, operation)];
    const signed: SignedOperation = { operation, acceptances, approvals };
    expect(await codeOfAsync(() => executeOperation(registry, node.relayer, signed))).to.equal(
      "ROOT_SET_MISSING",
    );
    await executeOperation(registry, node.relayer, { ...signed, rootSet });
    const after = await state();
    expect(after).to.deep.include({ epoch: 2, stopper: undefined });
    expect(after.pendingChanges.size).to.equal(0);
    const held = [phone, laptop, tablet, fresh].map(({ id }) => after.agents.get(id)?.authorizations);
    expect(held).to.deep.equal([[], ["PROVE", "PROVE_REVOKE"], [], ["ADMIN"]]);
    const live = [...after.agents.values()].flatMap(({ grants }) =>
      grants.filter(({ until }) => until === undefined),
    );
    expect(live).to.have.length(1);
    expect(
      await codeOfAsync(() => executeOperation(registry, node.relayer, { ...signed, rootSet })),
    ).to.equal("AGENT_POLICY_EPOCH_MISMATCH");
  });

  it("ends a policy for ever", async () => {
    const successor = `0x${"5c".repeat(32)}` as Hex32;
    const operation = await change(phone, { abandon: { successor } });
    await send(operation, [phone, laptop]);
    expect((await state()).pendingChanges.get(changeIdOf(operation))?.abandon).to.deep.equal({ successor });
    await passTime(2 * DAY);
    await transact(executeChangeCall(node.registry, policy, changeIdOf(operation)));
    const after = await state();
    expect(after).to.deep.include({ abandoned: { successor }, epoch: 1 });
    for (const { authorizations, grants } of after.agents.values()) {
      expect(authorizations).to.deep.equal([]);
      expect(grants.every(({ until }) => until !== undefined)).to.equal(true);
    }
    const stop = await sign(buildStop(await frame(phone)), [phone]);
    expect(await codeOfAsync(() => executeOperation(node.registry, node.relayer, stop))).to.equal(
      "AGENT_POLICY_ENDED",
    );
  });

  it("hashes root sets of several keys as the registry does", async () => {
    const { registry, relayer } = node;
    const three = makeRootSet({ keys: [phone.key, laptop.key, root.key], quorum: 2 });
    const { agent: _, ...context } = await frame(phone);
    const operation = buildEmergencyRotate({
      ...{ ...context, agents: [{ key: phone.key, authorizations: ["ADMIN"] }] },
      settings: {
        ...{ grantQuorum: 1, adminQuorum: 1, contractKeysCount: false },
        rootCommitment: rootCommitment(three),
      },
    });
    const approvals = [await approve(root.wallet, registry.location, operation)];
    const signed: SignedOperation = { operation, acceptances: [NO_ACCEPTANCE], approvals, rootSet: three };
    const run = await dryRun(registry, operationCall(registry, signed), await relayer.getAddress());
    if (run.ok) return expect.fail("must be refused");
    expect(run.error).to.deep.include({
      code: "AGENT_POLICY_ROOT_MISMATCH",
      details: { policy, given: rootCommitment(three), expected: rootCommitment(rootSet) },
    });
  });

  describe("a node that hides what waits", () => {
    let faulty: FaultyNode;
    let lying: Registry;

    before(async () => {
      faulty = await startFaultyNode(node.url);
      const provider = connectRpc(faulty.url, { chainId: CHAIN_ID });
      lying = await openRegistry({
        provider,
        address: node.registryAddress,
        chainId: CHAIN_ID,
        retry: IMPATIENT,
      });
    });
    after(async () => {
      lying.provider.destroy();
      await faulty.close();
    });

    const leavingOut = (...events: string[]) => {
      const topics = events.map(
        (event) => new Interface(AGENT_POLICY_REGISTRY_ABI).getEvent(event)?.topicHash,
      );
      faulty.fault = ({ method }) =>
        method === "eth_getLogs"
          ? {
              alter: (reply) => ({
                ...reply,
                result: (reply.result as RawLog[]).filter((log) => !topics.includes(log.topics[0])),
              }),
            }
          : undefined;
    };

    for (const [what, events] of [
      ["a change that was scheduled", ["ChangeScheduled", "ChangeApproved"]],
      ["an approval", ["ChangeApproved"]],
      ["a stop", ["GrantsStopped"]],
      ["a voided approval", ["ApprovalsVoided"]],
      ["the settings", ["PolicySettingsChanged"]],
    ] as const) {
      it(`is found out if it leaves out ${what}`, async () => {
        await send(await change(phone, { settings: { delay: DAY } }), [phone, laptop]);
        await send(buildStop(await frame(laptop)), [laptop]);
        await send(buildVoidApprovals(await frame(tablet)), [tablet]);
        leavingOut();
        expect((await readPolicyState(lying, policy))?.pendingChanges.size).to.equal(1);
        leavingOut(...events);
        expect(await codeOfAsync(() => readPolicyState(lying, policy))).to.equal(
          "POLICY_LOGS_CONTRADICT_STATE",
        );
      });
    }
  });

  describe("dryRun", () => {
    it("tells what an operation costs, and sends nothing", async () => {
      const { registry, relayer } = node;
      const signed = await sign(await change(phone, { settings: { delay: DAY } }), [phone, laptop]);
      const run = await dryRun(registry, operationCall(registry, signed), await relayer.getAddress());
      if (!run.ok) return expect.fail(run.error.message);
      expect((await state()).pendingChanges.size).to.equal(0);
      const { gasUsed } = await executeOperation(registry, relayer, signed);
      expect(run.gas >= gasUsed && run.gas < 2n * gasUsed).to.equal(true);
      expect(run.feeWei > run.gas).to.equal(true);
    });

    it("gives the registry's refusal, decoded", async () => {
      const { registry, relayer } = node;
      const signed = await sign(await change(phone, { settings: { delay: DAY } }), [phone]);
      const run = await dryRun(registry, operationCall(registry, signed), await relayer.getAddress());
      if (run.ok) return expect.fail("must be refused");
      expect(run.error).to.deep.include({ code: "AGENT_POLICY_RIGHT_MISSING" });
      expect(run.error.details).to.include({ approvers: 1n, required: 2n });
    });
  });
});
