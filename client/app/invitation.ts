import { type Registry, readHead, readPolicy } from "../chain/index.ts";
import { type FieldElement, fieldElement, hex } from "../core/index.ts";
import {
  agentKey,
  agentSignerOf,
  generateAgentSecrets,
  KEY_KINDS,
  keyIdOf,
  type PolicySigner,
} from "../keys/index.ts";
import {
  type Acceptance,
  type AgentChange,
  type Authorization,
  type Authorizations,
  accept,
  authorizationBits,
  buildAcceptance,
  DEFAULT_DEADLINE_SECONDS,
  type Expiry,
  expiry,
  NO_EXPIRY,
  normalizeAuthorizations,
  type PolicyId,
  policyId,
  type RegistryLocation,
  secretCommitment,
} from "../policy/index.ts";
import { AppError } from "./errors.ts";
import { fromJson, toJson } from "./json.ts";
import { type AgentRecord, grantOf, readLocation } from "./record.ts";

/** What an owner's agent offers to a new one; holds no secret. */
export type Invitation = {
  readonly location: RegistryLocation;
  readonly policy: PolicyId;
  readonly creator: FieldElement;
  readonly epoch: number;
  readonly authorizations: Authorizations;
  /** Of PROVE. */
  readonly expiry: Expiry;
  /** Last second at which the answer can be used. */
  readonly deadline: bigint;
  /** A block before the grant. */
  readonly since: number;
};

/** What a new agent gives back: its key, its commitment and its consent; holds no secret. */
export type InvitationAnswer = {
  readonly change: AgentChange;
  readonly acceptance: Acceptance;
};

/** An invitation, as it was made, and what came back on it. */
export type Admission = { readonly invitation: Invitation; readonly answer: InvitationAnswer };

export type InviteOptions = {
  readonly registry: Registry;
  /** Of the agent that invites. */
  readonly record: AgentRecord;
  /** All rights that the new agent is to have. */
  readonly authorizations: Authorizations;
  /** When its PROVE ends; never by default. */
  readonly expiry?: Expiry;
  /** How long the answer can be used, in seconds; an hour by default. */
  readonly validFor?: bigint;
};

const INVITATION = "dkms-invitation-v1";
const ANSWER = "dkms-invitation-answer-v1";

/**
 * Invites a new agent into a policy: the owner's agent makes the invitation, the new agent answers with
 * {@link answerInvitation}, the owner's agent grants with `authorizeAgents`, and gives the new agent the policy secrets.
 * Keep the invitation until then: the answer is held against it.
 *
 * @throws {ChainError} AGENT_POLICY_UNKNOWN, and those of the node
 * @throws {PolicyError} AUTHORIZATIONS_UNKNOWN
 */
export async function inviteAgent(options: InviteOptions): Promise<Invitation> {
  const { registry, record, validFor = DEFAULT_DEADLINE_SECONDS } = options;
  const head = await readHead(registry);
  const { epoch } = await readPolicy(registry, record.policy, head.number);
  return {
    location: record.location,
    policy: record.policy,
    creator: record.creator,
    epoch,
    authorizations: normalizeAuthorizations(options.authorizations),
    expiry: options.expiry ?? NO_EXPIRY,
    deadline: head.time + validFor,
    since: head.number,
  };
}

/**
 * Takes an invitation up on the new agent, with fresh secrets. **Save the record before the answer leaves the device**:
 * what is granted on the answer can only be proved with the record's secrets.
 *
 * @param signer The new agent's policy key.
 * @param now Time of the chain's head block, in seconds.
 * @returns The record, still without policy secrets if PROVE is among the rights, and the answer to give back.
 * @throws {PolicyError} DEADLINE_PASSED, EXPIRY_PASSED
 */
export async function answerInvitation(
  signer: PolicySigner,
  invitation: Invitation,
  now: bigint,
): Promise<{ readonly record: AgentRecord; readonly answer: InvitationAnswer }> {
  const { location, policy, creator, epoch, authorizations, deadline, since } = invitation;
  const { key } = await agentSignerOf(signer);
  const secrets = generateAgentSecrets();
  const record: AgentRecord = {
    ...{ location, policy, creator, key, secrets, since },
    expiry: invitation.expiry,
    policySecrets: undefined,
  };
  const grant = authorizations.includes("PROVE") ? { grant: grantOf(record) } : {};
  const change: AgentChange = { key, authorizations, ...grant };
  const offer = buildAcceptance({ policy, epoch, change, now, deadline });
  return { record, answer: { change, acceptance: await accept(signer, location, offer) } };
}

/**
 * Refuses an answer to anything but the invitation: who is invited chooses key and commitment, and nothing else.
 *
 * @throws {AppError} ANSWER_MISMATCH
 */
export function checkAnswer({ invitation, answer }: Admission): void {
  const { authorizations, grant } = answer.change;
  const proves = invitation.authorizations.includes("PROVE");
  const same = {
    authorizations: authorizationBits(authorizations) === authorizationBits(invitation.authorizations),
    expiry: grant?.expiry === (proves ? invitation.expiry : undefined),
    deadline: answer.acceptance.deadline === invitation.deadline,
  };
  for (const [field, equal] of Object.entries(same)) {
    if (equal) continue;
    throw new AppError("ANSWER_MISMATCH", "the answer is not to the invitation", {
      details: { agent: keyIdOf(answer.change.key), field },
    });
  }
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
    epoch: fields.number("epoch"),
    authorizations: parseAuthorizations(fields.texts("authorizations")),
    expiry: expiry(fields.bigint("expiry")),
    deadline: fields.bigint("deadline"),
    since: fields.number("since"),
  }));
}

/** An answer as text. */
export function serializeAnswer({ change, acceptance }: InvitationAnswer): string {
  const { key, authorizations, grant } = change;
  return toJson(ANSWER, {
    ...{ kind: KEY_KINDS[key.kind], key: key.material, authorizations, ...acceptance },
    ...(grant === undefined ? {} : { grant }),
  });
}

/** An answer from text; whether its agent signed it is checked when it is used. @throws {AppError} MESSAGE_MALFORMED */
export function parseAnswer(text: string): InvitationAnswer {
  return fromJson(text, ANSWER, "MESSAGE_MALFORMED", (fields) => {
    const change = {
      key: agentKey(fields.number("kind"), fields.text("key")),
      authorizations: parseAuthorizations(fields.texts("authorizations")),
    };
    const acceptance = { deadline: fields.bigint("deadline"), signature: hex(fields.text("signature")) };
    if (!fields.has("grant")) return { change, acceptance };
    const grant = fields.object("grant");
    return {
      change: {
        ...change,
        grant: {
          commitment: secretCommitment(grant.bigint("commitment")),
          expiry: expiry(grant.bigint("expiry")),
        },
      },
      acceptance,
    };
  });
}

function parseAuthorizations(names: readonly string[]): Authorizations {
  return normalizeAuthorizations(names as readonly Authorization[]);
}
