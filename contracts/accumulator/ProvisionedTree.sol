// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccumulators} from "../interfaces/IAccumulators.sol";
import {Poseidon2} from "../libraries/Poseidon2.sol";
import {Checkpoint} from "../types/Checkpoint.sol";
import {LeafId, leafId} from "../types/LeafId.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {EmptyNodes} from "./EmptyNodes.sol";

/// @title ProvisionedTree
/// @notice The append-only accumulator of every leaf ever provisioned: 4-ary trees of N4, one for each generation
/// (protocol §3).
/// @dev A full node is stored once and never changes. An append stores its leaf and at most one full node, lowest
/// level first; the next full node of a level comes 4^level appends later, when the former one has long been stored:
/// so a bit for each level says all there is to know of those outstanding. Roots and witnesses depend on the leaves
/// alone, views compute what is not stored: at most one partial and one outstanding node for each level.
library ProvisionedTree {
    /// @dev Levels above the leaves in a full tree: 4^12 = 16,777,216 leaves (protocol §3.1).
    uint256 internal constant LEVELS = 12;

    /// @dev Domain tag of a leaf (protocol §1.3).
    uint256 private constant LEAF = 4;

    /// @dev One slot, 72 bits. `outstanding`: bit l is set while the last full node of level l is not stored. `cut`:
    /// levels taken off the capacity; nothing here writes it, so it is 0 but in tests of the roll-over.
    struct Head {
        uint16 generation;
        uint32 size;
        uint16 outstanding;
        uint8 cut;
    }

    /// @dev Key of a node: generation << 32 | level << 24 | position.
    struct State {
        Head head;
        mapping(uint256 key => uint256 node) nodes;
        mapping(uint256 root => Checkpoint record) checkpoints;
    }

    /// @notice Adds the leaf of a policy's agent, in a new generation if the present one is full.
    /// @dev Commitments are accepted once per policy and addresses used once, hence no leaf comes twice. Reverts with
    /// `Poseidon2InputNotCanonical` if the policy or the commitment is not a canonical field element.
    /// @param self The trees.
    /// @param policy The policy address I.
    /// @param commitment The secret commitment K.
    /// @param expiry The last second at which the leaf proves.
    /// @return id Where the leaf lies.
    function append(
        State storage self,
        PolicyId policy,
        uint256 commitment,
        uint40 expiry
    ) external returns (LeafId id) {
        Head memory head = self.head;
        if (head.size == _capacity(head)) {
            head.generation += 1;
            head.size = 0;
            head.outstanding = 0;
        }
        uint256 index = head.size;
        uint256 leaf = Poseidon2.c4(LEAF, PolicyId.unwrap(policy), commitment, index | (uint256(expiry) << 24));
        self.nodes[_key(head.generation, 0, index)] = leaf;
        // the size stays within the capacity, at most 4^12
        unchecked {
            head.size = uint32(index + 1);
        }
        _storeOne(self, head);
        self.head = head;
        id = leafId(head.generation, uint24(index));
        emit IAccumulators.LeafAppended(head.generation, uint24(index), leaf);
    }

    /// @notice Records the root of a generation at its present size, unless it is known.
    /// @param self The trees.
    /// @param generation Any generation with a leaf.
    /// @return root The root.
    /// @return added False if the root was known: its record stays as it is.
    function checkpoint(State storage self, uint16 generation) external returns (uint256 root, bool added) {
        uint32 size = sizeOf(self, generation);
        if (size == 0) revert IAccumulators.ProvisionedTreeEmpty(generation);
        root = _node(self, generation, size, depthOf(size), 0);
        Checkpoint storage record = self.checkpoints[root];
        if (record.size != 0) return (root, false);
        uint40 time = uint40(block.timestamp);
        (record.generation, record.size, record.time) = (generation, size, time);
        emit IAccumulators.Checkpointed(root, generation, size, time);
        return (root, true);
    }

    /// @notice The root of a generation when it had `size` leaves.
    /// @param self The trees.
    /// @param generation The generation.
    /// @param size 1 … present size.
    /// @return root The root.
    function rootAt(State storage self, uint16 generation, uint32 size) external view returns (uint256 root) {
        _requireSize(self, generation, size);
        return _node(self, generation, size, depthOf(size), 0);
    }

    /// @notice Nodes of one level of a generation when it had `size` leaves.
    /// @param self The trees.
    /// @param generation The generation.
    /// @param size 1 … present size.
    /// @param level 0 … depth at that size.
    /// @param start First position.
    /// @param count How many.
    /// @return range The nodes.
    function nodesAt(
        State storage self,
        uint16 generation,
        uint32 size,
        uint8 level,
        uint32 start,
        uint32 count
    ) external view returns (uint256[] memory range) {
        _requireSize(self, generation, size);
        requireRange(level, start, count, size, depthOf(size));
        range = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) range[i] = _node(self, generation, size, level, start + i);
    }

    /// @notice The siblings that prove a leaf under the root at `size` leaves.
    /// @param self The trees.
    /// @param generation The generation.
    /// @param size 1 … present size.
    /// @param index Below the size.
    /// @return siblings Three for each level from the leaf up, in the order of their positions.
    function witnessAt(
        State storage self,
        uint16 generation,
        uint32 size,
        uint24 index
    ) external view returns (uint256[] memory siblings) {
        _requireSize(self, generation, size);
        if (index >= size) revert IAccumulators.ProvisionedTreeIndexUnknown(generation, index, size);
        uint256 depth = depthOf(size);
        siblings = new uint256[](3 * depth);
        uint256 filled = 0;
        for (uint256 level = 0; level < depth; ++level) {
            uint256 own = uint256(index) >> (2 * level);
            uint256 first = own & ~uint256(3);
            for (uint256 position = first; position < first + 4; ++position) {
                if (position != own) siblings[filled++] = _node(self, generation, size, level, position);
            }
        }
    }

    /// @dev Where the leaf will lie that comes after `skip` more.
    function upcoming(State storage self, uint256 skip) internal view returns (LeafId) {
        Head memory head = self.head;
        uint256 index = head.size + skip;
        uint256 capacity = _capacity(head);
        return leafId(head.generation + uint16(index / capacity), uint24(index % capacity));
    }

    /// @dev The number of leaves in a generation, 0 if it is not open yet.
    function sizeOf(State storage self, uint16 generation) internal view returns (uint32) {
        Head memory head = self.head;
        if (generation == head.generation) return head.size;
        return generation < head.generation ? uint32(_capacity(head)) : 0;
    }

    /// @dev The least depth ≥ 1 whose 4^depth leaves hold `size`.
    function depthOf(uint256 size) internal pure returns (uint256 depth) {
        depth = 1;
        while (size > 1 << (2 * depth)) ++depth;
    }

    /// @dev Reverts unless positions start … start + count − 1 exist in a level of a tree with so many used leaves.
    function requireRange(uint8 level, uint32 start, uint32 count, uint256 leaves, uint256 depth) internal pure {
        uint256 available = level > depth ? 0 : ((leaves - 1) >> (2 * level)) + 1;
        if (uint256(start) + count > available) {
            revert IAccumulators.AccumulatorRangeUnknown(level, start, count, uint32(available));
        }
    }

    /// @dev Notes the nodes that the last append filled, then stores the lowest one outstanding.
    function _storeOne(State storage self, Head memory head) private {
        unchecked {
            uint256 size = head.size;
            uint256 outstanding = head.outstanding;
            for (uint256 level = 1; level <= LEVELS - head.cut && size & ((1 << (2 * level)) - 1) == 0; ++level) {
                outstanding |= 1 << level;
            }
            if (outstanding == 0) return;
            uint256 lowest = 1;
            while (outstanding & (1 << lowest) == 0) ++lowest;
            uint256 position = (size >> (2 * lowest)) - 1;
            self.nodes[_key(head.generation, lowest, position)] = _stored(self, head.generation, lowest, position);
            head.outstanding = uint16(outstanding & (outstanding - 1));
        }
    }

    /// @dev The node whose four children are all stored.
    function _stored(
        State storage self,
        uint256 generation,
        uint256 level,
        uint256 position
    ) private view returns (uint256) {
        uint256 first = _key(generation, level - 1, 4 * position);
        return Poseidon2.n4(self.nodes[first], self.nodes[first + 1], self.nodes[first + 2], self.nodes[first + 3]);
    }

    /// @dev Any node of the tree over the first `size` leaves. A stored node is never 0: no input hashes to it.
    function _node(
        State storage self,
        uint256 generation,
        uint256 size,
        uint256 level,
        uint256 position
    ) private view returns (uint256 node) {
        if (position << (2 * level) >= size) return EmptyNodes.provisioned(level);
        if ((position + 1) << (2 * level) <= size) {
            node = self.nodes[_key(generation, level, position)];
            if (node != 0) return node;
        }
        uint256 first = 4 * position;
        return
            Poseidon2.n4(
                _node(self, generation, size, level - 1, first),
                _node(self, generation, size, level - 1, first + 1),
                _node(self, generation, size, level - 1, first + 2),
                _node(self, generation, size, level - 1, first + 3)
            );
    }

    /// @dev Reverts unless the generation has or once had exactly `size` leaves, and at least one.
    function _requireSize(State storage self, uint16 generation, uint32 size) private view {
        uint32 available = sizeOf(self, generation);
        if (size == 0 || size > available) {
            revert IAccumulators.ProvisionedTreeSizeUnknown(generation, size, available);
        }
    }

    /// @dev Leaves in a full generation.
    function _capacity(Head memory head) private pure returns (uint256) {
        return 1 << (2 * (LEVELS - head.cut));
    }

    /// @dev Positions have at most 24 bits, levels 4, generations 16.
    function _key(uint256 generation, uint256 level, uint256 position) private pure returns (uint256) {
        return (generation << 32) | (level << 24) | position;
    }
}
