import { keyIdOf } from "../keys/index.ts";
import { NO_EXPIRY } from "./expiry.ts";
import type {
  AgentChange,
  AgentRevocation,
  CreatePolicy,
  EmergencyRotate,
  GovernanceChange,
  Operation,
} from "./operations.ts";
import type { PolicySettings } from "./settings.ts";
import type { PendingChange, PolicyState } from "./state.ts";
import type { TrusteeOperation } from "./trusteeOperations.ts";
import { recoveryParts, trusteeParts } from "./trusteeWords.ts";
import {
  type AgentNames,
  by,
  changeParts,
  duration,
  listed,
  type Name,
  naming,
  power,
  rights,
  settingParts,
  shortId,
  shortPolicyId,
  utc,
} from "./words.ts";

export type DescribeOptions = {
  /** Names of the agents; the key id is shown besides, and stands for those without a name. */
  readonly nameOf?: AgentNames;
  /** Of the policy, now: tells how long a governance change will wait. */
  readonly settings?: PolicySettings;
};

/**
 * One plain sentence that says what an operation does, to be shown before it is signed.
 *
 * @example describeOperation(operation, { nameOf: (agent) => addressBook.get(agent), settings: state.settings });
 * // "In policy 0x12ab34cd…, phone (0x12ab…34cd) may administer the policy, and has no other power; takes effect in 48 h
 * // unless an ADMIN vetoes (to be done by 2026-02-01 13:00 UTC)."
 */
export function describeOperation(operation: Operation, options: DescribeOptions = {}): string {
  return `${clause(operation, naming(options.nameOf), options)} (${by(operation.deadline)}).`;
}

/**
 * One plain sentence that says what a governance change that waits will do, and when.
 *
 * @param now Time of the chain's head block, in seconds.
 */
export function describeChange(change: PendingChange, now: bigint, options: DescribeOptions = {}): string {
  const name = naming(options.nameOf);
  const approvers = listed(change.approvers.map(name));
  const parts = change.trustees === undefined ? changeParts(change, name) : trusteeParts(change.trustees);
  return `${parts.join("; ")}; approved by ${approvers}; ${timing(change, now)}.`;
}

/** When a change can be executed, and whether a veto can still end it. */
export function timing({ earliest, latest, majority }: PendingChange, now: bigint): string {
  const veto = majority ? "most ADMINs approved it, so that no veto ends it" : "any ADMIN can veto it";
  if (now > latest) return "its time has passed";
  if (now >= earliest) return `anyone can execute it now, until ${utc(latest)}; ${veto}`;
  return `it can be executed in ${duration(Number(earliest - now))}, from ${utc(earliest)} to ${utc(latest)}; ${veto}`;
}

function clause(operation: Operation, name: Name, { settings }: DescribeOptions): string {
  const policy = `policy ${shortPolicyId(operation.policy)}`;
  const where = `In ${policy}, `;
  switch (operation.action) {
    case "CreatePolicy":
      return creation(operation, policy, name);
    case "Authorize":
      return where + operation.changes.map((agent) => change(agent, name)).join("; ");
    case "Revoke":
      return where + operation.revocations.map((agent) => revocation(agent, name)).join("; ");
    case "Renounce":
      return `${where}${name(operation.proposer)} itself may no longer ${rights(operation.authorizations, "or")}`;
    case "Renew": {
      const { expiry } = operation.grant;
      const until = expiry === NO_EXPIRY ? "" : `, until ${utc(expiry)}`;
      return `${where}${name(operation.proposer)} goes on proving with fresh secrets${until}, and no longer with its old ones`;
    }
    case "GovernanceChange":
      return where + governance(operation, name, settings);
    case "Veto":
      return `${where}${name(operation.agent)} ends the change ${shortId(operation.change)}, which waits`;
    case "Withdraw":
      return `${where}${name(operation.agent)} takes back for good that it approved the change ${shortId(operation.change)}`;
    case "Stop":
      return `${where}${name(operation.agent)} stops everyone from letting agents prove; taking that away stays possible`;
    case "LiftStop":
      return `${where}agents can be let prove again, which ${name(operation.stopper)} had stopped and cannot stop a second time`;
    case "VoidApprovals":
      return `${where}all that ${name(operation.agent)} approved and nobody submitted yet is void`;
    case "EmergencyRotate":
      return rotation(operation, policy, name);
    case "TrusteeChange":
      return `${where}${trusteeParts(operation.trustees).join("; ")}; takes effect after the delay of a recovery, or of a change if there are no trustees yet, unless an ADMIN vetoes`;
    case "PermitAnchor": {
      const may = operation.permitted ? "may record backups while it proves" : "may record no more backups";
      return `${where}${name(operation.agent)} ${may}`;
    }
    case "AnchorBackup":
      return `${where}${name(operation.agent)} records backup ${operation.sequence}, ${operation.backup}`;
    case "CancelRecovery":
      return `${where}the recovery ${shortId(operation.proposal)}, which runs, ends`;
  }
}

/**
 * One plain sentence that says what trustees do by an operation, to be shown before one signs it.
 *
 * @param options `state`: of the policy, which knows what a vote is for.
 */
export function describeTrusteeOperation(
  operation: TrusteeOperation,
  options: Pick<DescribeOptions, "nameOf"> & { readonly state?: PolicyState } = {},
): string {
  const name = naming(options.nameOf);
  return `${trusteeClause(operation, name, options.state)} (${by(operation.deadline)}).`;
}

function trusteeClause(operation: TrusteeOperation, name: Name, state: PolicyState | undefined): string {
  const policy = `policy ${shortPolicyId(operation.policy)}`;
  switch (operation.action) {
    case "RecoveryProposal":
      return `A trustee proposes to replace all power in ${policy}: ${recoveryParts(operation, name).join("; ")}`;
    case "RecoveryVote": {
      const { proposal } = operation;
      if (proposal === undefined) return `A trustee takes back its vote for a recovery of ${policy}`;
      const known = state?.recovery.proposals.get(proposal);
      const what = known === undefined ? "" : `: ${recoveryParts(known, name).join("; ")}`;
      return `A trustee votes for the recovery ${shortId(proposal)} of ${policy}${what}`;
    }
    case "TrusteeRevoke":
      if (operation.agents.length === 0) return `Trustees take back what they signed to revoke in ${policy}`;
      return `Trustees stop ${listed(operation.agents.map(name))} from proving in ${policy}`;
  }
}

function creation({ agents, settings }: CreatePolicy, policy: string, name: Name): string {
  const members = agents.map((agent) => change(agent, name));
  return `Create ${policy}, in which ${[...members, ...settingParts(settings)].join("; ")}`;
}

function governance(operation: GovernanceChange, name: Name, settings: PolicySettings | undefined): string {
  const delay = settings === undefined ? "after the policy's delay" : `in ${duration(settings.delay)}`;
  return `${changeParts(operation, name).join("; ")}; takes effect ${delay} unless an ADMIN vetoes`;
}

function rotation({ agents, settings, survivors }: EmergencyRotate, policy: string, name: Name): string {
  const proving =
    survivors.length === 0 ? "nobody proves" : `nobody but ${listed(survivors.map(name))} proves`;
  const parts = [...agents.map((agent) => power(agent, name)), ...settingParts(settings)];
  return `The root keys replace all power in ${policy} at once: ${parts.join("; ")}; ${proving}, and all changes that wait end`;
}

function change({ key, authorizations, grant }: AgentChange, name: Name): string {
  const agent = name(keyIdOf(key));
  if (authorizations.length === 0) return `${agent} is removed for good`;
  return `${agent} may from now on ${rights(authorizations, "and", grant?.expiry)}, and nothing else`;
}

function revocation({ agent, authorizations }: AgentRevocation, name: Name): string {
  return `${name(agent)} may no longer ${rights(authorizations, "or")}`;
}
