import type { BlockRef } from "../accumulator/index.ts";
import { bigintToHex32 } from "../core/index.ts";
import {
  applyPolicyEvent,
  authorizationBits,
  authorizationsAt,
  type Grant,
  type PolicyId,
  type PolicyState,
  proverLeaf,
} from "../policy/index.ts";
import { decodePolicyLog, POLICY_TOPICS } from "./decodeLogs.ts";
import { ChainError } from "./errors.ts";
import { readLogs } from "./logs.ts";
import { readAgents } from "./readPolicy.ts";
import { atHead, callRegistry, type Registry } from "./registry.ts";

/**
 * Rebuilds a policy with its whole history from logs, and checks the result against what the registry stores: the
 * rights of every agent, and the leaf of every commitment. So a node that leaves out or alters a log is found out
 * unless it lies about the registry's storage as well.
 *
 * @returns Undefined if there is no such policy.
 * @throws {ChainError} POLICY_LOGS_CONTRADICT_STATE, CHAIN_REORGANISED, and those of the node
 * @throws {PolicyError} POLICY_EVENT_UNEXPECTED if the logs contradict each other
 */
export async function readPolicyState(
  registry: Registry,
  policy: PolicyId,
): Promise<PolicyState | undefined> {
  return atHead(registry, async (block) => {
    const state = await replay(registry, policy, block);
    if (state !== undefined) await checkAgainstStorage(registry, state, block);
    return state;
  });
}

async function replay(
  registry: Registry,
  policy: PolicyId,
  block: BlockRef,
): Promise<PolicyState | undefined> {
  let state: PolicyState | undefined;
  const topics = [[...POLICY_TOPICS], bigintToHex32(policy)];
  for await (const logs of readLogs(registry, { topics, fromBlock: 0, toBlock: block.number })) {
    for (const log of logs) {
      const located = decodePolicyLog(log);
      if (located !== undefined) state = applyPolicyEvent(state, located.event);
    }
  }
  return state;
}

async function checkAgainstStorage(registry: Registry, state: PolicyState, block: BlockRef): Promise<void> {
  const recorded = await readAgents(registry, state.policy, block.number);
  const agents = [...state.agents];
  if (recorded.length !== agents.length) throw contradiction(state.policy, "agents");
  for (const [i, [id, agent]] of agents.entries()) {
    const record = recorded[i];
    const effective = authorizationBits(authorizationsAt(agent, block.time));
    if (record?.agent !== id || authorizationBits(record.authorizations) !== effective) {
      throw contradiction(state.policy, "authorizations");
    }
    for (const grant of agent.grants) await checkLeaf(registry, state.policy, grant, block);
  }
}

async function checkLeaf(registry: Registry, policy: PolicyId, grant: Grant, block: BlockRef): Promise<void> {
  const { generation, index } = grant;
  const size = await callRegistry(registry, "provisionedSize", [generation], block.number);
  const range = [generation, size.number("size"), 0, index, 1];
  const [leaf] = (await callRegistry(registry, "provisionedNodes", range, block.number)).bigints("nodes");
  if (leaf !== proverLeaf({ policy, ...grant })) throw contradiction(policy, "commitment");
}

function contradiction(policy: PolicyId, what: string): ChainError {
  return new ChainError(
    "POLICY_LOGS_CONTRADICT_STATE",
    `the node's logs and its ${what} of the policy differ`,
    {
      details: { policy, what },
    },
  );
}
