import { TypedDataEncoder } from "ethers";
import { type Hex32, hex32 } from "../core/index.ts";
import { KEY_KINDS, type TypedData, type TypedDataDomain } from "../keys/index.ts";
import { authorizationBits } from "./authorizations.ts";
import type { RegistryLocation } from "./identifiers.ts";
import { uint32 } from "./integers.ts";
import type {
  AcceptanceOffer,
  AgentChange,
  AgentPower,
  AgentRevocation,
  GovernanceChange,
  Operation,
} from "./operations.ts";
import { settingsFields, settingsStruct } from "./settings.ts";

type Field = { readonly name: string; readonly type: string };
type Struct = Readonly<Record<string, unknown>>;

/** `"uint256 policy,uint32 epoch"` as fields. */
function fields(signature: string): Field[] {
  return signature.split(",").map((field) => {
    const [type = "", name = ""] = field.split(" ");
    return { name, type };
  });
}

/** The structs inside of operations. */
const AGENT_CHANGE = fields("uint8 kind,bytes key,uint8 authorizations,uint256 commitment,uint64 expiry");
const AGENT_REVOCATION = fields("bytes32 agent,uint8 authorizations");
const AGENT_POWER = fields("uint8 kind,bytes key,uint8 authorizations");
const POLICY_SETTINGS = fields(
  "uint8 grantQuorum,uint8 adminQuorum,bool contractKeysCount,uint32 delay,uint32 window,bytes32 rootCommitment",
);

const NO_SUCCESSOR = hex32(`0x${"00".repeat(32)}`);

const REPLAY = "uint192 lane,uint64 nonce,uint64 deadline";

/** The EIP-712 types of the registry, member for member. */
const TYPES = {
  CreatePolicy: {
    CreatePolicy: fields(
      "uint256 policy,uint256 ownerCommitment,AgentChange[] agents,PolicySettings settings,bool checkpoint,uint64 deadline",
    ),
    AgentChange: AGENT_CHANGE,
    PolicySettings: POLICY_SETTINGS,
  },
  Authorize: {
    Authorize: fields(
      `uint256 policy,uint32 epoch,AgentChange[] changes,bool checkpoint,bytes32 proposer,${REPLAY},uint32 counter`,
    ),
    AgentChange: AGENT_CHANGE,
  },
  Revoke: {
    Revoke: fields(
      `uint256 policy,uint32 epoch,AgentRevocation[] revocations,bytes32 proposer,${REPLAY},uint32 counter`,
    ),
    AgentRevocation: AGENT_REVOCATION,
  },
  Renounce: {
    Renounce: fields(
      `uint256 policy,uint32 epoch,uint8 authorizations,bytes32 agent,${REPLAY},uint32 counter`,
    ),
  },
  Renew: {
    Renew: fields(
      `uint256 policy,uint32 epoch,uint256 commitment,uint64 expiry,bool checkpoint,bytes32 agent,${REPLAY},uint32 counter`,
    ),
  },
  GovernanceChange: {
    GovernanceChange: fields(
      `uint256 policy,uint32 epoch,AgentPower[] agents,uint8 fields,PolicySettings settings,bool abandon,bytes32 successor,bytes32 proposer,${REPLAY},uint32 counter`,
    ),
    AgentPower: AGENT_POWER,
    PolicySettings: POLICY_SETTINGS,
  },
  Veto: {
    Veto: fields("uint256 policy,uint32 epoch,bytes32 change,bytes32 agent,uint64 deadline,uint32 counter"),
  },
  Withdraw: {
    Withdraw: fields(
      "uint256 policy,uint32 epoch,bytes32 change,bytes32 agent,uint64 deadline,uint32 counter",
    ),
  },
  Stop: { Stop: fields("uint256 policy,uint32 epoch,bytes32 agent,uint64 deadline,uint32 counter") },
  LiftStop: {
    LiftStop: fields("uint256 policy,uint32 epoch,bytes32 stopper,uint64 deadline,uint32 counter"),
  },
  VoidApprovals: {
    VoidApprovals: fields("uint256 policy,uint32 epoch,bytes32 agent,uint64 deadline,uint32 counter"),
  },
  EmergencyRotate: {
    EmergencyRotate: fields(
      "uint256 policy,uint32 epoch,AgentPower[] agents,PolicySettings settings,bytes32[] survivors,uint64 deadline",
    ),
    AgentPower: AGENT_POWER,
    PolicySettings: POLICY_SETTINGS,
  },
} as const satisfies Record<Operation["action"], TypedData["types"]>;

const ACCEPTANCE: TypedData["types"] = {
  AgentAcceptance: fields(
    "uint256 policy,uint32 epoch,uint8 kind,bytes key,uint256 commitment,uint8 authorizations,uint64 expiry,uint64 deadline",
  ),
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
    types: TYPES[operation.action],
    primaryType: operation.action,
    message: carriesCounter(operation) ? { ...struct, counter: uint32(counter, "counter") } : struct,
  };
}

/** What an agent signs to accept what an operation gives it (protocol §2). */
export function acceptanceTypedData(location: RegistryLocation, offer: AcceptanceOffer): TypedData {
  return {
    domain: registryDomain(location),
    types: ACCEPTANCE,
    primaryType: "AgentAcceptance",
    message: {
      policy: offer.policy,
      epoch: offer.epoch,
      ...changeStruct(offer.change),
      deadline: offer.deadline,
    },
  };
}

/** How the registry names a governance change: the EIP-712 hash of the struct with counter 0. */
export function changeIdOf(change: GovernanceChange): Hex32 {
  const message = { ...operationStruct(change), counter: 0 };
  return hex32(
    TypedDataEncoder.hashStruct("GovernanceChange", structuredClone(TYPES.GovernanceChange), message),
  );
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
        successor: abandon?.successor ?? NO_SUCCESSOR,
      };
    }
    case "EmergencyRotate": {
      const { action: _, agents, settings, ...rest } = operation;
      return { ...rest, agents: agents.map(powerStruct), settings: settingsStruct(settings) };
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
