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

/** A line of JSON, then the content: `age --decrypt` gives exactly this. */
export function encodeBackup(header: BackupHeader, salt: Hex32, content: Uint8Array): Uint8Array {
  const { sequence, previous, policy, epoch, time, device, recipients } = header;
  const fields = { sequence, previous: previous ?? null, policy, epoch, time, device, salt, recipients };
  const line = new TextEncoder().encode(
    `${JSON.stringify({ format: FORMAT, version: VERSION, ...fields })}\n`,
  );
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

function parseJson(line: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(line));
  } catch {
    return undefined;
  }
}
