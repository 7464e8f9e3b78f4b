// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Checkpoint} from "../types/Checkpoint.sol";
import {LeafId} from "../types/LeafId.sol";
import {RootStatus} from "../types/RootStatus.sol";

/// @title IAccumulators
/// @notice The provisioned and the revoked accumulator: events from which both can be rebuilt, and views for
/// witnesses.
/// @dev Protocol §3 and §4. Both only ever grow. Who may append a leaf or set a bit is the registry's concern.
interface IAccumulators {
    /// @notice Emitted when an agent's leaf is added to the provisioned tree.
    /// @param generation The pair of trees; the first leaf of a generation opens it.
    /// @param index The leaf's position.
    /// @param leaf `C4(4, I, K, index | expiry << 24)`.
    event LeafAppended(uint16 indexed generation, uint24 index, uint256 leaf);

    /// @notice Emitted when a root of a provisioned tree becomes acceptable, for ever.
    /// @param root The root.
    /// @param generation The pair of trees.
    /// @param size The number of leaves under the root.
    /// @param time The block's time.
    event Checkpointed(uint256 indexed root, uint16 indexed generation, uint32 size, uint40 time);

    /// @notice Emitted for every bit set in the revoked tree, before the `RevocationRootAdded` that counts it in.
    /// @param generation The pair of trees.
    /// @param index The index whose leaf proves no more.
    event IndexRevoked(uint16 indexed generation, uint24 index);

    /// @notice Emitted when a generation opens, grows in depth (same version) or has bits set (next version).
    /// @param generation The pair of trees.
    /// @param version Counts this generation's sets of bits, from 1 for none; the former one is superseded now.
    /// @param depth Levels above the words.
    /// @param root The root at that depth.
    /// @param time The block's time.
    event RevocationRootAdded(uint16 indexed generation, uint64 version, uint8 depth, uint256 root, uint40 time);

    /// @notice Thrown when a generation without leaves is to be checkpointed or has no root yet.
    error ProvisionedTreeEmpty(uint16 generation);

    /// @notice Thrown when a generation has not that many leaves, or none were asked for.
    error ProvisionedTreeSizeUnknown(uint16 generation, uint32 size, uint32 available);

    /// @notice Thrown when a generation has no leaf at this index at that size.
    error ProvisionedTreeIndexUnknown(uint16 generation, uint24 index, uint32 size);

    /// @notice Thrown when nodes beyond the used part of a level, or of a level that does not exist, are asked for.
    error AccumulatorRangeUnknown(uint8 level, uint32 start, uint32 count, uint32 available);

    /// @notice Thrown when an index that is revoked already is to be revoked alone (protocol §4.3).
    error RevokedTreeAlreadySet(LeafId id);

    /// @notice Thrown when an index without a leaf is to be revoked, or its witness asked for.
    error RevokedTreeIndexUnknown(LeafId id, uint32 size);

    /// @notice Records the root of a generation at its present size; a known root is left as it is (protocol §3.3).
    /// @param generation The pair of trees.
    /// @return root The root.
    /// @return added False if the root was known; its time is then the older one.
    function checkpoint(uint16 generation) external returns (uint256 root, bool added);

    /// @notice What is recorded of a root of a provisioned tree.
    /// @param root The root.
    /// @return record Size 0 if it never was a checkpoint.
    function checkpointOf(uint256 root) external view returns (Checkpoint memory record);

    /// @notice What a generation knows of a root of its revoked tree (protocol §4.2).
    /// @param generation The pair of trees.
    /// @param root The root.
    /// @return status Whether it never was, is or was current; roots of one version at several depths share it.
    /// @return supersededAt The time of the block that set a bit that the root lacks; 0 unless superseded.
    function rootStatus(uint16 generation, uint256 root) external view returns (RootStatus status, uint40 supersededAt);

    /// @notice The generation that takes the next leaf, or the full one before it.
    /// @return generation The pair of trees.
    function currentGeneration() external view returns (uint16 generation);

    /// @notice The number of leaves in a generation.
    /// @param generation The pair of trees.
    /// @return size 0 for one not opened yet.
    function provisionedSize(uint16 generation) external view returns (uint32 size);

    /// @notice The root of a provisioned tree when it had `size` leaves; acceptable only if it is a checkpoint.
    /// @param generation The pair of trees.
    /// @param size 1 … present size.
    /// @return root The root.
    function provisionedRoot(uint16 generation, uint32 size) external view returns (uint256 root);

    /// @notice Nodes of one level of a provisioned tree when it had `size` leaves; level 0 are the leaves.
    /// @dev Fetch wide, aligned ranges: asking for one path tells the node which agent asks (protocol §7.2).
    /// @param generation The pair of trees.
    /// @param size 1 … present size.
    /// @param level 0 … depth at that size.
    /// @param start First position.
    /// @param count How many; start + count is at most ⌈size / 4^level⌉.
    /// @return nodes In the order of their positions.
    function provisionedNodes(
        uint16 generation,
        uint32 size,
        uint8 level,
        uint32 start,
        uint32 count
    ) external view returns (uint256[] memory nodes);

    /// @notice The siblings that prove a leaf under the root at `size` leaves; tells the node which agent asks.
    /// @param generation The pair of trees.
    /// @param size index + 1 … present size.
    /// @param index The leaf's position.
    /// @return siblings Three for each level from the leaf up, in the order of their positions.
    function provisionedWitness(
        uint16 generation,
        uint32 size,
        uint24 index
    ) external view returns (uint256[] memory siblings);

    /// @notice The current root of a revoked tree at its present depth.
    /// @param generation The pair of trees.
    /// @return root The root.
    /// @return version Its revocation version.
    function revokedRoot(uint16 generation) external view returns (uint256 root, uint64 version);

    /// @notice Words of revocation bits: bit i of word w is set if index 256w + i is revoked.
    /// @param generation The pair of trees.
    /// @param start First word.
    /// @param count How many; start + count is at most ⌈size / 256⌉.
    /// @return words In the order of their positions.
    function revokedWords(uint16 generation, uint32 start, uint32 count) external view returns (uint256[] memory words);

    /// @notice Nodes of one level of a revoked tree; level 0 are the hashes of the words.
    /// @param generation The pair of trees.
    /// @param level 0 … present depth.
    /// @param start First position.
    /// @param count How many; start + count is at most ⌈size / (256 · 4^level)⌉.
    /// @return nodes In the order of their positions.
    function revokedNodes(
        uint16 generation,
        uint8 level,
        uint32 start,
        uint32 count
    ) external view returns (uint256[] memory nodes);

    /// @notice The word of an index and the siblings that prove it under the current root; tells which agent asks.
    /// @param generation The pair of trees.
    /// @param index The leaf's position.
    /// @return word The word that holds the index's bit.
    /// @return siblings Three for each level from the word up, in the order of their positions.
    function revokedWitness(
        uint16 generation,
        uint24 index
    ) external view returns (uint256 word, uint256[] memory siblings);
}
