import { type KeyId, keyIdOf } from "../keys/index.ts";
import type { Authorizations } from "./authorizations.ts";
import { PolicyError } from "./errors.ts";
import type { Authorize, Operation, Revoke } from "./operations.ts";
import { holdersOf, type Right } from "./quorums.ts";
import type { RootSet } from "./rootSet.ts";
import { majorityOf } from "./settings.ts";
import { authorizationsAt, type PolicyState } from "./state.ts";

/** Whose approvals an operation needs: `quorum` of the agents `of`. */
export type Need = {
  /** The right that counts; OWN: the agent itself, ROOT: keys of the root set. */
  readonly right: Right | "OWN" | "ROOT";
  readonly quorum: number;
  readonly of: readonly KeyId[];
};

export type NeedsOptions = {
  /** Of the policy; undefined only for a CreatePolicy. */
  readonly state: PolicyState | undefined;
  /** Time of the chain's head block, in seconds. */
  readonly now: bigint;
  /** For an EmergencyRotate. */
  readonly rootSet?: RootSet;
};

/**
 * Whose approvals the registry would ask for, today. The proposer of an operation with a nonce is always among them.
 *
 * @throws {PolicyError} ROOT_SET_MISSING for an EmergencyRotate; POLICY_STATE_MISSING
 */
export function approvalNeeds(operation: Operation, options: NeedsOptions): readonly Need[] {
  switch (operation.action) {
    case "CreatePolicy":
      return operation.agents.slice(0, 1).map(({ key }) => own(keyIdOf(key)));
    case "EmergencyRotate":
      return [rootNeed(options.rootSet)];
    case "Renounce":
    case "Renew":
      return [own(operation.proposer)];
    case "Veto":
    case "Withdraw":
    case "Stop":
    case "VoidApprovals":
    case "AnchorBackup":
      return [own(operation.agent)];
  }
  const { state, now } = options;
  if (state === undefined) {
    throw new PolicyError("POLICY_STATE_MISSING", "what is needed depends on the policy's state");
  }
  const { grantQuorum, adminQuorum } = state.settings;
  const need = (right: Right, quorum: number): Need => ({ right, quorum, of: holdersOf(state, right) });
  switch (operation.action) {
    case "GovernanceChange":
    case "TrusteeChange":
    case "PermitAnchor":
      return [need("ADMIN", adminQuorum), own(operation.proposer)];
    // Trustees approve a cancellation as well, which a bundle does not gather.
    case "CancelRecovery":
    case "LiftStop":
      return [need("ADMIN", majorityOf(holdersOf(state, "ADMIN").length))];
    case "Authorize":
    case "Revoke": {
      const { gains, loses, power } = effects(operation, state, now);
      return [
        ...(gains ? [need("PROVE_GRANT", grantQuorum)] : []),
        ...(loses ? [need("PROVE_REVOKE", 1)] : []),
        ...(power ? [need("ADMIN", adminQuorum)] : []),
        own(operation.proposer),
      ];
    }
  }
}

/** What kinds of rights an operation touches. */
function effects(operation: Authorize | Revoke, state: PolicyState, now: bigint) {
  let [gains, loses, power] = [false, false, false];
  const touch = (before: Authorizations, afterwards: Authorizations) => {
    gains ||= afterwards.includes("PROVE") && !before.includes("PROVE");
    loses ||= before.includes("PROVE") && !afterwards.includes("PROVE");
    power ||= powerOf(before) !== powerOf(afterwards);
  };
  if (operation.action === "Revoke") {
    for (const { authorizations } of operation.revocations) touch(authorizations, []);
  } else {
    for (const { key, authorizations } of operation.changes) {
      const agent = state.agents.get(keyIdOf(key));
      touch(agent === undefined ? [] : authorizationsAt(agent, now), authorizations);
    }
  }
  return { gains, loses, power };
}

function powerOf(authorizations: Authorizations): string {
  return authorizations.filter((name) => name !== "PROVE").join();
}

function own(agent: KeyId): Need {
  return { right: "OWN", quorum: 1, of: [agent] };
}

function rootNeed(rootSet: RootSet | undefined): Need {
  if (rootSet === undefined) {
    throw new PolicyError("ROOT_SET_MISSING", "a rotation reveals the root set that approves it");
  }
  return { right: "ROOT", quorum: rootSet.quorum, of: rootSet.keys.map(keyIdOf) };
}
