import { type KeyId, type KeyKind, keyId, keyKind } from "../keys/index.ts";
import {
  type Authorizations,
  authorizationsFromBits,
  type Expiry,
  expiry,
  type LeafPlace,
  NO_ROOT_KEYS,
  type PolicyId,
} from "../policy/index.ts";
import { type Decoded, parsed } from "./decoded.ts";
import { ChainError } from "./errors.ts";
import { atHead, callRegistry, type Registry } from "./registry.ts";

/** A policy as the registry sums it up. */
export type PolicySummary = {
  readonly policy: PolicyId;
  readonly epoch: number;
  /** All agents ever added, removed ones included. */
  readonly agentCount: number;
  /** ADMINs that count in quorums. */
  readonly adminCount: number;
  /** Agents that may grant PROVE, and count. */
  readonly granterCount: number;
  /** Agents that hold more than PROVE, at most 16. */
  readonly powerfulCount: number;
  /** Agents whose PROVE holds now, at most 32. */
  readonly liveProvers: number;
  /** In seconds since 1970. */
  readonly createdAt: bigint;
  /** It has ended for ever. */
  readonly abandoned: boolean;
  /** Who stopped grants, if they are stopped. */
  readonly stopper: KeyId | undefined;
};

/** The PROVE that an agent was last granted. */
export type ProvingPeriod = LeafPlace & {
  readonly expiry: Expiry;
  /** In seconds since 1970. */
  readonly from: bigint;
  /** When it ended, by revocation or expiry; undefined while it holds. */
  readonly until: bigint | undefined;
};

/** An agent as the registry records it. */
export type AgentSummary = {
  readonly agent: KeyId;
  readonly kind: KeyKind;
  /** In effect at the block of the read, so without PROVE once its expiry has passed. */
  readonly authorizations: Authorizations;
  /** Lost all its rights and cannot return in this epoch. */
  readonly removed: boolean;
  /** The epoch in which it was added. */
  readonly epoch: number;
  /** Undefined if it never had PROVE. */
  readonly proving: ProvingPeriod | undefined;
  /** What its approvals must carry. */
  readonly counter: number;
};

/** Agents of one page: a policy has few, and an answer stays well below what nodes allow. */
const PAGE = 200;

/**
 * Reads a policy.
 *
 * @param block Number of the block to read at; the newest by default.
 * @throws {ChainError} AGENT_POLICY_UNKNOWN, and those of the node
 */
export async function readPolicy(
  registry: Registry,
  policy: PolicyId,
  block?: number,
): Promise<PolicySummary> {
  const view = (await callRegistry(registry, "policyOf", [policy], block)).struct(0);
  return {
    policy,
    epoch: view.number("epoch"),
    agentCount: view.number("agentCount"),
    adminCount: view.number("adminCount"),
    granterCount: view.number("granterCount"),
    powerfulCount: view.number("powerfulCount"),
    liveProvers: view.number("liveProvers"),
    createdAt: view.bigint("createdAt"),
    abandoned: view.boolean("abandoned"),
    stopper: view.text("stopper") === NO_ROOT_KEYS ? undefined : keyId(view.text("stopper")),
  };
}

/**
 * True if the policy address is in use.
 *
 * @param block Number of the block to read at; the newest by default.
 * @throws {ChainError} those of the node
 */
export async function policyExists(registry: Registry, policy: PolicyId, block?: number): Promise<boolean> {
  try {
    await readPolicy(registry, policy, block);
    return true;
  } catch (error) {
    if (error instanceof ChainError && error.code === "AGENT_POLICY_UNKNOWN") return false;
    throw error;
  }
}

/**
 * Reads one agent of a policy.
 *
 * @throws {ChainError} AGENT_POLICY_UNKNOWN, AGENT_POLICY_AGENT_UNKNOWN, and those of the node
 */
export async function readAgent(
  registry: Registry,
  policy: PolicyId,
  agent: KeyId,
  block?: number,
): Promise<AgentSummary> {
  const view = (await callRegistry(registry, "agentOf", [policy, agent], block)).struct(0);
  return parsed("agent", () => agentSummary(view));
}

/**
 * Reads all agents of a policy, as of one block, in the order in which they were added; removed ones are included and
 * marked (requirement A6).
 *
 * @throws {ChainError} AGENT_POLICY_UNKNOWN, and those of the node
 */
export async function readAgents(
  registry: Registry,
  policy: PolicyId,
  block?: number,
): Promise<readonly AgentSummary[]> {
  return block === undefined
    ? atHead(registry, ({ number }) => agentsAt(registry, policy, number))
    : agentsAt(registry, policy, block);
}

async function agentsAt(
  registry: Registry,
  policy: PolicyId,
  block: number,
): Promise<readonly AgentSummary[]> {
  const { agentCount } = await readPolicy(registry, policy, block);
  const agents: AgentSummary[] = [];
  while (agents.length < agentCount) {
    const page = await callRegistry(registry, "agentsOf", [policy, agents.length, PAGE], block);
    const found = page.structs("agents").map((view) => parsed("agent", () => agentSummary(view)));
    if (found.length === 0) {
      throw new ChainError("NODE_ANSWER_MALFORMED", "the node lists fewer agents than it counts", {
        details: { agentCount, listed: agents.length },
      });
    }
    agents.push(...found);
  }
  return agents;
}

/**
 * Whether an agent proved at a time of its latest spell; for earlier ones see `provedAt` of a policy's state.
 *
 * @param time In seconds since 1970.
 * @throws {ChainError} AGENT_POLICY_TIME_BEFORE_SPELL, AGENT_POLICY_TIME_IN_FUTURE, AGENT_POLICY_AGENT_UNKNOWN, and those of
 * the node
 */
export async function readProvedAt(
  registry: Registry,
  policy: PolicyId,
  agent: KeyId,
  time: bigint,
): Promise<boolean> {
  return (await callRegistry(registry, "provedAt", [policy, agent, time])).boolean(0);
}

/** The nonce of the next operation of a proposer in a lane. @throws {ChainError} those of the node */
export async function readNonce(
  registry: Registry,
  policy: PolicyId,
  proposer: KeyId,
  lane = 0n,
): Promise<bigint> {
  return (await callRegistry(registry, "nonceOf", [policy, proposer, lane])).bigint("nonce");
}

function agentSummary(view: Decoded): AgentSummary {
  const from = view.bigint("provedFrom");
  return {
    agent: keyId(view.text("id")),
    kind: keyKind(view.number("kind")),
    authorizations: authorizationsFromBits(view.number("authorizations")),
    removed: view.boolean("removed"),
    epoch: view.number("epoch"),
    proving: from === 0n ? undefined : provingPeriod(view, from),
    counter: view.number("counter"),
  };
}

function provingPeriod(view: Decoded, from: bigint): ProvingPeriod {
  const until = view.bigint("provedUntil");
  return {
    generation: view.number("generation"),
    index: view.number("index"),
    expiry: expiry(view.bigint("expiry")),
    from,
    until: until === 0n ? undefined : until,
  };
}
