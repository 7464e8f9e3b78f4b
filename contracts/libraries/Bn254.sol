// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Bn254
/// @notice Sums of multiples and pairing products on BN254 by the EVM's precompiles (EIP-196, EIP-197).
/// @dev Bad input makes a precompile burn all gas that it is given, so each gets a bound: about three times the
/// present price, which leaves room for repricing. False means bad input (a coordinate that is not below p, a point
/// off the curve or outside the subgroup) or too little gas. Points are affine, (0, 0) is zero; scalars may be any
/// number.
library Bn254 {
    /// @dev r, the order of the groups.
    uint256 internal constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;

    /// @dev p, the modulus of coordinates.
    uint256 internal constant P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;

    uint256 private constant ADD_GAS = 500;
    uint256 private constant MULTIPLY_GAS = 18_000;
    uint256 private constant PAIRING_GAS = 140_000;

    /// @dev Sets `sum` to `scalar · (x, y)`. `sum` is the result's x, its y, and three words of scratch.
    function setMultiple(
        uint256[5] memory sum,
        uint256 x,
        uint256 y,
        uint256 scalar
    ) internal view returns (bool success) {
        (sum[2], sum[3], sum[4]) = (x, y, scalar);
        // (success, sum[0 .. 1]) = ECMUL(sum[2 .. 4]); Solidity's own call would copy both ways.
        assembly ("memory-safe") {
            success := staticcall(MULTIPLY_GAS, 0x07, add(sum, 0x40), 0x60, sum, 0x40)
        }
    }

    /// @dev Adds `scalar · (x, y)` to `sum`, which `setMultiple` has set.
    function addMultiple(
        uint256[5] memory sum,
        uint256 x,
        uint256 y,
        uint256 scalar
    ) internal view returns (bool success) {
        (sum[2], sum[3], sum[4]) = (x, y, scalar);
        // (success, sum[2 .. 3]) = ECMUL(sum[2 .. 4]); (success, sum[0 .. 1]) = ECADD(sum[0 .. 3])
        assembly ("memory-safe") {
            success := staticcall(MULTIPLY_GAS, 0x07, add(sum, 0x40), 0x60, add(sum, 0x40), 0x40)
            success := and(staticcall(ADD_GAS, 0x06, sum, 0x80, sum, 0x40), success)
        }
    }

    /// @dev Adds `(x, y)` to `sum`, which `setMultiple` has set.
    function addPoint(uint256[5] memory sum, uint256 x, uint256 y) internal view returns (bool success) {
        (sum[2], sum[3]) = (x, y);
        // (success, sum[0 .. 1]) = ECADD(sum[0 .. 3])
        assembly ("memory-safe") {
            success := staticcall(ADD_GAS, 0x06, sum, 0x80, sum, 0x40)
        }
    }

    /// @dev Whether the product of four pairings is one; `success` is false for bad input. Each pair is x, y of G1,
    /// then x.c1, x.c0, y.c1, y.c0 of G2.
    function pairingProduct(uint256[24] memory pairs) internal view returns (bool success, bool one) {
        // (success, one) = ECPAIRING(pairs), through the scratch space
        assembly ("memory-safe") {
            success := staticcall(mul(PAIRING_GAS, 4), 0x08, pairs, 0x300, 0x00, 0x20)
            one := and(eq(mload(0x00), 1), eq(returndatasize(), 0x20))
        }
    }
}
