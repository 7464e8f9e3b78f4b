import type { KeyId } from "../../../client/keys/index.ts";
import {
  type AgentState,
  type Authorizations,
  FIRST_EPOCH,
  type Grant,
  NO_EXPIRY,
  type PolicySettings,
  type PolicyState,
} from "../../../client/policy/index.ts";
import { type agent, NOW, OWNER, PHONE, POLICY, SETTINGS, TRUSTEES } from "./fixtures.ts";

type TestAgent = Pick<ReturnType<typeof agent>, "key" | "id" | "commitment">;

/** An agent's record; it proves under index 0 if it may. */
export function member(
  { key, commitment }: TestAgent,
  authorizations: Authorizations,
  more: Partial<AgentState> & { readonly grant?: Partial<Grant> } = {},
): AgentState {
  const { grant, ...rest } = more;
  const last = {
    generation: 0,
    index: 0,
    commitment,
    expiry: NO_EXPIRY,
    from: NOW,
    until: undefined,
    ...grant,
  };
  const grants = authorizations.includes("PROVE") ? [last] : [];
  return { key, epoch: FIRST_EPOCH, authorizations, grants, counter: 0, barred: false, ...rest };
}

/** A policy of these agents. */
export function stateOf(
  agents: readonly (readonly [TestAgent, AgentState])[],
  settings: Partial<PolicySettings> = {},
  more: Partial<PolicyState> = {},
): PolicyState {
  return {
    ...{ policy: POLICY, ownerCommitment: OWNER, creator: PHONE.id, epoch: FIRST_EPOCH },
    settings: { ...SETTINGS, ...settings },
    trustees: { number: 1, since: NOW, settings: TRUSTEES, revealed: new Map(), nonce: 0n, refused: false },
    recovery: {
      ...{ number: 0n, running: undefined, proposals: new Map(), votes: new Map(), executed: undefined },
      starts: 0,
    },
    ...{ backups: [], anchoring: new Set<KeyId>() },
    ...{ stopper: undefined, abandoned: undefined, pendingChanges: new Map(), nonces: new Map() },
    agents: new Map(agents.map(([{ id }, state]): [KeyId, AgentState] => [id, state])),
    ...more,
  };
}
