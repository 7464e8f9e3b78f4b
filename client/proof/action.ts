import type { Hex20, Hex32 } from "../core/index.ts";
import { keccakText, keccakWords } from "./words.ts";

/** A call of a contract that is `AuthorizedAgentOnly`. */
export type ContractAction = {
  readonly chainId: bigint;
  readonly contract: Hex20;
  /** The function's selector, 4 bytes. */
  readonly selector: `0x${string}`;
  /** keccak256(abi.encode(…)) of the arguments but the proof. */
  readonly argumentsHash: Hex32;
  /** Who will send the transaction. */
  readonly actor: Hex20;
  /** `agentNonceOf(actor)` of the contract. */
  readonly nonce: bigint;
};

const TAG = keccakText("DKMS-V1-ACTION");

/** The challenge of an action, as `agentChallenge` of the contract computes it. */
export function actionChallenge(action: ContractAction): Hex32 {
  const { chainId, contract, selector, argumentsHash, actor, nonce } = action;
  // bytes4 is padded on the right.
  return keccakWords([TAG, chainId, contract, BigInt(selector) << 224n, argumentsHash, actor, nonce]);
}
