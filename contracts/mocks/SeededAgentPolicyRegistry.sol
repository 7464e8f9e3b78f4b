// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ProvisionedTree} from "../accumulator/ProvisionedTree.sol";
import {RevokedTree} from "../accumulator/RevokedTree.sol";
import {AgentPolicyRegistry} from "../policy/AgentPolicyRegistry.sol";
import {TreeSeeder} from "./TreeSeeder.sol";

/// @title SeededAgentPolicyRegistry
/// @notice The registry with trees of any size or capacity from the start, for tests and benchmarks of its own entry
/// points at 10^6 agents and at the roll-over of a generation.
/// @dev The trees are private to the registry: their slots are those of the storage layout, which a test pins.
contract SeededAgentPolicyRegistry is AgentPolicyRegistry {
    /// @dev Slot of the provisioned tree's state.
    uint256 private constant PROVISIONED = 26;

    /// @dev Slot of the revoked tree's state.
    uint256 private constant REVOKED = 29;

    /// @notice Seeds the first generation.
    /// @param levels The height of a full generation: 12 in production, fewer to reach the roll-over.
    /// @param size Leaves, 0 for none.
    /// @param leaf The value of every leaf.
    /// @param word Every word of the revoked tree, see `TreeSeeder`.
    /// @param governance The governance part.
    constructor(
        uint8 levels,
        uint32 size,
        uint256 leaf,
        uint256 word,
        address governance
    ) AgentPolicyRegistry(governance) {
        ProvisionedTree.State storage provisioned;
        RevokedTree.State storage revoked;
        assembly ("memory-safe") {
            provisioned.slot := PROVISIONED
            revoked.slot := REVOKED
        }
        if (size != 0) TreeSeeder.seed(provisioned, revoked, size, leaf, word);
        provisioned.head.cut = uint8(ProvisionedTree.LEVELS) - levels;
    }
}
