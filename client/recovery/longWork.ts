import { RecoveryError } from "./errors.ts";

/** Progress of long work, and a way to stop it. */
export type LongWork = {
  /** Called with the part that is done, from 0 to 1. */
  readonly onProgress?: (done: number) => void;
  readonly signal?: AbortSignal;
};

/** How long everything else may wait, in milliseconds. */
const PATIENCE = 20;

/** Reports how much is done. @throws {RecoveryError} RECOVERY_CANCELLED */
export function report({ onProgress, signal }: LongWork, done: number): void {
  if (signal?.aborted === true) throw new RecoveryError("RECOVERY_CANCELLED", "stopped on request");
  onProgress?.(done);
}

/** A part of some work, from `from` to `to` of the whole. */
export function partOf(work: LongWork, from: number, to: number): LongWork {
  const { onProgress } = work;
  if (onProgress === undefined) return work;
  return { ...work, onProgress: (done) => onProgress(from + (to - from) * done) };
}

/**
 * Carries work out that says after each step how much of it is done, and lets others have their turn.
 *
 * @throws {RecoveryError} RECOVERY_CANCELLED; what the work throws
 */
export async function watched<Result>(
  steps: Generator<number, Result, void>,
  work: LongWork,
): Promise<Result> {
  let since = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - since > PATIENCE) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      since = performance.now();
    }
    try {
      report(work, step.value);
    } catch (error) {
      // It ends as if it had failed itself, and erases its secrets.
      steps.throw(error);
    }
  }
}
