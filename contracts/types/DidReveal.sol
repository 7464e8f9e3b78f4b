// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev Opens a pre-rotation commitment: next = keccak256(abi.encode(salt, keccak256(controllers))).
struct DidReveal {
    bytes controllers;
    bytes32 salt;
}
