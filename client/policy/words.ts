import { bigintToHex32 } from "../core/index.ts";
import { type KeyId, keyIdOf } from "../keys/index.ts";
import type { Authorization, Authorizations } from "./authorizations.ts";
import { type Expiry, NO_EXPIRY } from "./expiry.ts";
import type { PolicyId } from "./identifiers.ts";
import type { AgentPower } from "./operationParts.ts";
import type { GovernanceChange } from "./operations.ts";
import { NO_ROOT_KEYS, type PolicySettings, SETTING_NAMES } from "./settings.ts";

/** What a person calls an agent; undefined for one it does not know. */
export type AgentNames = (agent: KeyId) => string | undefined;

/** Names with the beginning and end of the key id, so that a likeness of names deceives nobody. */
export type Name = (agent: KeyId) => string;

const VERBS: Readonly<Record<Authorization, string>> = {
  PROVE: "prove",
  PROVE_GRANT: "let others prove",
  PROVE_REVOKE: "stop others from proving",
  ADMIN: "administer the policy",
};

/** Seconds beyond what Date can show are years in which nobody will ask. */
const MAX_DATE_SECONDS = 8_640_000_000_000n;
const HOUR = 3_600;
const DAY = 86_400;

export function naming(nameOf: AgentNames = () => undefined): Name {
  return (agent) => {
    const name = nameOf(agent);
    return name === undefined ? `agent ${shortId(agent)}` : `${name} (${shortId(agent)})`;
  };
}

/** "prove until 2026-03-01 12:00 UTC and administer the policy" */
export function rights(
  authorizations: Authorizations,
  conjunction: "and" | "or",
  expiry: Expiry = NO_EXPIRY,
): string {
  return listed(
    authorizations.map((authorization) =>
      authorization === "PROVE" && expiry !== NO_EXPIRY
        ? `${VERBS.PROVE} until ${utc(expiry)}`
        : VERBS[authorization],
    ),
    conjunction,
  );
}

/** "a, b and c"; "nothing" for none. */
export function listed(items: readonly string[], conjunction: "and" | "or" = "and"): string {
  const last = items.at(-1) ?? "nothing";
  return items.length < 2 ? last : `${items.slice(0, -1).join(", ")} ${conjunction} ${last}`;
}

/** What a governance change does, part by part. */
export function changeParts(
  { agents, settings, abandon }: Pick<GovernanceChange, "agents" | "settings" | "abandon">,
  name: Name,
): readonly string[] {
  if (abandon !== undefined) {
    const { successor } = abandon;
    const next = successor === undefined ? "no successor is named" : `its successor is named by ${successor}`;
    return [`the policy ends for ever and nobody proves for it any more; ${next}`];
  }
  return [...agents.map((agent) => power(agent, name)), ...settingParts(settings)];
}

/** The power that an agent is to have. */
export function power({ key, authorizations }: AgentPower, name: Name): string {
  const agent = name(keyIdOf(key));
  if (authorizations.length === 0) return `${agent} loses all power`;
  return `${agent} may ${rights(authorizations, "and")}, and has no other power`;
}

/** The settings that are there, each in words. */
export function settingParts(settings: Partial<PolicySettings>): readonly string[] {
  return SETTING_NAMES.flatMap((name) => setting(settings, name) ?? []);
}

function setting(settings: Partial<PolicySettings>, name: keyof PolicySettings): string | undefined {
  const value = settings[name];
  if (value === undefined) return undefined;
  switch (name) {
    case "grantQuorum":
      return `letting somebody prove takes ${count(Number(value), "agent")}`;
    case "adminQuorum":
      return `changing power takes ${count(Number(value), "ADMIN")}`;
    case "contractKeysCount":
      return `wallet contracts ${value === true ? "count" : "do not count"} as agents of their own`;
    case "delay":
      return `changes wait ${duration(Number(value))}`;
    case "window":
      return `changes can then be executed for ${duration(Number(value))}`;
    case "rootCommitment":
      return value === NO_ROOT_KEYS ? "there are no root keys" : `the root keys are those of ${value}`;
  }
}

function count(value: number, noun: string): string {
  return value === 1 ? `1 ${noun}` : `${value} ${noun}s`;
}

/** "48 h", "7 days" */
export function duration(seconds: number): string {
  if (seconds < 2 * HOUR) return `${Math.max(1, Math.round(seconds / 60))} min`;
  if (seconds < 3 * DAY) return `${Math.round(seconds / HOUR)} h`;
  return `${Math.round(seconds / DAY)} days`;
}

/** "to be done by 2026-02-01 13:00 UTC" */
export function by(deadline: bigint): string {
  return deadline > MAX_DATE_SECONDS ? "at any time" : `to be done by ${utc(deadline)}`;
}

export function utc(seconds: bigint): string {
  const [date = "", time = ""] = new Date(Number(seconds) * 1000).toISOString().split("T");
  return `${date} ${time.slice(0, 5)} UTC`;
}

/** The beginning and the end of an id, for people; two may share them. */
export function shortId(id: string): string {
  return `${id.slice(0, 6)}…${id.slice(-4)}`;
}

/** The beginning of a policy address, for people; two policies may share it. */
export function shortPolicyId(policy: PolicyId): string {
  return `${bigintToHex32(policy).slice(0, 10)}…`;
}
