// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyId} from "./KeyId.sol";
import {PolicyId} from "./PolicyId.sol";

/// @dev An agent that proves replaces its own commitment: the old leaf is revoked, a new one takes its place. `expiry`:
/// of the new leaf, not after that of the old one. The agent is the proposer.
struct Renew {
    PolicyId policy;
    uint32 epoch;
    uint256 commitment;
    uint64 expiry;
    bool checkpoint;
    KeyId agent;
    uint192 lane;
    uint64 nonce;
    uint64 deadline;
}

/// @title RenewHash
/// @notice EIP-712 encoding of `Renew`.
library RenewHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "Renew(uint256 policy,uint32 epoch,uint256 commitment,uint64 expiry,bool checkpoint,bytes32 agent,"
        "uint192 lane,uint64 nonce,uint64 deadline,uint32 counter)"
    );

    /// @dev encodeData of EIP-712 but for its last word, the approver's counter.
    function encode(Renew calldata op) internal pure returns (bytes memory) {
        return
            abi.encode(
                TYPEHASH,
                op.policy,
                op.epoch,
                op.commitment,
                op.expiry,
                op.checkpoint,
                op.agent,
                op.lane,
                op.nonce,
                op.deadline
            );
    }
}
