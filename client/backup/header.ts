import { z } from "zod";
import { type Hex32, hex32 } from "../core/index.ts";
import { BackupError } from "./errors.ts";

/** Who can open a backup: the trustees together, whoever has the paper, a device. */
export type BackupRecipient = { readonly role: "social" | "paper" | "device"; readonly recipient: string };

/** What a backup says of itself; inside the encryption. */
export type BackupHeader = {
  /** 1, then one more with every backup of the policy. */
  readonly sequence: number;
  /** The hash of the backup before this one. */
  readonly previous: Hex32 | undefined;
  readonly policy: Hex32;
  /** Of the policy. */
  readonly epoch: number;
  /** Seconds since 1970, by the clock of the device. */
  readonly time: number;
  /** The key id of the agent that made it. */
  readonly device: Hex32;
  /** None if it was encrypted with a passphrase. */
  readonly recipients: readonly BackupRecipient[];
};

const FORMAT = "dkms-backup";
const VERSION = 1;
const MAX_HEADER_BYTES = 65_536;
const NEWLINE = 0x0a;

const count = z.int().nonnegative();
const word = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .transform(hex32);
const headerSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  sequence: z.int().positive(),
  previous: word.nullable(),
  policy: word,
  epoch: count,
  time: count,
  device: word,
  /** Makes that the hash, which is public, tells nothing of the content. */
  salt: word,
  recipients: z.array(z.strictObject({ role: z.enum(["social", "paper", "device"]), recipient: z.string() })),
});

/**
 * A line of JSON, then the content: `age --decrypt` gives exactly this.
 *
 * @throws {BackupError} BACKUP_FIELD_MALFORMED for what could not be read back, such as a time with a fraction.
 */
export function encodeBackup(header: BackupHeader, salt: Hex32, content: Uint8Array): Uint8Array {
  const { sequence, previous, policy, epoch, time, device, recipients } = header;
  const fields = { sequence, previous: previous ?? null, policy, epoch, time, device, salt, recipients };
  const line = encodeLine({ format: FORMAT, version: VERSION, ...fields });
  const bytes = new Uint8Array(line.length + content.length);
  bytes.set(line);
  bytes.set(content, line.length);
  return bytes;
}

/** @throws {BackupError} BACKUP_MALFORMED */
export function decodeBackup(bytes: Uint8Array): {
  readonly header: BackupHeader;
  readonly content: Uint8Array;
} {
  const end = bytes.subarray(0, MAX_HEADER_BYTES).indexOf(NEWLINE);
  const { success, data } = headerSchema.safeParse(parseJson(bytes.subarray(0, Math.max(end, 0))));
  if (!success) throw new BackupError("BACKUP_MALFORMED", "this is not a backup, or one of another version");
  const { sequence, previous, policy, epoch, time, device, recipients } = data;
  const header = { sequence, previous: previous ?? undefined, policy, epoch, time, device, recipients };
  return { header, content: bytes.slice(end + 1) };
}

/** What is written must be read, or the backup would be found to be none on the day it is needed. */
function encodeLine(fields: unknown): Uint8Array {
  const parsed = headerSchema.safeParse(fields);
  const line = new TextEncoder().encode(`${JSON.stringify(fields)}\n`);
  if (parsed.success && line.length <= MAX_HEADER_BYTES) return line;
  const field = parsed.error?.issues[0]?.path.join(".") ?? "recipients";
  throw new BackupError("BACKUP_FIELD_MALFORMED", "no backup can say this of itself", { details: { field } });
}

function parseJson(line: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(line));
  } catch {
    return undefined;
  }
}
