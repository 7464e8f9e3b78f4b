import { policyExists, type Registry, readAgent, readHead, readPolicy } from "../../chain/index.ts";
import { type FieldElement, fieldElement, hex } from "../../core/index.ts";
import {
  type AgentKey,
  type AgentSecrets,
  agentKey,
  agentSignerOf,
  generateAgentSecrets,
  KEY_KINDS,
  type KeyId,
  keyIdOf,
  type PolicySigner,
} from "../../keys/index.ts";
import {
  type Acceptance,
  type AgentChange,
  type Authorization,
  type Authorizations,
  accept,
  authorizationBits,
  buildAcceptance,
  checkAcceptance,
  DEFAULT_DEADLINE_SECONDS,
  type Expiry,
  expiry,
  FIRST_EPOCH,
  NO_EXPIRY,
  normalizeAuthorizations,
  PolicyError,
  type PolicyId,
  policyId,
  type RegistryLocation,
  secretCommitment,
} from "../../policy/index.ts";
import { AppError } from "../errors.ts";
import { type Fields, fromJson, toJson } from "../json.ts";
import { type AgentRecord, grantOf, readLocation } from "./record.ts";

/**
 * When what is offered takes effect: all of it as the policy is created; PROVE at once and power after a governance change;
 * or power by an emergency rotation.
 */
export type Occasion = "CREATION" | "CHANGE" | "ROTATION";

/** What an owner's agent offers to a new one; holds no secret. */
export type Invitation = {
  readonly location: RegistryLocation;
  readonly policy: PolicyId;
  readonly creator: FieldElement;
  readonly occasion: Occasion;
  /** In which it takes effect. */
  readonly epoch: number;
  readonly authorizations: Authorizations;
  /** Power that the agent has already, and keeps. */
  readonly holds: Authorizations;
  /** Of PROVE. */
  readonly expiry: Expiry;
  /** Last second at which the answer can be used. */
  readonly deadline: bigint;
  /** A block before the grant. */
  readonly since: number;
};

/** A change, and its agent's signature that it accepts it. */
export type Consent = { readonly change: AgentChange; readonly acceptance: Acceptance };

/** What a new agent gives back: its key, its commitment and its consent; holds no secret. */
export type InvitationAnswer = {
  readonly key: AgentKey;
  /** To what takes effect at once: PROVE, or everything as the policy is created. */
  readonly joining?: Consent;
  /** To power that takes a governance change or a rotation. */
  readonly power?: Consent;
};

/** An invitation, as it was made, and what came back on it. */
export type Admission = { readonly invitation: Invitation; readonly answer: InvitationAnswer };

export type InviteOptions = {
  readonly registry: Registry;
  /** Of the agent that invites. */
  readonly record: Pick<AgentRecord, "location" | "policy" | "creator">;
  /** The rights that the agent is to gain. */
  readonly authorizations: Authorizations;
  /** An agent of the policy, which keeps the power it has; a new one by default. */
  readonly agent?: KeyId;
  /** By default CREATION for a policy that does not exist yet, else CHANGE. */
  readonly occasion?: Occasion;
  /** When its PROVE ends; never by default. */
  readonly expiry?: Expiry;
  /** How long the answer can be used, in seconds; an hour by default. */
  readonly validFor?: bigint;
};

const INVITATION = "dkms-invitation-v2";
const ANSWER = "dkms-invitation-answer-v2";
const OCCASIONS: readonly Occasion[] = ["CREATION", "CHANGE", "ROTATION"];

/**
 * Invites an agent into a policy: the owner's agent makes the invitation, the new agent answers with
 * {@link answerInvitation}, the owner's agent grants PROVE with `authorizeAgents` and proposes power with `proposeChange`,
 * and gives an agent that proves the policy secrets. Keep the invitation until then: the answer is held against it.
 *
 * @throws {PolicyError} AUTHORIZATIONS_UNKNOWN; POWER_WITH_PROVE, as a rotation grants no PROVE
 * @throws {ChainError} AGENT_POLICY_AGENT_UNKNOWN, and those of the node
 */
export async function inviteAgent(options: InviteOptions): Promise<Invitation> {
  const { registry, record, agent, validFor = DEFAULT_DEADLINE_SECONDS } = options;
  const authorizations = normalizeAuthorizations(options.authorizations);
  const head = await readHead(registry);
  const exists = await policyExists(registry, record.policy, head.number);
  const { occasion = exists ? "CHANGE" : "CREATION" } = options;
  if (occasion === "ROTATION" && authorizations.includes("PROVE")) {
    throw new PolicyError("POWER_WITH_PROVE", "PROVE is granted after a rotation, not by it");
  }
  const epoch = exists ? (await readPolicy(registry, record.policy, head.number)).epoch : FIRST_EPOCH;
  return {
    location: record.location,
    policy: record.policy,
    creator: record.creator,
    occasion,
    epoch: occasion === "ROTATION" ? epoch + 1 : epoch,
    authorizations,
    holds:
      agent === undefined ? [] : powerOf((await readAgent(registry, record.policy, agent)).authorizations),
    expiry: options.expiry ?? NO_EXPIRY,
    deadline: head.time + validFor,
    since: head.number,
  };
}

/**
 * Takes an invitation up on the new agent, with fresh secrets. **Save the record before the answer leaves the device**:
 * what is granted on the answer can only be proved with the record's secrets.
 *
 * @param signer The new agent's policy key, of any kind.
 * @param now Time of the chain's head block, in seconds.
 * @param secrets Fresh by default; those of an answer that may have got through, so that it makes no difference which one did.
 * @returns The record, still without policy secrets if PROVE is among the rights, and the answer to give back.
 * @throws {PolicyError} DEADLINE_PASSED, EXPIRY_PASSED
 */
export async function answerInvitation(
  signer: PolicySigner,
  invitation: Invitation,
  now: bigint,
  secrets: AgentSecrets = generateAgentSecrets(),
): Promise<{ readonly record: AgentRecord; readonly answer: InvitationAnswer }> {
  const { location, policy, creator, epoch, deadline, since, expiry } = invitation;
  const { key } = await agentSignerOf(signer);
  const record: AgentRecord = {
    ...{ location, policy, creator, key, secrets, since, expiry },
    policySecrets: undefined,
  };
  const consent = async (change: AgentChange): Promise<Consent> => {
    const offer = buildAcceptance({ policy, epoch, change, now, deadline });
    return { change, acceptance: await accept(signer, location, offer) };
  };
  const { joining, power } = offersOf(invitation);
  const grant = joining?.includes("PROVE") === true ? { grant: grantOf(record) } : {};
  const answer: InvitationAnswer = {
    key,
    ...(joining === undefined ? {} : { joining: await consent({ key, authorizations: joining, ...grant }) }),
    ...(power === undefined ? {} : { power: await consent({ key, authorizations: power }) }),
  };
  return { record, answer };
}

/** The rights that an agent is asked to consent to at once, and later. */
function offersOf({ occasion, authorizations, holds }: Invitation): {
  readonly joining?: Authorizations;
  readonly power?: Authorizations;
} {
  if (occasion === "CREATION") return { joining: authorizations };
  const gained = powerOf(authorizations);
  const power = gained.length === 0 ? {} : { power: normalizeAuthorizations([...holds, ...gained]) };
  if (occasion === "ROTATION" || !authorizations.includes("PROVE")) return power;
  return { joining: normalizeAuthorizations(["PROVE", ...holds]), ...power };
}

/**
 * Refuses an answer to anything but the invitation: who is invited chooses key and commitment, and nothing else.
 *
 * @throws {AppError} ANSWER_MISMATCH
 */
export function checkAnswer({ invitation, answer }: Admission): void {
  const { joining, power } = offersOf(invitation);
  checkConsent(invitation, answer, "joining", joining);
  checkConsent(invitation, answer, "power", power);
}

function checkConsent(
  invitation: Invitation,
  answer: InvitationAnswer,
  part: "joining" | "power",
  offered: Authorizations | undefined,
): void {
  const consent = answer[part];
  const refuse = (field: string) =>
    new AppError("ANSWER_MISMATCH", "the answer is not to the invitation", {
      details: { agent: keyIdOf(answer.key), field },
    });
  if ((consent === undefined) !== (offered === undefined)) throw refuse(part);
  if (consent === undefined || offered === undefined) return;
  const { change, acceptance } = consent;
  const proves = part === "joining" && offered.includes("PROVE");
  const same = {
    key: keyIdOf(change.key) === keyIdOf(answer.key) && change.key.kind === answer.key.kind,
    authorizations: authorizationBits(change.authorizations) === authorizationBits(offered),
    expiry: change.grant?.expiry === (proves ? invitation.expiry : undefined),
    deadline: acceptance.deadline === invitation.deadline,
  };
  for (const [field, equal] of Object.entries(same)) if (!equal) throw refuse(field);
}

/**
 * The consents of answers that are good for an occasion, each checked and signed by its agent.
 *
 * @throws {AppError} ANSWER_MISMATCH, INVITATION_UNFIT if an invitation is for another occasion or offers nothing of the kind
 * @throws {PolicyError} ACCEPTANCE_MISMATCH, SIGNATURE_MALFORMED
 */
export function consentsOf(
  admissions: readonly Admission[],
  part: "joining" | "power",
  occasion: Occasion,
): readonly Consent[] {
  return admissions.map((admission) => {
    const { invitation, answer } = admission;
    checkAnswer(admission);
    const consent = answer[part];
    if (invitation.occasion !== occasion || consent === undefined) {
      throw new AppError("INVITATION_UNFIT", "the agent was invited to something else", {
        details: { agent: keyIdOf(answer.key), occasion: invitation.occasion, wanted: occasion, part },
      });
    }
    const { location, policy, epoch } = invitation;
    checkAcceptance(location, { policy, epoch, ...consent });
    return consent;
  });
}

function powerOf(authorizations: Authorizations): Authorizations {
  return authorizations.filter((name) => name !== "PROVE");
}

/** An invitation as text, for a QR code or a message. */
export function serializeInvitation({ location, ...invitation }: Invitation): string {
  return toJson(INVITATION, { ...location, ...invitation });
}

/** An invitation from text. @throws {AppError} MESSAGE_MALFORMED */
export function parseInvitation(text: string): Invitation {
  return fromJson(text, INVITATION, "MESSAGE_MALFORMED", (fields) => ({
    location: readLocation(fields),
    policy: policyId(fields.bigint("policy")),
    creator: fieldElement(fields.bigint("creator")),
    occasion: parseOccasion(fields.text("occasion")),
    epoch: fields.number("epoch"),
    holds: parseAuthorizations(fields.texts("holds")),
    authorizations: parseAuthorizations(fields.texts("authorizations")),
    expiry: expiry(fields.bigint("expiry")),
    deadline: fields.bigint("deadline"),
    since: fields.number("since"),
  }));
}

/** An answer as text. */
export function serializeAnswer({ key, joining, power }: InvitationAnswer): string {
  return toJson(ANSWER, {
    ...{ kind: KEY_KINDS[key.kind], key: key.material },
    ...(joining === undefined ? {} : { joining: consentJson(joining) }),
    ...(power === undefined ? {} : { power: consentJson(power) }),
  });
}

/** An answer from text; whether its agent signed it is checked when it is used. @throws {AppError} MESSAGE_MALFORMED */
export function parseAnswer(text: string): InvitationAnswer {
  return fromJson(text, ANSWER, "MESSAGE_MALFORMED", (fields) => {
    const key = agentKey(fields.number("kind"), fields.text("key"));
    const part = (name: "joining" | "power") =>
      fields.has(name) ? { [name]: parseConsent(key, fields.object(name)) } : {};
    return { key, ...part("joining"), ...part("power") };
  });
}

function consentJson({ change, acceptance }: Consent): Readonly<Record<string, unknown>> {
  const { authorizations, grant } = change;
  return { authorizations, ...acceptance, ...(grant === undefined ? {} : { grant }) };
}

function parseConsent(key: AgentKey, fields: Fields): Consent {
  const authorizations = parseAuthorizations(fields.texts("authorizations"));
  const acceptance = { deadline: fields.bigint("deadline"), signature: hex(fields.text("signature")) };
  if (!fields.has("grant")) return { change: { key, authorizations }, acceptance };
  const grant = fields.object("grant");
  const commitment = secretCommitment(grant.bigint("commitment"));
  const change = { key, authorizations, grant: { commitment, expiry: expiry(grant.bigint("expiry")) } };
  return { change, acceptance };
}

function parseOccasion(text: string): Occasion {
  const occasion = OCCASIONS.find((one) => one === text);
  if (occasion === undefined) throw new TypeError("not an occasion");
  return occasion;
}

function parseAuthorizations(names: readonly string[]): Authorizations {
  return normalizeAuthorizations(names as readonly Authorization[]);
}
