import { type DescribeOptions, describeChange } from "./describe.ts";
import { type Expiry, isLive, NO_EXPIRY } from "./expiry.ts";
import { finding, type HealthFinding } from "./healthFinding.ts";
import { counts, holdersOf } from "./quorums.ts";
import { NO_ROOT_KEYS } from "./settings.ts";
import { type AgentState, authorizationsAt, type PolicyState } from "./state.ts";
import { type TrusteeHealthOptions, trusteeHealth } from "./trusteeHealth.ts";
import { duration, type Name, naming } from "./words.ts";

/** What the owner knows besides, and the policy does not tell. */
export type HealthOptions = Pick<DescribeOptions, "nameOf"> & TrusteeHealthOptions;

/** How long before an agent's PROVE runs out its owner is told. */
const SOON_SECONDS = 7n * 86_400n;
/** With less, an alert is easily slept through. */
const COMFORTABLE_DELAY = 86_400;
/** Live leaves that a policy can have at once (protocol §2). */
const MAX_PROVERS = 32;

/**
 * What an owner should know about a policy now, the worst first.
 *
 * @param now Time of the chain's head block, in seconds.
 * @example for (const { text } of health(state, now, { nameOf })) console.log(text);
 */
export function health(
  state: PolicyState,
  now: bigint,
  options: HealthOptions = {},
): readonly HealthFinding[] {
  if (state.abandoned !== undefined) {
    return [finding("POLICY_ABANDONED", "NOTICE", "This policy has ended: nobody proves for it any more.")];
  }
  const name = naming(options.nameOf);
  const findings = [
    ...admins(state, name),
    ...contracts(state, name),
    ...rules(state, name),
    ...pending(state, now, options),
    ...provers(state, now, name),
    ...trusteeHealth(state, now, name, options),
  ];
  return findings.sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}

const LEVELS: readonly HealthFinding["level"][] = ["DANGER", "WARNING", "NOTICE"];

function admins(state: PolicyState, name: Name): readonly HealthFinding[] {
  const rootless = state.settings.rootCommitment === NO_ROOT_KEYS;
  const found: HealthFinding[] = [];
  const [only, ...others] = holdersOf(state, "ADMIN");
  if (only !== undefined && others.length === 0) {
    const level = rootless ? "DANGER" : "WARNING";
    found.push(
      state.agents.get(only)?.key.kind === "WEBAUTHN"
        ? finding(
            "ONLY_ADMIN_SYNCED",
            level,
            `Your only admin, ${name(only)}, is a synced passkey: whoever gets into the account that syncs it can administer the policy.`,
            only,
          )
        : finding(
            "ONLY_ADMIN",
            level,
            `Your only admin is ${name(only)}: nobody can veto what it does, and if it is lost only root keys help.`,
            only,
          ),
    );
  }
  if (rootless) {
    found.push(
      finding(
        "ROOT_KEYS_MISSING",
        "DANGER",
        "There are no root keys: if your admins are lost or stolen, so is the policy.",
      ),
    );
  }
  return found;
}

function contracts(state: PolicyState, name: Name): readonly HealthFinding[] {
  return [...state.agents]
    .filter(([, { key, authorizations }]) => key.kind === "CONTRACT" && authorizations.includes("ADMIN"))
    .map(([agent, { key }]) =>
      counts(state.settings, key.kind)
        ? finding(
            "CONTRACT_ADMIN_COUNTS",
            "WARNING",
            `The wallet contract ${name(agent)} counts as an admin of its own: if one of your other agents owns it, one thief is two admins.`,
            agent,
          )
        : finding(
            "CONTRACT_ADMIN_UNCOUNTED",
            "NOTICE",
            `The wallet contract ${name(agent)} is an admin that does not count: it cannot approve, veto or stop, as it may be the same person as one of your other agents.`,
            agent,
          ),
    );
}

function rules(state: PolicyState, name: Name): readonly HealthFinding[] {
  const { settings, stopper } = state;
  const found: HealthFinding[] = [];
  const all = (
    code: "ADMINS_ALL_NEEDED" | "GRANTERS_ALL_NEEDED",
    quorum: number,
    holders: number,
    what: string,
  ) => {
    if (quorum < 2 || quorum < holders) return;
    found.push(
      finding(
        code,
        "WARNING",
        `All ${holders} agents that may ${what} are needed for it: losing one of them takes root keys.`,
      ),
    );
  };
  all("ADMINS_ALL_NEEDED", settings.adminQuorum, holdersOf(state, "ADMIN").length, "administer the policy");
  all(
    "GRANTERS_ALL_NEEDED",
    settings.grantQuorum,
    holdersOf(state, "PROVE_GRANT").length,
    "let others prove",
  );
  if (settings.delay < COMFORTABLE_DELAY) {
    found.push(
      finding(
        "DELAY_SHORT",
        "WARNING",
        `Changes of power wait only ${duration(settings.delay)}: too short to see an alert and veto.`,
      ),
    );
  }
  if (stopper !== undefined) {
    found.push(
      finding("GRANTS_STOPPED", "NOTICE", `Nobody can be let prove: ${name(stopper)} stopped that.`, stopper),
    );
  }
  return found;
}

function pending(
  { pendingChanges, settings }: PolicyState,
  now: bigint,
  options: Pick<DescribeOptions, "nameOf">,
): readonly HealthFinding[] {
  return [...pendingChanges.values()].map((change) => {
    const text = describeChange(change, now, { ...options, settings });
    return now > change.latest
      ? finding("CHANGE_LAPSED", "NOTICE", `A change was not executed in time and can be cleared: ${text}`)
      : finding("CHANGE_WAITS", "DANGER", `A change of power waits: ${text}`);
  });
}

function provers(state: PolicyState, now: bigint, name: Name): readonly HealthFinding[] {
  const proving = [...state.agents].filter(([, agent]) => authorizationsAt(agent, now).includes("PROVE"));
  const found = proving.flatMap(([agent, record]): readonly HealthFinding[] => {
    const expiry = expiryOf(record);
    if (expiry === NO_EXPIRY || expiry - now > SOON_SECONDS) return [];
    return [
      finding(
        "AGENT_EXPIRES_SOON",
        "NOTICE",
        `${name(agent)} proves for ${duration(Number(expiry - now))} more.`,
        agent,
      ),
    ];
  });
  if (proving.length >= MAX_PROVERS) {
    found.push(finding("PROVERS_FULL", "WARNING", `${MAX_PROVERS} agents prove, and no more can.`));
  }
  for (const [agent, record] of state.agents) {
    const held = record.authorizations.includes("PROVE");
    if (held && !isLive(expiryOf(record), now)) {
      found.push(
        finding("AGENT_EXPIRED", "NOTICE", `${name(agent)} proves no more: its time has run out.`, agent),
      );
    }
  }
  return found;
}

function expiryOf({ grants }: AgentState): Expiry {
  return grants.at(-1)?.expiry ?? NO_EXPIRY;
}
