// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyId} from "./KeyId.sol";
import {PolicyId} from "./PolicyId.sol";
import {TrusteeSettings, TrusteeSettingsHash} from "./TrusteeSettings.sol";

/// @dev A governance change that sets the trustees of a policy, or removes them all.
struct TrusteeChange {
    PolicyId policy;
    uint32 epoch;
    TrusteeSettings trustees;
    KeyId proposer;
    uint192 lane;
    uint64 nonce;
    uint64 deadline;
}

/// @title TrusteeChangeHash
/// @notice EIP-712 encoding of `TrusteeChange`.
library TrusteeChangeHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "TrusteeChange(uint256 policy,uint32 epoch,TrusteeSettings trustees,bytes32 proposer,uint192 lane,"
        "uint64 nonce,uint64 deadline,uint32 counter)"
        "TrusteeSettings(bytes32 root,uint8 shareCount,uint8 shareQuorum,uint8 revokeCount,uint8 revokeQuorum,"
        "uint8 provisionCount,uint8 provisionQuorum,uint8 adminCount,uint8 adminQuorum,uint32 delay,uint32 window,"
        "bytes32 shareSet)"
    );

    /// @dev encodeData of EIP-712 but for its last word, the approver's counter.
    function encode(TrusteeChange calldata op) internal pure returns (bytes memory) {
        return
            abi.encode(
                TYPEHASH,
                op.policy,
                op.epoch,
                TrusteeSettingsHash.hash(op.trustees),
                op.proposer,
                op.lane,
                op.nonce,
                op.deadline
            );
    }
}
