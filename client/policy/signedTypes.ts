import type { TypedData } from "../keys/index.ts";
import type { Operation } from "./operations.ts";
import {
  AGENT_CHANGE_FIELDS,
  AGENT_POWER_FIELDS,
  AGENT_REVOCATION_FIELDS,
  fields,
  POLICY_SETTINGS_FIELDS,
  TRUSTEE_SETTINGS_FIELDS,
} from "./structs.ts";
import type { TrusteeOperation } from "./trusteeOperations.ts";

const REPLAY = "uint192 lane,uint64 nonce,uint64 deadline";

/** The EIP-712 types of the registry, member for member. */
export const OPERATION_TYPES = {
  CreatePolicy: {
    CreatePolicy: fields(
      "uint256 policy,uint256 ownerCommitment,AgentChange[] agents,PolicySettings settings,bool checkpoint,uint64 deadline",
    ),
    AgentChange: AGENT_CHANGE_FIELDS,
    PolicySettings: POLICY_SETTINGS_FIELDS,
  },
  Authorize: {
    Authorize: fields(
      `uint256 policy,uint32 epoch,AgentChange[] changes,bool checkpoint,bytes32 proposer,${REPLAY},uint32 counter`,
    ),
    AgentChange: AGENT_CHANGE_FIELDS,
  },
  Revoke: {
    Revoke: fields(
      `uint256 policy,uint32 epoch,AgentRevocation[] revocations,bytes32 proposer,${REPLAY},uint32 counter`,
    ),
    AgentRevocation: AGENT_REVOCATION_FIELDS,
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
    AgentPower: AGENT_POWER_FIELDS,
    PolicySettings: POLICY_SETTINGS_FIELDS,
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
    AgentPower: AGENT_POWER_FIELDS,
    PolicySettings: POLICY_SETTINGS_FIELDS,
  },
  TrusteeChange: {
    TrusteeChange: fields(
      `uint256 policy,uint32 epoch,TrusteeSettings trustees,bytes32 proposer,${REPLAY},uint32 counter`,
    ),
    TrusteeSettings: TRUSTEE_SETTINGS_FIELDS,
  },
  PermitAnchor: {
    PermitAnchor: fields(
      `uint256 policy,uint32 epoch,bytes32 agent,bool permitted,bytes32 proposer,${REPLAY},uint32 counter`,
    ),
  },
  AnchorBackup: {
    AnchorBackup: fields(
      "uint256 policy,uint32 epoch,uint64 sequence,bytes32 backup,bytes32 agent,uint64 deadline,uint32 counter",
    ),
  },
  CancelRecovery: {
    CancelRecovery: fields(
      "uint256 policy,uint32 epoch,uint64 recovery,bytes32 proposal,uint64 deadline,uint32 counter",
    ),
  },
} as const satisfies Record<Operation["action"], TypedData["types"]>;

/** What trustees sign alone. */
export const TRUSTEE_TYPES = {
  RecoveryProposal: {
    RecoveryProposal: fields(
      "uint256 policy,uint64 recovery,uint32 trusteeSet,AgentPower[] agents,PolicySettings settings,uint64 deadline",
    ),
    AgentPower: AGENT_POWER_FIELDS,
    PolicySettings: POLICY_SETTINGS_FIELDS,
  },
  RecoveryVote: {
    RecoveryVote: fields(
      "uint256 policy,uint64 recovery,uint32 trusteeSet,bytes32 proposal,uint32 sequence,uint64 deadline",
    ),
  },
  TrusteeRevoke: {
    TrusteeRevoke: fields(
      "uint256 policy,uint32 epoch,uint32 trusteeSet,bytes32[] agents,uint64 nonce,uint64 deadline",
    ),
  },
} as const satisfies Record<TrusteeOperation["action"], TypedData["types"]>;

/** What an agent of a recovery signs. */
export const RECOVERY_ACCEPTANCE_TYPES: TypedData["types"] = {
  RecoveryAcceptance: fields(
    "uint256 policy,uint64 recovery,uint8 kind,bytes key,uint8 authorizations,uint64 deadline",
  ),
};

/** What an agent signs to join, to prove, or to hold power. */
export const ACCEPTANCE_TYPES: TypedData["types"] = {
  AgentAcceptance: fields(
    "uint256 policy,uint32 epoch,uint8 kind,bytes key,uint256 commitment,uint8 authorizations,uint64 expiry,uint64 deadline",
  ),
};
