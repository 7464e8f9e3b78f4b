import { groth16, type SnarkG1, type SnarkG2, wtns } from "snarkjs";
import type { CircuitInputs } from "./circuitInputs.ts";
import type { ProverResult } from "./prover.ts";

/** The compiled circuit and its proving key, as committed in `circuits/artifacts`. */
export type SnarkArtifacts = {
  readonly wasm: Uint8Array;
  readonly zkey: Uint8Array;
  /** No threads beyond the one that it runs in. */
  readonly singleThread?: boolean;
};

/** What a worker answers: no error object, whose message could hold inputs. */
export type WorkerAnswer =
  | { readonly ok: true; readonly result: ProverResult }
  | { readonly ok: false; readonly code: "WITNESS_REJECTED" | "PROVER_FAILED" };

/** Proves in this thread. */
export async function proveOnce(artifacts: SnarkArtifacts, inputs: CircuitInputs): Promise<WorkerAnswer> {
  const witness = { type: "mem" as const };
  try {
    await wtns.calculate(inputs, artifacts.wasm, witness);
  } catch {
    return { ok: false, code: "WITNESS_REJECTED" };
  }
  try {
    const { proof, publicSignals } = await groth16.prove(artifacts.zkey, witness, undefined, {
      singleThread: artifacts.singleThread ?? false,
    });
    return {
      ok: true,
      result: {
        proof: { a: g1(proof.pi_a), b: g2(proof.pi_b), c: g1(proof.pi_c) },
        publicInputs: publicSignals.map(BigInt),
      },
    };
  } catch {
    return { ok: false, code: "PROVER_FAILED" };
  }
}

/** Ends the threads that snarkjs keeps after a proof; the process would not end before. */
export async function releaseThreads(): Promise<void> {
  const kept = Reflect.get(globalThis, "curve_bn128") as { terminate(): Promise<void> } | null | undefined;
  await kept?.terminate();
}

function g1([x, y]: SnarkG1): readonly [bigint, bigint] {
  return [BigInt(x), BigInt(y)];
}

/** snarkjs has c0 first, EIP-197 c1. */
function g2([[xc0, xc1], [yc0, yc1]]: SnarkG2): readonly [bigint, bigint, bigint, bigint] {
  return [BigInt(xc1), BigInt(xc0), BigInt(yc1), BigInt(yc0)];
}
