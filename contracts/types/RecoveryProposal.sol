// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AgentPower, AgentPowerHash} from "./AgentPower.sol";
import {PolicyId} from "./PolicyId.sol";
import {PolicySettings, PolicySettingsHash} from "./PolicySettings.sol";

/// @dev What trustees put in the place of all power in a policy. `recovery`: its number in the policy. `trusteeSet`:
/// the number of the set that proposes. `agents`: all that hold power afterwards. `settings`: the new quorums and the
/// commitment to the next root keys; `delay` and `window` stay and are 0 here. It is bound to no epoch: a thief's
/// rotation does not void it.
struct RecoveryProposal {
    PolicyId policy;
    uint64 recovery;
    uint32 trusteeSet;
    AgentPower[] agents;
    PolicySettings settings;
    uint64 deadline;
}

/// @dev What an agent of a recovery signs to accept its power. `kind`: see `AgentAcceptance`.
struct RecoveryAcceptance {
    PolicyId policy;
    uint64 recovery;
    uint8 kind;
    bytes key;
    uint8 authorizations;
    uint64 deadline;
}

/// @title RecoveryProposalHash
/// @notice EIP-712 hashes of `RecoveryProposal` and `RecoveryAcceptance`.
library RecoveryProposalHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "RecoveryProposal(uint256 policy,uint64 recovery,uint32 trusteeSet,AgentPower[] agents,"
        "PolicySettings settings,uint64 deadline)"
        "AgentPower(uint8 kind,bytes key,uint8 authorizations)"
        "PolicySettings(uint8 grantQuorum,uint8 adminQuorum,bool contractKeysCount,uint32 delay,uint32 window,"
        "bytes32 rootCommitment)"
    );

    /// @dev The type of an acceptance.
    bytes32 internal constant ACCEPTANCE_TYPEHASH = keccak256(
        "RecoveryAcceptance(uint256 policy,uint64 recovery,uint8 kind,bytes key,uint8 authorizations,"
        "uint64 deadline)"
    );

    /// @dev hashStruct of EIP-712.
    function hash(RecoveryProposal calldata op) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    TYPEHASH,
                    op.policy,
                    op.recovery,
                    op.trusteeSet,
                    AgentPowerHash.hash(op.agents),
                    PolicySettingsHash.hash(op.settings),
                    op.deadline
                )
            );
    }

    /// @dev hashStruct of EIP-712 of what an agent of the proposal accepts.
    function acceptance(
        RecoveryProposal calldata op,
        AgentPower calldata agent,
        uint64 deadline
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    ACCEPTANCE_TYPEHASH,
                    op.policy,
                    op.recovery,
                    agent.kind,
                    keccak256(agent.key),
                    agent.authorizations,
                    deadline
                )
            );
    }
}
