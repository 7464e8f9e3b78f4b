import type { BaseProof } from "./authorization.ts";
import type { CircuitInputs } from "./circuitInputs.ts";

export type ProveOptions = {
  /** Ends the work early; the promise then rejects with PROVER_ABORTED. */
  readonly signal?: AbortSignal;
};

/** What a prover gives: the proof and the public inputs that its circuit computed, in the circuit's order. */
export type ProverResult = { readonly proof: BaseProof; readonly publicInputs: readonly bigint[] };

/** Makes Groth16 proofs of the circuit; one at a time, however many are asked for. */
export interface Prover {
  /**
   * @throws {ProofError} WITNESS_REJECTED if the circuit does not accept the inputs, PROVER_ABORTED, PROVER_CLOSED,
   * PROVER_FAILED
   */
  prove(inputs: CircuitInputs, options?: ProveOptions): Promise<ProverResult>;

  /** Frees its threads; work in progress rejects with PROVER_CLOSED. */
  close(): Promise<void>;
}
