import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { base64nopad, bech32 } from "@scure/base";
import { Decrypter, Encrypter, type Identity, type Stanza } from "age-encryption";
import { z } from "zod";
import type { ConnectionKeys, Peer } from "./connection.ts";
import { bytesToText, canonicalJson, fromBase64url, signedBytes, toBase64url } from "./encoding.ts";
import { RecoveryError } from "./errors.ts";
import { newMessageId, readMessage, requireFresh, type TrusteeMessage } from "./messages.ts";
import type { ReplayBook } from "./replayBook.ts";
import { isSignature } from "./signature.ts";

/**
 * A message under way: sealed to its recipient as an age file (X25519), and within it signed by its sender with
 * Ed25519. The signature covers sender, recipient, id, times and body, so it cannot be sealed anew to somebody else.
 */

export type SealEnvelopeOptions = {
  readonly message: TrusteeMessage;
  readonly keys: ConnectionKeys;
  readonly to: Peer;
  /** Seconds since 1970. */
  readonly now: number;
};

export type OpenEnvelopeOptions = {
  readonly keys: ConnectionKeys;
  /** Whom this side expects to hear; everybody else is refused. */
  readonly from: readonly Peer[];
  readonly replays: ReplayBook;
  /** Seconds since 1970. */
  readonly now: number;
  /** Envelopes made before are refused: when a lost replay book was begun anew. */
  readonly notBefore?: number;
};

/** A message whose sender is known. */
export type OpenedEnvelope = { readonly message: TrusteeMessage; readonly from: Peer };

const envelopeSchema = z.strictObject({
  version: z.literal("1.0"),
  id: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  from: z.string().length(43),
  to: z.string().length(43),
  created: z.int().min(0),
  expires: z.int().min(0),
  body: z.record(z.string(), z.unknown()),
  signature: z.string().length(86),
});

const DOMAIN = "DKMS-V1-ENVELOPE";
const MAX_BYTES = 131_072;
/** Clocks may differ by so much; and nothing stays valid for longer than what the replay book can remember. */
const MAX_SKEW = 300;
const MAX_LIFETIME = 31 * 24 * 3600;

/** @throws {RecoveryError} ENVELOPE_EXPIRED for a message that has expired or lives too long, ENVELOPE_TOO_LONG */
export async function sealEnvelope({ message, keys, to, now }: SealEnvelopeOptions): Promise<Uint8Array> {
  checkTimes({ created: now, expires: message.expires, now });
  const signed = {
    version: "1.0",
    id: newMessageId(),
    from: toBase64url(keys.signingKey),
    to: toBase64url(to.agreementKey),
    // Clocks of milliseconds have fractions of seconds.
    created: Math.floor(now),
    expires: message.expires,
    body: message,
  };
  const signature = toBase64url(await keys.sign(signedBytes(DOMAIN, signed)));
  const encrypter = new Encrypter();
  encrypter.addRecipient(bech32.encodeFromBytes("age", to.agreementKey));
  const sealed = await encrypter.encrypt(canonicalJson({ ...signed, signature }));
  checkLength(sealed);
  return sealed;
}

/**
 * Opens what was sealed to this side, and makes sure who sent it and that it was not taken before.
 *
 * @throws {RecoveryError} ENVELOPE_TOO_LONG, ENVELOPE_UNREADABLE, ENVELOPE_MALFORMED, ENVELOPE_SENDER_UNKNOWN,
 * ENVELOPE_MISDIRECTED, ENVELOPE_SIGNATURE_INVALID, ENVELOPE_EXPIRED, MESSAGE_REPLAYED, REPLAY_BOOK_FULL,
 * MESSAGE_MALFORMED, MESSAGE_TYPE_UNKNOWN, MESSAGE_EXPIRED
 */
export async function openEnvelope(
  sealed: Uint8Array,
  { keys, from, replays, now, notBefore = 0 }: OpenEnvelopeOptions,
): Promise<OpenedEnvelope> {
  checkLength(sealed);
  const { signature, signed, text } = parseEnvelope(await decrypt(sealed, keys));
  const sender = from.find(({ signingKey }) => toBase64url(signingKey) === signed.from);
  if (sender === undefined) {
    throw new RecoveryError("ENVELOPE_SENDER_UNKNOWN", "from somebody this side does not expect");
  }
  if (signed.to !== toBase64url(keys.agreementKey)) {
    throw new RecoveryError("ENVELOPE_MISDIRECTED", "signed for another recipient");
  }
  const bytes = fromBase64url(signature, 64);
  if (bytes === undefined || !isSignature(bytes, text, sender.signingKey)) {
    throw new RecoveryError("ENVELOPE_SIGNATURE_INVALID", "not signed by whom it names");
  }
  const { id, created, expires } = signed;
  checkTimes({ created, expires, now, notBefore });
  const message = readMessage(signed.body, { id, expires });
  requireFresh(message, now);
  await replays.enter({ sender: signed.from, id, expires, now });
  return { message, from: sender };
}

function checkTimes(times: {
  readonly created: number;
  readonly expires: number;
  readonly now: number;
  readonly notBefore?: number;
}): void {
  const { created, expires, now, notBefore = 0 } = times;
  const sound =
    created <= now + MAX_SKEW && created >= notBefore && now <= expires && expires - created <= MAX_LIFETIME;
  if (!sound) {
    throw new RecoveryError("ENVELOPE_EXPIRED", "too late, too early, or meant to last too long", {
      details: { created, expires, now },
    });
  }
}

function checkLength(sealed: Uint8Array): void {
  if (sealed.length > MAX_BYTES) {
    throw new RecoveryError("ENVELOPE_TOO_LONG", "longer than any message of the protocol", {
      details: { length: sealed.length },
    });
  }
}

/** With the bytes that are signed: JSON that has no canonical text was never signed by anybody. */
function parseEnvelope(plain: Uint8Array) {
  try {
    const { signature, ...signed } = envelopeSchema.parse(JSON.parse(bytesToText(plain)));
    return { signature, signed, text: signedBytes(DOMAIN, signed) };
  } catch {
    throw new RecoveryError("ENVELOPE_MALFORMED", "what was sealed is no message");
  }
}

async function decrypt(sealed: Uint8Array, keys: ConnectionKeys): Promise<Uint8Array> {
  try {
    const decrypter = new Decrypter();
    decrypter.addIdentity(agreementIdentity(keys));
    return await decrypter.decrypt(sealed);
  } catch {
    throw new RecoveryError("ENVELOPE_UNREADABLE", "damaged, or sealed to another key");
  }
}

/** The X25519 identity of age (age-encryption.org/v1, "The X25519 recipient type") on a key that stays behind its port. */
export function agreementIdentity(keys: Pick<ConnectionKeys, "agreementKey" | "agree">): Identity {
  return {
    unwrapFileKey: async (stanzas) => {
      for (const stanza of stanzas) {
        const fileKey = await unwrap(stanza, keys);
        if (fileKey !== undefined) return fileKey;
      }
      return null;
    },
  };
}

const FILE_KEY_BYTES = 16;
const WRAPPED_BYTES = FILE_KEY_BYTES + 16;

async function unwrap(
  { args, body }: Stanza,
  { agreementKey, agree }: Pick<ConnectionKeys, "agreementKey" | "agree">,
): Promise<Uint8Array | undefined> {
  const [kind, text] = args;
  if (kind !== "X25519" || text === undefined || args.length !== 2 || body.length !== WRAPPED_BYTES) {
    return undefined;
  }
  const ephemeral = base64nopad.decode(text);
  if (ephemeral.length !== 32) return undefined;
  // Refuses points of small order, which give an all-zero secret.
  const shared = await agree(ephemeral);
  const salt = concatBytes(ephemeral, agreementKey);
  const key = hkdf(sha256, shared.reveal(), salt, utf8ToBytes("age-encryption.org/v1/X25519"), 32);
  try {
    return chacha20poly1305(key, new Uint8Array(12)).decrypt(body);
  } catch {
    return undefined;
  } finally {
    shared.erase();
    key.fill(0);
  }
}
