import { Decrypter, Encrypter } from "age-encryption";
import { isWellFormed } from "../core/index.ts";
import { Secret } from "../keys/index.ts";
import type { WorkOptions } from "../wallet/index.ts";
import { BackupError } from "./errors.ts";
import { passphraseIdentity, passphraseRecipient } from "./passphrase.ts";
import { report } from "./work.ts";

/** For whom a file is encrypted: X25519 recipients (`age1…`), or a passphrase. age does not allow both. */
export type AgeRecipients =
  | { readonly recipients: readonly string[] }
  | { readonly passphrase: Secret<string> };

/** What opens a file: an X25519 identity (`AGE-SECRET-KEY-1…`), or a passphrase. */
export type AgeIdentity = { readonly identity: Secret<string> } | { readonly passphrase: Secret<string> };

const VERSION_LINE = "age-encryption.org/v1\n";
const RECIPIENT = /^age1[02-9ac-hj-np-z]{58}$/;
const PUBLIC = /^age1[0-9a-z]{1,2000}$/;
const IDENTITY = /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/;
const MAX_RECIPIENTS = 64;
/** Many times what the header of a file for that many needs. */
const MAX_HEADER_BYTES = 65_536;
/** About ten diceware words' worth would be better; below this many characters no passphrase withstands guessing. */
const MIN_PASSPHRASE = 12;
/** Blank, or not to be seen at all: whoever guesses tries as few as these are worth. */
const UNSEEN = /[\s\p{Control}\p{Format}]/gu;
/** What is encrypted without giving way to others. */
const PIECE_BYTES = 512 * 1024;

/**
 * Encrypts bytes as an age file, which the `age` tool decrypts.
 *
 * @throws {BackupError} BACKUP_RECIPIENTS, BACKUP_RECIPIENT_MALFORMED, BACKUP_PASSPHRASE_WEAK, BACKUP_ABORTED
 */
export async function encryptAge(
  bytes: Secret<Uint8Array>,
  to: AgeRecipients,
  work: WorkOptions = {},
): Promise<Uint8Array> {
  report(work, 0);
  const encrypter = new Encrypter();
  if ("passphrase" in to) encrypter.addRecipient(passphraseRecipient(checkPassphrase(to.passphrase), work));
  else addRecipients(encrypter, to.recipients);
  try {
    // Derivation has its own progress; a passphrase's file is then encrypted without.
    const watched = "passphrase" in to ? { ...(work.signal && { signal: work.signal }) } : work;
    return await collect(await encrypter.encrypt(piecesOf(bytes.reveal(), watched)));
  } catch (error) {
    if (error instanceof BackupError) throw error;
    // Nothing else is left to be wrong: a point of low order.
    throw new BackupError("BACKUP_RECIPIENT_MALFORMED", "a recipient has no usable key");
  }
}

/**
 * Decrypts an age file, of which nothing is given out before all of it has been authenticated.
 *
 * @throws {BackupError} BACKUP_MALFORMED if it is no age file; BACKUP_KEY_WRONG; BACKUP_DAMAGED if it was altered or cut;
 * BACKUP_RECIPIENT_MALFORMED if the identity is none; BACKUP_WORK_EXCESSIVE, BACKUP_ABORTED
 */
export async function decryptAge(
  file: Uint8Array,
  identity: AgeIdentity,
  work: WorkOptions = {},
): Promise<Secret<Uint8Array>> {
  report(work, 0);
  if (!new TextDecoder("latin1").decode(file.subarray(0, VERSION_LINE.length)).startsWith(VERSION_LINE)) {
    throw new BackupError("BACKUP_MALFORMED", "this is not an age file");
  }
  // age forbids it: whoever opened it with a key could not be sure that nobody has a passphrase.
  if (recipientKinds(file).includes("scrypt") && recipientKinds(file).length > 1) {
    throw new BackupError("BACKUP_DAMAGED", "the header of the file was altered");
  }
  const decrypter = new Decrypter();
  addIdentity(decrypter, identity, work);
  try {
    return new Secret(await collect(await decrypter.decrypt(piecesOf(file, work))));
  } catch (error) {
    if (error instanceof BackupError) throw error;
    if (error instanceof Error && error.message.startsWith("no identity matched")) {
      throw new BackupError("BACKUP_KEY_WRONG", "the file is not encrypted for this key or passphrase");
    }
    throw new BackupError("BACKUP_DAMAGED", "the file was altered or cut");
  }
}

/** The kinds of the recipients of an age file, in order, as its header says. */
export function recipientKinds(file: Uint8Array): readonly string[] {
  const text = new TextDecoder("latin1").decode(file.subarray(0, MAX_HEADER_BYTES));
  const header = text.slice(0, text.indexOf("\n--- "));
  return [...header.matchAll(/^-> (\S*)/gm)].map(([, kind = ""]) => kind);
}

function addRecipients(encrypter: Encrypter, recipients: readonly string[]): void {
  const count = recipients.length;
  if (count === 0 || count > MAX_RECIPIENTS || new Set(recipients).size !== count) {
    throw new BackupError("BACKUP_RECIPIENTS", `a file has 1 to ${MAX_RECIPIENTS} different recipients`, {
      details: { count },
    });
  }
  for (const recipient of recipients) {
    try {
      if (!RECIPIENT.test(recipient)) throw new RangeError("not an X25519 recipient");
      encrypter.addRecipient(recipient);
    } catch {
      // Anything else than a recipient may be a secret in the wrong place, an identity say.
      const details = PUBLIC.test(recipient) ? { recipient } : {};
      throw new BackupError("BACKUP_RECIPIENT_MALFORMED", "not an X25519 recipient of age", { details });
    }
  }
}

function addIdentity(decrypter: Decrypter, identity: AgeIdentity, work: WorkOptions): void {
  if ("passphrase" in identity) {
    // The rest takes no time beside the derivation.
    decrypter.addIdentity(
      passphraseIdentity(identity.passphrase, { ...(work.signal && { signal: work.signal }) }),
    );
    return;
  }
  try {
    const text = identity.identity.reveal();
    if (!IDENTITY.test(text)) throw new RangeError("not an X25519 identity");
    decrypter.addIdentity(text);
  } catch {
    throw new BackupError("BACKUP_RECIPIENT_MALFORMED", "not an X25519 identity of age");
  }
}

function checkPassphrase(passphrase: Secret<string>): Secret<string> {
  const text = passphrase.reveal();
  if ([...text.replace(UNSEEN, "")].length >= MIN_PASSPHRASE && isWellFormed(text)) return passphrase;
  throw new BackupError(
    "BACKUP_PASSPHRASE_WEAK",
    `a passphrase has at least ${MIN_PASSPHRASE} whole characters that can be seen`,
  );
}

/** The bytes piece by piece, with a pause for others after each. */
function piecesOf(bytes: Uint8Array, work: WorkOptions): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull: async (controller) => {
      report(work, bytes.length === 0 ? 1 : Math.min(at / bytes.length, 1));
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at + PIECE_BYTES));
      at += PIECE_BYTES;
      await new Promise((resolve) => setTimeout(resolve, 0));
    },
  });
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
}
