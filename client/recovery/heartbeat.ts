import { ristretto255_FROST } from "@noble/curves/ed25519.js";
import type { Hex32 } from "../core/index.ts";
import { tagToText } from "./acknowledgement.ts";
import { fromBase64url, signedBytes, toBase64url } from "./encoding.ts";
import { RecoveryError } from "./errors.ts";
import { type SharePublic, verifyingShare } from "./feldman.ts";
import { type Message, type NewMessageOptions, newMessage, requireFresh } from "./messages.ts";
import type { VerifiedShare } from "./share.ts";
import { requireAnswerTo } from "./steps.ts";

/**
 * Heartbeats: does a trustee still have its keys and its share? Keys sign; of the share the trustee proves, by a Schnorr
 * signature under it, that it knows the value that the commitments fix. Nobody learns anything about the value.
 */

/** Port to one of the trustee's authorization keys. */
export type HeartbeatKey = {
  /** As in the request. */
  readonly key: string;
  readonly sign: (bytes: Uint8Array) => Promise<Uint8Array>;
};

export type AnswerHeartbeatOptions = {
  readonly request: Message<"KEY_HEARTBEAT_REQUEST">;
  /** The keys that the trustee has now, also those that the owner does not know of. */
  readonly keys: readonly HeartbeatKey[];
  /** The share in force, if the trustee holds one. */
  readonly share?: VerifiedShare;
} & NewMessageOptions;

export type CheckHeartbeatOptions = {
  readonly request: Message<"KEY_HEARTBEAT_REQUEST">;
  readonly response: Message<"KEY_HEARTBEAT_RESPONSE">;
  /** True if the signature is that key's; what kinds of keys there are is the caller's to know. */
  readonly verify: (key: string, bytes: Uint8Array, signature: Uint8Array) => boolean | Promise<boolean>;
  /** What the trustee was given, where the request asks for a share. */
  readonly share?: { readonly tag: Hex32; readonly public: SharePublic; readonly index: number };
  /** Seconds since 1970. */
  readonly now: number;
};

/** What a heartbeat shows. */
export type Heartbeat = {
  /** Keys asked for that the trustee has. */
  readonly alive: readonly string[];
  /** Keys asked for that it has not: replace them in the policy. */
  readonly missing: readonly string[];
  /** Keys that it has besides. */
  readonly added: readonly string[];
  readonly holdsShare: boolean;
};

const KEY_DOMAIN = "DKMS-V1-HEARTBEAT-KEY";
const SHARE_DOMAIN = "DKMS-V1-HEARTBEAT-SHARE";

/**
 * The trustee's answer. A share of another set than the one asked for is not mentioned.
 *
 * @throws {RecoveryError} MESSAGE_EXPIRED
 */
export async function answerHeartbeat(
  options: AnswerHeartbeatOptions,
): Promise<Message<"KEY_HEARTBEAT_RESPONSE">> {
  const { request, keys, share, ...message } = options;
  requireFresh(request, message.now);
  const authorizationKeys = await Promise.all(
    keys.map(async ({ key, sign }) => ({
      key,
      signature: toBase64url(await sign(keyStatement(request.id, key))),
    })),
  );
  const holds = share !== undefined && tagToText(share.tag) === request.tag;
  const fields = {
    for_id: request.id,
    authorizationKeys,
    ...(holds ? { share: proofOf(request.id, share) } : {}),
  };
  return newMessage("KEY_HEARTBEAT_RESPONSE", fields, message);
}

/**
 * Checks a heartbeat. What is missing is told; what is wrong is an error.
 *
 * @throws {RecoveryError} ANSWER_UNEXPECTED, MESSAGE_EXPIRED if request or response are stale, HEARTBEAT_KEY_INVALID,
 * HEARTBEAT_SHARE_INVALID
 */
export async function checkHeartbeat(options: CheckHeartbeatOptions): Promise<Heartbeat> {
  const { request, response, verify, share, now } = options;
  requireAnswerTo(request.id, response);
  requireFresh(request, now);
  requireFresh(response, now);
  for (const { key, signature } of response.authorizationKeys) {
    const bytes = fromBase64url(signature);
    if (bytes === undefined || !(await verify(key, keyStatement(request.id, key), bytes))) {
      throw new RecoveryError("HEARTBEAT_KEY_INVALID", "not signed by the key that it names", {
        details: { key },
      });
    }
  }
  const held = new Set(response.authorizationKeys.map(({ key }) => key));
  const asked = new Set(request.authorizationKeys);
  return {
    alive: [...asked].filter((key) => held.has(key)),
    missing: [...asked].filter((key) => !held.has(key)),
    added: [...held].filter((key) => !asked.has(key)),
    holdsShare: share !== undefined && holdsShare(request.id, response, share),
  };
}

function holdsShare(
  id: string,
  { share: given }: Message<"KEY_HEARTBEAT_RESPONSE">,
  share: NonNullable<CheckHeartbeatOptions["share"]>,
): boolean {
  if (given === undefined) return false;
  const proof = fromBase64url(given.proof, 64);
  const statement = shareStatement(id, given.tag, given.index);
  const same = given.tag === tagToText(share.tag) && given.index === share.index;
  if (!same || proof === undefined || !isProof(proof, statement, verifyingShare(share.index, share.public))) {
    throw new RecoveryError("HEARTBEAT_SHARE_INVALID", "the trustee does not know its share", {
      details: { index: share.index },
    });
  }
  return true;
}

function proofOf(id: string, { tag, index, value }: VerifiedShare) {
  const text = tagToText(tag);
  const proof = ristretto255_FROST.sign(shareStatement(id, text, index), value.reveal());
  return { tag: text, index, proof: toBase64url(proof) };
}

function isProof(proof: Uint8Array, statement: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return ristretto255_FROST.verify(proof, statement, publicKey);
  } catch {
    return false;
  }
}

function keyStatement(id: string, key: string): Uint8Array {
  return signedBytes(KEY_DOMAIN, { id, key });
}

function shareStatement(id: string, tag: string, index: number): Uint8Array {
  return signedBytes(SHARE_DOMAIN, { id, tag, index });
}
