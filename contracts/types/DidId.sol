// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev The last part of `did:dkms:<chain>:<id>`: the first 20 bytes of
/// keccak256(abi.encode(chainId, registry, keccak256(controllers), next, salt)) of its creation.
type DidId is bytes20;
