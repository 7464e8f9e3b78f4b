import type { Interface, Provider, Result } from "ethers";
import type { Hex20 } from "../core/index.ts";
import { type Decoded, decoded } from "./decoded.ts";
import { ChainError } from "./errors.ts";
import { type RetryPolicy, withRetry } from "./retry.ts";

/** A node, and how patiently to ask it. */
export type Node = { readonly provider: Provider; readonly retry: RetryPolicy };

/** A contract and how to talk to it. */
export type Contract = { readonly address: Hex20; readonly abi: Interface };

/**
 * Calls a view of a contract.
 *
 * @param block Number of the block to read at; the newest by default.
 * @throws {ChainError} the contract's own error; CONTRACT_NOT_FOUND; and those of the node
 */
export async function callContract(
  { provider, retry }: Node,
  { address, abi }: Contract,
  name: string,
  args: readonly unknown[],
  block?: number,
): Promise<Decoded> {
  const data = abi.encodeFunctionData(name, args);
  const at = block === undefined ? {} : { blockTag: block };
  const answer = await withRetry(() => provider.call({ to: address, data, ...at }), retry);
  if (answer === "0x" && abi.getFunction(name)?.outputs.length !== 0) {
    throw new ChainError("CONTRACT_NOT_FOUND", "there is no contract at the address", {
      details: { address },
    });
  }
  return decoded(decodeAnswer(abi, name, answer));
}

function decodeAnswer(abi: Interface, name: string, answer: string): Result {
  try {
    return abi.decodeFunctionResult(name, answer);
  } catch {
    throw new ChainError("NODE_ANSWER_MALFORMED", `the node's answer to ${name} does not decode`, {
      details: { name },
    });
  }
}
