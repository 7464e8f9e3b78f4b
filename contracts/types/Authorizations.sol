// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Authorizations
/// @notice The authorizations of an agent, bits of a `uint8` (A2).
library Authorizations {
    /// @dev May prove in zero knowledge that the owner authorized it.
    uint8 internal constant PROVE = 1;
    /// @dev May grant PROVE.
    uint8 internal constant PROVE_GRANT = 2;
    /// @dev May revoke PROVE.
    uint8 internal constant PROVE_REVOKE = 4;
    /// @dev May change every authorization of every agent, its own included.
    uint8 internal constant ADMIN = 8;
    /// @dev What the creator of a policy gets, and all bits there are.
    uint8 internal constant ALL = PROVE | PROVE_GRANT | PROVE_REVOKE | ADMIN;
}
