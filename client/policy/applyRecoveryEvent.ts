import type { Hex32 } from "../core/index.ts";
import type { KeyId } from "../keys/index.ts";
import type { PolicyEvent, PolicyRecoveryEvent } from "./events.ts";
import { isHolder } from "./quorums.ts";
import {
  type PendingChange,
  type PolicyState,
  type RecoveryProposalState,
  type RecoveryState,
  votersOf,
} from "./state.ts";
import { type TrusteeSettings, trusteeSettingsHash } from "./trusteeSettings.ts";
import { unexpected } from "./unexpected.ts";

type Of<Type extends PolicyEvent["type"]> = Extract<PolicyRecoveryEvent, { type: Type }>;

/** As `applyPolicyEvent`, for trustees, recoveries and anchors. @throws {PolicyError} POLICY_EVENT_UNEXPECTED */
export function applyRecoveryEvent(
  state: PolicyState,
  event: PolicyRecoveryEvent,
  time: bigint,
): PolicyState {
  switch (event.type) {
    case "TrusteesProposed":
      return trusteesProposed(state, event);
    case "TrusteesChanged":
      return trusteesChanged(state, event);
    case "TrusteeRevealed":
      return revealed(state, event);
    case "TrusteesRevoked":
      return nonceUsed(state, event);
    case "RecoveryProposed":
      return proposed(state, event);
    case "RecoveryVoted":
      return voted(state, event);
    case "RecoveryStarted":
      return started(state, event);
    case "RecoveryStopped":
      return stopped(state, event);
    case "RecoveryCancelled":
      return cancelled(state, event);
    case "RecoveryExecuted":
      return executed(state, event);
    case "BackupAnchored":
      return anchored(state, event, time);
    case "AnchorPermitted":
      return permitted(state, event);
  }
}

/** Follows the `ChangeScheduled` of the change that it belongs to. */
function trusteesProposed(state: PolicyState, event: Of<"TrusteesProposed">): PolicyState {
  const change = state.pendingChanges.get(event.change);
  if (change === undefined) throw unexpected(event, "no such change waits");
  const next: PendingChange = { ...change, trustees: event.trustees };
  return { ...state, pendingChanges: new Map(state.pendingChanges).set(change.id, next) };
}

/** The next set, which begins with nobody revealed. */
export function withTrustees(state: PolicyState, settings: TrusteeSettings, since: bigint): PolicyState {
  const number = state.trustees.number + 1;
  return { ...state, trustees: { number, since, settings, revealed: new Map(), nonce: 0n, refused: false } };
}

/** Follows the `ChangeExecuted` of the change that brought it about. */
function trusteesChanged(state: PolicyState, event: Of<"TrusteesChanged">): PolicyState {
  const { number, settings } = state.trustees;
  if (event.number !== number) throw unexpected(event, "the number is not the next");
  if (event.settings !== trusteeSettingsHash(settings)) throw unexpected(event, "others were proposed");
  return state;
}

function revealed(state: PolicyState, event: Of<"TrusteeRevealed">): PolicyState {
  const { trustees } = state;
  if (event.number !== trustees.number) throw unexpected(event, "it is another set");
  if (trustees.revealed.has(event.trustee)) throw unexpected(event, "the trustee was revealed before");
  const known = new Map(trustees.revealed).set(event.trustee, event.capabilities);
  return { ...state, trustees: { ...trustees, revealed: known } };
}

function nonceUsed(state: PolicyState, event: Of<"TrusteesRevoked">): PolicyState {
  const { trustees } = state;
  if (event.number !== trustees.number) throw unexpected(event, "it is another set");
  if (event.nonce !== trustees.nonce) throw unexpected(event, "the nonce is not the next");
  return { ...state, trustees: { ...trustees, nonce: trustees.nonce + 1n } };
}

function proposed(state: PolicyState, event: Of<"RecoveryProposed">): PolicyState {
  const recovery = presentIn(state, event);
  const { proposal: id, trustee, agents, settings, lapses } = event;
  if (recovery.proposals.has(id)) throw unexpected(event, "it was proposed before");
  requireRevealed(state, event);
  const proposal: RecoveryProposalState = {
    ...{ id, trustee, trusteeSet: state.trustees.number, agents, settings, lapses },
  };
  return withRecovery(state, { ...recovery, proposals: new Map(recovery.proposals).set(id, proposal) });
}

function voted(state: PolicyState, event: Of<"RecoveryVoted">): PolicyState {
  const recovery = presentIn(state, event);
  const { trustee, proposal } = event;
  requireRevealed(state, event);
  // Who votes for nothing may say so: that voids a vote which was signed and not sent.
  if (proposal !== undefined && recovery.votes.get(trustee) === proposal) {
    throw unexpected(event, "it changes nothing");
  }
  const votes = new Map(recovery.votes);
  if (proposal === undefined) votes.delete(trustee);
  else if (!recovery.proposals.has(proposal)) throw unexpected(event, "there is no such proposal");
  else votes.set(trustee, proposal);
  return withRecovery(state, { ...recovery, votes });
}

/** Ends every governance change that waits. */
function started(state: PolicyState, event: Of<"RecoveryStarted">): PolicyState {
  const recovery = presentIn(state, event);
  const { proposal, earliest, latest } = event;
  if (recovery.running !== undefined) throw unexpected(event, "another recovery runs");
  if (!recovery.proposals.has(proposal)) throw unexpected(event, "there is no such proposal");
  if (!hasQuorum(state, proposal)) throw unexpected(event, "the quorum is missing");
  const running = { proposal, earliest, latest };
  return {
    ...withRecovery(state, { ...recovery, running, starts: recovery.starts + 1 }),
    pendingChanges: new Map(),
  };
}

/** For lack of votes, which stay; or because its time has passed, when all begins anew. */
function stopped(state: PolicyState, event: Of<"RecoveryStopped">): PolicyState {
  const recovery = runningIn(state, event);
  const lapsed = hasQuorum(state, event.proposal);
  return withRecovery(state, lapsed ? closed(recovery) : { ...recovery, running: undefined });
}

/** By most ADMINs with trustees; or by root keys, between two epochs, when nobody is ADMIN. */
function cancelled(state: PolicyState, event: Of<"RecoveryCancelled">): PolicyState {
  const recovery = closed(runningIn(state, event));
  const byRootKeys = ![...state.agents.values()].some((agent) => isHolder(state, agent, "ADMIN"));
  if (!byRootKeys) return withRecovery(state, recovery);
  if (state.trustees.refused) throw unexpected(event, "root keys refuse once");
  return { ...withRecovery(state, recovery), trustees: { ...state.trustees, refused: true } };
}

/** The new epoch, and what it brings, follow. */
function executed(state: PolicyState, event: Of<"RecoveryExecuted">): PolicyState {
  const recovery = closed(runningIn(state, event));
  const begun = { proposal: event.proposal, epoch: state.epoch + 1 };
  return withRecovery(state, { ...recovery, executed: begun });
}

function anchored(state: PolicyState, event: Of<"BackupAnchored">, time: bigint): PolicyState {
  const { agent, sequence, backup } = event;
  if (sequence !== BigInt(state.backups.length) + 1n) throw unexpected(event, "the number is not the next");
  return { ...state, backups: [...state.backups, { agent, sequence, backup, time, disowned: false }] };
}

function permitted(state: PolicyState, event: Of<"AnchorPermitted">): PolicyState {
  const anchoring = new Set(state.anchoring);
  if (event.permitted) anchoring.add(event.agent);
  else anchoring.delete(event.agent);
  return { ...state, anchoring };
}

/** Who acts for the first time is revealed right before. */
function requireRevealed(
  { trustees }: PolicyState,
  event: PolicyRecoveryEvent & { readonly trustee: KeyId },
): void {
  if (trustees.revealed.get(event.trustee)?.includes("ADMIN_AUTHZ") === true) return;
  throw unexpected(event, "the trustee was not revealed");
}

function hasQuorum({ recovery, trustees }: PolicyState, proposal: Hex32): boolean {
  return votersOf(recovery, proposal).length >= trustees.settings.quorums.ADMIN_AUTHZ.quorum;
}

/** All votes and proposals end with a recovery. */
function closed(recovery: RecoveryState): RecoveryState {
  const number = recovery.number + 1n;
  return { ...recovery, number, running: undefined, proposals: new Map(), votes: new Map() };
}

function presentIn(
  state: PolicyState,
  event: PolicyRecoveryEvent & { readonly recovery: bigint },
): RecoveryState {
  if (event.recovery !== state.recovery.number) throw unexpected(event, "it is another recovery");
  return state.recovery;
}

function runningIn(
  state: PolicyState,
  event: PolicyRecoveryEvent & { readonly recovery: bigint; readonly proposal: Hex32 },
): RecoveryState {
  const recovery = presentIn(state, event);
  if (recovery.running?.proposal !== event.proposal) throw unexpected(event, "no such recovery runs");
  return recovery;
}

function withRecovery(state: PolicyState, recovery: RecoveryState): PolicyState {
  return { ...state, recovery };
}
