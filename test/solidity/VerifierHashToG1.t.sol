// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IHashToG1Errors} from "../../contracts/interfaces/IHashToG1Errors.sol";
import {Bn254} from "../../contracts/libraries/Bn254.sol";
import {HashToG1} from "../../contracts/libraries/HashToG1.sol";
import {TestBase} from "./TestBase.sol";

/// @dev Compares the check by hints with square roots that the modexp precompile computes.
contract VerifierHashToG1Test is TestBase {
    bytes32 private constant TAG = "DKMS-V1-OWNER";
    uint256 private constant TAG_LENGTH = 13;

    /// @dev External, so that `hints` are calldata and reverts can be expected.
    function point(
        bytes32 seed,
        uint256[] calldata hints,
        uint256 start
    ) external pure returns (uint256 x, uint256 y, uint256 next) {
        return HashToG1.point(TAG, TAG_LENGTH, seed, hints, start);
    }

    function testFuzz_point_isTheFirstHit(bytes32 seed, uint8 before) public view {
        (uint256[] memory hints, uint256 x, uint256 y) = _solve(seed, before % 4);
        (uint256 foundX, uint256 foundY, uint256 next) = this.point(seed, hints, before % 4);
        assertEq(foundX, x);
        assertEq(foundY, y);
        assertEq(next, hints.length);
        assertEq(mulmod(y, y, Bn254.P), addmod(mulmod(mulmod(x, x, Bn254.P), x, Bn254.P), 3, Bn254.P));
        assertEq(y & 1, 0);
    }

    function testFuzz_point_revertsWhenOneHintIsWrong(bytes32 seed, uint256 position, uint256 wrong) public {
        (uint256[] memory hints, , ) = _solve(seed, 0);
        position = bound(position, 0, hints.length - 1);
        wrong = bound(wrong, 0, (Bn254.P - 1) / 2) * 2;
        if (wrong == hints[position]) wrong = (wrong + 2) % (Bn254.P - 1);
        hints[position] = wrong;
        vm.expectRevert(abi.encodeWithSelector(IHashToG1Errors.HashToG1HintWrong.selector, position, wrong));
        this.point(seed, hints, 0);
    }

    function testFuzz_point_revertsWhenOneHintIsOdd(bytes32 seed, uint256 position) public {
        (uint256[] memory hints, , ) = _solve(seed, 0);
        position = bound(position, 0, hints.length - 1);
        hints[position] = Bn254.P - hints[position];
        vm.expectRevert(abi.encodeWithSelector(IHashToG1Errors.HashToG1HintOdd.selector, position, hints[position]));
        this.point(seed, hints, 0);
    }

    function testFuzz_point_revertsWhenOneHintIsNotBelowP(bytes32 seed, uint256 position, uint256 beyond) public {
        (uint256[] memory hints, , ) = _solve(seed, 0);
        position = bound(position, 0, hints.length - 1);
        hints[position] = bound(beyond, Bn254.P, type(uint256).max);
        vm.expectRevert(
            abi.encodeWithSelector(IHashToG1Errors.HashToG1HintNotCanonical.selector, position, hints[position])
        );
        this.point(seed, hints, 0);
    }

    function testFuzz_point_revertsWhenTheLastIsMissing(bytes32 seed) public {
        (uint256[] memory hints, , ) = _solve(seed, 0);
        uint256 last = hints.length - 1;
        assembly ("memory-safe") {
            mstore(hints, last)
        }
        vm.expectRevert(abi.encodeWithSelector(IHashToG1Errors.HashToG1HintMissing.selector, last));
        this.point(seed, hints, 0);
    }

    function test_point_separatesTags() public view {
        (uint256[] memory hints, uint256 x, ) = _solve("seed", 0);
        (uint256 found, , ) = this.point("seed", hints, 0);
        assertEq(found, x);
        assertTrue(uint256(keccak256(abi.encodePacked("DKMS-V1-DEVICE", bytes32("seed"), uint8(0)))) % Bn254.P != x);
    }

    /// @dev The hints of a seed after `skip` others, and the point, by square roots.
    function _solve(bytes32 seed, uint256 skip) private view returns (uint256[] memory hints, uint256 x, uint256 y) {
        uint256[] memory roots = new uint256[](256);
        for (uint256 counter = 0; ; ++counter) {
            x = uint256(keccak256(abi.encodePacked("DKMS-V1-OWNER", seed, uint8(counter)))) % Bn254.P;
            uint256 value = addmod(mulmod(mulmod(x, x, Bn254.P), x, Bn254.P), 3, Bn254.P);
            y = _evenRoot(value);
            bool hit = mulmod(y, y, Bn254.P) == value;
            roots[counter] = hit ? y : _evenRoot(Bn254.P - value);
            if (!hit) continue;
            hints = new uint256[](skip + counter + 1);
            for (uint256 i = 0; i <= counter; ++i) hints[skip + i] = roots[i];
            return (hints, x, y);
        }
    }

    /// @dev The even one of ±value^((p+1)/4), a square root if there is one.
    function _evenRoot(uint256 value) private view returns (uint256 root) {
        (bool success, bytes memory result) = address(0x05).staticcall(
            abi.encode(uint256(32), uint256(32), uint256(32), value, (Bn254.P + 1) / 4, Bn254.P)
        );
        require(success);
        root = abi.decode(result, (uint256));
        if (root & 1 != 0) root = Bn254.P - root;
    }
}
