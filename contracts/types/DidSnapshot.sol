// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev Opens a DID's commitment to show all of it; what the events hold. Fields as in `DidControl`, with the state
/// itself.
struct DidSnapshot {
    bytes32 previous;
    bytes controllers;
    bytes32 next;
    bytes state;
}
