import { type Hex32, hex32 } from "../core/index.ts";
import { type KeyId, keyId } from "../keys/index.ts";
import type { Abandonment, PolicyId, PolicySettings, ProposedPower } from "../policy/index.ts";
import { type Decoded, parsed } from "./decoded.ts";
import { changeEffect } from "./policyLogs.ts";
import { policySettings, word } from "./recoveryLogs.ts";
import { callRegistry, type Registry } from "./registry.ts";

/** A governance change that waits, as the registry tells of it. */
export type PendingChangeSummary = {
  readonly id: Hex32;
  readonly proposer: KeyId;
  readonly earliest: bigint;
  readonly latest: bigint;
  readonly approvers: readonly KeyId[];
  readonly majority: boolean;
  readonly agents: readonly ProposedPower[];
  readonly settings: Partial<PolicySettings>;
  readonly abandon?: Abandonment;
  /** The hash of the trustee settings that it sets; `TrusteesProposed` tells them. */
  readonly trustees?: Hex32;
};

/**
 * Reads the settings of a policy.
 *
 * @param block Number of the block to read at; the newest by default.
 * @throws {ChainError} AGENT_POLICY_UNKNOWN, and those of the node
 */
export async function readSettings(
  registry: Registry,
  policy: PolicyId,
  block?: number,
): Promise<PolicySettings> {
  const view = (await callRegistry(registry, "settingsOf", [policy], block)).struct(0);
  return parsed("settings", () => policySettings(view));
}

/**
 * Reads the changes that wait in a policy, in no particular order; those whose time has passed and that nobody cleared are
 * included.
 *
 * @param block Number of the block to read at; the newest by default.
 * @throws {ChainError} AGENT_POLICY_UNKNOWN, and those of the node
 */
export async function readPendingChanges(
  registry: Registry,
  policy: PolicyId,
  block?: number,
): Promise<readonly PendingChangeSummary[]> {
  const views = (await callRegistry(registry, "pendingChangesOf", [policy], block)).structs(0);
  return views.map((view) => parsed("pendingChange", () => pendingChange(view)));
}

/**
 * Until when an ADMIN whose change was vetoed cannot propose another without a majority, in seconds since 1970; 0 if it can.
 *
 * @throws {ChainError} AGENT_POLICY_UNKNOWN, and those of the node
 */
export async function readProposerWait(
  registry: Registry,
  policy: PolicyId,
  proposer: KeyId,
): Promise<bigint> {
  return (await callRegistry(registry, "proposerWaitsUntil", [policy, proposer])).bigint(0);
}

function pendingChange(view: Decoded): PendingChangeSummary {
  const trustees = word(view.text("trustees"));
  return {
    id: hex32(view.text("id")),
    proposer: keyId(view.text("proposer")),
    earliest: view.bigint("earliest"),
    latest: view.bigint("latest"),
    approvers: view.texts("approvers").map(keyId),
    majority: view.boolean("majority"),
    ...changeEffect(view),
    ...(trustees === undefined ? {} : { trustees }),
  };
}
