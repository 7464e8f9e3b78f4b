// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev Opens a DID's commitment to show who controls it. `previous`: the commitment of the version before, at the
/// first version the DID itself. `next`: the pre-rotation commitment, 0 if none. `stateHash`: keccak256 of the state.
struct DidControl {
    bytes32 previous;
    bytes controllers;
    bytes32 next;
    bytes32 stateHash;
}
