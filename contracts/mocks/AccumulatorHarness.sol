// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ProvisionedTree} from "../accumulator/ProvisionedTree.sol";
import {RevokedTree} from "../accumulator/RevokedTree.sol";
import {IAccumulators} from "../interfaces/IAccumulators.sol";
import {Checkpoint} from "../types/Checkpoint.sol";
import {LeafId, leafId} from "../types/LeafId.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {RootStatus} from "../types/RootStatus.sol";
import {TreeSeeder} from "./TreeSeeder.sol";

/// @title AccumulatorHarness
/// @notice A pair of trees that anyone may append to and revoke in: the registry without its rules, for tests.
contract AccumulatorHarness is IAccumulators {
    ProvisionedTree.State private _provisioned;
    RevokedTree.State private _revoked;

    /// @notice Fixes the capacity.
    /// @param levels The height of a full generation: 12 in production, fewer to test the roll-over.
    constructor(uint8 levels) {
        _provisioned.head.cut = uint8(ProvisionedTree.LEVELS) - levels;
    }

    /// @notice Appends a leaf as the registry does.
    /// @param policy The policy address.
    /// @param commitment The secret commitment.
    /// @param expiry The last second at which the leaf proves.
    /// @return id Where the leaf lies.
    function append(PolicyId policy, uint256 commitment, uint40 expiry) public returns (LeafId id) {
        id = ProvisionedTree.append(_provisioned, policy, commitment, expiry);
        if (RevokedTree.growsAt(id.index())) RevokedTree.grow(_revoked, id);
    }

    /// @notice Appends `count` leaves of policy 1 without expiry, with commitments from `first` on.
    /// @param first The first commitment.
    /// @param count How many.
    function appendMany(uint256 first, uint256 count) external {
        for (uint256 i = 0; i < count; ++i) append(PolicyId.wrap(1), first + i, type(uint40).max);
    }

    /// @notice Sets one bit.
    /// @param id The leaf.
    function revoke(LeafId id) external {
        RevokedTree.set(_revoked, _provisioned, id);
    }

    /// @notice Sets several bits.
    /// @param ids The leaves.
    /// @return count How many were not set before.
    function revokeMany(LeafId[] memory ids) external returns (uint256 count) {
        return RevokedTree.setMany(_revoked, _provisioned, ids);
    }

    /// @notice Seeds a fresh pair of trees, see `TreeSeeder`.
    /// @param size Leaves.
    /// @param leaf The value of every leaf.
    /// @param word Every word of the revoked tree.
    function seed(uint32 size, uint256 leaf, uint256 word) external {
        TreeSeeder.seed(_provisioned, _revoked, size, leaf, word);
    }

    /// @inheritdoc IAccumulators
    function checkpoint(uint16 generation) external returns (uint256 root, bool added) {
        return ProvisionedTree.checkpoint(_provisioned, generation);
    }

    /// @inheritdoc IAccumulators
    function checkpointOf(uint256 root) external view returns (Checkpoint memory record) {
        return _provisioned.checkpoints[root];
    }

    /// @inheritdoc IAccumulators
    function rootStatus(
        uint16 generation,
        uint256 root
    ) external view returns (RootStatus status, uint40 supersededAt) {
        return RevokedTree.statusOf(_revoked, generation, root);
    }

    /// @inheritdoc IAccumulators
    function currentGeneration() external view returns (uint16 generation) {
        return _provisioned.head.generation;
    }

    /// @inheritdoc IAccumulators
    function provisionedSize(uint16 generation) external view returns (uint32 size) {
        return ProvisionedTree.sizeOf(_provisioned, generation);
    }

    /// @inheritdoc IAccumulators
    function provisionedRoot(uint16 generation, uint32 size) external view returns (uint256 root) {
        return ProvisionedTree.rootAt(_provisioned, generation, size);
    }

    /// @inheritdoc IAccumulators
    function provisionedNodes(
        uint16 generation,
        uint32 size,
        uint8 level,
        uint32 start,
        uint32 count
    ) external view returns (uint256[] memory nodes) {
        return ProvisionedTree.nodesAt(_provisioned, generation, size, level, start, count);
    }

    /// @inheritdoc IAccumulators
    function provisionedWitness(
        uint16 generation,
        uint32 size,
        uint24 index
    ) external view returns (uint256[] memory siblings) {
        return ProvisionedTree.witnessAt(_provisioned, generation, size, index);
    }

    /// @inheritdoc IAccumulators
    function revokedRoot(uint16 generation) external view returns (uint256 root, uint64 version) {
        return RevokedTree.currentRoot(_revoked, _provisioned, generation);
    }

    /// @inheritdoc IAccumulators
    function revokedWords(
        uint16 generation,
        uint32 start,
        uint32 count
    ) external view returns (uint256[] memory words) {
        return RevokedTree.wordsOf(_revoked, _provisioned, generation, start, count);
    }

    /// @inheritdoc IAccumulators
    function revokedNodes(
        uint16 generation,
        uint8 level,
        uint32 start,
        uint32 count
    ) external view returns (uint256[] memory nodes) {
        return RevokedTree.nodesOf(_revoked, _provisioned, generation, level, start, count);
    }

    /// @inheritdoc IAccumulators
    function revokedWitness(
        uint16 generation,
        uint24 index
    ) external view returns (uint256 word, uint256[] memory siblings) {
        return RevokedTree.witnessOf(_revoked, _provisioned, leafId(generation, index));
    }
}
