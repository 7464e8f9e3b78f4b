// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccumulatorHarness} from "../../contracts/mocks/AccumulatorHarness.sol";
import {LeafId, leafId} from "../../contracts/types/LeafId.sol";
import {RootStatus} from "../../contracts/types/RootStatus.sol";
import {TestBase} from "./TestBase.sol";

contract RevokedTreeTest is TestBase {
    uint32 private constant SIZE = 1_000_000;

    function _seeded() private returns (AccumulatorHarness trees) {
        trees = new AccumulatorHarness(12);
        trees.seed(SIZE, 77, 0);
    }

    function testFuzz_setMany_equalsSingleSetsInAnyOrder(uint256 seed, uint256 count) public {
        count = bound(count, 1, 12);
        AccumulatorHarness batched = _seeded();
        AccumulatorHarness single = _seeded();
        LeafId[] memory ids = new LeafId[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            // near one another as often as far apart
            ids[i] = leafId(0, uint24(random % 2 == 0 ? (random >> 8) % SIZE : (random >> 8) % 700));
            (uint256 word, ) = single.revokedWitness(0, ids[i].index());
            if (word & (1 << (ids[i].index() & 0xff)) == 0) single.revoke(ids[i]);
        }
        batched.revokeMany(ids);
        (uint256 root, uint64 version) = batched.revokedRoot(0);
        (uint256 expected, ) = single.revokedRoot(0);
        assertEq(root, expected);
        assertEq(version, 2);
    }

    function testFuzz_set_supersedesAtItsTimeAndNeverAgain(uint256 first, uint256 second, uint40 wait) public {
        AccumulatorHarness trees = _seeded();
        first = bound(first, 0, SIZE - 1);
        second = (first + 1 + bound(second, 0, SIZE - 2)) % SIZE;
        (uint256 empty, ) = trees.revokedRoot(0);
        uint256 start = 1_800_000_000;
        vm.warp(start);
        trees.revoke(leafId(0, uint24(first)));
        vm.warp(start + bound(wait, 0, 1e9));
        trees.revoke(leafId(0, uint24(second)));
        (RootStatus status, uint40 supersededAt) = trees.rootStatus(0, empty);
        assertTrue(status == RootStatus.Superseded);
        assertEq(supersededAt, start);
    }

    function testFuzz_rootStatus_unknownForAnyOtherRoot(uint16 generation, uint256 root) public {
        AccumulatorHarness trees = _seeded();
        (uint256 current, ) = trees.revokedRoot(0);
        if (generation == 0 && root == current) ++root;
        (RootStatus status, ) = trees.rootStatus(generation, root);
        assertTrue(status == RootStatus.Unknown);
    }
}
