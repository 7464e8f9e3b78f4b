import { type Hex, hex, isDkmsError } from "../core/index.ts";
import {
  type AgentKey,
  agentSignerOf,
  keyIdOf,
  type PolicySigner,
  typedDataDigest,
  verifySignature,
} from "../keys/index.ts";
import { DidError } from "./errors.ts";
import type { DidOperation, DidRequest } from "./operations.ts";

/**
 * A controller's approval: the material of its key, whose kind the record knows, and its signature. With an empty
 * signature (`0x`) it counts only if that account or contract sends the transaction.
 */
export type DidApproval = { readonly key: Hex; readonly signature: Hex };

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
 * @param signer Any signer of ethers, or one of `client/keys` for another kind of key.
 * @throws {DidError} APPROVAL_INVALID if the signer is none of those who must approve, or signs as somebody else.
 */
export async function approveDid(signer: PolicySigner, request: DidRequest): Promise<DidApproval> {
  const { key, sign } = await agentSignerOf(signer);
  const approver = requireApprover(request, key.material);
  if (approver.kind !== key.kind) {
    throw invalid("this key is a controller of another kind", { kind: key.kind, controller: approver.kind });
  }
  const approval = { key: key.material, signature: await sign(didTypedData(request)) };
  requireSigned(request, approver, approval);
  return approval;
}

/**
 * The approval of the account or contract that sends the transaction itself.
 *
 * @throws {DidError} APPROVAL_INVALID
 */
export function senderApproval(request: DidRequest, address: string): DidApproval {
  const key = hex(address);
  requireSigned(request, requireApprover(request, key), { key, signature: "0x" });
  return { key, signature: "0x" };
}

/**
 * Approvals in the order of the registry, once they are enough. Each is checked, wherever it is from: one that is not its
 * key's would only cost the gas of a transaction that fails.
 *
 * @throws {DidError} APPROVAL_INVALID, QUORUM_MISSING
 */
export function collectApprovals(
  request: DidRequest,
  approvals: readonly DidApproval[],
): readonly DidApproval[] {
  const byId = new Map(
    approvals.map((approval) => {
      const approver = requireApprover(request, approval.key);
      requireSigned(request, approver, approval);
      return [keyIdOf(approver), approval];
    }),
  );
  const { threshold } = request.approvers;
  if (byId.size < threshold) {
    throw new DidError("QUORUM_MISSING", `${threshold} controllers must approve`, {
      details: { approvals: byId.size, threshold },
    });
  }
  return [...byId].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, approval]) => approval);
}

function requireApprover({ approvers }: DidRequest, key: Hex): AgentKey {
  const found = approvers.keys.find(({ material }) => material === key);
  if (found === undefined) throw invalid("this key is not among those who must approve", { key });
  return found;
}

/** Whether an empty signature is the sender's, and what a contract thinks of one, only the chain can tell. */
function requireSigned(request: DidRequest, approver: AgentKey, { signature }: DidApproval): void {
  if (signature === "0x" && (approver.kind === "SECP256K1" || approver.kind === "CONTRACT")) return;
  const key = approver.material;
  try {
    if (verifySignature(approver, typedDataDigest(didTypedData(request)), signature) !== "NOT_SIGNED") return;
  } catch (cause) {
    if (!isDkmsError(cause, "KEY_SIGNATURE_MALFORMED")) throw cause;
    throw invalid("this is no signature of its key's kind", { key, length: (signature.length - 2) / 2 });
  }
  throw invalid("the signature is not by its key", { key });
}

function invalid(message: string, details: Readonly<Record<string, unknown>>): DidError {
  return new DidError("APPROVAL_INVALID", message, { details });
}
