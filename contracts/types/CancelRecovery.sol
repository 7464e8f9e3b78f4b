// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {PolicyId} from "./PolicyId.sol";

/// @dev Ends a recovery that runs: signed by most ADMINs, with their counters, and by trustees, with 2^32 - 1 less
/// the number of their set in its place.
struct CancelRecovery {
    PolicyId policy;
    uint32 epoch;
    uint64 recovery;
    bytes32 proposal;
    uint64 deadline;
}

/// @title CancelRecoveryHash
/// @notice EIP-712 encoding of `CancelRecovery`.
library CancelRecoveryHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "CancelRecovery(uint256 policy,uint32 epoch,uint64 recovery,bytes32 proposal,uint64 deadline,uint32 counter)"
    );

    /// @dev encodeData of EIP-712 but for its last word, the approver's counter.
    function encode(CancelRecovery calldata op) internal pure returns (bytes memory) {
        return abi.encode(TYPEHASH, op.policy, op.epoch, op.recovery, op.proposal, op.deadline);
    }
}
