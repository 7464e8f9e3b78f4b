import { z } from "zod";
import { isWellFormed } from "../core/index.ts";
import { type RandomSource, systemRandom } from "../keys/index.ts";
import { canonicalJson, toBase64url } from "./encoding.ts";
import { RecoveryError } from "./errors.ts";
import { shareSchema } from "./share.ts";
import { type MessageDefaults, withoutVariants } from "./variants.ts";

/** What an owner may ask of a trustee (V4). */
export const CAPABILITIES = ["RECOVERY_SHARE", "REVOKE_AUTHZ", "PROVISION_AUTHZ", "ADMIN_AUTHZ"] as const;

export type Capability = (typeof CAPABILITIES)[number];

const BASE64URL = /^[A-Za-z0-9_-]*$/;
const identifier = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const tag = z.string().length(43);
const epoch = z
  .int()
  .min(1)
  .max(2 ** 32 - 1);
const index = z.int().min(1).max(255);
const line = z.string().min(1).max(1024).refine(isWellFormed);
const keys = z.array(line).max(16);
/** What owner and trustee say about the policy on chain: texts of `dkms/app`, which this module does not read. */
const policyText = z.string().min(1).max(65_536);
const capabilities = z.array(z.enum(CAPABILITIES)).max(CAPABILITIES.length);
const ed25519Signature = z.string().length(86);
const setReference = { tag, epoch };

/** `id` names the message, `for_id` the one it answers; `expires` is in seconds since 1970. */
const common = { version: z.literal("1.0"), id: identifier, expires: z.int().min(0) };
const answering = { ...common, for_id: identifier };

/** Every message of the trustee protocol: those of the source (V4), and those that change trustees in two phases (V5). */
export const messageSchema = z
  .discriminatedUnion("type", [
    z.object({
      type: z.literal("CAPABILITY_OFFER"),
      ...common,
      capabilities: capabilities.min(1),
      /** What the trustee is to sign to have them in the owner's policy. */
      policy_offer: policyText.optional(),
    }),
    z.object({
      type: z.literal("CAPABILITY_REQUEST"),
      ...answering,
      capabilities,
      /** The keys that the trustee will use in the owner's policy. */
      authorizationKeys: keys,
      /** The trustee's signature of it. */
      policy_consent: policyText.optional(),
    }),
    z.object({
      type: z.literal("CAPABILITY_RESPONSE"),
      ...answering,
      /** The owner's policy address, for trustees that have a key in it. */
      address: line.optional(),
      share: shareSchema.optional(),
    }),
    z.object({
      type: z.literal("TRUST_PING"),
      ...common,
      challenge: z.object({ question: line, valid_responses: z.array(line).min(1).max(16) }),
    }),
    z.object({ type: z.literal("TRUST_PONG"), ...answering, answer: z.object({ answerValue: line }) }),
    z.object({
      type: z.literal("KEY_HEARTBEAT_REQUEST"),
      ...common,
      authorizationKeys: keys,
      /** Asks for a proof that the trustee still has its share of this set. */
      tag: tag.optional(),
    }),
    z.object({
      type: z.literal("KEY_HEARTBEAT_RESPONSE"),
      ...answering,
      authorizationKeys: z
        .array(z.object({ key: line, signature: z.string().min(1).max(2048).regex(BASE64URL) }))
        .max(16),
      share: z.object({ tag, index, proof: ed25519Signature }).optional(),
    }),
    z.object({
      type: z.literal("RECOVERY_SHARE_CHALLENGE"),
      ...common,
      challenge: z.object({ question: line }),
    }),
    z.object({
      type: z.literal("RECOVERY_SHARE_RESPONSE"),
      ...answering,
      response: z.object({ answer: line }),
    }),
    z.object({ type: z.literal("SHARE_PREPARE"), ...common, share: shareSchema }),
    z.object({
      type: z.literal("SHARE_PREPARED"),
      ...answering,
      ...setReference,
      index,
      signature: ed25519Signature,
    }),
    /** The trustee's part of the set that the owner's policy knows the hash of, and the proof that the set is what it says. */
    z.object({ type: z.literal("TRUSTEE_APPOINTMENT"), ...common, appointment: policyText }),
    z.object({ type: z.literal("SHARE_COMMIT"), ...common, ...setReference }),
    z.object({ type: z.literal("SHARE_ABORT"), ...common, ...setReference }),
    z.object({ type: z.literal("SHARE_RETIRE"), ...common, ...setReference }),
  ])
  .meta({ id: "TrusteeMessage", title: "dkms trustee protocol 1.0" });

export type TrusteeMessage = z.infer<typeof messageSchema>;
export type MessageType = TrusteeMessage["type"];
export type Message<Type extends MessageType> = Extract<TrusteeMessage, { type: Type }>;

/** What its maker says in a message. */
export type MessageFields<Type extends MessageType> = Omit<
  Message<Type>,
  "type" | "version" | "id" | "expires"
>;

export type NewMessageOptions = {
  /** Seconds since 1970. */
  readonly now: number;
  /** Seconds; three days by default. */
  readonly lifetime?: number;
  readonly random?: RandomSource;
};

const LIFETIME = 3 * 24 * 3600;
const ID_BYTES = 16;
/** Twice a share with the largest payload. */
const MAX_CHARACTERS = 100_000;

/** A fresh identifier of 128 random bits. */
export function newMessageId(random: RandomSource = systemRandom): string {
  const bytes = new Uint8Array(ID_BYTES);
  random(bytes);
  return toBase64url(bytes);
}

/**
 * A message with a fresh id and an expiry.
 *
 * @throws {RecoveryError} MESSAGE_MALFORMED
 * @example newMessage("CAPABILITY_OFFER", { capabilities: ["RECOVERY_SHARE"] }, { now });
 */
export function newMessage<Type extends MessageType>(
  type: Type,
  fields: MessageFields<Type>,
  { now, lifetime = LIFETIME, random }: NewMessageOptions,
): Message<Type> {
  const common = { version: "1.0", type, id: newMessageId(random), expires: Math.floor(now + lifetime) };
  return checked({ ...fields, ...common }) as Message<Type>;
}

/**
 * The one text of a message, with the fields of its type only.
 *
 * @throws {RecoveryError} MESSAGE_MALFORMED
 */
export function writeMessage(message: TrusteeMessage): string {
  return canonicalJson(checked(message));
}

/**
 * A message from JSON. The spellings of the source's own examples are read too, and fields that this version does not
 * know are dropped.
 *
 * @throws {RecoveryError} MESSAGE_MALFORMED, MESSAGE_TYPE_UNKNOWN
 */
export function readMessage(json: unknown, defaults: MessageDefaults = {}): TrusteeMessage {
  return checked(withoutVariants(json, defaults));
}

/** As {@link readMessage}, from text. @throws {RecoveryError} MESSAGE_MALFORMED, MESSAGE_TYPE_UNKNOWN */
export function parseMessage(text: string, defaults: MessageDefaults = {}): TrusteeMessage {
  if (text.length > MAX_CHARACTERS) throw malformed("", undefined);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw malformed("", undefined);
  }
  return readMessage(json, defaults);
}

/** @throws {RecoveryError} MESSAGE_EXPIRED unless `now`, in seconds since 1970, is known and not past the expiry. */
export function requireFresh({ type, expires }: TrusteeMessage, now: number): void {
  if (!(now <= expires)) {
    throw new RecoveryError("MESSAGE_EXPIRED", "the message has expired", {
      details: { type, expires, now },
    });
  }
}

function checked(json: unknown): TrusteeMessage {
  const parsed = messageSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const type = typeOf(json);
  if (issue?.code === "invalid_union") {
    throw new RecoveryError("MESSAGE_TYPE_UNKNOWN", "no message of the trustee protocol", {
      details: { type },
    });
  }
  throw malformed(issue?.path.join(".") ?? "", type);
}

function typeOf(json: unknown): string | undefined {
  const type = typeof json === "object" && json !== null && "type" in json ? json.type : undefined;
  return typeof type === "string" ? type.slice(0, 64) : undefined;
}

function malformed(field: string, type: string | undefined): RecoveryError {
  return new RecoveryError("MESSAGE_MALFORMED", "not as the trustee protocol has it", {
    details: { type, field },
  });
}
