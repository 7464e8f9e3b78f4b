// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title ScalarField
/// @notice The field F of commitments, leaves and policy addresses (protocol §1.1).
library ScalarField {
    /// @dev r, the order of BN254's G1.
    uint256 internal constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
}
