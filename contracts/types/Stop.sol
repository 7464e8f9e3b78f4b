// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyId} from "./KeyId.sol";
import {PolicyId} from "./PolicyId.sol";

/// @dev Stops all grants of PROVE. It needs no nonce: an agent whose stop was lifted cannot stop again in its epoch.
struct Stop {
    PolicyId policy;
    uint32 epoch;
    KeyId agent;
    uint64 deadline;
}

/// @title StopHash
/// @notice EIP-712 encoding of `Stop`.
library StopHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "Stop(uint256 policy,uint32 epoch,bytes32 agent,uint64 deadline,uint32 counter)"
    );

    /// @dev encodeData of EIP-712 but for its last word, the approver's counter.
    function encode(Stop calldata op) internal pure returns (bytes memory) {
        return abi.encode(TYPEHASH, op.policy, op.epoch, op.agent, op.deadline);
    }
}
