import { AbiCoder, Interface, type InterfaceAbi, keccak256 } from "ethers";
import { type Hex, type Hex20, type Hex32, hex, hex20, hex32 } from "../core/index.ts";
import type { ContractPresentation } from "../proof/index.ts";
import { type Contract, callContract } from "./call.ts";
import { ChainError } from "./errors.ts";
import { AGENT_PROOF_VERIFIER_ABI, AUTHORIZED_AGENT_ONLY_ABI } from "./generated/abi.ts";
import type { Registry } from "./registry.ts";
import type { RegistryCall } from "./send.ts";

/** The `AgentProof` struct of the contracts; ethers takes it as it is. */
export type AgentProof = {
  readonly nonce: bigint;
  readonly expiresAt: bigint;
  readonly presentation: ContractPresentation;
};

/** A call of a contract that lets authorized agents in (`AuthorizedAgentOnly`). */
export type AgentAction = {
  readonly contract: Hex20;
  /** Four bytes: which of its functions. */
  readonly selector: Hex;
  /** keccak256(abi.encode(…)) of the arguments but the proof. */
  readonly argumentsHash: Hex32;
  /** Who sends the transaction. */
  readonly actor: Hex20;
};

/** An action, and the transaction for it once there is a proof. */
export type AgentCall = AgentAction & { readonly call: (proof: AgentProof) => RegistryCall };

export type AgentActionOptions = {
  readonly contract: string;
  readonly abi: InterfaceAbi;
  /** Name of the function, whose last parameter is the proof. */
  readonly method: string;
  /** Its arguments but the proof. */
  readonly args: readonly unknown[];
  readonly actor: string;
};

/** What a contract says about an action. */
export type ActionTerms = {
  /** The sender's nonce in the contract. */
  readonly nonce: bigint;
  readonly verifier: Hex20;
  /** The registry whose roots count for the verifier. */
  readonly registry: Hex20;
  readonly verifyingKeyHash: Hex32;
};

const ACTION = new Interface(AUTHORIZED_AGENT_ONLY_ABI);
const VERIFIER = new Interface(AGENT_PROOF_VERIFIER_ABI);

/**
 * Describes a call that needs an agent's proof.
 *
 * @throws {ChainError} ACTION_MALFORMED if the ABI has no such function, or the arguments do not fit it
 * @throws {CoreError} HEX_MALFORMED, BYTES_LENGTH
 * @example agentAction({ contract, abi, method: "put", args: [locker, content], actor: await sender.getAddress() });
 */
export function agentAction(options: AgentActionOptions): AgentCall {
  const { abi, method, args } = options;
  const contract = hex20(options.contract);
  const actor = hex20(options.actor);
  try {
    const calls = new Interface(abi);
    const fragment = calls.getFunction(method);
    if (fragment === null) throw malformed(method);
    const encoded = AbiCoder.defaultAbiCoder().encode(fragment.inputs.slice(0, -1), args);
    return {
      ...{ contract, actor, selector: hex(fragment.selector), argumentsHash: hex32(keccak256(encoded)) },
      call: (proof) => ({ to: contract, data: hex(calls.encodeFunctionData(fragment, [...args, proof])) }),
    };
  } catch {
    throw malformed(method);
  }
}

/**
 * Asks a contract for the nonce of an action's sender and for its verifier.
 *
 * @throws {ChainError} CONTRACT_NOT_FOUND, and those of the node
 */
export async function readActionTerms(registry: Registry, action: AgentAction): Promise<ActionTerms> {
  const contract: Contract = { address: action.contract, abi: ACTION };
  const nonce = (await callContract(registry, contract, "agentNonceOf", [action.actor])).bigint("nonce");
  const address = (await callContract(registry, contract, "agentProofVerifier", [])).text("verifier");
  const verifier: Contract = { address: hex20(address), abi: VERIFIER };
  return {
    nonce,
    verifier: verifier.address,
    registry: hex20((await callContract(registry, verifier, "registry", [])).text(0)),
    verifyingKeyHash: hex32((await callContract(registry, verifier, "verifyingKeyHash", [])).text(0)),
  };
}

function malformed(method: string): ChainError {
  return new ChainError("ACTION_MALFORMED", "the contract has no such function with such arguments", {
    details: { method },
  });
}
