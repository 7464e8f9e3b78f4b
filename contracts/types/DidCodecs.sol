// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title DidCodecs
/// @notice The multicodec codes of the public keys whose form the registry knows.
library DidCodecs {
    /// @dev ECDSA over secp256k1, compressed: 33 bytes, the first 2 or 3.
    uint16 internal constant SECP256K1 = 0xe7;
    /// @dev Key agreement over Curve25519: 32 bytes.
    uint16 internal constant X25519 = 0xec;
    /// @dev EdDSA over Curve25519: 32 bytes.
    uint16 internal constant ED25519 = 0xed;
    /// @dev ECDSA over P-256, compressed: 33 bytes, the first 2 or 3.
    uint16 internal constant P256 = 0x1200;
}
