import type { Hex32 } from "../core/index.ts";
import type { AgentKey, KeyId } from "../keys/index.ts";
import type { Authorizations } from "./authorizations.ts";
import type { TrusteeCapabilities } from "./capabilities.ts";
import type { LeafPlace } from "./events.ts";
import { type Expiry, isLive } from "./expiry.ts";
import type { OwnerCommitment, PolicyId, SecretCommitment } from "./identifiers.ts";
import type { AgentPower, RotatedSettings } from "./operationParts.ts";
import type { Abandonment } from "./operations.ts";
import type { PolicySettings } from "./settings.ts";
import { NO_TRUSTEES, type TrusteeSettings } from "./trusteeSettings.ts";

/** A grant of PROVE: one leaf. */
export type Grant = LeafPlace & {
  readonly commitment: SecretCommitment;
  readonly expiry: Expiry;
  /** When it was granted, in seconds since 1970. */
  readonly from: bigint;
  /** When its index got into the revoked accumulator; undefined if it never did: it may have run out by its expiry. */
  readonly until: bigint | undefined;
};

/** An agent of a policy. */
export type AgentState = {
  readonly key: AgentKey;
  /** The epoch in which it was added. */
  readonly epoch: number;
  /** As recorded; PROVE may have run out, see {@link authorizationsAt}. Empty for one that was removed. */
  readonly authorizations: Authorizations;
  /** Oldest first. */
  readonly grants: readonly Grant[];
  /** What its approvals must carry. */
  readonly counter: number;
  /** A stop of its was lifted in this epoch: it cannot stop again. */
  readonly barred: boolean;
};

/** A governance change that waits. */
export type PendingChange = {
  readonly id: Hex32;
  readonly proposer: KeyId;
  /** The first second at which it can be executed. */
  readonly earliest: bigint;
  /** The last. */
  readonly latest: bigint;
  readonly approvers: readonly KeyId[];
  /** Most ADMINs approved it when it was last approved. */
  readonly majority: boolean;
  readonly agents: readonly AgentPower[];
  /** Those that it sets. */
  readonly settings: Partial<PolicySettings>;
  readonly abandon?: Abandonment;
  /** The trustees that it sets; `NO_TRUSTEES` if it removes them. */
  readonly trustees?: TrusteeSettings;
};

/** The trustees of a policy, as far as they are known. */
export type TrusteesState = {
  /** Of the set; 0 before the first. */
  readonly number: number;
  /** When it came into force, in seconds since 1970. */
  readonly since: bigint;
  readonly settings: TrusteeSettings;
  /** Those that have acted, and what each may do. */
  readonly revealed: ReadonlyMap<KeyId, TrusteeCapabilities>;
  /** Of what they revoke next. */
  readonly nonce: bigint;
  /** Root keys have used their one refusal of a recovery by this set. */
  readonly refused: boolean;
};

/** What a trustee proposed. */
export type RecoveryProposalState = {
  readonly id: Hex32;
  readonly trustee: KeyId;
  /** The set that may vote for it. */
  readonly trusteeSet: number;
  readonly agents: readonly AgentPower[];
  readonly settings: RotatedSettings;
  /** The last second at which it takes votes, unless it runs. */
  readonly lapses: bigint;
};

/** The present recovery of a policy. */
export type RecoveryState = {
  readonly number: bigint;
  /** What has reached the quorum, and when it can be executed: from the first second to the last. */
  readonly running:
    | { readonly proposal: Hex32; readonly earliest: bigint; readonly latest: bigint }
    | undefined;
  readonly proposals: ReadonlyMap<Hex32, RecoveryProposalState>;
  /** What each trustee votes for. */
  readonly votes: ReadonlyMap<KeyId, Hex32>;
  /** How often one has begun to run. */
  readonly starts: number;
  /** The last recovery that took effect, and the epoch that it began. */
  readonly executed: { readonly proposal: Hex32; readonly epoch: number } | undefined;
};

/** A backup as the policy knows it. */
export type BackupState = {
  readonly sequence: bigint;
  readonly backup: Hex32;
  /** The key that recorded it. */
  readonly agent: KeyId;
  /** When, in seconds since 1970. */
  readonly time: bigint;
};

/** All that the registry has reported about a policy. */
export type PolicyState = {
  readonly policy: PolicyId;
  readonly ownerCommitment: OwnerCommitment;
  readonly creator: KeyId;
  readonly epoch: number;
  readonly settings: PolicySettings;
  /** Who stopped grants, if they are stopped. */
  readonly stopper: KeyId | undefined;
  /** How the policy ended, if it did. */
  readonly abandoned: Abandonment | undefined;
  /** In the order in which they were added, removed ones and those of former epochs included. */
  readonly agents: ReadonlyMap<KeyId, AgentState>;
  /** Those that wait, and those whose time has passed and that nobody cleared. */
  readonly pendingChanges: ReadonlyMap<Hex32, PendingChange>;
  /** Next nonce by {@link nonceKey}; 0 in a lane not listed. */
  readonly nonces: ReadonlyMap<string, bigint>;
  readonly trustees: TrusteesState;
  readonly recovery: RecoveryState;
  /** Oldest first: the n-th has sequence n. */
  readonly backups: readonly (BackupState & {
    /** The key lost all its rights since, within an epoch. */
    readonly disowned: boolean;
  })[];
  /** Agents that may record backups in this epoch while they prove, besides ADMINs. */
  readonly anchoring: ReadonlySet<KeyId>;
};

/** Before the first trustees. */
export const NO_TRUSTEES_YET: TrusteesState = {
  ...{ number: 0, since: 0n, settings: NO_TRUSTEES, revealed: new Map(), nonce: 0n, refused: false },
};

/** Before the first recovery. */
export const NO_RECOVERY_YET: RecoveryState = {
  ...{ number: 0n, running: undefined, proposals: new Map(), votes: new Map(), executed: undefined },
  starts: 0,
};

/**
 * The newest backup that a key recorded which the owner has not taken all rights from since: what others recorded may be a
 * thief's. Undefined if there is none, as after a recovery, which ends the rights of all keys.
 */
export function trustedBackup(state: PolicyState): BackupState | undefined {
  return state.backups.findLast((backup) => isTrustedBackup(state, backup));
}

/** True if the key that recorded a backup has its rights still, without a break. */
export function isTrustedBackup(
  { agents, epoch }: PolicyState,
  { agent, disowned }: PolicyState["backups"][number],
): boolean {
  const record = agents.get(agent);
  return !disowned && record?.epoch === epoch && record.authorizations.length > 0;
}

/** Who votes for a proposal. */
export function votersOf({ votes }: RecoveryState, proposal: Hex32): readonly KeyId[] {
  return [...votes].filter(([, vote]) => vote === proposal).map(([trustee]) => trustee);
}

/** The epoch in which every policy begins. */
export const FIRST_EPOCH = 1;

/**
 * The rights in effect at `now`, in seconds: as recorded, but without PROVE once its expiry has passed.
 */
export function authorizationsAt(agent: AgentState, now: bigint): Authorizations {
  const grant = agent.grants.at(-1);
  const proves = grant !== undefined && grant.until === undefined && isLive(grant.expiry, now);
  return agent.authorizations.filter((name) => name !== "PROVE" || proves);
}

/**
 * True if the agent proved at a time, in any of its spells: the second of a revocation lies outside of one, that of an
 * expiry within.
 *
 * @param time In seconds since 1970, not after the newest event's block.
 */
export function provedAt(agent: AgentState, time: bigint): boolean {
  return agent.grants.some(
    ({ from, until, expiry }) =>
      from <= time && isLive(expiry, time) && (until === undefined || time < until),
  );
}

/** The next nonce of a proposer in a lane. */
export function nextNonce(state: PolicyState, proposer: KeyId, lane = 0n): bigint {
  return state.nonces.get(nonceKey(proposer, lane)) ?? 0n;
}

/** How {@link PolicyState} lists nonces. */
export function nonceKey(proposer: KeyId, lane: bigint): string {
  return `${proposer}/${lane}`;
}
