// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title KeyKinds
/// @notice How the signatures of an agent's key are checked; pinned in the agent's record when it is added.
/// @dev Numbers, not an enum, so that an unknown kind gets an error with its value. 0 is no kind.
library KeyKinds {
    /// @dev ECDSA over secp256k1; the key material is the address, 20 bytes. Code at the address is never asked.
    uint8 internal constant SECP256K1 = 1;
}
