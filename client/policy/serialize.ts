import { z } from "zod";
import { type Hex, type Hex32, hex, hex20, hex32 } from "../core/index.ts";
import { type AgentKey, agentKey, KEY_KINDS, type KeyId, keyId } from "../keys/index.ts";
import { type Authorizations, normalizeAuthorizations } from "./authorizations.ts";
import type { ApprovalBundle } from "./bundle.ts";
import { PolicyError } from "./errors.ts";
import { expiry } from "./expiry.ts";
import { ownerCommitment, policyId, secretCommitment } from "./identifiers.ts";
import type { Operation } from "./operations.ts";
import { parseRootSet, printRootSet, type RootSet } from "./rootSet.ts";
import { checkSettings } from "./settings.ts";
import { checkTrusteeSettings } from "./trusteeSettings.ts";

/** 32 changes with passkeys, and as many approvals and acceptances of a kilobyte each, are less than that. */
const MAX_CHARACTERS = 262_144;
const MAX_ITEMS = 32;
const DECIMAL = /^(?:0|[1-9][0-9]{0,77})$/;

/** A value of ours, which is not checked again when it is written; a member that is absent must not look like one. */
function present<Value>() {
  return z.custom<Value>((value) => value !== undefined);
}

/** A value that JSON knows as a text, by its own parser; what the parser refuses is malformed. */
function textual<Value>(parse: (text: string) => Value, print: (value: Value) => string) {
  return z.codec(z.string(), present<Value>(), {
    decode: (text, context) => attempt(() => parse(text), context),
    encode: print,
  });
}

function attempt<Value>(parse: () => Value, context: z.core.ParsePayload): Value {
  try {
    return parse();
  } catch (error) {
    context.issues.push({ code: "custom", input: context.value, message: String(error) });
    return z.NEVER;
  }
}

function integer<Value extends bigint>(parse: (value: bigint) => Value) {
  return textual<Value>(
    (text) => {
      if (!DECIMAL.test(text)) throw new TypeError("not a decimal integer");
      return parse(BigInt(text));
    },
    (value) => value.toString(),
  );
}

function uintOf(bits: number) {
  return integer((value) => {
    if (value >> BigInt(bits) !== 0n) throw new RangeError("too large");
    return value;
  });
}

function list<Item extends z.ZodType>(item: Item) {
  return z.array(item).max(MAX_ITEMS).readonly();
}

const bytes = textual<Hex>(hex, (value) => value);
const word = textual<Hex32>(hex32, (value) => value);
const id = textual<KeyId>(keyId, (value) => value);
const policy = integer(policyId);
const uint32 = z.int().min(0).max(0xffff_ffff);
const authorizations = z.codec(z.array(z.string()), present<Authorizations>(), {
  decode: (names, context) =>
    attempt(() => {
      const normal = normalizeAuthorizations(names as Authorizations);
      if (normal.join() !== names.join()) throw new TypeError("not in order");
      return normal;
    }, context),
  encode: (names) => [...names],
});
const key = z.codec(z.strictObject({ kind: z.int(), material: z.string() }), present<AgentKey>(), {
  decode: ({ kind, material }, context) => attempt(() => agentKey(kind, material), context),
  encode: ({ kind, material }) => ({ kind: KEY_KINDS[kind], material }),
});
const rootSet = textual<RootSet>(parseRootSet, printRootSet);
const grant = z.strictObject({ commitment: integer(secretCommitment), expiry: integer(expiry) });
const agentChange = z.strictObject({ key, authorizations, grant: grant.exactOptional() });
const agentPower = z.strictObject({ key, authorizations });
const rotated = {
  grantQuorum: uint32,
  adminQuorum: uint32,
  contractKeysCount: z.boolean(),
  rootCommitment: word,
};
const settings = z.strictObject({ ...rotated, delay: uint32, window: uint32 });
const someSettings = z.strictObject({
  grantQuorum: uint32.exactOptional(),
  adminQuorum: uint32.exactOptional(),
  contractKeysCount: z.boolean().exactOptional(),
  delay: uint32.exactOptional(),
  window: uint32.exactOptional(),
  rootCommitment: word.exactOptional(),
});
const quorum = z.strictObject({ count: uint32, quorum: uint32 });
const trustees = z.strictObject({
  root: word,
  quorums: z.strictObject({
    ...{ RECOVERY_SHARE: quorum, REVOKE_AUTHZ: quorum, PROVISION_AUTHZ: quorum, ADMIN_AUTHZ: quorum },
  }),
  delay: uint32,
  window: uint32,
  shareSet: word,
});
const statement = { policy, epoch: uint32, deadline: uintOf(64) };
const replay = { ...statement, proposer: id, lane: uintOf(192), nonce: uintOf(64) };

const operation = z.discriminatedUnion("action", [
  z.strictObject({
    action: z.literal("CreatePolicy"),
    policy,
    ownerCommitment: integer(ownerCommitment),
    agents: list(agentChange),
    settings,
    checkpoint: z.boolean(),
    deadline: uintOf(64),
  }),
  z.strictObject({
    action: z.literal("Authorize"),
    ...replay,
    changes: list(agentChange),
    checkpoint: z.boolean(),
  }),
  z.strictObject({
    action: z.literal("Revoke"),
    ...replay,
    revocations: list(z.strictObject({ agent: id, authorizations })),
  }),
  z.strictObject({ action: z.literal("Renounce"), ...replay, authorizations }),
  z.strictObject({ action: z.literal("Renew"), ...replay, grant, checkpoint: z.boolean() }),
  z.strictObject({
    action: z.literal("GovernanceChange"),
    ...replay,
    agents: list(agentPower),
    settings: someSettings,
    abandon: z.strictObject({ successor: word.exactOptional() }).exactOptional(),
  }),
  z.strictObject({ action: z.literal("Veto"), ...statement, change: word, agent: id }),
  z.strictObject({ action: z.literal("Withdraw"), ...statement, change: word, agent: id }),
  z.strictObject({ action: z.literal("Stop"), ...statement, agent: id }),
  z.strictObject({ action: z.literal("LiftStop"), ...statement, stopper: id }),
  z.strictObject({ action: z.literal("VoidApprovals"), ...statement, agent: id }),
  z.strictObject({
    action: z.literal("EmergencyRotate"),
    ...statement,
    agents: list(agentPower),
    settings: z.strictObject(rotated),
    survivors: list(id),
  }),
  z.strictObject({ action: z.literal("TrusteeChange"), ...replay, trustees }),
  z.strictObject({ action: z.literal("PermitAnchor"), ...replay, agent: id, permitted: z.boolean() }),
  z.strictObject({
    action: z.literal("AnchorBackup"),
    ...statement,
    agent: id,
    sequence: uintOf(64),
    backup: word,
  }),
  z.strictObject({
    action: z.literal("CancelRecovery"),
    ...statement,
    recovery: uintOf(64),
    proposal: word,
  }),
]);

const bundle = z.strictObject({
  type: z.literal("dkms-approvals-v1"),
  location: z.strictObject({ chainId: uintOf(256), registry: textual(hex20, (value) => value) }),
  operation,
  acceptances: list(z.strictObject({ deadline: uintOf(64), signature: bytes })),
  approvals: list(z.strictObject({ key, signature: bytes, counter: uint32 })),
  rootSet: rootSet.exactOptional(),
});

/** A bundle as JSON text; integers that JSON numbers do not hold are decimal texts. */
export function serializeBundle(value: ApprovalBundle): string {
  return JSON.stringify(z.encode(bundle, { type: "dkms-approvals-v1", ...value }));
}

/**
 * A bundle from text. Unknown members are refused; whether its approvals are signed by their keys is checked when it is
 * merged or sent.
 *
 * @throws {PolicyError} BUNDLE_MALFORMED, with the path of what is wrong first
 */
export function parseBundle(text: string): ApprovalBundle {
  const { type: _, ...parsed } = read(bundle, text);
  checkRules(parsed.operation);
  return parsed;
}

/** An operation as JSON text, as {@link serializeBundle} writes it. */
export function serializeOperation(value: Operation): string {
  return JSON.stringify(z.encode(operation, value));
}

/**
 * An operation from text.
 *
 * @throws {PolicyError} BUNDLE_MALFORMED, SETTING_OUT_OF_RANGE, TRUSTEE_QUORUM_INVALID, TRUSTEE_SETTINGS_MALFORMED
 */
export function parseOperation(text: string): Operation {
  const parsed: Operation = read(operation, text);
  checkRules(parsed);
  return parsed;
}

/** @throws {PolicyError} SETTING_OUT_OF_RANGE, TRUSTEE_QUORUM_INVALID, TRUSTEE_SETTINGS_MALFORMED */
function checkRules(parsed: Operation): void {
  if ("settings" in parsed) checkSettings(parsed.settings);
  if ("trustees" in parsed) checkTrusteeSettings(parsed.trustees);
}

function read<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> {
  if (text.length > MAX_CHARACTERS) throw malformed("", "it is too long");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw malformed("", "it is no JSON");
  }
  const result = schema.safeDecode(json as z.input<Schema>);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw malformed(issue?.path.join(".") ?? "", issue?.code ?? "");
}

function malformed(path: string, reason: string): PolicyError {
  return new PolicyError("BUNDLE_MALFORMED", "this is no operation with approvals", {
    details: { path, reason },
  });
}
