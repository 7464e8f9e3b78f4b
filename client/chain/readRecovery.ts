import { type Hex32, hex32 } from "../core/index.ts";
import { type KeyId, keyId } from "../keys/index.ts";
import type {
  AgentPower,
  BackupState,
  PolicyId,
  RotatedSettings,
  TrusteeCapabilities,
} from "../policy/index.ts";
import { parsed } from "./decoded.ts";
import { knownCapabilities, recoveryEffect, word } from "./recoveryLogs.ts";
import { callRegistry, type Registry } from "./registry.ts";

/** A policy's trustees as the registry stores them. */
export type TrusteeSetSummary = {
  /** Of the set; 0 before the first. */
  readonly number: number;
  /** When it came into force, in seconds since 1970. */
  readonly since: bigint;
  /** The hash of their settings; undefined if there are none. */
  readonly settings: Hex32 | undefined;
};

/** The present recovery of a policy, as the registry tells of it. */
export type RecoverySummary = {
  readonly number: bigint;
  /** The proposal that runs, and when it can be executed. */
  readonly running:
    | { readonly proposal: Hex32; readonly earliest: bigint; readonly latest: bigint }
    | undefined;
  /** Root keys have used their refusal of a recovery by the set in force. */
  readonly refused: boolean;
};

/** A proposal as the registry tells of it. */
export type ProposalSummary = {
  readonly lapses: bigint;
  readonly votes: number;
  readonly agents: readonly AgentPower[];
  readonly settings: RotatedSettings;
};

/** A trustee's vote in the present recovery. */
export type VoteSummary = {
  readonly proposal: Hex32 | undefined;
  /** 0 if it never voted. */
  readonly sequence: number;
};

/** Reads the trustee set of a policy. @throws {ChainError} those of the node */
export async function readTrusteeSet(
  registry: Registry,
  policy: PolicyId,
  block?: number,
): Promise<TrusteeSetSummary> {
  const view = (await callRegistry(registry, "trusteeSetOf", [policy], block)).struct(0);
  return parsed("trusteeSet", () => ({
    number: view.number("number"),
    since: view.bigint("since"),
    settings: word(view.text("settings")),
  }));
}

/** What a trustee of the set in force may do, empty if it has not acted yet. @throws {ChainError} those of the node */
export async function readTrusteeCapabilities(
  registry: Registry,
  policy: PolicyId,
  trustee: KeyId,
  block?: number,
): Promise<TrusteeCapabilities> {
  const answer = await callRegistry(registry, "trusteeCapabilitiesOf", [policy, trustee], block);
  return parsed("capabilities", () => knownCapabilities(Number(answer.bigint(0))));
}

/** The nonce of the next thing that trustees do at once. @throws {ChainError} those of the node */
export async function readTrusteeNonce(
  registry: Registry,
  policy: PolicyId,
  block?: number,
): Promise<bigint> {
  return (await callRegistry(registry, "trusteeNonceOf", [policy], block)).bigint(0);
}

/** Reads the present recovery of a policy. @throws {ChainError} those of the node */
export async function readRecovery(
  registry: Registry,
  policy: PolicyId,
  block?: number,
): Promise<RecoverySummary> {
  const view = (await callRegistry(registry, "recoveryOf", [policy], block)).struct(0);
  return parsed("recovery", () => {
    const proposal = word(view.text("proposal"));
    const times = { earliest: view.bigint("earliest"), latest: view.bigint("latest") };
    return {
      number: view.bigint("number"),
      running: proposal === undefined ? undefined : { proposal, ...times },
      refused: view.boolean("refused"),
    };
  });
}

/** Reads a proposal. @throws {ChainError} AGENT_POLICY_PROPOSAL_UNKNOWN, and those of the node */
export async function readProposal(
  registry: Registry,
  policy: PolicyId,
  proposal: Hex32,
  block?: number,
): Promise<ProposalSummary> {
  const view = (await callRegistry(registry, "proposalOf", [policy, proposal], block)).struct(0);
  return parsed("proposal", () => ({
    lapses: view.bigint("lapses"),
    votes: view.number("votes"),
    ...recoveryEffect(view),
  }));
}

/** Reads a trustee's vote. @throws {ChainError} those of the node */
export async function readVote(
  registry: Registry,
  policy: PolicyId,
  trustee: KeyId,
  block?: number,
): Promise<VoteSummary> {
  const answer = await callRegistry(registry, "voteOf", [policy, trustee], block);
  return parsed("vote", () => ({
    proposal: word(answer.text("proposal")),
    sequence: answer.number("sequence"),
  }));
}

/** Reads the newest backup that a policy knows of, undefined if there is none. @throws {ChainError} those of the node */
export async function readBackupAnchor(
  registry: Registry,
  policy: PolicyId,
  block?: number,
): Promise<BackupState | undefined> {
  const view = (await callRegistry(registry, "backupOf", [policy], block)).struct(0);
  return parsed("backup", () => {
    const sequence = view.bigint("sequence");
    if (sequence === 0n) return undefined;
    const backup = hex32(view.text("backup"));
    return { sequence, backup, agent: keyId(view.text("agent")), time: view.bigint("time") };
  });
}
