// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyId} from "./KeyId.sol";
import {PolicyId} from "./PolicyId.sol";

/// @dev Lifts the stop that `stopper` made. It needs no nonce: an agent whose stop was lifted cannot stop again in its
/// epoch.
struct LiftStop {
    PolicyId policy;
    uint32 epoch;
    KeyId stopper;
    uint64 deadline;
}

/// @title LiftStopHash
/// @notice EIP-712 encoding of `LiftStop`.
library LiftStopHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "LiftStop(uint256 policy,uint32 epoch,bytes32 stopper,uint64 deadline,uint32 counter)"
    );

    /// @dev encodeData of EIP-712 but for its last word, the approver's counter.
    function encode(LiftStop calldata op) internal pure returns (bytes memory) {
        return abi.encode(TYPEHASH, op.policy, op.epoch, op.stopper, op.deadline);
    }
}
