// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StdUtils} from "forge-std/StdUtils.sol";

import {EmptyNodes} from "../../contracts/accumulator/EmptyNodes.sol";
import {Poseidon2} from "../../contracts/libraries/Poseidon2.sol";
import {AccumulatorHarness} from "../../contracts/mocks/AccumulatorHarness.sol";
import {LeafId, leafId} from "../../contracts/types/LeafId.sol";
import {PolicyId} from "../../contracts/types/PolicyId.sol";
import {RootStatus} from "../../contracts/types/RootStatus.sol";
import {TestBase} from "./TestBase.sol";

/// @dev Appends, revokes and checkpoints at random in generations of 64 leaves, and keeps plain lists of what it did.
contract TreesHandler is StdUtils {
    uint256 public constant CAPACITY = 64;

    AccumulatorHarness public immutable trees = new AccumulatorHarness(3);
    uint256[] public leaves;
    uint256[] public words;
    uint256 public revocations;
    uint256 public checkpoints;
    mapping(uint16 generation => uint256[] roots) private _roots;

    function append(uint256 commitment, uint256 count) external {
        count = _bound(count, 1, 9);
        for (uint256 i = 0; i < count; ++i) {
            uint256 k = _bound(uint256(keccak256(abi.encode(commitment, i))), 0, type(uint128).max);
            LeafId id = trees.append(PolicyId.wrap(7), k, 3600);
            leaves.push(Poseidon2.c4(4, 7, k, uint256(id.index()) | (uint256(3600) << 24)));
            if (id.index() == 0) {
                words.push(0);
                _note(id.generation());
            }
        }
    }

    function revoke(uint256 seed, uint256 count) external {
        if (leaves.length == 0) return;
        count = _bound(count, 1, 6);
        LeafId[] memory ids = new LeafId[](count);
        uint256 fresh = 0;
        for (uint256 i = 0; i < count; ++i) {
            uint256 place = uint256(keccak256(abi.encode(seed, i))) % leaves.length;
            ids[i] = leafId(uint16(place / CAPACITY), uint24(place % CAPACITY));
            uint256 bit = 1 << (place % CAPACITY);
            if (words[place / CAPACITY] & bit == 0) ++fresh;
            words[place / CAPACITY] |= bit;
        }
        if (trees.revokeMany(ids) != fresh) revert("revokeMany counted wrong");
        revocations += fresh;
        for (uint256 i = 0; i < count; ++i) _note(ids[i].generation());
    }

    function checkpoint(uint256 seed) external {
        if (leaves.length == 0) return;
        trees.checkpoint(uint16(_bound(seed, 0, words.length - 1)));
        ++checkpoints;
    }

    function generations() external view returns (uint256) {
        return words.length;
    }

    function leafCount() external view returns (uint256) {
        return leaves.length;
    }

    function rootsOf(uint16 generation) external view returns (uint256[] memory) {
        return _roots[generation];
    }

    /// @dev Every current root that was ever seen, in order, without repetition.
    function _note(uint16 generation) private {
        (uint256 root, ) = trees.revokedRoot(generation);
        uint256[] storage seen = _roots[generation];
        if (seen.length == 0 || seen[seen.length - 1] != root) seen.push(root);
    }
}

contract TreesInvariantTest is TestBase {
    TreesHandler private _handler;
    AccumulatorHarness private _trees;

    function setUp() public {
        _handler = new TreesHandler();
        _trees = _handler.trees();
        targetContract(address(_handler));
    }

    function invariant_provisionedRootIsTheNaiveOne() public view {
        for (uint16 g = 0; g < _handler.generations(); ++g) {
            uint32 size = _trees.provisionedSize(g);
            assertEq(_trees.provisionedRoot(g, size), _naiveRoot(g, size));
        }
    }

    function invariant_sizeCountsEveryAppend() public view {
        uint256 total = 0;
        for (uint16 g = 0; g < _handler.generations(); ++g) total += _trees.provisionedSize(g);
        assertEq(total, _handler.leafCount());
    }

    function invariant_bitsNeverClearAndLieUnderLeaves() public view {
        for (uint16 g = 0; g < _handler.generations(); ++g) {
            uint256 word = _trees.revokedWords(g, 0, 1)[0];
            assertEq(word, _handler.words(g));
            assertEq(word >> _trees.provisionedSize(g), 0);
        }
    }

    function invariant_revokedRootIsTheNaiveOne() public view {
        for (uint16 g = 0; g < _handler.generations(); ++g) {
            uint256 word = _handler.words(g);
            uint256 empty = EmptyNodes.revoked(0);
            (uint256 root, ) = _trees.revokedRoot(g);
            assertEq(root, Poseidon2.n4(Poseidon2.c4(5, uint128(word), word >> 128, 0), empty, empty, empty));
        }
    }

    function invariant_onlyTheLastRootIsCurrent() public view {
        for (uint16 g = 0; g < _handler.generations(); ++g) {
            uint256[] memory roots = _handler.rootsOf(g);
            for (uint256 i = 0; i < roots.length; ++i) {
                (RootStatus status, uint40 supersededAt) = _trees.rootStatus(g, roots[i]);
                bool last = i + 1 == roots.length;
                assertTrue(status == (last ? RootStatus.Current : RootStatus.Superseded));
                assertEq(supersededAt == 0, last);
            }
            (, uint64 version) = _trees.revokedRoot(g);
            assertEq(version, roots.length);
        }
    }

    /// @dev Guards the others against a handler that does nothing.
    function test_handler_acts() public {
        _handler.append(1, 9);
        _handler.append(2, 9);
        _handler.revoke(3, 6);
        _handler.checkpoint(4);
        assertEq(_handler.leafCount(), 18);
        assertGt(_handler.revocations(), 0);
        assertEq(_handler.checkpoints(), 1);
    }

    function _naiveRoot(uint16 generation, uint256 size) private view returns (uint256) {
        uint256 depth = 1;
        while (4 ** depth < size) ++depth;
        uint256[] memory level = new uint256[](4 ** depth);
        for (uint256 i = 0; i < size; ++i) level[i] = _handler.leaves(generation * _handler.CAPACITY() + i);
        for (uint256 width = level.length; width > 1; width /= 4) {
            for (uint256 i = 0; i < width / 4; ++i) {
                level[i] = Poseidon2.n4(level[4 * i], level[4 * i + 1], level[4 * i + 2], level[4 * i + 3]);
            }
        }
        return level[0];
    }
}
