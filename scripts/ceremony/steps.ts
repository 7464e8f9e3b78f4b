import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Logger, type MemoryFile, powersOfTau, zKey } from "snarkjs";
import { formatVerifyingKey, sha256 } from "../circuits/artifacts.ts";
import { snarkFile, withSnarkjs, writtenBy } from "../circuits/snark.ts";
import { readContributions, readZkey } from "../circuits/zkey.ts";
import { CeremonyError } from "./errors.ts";
import {
  formatTranscript,
  readTranscript,
  type Transcript,
  type TranscriptEntry,
  transcriptPath,
} from "./transcript.ts";

/** Bytes of the operating system's randomness in each contribution; snarkjs adds as many of its own. */
const ENTROPY_BYTES = 64;

/** What snarkjs keeps of a name. */
const MAX_NAME_LENGTH = 64;

/** A beacon is hashed 2^10 to 2^63 times: what snarkjs accepts. */
const MIN_ITERATIONS_EXPONENT = 10;
const MAX_ITERATIONS_EXPONENT = 63;

export type NewOptions = { readonly r1cs: string; readonly ptau: string; readonly out: string };

export type ContributeOptions = {
  readonly in: string;
  readonly out: string;
  readonly name: string;
  /** What the contributor typed, besides the operating system's randomness; may be empty. */
  readonly typed: string;
};

export type BeaconOptions = {
  readonly in: string;
  readonly out: string;
  readonly name: string;
  /** 16 to 255 bytes in lower-case hex. */
  readonly value: string;
  readonly iterationsExponent: number;
};

export type VerifyOptions = { readonly in: string; readonly r1cs: string; readonly ptau: string };

export type ExportOptions = { readonly in: string; readonly out: string };

/**
 * Makes the first zkey of a circuit and its empty transcript.
 *
 * @param options.ptau A phase 1 of any origin, prepared for phase 2 and large enough for the circuit.
 * @throws {CeremonyError} if a file is missing or unfit, or `out` exists.
 */
export async function newCeremony({ r1cs, ptau, out }: NewOptions): Promise<Transcript> {
  for (const path of [r1cs, ptau]) assertExists(path);
  assertAbsent(out, transcriptPath(out));
  await assertSoundPhase1(ptau);
  const zkey = await compute(
    `${ptau} does not serve ${r1cs}`,
    async (file, logger) => (await zKey.newZKey(snarkFile(r1cs), snarkFile(ptau), file, logger)) !== -1,
  );
  const transcript = { r1cs: await sha256(r1cs), ptau: await sha256(ptau), contributions: [] };
  writeStep(out, zkey, transcript);
  return transcript;
}

/**
 * Adds secret randomness, which is forgotten with this process.
 *
 * @returns The new entry; its hash is what the contributor publishes.
 * @throws {CeremonyError} if the files or the name are unfit, the ceremony has ended, or `out` exists.
 */
export async function contribute(options: ContributeOptions): Promise<TranscriptEntry> {
  const { in: from, out, name, typed } = options;
  const before = openForStep(from, out, name);
  const entropy = randomBytes(ENTROPY_BYTES).toString("hex") + typed;
  const zkey = await compute(`${from} cannot be contributed to`, async (file, logger) => {
    await zKey.contribute(snarkFile(from), file, name, entropy, logger);
    return true;
  });
  return appendEntry(before, zkey, out);
}

/**
 * Ends a ceremony with a public value that nobody could know when the last contribution was made.
 *
 * @throws {CeremonyError} as {@link contribute}, and if the value or its iterations are out of range.
 */
export async function applyBeacon(options: BeaconOptions): Promise<TranscriptEntry> {
  const { in: from, out, name, value, iterationsExponent: iterations } = options;
  if (!/^(?:[0-9a-f]{2}){16,255}$/.test(value))
    throw new CeremonyError("a beacon is 16 to 255 bytes in lower-case hex");
  if (!(iterations >= MIN_ITERATIONS_EXPONENT && iterations <= MAX_ITERATIONS_EXPONENT))
    throw new CeremonyError(
      `a beacon is hashed 2^${MIN_ITERATIONS_EXPONENT} to 2^${MAX_ITERATIONS_EXPONENT} times`,
    );
  const before = openForStep(from, out, name);
  const zkey = await compute(
    `${from} cannot be ended with this beacon`,
    async (file, logger) =>
      (await zKey.beacon(snarkFile(from), file, name, value, iterations, logger)) !== false,
  );
  return appendEntry(before, zkey, out);
}

/**
 * Checks a zkey against circuit and phase 1: every contribution, every section, and the transcript beside it.
 *
 * @throws {CeremonyError} with the first fault.
 */
export async function verifyCeremony(options: VerifyOptions): Promise<Transcript> {
  const { in: from, r1cs, ptau } = options;
  for (const path of [from, r1cs, ptau]) assertExists(path);
  const transcript = readTranscript(from);
  if ((await sha256(r1cs)) !== transcript.r1cs) throw new CeremonyError(`the ceremony is not for ${r1cs}`);
  if ((await sha256(ptau)) !== transcript.ptau)
    throw new CeremonyError(`the ceremony did not start from ${ptau}`);
  await assertSoundPhase1(ptau);
  await assertValidZkey(options);
  return transcript;
}

/**
 * Checks phase 1 itself: a coordinator could have brought one whose secrets he knows a relation of.
 *
 * @throws {CeremonyError} if it is not sound.
 */
async function assertSoundPhase1(ptau: string): Promise<void> {
  await run(`${ptau} is no sound phase 1`, (logger) => powersOfTau.verify(snarkFile(ptau), logger));
}

/**
 * Checks a zkey against circuit and phase 1 with `snarkjs zkey verify`.
 *
 * @throws {CeremonyError} if it is not valid.
 */
export async function assertValidZkey({ in: from, r1cs, ptau }: VerifyOptions): Promise<void> {
  const fault = `${from} is not a valid key for ${r1cs} and ${ptau}`;
  await run(fault, (logger) =>
    zKey.verifyFromR1cs(snarkFile(r1cs), snarkFile(ptau), snarkFile(from), logger),
  );
}

/**
 * Writes the final zkey, its verifying key with [δ]₁, and its transcript.
 *
 * @returns The paths written.
 * @throws {CeremonyError} if the ceremony has not ended with a beacon, or one of the files exists.
 */
export function exportCeremony({ in: from, out }: ExportOptions): readonly string[] {
  assertExists(from);
  const transcript = readTranscript(from);
  if (transcript.contributions.length < 2 || !hasEnded(transcript))
    throw new CeremonyError("a ceremony ends with a beacon, after at least one contribution");
  const zkey = readFileSync(from);
  const files = [
    [join(out, basename(from)), zkey],
    [join(out, "verifyingKey.json"), formatVerifyingKey(readZkey(zkey))],
    [transcriptPath(join(out, basename(from))), formatTranscript(transcript)],
  ] as const;
  assertAbsent(...files.map(([path]) => path));
  mkdirSync(out, { recursive: true });
  for (const [path, content] of files) writeFileSync(path, content, { flag: "wx" });
  return files.map(([path]) => path);
}

/** What every contribution checks before it starts. */
function openForStep(from: string, out: string, name: string): Transcript {
  if (!/^[\x20-\x7e]+$/.test(name) || name.length > MAX_NAME_LENGTH)
    throw new CeremonyError(`a name is 1 to ${MAX_NAME_LENGTH} printable ASCII characters`);
  assertExists(from);
  assertAbsent(out, transcriptPath(out));
  const transcript = readTranscript(from);
  if (hasEnded(transcript)) throw new CeremonyError(`${from} is final: it ends with a beacon`);
  return transcript;
}

function hasEnded({ contributions }: Transcript): boolean {
  return contributions.at(-1)?.beacon !== undefined;
}

function appendEntry(before: Transcript, zkey: Buffer, out: string): TranscriptEntry {
  const contribution = readContributions(zkey).at(-1);
  if (contribution === undefined) throw new CeremonyError("the new zkey records no contribution");
  const entry = { ...contribution, date: new Date().toISOString() };
  writeStep(out, zkey, { ...before, contributions: [...before.contributions, entry] });
  return entry;
}

/** Writes both files of a step; neither replaces one that exists. */
function writeStep(out: string, zkey: Buffer, transcript: Transcript): void {
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, zkey, { flag: "wx" });
  writeFileSync(transcriptPath(out), formatTranscript(transcript), { flag: "wx" });
}

async function compute(
  fault: string,
  step: (file: MemoryFile, logger: Logger) => Promise<boolean>,
): Promise<Buffer> {
  return writtenBy((file) => run(fault, (logger) => step(file, logger)));
}

/** Runs a step that tells success by true; its reasons for failing are in snarkjs's log or its exception. */
async function run(fault: string, step: (logger: Logger) => Promise<boolean>): Promise<void> {
  let reasons: readonly string[];
  try {
    const { result, errors } = await withSnarkjs(step);
    if (result) return;
    reasons = errors;
  } catch (error) {
    reasons = [error instanceof Error ? error.message : String(error)];
  }
  throw new CeremonyError([fault, ...reasons].join(": "));
}

function assertExists(path: string): void {
  if (!existsSync(path)) throw new CeremonyError(`${path} does not exist`);
}

function assertAbsent(...paths: readonly string[]): void {
  for (const path of paths) {
    if (existsSync(path)) throw new CeremonyError(`${path} exists and is never overwritten`);
  }
}
