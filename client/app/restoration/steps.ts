import { readHead } from "../../chain/index.ts";
import { agentSignerOf, type KeyId, keyIdOf, type PolicySigner, Secret } from "../../keys/index.ts";
import {
  type AgentRevocation,
  authorizationsAt,
  commitToAgentSecrets,
  type PolicyState,
} from "../../policy/index.ts";
import { answerInvitation, inviteAgent } from "../agents/invitation.ts";
import { authorizeAgents, revokeAgents } from "../agents/policyActions.ts";
import { type AgentRecord, policySecretsOf, withPolicySecrets } from "../agents/record.ts";
import { AppError } from "../errors.ts";
import type { PolicyActor } from "../execute.ts";
import { makeRootKit, rootKitPage } from "../governance/rootKit.ts";
import { stateOf } from "../trustees/changeTrustees.ts";
import { powerIn, regainPower, vetoChangesOfLost } from "./power.ts";
import type { RestoreStep } from "./state.ts";
import type { RestoreWork, Waiting } from "./work.ts";

/** Works on a step; returns what it waits for, if it is not done then. */
export async function workOn(step: RestoreStep, work: RestoreWork): Promise<Waiting | undefined> {
  return STEPS[step](work);
}

/**
 * Steps of earlier calls that were undone since. Looked at when all others are done: who keeps PROVE from this device, by a stop
 * say, must not keep it from power.
 */
export async function undoneSince(
  work: RestoreWork,
  before: readonly RestoreStep[],
): Promise<readonly RestoreStep[]> {
  const { registry, policy, authority, lost } = work.options;
  const state = await stateOf(registry, policy);
  const { time: now } = await readHead(registry);
  const agent = keyIdOf((await work.device()).key);
  checkSurvivors(work, state, now);
  const holdPower = lost.some((one) => powerIn(state, one).length > 0);
  const undone: Partial<Record<RestoreStep, boolean>> = {
    LOST: holdPower || lost.some((one) => proves(state, one, now)),
    PROVE: !proves(state, agent, now),
    POWER: authority.by === "DEVICE" && holdPower,
  };
  return before.filter((step) => undone[step] === true);
}

/** Root keys were used up for those that were named then. */
function checkSurvivors(work: RestoreWork, policyState: PolicyState, now: bigint): void {
  const { authority, lost } = work.options;
  if (authority.by !== "ROOT_KEYS") return;
  const { survivors = [] } = work.state();
  const late = (authority.survivors ?? []).filter(
    (agent) => ![...survivors, ...lost].includes(agent) && !proves(policyState, agent, now),
  );
  if (late.length === 0) return;
  throw new AppError("RESTORE_MISMATCH", "survivors named after the rotation: authorize them anew", {
    details: { survivors: late },
  });
}

const STEPS: Readonly<Record<RestoreStep, (work: RestoreWork) => Promise<Waiting | undefined>>> = {
  KEYS: makeKeys,
  LOST: disarmLost,
  ROOT_KEYS: printRootKeys,
  POWER: movePower,
  PROVE: prove,
  DIDS: rotateDids,
  BACKUP: backUp,
  SHARES: reshare,
};

async function makeKeys({ options, state, keep }: RestoreWork): Promise<undefined> {
  if (state().device !== undefined) return;
  const { time: now } = await readHead(options.registry);
  const { id } = await options.backend.create({ role: "POLICY", algorithm: "SECP256K1", now });
  await keep({ device: id });
}

/** What can be done at once: what takes a delay follows with the power of the new device, or has ended with the epoch. */
async function disarmLost(work: RestoreWork): Promise<undefined> {
  await revokeLost(work);
  await vetoChangesOfLost(work);
}

async function revokeLost(work: RestoreWork): Promise<undefined> {
  const { registry, policy } = work.options;
  const { time: now } = await readHead(registry);
  const before = await stateOf(registry, policy);
  await revokeFrom(work, (agent) => (proves(before, agent, now) ? ["PROVE"] : []));
  // By itself, as it takes as many ADMINs as a change does: PROVE is gone in any case.
  const after = await stateOf(registry, policy);
  if (await hasAdminQuorum(work, after)) await revokeFrom(work, (agent) => grantingPower(after, agent));
}

async function revokeFrom(
  work: RestoreWork,
  rightsOf: (agent: KeyId) => AgentRevocation["authorizations"],
): Promise<void> {
  const revocations = work.options.lost
    .map((agent) => ({ agent, authorizations: rightsOf(agent) }))
    .filter(({ authorizations }) => authorizations.length > 0);
  if (revocations.length > 0) await revokeAgents(await actorOf(work), revocations);
}

/** What an agent that is no ADMIN may do to others' PROVE. */
function grantingPower({ agents, epoch }: PolicyState, agent: KeyId): AgentRevocation["authorizations"] {
  const record = agents.get(agent);
  if (record?.epoch !== epoch || record.authorizations.includes("ADMIN")) return [];
  return record.authorizations.filter((name) => name === "PROVE_GRANT" || name === "PROVE_REVOKE");
}

async function hasAdminQuorum(work: RestoreWork, { agents, epoch, settings }: PolicyState): Promise<boolean> {
  const { signer, coSigners = [] } = await actorOf(work);
  const keys = await Promise.all([signer, ...coSigners].map(async (one) => (await agentSignerOf(one)).key));
  const admins = keys.filter((key) => {
    const record = agents.get(keyIdOf(key));
    const counted = key.kind !== "CONTRACT" || settings.contractKeysCount;
    return counted && record?.epoch === epoch && record.authorizations.includes("ADMIN");
  });
  return admins.length >= settings.adminQuorum;
}

async function printRootKeys({ options, state, keep }: RestoreWork): Promise<undefined> {
  if (state().nextRootSet !== undefined) return;
  const kit = await makeRootKit();
  const page = new Secret(rootKitPage(kit));
  try {
    await options.printRootKeys(page);
  } finally {
    page.erase();
    kit.words.erase();
  }
  await keep({ nextRootSet: kit.rootSet });
}

/** To the new device, from those that were lost. */
async function movePower(work: RestoreWork): Promise<Waiting | undefined> {
  const waiting = await regainPower(work);
  if (waiting !== undefined) return waiting;
  // Until the delay was over, whoever held a lost ADMIN could let it prove anew. The other ways end the epoch.
  if (work.options.authority.by === "DEVICE") await revokeLost(work);
  return undefined;
}

async function prove(work: RestoreWork): Promise<undefined> {
  const { options, state, keep } = work;
  const { registry, policy, restored } = options;
  const device = await work.device();
  const agent = keyIdOf(device.key);
  const policyState = await stateOf(registry, policy);
  const { time: now } = await readHead(registry);
  const { record } = state();
  const commitment = record && commitToAgentSecrets(record.secrets);
  if (proves(policyState, agent, now)) {
    // Granted by an earlier call; without its record it could not be proved.
    if (commitment === undefined || policyState.agents.get(agent)?.grants.at(-1)?.commitment !== commitment)
      throw new AppError("RESTORE_KEY_MISSING", "the record of the new agent is lost");
  } else {
    const known = policyState.agents.get(agent);
    const place = { location: registry.location, policy, creator: restored.creator };
    const invitation = await inviteAgent({
      ...{ registry, record: place, authorizations: ["PROVE"] },
      ...(known?.epoch === policyState.epoch ? { agent } : {}),
    });
    // An earlier answer may be on its way still: the same secrets, whichever gets through, unless they are used up.
    const used = [...policyState.agents.values()].flatMap(({ grants }) => grants);
    const pending = used.some((grant) => grant.commitment === commitment) ? undefined : record;
    const answered = await answerInvitation(device, invitation, now, pending?.secrets);
    if (pending === undefined) {
      const secrets = policySecretsOf({ ...answered.record, policySecrets: restored.policySecrets });
      const fresh: AgentRecord = withPolicySecrets(answered.record, secrets);
      await options.keepRecord(fresh);
      await keep({ record: fresh });
    }
    await authorizeAgents(await actorOf(work), [{ invitation, answer: answered.answer }]);
  }
}

async function rotateDids({ options, state, keep }: RestoreWork): Promise<undefined> {
  for (const did of options.dids ?? []) {
    if (await did.isDone()) continue;
    // A backup of before has not the new keys.
    const { done } = state();
    if (done.includes("BACKUP")) await keep({ done: done.filter((step) => step !== "BACKUP") });
    await did.rotate();
  }
}

async function backUp(work: RestoreWork): Promise<undefined> {
  const { signer } = await actorOf(work);
  await work.options.backUp?.(signer);
}

async function reshare({ options, state, keep, device }: RestoreWork): Promise<Waiting | undefined> {
  const { shares } = options;
  if (shares === undefined) return undefined;
  const { desk, change } = shares;
  let current = await desk.poll();
  const { shareSet } = state();
  const under = "plan" in current && current.plan.tag === shareSet;
  if (shareSet === undefined || !under || current.step === "aborted") {
    const { tag } = await desk.change(await change(await device()));
    await keep({ shareSet: tag });
    current = desk.state();
  }
  if (current.step === "settled") return undefined;
  const text =
    current.step === "anchoring"
      ? "Your trustees have their new shares, which come into force after the recovery delay."
      : "Your trustees are to acknowledge their new shares.";
  return { for: "TRUSTEES", text };
}

/** Who acts in the policy: the new device once it has power, another one until then. */
export async function actorOf(work: RestoreWork): Promise<PolicyActor & { readonly signer: PolicySigner }> {
  const { registry, policy, sender, authority } = work.options;
  const place = { registry, policy, sender };
  if (authority.by !== "DEVICE") return { ...place, signer: await work.device() };
  const { signer, coSigners = [] } = authority;
  return { ...place, signer, coSigners };
}

function proves(state: PolicyState, agent: KeyId, now: bigint): boolean {
  const record = state.agents.get(agent);
  return record?.epoch === state.epoch && authorizationsAt(record, now).includes("PROVE");
}
