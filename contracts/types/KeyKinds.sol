// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title KeyKinds
/// @notice How the signatures of an agent's key are checked; pinned in the agent's record when it is added.
/// @dev Numbers, not an enum, so that an unknown kind gets an error with its value. 0 is no kind.
library KeyKinds {
    /// @dev ECDSA over secp256k1; the key material is the address, 20 bytes. Code at the address is never asked.
    uint8 internal constant SECP256K1 = 1;

    /// @dev A contract that answers `isValidSignature` (ERC-1271); the key material is its address, 20 bytes.
    uint8 internal constant CONTRACT = 2;

    /// @dev ECDSA over P-256 of the digest itself; the key material is the point, x and y, 64 bytes.
    uint8 internal constant P256 = 3;

    /// @dev A passkey, asked for the digest as challenge; the key material is the point, x and y, 64 bytes.
    uint8 internal constant WEBAUTHN = 4;

    /// @dev As WEBAUTHN, and each signature says that the user was verified and that the key cannot be backed up.
    uint8 internal constant WEBAUTHN_DEVICE_BOUND = 5;
}
