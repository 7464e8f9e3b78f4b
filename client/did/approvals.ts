import { recoverAddress, TypedDataEncoder } from "ethers";
import { type Hex, hex } from "../core/index.ts";
import { type Controller, controllerId } from "./controllers.ts";
import { DidError } from "./errors.ts";
import type { DidOperation, DidRequest } from "./operations.ts";

/** A controller's approval. With an empty signature (`0x`) it counts only if that controller sends the transaction. */
export type DidApproval = { readonly key: Hex; readonly signature: Hex };

/** Port to a controller's key: every signer of ethers fits. */
export interface DidSigner {
  getAddress(): Promise<string>;
  signTypedData(
    domain: DidTypedData["domain"],
    types: Record<string, { name: string; type: string }[]>,
    message: Record<string, unknown>,
  ): Promise<string>;
}

/** An operation as EIP-712 has it, for signers of any kind. */
export type DidTypedData = {
  readonly domain: {
    readonly name: string;
    readonly version: string;
    readonly chainId: bigint;
    readonly verifyingContract: string;
  };
  readonly types: Record<string, { name: string; type: string }[]>;
  readonly primaryType: DidOperation["action"];
  readonly message: Record<string, unknown>;
};

/** The structs that the registry hashes, member for member. */
const STRUCTS: Readonly<Record<DidOperation["action"], string>> = {
  DidCreation: "bytes20 did,bytes controllers,bytes32 next,bytes32 salt,bytes state,uint64 deadline",
  DidUpdate: "bytes20 did,uint32 version,bytes32 previous,bytes state,uint64 deadline",
  DidRotation:
    "bytes20 did,uint32 version,bytes32 previous,bytes controllers,bytes32 next,bytes state,uint64 deadline",
  DidDeactivation: "bytes20 did,uint32 version,bytes32 previous,uint64 deadline",
};

/** What the controllers sign. */
export function didTypedData({ chainId, registry, operation }: DidRequest): DidTypedData {
  const { action, ...message } = operation;
  const fields = STRUCTS[action].split(",").map((field) => {
    const [type = "", name = ""] = field.split(" ");
    return { name, type };
  });
  return {
    domain: { name: "dkms DidRegistry", version: "1", chainId, verifyingContract: registry },
    types: { [action]: fields },
    primaryType: action,
    message,
  };
}

/**
 * Signs an operation.
 *
 * @throws {DidError} APPROVAL_INVALID if the signer is none of those who must approve, or signs as somebody else.
 */
export async function approveDid(signer: DidSigner, request: DidRequest): Promise<DidApproval> {
  const { domain, types, message } = didTypedData(request);
  const key = hex(await signer.getAddress());
  const approval = { key, signature: hex(await signer.signTypedData(domain, types, message)) };
  if (signerOf(request, approval.signature) !== key)
    throw invalid("the signature is not by its key", { key });
  requireApprover(request, key);
  return approval;
}

/** The approval of the account that sends the transaction itself. @throws {DidError} APPROVAL_INVALID */
export function senderApproval(request: DidRequest, address: string): DidApproval {
  const key = hex(address);
  requireApprover(request, key);
  return { key, signature: "0x" };
}

/**
 * Approvals in the order of the registry, once they are enough.
 *
 * @throws {DidError} APPROVAL_INVALID, QUORUM_MISSING
 */
export function collectApprovals(
  request: DidRequest,
  approvals: readonly DidApproval[],
): readonly DidApproval[] {
  const byId = new Map(
    approvals.map((approval) => [controllerId(requireApprover(request, approval.key)), approval]),
  );
  const { threshold } = request.approvers;
  if (byId.size < threshold) {
    throw new DidError("QUORUM_MISSING", `${threshold} controllers must approve`, {
      details: { approvals: byId.size, threshold },
    });
  }
  return [...byId].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, approval]) => approval);
}

function requireApprover({ approvers }: DidRequest, key: Hex): Controller {
  const found = approvers.keys.find((controller) => controller.key === key);
  if (found === undefined) throw invalid("this key is not among those who must approve", { key });
  return found;
}

function signerOf(request: DidRequest, signature: Hex): Hex {
  const { domain, types, message } = didTypedData(request);
  try {
    return hex(recoverAddress(TypedDataEncoder.hash(domain, types, message), signature));
  } catch {
    throw invalid("this is no signature", { length: (signature.length - 2) / 2 });
  }
}

function invalid(message: string, details: Readonly<Record<string, unknown>>): DidError {
  return new DidError("APPROVAL_INVALID", message, { details });
}
