import { base64 } from "@scure/base";
import { z } from "zod";
import { Secret } from "../keys/index.ts";
import { decodeBase64 } from "./base64.ts";
import { WalletError } from "./errors.ts";
import { checkName } from "./limits.ts";
import type { RecordChange, VisitOptions } from "./records.ts";
import type { Wallet } from "./wallet.ts";
import { giveWay, report, type WorkOptions } from "./work.ts";

/** Which segments are exported; all that the wallet opens, by default. */
export type ExportOptions = VisitOptions;

const FORMAT = "dkms-wallet-export";
const VERSION = 1;

const membersSchema = z.custom<Readonly<Record<string, unknown>>>(
  // A schema's record would leave out this one name, and with it what is there.
  (value) => typeof value === "object" && value !== null && !Array.isArray(value) && !hasForbiddenName(value),
);
const portableSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  segments: membersSchema,
});
type Portable = z.infer<typeof portableSchema>;

/** Which segments of a file are taken; all, by default. */
export type ImportOptions = WorkOptions & { readonly segments?: readonly string[] };

/**
 * What a wallet opens, or some segments of it, as it is at one moment, as the JSON of docs/wallet.md, **in clear**: to take along
 * to another program (P6), or to be encrypted, as backups are.
 *
 * @throws {WalletError} WALLET_SEGMENT_UNKNOWN, WALLET_ABORTED, and what reading throws
 * @example const json = await exportPortable(wallet);
 */
export async function exportPortable(
  wallet: Wallet,
  options: ExportOptions = {},
): Promise<Secret<Uint8Array>> {
  const { segments: names = wallet.segments } = options;
  const segments = new Map<string, [id: string, value: string][]>();
  await wallet.visit((segment, id, value) => {
    const records = segments.get(segment) ?? [];
    // A file that `importPortable` refuses would be found out on the day it is needed.
    records.push([checkName(id, { segment }), base64.encode(value.reveal())]);
    segments.set(segment, records);
  }, options);
  const entries = names.map((name) => [name, Object.fromEntries(segments.get(name) ?? [])]);
  const portable: Portable = { format: FORMAT, version: VERSION, segments: Object.fromEntries(entries) };
  return new Secret(new TextEncoder().encode(JSON.stringify(portable)));
}

/**
 * Writes an export, or some segments of it, into a wallet: segments that are not there are made, records of the same name
 * replaced. Either all of a segment's records are written or none. Segments that are not taken are not looked at.
 *
 * @throws {WalletError} WALLET_EXPORT_MALFORMED, WALLET_NAME_MALFORMED, WALLET_SEGMENT_UNKNOWN if the file lacks one of
 * `segments`, and then nothing is written; WALLET_PERMISSION_MISSING, WALLET_LIMIT, WALLET_ABORTED
 * @example await importPortable(wallet, json, { segments: ["contacts"] });
 */
export async function importPortable(
  wallet: Wallet,
  json: Secret<Uint8Array>,
  { segments: taken, ...work }: ImportOptions = {},
): Promise<void> {
  const segments = parsePortable(json, taken);
  for (const [i, [name, records]] of segments.entries()) {
    report(work, i / segments.length);
    await giveWay();
    const segment = wallet.segments.includes(name) ? wallet.segment(name) : await wallet.addSegment(name);
    await segment.change(records);
    for (const { value } of records) value?.erase();
  }
  report(work, 1);
}

function parsePortable(
  json: Secret<Uint8Array>,
  taken?: readonly string[],
): readonly [string, readonly RecordChange[]][] {
  const parsed = portableSchema.safeParse(parseJson(json));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    // The place of the fault is told, not what is there.
    const place = issue?.path.slice(0, 1).join("");
    throw malformed("this is not the export of a wallet, or of another version", { place });
  }
  const { segments } = parsed.data;
  return [...new Set(taken ?? Object.keys(segments))].map((name) => {
    checkName(name, { segment: name });
    if (!Object.hasOwn(segments, name)) {
      throw new WalletError("WALLET_SEGMENT_UNKNOWN", "there is no such segment in the export", {
        details: { segment: name },
      });
    }
    return [name, recordsOf(name, segments[name])];
  });
}

function recordsOf(segment: string, members: unknown): readonly RecordChange[] {
  const parsed = membersSchema.safeParse(members);
  if (!parsed.success) throw malformed("a segment is no table, or has names that no record has", { segment });
  return Object.entries(parsed.data).map(([id, text]) => {
    checkName(id, { segment });
    const value = typeof text === "string" ? decodeBase64(text) : undefined;
    if (value === undefined) throw malformed("a record is not base64", { segment, record: id });
    return { id, value: new Secret(value) };
  });
}

function hasForbiddenName(value: object): boolean {
  return Object.hasOwn(value, "__proto__");
}

function parseJson(json: Secret<Uint8Array>): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json.reveal()));
  } catch {
    throw malformed("this is not JSON", {});
  }
}

function malformed(message: string, details: Readonly<Record<string, unknown>>): WalletError {
  return new WalletError("WALLET_EXPORT_MALFORMED", message, { details });
}
