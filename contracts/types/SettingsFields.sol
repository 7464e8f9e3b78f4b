// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title SettingsFields
/// @notice Which settings a governance change sets, bits of a `uint8`.
library SettingsFields {
    uint8 internal constant GRANT_QUORUM = 1;
    uint8 internal constant ADMIN_QUORUM = 2;
    uint8 internal constant CONTRACT_KEYS_COUNT = 4;
    uint8 internal constant DELAY = 8;
    uint8 internal constant WINDOW = 16;
    uint8 internal constant ROOT_COMMITMENT = 32;
    /// @dev All there are.
    uint8 internal constant ALL = 63;
}
