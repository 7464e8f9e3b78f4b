import type { KeyId } from "../keys/index.ts";
import type { Alert } from "./alert.ts";
import { type Authorizations, authorizationBits } from "./authorizations.ts";
import { type DescribeOptions, describeChange } from "./describe.ts";
import { recoveryAlerts } from "./recoveryAlerts.ts";
import { type PolicySettings, SETTING_NAMES } from "./settings.ts";
import { type AgentState, authorizationsAt, type PolicyState } from "./state.ts";
import { type Name, naming, rights, settingParts, shortId } from "./words.ts";

/**
 * What happened in a policy between two readings: a watcher reads, compares, and tells.
 *
 * @param now Time of the chain's head block at the second reading, in seconds.
 * @example
 * const state = await readPolicyState(registry, policy);
 * for (const { text } of policyAlerts(known, state, now, { nameOf })) notify(text);
 */
export function policyAlerts(
  before: PolicyState,
  after: PolicyState,
  now: bigint,
  options: Pick<DescribeOptions, "nameOf"> = {},
): readonly Alert[] {
  const name = naming(options.nameOf);
  return [
    ...policy(before, after, name),
    ...changes(before, after, now, options),
    ...recoveryAlerts(before, after, now, options),
    ...[...after.agents].flatMap(([id, agent]) => agentAlerts(before.agents.get(id), agent, id, now, name)),
    ...settings(before.settings, after.settings),
  ];
}

function policy(before: PolicyState, after: PolicyState, name: Name): readonly Alert[] {
  const alerts: Alert[] = [];
  if (after.abandoned !== undefined && before.abandoned === undefined) {
    alerts.push({ code: "POLICY_ENDED", text: "The policy has ended for ever." });
  }
  if (after.epoch !== before.epoch) {
    const recovered = (after.recovery.executed?.epoch ?? 0) > before.epoch;
    const who = recovered ? "A recovery by trustees" : "Root keys";
    const text = `${who} replaced all power in the policy; changes that waited have ended.`;
    alerts.push({ code: "EPOCH_BEGAN", text });
  }
  if (after.stopper === before.stopper) return alerts;
  const agent = after.stopper ?? before.stopper;
  if (after.stopper !== undefined) {
    const text = `${name(after.stopper)} stopped everyone from letting agents prove.`;
    alerts.push({ code: "GRANTS_STOPPED", text, agent: after.stopper });
  } else if (agent !== undefined) {
    const text = `Agents can be let prove again, which ${name(agent)} had stopped.`;
    alerts.push({ code: "GRANTS_RESUMED", text, agent });
  }
  return alerts;
}

function changes(
  before: PolicyState,
  after: PolicyState,
  now: bigint,
  options: Pick<DescribeOptions, "nameOf">,
): readonly Alert[] {
  const waiting = [...after.pendingChanges.values()].flatMap((change): readonly Alert[] => {
    const known = before.pendingChanges.get(change.id);
    const text = describeChange(change, now, options);
    if (known === undefined) {
      const { id, earliest: deadline } = change;
      return [{ code: "CHANGE_SCHEDULED", change: id, deadline, text: `A change of power waits: ${text}` }];
    }
    if (!change.majority || known.majority) return [];
    return [
      { code: "CHANGE_GAINED_MAJORITY", change: change.id, text: `No veto ends this change now: ${text}` },
    ];
  });
  const gone = [...before.pendingChanges.keys()]
    .filter((id) => !after.pendingChanges.has(id))
    .map((change): Alert => {
      const text = `The change ${shortId(change)} waits no more: it was executed, vetoed, or has lapsed.`;
      return { code: "CHANGE_ENDED", change, text };
    });
  return [...waiting, ...gone];
}

function agentAlerts(
  before: AgentState | undefined,
  after: AgentState,
  agent: KeyId,
  now: bigint,
  name: Name,
): readonly Alert[] {
  const alerts: Alert[] = [];
  const [was, is] = [lastGrant(before), lastGrant(after)];
  const proves = authorizationsAt(after, now).includes("PROVE");
  if (is !== undefined && is.commitment !== was?.commitment && proves) {
    alerts.push({ code: "AGENT_PROVES", agent, text: `${name(agent)} was let prove.` });
  }
  // A spell that runs out by its expiry is no news: health() tells of it before.
  const revoked = before?.grants.some(
    ({ until }, i) => until === undefined && after.grants[i]?.until !== undefined,
  );
  if (revoked === true && !proves) {
    alerts.push({ code: "AGENT_PROVES_NO_MORE", agent, text: `${name(agent)} proves no more.` });
  }
  const [held, holds] = [power(before?.authorizations ?? []), power(after.authorizations)];
  if (authorizationBits(held) !== authorizationBits(holds)) {
    const text =
      holds.length === 0
        ? `${name(agent)} has no power any more.`
        : `${name(agent)} may now ${rights(holds, "and")}, and has no other power.`;
    alerts.push({ code: "POWER_CHANGED", agent, text });
  }
  return alerts;
}

function settings(before: PolicySettings, after: PolicySettings): readonly Alert[] {
  const changed = SETTING_NAMES.filter((name) => before[name] !== after[name]);
  if (changed.length === 0) return [];
  const parts = settingParts(Object.fromEntries(changed.map((name) => [name, after[name]])));
  return [{ code: "SETTINGS_CHANGED", text: `The rules of the policy are now: ${parts.join("; ")}.` }];
}

function lastGrant(agent: AgentState | undefined) {
  return agent?.grants.at(-1);
}

function power(authorizations: Authorizations): Authorizations {
  return authorizations.filter((name) => name !== "PROVE");
}
