// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Checkpoint} from "../types/Checkpoint.sol";
import {RootStatus} from "../types/RootStatus.sol";

/// @title RootsMock
/// @notice A registry of which only `rootsOf` exists, saying of any roots what a test wants it to say.
contract RootsMock {
    struct Revoked {
        RootStatus status;
        uint40 supersededAt;
    }

    mapping(uint256 root => Checkpoint record) private _checkpoints;
    mapping(uint256 generation => mapping(uint256 root => Revoked record)) private _revoked;

    /// @notice Makes a root a checkpoint; size 0 undoes it.
    /// @param root The root.
    /// @param record What to say of it.
    function setCheckpoint(uint256 root, Checkpoint calldata record) external {
        _checkpoints[root] = record;
    }

    /// @notice Sets what a generation knows of a revoked root.
    /// @param generation The pair of trees.
    /// @param root The root.
    /// @param status Whether it is current.
    /// @param supersededAt Since when it is not.
    function setRevoked(uint16 generation, uint256 root, RootStatus status, uint40 supersededAt) external {
        _revoked[generation][root] = Revoked(status, supersededAt);
    }

    /// @notice As IAgentPolicyRegistry.
    /// @param provisionedRoot The root of a checkpoint.
    /// @param revokedRoot A revoked root.
    /// @return record What was set.
    /// @return status What was set in the generation of the record.
    /// @return supersededAt What was set.
    function rootsOf(
        uint256 provisionedRoot,
        uint256 revokedRoot
    ) external view returns (Checkpoint memory record, RootStatus status, uint40 supersededAt) {
        record = _checkpoints[provisionedRoot];
        Revoked memory revoked = _revoked[record.generation][revokedRoot];
        return (record, revoked.status, revoked.supersededAt);
    }
}
