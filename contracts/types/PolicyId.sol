// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev A policy address `I`: the field element C4(3, ownerCommitment, creator, 0) (protocol §2).
type PolicyId is uint256;
