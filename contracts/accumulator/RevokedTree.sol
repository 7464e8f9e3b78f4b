// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccumulators} from "../interfaces/IAccumulators.sol";
import {Poseidon2} from "../libraries/Poseidon2.sol";
import {LeafId} from "../types/LeafId.sol";
import {RootStatus} from "../types/RootStatus.sol";
import {EmptyNodes} from "./EmptyNodes.sol";
import {ProvisionedTree} from "./ProvisionedTree.sol";

/// @title RevokedTree
/// @notice The accumulator of revoked indices, whose bits are only ever set: words of 256 bits under a 4-ary tree of
/// N4, one for each generation (protocol §4).
/// @dev Every node that differs from empty is stored, so revoking takes no siblings and races with nobody. The depth
/// follows from the number of provisioned leaves; `grow` must run with every append, or the tree would deepen without
/// its root being known.
library RevokedTree {
    /// @dev Domain tag of a word (protocol §1.3).
    uint256 private constant WORD = 5;

    /// @dev Set in the record of a root that grew deeper: the rest is the deeper root, of the same version. Otherwise
    /// a record is version << 40 | supersededAt; versions count from 1, so that no known root has an empty record.
    uint256 private constant DEEPENED = 1 << 255;

    /// @dev Key of a word: generation << 16 | word; of a node: generation << 24 | level << 16 | position. The root is
    /// in
    /// `current` alone: never zero once the generation is open, so that a first revocation pays no new slot for it.
    struct State {
        mapping(uint256 key => uint256 word) words;
        mapping(uint256 key => uint256 node) nodes;
        mapping(uint256 generation => uint256 root) current;
        mapping(uint256 generation => mapping(uint256 root => uint256 record)) roots;
    }

    /// @notice Registers the root of a generation that this append opened or deepened; does nothing after any other.
    /// @dev The deeper root has the version of the shallower one: a grant supersedes nothing (protocol §4.2).
    /// @param self The trees.
    /// @param appended The leaf just appended.
    function grow(State storage self, LeafId appended) external {
        uint256 index = appended.index();
        if (!growsAt(index)) return;
        uint16 generation = appended.generation();
        mapping(uint256 root => uint256 record) storage roots = self.roots[generation];
        uint256 depth = depthOf(index + 1);
        uint256 root = EmptyNodes.revoked(depth);
        uint256 record = 1 << 40;
        if (index != 0) {
            uint256 former = self.current[generation];
            uint256 empty = EmptyNodes.revoked(depth - 1);
            if (former != empty) {
                self.nodes[_key(generation, depth - 1, 0)] = former;
                root = Poseidon2.n4(former, empty, empty, empty);
            }
            record = roots[former];
            roots[former] = DEEPENED | root;
        }
        self.current[generation] = root;
        roots[root] = record;
        emit IAccumulators.RevocationRootAdded(
            generation,
            uint64(record >> 40),
            uint8(depth),
            root,
            uint40(block.timestamp)
        );
    }

    /// @notice Sets the bits of several indices, of any generations and in any order, and skips those that are set.
    /// @dev One new version for each generation in which a bit changes; each word and node is hashed once. The caller
    /// bounds the number: 32 in distinct words of a tree of depth 8, none touched before, take 10.2 M gas.
    /// @param self The trees.
    /// @param provisioned The trees of leaves.
    /// @param ids Leaves.
    /// @return count How many bits were not set before.
    function setMany(
        State storage self,
        ProvisionedTree.State storage provisioned,
        LeafId[] memory ids
    ) external returns (uint256 count) {
        return _set(self, provisioned, ids);
    }

    /// @notice The current root of a generation.
    /// @param self The trees.
    /// @param provisioned The trees of leaves.
    /// @param generation A generation with a leaf.
    /// @return root The root at the present depth.
    /// @return version Its revocation version.
    function currentRoot(
        State storage self,
        ProvisionedTree.State storage provisioned,
        uint16 generation
    ) external view returns (uint256 root, uint64 version) {
        _openSize(provisioned, generation);
        root = self.current[generation];
        version = uint64(self.roots[generation][root] >> 40);
    }

    /// @notice Words of revocation bits.
    /// @param self The trees.
    /// @param provisioned The trees of leaves.
    /// @param generation A generation with a leaf.
    /// @param start First word.
    /// @param count How many.
    /// @return range The words.
    function wordsOf(
        State storage self,
        ProvisionedTree.State storage provisioned,
        uint16 generation,
        uint32 start,
        uint32 count
    ) external view returns (uint256[] memory range) {
        uint256 words = _wordCount(_openSize(provisioned, generation));
        ProvisionedTree.requireRange(0, start, count, words, 0);
        range = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) range[i] = self.words[(uint256(generation) << 16) | (start + i)];
    }

    /// @notice Nodes of one level.
    /// @param self The trees.
    /// @param provisioned The trees of leaves.
    /// @param generation A generation with a leaf.
    /// @param level 0, the hashes of words, … present depth.
    /// @param start First position.
    /// @param count How many.
    /// @return range The nodes.
    function nodesOf(
        State storage self,
        ProvisionedTree.State storage provisioned,
        uint16 generation,
        uint8 level,
        uint32 start,
        uint32 count
    ) external view returns (uint256[] memory range) {
        uint256 size = _openSize(provisioned, generation);
        uint256 depth = depthOf(size);
        ProvisionedTree.requireRange(level, start, count, _wordCount(size), depth);
        range = new uint256[](count);
        if (level == depth && count != 0) range[0] = self.current[generation];
        else for (uint256 i = 0; i < count; ++i) range[i] = _node(self, generation, level, start + i);
    }

    /// @notice The word of an index and the siblings that prove it under the current root.
    /// @param self The trees.
    /// @param provisioned The trees of leaves.
    /// @param id A leaf.
    /// @return word The word that holds the index's bit.
    /// @return siblings Three for each level from the word up, in the order of their positions.
    function witnessOf(
        State storage self,
        ProvisionedTree.State storage provisioned,
        LeafId id
    ) external view returns (uint256 word, uint256[] memory siblings) {
        uint16 generation = id.generation();
        uint32 size = ProvisionedTree.sizeOf(provisioned, generation);
        if (id.index() >= size) revert IAccumulators.RevokedTreeIndexUnknown(id, size);
        uint256 depth = depthOf(size);
        uint256 position = id.index() >> 8;
        word = self.words[(uint256(generation) << 16) | position];
        siblings = new uint256[](3 * depth);
        uint256 filled = 0;
        for (uint256 level = 0; level < depth; ++level) {
            uint256 own = position >> (2 * level);
            uint256 first = own & ~uint256(3);
            for (uint256 sibling = first; sibling < first + 4; ++sibling) {
                if (sibling != own) siblings[filled++] = _node(self, generation, level, sibling);
            }
        }
    }

    /// @notice Sets the bit of one index that is not set yet. Internal, and without the lists that `setMany` sorts: a
    /// single revocation is what most transactions do, and a call would cost more than this code.
    /// @param self The trees.
    /// @param provisioned The trees of leaves.
    /// @param id A leaf whose bit is not set yet.
    function set(State storage self, ProvisionedTree.State storage provisioned, LeafId id) internal {
        uint16 generation = id.generation();
        uint24 index = id.index();
        uint32 size = ProvisionedTree.sizeOf(provisioned, generation);
        if (index >= size) revert IAccumulators.RevokedTreeIndexUnknown(id, size);
        uint256 word = self.words[LeafId.unwrap(id) >> 8];
        uint256 changed = word | (1 << (index & 0xff));
        if (changed == word) revert IAccumulators.RevokedTreeAlreadySet(id);
        _storeWord(self, LeafId.unwrap(id) >> 8, changed);
        emit IAccumulators.IndexRevoked(generation, index);
        uint256 depth = depthOf(size);
        uint256 position = index >> 8;
        // depth is at most 8
        unchecked {
            for (uint256 level = 1; level < depth; ++level) {
                position >>= 2;
                self.nodes[_key(generation, level, position)] = _parent(self, generation, level, position);
            }
        }
        _supersede(self, generation, depth, _parent(self, generation, depth, 0));
    }

    /// @dev What a generation knows of a root. A root that grew is followed to the deepest of its version, which alone
    /// bears the time: at most 7 steps.
    function statusOf(
        State storage self,
        uint16 generation,
        uint256 root
    ) internal view returns (RootStatus status, uint40 supersededAt) {
        mapping(uint256 root => uint256 record) storage roots = self.roots[generation];
        uint256 record = roots[root];
        while (record & DEEPENED != 0) record = roots[record ^ DEEPENED];
        if (record == 0) return (RootStatus.Unknown, 0);
        supersededAt = uint40(record);
        status = supersededAt == 0 ? RootStatus.Current : RootStatus.Superseded;
    }

    /// @dev The least depth ≥ 1 whose 256 · 4^depth indices hold `size`.
    function depthOf(uint256 size) internal pure returns (uint256) {
        return ProvisionedTree.depthOf(_wordCount(size));
    }

    /// @dev True for the first leaf of a generation and for index 256 · 4^d, d ≥ 1, which needs depth d + 1.
    function growsAt(uint256 index) internal pure returns (bool) {
        unchecked {
            return index & (index - 1) == 0 && index & ~uint256(0x555400) == 0;
        }
    }

    /// @dev Sorts, so that indices of one word and words of one node are neighbours; sets generation by generation.
    function _set(
        State storage self,
        ProvisionedTree.State storage provisioned,
        LeafId[] memory ids
    ) private returns (uint256 count) {
        _sort(ids);
        uint256[] memory positions = new uint256[](ids.length);
        uint256 i = 0;
        while (i < ids.length) {
            uint16 generation = ids[i].generation();
            uint32 size = ProvisionedTree.sizeOf(provisioned, generation);
            uint256 changed = 0;
            while (i < ids.length && ids[i].generation() == generation) {
                uint256 position = ids[i].index() >> 8;
                uint256 bits;
                (i, bits) = _setWord(self, ids, i, size);
                if (bits == 0) continue;
                count += bits;
                positions[changed++] = position;
            }
            if (changed != 0) _raise(self, generation, depthOf(size), positions, changed);
        }
    }

    /// @dev Sets the bits of all ids that share the word of ids[i]; returns where they end and how many were new.
    function _setWord(
        State storage self,
        LeafId[] memory ids,
        uint256 i,
        uint32 size
    ) private returns (uint256 end, uint256 bits) {
        uint16 generation = ids[i].generation();
        uint256 wordId = LeafId.unwrap(ids[i]) >> 8;
        uint256 word = self.words[wordId];
        for (end = i; end < ids.length && LeafId.unwrap(ids[end]) >> 8 == wordId; ++end) {
            uint24 index = ids[end].index();
            if (index >= size) revert IAccumulators.RevokedTreeIndexUnknown(ids[end], size);
            uint256 bit = 1 << (index & 0xff);
            if (word & bit != 0) continue;
            word |= bit;
            ++bits;
            emit IAccumulators.IndexRevoked(generation, index);
        }
        if (bits == 0) return (end, 0);
        _storeWord(self, wordId, word);
    }

    /// @dev Stores a word and its hash. The id is generation << 16 | position, as in `State`.
    function _storeWord(State storage self, uint256 wordId, uint256 word) private {
        self.words[wordId] = word;
        uint256 hash = Poseidon2.c4(WORD, uint128(word), word >> 128, 0);
        self.nodes[_key(wordId >> 16, 0, uint16(wordId))] = hash;
    }

    /// @dev Recomputes all nodes above the changed ones, of which there are `count` in ascending order, level by
    /// level, and registers the new root as the next version.
    function _raise(
        State storage self,
        uint16 generation,
        uint256 depth,
        uint256[] memory positions,
        uint256 count
    ) private {
        // positions stay below 2^16, depth is at most 8, and there are never more parents than changed nodes
        unchecked {
            for (uint256 level = 1; level < depth; ++level) {
                uint256 parents = 0;
                for (uint256 i = 0; i < count; ++i) {
                    uint256 parent = positions[i] >> 2;
                    if (parents != 0 && positions[parents - 1] == parent) continue;
                    positions[parents++] = parent;
                    self.nodes[_key(generation, level, parent)] = _parent(self, generation, level, parent);
                }
                count = parents;
            }
        }
        _supersede(self, generation, depth, _parent(self, generation, depth, 0));
    }

    /// @dev The hash over the four nodes below one.
    function _parent(
        State storage self,
        uint256 generation,
        uint256 level,
        uint256 position
    ) private view returns (uint256) {
        mapping(uint256 key => uint256 node) storage nodes = self.nodes;
        // positions stay below 2^16
        unchecked {
            uint256 first = _key(generation, level - 1, 4 * position);
            (uint256 a, uint256 b, uint256 c, uint256 d) = (
                nodes[first],
                nodes[first + 1],
                nodes[first + 2],
                nodes[first + 3]
            );
            if (a == 0 || b == 0 || c == 0 || d == 0) {
                uint256 empty = EmptyNodes.revoked(level - 1);
                if (a == 0) a = empty;
                if (b == 0) b = empty;
                if (c == 0) c = empty;
                if (d == 0) d = empty;
            }
            return Poseidon2.n4(a, b, c, d);
        }
    }

    /// @dev Stamps the former root and registers the new one under the next version.
    function _supersede(State storage self, uint16 generation, uint256 depth, uint256 root) private {
        mapping(uint256 root => uint256 record) storage roots = self.roots[generation];
        uint256 former = self.current[generation];
        uint256 record = roots[former];
        uint40 time = uint40(block.timestamp);
        uint64 version = uint64(record >> 40) + 1;
        roots[former] = record | time;
        roots[root] = uint256(version) << 40;
        self.current[generation] = root;
        emit IAccumulators.RevocationRootAdded(generation, version, uint8(depth), root, time);
    }

    /// @dev A node below the root, empty unless a bit below it is set.
    function _node(
        State storage self,
        uint256 generation,
        uint256 level,
        uint256 position
    ) private view returns (uint256 node) {
        node = self.nodes[_key(generation, level, position)];
        if (node == 0) return EmptyNodes.revoked(level);
    }

    /// @dev The leaves of a generation that is open.
    function _openSize(
        ProvisionedTree.State storage provisioned,
        uint16 generation
    ) private view returns (uint256 size) {
        size = ProvisionedTree.sizeOf(provisioned, generation);
        if (size == 0) revert IAccumulators.ProvisionedTreeEmpty(generation);
    }

    /// @dev Insertion sort: callers pass a few dozen ids, mostly in order.
    function _sort(LeafId[] memory ids) private pure {
        for (uint256 i = 1; i < ids.length; ++i) {
            LeafId id = ids[i];
            uint256 j = i;
            for (; j > 0 && LeafId.unwrap(ids[j - 1]) > LeafId.unwrap(id); --j) ids[j] = ids[j - 1];
            ids[j] = id;
        }
    }

    /// @dev Words that hold `size` bits.
    function _wordCount(uint256 size) private pure returns (uint256) {
        return (size + 255) >> 8;
    }

    /// @dev Positions have at most 16 bits, levels 4, generations 16.
    function _key(uint256 generation, uint256 level, uint256 position) private pure returns (uint256) {
        return (generation << 24) | (level << 16) | position;
    }
}
