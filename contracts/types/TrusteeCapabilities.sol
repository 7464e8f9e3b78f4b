// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title TrusteeCapabilities
/// @notice What a trustee may do together with others, bits of a `uint8` (V4).
library TrusteeCapabilities {
    /// @dev Keeps a share of the owner's recovery secret; nothing on chain.
    uint8 internal constant RECOVERY_SHARE = 1;
    /// @dev May revoke PROVE.
    uint8 internal constant REVOKE_AUTHZ = 2;
    /// @dev May stand for one approval of a grant.
    uint8 internal constant PROVISION_AUTHZ = 4;
    /// @dev May take the policy over, slowly.
    uint8 internal constant ADMIN_AUTHZ = 8;
    /// @dev All there are.
    uint8 internal constant ALL = 15;
}
