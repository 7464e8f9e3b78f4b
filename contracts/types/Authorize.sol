// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AgentChange, AgentChangeHash} from "./AgentChange.sol";
import {KeyId} from "./KeyId.sol";
import {PolicyId} from "./PolicyId.sol";

/// @dev Sets the authorizations of agents, all or nothing. `checkpoint`: make the new leaves provable at once.
struct Authorize {
    PolicyId policy;
    uint32 epoch;
    AgentChange[] changes;
    bool checkpoint;
    KeyId proposer;
    uint192 lane;
    uint64 nonce;
    uint64 deadline;
}

/// @title AuthorizeHash
/// @notice EIP-712 encoding of `Authorize`.
library AuthorizeHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "Authorize(uint256 policy,uint32 epoch,AgentChange[] changes,bool checkpoint,bytes32 proposer,"
        "uint192 lane,uint64 nonce,uint64 deadline,uint32 counter)"
        "AgentChange(uint8 kind,bytes key,uint8 authorizations,uint256 commitment,uint64 expiry)"
    );

    /// @dev encodeData of EIP-712 but for its last word, the approver's counter.
    function encode(Authorize calldata op) internal pure returns (bytes memory) {
        return
            abi.encode(
                TYPEHASH,
                op.policy,
                op.epoch,
                AgentChangeHash.hash(op.changes),
                op.checkpoint,
                op.proposer,
                op.lane,
                op.nonce,
                op.deadline
            );
    }
}
