import type { KeyId } from "../keys/index.ts";
import type { LeafPlace, PolicyEvent, PolicyId, SecretCommitment } from "../policy/index.ts";
import { decodePolicyLog, topicOf } from "./decodeLogs.ts";
import { readLogs } from "./logs.ts";
import type { Registry } from "./registry.ts";

export type GrantQuery = {
  readonly policy: PolicyId;
  readonly agent: KeyId;
  readonly commitment: SecretCommitment;
  /** A block not after the grant. */
  readonly since: number;
  /** Last block to look into. */
  readonly until: number;
};

/** Where a grant put its leaf, and since when. */
export type FoundGrant = LeafPlace & { readonly block: number };

/** The search begins at a multiple of this, so as not to tell the node in which block somebody joined. */
const STRETCH = 1024;

/**
 * Finds where an agent's leaf lies, without naming the agent: reads the grants of everybody in the blocks since, and
 * picks its own (protocol §7.2). A reorganisation can move a leaf: find it anew once its block is final.
 *
 * @returns Undefined if it was not granted by block `until`.
 * @throws {ChainError} those of the node
 */
export async function findGrant(registry: Registry, query: GrantQuery): Promise<FoundGrant | undefined> {
  const fromBlock = query.since - (query.since % STRETCH);
  const topics = [topicOf("AgentProvisioned")];
  let found: FoundGrant | undefined;
  for await (const logs of readLogs(registry, { topics, fromBlock, toBlock: query.until })) {
    for (const log of logs) {
      const located = decodePolicyLog(log);
      if (located === undefined || !isOwn(located.event, query)) continue;
      const { generation, index } = located.event;
      found = { generation, index, block: located.at.block };
    }
  }
  return found;
}

function isOwn(
  event: PolicyEvent,
  { policy, agent, commitment }: GrantQuery,
): event is Extract<PolicyEvent, { type: "AgentProvisioned" }> {
  return (
    event.type === "AgentProvisioned" &&
    event.policy === policy &&
    event.agent === agent &&
    event.commitment === commitment
  );
}
