import { Interface } from "ethers";
import { type Hex, type Hex32, hex, hex32 } from "../core/index.ts";
import { collectApprovals, type DidApproval, type DidRequest } from "../did/index.ts";
import { chainError, decodeRevert } from "./decodeError.ts";
import { ChainError } from "./errors.ts";
import { DID_REGISTRY_ABI } from "./generated/abi.ts";

export const DID_REGISTRY = new Interface(DID_REGISTRY_ABI);

/** A call of the registry, for whatever sends transactions. */
export type DidCall = { readonly to: Hex; readonly data: Hex };

/** Port to an account that pays for transactions; every signer of ethers with a provider fits. */
export interface DidSender {
  sendTransaction(call: { to: string; data: string }): Promise<{
    readonly hash: string;
    wait(): Promise<{
      readonly blockNumber: number;
      readonly gasUsed: bigint;
      readonly status: number | null;
    } | null>;
  }>;
}

/** What came of a transaction. */
export type DidReceipt = { readonly transaction: Hex32; readonly block: bigint; readonly gasUsed: bigint };

/**
 * The transaction that carries out an operation; anyone may send it.
 *
 * @throws {DidError} APPROVAL_INVALID, QUORUM_MISSING
 */
export function didCall(request: DidRequest, approvals: readonly DidApproval[]): DidCall {
  const { registry, operation, current, reveal } = request;
  const sorted = collectApprovals(request, approvals);
  const encode = (name: string, args: readonly unknown[]): DidCall => ({
    to: registry,
    data: hex(DID_REGISTRY.encodeFunctionData(name, args)),
  });
  switch (operation.action) {
    case "DidCreation":
      return encode("create", [operation, sorted]);
    case "DidUpdate":
      return encode("update", [operation, current, sorted]);
    case "DidRotation":
      return reveal === undefined
        ? encode("rotate", [operation, current, sorted])
        : encode("rotateByReveal", [operation, reveal.salt, sorted]);
    case "DidDeactivation":
      return reveal === undefined
        ? encode("deactivate", [operation, current, sorted])
        : encode("deactivateByReveal", [operation, reveal, sorted]);
  }
}

/**
 * Sends a call and waits until it is in a block.
 *
 * @throws {ChainError} a contract's own error, the node's, or TRANSACTION_NOT_CONFIRMED
 * @example await executeDid(relayer, didCall(request, [await approveDid(owner, request)]));
 */
export async function executeDid(sender: DidSender, call: DidCall): Promise<DidReceipt> {
  try {
    const sent = await sender.sendTransaction({ ...call });
    const receipt = await sent.wait();
    if (receipt === null)
      throw new ChainError("TRANSACTION_NOT_CONFIRMED", "the transaction is not in a block yet");
    if (receipt.status === 0) throw decodeRevert("0x");
    return { transaction: hex32(sent.hash), block: BigInt(receipt.blockNumber), gasUsed: receipt.gasUsed };
  } catch (error) {
    throw chainError(error);
  }
}
