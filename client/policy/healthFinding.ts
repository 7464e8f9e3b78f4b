import type { KeyId } from "../keys/index.ts";

/** What can be wrong with a policy, or is about to happen in it. */
export type HealthCode =
  | "ADMINS_ALL_NEEDED"
  | "ADMIN_IS_TRUSTEE"
  | "AGENT_EXPIRED"
  | "AGENT_EXPIRES_SOON"
  | "BACKUP_OF_REVOKED_KEY"
  | "CHANGE_LAPSED"
  | "CHANGE_WAITS"
  | "CONTRACT_ADMIN_COUNTS"
  | "CONTRACT_ADMIN_UNCOUNTED"
  | "DELAY_SHORT"
  | "GRANTERS_ALL_NEEDED"
  | "GRANTS_STOPPED"
  | "ONLY_ADMIN"
  | "ONLY_ADMIN_SYNCED"
  | "POLICY_ABANDONED"
  | "PROVERS_FULL"
  | "RECOVERY_DELAY_SHORT"
  | "RECOVERY_LAPSED"
  | "RECOVERY_PROPOSED"
  | "RECOVERY_QUORUM_OUT_OF_REACH"
  | "RECOVERY_RUNS"
  | "REFUSAL_SPENT"
  | "ROOT_KEYS_MISSING"
  | "TRUSTEES_ALL_NEEDED"
  | "TRUSTEES_MISSING"
  | "TRUSTEE_SILENT";

/** One thing to know about a policy. */
export type HealthFinding = {
  readonly code: HealthCode;
  /** DANGER: one mishap loses the policy, or power is about to change. WARNING: weaker than it could be. */
  readonly level: "DANGER" | "WARNING" | "NOTICE";
  /** A plain sentence. */
  readonly text: string;
  /** Whom it is about, where it is about one agent. */
  readonly agent?: KeyId;
};

/** A finding, about an agent if it is about one. */
export function finding(
  code: HealthCode,
  level: HealthFinding["level"],
  text: string,
  agent?: KeyId,
): HealthFinding {
  return { code, level, text, ...(agent === undefined ? {} : { agent }) };
}
