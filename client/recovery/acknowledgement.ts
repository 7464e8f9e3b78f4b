import { bytesToHex, type Hex32, hex32, hexToBytes } from "../core/index.ts";
import type { ConnectionKeys } from "./connection.ts";
import { fromBase64url, signedBytes, toBase64url } from "./encoding.ts";
import { RecoveryError } from "./errors.ts";
import { type Message, type NewMessageOptions, newMessage } from "./messages.ts";
import { isSignature } from "./signature.ts";

/** What a trustee acknowledges: that it checked and stored this share. */
export type Acknowledged = { readonly tag: Hex32; readonly epoch: number; readonly index: number };

const DOMAIN = "DKMS-V1-SHARE-PREPARED";

/** SHARE_PREPARED, signed so that it can be shown without the envelope it came in. */
export async function acknowledge(
  acknowledged: Acknowledged & { readonly messageId: string },
  keys: Pick<ConnectionKeys, "sign">,
  options: NewMessageOptions,
): Promise<Message<"SHARE_PREPARED">> {
  const fields = fieldsOf(acknowledged);
  const signature = toBase64url(await keys.sign(signedBytes(DOMAIN, fields)));
  return newMessage("SHARE_PREPARED", { ...fields, for_id: acknowledged.messageId, signature }, options);
}

/** True if the trustee with this signing key acknowledged exactly this. */
export function isAcknowledgement(
  message: Message<"SHARE_PREPARED">,
  acknowledged: Acknowledged,
  signingKey: Uint8Array,
): boolean {
  const fields = fieldsOf(acknowledged);
  const same = message.tag === fields.tag && message.epoch === fields.epoch && message.index === fields.index;
  const signature = fromBase64url(message.signature, 64);
  return same && signature !== undefined && isSignature(signature, signedBytes(DOMAIN, fields), signingKey);
}

/** The tag as messages have it. */
export function tagToText(tag: Hex32): string {
  return toBase64url(hexToBytes(tag));
}

/** @throws {RecoveryError} MESSAGE_MALFORMED */
export function tagFromText(text: string): Hex32 {
  const bytes = fromBase64url(text, 32);
  if (bytes === undefined) {
    throw new RecoveryError("MESSAGE_MALFORMED", "not as the trustee protocol has it", {
      details: { field: "tag" },
    });
  }
  return hex32(bytesToHex(bytes));
}

function fieldsOf({ tag, epoch, index }: Acknowledged) {
  return { tag: tagToText(tag), epoch, index };
}
