// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Poseidon2} from "../../contracts/libraries/Poseidon2.sol";
import {Poseidon2Reference} from "./harness/Poseidon2Reference.sol";
import {TestBase} from "./TestBase.sol";

contract Poseidon2Test is TestBase {
    uint256 private constant R = Poseidon2Reference.R;

    function testFuzz_c4_equalsReference(uint256[4] memory input) public pure {
        _shape(input);
        uint256 expected = addmod(Poseidon2Reference.permute(_copy(input))[0], input[0], R);
        assertEq(Poseidon2.c4(input[0], input[1], input[2], input[3]), expected);
    }

    function testFuzz_n4_equalsReference(uint256[4] memory input) public pure {
        _shape(input);
        uint256 expected = addmod(Poseidon2Reference.permute(_copy(input))[1], input[1], R);
        assertEq(Poseidon2.n4(input[0], input[1], input[2], input[3]), expected);
    }

    /// @dev Values next to 0 and r make the unreduced sums as large and as small as they get.
    function testFuzz_equalsReference_nearTheEdges(uint8[4] memory offsets) public pure {
        uint256[4] memory input;
        for (uint256 i = 0; i < 4; i++) input[i] = offsets[i] < 128 ? offsets[i] : R - 256 + offsets[i];
        uint256[4] memory permuted = Poseidon2Reference.permute(_copy(input));
        assertEq(Poseidon2.c4(input[0], input[1], input[2], input[3]), addmod(permuted[0], input[0], R));
        assertEq(Poseidon2.n4(input[0], input[1], input[2], input[3]), addmod(permuted[1], input[1], R));
    }

    function testFuzz_revertsWhenNotCanonical(uint256[4] memory input, uint256 position, uint256 bad) public {
        _shape(input);
        bad = bound(bad, R, type(uint256).max);
        input[position % 4] = bad;
        bytes memory expected = abi.encodeWithSelector(Poseidon2.Poseidon2InputNotCanonical.selector, bad);
        vm.expectRevert(expected);
        this.c4(input);
        vm.expectRevert(expected);
        this.n4(input);
    }

    function c4(uint256[4] calldata input) external pure returns (uint256) {
        return Poseidon2.c4(input[0], input[1], input[2], input[3]);
    }

    function n4(uint256[4] calldata input) external pure returns (uint256) {
        return Poseidon2.n4(input[0], input[1], input[2], input[3]);
    }

    function _shape(uint256[4] memory input) private pure {
        for (uint256 i = 0; i < 4; i++) input[i] = bound(input[i], 0, R - 1);
    }

    function _copy(uint256[4] memory input) private pure returns (uint256[4] memory copy) {
        for (uint256 i = 0; i < 4; i++) copy[i] = input[i];
    }
}
