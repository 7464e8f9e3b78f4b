import type { BlockRef } from "../accumulator/index.ts";
import { bigintToHex32, WORD_INDEX_BITS } from "../core/index.ts";
import {
  type AgentPower,
  applyPolicyEvent,
  authorizationBits,
  authorizationsAt,
  creatorOf,
  type Grant,
  isNobody,
  NO_HASH,
  type PendingChange,
  type PolicyId,
  type PolicyState,
  policyAddress,
  proverLeaf,
  type RecoveryProposalState,
  SETTING_NAMES,
  trusteeSettingsHash,
  votersOf,
} from "../policy/index.ts";
import { decodePolicyLog, type EventPosition, POLICY_TOPICS } from "./decodeLogs.ts";
import { ChainError } from "./errors.ts";
import { readLogs } from "./logs.ts";
import { type PendingChangeSummary, readPendingChanges, readSettings } from "./readGovernance.ts";
import { policyExists, readAgents, readPolicy } from "./readPolicy.ts";
import {
  readBackupAnchor,
  readProposal,
  readRecovery,
  readTrusteeCapabilities,
  readTrusteeNonce,
  readTrusteeSet,
  readVote,
} from "./readRecovery.ts";
import { atHead, callRegistry, type Registry, readBlockAt } from "./registry.ts";

const WORD_BITS = 2 ** WORD_INDEX_BITS;

/**
 * Rebuilds a policy with its whole history from logs, and checks the result against the policy address and what the
 * registry stores: epoch, settings and what waits, the rights and the last grant of every agent, the leaf and the revocation
 * bit of every grant, the trustees, what was proposed and who votes for it, and the newest backup. A node that leaves out logs
 * altogether, as one that has pruned them, is found out; what it can hide, unless it lies about the registry's storage as well,
 * is a grant before an agent's last one, a backup's hash and key before the newest one, who may record backups, nonces, and a
 * proposal that does not run together with all the trustees who vote for it.
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
  const timeOf = blockTimes(registry);
  for await (const logs of readLogs(registry, { topics, fromBlock: 0, toBlock: block.number })) {
    for (const log of logs) {
      const located = decodePolicyLog(log);
      if (located === undefined) continue;
      state = applyPolicyEvent(state, located.event, await timeOf(located.at));
    }
  }
  return state;
}

/** Asks for the time of a block once, as the events of one follow each other. */
/** When the blocks of logs were made, in seconds since 1970. The result throws CHAIN_REORGANISED for one that is gone. */
export function blockTimes(registry: Registry): (at: EventPosition) => Promise<bigint> {
  let last: BlockRef | undefined;
  return async ({ block, blockHash }) => {
    if (last?.number !== block) last = await readBlockAt(registry, block);
    if (last?.hash !== blockHash) {
      throw new ChainError("CHAIN_REORGANISED", "a log is of a block that is gone", { details: { block } });
    }
    return last.time;
  };
}

async function checkAbsence(registry: Registry, policy: PolicyId, block: BlockRef): Promise<void> {
  if (await policyExists(registry, policy, block.number)) throw contradiction(policy, "existence");
}

async function checkAgainstStorage(registry: Registry, state: PolicyState, block: BlockRef): Promise<void> {
  const { ownerCommitment, creator } = state;
  if (policyAddress(ownerCommitment, creatorOf(registry.location, creator)) !== state.policy) {
    throw contradiction(state.policy, "address");
  }
  await checkGovernance(registry, state, block);
  const recorded = await readAgents(registry, state.policy, block.number);
  const agents = [...state.agents];
  if (recorded.length !== agents.length) throw contradiction(state.policy, "agents");
  for (const [i, [id, agent]] of agents.entries()) {
    const record = recorded[i];
    const effective = authorizationBits(authorizationsAt(agent, block.time));
    const same = record?.agent === id && record.counter === agent.counter;
    if (!same || authorizationBits(record.authorizations) !== effective) {
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

/** Compares what is of the policy as a whole: its epoch, its rules, and what waits. */
async function checkGovernance(registry: Registry, state: PolicyState, block: BlockRef): Promise<void> {
  const { policy } = state;
  const { epoch, abandoned, stopper } = await readPolicy(registry, policy, block.number);
  if (epoch !== state.epoch || abandoned !== (state.abandoned !== undefined) || stopper !== state.stopper) {
    throw contradiction(policy, "epoch");
  }
  const settings = await readSettings(registry, policy, block.number);
  if (SETTING_NAMES.some((name) => settings[name] !== state.settings[name])) {
    throw contradiction(policy, "settings");
  }
  await checkRecovery(registry, state, block);
  const changes = await readPendingChanges(registry, policy, block.number);
  const known = [...state.pendingChanges.values()].filter((change) =>
    changes.some((stored) => isSame(stored, change)),
  );
  if (changes.length !== known.length || known.length !== state.pendingChanges.size) {
    throw contradiction(policy, "changes");
  }
}

/** Compares the trustees, the recovery that runs, and the newest backup. */
async function checkRecovery(registry: Registry, state: PolicyState, block: BlockRef): Promise<void> {
  const { policy, trustees, recovery, backups } = state;
  const set = await readTrusteeSet(registry, policy, block.number);
  const hash = trusteeSettingsHash(trustees.settings);
  if (set.number !== trustees.number || (set.settings ?? NO_HASH) !== hash || set.since !== trustees.since) {
    throw contradiction(policy, "trustees");
  }
  if ((await readTrusteeNonce(registry, policy, block.number)) !== trustees.nonce) {
    throw contradiction(policy, "trustees");
  }
  const { number, running, refused } = await readRecovery(registry, policy, block.number);
  const same = (["proposal", "earliest", "latest"] as const).every(
    (name) => running?.[name] === recovery.running?.[name],
  );
  if (number !== recovery.number || !same || refused !== trustees.refused) {
    throw contradiction(policy, "recovery");
  }
  for (const [trustee, capabilities] of trustees.revealed) {
    const stored = await readTrusteeCapabilities(registry, policy, trustee, block.number);
    if (stored.join() !== capabilities.join()) throw contradiction(policy, "trustees");
  }
  for (const proposal of recovery.proposals.values()) {
    await checkProposal(registry, state, proposal, block);
  }
  for (const trustee of new Set([...trustees.revealed.keys(), ...recovery.votes.keys()])) {
    const { proposal } = await readVote(registry, policy, trustee, block.number);
    if (proposal !== recovery.votes.get(trustee)) throw contradiction(policy, "votes");
  }
  const newest = await readBackupAnchor(registry, policy, block.number);
  const known = backups.at(-1);
  if ((["sequence", "backup", "agent", "time"] as const).some((name) => newest?.[name] !== known?.[name])) {
    throw contradiction(policy, "backup");
  }
}

/** What a proposal does is what trustees are shown before they vote, and its id does not tell. */
async function checkProposal(
  registry: Registry,
  { policy, recovery }: PolicyState,
  proposal: RecoveryProposalState,
  block: BlockRef,
): Promise<void> {
  const { id, lapses, agents, settings } = proposal;
  const stored = await readProposal(registry, policy, id, block.number);
  const same = (Object.keys(settings) as (keyof typeof settings)[]).every(
    (name) => stored.settings[name] === settings[name],
  );
  if (!same || stored.lapses !== lapses || powersOf(stored.agents) !== powersOf(agents)) {
    throw contradiction(policy, "proposals");
  }
  if (stored.votes !== votersOf(recovery, id).length) throw contradiction(policy, "votes");
}

function powersOf(agents: readonly AgentPower[]): string {
  return agents
    .map(({ key, authorizations }) => [key.kind, key.material, authorizationBits(authorizations)].join())
    .join(";");
}

/** An id commits to all that a change does, but the trustees' settings are told by an event of their own. */
function isSame(stored: PendingChangeSummary, change: PendingChange): boolean {
  const { id, earliest, latest, approvers, majority, trustees } = change;
  const removes = trustees !== undefined && isNobody(trustees);
  return (
    stored.id === id &&
    (removes
      ? stored.trustees !== undefined
      : stored.trustees === (trustees && trusteeSettingsHash(trustees))) &&
    stored.earliest === earliest &&
    stored.latest === latest &&
    stored.majority === majority &&
    [...stored.approvers].sort().join() === [...approvers].sort().join()
  );
}

async function checkLeaf(registry: Registry, policy: PolicyId, grant: Grant, block: BlockRef): Promise<void> {
  const { generation, index } = grant;
  const size = await callRegistry(registry, "provisionedSize", [generation], block.number);
  const range = [generation, size.number("size"), 0, index, 1];
  const [leaf] = (await callRegistry(registry, "provisionedNodes", range, block.number)).bigints("nodes");
  if (leaf !== proverLeaf({ policy, ...grant })) throw contradiction(policy, "commitment");
}

async function checkBit(registry: Registry, policy: PolicyId, grant: Grant, block: BlockRef): Promise<void> {
  const { generation, index, until } = grant;
  const args = [generation, Math.floor(index / WORD_BITS), 1];
  const [word = 0n] = (await callRegistry(registry, "revokedWords", args, block.number)).bigints("words");
  if (((word >> BigInt(index % WORD_BITS)) & 1n) !== (until === undefined ? 0n : 1n)) {
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
