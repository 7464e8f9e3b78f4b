import { KEY_KINDS, type TypedData, type TypedDataDomain } from "../keys/index.ts";
import { authorizationBits } from "./authorizations.ts";
import type { RegistryLocation } from "./identifiers.ts";
import type { AcceptanceOffer, AgentChange, AgentRevocation, Operation } from "./operations.ts";

type Field = { readonly name: string; readonly type: string };
type Struct = Readonly<Record<string, unknown>>;

/** `"uint256 policy,uint32 epoch"` as fields. */
function fields(signature: string): Field[] {
  return signature.split(",").map((field) => {
    const [type = "", name = ""] = field.split(" ");
    return { name, type };
  });
}

const AGENT_CHANGE = fields("uint8 kind,bytes key,uint8 authorizations,uint256 commitment,uint64 expiry");
const AGENT_REVOCATION = fields("bytes32 agent,uint8 authorizations");

/** The EIP-712 structs of the registry, member for member. */
const STRUCTS = {
  CreatePolicy: fields(
    "uint256 policy,uint256 ownerCommitment,AgentChange[] agents,bool checkpoint,uint64 deadline",
  ),
  Authorize: fields(
    "uint256 policy,uint32 epoch,AgentChange[] changes,bool checkpoint,bytes32 proposer,uint192 lane,uint64 nonce,uint64 deadline",
  ),
  Revoke: fields(
    "uint256 policy,uint32 epoch,AgentRevocation[] revocations,bytes32 proposer,uint192 lane,uint64 nonce,uint64 deadline",
  ),
  Renounce: fields(
    "uint256 policy,uint32 epoch,uint8 authorizations,bytes32 agent,uint192 lane,uint64 nonce,uint64 deadline",
  ),
  AgentAcceptance: fields(
    "uint256 policy,uint32 epoch,uint8 kind,bytes key,uint256 commitment,uint8 authorizations,uint64 expiry,uint64 deadline",
  ),
} as const;

const TYPES: Readonly<Record<keyof typeof STRUCTS, TypedData["types"]>> = {
  CreatePolicy: { CreatePolicy: STRUCTS.CreatePolicy, AgentChange: AGENT_CHANGE },
  Authorize: { Authorize: STRUCTS.Authorize, AgentChange: AGENT_CHANGE },
  Revoke: { Revoke: STRUCTS.Revoke, AgentRevocation: AGENT_REVOCATION },
  Renounce: { Renounce: STRUCTS.Renounce },
  AgentAcceptance: { AgentAcceptance: STRUCTS.AgentAcceptance },
};

/** The registry's EIP-712 domain on its chain. */
export function registryDomain(location: RegistryLocation): TypedDataDomain {
  return {
    name: "dkms AgentPolicyRegistry",
    version: "1",
    chainId: location.chainId,
    verifyingContract: location.registry,
  };
}

/** What the approvers of an operation sign. */
export function operationTypedData(location: RegistryLocation, operation: Operation): TypedData {
  return {
    domain: registryDomain(location),
    types: TYPES[operation.action],
    primaryType: operation.action,
    message: operationStruct(operation),
  };
}

/** What an agent signs to accept what an operation gives it (protocol §2). */
export function acceptanceTypedData(location: RegistryLocation, offer: AcceptanceOffer): TypedData {
  return {
    domain: registryDomain(location),
    types: TYPES.AgentAcceptance,
    primaryType: "AgentAcceptance",
    message: {
      policy: offer.policy,
      epoch: offer.epoch,
      ...changeStruct(offer.change),
      deadline: offer.deadline,
    },
  };
}

/** The operation as the struct that the registry takes and that is signed. */
export function operationStruct(operation: Operation): Struct {
  switch (operation.action) {
    case "CreatePolicy": {
      const { action: _, agents, ...rest } = operation;
      return { ...rest, agents: agents.map(changeStruct) };
    }
    case "Authorize": {
      const { action: _, changes, ...rest } = operation;
      return { ...rest, changes: changes.map(changeStruct) };
    }
    case "Revoke": {
      const { action: _, revocations, ...rest } = operation;
      return { ...rest, revocations: revocations.map(revocationStruct) };
    }
    case "Renounce": {
      const { action: _, authorizations, proposer, ...rest } = operation;
      return { ...rest, agent: proposer, authorizations: authorizationBits(authorizations) };
    }
  }
}

function changeStruct(change: AgentChange): Struct {
  return {
    kind: KEY_KINDS[change.key.kind],
    key: change.key.material,
    authorizations: authorizationBits(change.authorizations),
    commitment: change.grant?.commitment ?? 0n,
    expiry: change.grant?.expiry ?? 0n,
  };
}

function revocationStruct(revocation: AgentRevocation): Struct {
  return { agent: revocation.agent, authorizations: authorizationBits(revocation.authorizations) };
}
