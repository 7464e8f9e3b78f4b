// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AgentPower, AgentPowerHash} from "./AgentPower.sol";
import {KeyId} from "./KeyId.sol";
import {PolicyId} from "./PolicyId.sol";
import {PolicySettings, PolicySettingsHash} from "./PolicySettings.sol";

/// @dev A change of power or rules, which waits before it takes effect. It names an end state: what is already so is
/// skipped. `fields`: the settings that it sets (`SettingsFields`); the others are zero. `abandon`: ends the policy
/// for ever, and then is all that it does; `successor` may commit to the policy that follows (A10).
struct GovernanceChange {
    PolicyId policy;
    uint32 epoch;
    AgentPower[] agents;
    uint8 fields;
    PolicySettings settings;
    bool abandon;
    bytes32 successor;
    KeyId proposer;
    uint192 lane;
    uint64 nonce;
    uint64 deadline;
}

/// @title GovernanceChangeHash
/// @notice EIP-712 encoding of `GovernanceChange`.
library GovernanceChangeHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "GovernanceChange(uint256 policy,uint32 epoch,AgentPower[] agents,uint8 fields,PolicySettings settings,"
        "bool abandon,bytes32 successor,bytes32 proposer,uint192 lane,uint64 nonce,uint64 deadline,uint32 counter)"
        "AgentPower(uint8 kind,bytes key,uint8 authorizations)"
        "PolicySettings(uint8 grantQuorum,uint8 adminQuorum,bool contractKeysCount,uint32 delay,uint32 window,"
        "bytes32 rootCommitment)"
    );

    /// @dev encodeData of EIP-712 but for its last word, the approver's counter.
    function encode(GovernanceChange calldata op) internal pure returns (bytes memory) {
        return
            abi.encode(
                TYPEHASH,
                op.policy,
                op.epoch,
                AgentPowerHash.hash(op.agents),
                op.fields,
                PolicySettingsHash.hash(op.settings),
                op.abandon,
                op.successor,
                op.proposer,
                op.lane,
                op.nonce,
                op.deadline
            );
    }
}
