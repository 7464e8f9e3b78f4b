// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {PolicyId} from "./PolicyId.sol";

/// @dev A trustee's only vote in a recovery. `proposal`: what it is for, 0 to take it back. `sequence`: one more than
/// that of its last vote in this recovery, from 1 on, so that no vote comes back.
struct RecoveryVote {
    PolicyId policy;
    uint64 recovery;
    uint32 trusteeSet;
    bytes32 proposal;
    uint32 sequence;
    uint64 deadline;
}

/// @title RecoveryVoteHash
/// @notice EIP-712 hash of `RecoveryVote`.
library RecoveryVoteHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "RecoveryVote(uint256 policy,uint64 recovery,uint32 trusteeSet,bytes32 proposal,uint32 sequence,"
        "uint64 deadline)"
    );

    /// @dev hashStruct of EIP-712.
    function hash(RecoveryVote calldata op) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(TYPEHASH, op.policy, op.recovery, op.trusteeSet, op.proposal, op.sequence, op.deadline)
            );
    }
}
