import { existsSync, readFileSync } from "node:fs";
import { readContributions, type ZkeyContribution } from "../circuits/zkey.ts";
import { CeremonyError } from "./errors.ts";

/** A contribution, and when its maker says it was made: the zkey itself records no time. */
export type TranscriptEntry = ZkeyContribution & { readonly date: string };

/** What travels beside a zkey from hand to hand. */
export type Transcript = {
  /** SHA-256 of the constraint system and of the powers of tau that the ceremony started from. */
  readonly r1cs: string;
  readonly ptau: string;
  readonly contributions: readonly TranscriptEntry[];
};

/** `name.zkey` has its transcript in `name.transcript.json`. */
export function transcriptPath(zkey: string): string {
  return `${zkey.replace(/\.zkey$/, "")}.transcript.json`;
}

export function formatTranscript(transcript: Transcript): string {
  return `${JSON.stringify(transcript, null, 2)}\n`;
}

/**
 * Reads the transcript of a zkey and compares every contribution with what the zkey itself records.
 *
 * @throws {CeremonyError} if it is missing, malformed, or of another zkey.
 */
export function readTranscript(zkey: string): Transcript {
  const path = transcriptPath(zkey);
  if (!existsSync(path)) throw new CeremonyError(`${path} is missing: it travels with the zkey`);
  const transcript = parseTranscript(readFileSync(path, "utf8"), path);
  const recorded = JSON.stringify(readContributions(readFileSync(zkey)).map(sortKeys));
  const stated = JSON.stringify(transcript.contributions.map(({ date: _, ...rest }) => sortKeys(rest)));
  if (recorded !== stated) throw new CeremonyError(`${path} does not list the contributions in ${zkey}`);
  return transcript;
}

/** Parses a transcript, refusing whatever {@link formatTranscript} would not have written. */
function parseTranscript(text: string, path: string): Transcript {
  const malformed = new CeremonyError(`${path} is not a transcript`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed;
  }
  const { r1cs, ptau, contributions } = (value ?? {}) as Partial<Transcript>;
  if (!isSha256(r1cs) || !isSha256(ptau) || !Array.isArray(contributions)) throw malformed;
  if (!contributions.every((entry) => Number.isFinite(Date.parse((entry as TranscriptEntry)?.date))))
    throw malformed;
  return { r1cs, ptau, contributions };
}

function isSha256(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

/** The same data in one order, for comparison by text. */
function sortKeys({ name, hash, beacon, ...unknown }: ZkeyContribution): Readonly<Record<string, unknown>> {
  const { value, iterationsExponent } = beacon ?? {};
  return { name, hash, value, iterationsExponent, ...unknown };
}
