// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AgentPower, AgentPowerHash} from "./AgentPower.sol";
import {KeyId} from "./KeyId.sol";
import {PolicyId} from "./PolicyId.sol";
import {PolicySettings, PolicySettingsHash} from "./PolicySettings.sol";

/// @dev What the root keys put in the place of all power in a policy. `agents`: all that hold power in the new epoch.
/// `settings`: the new quorums and the commitment to the next root keys; `delay` and `window` stay and are 0 here.
/// `survivors`: agents that go on proving; all others end. It needs no nonce: its epoch ends with it.
struct EmergencyRotate {
    PolicyId policy;
    uint32 epoch;
    AgentPower[] agents;
    PolicySettings settings;
    KeyId[] survivors;
    uint64 deadline;
}

/// @title EmergencyRotateHash
/// @notice EIP-712 hash of `EmergencyRotate`.
library EmergencyRotateHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "EmergencyRotate(uint256 policy,uint32 epoch,AgentPower[] agents,PolicySettings settings,"
        "bytes32[] survivors,uint64 deadline)"
        "AgentPower(uint8 kind,bytes key,uint8 authorizations)"
        "PolicySettings(uint8 grantQuorum,uint8 adminQuorum,bool contractKeysCount,uint32 delay,uint32 window,"
        "bytes32 rootCommitment)"
    );

    /// @dev hashStruct of EIP-712.
    function hash(EmergencyRotate calldata op) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    TYPEHASH,
                    op.policy,
                    op.epoch,
                    AgentPowerHash.hash(op.agents),
                    PolicySettingsHash.hash(op.settings),
                    keccak256(abi.encodePacked(op.survivors)),
                    op.deadline
                )
            );
    }
}
