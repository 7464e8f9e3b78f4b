// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev The identity of an agent's key: keccak256 of its key material (20 bytes of address for SECP256K1).
type KeyId is bytes32;
