import type { BlockRef } from "../accumulator/index.ts";
import { bigintToHex32, WORD_INDEX_BITS } from "../core/index.ts";
import {
  applyPolicyEvent,
  authorizationBits,
  authorizationsAt,
  creatorOf,
  type Grant,
  type PolicyId,
  type PolicyState,
  policyAddress,
  proverLeaf,
} from "../policy/index.ts";
import { decodePolicyLog, POLICY_TOPICS } from "./decodeLogs.ts";
import { ChainError } from "./errors.ts";
import { readLogs } from "./logs.ts";
import { policyExists, readAgents } from "./readPolicy.ts";
import { atHead, callRegistry, type Registry } from "./registry.ts";

const WORD_BITS = 2 ** WORD_INDEX_BITS;

/**
 * Rebuilds a policy with its whole history from logs, and checks the result against the policy address and what the
 * registry stores: the rights and the last grant of every agent, the leaf and the revocation bit of every grant. A node
 * that leaves out logs altogether, as one that has pruned them, is found out; what it can hide, unless it lies about the
 * registry's storage as well, is a grant before an agent's last one, and nonces.
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
    if (state === undefined) await checkAbsence(registry, policy, block);
    else await checkAgainstStorage(registry, state, block);
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

async function checkAbsence(registry: Registry, policy: PolicyId, block: BlockRef): Promise<void> {
  if (await policyExists(registry, policy, block.number)) throw contradiction(policy, "existence");
}

async function checkAgainstStorage(registry: Registry, state: PolicyState, block: BlockRef): Promise<void> {
  const { ownerCommitment, creator } = state;
  if (policyAddress(ownerCommitment, creatorOf(registry.location, creator)) !== state.policy) {
    throw contradiction(state.policy, "address");
  }
  const recorded = await readAgents(registry, state.policy, block.number);
  const agents = [...state.agents];
  if (recorded.length !== agents.length) throw contradiction(state.policy, "agents");
  for (const [i, [id, agent]] of agents.entries()) {
    const record = recorded[i];
    const effective = authorizationBits(authorizationsAt(agent, block.time));
    if (record?.agent !== id || authorizationBits(record.authorizations) !== effective) {
      throw contradiction(state.policy, "authorizations");
    }
    const last = agent.grants.at(-1);
    const { generation, index } = record.proving ?? {};
    if (last?.generation !== generation || last?.index !== index) throw contradiction(state.policy, "grants");
    for (const grant of agent.grants) {
      await checkLeaf(registry, state.policy, grant, block);
      await checkBit(registry, state.policy, grant, block);
    }
  }
}

async function checkLeaf(registry: Registry, policy: PolicyId, grant: Grant, block: BlockRef): Promise<void> {
  const { generation, index } = grant;
  const size = await callRegistry(registry, "provisionedSize", [generation], block.number);
  const range = [generation, size.number("size"), 0, index, 1];
  const [leaf] = (await callRegistry(registry, "provisionedNodes", range, block.number)).bigints("nodes");
  if (leaf !== proverLeaf({ policy, ...grant })) throw contradiction(policy, "commitment");
}

async function checkBit(registry: Registry, policy: PolicyId, grant: Grant, block: BlockRef): Promise<void> {
  const { generation, index, revoked } = grant;
  const args = [generation, Math.floor(index / WORD_BITS), 1];
  const [word = 0n] = (await callRegistry(registry, "revokedWords", args, block.number)).bigints("words");
  if (((word >> BigInt(index % WORD_BITS)) & 1n) !== (revoked ? 1n : 0n)) {
    throw contradiction(policy, "revocation");
  }
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
