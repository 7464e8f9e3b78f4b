// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyId} from "./KeyId.sol";
import {PolicyId} from "./PolicyId.sol";

/// @dev Trustees take PROVE from agents; those that do not prove are skipped. Of none: uses the nonce, which voids what
/// was signed with it.
struct TrusteeRevoke {
    PolicyId policy;
    uint32 epoch;
    uint32 trusteeSet;
    KeyId[] agents;
    uint64 nonce;
    uint64 deadline;
}

/// @title TrusteeRevokeHash
/// @notice EIP-712 hash of `TrusteeRevoke`.
library TrusteeRevokeHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "TrusteeRevoke(uint256 policy,uint32 epoch,uint32 trusteeSet,bytes32[] agents,uint64 nonce,uint64 deadline)"
    );

    /// @dev hashStruct of EIP-712.
    function hash(TrusteeRevoke calldata op) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    TYPEHASH,
                    op.policy,
                    op.epoch,
                    op.trusteeSet,
                    keccak256(abi.encodePacked(op.agents)),
                    op.nonce,
                    op.deadline
                )
            );
    }
}
