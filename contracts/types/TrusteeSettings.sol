// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev A policy's trustees and the rules of recovery. `root`: over the hidden set (`Trustee`). For each capability how
/// many trustees have it and how many must act together; 0 and 0 where nobody has it. `delay`, `window`: seconds that a
/// recovery waits, and during which it can be executed then. `shareSet`: hash of the commitments of the secret sharing
/// that belongs to this set, 0 if there is none. All zero: no trustees.
struct TrusteeSettings {
    bytes32 root;
    uint8 shareCount;
    uint8 shareQuorum;
    uint8 revokeCount;
    uint8 revokeQuorum;
    uint8 provisionCount;
    uint8 provisionQuorum;
    uint8 adminCount;
    uint8 adminQuorum;
    uint32 delay;
    uint32 window;
    bytes32 shareSet;
}

/// @title TrusteeSettingsHash
/// @notice EIP-712 hash of `TrusteeSettings`, which is what a policy stores of them.
library TrusteeSettingsHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "TrusteeSettings(bytes32 root,uint8 shareCount,uint8 shareQuorum,uint8 revokeCount,uint8 revokeQuorum,"
        "uint8 provisionCount,uint8 provisionQuorum,uint8 adminCount,uint8 adminQuorum,uint32 delay,uint32 window,"
        "bytes32 shareSet)"
    );

    /// @dev hashStruct of EIP-712.
    function hash(TrusteeSettings calldata settings) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, settings));
    }
}
