// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev The identity of a key of a DID: keccak256(uint16 codec ‖ key). In hex it is the fragment of the key's DID
/// URL.
type DidKeyId is bytes32;
