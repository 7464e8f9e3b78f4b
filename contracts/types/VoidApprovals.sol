// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyId} from "./KeyId.sol";
import {PolicyId} from "./PolicyId.sol";

/// @dev Voids all that an agent approved and nobody submitted yet, this included: it raises the counter that every
/// approval of the agent carries.
struct VoidApprovals {
    PolicyId policy;
    uint32 epoch;
    KeyId agent;
    uint64 deadline;
}

/// @title VoidApprovalsHash
/// @notice EIP-712 encoding of `VoidApprovals`.
library VoidApprovalsHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "VoidApprovals(uint256 policy,uint32 epoch,bytes32 agent,uint64 deadline,uint32 counter)"
    );

    /// @dev encodeData of EIP-712 but for its last word, the approver's counter.
    function encode(VoidApprovals calldata op) internal pure returns (bytes memory) {
        return abi.encode(TYPEHASH, op.policy, op.epoch, op.agent, op.deadline);
    }
}
