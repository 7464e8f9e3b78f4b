import { readHead } from "../../chain/index.ts";
import { type Hex32, isDkmsError } from "../../core/index.ts";
import { type AgentKey, type AgentSigner, type KeyId, keyIdOf, type PolicySigner } from "../../keys/index.ts";
import {
  type Authorizations,
  NO_ROOT_KEYS,
  type PendingChange,
  type PolicyState,
  rootCommitment,
  votersOf,
} from "../../policy/index.ts";
import { type Admission, answerInvitation, inviteAgent, type Occasion } from "../agents/invitation.ts";
import { AppError } from "../errors.ts";
import { executeChange, proposeChange, type Relay, vetoChange } from "../governance/changes.ts";
import { emergencyRotate } from "../governance/rotation.ts";
import { stateOf } from "../trustees/changeTrustees.ts";
import { clearRecovery, executeRecovery } from "../trustees/operations.ts";
import {
  consentToRecovery,
  isRequested,
  type RecoveryRequest,
  requestRecovery,
} from "../trustees/recoveryRequest.ts";
import type { RestoreWork, Waiting } from "./work.ts";

/** What the new device is to hold besides PROVE. */
const POWER: Authorizations = ["PROVE_GRANT", "PROVE_REVOKE", "ADMIN"];

/** Of a change that was executed, withdrawn, vetoed or has lapsed in front of a veto, or that most ADMINs approve by now. */
const BEYOND_VETO: ReadonlySet<string> = new Set([
  "AGENT_POLICY_CHANGE_UNKNOWN",
  "AGENT_POLICY_CHANGE_TOO_LATE",
  "AGENT_POLICY_CHANGE_HAS_MAJORITY",
]);

type AgentLoss = { readonly agent: AgentKey; readonly lose: Authorizations };

/** Gives the new device power, by whoever's word it is. */
export async function regainPower(work: RestoreWork): Promise<Waiting | undefined> {
  const { registry, policy, authority } = work.options;
  const device = await work.device();
  const state = await stateOf(registry, policy);
  const stillToLose = authority.by === "DEVICE" ? powerOfLost(work, state) : [];
  if (isAdmin(state, device) && stillToLose.length === 0) {
    if (authority.by !== "DEVICE") checkPower(work, state, device);
    return undefined;
  }
  switch (authority.by) {
    case "DEVICE":
      return byDevice(work, authority, device);
    case "ROOT_KEYS":
      return byRootKeys(work, authority, device);
    case "TRUSTEES":
      return byTrustees(work, authority, state);
  }
}

/**
 * Ends what those that were lost scheduled by themselves: it could take effect before their power ends. With root keys or
 * trustees it ends with the epoch.
 */
export async function vetoChangesOfLost(work: RestoreWork): Promise<void> {
  const { registry, policy, sender, authority, lost } = work.options;
  if (authority.by !== "DEVICE") return;
  const { pendingChanges } = await stateOf(registry, policy);
  const { time } = await readHead(registry);
  const theirs = [...pendingChanges.values()].filter(
    ({ latest, majority, approvers }) =>
      latest >= time && !majority && approvers.every((approver) => lost.includes(approver)),
  );
  const voters = [authority.signer, ...(authority.coSigners ?? [])];
  for (const { id } of theirs) await endChange({ registry, policy, sender }, voters, id);
}

/** Vetoes a change, by the first that has a voice. Nothing is amiss if it has gone meanwhile; and who has no voice can do the rest. */
async function endChange(place: Relay, voters: readonly PolicySigner[], change: Hex32): Promise<void> {
  for (const signer of voters) {
    try {
      await vetoChange({ ...place, signer }, change);
      return;
    } catch (error) {
      if (isDkmsError(error) && BEYOND_VETO.has(error.code)) return;
      if (!isDkmsError(error, "AGENT_POLICY_NO_VOTE")) throw error;
    }
  }
}

/** Another ADMIN proposes it: the new device in the place of those that were lost. */
async function byDevice(
  work: RestoreWork,
  authority: Extract<RestoreWork["options"]["authority"], { by: "DEVICE" }>,
  device: AgentSigner,
): Promise<Waiting | undefined> {
  const { registry, policy, sender } = work.options;
  const { signer, coSigners = [] } = authority;
  await vetoChangesOfLost(work);
  // Not before: what was just vetoed is not to be waited for.
  const state = await stateOf(registry, policy);
  const { time } = await readHead(registry);
  // Asked of the chain, so that a stop right after it was scheduled does no harm.
  const waiting = [...state.pendingChanges.values()].find(
    (change) => change.latest >= time && isForThisDevice(work, state, device, change),
  );
  if (waiting !== undefined && time >= waiting.earliest) {
    await executeChange({ registry, policy, sender }, waiting.id);
    return undefined;
  }
  if (waiting !== undefined) return awaited(waiting.earliest);
  const power = powerOfLost(work, state);
  const admissions = isAdmin(state, device) ? [] : [await admitted(work, device, "CHANGE")];
  const actor = { registry, policy, sender, signer, coSigners };
  const proposed = await proposeChange(actor, { power, admissions });
  const [scheduled] = proposed.receipt.events.flatMap((event) =>
    event.type === "ChangeScheduled" ? [event.earliest] : [],
  );
  return awaited(scheduled ?? time + BigInt(state.settings.delay));
}

/** What those that were lost hold besides PROVE, and are to lose. */
function powerOfLost({ options }: RestoreWork, state: PolicyState): readonly AgentLoss[] {
  return options.lost.flatMap((agent) => {
    const record = state.agents.get(agent);
    const held = powerIn(state, agent);
    return record === undefined || held.length === 0 ? [] : [{ agent: record.key, lose: held }];
  });
}

/** What an agent holds besides PROVE. */
export function powerIn({ agents, epoch }: PolicyState, agent: KeyId): Authorizations {
  const record = agents.get(agent);
  return record?.epoch === epoch ? record.authorizations.filter((name) => name !== "PROVE") : [];
}

/**
 * True of a change that does what is asked for here and nothing else: who saw this device accept power can have scheduled it
 * together with keys of his own, or without the loss of his.
 */
function isForThisDevice(
  work: RestoreWork,
  state: PolicyState,
  device: AgentSigner,
  { agents, settings, abandon, trustees }: PendingChange,
): boolean {
  const power = new Map(agents.map(({ key, authorizations }) => [keyIdOf(key), authorizations]));
  const own = power.get(keyIdOf(device.key));
  power.delete(keyIdOf(device.key));
  const rightful = own === undefined ? isAdmin(state, device) : own.includes("ADMIN");
  const others = [...power].every(
    ([agent, authorizations]) => work.options.lost.includes(agent) && authorizations.length === 0,
  );
  const complete = powerOfLost(work, state).every(({ agent }) => power.has(keyIdOf(agent)));
  const alone = Object.keys(settings).length === 0 && abandon === undefined && trustees === undefined;
  return rightful && others && complete && alone;
}

function awaited(until: bigint): Waiting {
  const text =
    "This device gets power, and those that were lost lose it, after the policy's delay, unless an admin vetoes.";
  return { for: "CHANGE_DELAY", until, text };
}

async function byRootKeys(
  work: RestoreWork,
  authority: Extract<RestoreWork["options"]["authority"], { by: "ROOT_KEYS" }>,
  device: AgentSigner,
): Promise<undefined> {
  const { registry, policy, sender, lost } = work.options;
  const { rootSet, rootSigners } = authority;
  const survivors = (authority.survivors ?? []).filter((agent) => !lost.includes(agent));
  await work.keep({ survivors });
  await emergencyRotate({
    ...{ registry, policy, sender, rootSet, rootSigners },
    admissions: [await admitted(work, device, "ROTATION")],
    nextRootSet: work.state().nextRootSet,
    survivors,
  });
}

async function byTrustees(
  work: RestoreWork,
  authority: Extract<RestoreWork["options"]["authority"], { by: "TRUSTEES" }>,
  state: PolicyState,
): Promise<Waiting | undefined> {
  const { registry, policy, sender } = work.options;
  const { running, proposals } = state.recovery;
  const { time } = await readHead(registry);
  const { request } = work.state();
  const isOurs = (id: Hex32) => {
    const proposal = proposals.get(id);
    return request !== undefined && proposal !== undefined && isRequested(request, proposal);
  };
  if (running !== undefined && time > running.latest) {
    await clearRecovery({ registry, policy, sender });
  } else if (running !== undefined && isOurs(running.proposal)) {
    if (time >= running.earliest) {
      await executeRecovery({ registry, policy, sender });
      return undefined;
    }
    const text = "Enough trustees voted for you: the recovery takes effect after its delay.";
    return { for: "RECOVERY_DELAY", until: running.earliest, text };
  }
  if (!(await isAsked(work, time))) await askTrustees(work, authority.ask);
  const votes = [...proposals.keys()].filter(isOurs).flatMap((id) => votersOf(state.recovery, id));
  const { quorum } = state.trustees.settings.quorums.ADMIN_AUTHZ;
  return { for: "VOTES", text: `${votes.length} of the ${quorum} trustees that it takes voted for you.` };
}

/** True if what trustees were asked for can be proposed still, or is proposed. */
async function isAsked({ options, state }: RestoreWork, now: bigint): Promise<boolean> {
  const { request } = state();
  const { recovery } = await stateOf(options.registry, options.policy);
  if (request === undefined || request.recovery !== recovery.number) return false;
  const open = [...recovery.proposals.values()].some(
    (proposal) => proposal.lapses >= now && isRequested(request, proposal),
  );
  return open || request.agents.every(({ acceptance }) => acceptance.deadline >= now);
}

async function askTrustees(
  work: RestoreWork,
  ask: (request: RecoveryRequest) => Promise<void>,
): Promise<void> {
  const { registry, policy } = work.options;
  const device = await work.device();
  const consent = await consentToRecovery(device, { registry, policy, authorizations: POWER });
  const { nextRootSet } = work.state();
  const request = requestRecovery({ registry, policy, consents: [consent], nextRootSet });
  await ask(request);
  await work.keep({ request });
}

async function admitted(work: RestoreWork, device: AgentSigner, occasion: Occasion): Promise<Admission> {
  const { registry, policy, restored } = work.options;
  const record = { location: registry.location, policy, creator: restored.creator };
  const agent = keyIdOf(device.key);
  const state = await stateOf(registry, policy);
  const known = occasion === "CHANGE" && state.agents.get(agent)?.epoch === state.epoch;
  const invitation = await inviteAgent({
    ...{ registry, record, authorizations: POWER, occasion },
    ...(known ? { agent } : {}),
  });
  const { time } = await readHead(registry);
  return { invitation, answer: (await answerInvitation(device, invitation, time)).answer };
}

/**
 * Refuses power that came otherwise than it was asked for: who saw this device accept it can have proposed it together with
 * keys of his own.
 */
function checkPower(work: RestoreWork, state: PolicyState, device: AgentSigner): void {
  const { nextRootSet } = work.state();
  const expected = nextRootSet === undefined ? NO_ROOT_KEYS : rootCommitment(nextRootSet);
  const { rootCommitment: actual } = state.settings;
  const others = [...state.agents].filter(
    ([agent, { authorizations }]) =>
      agent !== keyIdOf(device.key) && authorizations.some((name) => name !== "PROVE"),
  );
  if (others.length === 0 && actual === expected) return;
  throw new AppError(
    "RESTORE_POWER_SHARED",
    "others hold power beside this device, or other root keys rule",
    {
      details: { agents: others.map(([agent]) => agent), rootCommitment: { expected, actual } },
    },
  );
}

/** True if a device holds ADMIN in the present epoch. */
export function isAdmin(state: PolicyState, device: AgentSigner): boolean {
  const record = state.agents.get(keyIdOf(device.key));
  return record?.epoch === state.epoch && record.authorizations.includes("ADMIN");
}
