// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyId} from "./KeyId.sol";
import {PolicyId} from "./PolicyId.sol";

/// @dev Records the newest backup of an owner. `sequence`: one more than that of the last.
struct AnchorBackup {
    PolicyId policy;
    uint32 epoch;
    uint64 sequence;
    bytes32 backup;
    KeyId agent;
    uint64 deadline;
}

/// @title AnchorBackupHash
/// @notice EIP-712 encoding of `AnchorBackup`.
library AnchorBackupHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "AnchorBackup(uint256 policy,uint32 epoch,uint64 sequence,bytes32 backup,bytes32 agent,uint64 deadline,"
        "uint32 counter)"
    );

    /// @dev encodeData of EIP-712 but for its last word, the approver's counter.
    function encode(AnchorBackup calldata op) internal pure returns (bytes memory) {
        return abi.encode(TYPEHASH, op.policy, op.epoch, op.sequence, op.backup, op.agent, op.deadline);
    }
}
