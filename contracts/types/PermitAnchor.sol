// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyId} from "./KeyId.sol";
import {PolicyId} from "./PolicyId.sol";

/// @dev Says whether an agent that proves may record backups in this epoch.
struct PermitAnchor {
    PolicyId policy;
    uint32 epoch;
    KeyId agent;
    bool permitted;
    KeyId proposer;
    uint192 lane;
    uint64 nonce;
    uint64 deadline;
}

/// @title PermitAnchorHash
/// @notice EIP-712 encoding of `PermitAnchor`.
library PermitAnchorHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "PermitAnchor(uint256 policy,uint32 epoch,bytes32 agent,bool permitted,bytes32 proposer,uint192 lane,"
        "uint64 nonce,uint64 deadline,uint32 counter)"
    );

    /// @dev encodeData of EIP-712 but for its last word, the approver's counter.
    function encode(PermitAnchor calldata op) internal pure returns (bytes memory) {
        return
            abi.encode(
                TYPEHASH,
                op.policy,
                op.epoch,
                op.agent,
                op.permitted,
                op.proposer,
                op.lane,
                op.nonce,
                op.deadline
            );
    }
}
