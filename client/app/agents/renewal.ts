import { callRegistry, type Receipt, type Registry, readHead } from "../../chain/index.ts";
import { generateAgentSecrets } from "../../keys/index.ts";
import { buildRenew, type Expiry } from "../../policy/index.ts";
import { AppError } from "../errors.ts";
import { contextOf, type PolicyActor, signAndSend } from "../execute.ts";
import { type AgentRecord, grantOf } from "./record.ts";

export type RenewalOptions = {
  readonly registry: Registry;
  /** Of the agent that proves now. */
  readonly record: AgentRecord;
  /** Not after that of the record, which is the default. */
  readonly expiry?: Expiry;
};

/**
 * The record with which an agent goes on proving once it has renewed: with fresh secrets. **Save it beside the old one**, then
 * {@link renewAgent}; keep the old one until that has succeeded.
 *
 * @throws {ChainError} those of the node
 */
export async function draftRenewal({ registry, record, expiry }: RenewalOptions): Promise<AgentRecord> {
  const { number: since } = await readHead(registry);
  return { ...record, secrets: generateAgentSecrets(), expiry: expiry ?? record.expiry, since };
}

export type RenewActor = Omit<PolicyActor, "policy" | "coSigners"> & {
  readonly record: AgentRecord;
  /** As {@link draftRenewal} made it; saved by now. */
  readonly renewed: AgentRecord;
};

/**
 * Replaces an agent's own commitment by that of the renewed record: the old secrets prove no more from that block on. After
 * an interruption, call it again with the same records: a commitment that got into the registry is not sent twice.
 *
 * @returns What happened, or undefined if the renewal is in the registry already. Use the renewed record from now on.
 * @throws {AppError} RENEWAL_MISMATCH if the records are not of one agent; SENDER_MISSING
 * @throws {ChainError} AGENT_POLICY_NOT_PROVING, AGENT_POLICY_EXPIRY_EXTENDED, AGENT_POLICY_GRANTS_STOPPED, the registry's
 * other refusals, and those of the node
 */
export async function renewAgent(actor: RenewActor): Promise<Receipt | undefined> {
  const { registry, record, renewed } = actor;
  if (record.policy !== renewed.policy || record.key.material !== renewed.key.material) {
    throw new AppError("RENEWAL_MISMATCH", "the records are of two agents", {
      details: { policy: record.policy, other: renewed.policy },
    });
  }
  const { policy } = record;
  const grant = grantOf(renewed);
  const used = await callRegistry(registry, "isCommitmentUsed", [policy, grant.commitment]);
  if (used.boolean("used")) return undefined;
  const { proposer: agent, ...context } = await contextOf({ ...actor, policy });
  return signAndSend(actor, { operation: buildRenew({ ...context, agent, grant }), acceptances: [] });
}
