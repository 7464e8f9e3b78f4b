// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title DidRelationships
/// @notice What a key of a DID may be used for: the five verification relationships of DID Core, a bitmask.
library DidRelationships {
    uint8 internal constant AUTHENTICATION = 1;
    uint8 internal constant ASSERTION_METHOD = 2;
    uint8 internal constant KEY_AGREEMENT = 4;
    uint8 internal constant CAPABILITY_INVOCATION = 8;
    uint8 internal constant CAPABILITY_DELEGATION = 16;
    uint8 internal constant ALL = 31;
}
