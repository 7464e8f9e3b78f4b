import { type KeyId, keyIdOf } from "../keys/index.ts";
import type { DescribeOptions } from "./describe.ts";
import { finding, type HealthFinding } from "./healthFinding.ts";
import { holdersOf } from "./quorums.ts";
import { describeRunning } from "./recoveryAlerts.ts";
import { type PolicyState, trustedBackup, votersOf } from "./state.ts";
import { isNobody } from "./trusteeSettings.ts";
import { recoveryParts } from "./trusteeWords.ts";
import { duration, type Name, utc } from "./words.ts";

/** A trustee as its owner knows it: the policy does not tell. */
export type KnownTrustee = {
  readonly trustee: KeyId;
  /** Takes part in recoveries. */
  readonly recovers: boolean;
  /** When it last answered a heartbeat, or consented; in seconds since 1970. */
  readonly heardAt: bigint;
};

export type TrusteeHealthOptions = {
  /** All of the set in force. */
  readonly trustees?: readonly KnownTrustee[];
  /** Seconds; 200 days by default. */
  readonly silence?: bigint;
  /** How long the owner is away at times, in seconds; 14 days by default. */
  readonly absence?: number;
};

const DEFAULT_SILENCE = 200n * 86_400n;
const DEFAULT_ABSENCE = 14 * 86_400;

/** What is wrong with a policy's trustees, recovery and backups, or about to happen. */
export function trusteeHealth(
  state: PolicyState,
  now: bigint,
  name: Name,
  options: TrusteeHealthOptions & Pick<DescribeOptions, "nameOf">,
): readonly HealthFinding[] {
  return [
    ...recovery(state, now, name, options),
    ...settings(state, options),
    ...people(state, now, name, options),
    ...backups(state, name),
  ];
}

function recovery(
  state: PolicyState,
  now: bigint,
  name: Name,
  options: Pick<DescribeOptions, "nameOf">,
): readonly HealthFinding[] {
  const { running, proposals } = state.recovery;
  if (running !== undefined) {
    const text = describeRunning(state, now, options);
    return now > running.latest
      ? [finding("RECOVERY_LAPSED", "NOTICE", `A recovery was not executed in time: ${text}`)]
      : [finding("RECOVERY_RUNS", "DANGER", `Trustees take the policy over: ${text}`)];
  }
  return [...proposals.values()]
    .filter(({ trusteeSet, lapses }) => trusteeSet === state.trustees.number && lapses >= now)
    .map((proposal) => {
      const { count, quorum } = state.trustees.settings.quorums.ADMIN_AUTHZ;
      const votes = votersOf(state.recovery, proposal.id).length;
      const what = recoveryParts(proposal, name).join("; ");
      return finding(
        "RECOVERY_PROPOSED",
        "WARNING",
        `${name(proposal.trustee)} proposes a recovery, for which ${votes} of ${count} trustees are; it runs with ${quorum}: ${what}. It takes votes until ${utc(proposal.lapses)}.`,
      );
    });
}

function settings(
  { trustees }: PolicyState,
  { absence = DEFAULT_ABSENCE }: TrusteeHealthOptions,
): readonly HealthFinding[] {
  const { quorums, delay } = trustees.settings;
  const { count, quorum } = quorums.ADMIN_AUTHZ;
  if (isNobody(trustees.settings) || count === 0) {
    const text =
      "No trustees can give the policy back to you: if your devices and root keys are lost, so is the policy.";
    return [finding("TRUSTEES_MISSING", "NOTICE", text)];
  }
  const found: HealthFinding[] = [];
  if (quorum === count) {
    const text = `All ${count} trustees are needed to recover the policy: losing one of them makes that impossible.`;
    found.push(finding("TRUSTEES_ALL_NEEDED", "WARNING", text));
  }
  if (delay < absence) {
    const text = `A recovery waits ${duration(delay)}, which is shorter than your usual absence of ${duration(absence)}: you may see it too late to object.`;
    found.push(finding("RECOVERY_DELAY_SHORT", "WARNING", text));
  }
  if (trustees.refused) {
    const text =
      "Your root keys have refused a recovery by these trustees, and cannot refuse another: replace the trustees, or talk to them.";
    found.push(finding("REFUSAL_SPENT", "WARNING", text));
  }
  return found;
}

function people(
  state: PolicyState,
  now: bigint,
  name: Name,
  { trustees = [], silence = DEFAULT_SILENCE }: TrusteeHealthOptions,
): readonly HealthFinding[] {
  if (isNobody(state.trustees.settings)) return [];
  const known = new Set([...trustees.map(({ trustee }) => trustee), ...state.trustees.revealed.keys()]);
  const found: HealthFinding[] = [];
  for (const [agent, when] of comingAdmins(state)) {
    if (!known.has(agent)) continue;
    const text = `${name(agent)} ${when} both an admin and a trustee: it speaks on both sides of a recovery.`;
    found.push(finding("ADMIN_IS_TRUSTEE", "WARNING", text, agent));
  }
  const silent = trustees.filter(({ heardAt }) => now - heardAt > silence);
  for (const { trustee, heardAt } of silent) {
    const text = `Nothing was heard from ${name(trustee)} for ${duration(Number(now - heardAt))}: ask whether it still has its key.`;
    found.push(finding("TRUSTEE_SILENT", "WARNING", text, trustee));
  }
  const { quorum } = state.trustees.settings.quorums.ADMIN_AUTHZ;
  const heard = trustees.filter((one) => one.recovers && !silent.includes(one)).length;
  if (trustees.length > 0 && heard < quorum) {
    const text = `Only ${heard} of the ${quorum} trustees that a recovery takes were heard from: it may be impossible. Replace those who are silent.`;
    found.push(finding("RECOVERY_QUORUM_OUT_OF_REACH", "DANGER", text));
  }
  return found;
}

/** ADMINs, and who is to become one: by a change that waits, or by a recovery that is proposed. */
function comingAdmins(state: PolicyState): ReadonlyMap<KeyId, "is" | "will be"> {
  const under = [...state.pendingChanges.values(), ...state.recovery.proposals.values()];
  const waiting = under.flatMap(({ agents }) => agents);
  const coming = waiting.filter(({ authorizations }) => authorizations.includes("ADMIN"));
  return new Map<KeyId, "is" | "will be">([
    ...coming.map(({ key }): [KeyId, "will be"] => [keyIdOf(key), "will be"]),
    ...holdersOf(state, "ADMIN").map((agent): [KeyId, "is"] => [agent, "is"]),
  ]);
}

function backups(state: PolicyState, name: Name): readonly HealthFinding[] {
  const newest = state.backups.at(-1);
  if (newest === undefined || trustedBackup(state)?.sequence === newest.sequence) return [];
  const text = `The newest backup, number ${newest.sequence}, was recorded by ${name(newest.agent)}, which has lost its rights since: make a new one.`;
  return [finding("BACKUP_OF_REVOKED_KEY", "WARNING", text, newest.agent)];
}
