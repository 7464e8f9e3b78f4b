import type { CircuitInputs } from "./circuitInputs.ts";
import { ProofError, type ProofErrorCode } from "./errors.ts";
import type { ProveOptions, Prover, ProverResult } from "./prover.ts";
import { proveOnce, releaseThreads, type SnarkArtifacts, type WorkerAnswer } from "./proverSnarkjsJob.ts";

export type SnarkjsProverOptions = SnarkArtifacts & {
  /**
   * `worker` (default): in a thread of its own, which an abort ends at once. `caller`: in the caller's thread, where
   * there are no workers; an abort is seen before and after the work only.
   */
  readonly thread?: "worker" | "caller";
};

/** What Web Workers and Node's worker threads have in common here. */
type Thread = {
  /** Whether snarkjs can start more threads from within. */
  readonly nests: boolean;
  post(message: unknown): void;
  onAnswer(listener: (answer: WorkerAnswer) => void): void;
  onFailure(listener: () => void): void;
  terminate(): void;
};

/**
 * Proves with snarkjs. In Node a worker proves with one thread, since snarkjs starts none from a worker there; `caller`
 * uses all processors and holds up the caller's thread for about 0.2 s at a time. Jobs wait for each other, so that two of them never compete for memory and processors.
 *
 * @example const prover = new SnarkjsProver({ wasm, zkey }); // … await prover.close();
 */
export class SnarkjsProver implements Prover {
  readonly #options: SnarkjsProverOptions;
  readonly #closing = new AbortController();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: SnarkjsProverOptions) {
    this.#options = options;
  }

  async prove(inputs: CircuitInputs, options: ProveOptions = {}): Promise<ProverResult> {
    const turn = this.#queue.then(() => this.#run(inputs, options.signal));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#queue;
  }

  async #run(inputs: CircuitInputs, signal: AbortSignal | undefined): Promise<ProverResult> {
    this.#assertWanted(signal);
    const answer =
      this.#options.thread === "caller"
        ? await this.#runHere(inputs)
        : await this.#runInWorker(inputs, signal);
    this.#assertWanted(signal);
    if (answer.ok) return answer.result;
    throw failure(answer.code);
  }

  async #runHere(inputs: CircuitInputs): Promise<WorkerAnswer> {
    try {
      return await proveOnce(this.#options, inputs);
    } finally {
      await releaseThreads();
    }
  }

  /** A worker per job: it costs 0.1 s, gives its memory back, and a stuck one can be ended. */
  async #runInWorker(inputs: CircuitInputs, signal: AbortSignal | undefined): Promise<WorkerAnswer> {
    const thread = await startThread();
    const { wasm, zkey, singleThread } = this.#options;
    try {
      return await new Promise<WorkerAnswer>((resolve, reject) => {
        for (const stop of [signal, this.#closing.signal]) {
          stop?.addEventListener("abort", () => reject(failure("PROVER_ABORTED")), { once: true });
        }
        thread.onAnswer(resolve);
        thread.onFailure(() => reject(failure("PROVER_FAILED")));
        thread.post({ artifacts: { wasm, zkey, singleThread: singleThread ?? !thread.nests }, inputs });
      });
    } catch (error) {
      this.#assertWanted(signal);
      throw error;
    } finally {
      thread.terminate();
    }
  }

  #assertWanted(signal: AbortSignal | undefined): void {
    if (this.#closing.signal.aborted) throw failure("PROVER_CLOSED");
    if (signal?.aborted === true) throw failure("PROVER_ABORTED");
  }
}

const MESSAGES = {
  PROVER_ABORTED: "the preparation was aborted",
  PROVER_CLOSED: "the prover is closed",
  PROVER_FAILED: "the prover failed; its artifacts may be damaged",
  WITNESS_REJECTED: "the circuit does not accept this witness",
} as const satisfies Partial<Record<ProofErrorCode, string>>;

function failure(code: keyof typeof MESSAGES): ProofError {
  return new ProofError(code, MESSAGES[code]);
}

async function startThread(): Promise<Thread> {
  const here = import.meta.url;
  const url = new URL(here.endsWith(".ts") ? "./proverSnarkjsWorker.ts" : "./proverSnarkjsWorker.js", here);
  if (typeof globalThis.Worker === "function") {
    const worker = new globalThis.Worker(url, { type: "module" });
    return {
      nests: true,
      post: (message) => worker.postMessage(message),
      onAnswer: (listener) => worker.addEventListener("message", (event) => listener(event.data)),
      onFailure: (listener) => worker.addEventListener("error", listener),
      terminate: () => worker.terminate(),
    };
  }
  const { Worker } = await import("node:worker_threads");
  // snarkjs' dependency web-worker takes every thread for one of its own and loads the module that it finds named here.
  // What it prints is kept from the console: the circuit's runtime prints which template refused a witness.
  const workerData = { mod: "data:text/javascript,", type: "module" };
  const worker = new Worker(url, { workerData, stdout: true, stderr: true });
  return {
    nests: false,
    post: (message) => worker.postMessage(message),
    onAnswer: (listener) => worker.on("message", listener),
    onFailure: (listener) => worker.on("error", listener).on("exit", listener),
    terminate: () => void worker.terminate(),
  };
}
