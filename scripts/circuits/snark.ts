import { readFileSync, statSync } from "node:fs";
import { curves, type Logger, type MemoryFile, type SnarkFile } from "snarkjs";

/**
 * Runs a step of snarkjs and ends its worker threads, which would keep the process alive.
 *
 * @returns The step's result, and what snarkjs reported as errors: some of its functions log instead of throwing.
 */
export async function withSnarkjs<T>(
  step: (logger: Logger) => Promise<T>,
): Promise<{ readonly result: T; readonly errors: readonly string[] }> {
  const errors: string[] = [];
  const ignore = (): void => {};
  const logger = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (text: string) => void errors.push(text),
  };
  try {
    return { result: await step(logger), errors };
  } finally {
    await (await curves.getCurveFromName("bn128")).terminate();
  }
}

/** Larger files, as of a phase 1 for millions of constraints, do not fit a buffer. */
const MAX_IN_MEMORY = 2 ** 30;

/** A file for snarkjs, in memory where it fits: snarkjs leaves some files open. */
export function snarkFile(path: string): SnarkFile {
  return statSync(path).size > MAX_IN_MEMORY ? path : readFileSync(path);
}

/** The bytes that a step writes to the file it is given. */
export async function writtenBy(step: (file: MemoryFile) => Promise<unknown>): Promise<Buffer> {
  const file: { type: "mem"; data?: Uint8Array } = { type: "mem" };
  await step(file);
  return Buffer.from(file.data ?? []);
}
