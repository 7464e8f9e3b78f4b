// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EmptyNodes} from "../../contracts/accumulator/EmptyNodes.sol";
import {ProvisionedTree} from "../../contracts/accumulator/ProvisionedTree.sol";
import {RevokedTree} from "../../contracts/accumulator/RevokedTree.sol";
import {Poseidon2} from "../../contracts/libraries/Poseidon2.sol";
import {TestBase} from "./TestBase.sol";

/// @dev The constants against their definitions (protocol §3.1, §4.1).
contract EmptyTreeNodesTest is TestBase {
    function test_provisioned_isTheChainFromZero() public pure {
        uint256 node = 0;
        for (uint256 level = 0; level <= 12; ++level) {
            assertEq(EmptyNodes.provisioned(level), node);
            node = Poseidon2.n4(node, node, node, node);
        }
    }

    function test_revoked_isTheChainFromTheEmptyWord() public pure {
        uint256 node = Poseidon2.c4(5, 0, 0, 0);
        for (uint256 level = 0; level <= 8; ++level) {
            assertEq(EmptyNodes.revoked(level), node);
            node = Poseidon2.n4(node, node, node, node);
        }
    }

    function testFuzz_depthOf_isTheLeastThatHolds(uint256 size) public pure {
        size = bound(size, 1, 1 << 24);
        uint256 depth = ProvisionedTree.depthOf(size);
        assertTrue(depth >= 1 && size <= 4 ** depth);
        if (depth > 1) assertGt(size, 4 ** (depth - 1));
        depth = RevokedTree.depthOf(size);
        assertTrue(depth >= 1 && size <= 256 * 4 ** depth);
        if (depth > 1) assertGt(size, 256 * 4 ** (depth - 1));
    }

    function testFuzz_growsAt_isWhereTheDepthRises(uint256 index) public pure {
        index = bound(index, 0, (1 << 24) - 1);
        bool rises = index == 0 || RevokedTree.depthOf(index + 1) != RevokedTree.depthOf(index);
        assertEq(RevokedTree.growsAt(index), rises);
    }

    function test_growsAt_holdsSevenTimesAfterTheFirst() public pure {
        assertTrue(RevokedTree.growsAt(0));
        for (uint256 bit = 0; bit < 24; ++bit) {
            assertEq(RevokedTree.growsAt(1 << bit), bit >= 10 && bit % 2 == 0);
        }
    }
}
