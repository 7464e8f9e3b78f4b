import { sha256 } from "@noble/hashes/sha2.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { bytesToHex, type Hex32, hex32 } from "../core/index.ts";
import { Secret } from "../keys/index.ts";
import type { WorkOptions } from "../wallet/index.ts";
import { type AgeIdentity, decryptAge, encryptAge, recipientKinds } from "./ageFile.ts";
import type { AnchoredBackup, BackupAnchor } from "./anchor.ts";
import { BackupError } from "./errors.ts";
import { type BackupHeader, type BackupRecipient, decodeBackup, encodeBackup } from "./header.ts";

export type MakeBackupOptions = WorkOptions & {
  /** What to keep: `exportPortable(wallet)`. */
  readonly content: Secret<Uint8Array>;
  /** For whom: social, paper, each device; or a passphrase and nobody else. */
  readonly to: { readonly recipients: readonly BackupRecipient[] } | { readonly passphrase: Secret<string> };
  /** The backup before this one; undefined for the first. */
  readonly previous: { readonly sequence: number; readonly hash: Hex32 } | undefined;
} & Pick<BackupHeader, "policy" | "epoch" | "time" | "device">;

/** A backup as it is stored, and what is anchored of it. */
export type Backup = { readonly file: Uint8Array; readonly header: BackupHeader; readonly hash: Hex32 };

export type RestoreBackupOptions = WorkOptions & {
  readonly file: Uint8Array;
  readonly identity: AgeIdentity;
  /** The owner's policy, not taken from whoever kept the file. */
  readonly policy: Hex32;
  readonly anchor: BackupAnchor;
  /** Restores what is older than the newest backup: keys that were rotated since then are dead or worse. */
  readonly acceptOlderThanAnchor?: boolean;
  /** Restores what no anchor vouches for: anyone who knows a recipient could have made it. */
  readonly acceptUnanchored?: boolean;
};

export type RestoredBackup = {
  readonly header: BackupHeader;
  readonly content: Secret<Uint8Array>;
  readonly hash: Hex32;
  /** Against the anchor. */
  readonly standing: "newest" | "older" | "unanchored";
  /** Whether an anchor vouches for it. */
  readonly isAuthentic: boolean;
  /** Whether all keys are to be rotated before anything else: always, unless it is the newest. */
  readonly mustRotate: boolean;
};

/**
 * Encrypts a backup as an age file. Store the file, then anchor its sequence and hash.
 *
 * @throws {BackupError} BACKUP_FIELD_MALFORMED, BACKUP_RECIPIENTS, BACKUP_RECIPIENT_MALFORMED, BACKUP_PASSPHRASE_WEAK,
 * BACKUP_ABORTED
 * @example
 * const content = await exportPortable(wallet);
 * const to = { recipients: [{ role: "paper", recipient: paper.recipient }] } as const;
 * const { file, hash } = await makeBackup({ content, to, previous: undefined, policy, epoch, time, device });
 */
export async function makeBackup(options: MakeBackupOptions): Promise<Backup> {
  const { content, to, previous, policy, epoch, time, device, ...work } = options;
  const recipients = "recipients" in to ? to.recipients : [];
  const header: BackupHeader = {
    ...{ policy, epoch, time, device, recipients },
    sequence: (previous?.sequence ?? 0) + 1,
    previous: previous?.hash,
  };
  const plaintext = new Secret(encodeBackup(header, hex32(bytesToHex(randomBytes(32))), content.reveal()));
  const hash = hashOf(plaintext);
  const age = "recipients" in to ? { recipients: recipients.map(({ recipient }) => recipient) } : to;
  try {
    return { file: await encryptAge(plaintext, age, work), header, hash };
  } finally {
    plaintext.erase();
  }
}

/**
 * Decrypts a backup and holds it against the anchor. Nothing is given out of what is refused.
 *
 * @throws {BackupError} as `decryptAge`; BACKUP_MALFORMED; BACKUP_OTHER_POLICY; BACKUP_RECIPIENTS_CHANGED;
 * BACKUP_FORGED if the anchor says otherwise; BACKUP_OLDER_THAN_ANCHOR, BACKUP_UNANCHORED unless accepted by name
 */
export async function restoreBackup(options: RestoreBackupOptions): Promise<RestoredBackup> {
  const { file, identity, policy, anchor, ...work } = options;
  const plaintext = await decryptAge(file, identity, work);
  try {
    const hash = hashOf(plaintext);
    const { header, content } = decodeBackup(plaintext.reveal());
    checkRecipients(file, header);
    if (header.policy !== policy) {
      throw new BackupError("BACKUP_OTHER_POLICY", "this is the backup of another policy", {
        details: { found: header.policy, expected: policy },
      });
    }
    const verdict = await judge(options, header, hash);
    return {
      header,
      content: new Secret(content),
      hash,
      ...verdict,
      mustRotate: verdict.standing !== "newest",
    };
  } finally {
    plaintext.erase();
  }
}

type Verdict = Pick<RestoredBackup, "standing" | "isAuthentic">;

async function judge(options: RestoreBackupOptions, header: BackupHeader, hash: Hex32): Promise<Verdict> {
  const { anchor, policy } = options;
  const newest = await anchor.read(policy);
  const details = { sequence: header.sequence, anchored: newest?.sequence };
  if (newest === undefined || header.sequence > newest.sequence) {
    if (header.sequence === (newest?.sequence ?? 0) + 1 && header.previous !== newest?.hash)
      throw forged(details);
    if (options.acceptUnanchored === true) return { standing: "unanchored", isAuthentic: false };
    throw new BackupError("BACKUP_UNANCHORED", "no anchor vouches for this backup", { details });
  }
  if (header.sequence === newest.sequence) {
    checkHash(newest, hash, details);
    return { standing: "newest", isAuthentic: true };
  }
  const then = await anchor.readAt?.(policy, header.sequence);
  if (then !== undefined) checkHash(then, hash, details);
  if (options.acceptOlderThanAnchor === true) return { standing: "older", isAuthentic: then !== undefined };
  throw new BackupError("BACKUP_OLDER_THAN_ANCHOR", "there is a newer backup than this", { details });
}

function checkHash(anchored: AnchoredBackup, hash: Hex32, details: Readonly<Record<string, unknown>>): void {
  if (anchored.hash !== hash) throw forged(details);
}

function forged(details: Readonly<Record<string, unknown>>): BackupError {
  return new BackupError("BACKUP_FORGED", "the anchor is of another backup with this sequence", { details });
}

/** Whoever can decrypt a file can also add recipients to it; they do not then know how to change what is inside. */
function checkRecipients(file: Uint8Array, { recipients }: BackupHeader): void {
  const kinds = recipientKinds(file);
  const [kind, expected] = recipients.length === 0 ? ["scrypt", 1] : ["X25519", recipients.length];
  if (kinds.length === expected && kinds.every((found) => found === kind)) return;
  throw new BackupError("BACKUP_RECIPIENTS_CHANGED", "the file is not encrypted for those whom it names", {
    details: { found: kinds.length, named: recipients.length },
  });
}

function hashOf(plaintext: Secret<Uint8Array>): Hex32 {
  return hex32(bytesToHex(sha256(plaintext.reveal())));
}
