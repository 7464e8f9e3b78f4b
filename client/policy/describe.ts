import { bigintToHex32 } from "../core/index.ts";
import { type KeyId, keyIdOf } from "../keys/index.ts";
import type { Authorization, Authorizations } from "./authorizations.ts";
import { type Expiry, NO_EXPIRY } from "./expiry.ts";
import type { PolicyId } from "./identifiers.ts";
import type { AgentChange, AgentRevocation, Operation } from "./operations.ts";

/** What a person calls an agent; undefined for one it does not know. */
export type AgentNames = (agent: KeyId) => string | undefined;

type Name = (agent: KeyId) => string;

const VERBS: Readonly<Record<Authorization, string>> = {
  PROVE: "prove",
  PROVE_GRANT: "let others prove",
  PROVE_REVOKE: "stop others from proving",
  ADMIN: "administer",
};

/**
 * One plain sentence that says what an operation does, to be shown before it is signed.
 *
 * @param nameOf Names of the agents; the beginning of the key id stands for the rest.
 * @example describeOperation(operation, (agent) => addressBook.get(agent));
 * // "In policy 0x12ab34cd…, laptop may from now on prove until 2026-03-01 12:00 UTC and let others prove, and nothing
// else (to be done by 2026-02-01 13:00 UTC)."
 */
export function describeOperation(operation: Operation, nameOf: AgentNames = () => undefined): string {
  const name: Name = (agent) => nameOf(agent) ?? `agent ${short(agent)}`;
  return `${clause(operation, name)} (${by(operation.deadline)}).`;
}

function clause(operation: Operation, name: Name): string {
  const policy = `policy ${shortPolicyId(operation.policy)}`;
  switch (operation.action) {
    case "CreatePolicy":
      return `Create ${policy}, in which ${operation.agents.map((agent) => change(agent, name)).join("; ")}`;
    case "Authorize":
      return `In ${policy}, ${operation.changes.map((agent) => change(agent, name)).join("; ")}`;
    case "Revoke":
      return `In ${policy}, ${operation.revocations.map((agent) => revocation(agent, name)).join("; ")}`;
    case "Renounce":
      return `In ${policy}, ${name(operation.proposer)} itself may no longer ${list(operation.authorizations, "or")}`;
  }
}

function change({ key, authorizations, grant }: AgentChange, name: Name): string {
  const agent = name(keyIdOf(key));
  if (authorizations.length === 0) return `${agent} is removed for good`;
  return `${agent} may from now on ${list(authorizations, "and", grant?.expiry)}, and nothing else`;
}

function revocation({ agent, authorizations }: AgentRevocation, name: Name): string {
  return `${name(agent)} may no longer ${list(authorizations, "or")}`;
}

function list(authorizations: Authorizations, conjunction: string, expiry: Expiry = NO_EXPIRY): string {
  const verbs = authorizations.map((authorization) =>
    authorization === "PROVE" && expiry !== NO_EXPIRY
      ? `${VERBS.PROVE} until ${utc(expiry)}`
      : VERBS[authorization],
  );
  const last = verbs.at(-1) ?? "nothing";
  return verbs.length < 2 ? last : `${verbs.slice(0, -1).join(", ")} ${conjunction} ${last}`;
}

/** Seconds beyond what Date can show are years in which nobody will ask. */
const MAX_DATE_SECONDS = 8_640_000_000_000n;

function by(deadline: bigint): string {
  return deadline > MAX_DATE_SECONDS ? "at any time" : `to be done by ${utc(deadline)}`;
}

function utc(seconds: bigint): string {
  const [date = "", time = ""] = new Date(Number(seconds) * 1000).toISOString().split("T");
  return `${date} ${time.slice(0, 5)} UTC`;
}

function short(id: string): string {
  return `${id.slice(0, 10)}…`;
}

/** The beginning of a policy address, for people; two policies may share it. */
export function shortPolicyId(policy: PolicyId): string {
  return short(bigintToHex32(policy));
}
