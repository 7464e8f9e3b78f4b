// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev What is recorded of a checkpointed root (protocol §3.3), 88 bits. An unknown root has size 0: the empty tree
/// is never checkpointed.
struct Checkpoint {
    uint16 generation;
    uint32 size;
    uint40 time;
}
