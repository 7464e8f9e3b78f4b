import { expect } from "chai";
import { id } from "ethers";
import { connectRpc, openRegistry, type Registry, readPolicyState } from "../../client/chain/index.ts";
import {
  CHAIN_ID,
  type FaultyNode,
  IMPATIENT,
  startFaultyNode,
  startNode,
  type TestNode,
} from "../client/chain/node.ts";
import { createTestPolicy, revokeTestPolicy, type TestPolicy } from "../client/chain/policies.ts";
import { codeOfAsync } from "../client/support.ts";

type RawLog = { readonly topics: readonly string[]; readonly data: string };

const OTHER = `0x${"11".repeat(32)}`;
const POLICY_CREATED = id("PolicyCreated(uint256,bytes32,uint256)");
const AGENT_REVOKED = id("AgentRevoked(uint256,bytes32,uint16,uint24)");

/**
 * A node without the logs of a policy, as one that has pruned them, made it look as if the policy did not exist; and
 * who created it, for whom, and which of its leaves are dead, was taken from the logs unchecked.
 */
describe("finding: a node hides a policy or parts of it", () => {
  let node: TestNode;
  let faulty: FaultyNode;
  let registry: Registry;
  let created: TestPolicy;

  before(async () => {
    node = await startNode();
    faulty = await startFaultyNode(node.url);
    const provider = connectRpc(faulty.url, { chainId: CHAIN_ID });
    const address = node.registryAddress;
    registry = await openRegistry({ provider, address, chainId: CHAIN_ID, retry: IMPATIENT });
    created = await createTestPolicy(node.registry, node.relayer);
    await revokeTestPolicy(node.registry, node.relayer, created);
  });
  after(async () => {
    registry.provider.destroy();
    await faulty.close();
    await node.close();
  });

  function alterLogs(change: (logs: readonly RawLog[]) => readonly RawLog[]): void {
    faulty.fault = ({ method }) =>
      method === "eth_getLogs"
        ? { alter: (reply) => ({ ...reply, result: change(reply.result as readonly RawLog[]) }) }
        : undefined;
  }

  const alterCreation = (change: (log: RawLog) => RawLog) =>
    alterLogs((logs) => logs.map((log) => (log.topics[0] === POLICY_CREATED ? change(log) : log)));

  for (const [name, lie] of [
    ["leaves out all logs", () => alterLogs(() => [])],
    ["names another creator", () => alterCreation((log) => ({ ...log, topics: log.topics.with(2, OTHER) }))],
    ["names another owner commitment", () => alterCreation((log) => ({ ...log, data: OTHER }))],
    [
      "leaves out that a leaf is dead",
      () => alterLogs((logs) => logs.filter(({ topics }) => topics[0] !== AGENT_REVOKED)),
    ],
  ] as const) {
    it(`finds out a node that ${name}`, async () => {
      lie();
      expect(await codeOfAsync(() => readPolicyState(registry, created.policy))).to.equal(
        "POLICY_LOGS_CONTRADICT_STATE",
      );
    });
  }

  it("takes the logs of an honest node", async () => {
    alterLogs((logs) => logs);
    const state = await readPolicyState(registry, created.policy);
    expect(state?.creator).to.equal(created.phone.id);
    const [grant] = state?.agents.get(created.phone.id)?.grants ?? [];
    expect(grant?.until).to.be.a("bigint");
  });
});
