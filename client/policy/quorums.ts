import type { KeyId, KeyKind } from "../keys/index.ts";
import type { Authorization, Authorizations } from "./authorizations.ts";
import type { PolicySettings } from "./settings.ts";
import type { AgentState, PolicyState } from "./state.ts";

/** A right that operations need; ADMIN is worth all three. */
export type Right = Exclude<Authorization, "PROVE">;

/**
 * True unless the policy leaves keys of this kind out of quorums and majorities: whether an account and a contract that it
 * owns are one party, no chain can know.
 */
export function counts(settings: PolicySettings, kind: KeyKind): boolean {
  return kind !== "CONTRACT" || settings.contractKeysCount;
}

/** True if what an agent holds is worth a right, wherever it counts or one agent suffices. */
export function isWorth(authorizations: Authorizations, right: Right): boolean {
  return authorizations.includes(right) || authorizations.includes("ADMIN");
}

/** The agents whose approval is worth a right: those that count, and for PROVE_REVOKE, which needs one, all. */
export function holdersOf(state: PolicyState, right: Right): readonly KeyId[] {
  return [...state.agents].filter(([, agent]) => isHolder(state, agent, right)).map(([id]) => id);
}

/** True if the agent's approval is worth a right. */
export function isHolder({ settings }: PolicyState, agent: AgentState, right: Right): boolean {
  const weighs = right === "PROVE_REVOKE" || counts(settings, agent.key.kind);
  return weighs && isWorth(agent.authorizations, right);
}

/** True if the approvers are most of the ADMINs that count. */
export function isMajority(state: PolicyState, approvers: readonly KeyId[]): boolean {
  const admins = holdersOf(state, "ADMIN");
  const voices = approvers.filter((approver) => admins.includes(approver)).length;
  return 2 * voices > admins.length;
}
