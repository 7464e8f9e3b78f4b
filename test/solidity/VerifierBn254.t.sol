// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bn254} from "../../contracts/libraries/Bn254.sol";
import {TestBase} from "./TestBase.sol";

/// @dev Sums and pairing products against what the group laws say.
contract VerifierBn254Test is TestBase {
    using Bn254 for uint256[5];

    uint256 private constant G2_XC1 = 0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2;
    uint256 private constant G2_XC0 = 0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed;
    uint256 private constant G2_YC1 = 0x090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b;
    uint256 private constant G2_YC0 = 0x12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa;

    function testFuzz_addMultiple_isLinear(uint256 a, uint256 b) public view {
        (uint256 x, uint256 y) = _multiple(addmod(a, b, Bn254.R));
        uint256[5] memory sum;
        assertTrue(sum.setMultiple(1, 2, a));
        assertTrue(sum.addMultiple(1, 2, b));
        assertEq(sum[0], x);
        assertEq(sum[1], y);
    }

    function testFuzz_addPoint_isAddMultipleByOne(uint256 a, uint256 b) public view {
        (uint256 x, uint256 y) = _multiple(b);
        uint256[5] memory left;
        uint256[5] memory right;
        assertTrue(left.setMultiple(1, 2, a) && left.addPoint(x, y));
        assertTrue(right.setMultiple(1, 2, a) && right.addMultiple(x, y, 1));
        assertEq(left[0], right[0]);
        assertEq(left[1], right[1]);
    }

    function test_setMultiple_ofTheOrderIsZero() public view {
        uint256[5] memory sum;
        sum[0] = 7;
        assertTrue(sum.setMultiple(1, 2, Bn254.R));
        assertEq(sum[0] | sum[1], 0);
    }

    function testFuzz_allRefusePointsOffTheCurve(uint256 x, uint256 y) public view {
        vm.assume(mulmod(y, y, Bn254.P) != addmod(mulmod(mulmod(x, x, Bn254.P), x, Bn254.P), 3, Bn254.P));
        if (x == 0 && y == 0) return;
        uint256[5] memory sum;
        assertFalse(sum.setMultiple(x, y, 1));
        assertTrue(sum.setMultiple(1, 2, 1));
        assertFalse(sum.addMultiple(x, y, 1));
        assertTrue(sum.setMultiple(1, 2, 1));
        assertFalse(sum.addPoint(x, y));
    }

    function test_allRefuseCoordinatesThatAreNotBelowP() public view {
        uint256[5] memory sum;
        assertFalse(sum.setMultiple(1 + Bn254.P, 2, 1));
        assertTrue(sum.setMultiple(1, 2, 1));
        assertFalse(sum.addPoint(1, 2 + Bn254.P));
        (bool success, ) = Bn254.pairingProduct(_pairs(1 + Bn254.P, 2, 1, 2));
        assertFalse(success);
    }

    function testFuzz_pairingProduct_isOneExactlyIfTheLogarithmsSumToZero(uint256 a, uint256 b) public view {
        a = bound(a, 1, Bn254.R - 1);
        b = bound(b, 1, Bn254.R - 1);
        (uint256 ax, uint256 ay) = _multiple(a);
        (uint256 bx, uint256 by) = _multiple(b);
        (bool success, bool one) = Bn254.pairingProduct(_pairs(ax, ay, ax, Bn254.P - ay));
        assertTrue(success && one);
        (success, one) = Bn254.pairingProduct(_pairs(ax, ay, bx, by));
        assertTrue(success);
        assertEq(one, addmod(a, b, Bn254.R) == 0);
    }

    function test_pairingProduct_refusesG2PointsOffTheCurve() public view {
        uint256[24] memory pairs = _pairs(1, 2, 1, Bn254.P - 2);
        pairs[2] += 1;
        (bool success, bool one) = Bn254.pairingProduct(pairs);
        assertFalse(success);
        assertFalse(one);
    }

    function _multiple(uint256 scalar) private view returns (uint256 x, uint256 y) {
        uint256[5] memory sum;
        require(sum.setMultiple(1, 2, scalar));
        return (sum[0], sum[1]);
    }

    /// @dev Both points with the generator of G2, and two pairs of zeros.
    function _pairs(uint256 ax, uint256 ay, uint256 bx, uint256 by) private pure returns (uint256[24] memory pairs) {
        (pairs[0], pairs[1]) = (ax, ay);
        (pairs[2], pairs[3], pairs[4], pairs[5]) = (G2_XC1, G2_XC0, G2_YC1, G2_YC0);
        (pairs[6], pairs[7]) = (bx, by);
        (pairs[8], pairs[9], pairs[10], pairs[11]) = (G2_XC1, G2_XC0, G2_YC1, G2_YC0);
    }
}
