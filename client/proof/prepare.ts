import { PreparedAuthorization } from "./authorization.ts";
import type { CanonicalInputs } from "./canonical.ts";
import { type AgentWitness, circuitInputs, witnessRoots } from "./circuitInputs.ts";
import { type AgentCredential, hiddenInputs } from "./credential.ts";
import { ProofError } from "./errors.ts";
import { baseProofHolds } from "./groth16.ts";
import type { Prover } from "./prover.ts";
import type { VerifyingKey } from "./verifyingKey.ts";

/** How far a preparation is. Nearly all of its time is `proof`. */
export type PrepareStage = "witness" | "proof" | "check" | "done";

export type PrepareOptions = {
  readonly credential: AgentCredential;
  /** Under the roots of `inputs`. */
  readonly witness: AgentWitness;
  readonly inputs: CanonicalInputs;
  readonly key: VerifyingKey;
  readonly prover: Prover;
  readonly onProgress?: (stage: PrepareStage) => void;
  readonly signal?: AbortSignal;
};

/**
 * Makes the base proof that many presentations then show (protocol §6.1): about one second, once per set of canonical
 * inputs. The proof is checked before it is handed out.
 *
 * @throws {ProofError} AGENT_REVOKED, WITNESS_MALFORMED, WITNESS_ROOT_MISMATCH, WITNESS_REJECTED, PROVER_ABORTED,
 * PROVER_CLOSED, PROVER_FAILED, BASE_PROOF_INVALID
 */
export async function prepare(options: PrepareOptions): Promise<PreparedAuthorization> {
  const { credential, witness, inputs, key, prover, onProgress, signal } = options;
  const { provisionedRoot, revokedRoot, validUntil } = inputs;
  onProgress?.("witness");
  const hidden = hiddenInputs(credential).reveal();
  const roots = witnessRoots(credential, hidden.policy, witness);
  if (roots.provisionedRoot !== provisionedRoot || roots.revokedRoot !== revokedRoot) {
    throw new ProofError("WITNESS_ROOT_MISMATCH", "the witness does not lead to the canonical roots", {
      details: {
        provisioned: roots.provisionedRoot === provisionedRoot,
        revoked: roots.revokedRoot === revokedRoot,
      },
    });
  }
  onProgress?.("proof");
  const proofInputs = circuitInputs(credential, witness, validUntil);
  const { proof, publicInputs } = await prover.prove(proofInputs, signal === undefined ? {} : { signal });
  onProgress?.("check");
  const expected = [
    provisionedRoot,
    revokedRoot,
    validUntil,
    hidden.policy,
    hidden.ownerKey,
    hidden.deviceKey,
  ];
  const authorization = new PreparedAuthorization(
    key.vkHash,
    { provisionedRoot, revokedRoot, validUntil },
    proof,
  );
  if (
    expected.some((value, i) => value !== publicInputs[i]) ||
    !baseProofHolds(key, authorization, expected)
  ) {
    throw new ProofError(
      "BASE_PROOF_INVALID",
      "the prover's proof does not hold: its circuit is not the key's",
    );
  }
  authorization.warm();
  onProgress?.("done");
  return authorization;
}
