import { Interface } from "ethers";
import { type Hex, type Hex20, type Hex32, hex20, hex32 } from "../core/index.ts";
import { type Contract, callContract } from "./call.ts";
import { AGENT_PROOF_VERIFIER_ABI, AUTHORIZED_AGENT_ONLY_ABI } from "./generated/abi.ts";
import type { Registry } from "./registry.ts";

/** A call of a contract that lets authorized agents in (`AuthorizedAgentOnly`). */
export type AgentAction = {
  /** The contract. */
  readonly contract: Hex20;
  /** Four bytes: which of its functions. */
  readonly selector: Hex;
  /** keccak256(abi.encode(…)) of the arguments but the proof. */
  readonly argumentsHash: Hex32;
  /** Who sends the transaction. */
  readonly actor: Hex20;
};

/** What a contract's verifier and nonces say about an action. */
export type ActionTerms = {
  /** The sender's nonce in the contract. */
  readonly nonce: bigint;
  readonly challenge: Hex32;
  readonly verifier: Hex20;
  /** The registry whose roots count for the verifier. */
  readonly registry: Hex20;
  readonly verifyingKeyHash: Hex32;
};

const ACTION = new Interface(AUTHORIZED_AGENT_ONLY_ABI);
const VERIFIER = new Interface(AGENT_PROOF_VERIFIER_ABI);

/**
 * Asks a contract what an agent has to present for an action.
 *
 * @throws {ChainError} CONTRACT_NOT_FOUND, and those of the node
 */
export async function readActionTerms(registry: Registry, action: AgentAction): Promise<ActionTerms> {
  const { selector, argumentsHash, actor } = action;
  const contract: Contract = { address: action.contract, abi: ACTION };
  const nonce = (await callContract(registry, contract, "agentNonceOf", [actor])).bigint("nonce");
  const challenge = await callContract(registry, contract, "agentChallenge", [
    selector,
    argumentsHash,
    actor,
    nonce,
  ]);
  const address = (await callContract(registry, contract, "agentProofVerifier", [])).text("verifier");
  const verifier: Contract = { address: hex20(address), abi: VERIFIER };
  return {
    nonce,
    challenge: hex32(challenge.text("challenge")),
    verifier: verifier.address,
    registry: hex20((await callContract(registry, verifier, "registry", [])).text(0)),
    verifyingKeyHash: hex32((await callContract(registry, verifier, "verifyingKeyHash", [])).text(0)),
  };
}
