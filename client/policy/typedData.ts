import { TypedDataEncoder } from "ethers";
import { type Hex32, hex32 } from "../core/index.ts";
import { KEY_KINDS, type TypedData, type TypedDataDomain } from "../keys/index.ts";
import { authorizationBits } from "./authorizations.ts";
import type { RegistryLocation } from "./identifiers.ts";
import { uint32 } from "./integers.ts";
import type { AgentPower } from "./operationParts.ts";
import type { AcceptanceOffer, AgentChange, AgentRevocation, Operation, SlowChange } from "./operations.ts";
import { settingsFields, settingsStruct } from "./settings.ts";
import {
  ACCEPTANCE_TYPES,
  OPERATION_TYPES,
  RECOVERY_ACCEPTANCE_TYPES,
  TRUSTEE_TYPES,
} from "./signedTypes.ts";
import type { RecoveryOffer, RecoveryProposal, TrusteeOperation } from "./trusteeOperations.ts";
import { NO_HASH, trusteeSettingsStruct } from "./trusteeSettings.ts";

type Struct = Readonly<Record<string, unknown>>;

/** The registry's EIP-712 domain on its chain. */
export function registryDomain(location: RegistryLocation): TypedDataDomain {
  return {
    name: "dkms AgentPolicyRegistry",
    version: "1",
    chainId: location.chainId,
    verifyingContract: location.registry,
  };
}

/** True for the operations whose approvals carry their approver's counter; the others can be executed once at most. */
export function carriesCounter({ action }: Operation): boolean {
  return action !== "CreatePolicy" && action !== "EmergencyRotate";
}

/**
 * What an approver of an operation signs.
 *
 * @param counter The approver's own, which voids its approvals when it rises; 0 until then.
 * @throws {PolicyError} UINT_OUT_OF_RANGE
 */
export function operationTypedData(location: RegistryLocation, operation: Operation, counter = 0): TypedData {
  const struct = operationStruct(operation);
  return {
    domain: registryDomain(location),
    types: OPERATION_TYPES[operation.action],
    primaryType: operation.action,
    message: carriesCounter(operation) ? { ...struct, counter: uint32(counter, "counter") } : struct,
  };
}

/** What an agent signs to accept what an operation gives it (protocol §2). */
export function acceptanceTypedData(location: RegistryLocation, offer: AcceptanceOffer): TypedData {
  return {
    domain: registryDomain(location),
    types: ACCEPTANCE_TYPES,
    primaryType: "AgentAcceptance",
    message: {
      policy: offer.policy,
      epoch: offer.epoch,
      ...changeStruct(offer.change),
      deadline: offer.deadline,
    },
  };
}

/** What a trustee signs. @throws {PolicyError} UINT_OUT_OF_RANGE */
export function trusteeTypedData(location: RegistryLocation, operation: TrusteeOperation): TypedData {
  return {
    domain: registryDomain(location),
    types: TRUSTEE_TYPES[operation.action],
    primaryType: operation.action,
    message: trusteeStruct(operation),
  };
}

/** What an agent signs to accept what a recovery gives it. */
export function recoveryAcceptanceTypedData(location: RegistryLocation, offer: RecoveryOffer): TypedData {
  const { power, ...rest } = offer;
  return {
    domain: registryDomain(location),
    types: RECOVERY_ACCEPTANCE_TYPES,
    primaryType: "RecoveryAcceptance",
    message: { ...rest, ...powerStruct(power) },
  };
}

/** How the registry names a change that waits: the EIP-712 hash of the struct with counter 0. */
export function changeIdOf(change: SlowChange): Hex32 {
  const message = { ...operationStruct(change), counter: 0 };
  return hex32(
    TypedDataEncoder.hashStruct(change.action, structuredClone(OPERATION_TYPES[change.action]), message),
  );
}

/** How the registry names a proposal: the EIP-712 hash of the struct. */
export function proposalIdOf(proposal: RecoveryProposal): Hex32 {
  const types = structuredClone(TRUSTEE_TYPES.RecoveryProposal);
  return hex32(TypedDataEncoder.hashStruct("RecoveryProposal", types, { ...trusteeStruct(proposal) }));
}

/** What only trustees sign, as the struct that the registry takes. */
export function trusteeStruct(operation: TrusteeOperation): Struct {
  switch (operation.action) {
    case "RecoveryProposal": {
      const { action: _, agents, settings, ...rest } = operation;
      return { ...rest, agents: agents.map(powerStruct), settings: settingsStruct(settings) };
    }
    case "RecoveryVote": {
      const { action: _, proposal = NO_HASH, ...rest } = operation;
      return { ...rest, proposal };
    }
    case "TrusteeRevoke": {
      const { action: _, ...rest } = operation;
      return rest;
    }
  }
}

/** The operation as the struct that the registry takes; approvers sign it with their counter. */
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
    case "Renew": {
      const { action: _, grant, proposer, ...rest } = operation;
      return { ...rest, ...grant, agent: proposer };
    }
    case "GovernanceChange": {
      const { action: _, agents, settings, abandon, ...rest } = operation;
      return {
        ...rest,
        agents: agents.map(powerStruct),
        fields: settingsFields(settings),
        settings: settingsStruct(settings),
        abandon: abandon !== undefined,
        successor: abandon?.successor ?? NO_HASH,
      };
    }
    case "EmergencyRotate": {
      const { action: _, agents, settings, ...rest } = operation;
      return { ...rest, agents: agents.map(powerStruct), settings: settingsStruct(settings) };
    }
    case "TrusteeChange": {
      const { action: _, trustees, ...rest } = operation;
      return { ...rest, trustees: trusteeSettingsStruct(trustees) };
    }
    default: {
      const { action: _, ...rest } = operation;
      return rest;
    }
  }
}

function changeStruct(change: AgentChange): Struct {
  return {
    ...powerStruct(change),
    commitment: change.grant?.commitment ?? 0n,
    expiry: change.grant?.expiry ?? 0n,
  };
}

function powerStruct({ key, authorizations }: AgentPower): Struct {
  return {
    kind: KEY_KINDS[key.kind],
    key: key.material,
    authorizations: authorizationBits(authorizations),
  };
}

function revocationStruct(revocation: AgentRevocation): Struct {
  return { agent: revocation.agent, authorizations: authorizationBits(revocation.authorizations) };
}
