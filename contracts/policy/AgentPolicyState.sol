// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ProvisionedTree} from "../accumulator/ProvisionedTree.sol";
import {RevokedTree} from "../accumulator/RevokedTree.sol";
import {AgentChange} from "../types/AgentChange.sol";
import {LeafId} from "../types/LeafId.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {AgentRecords} from "./AgentRecords.sol";
import {Backups} from "./Backups.sol";
import {GovernanceChanges} from "./GovernanceChanges.sol";
import {Context, PolicyAuthority} from "./PolicyAuthority.sol";
import {PolicyRules} from "./PolicyRules.sol";
import {Recoveries} from "./Recoveries.sol";
import {TrusteeSets} from "./TrusteeSets.sol";

/// @title AgentPolicyState
/// @notice What the registry remembers, and the one place where the accumulators grow.
/// @dev Shared by the registry and its parts, which work on the registry's storage; nothing may be added to
/// one of them alone.
abstract contract AgentPolicyState is EIP712 {
    PolicyAuthority.State internal _authority;
    AgentRecords.State internal _agents;
    PolicyRules.State internal _rules;
    GovernanceChanges.State internal _changes;
    TrusteeSets.State internal _trustees;
    Recoveries.State internal _recoveries;
    Backups.State internal _backups;
    ProvisionedTree.State internal _provisioned;
    RevokedTree.State internal _revoked;

    constructor() EIP712("dkms AgentPolicyRegistry", "1") {}

    /// @dev Appends a leaf, whose place the agent's record says already.
    function _append(PolicyId policy, uint256 commitment, uint40 expiry, LeafId place) internal {
        LeafId leaf = ProvisionedTree.append(_provisioned, policy, commitment, expiry);
        assert(LeafId.unwrap(leaf) == LeafId.unwrap(place));
        if (RevokedTree.growsAt(leaf.index())) RevokedTree.grow(_revoked, leaf);
    }

    /// @dev Appends the leaf of every change with a commitment, which only comes with PROVE; a generation that they
    /// fill is checkpointed with the one that they open.
    function _appendAll(
        PolicyId policy,
        AgentChange[] calldata changes,
        LeafId[] memory provisioned,
        bool checkpointed
    ) internal {
        uint16 generation = _provisioned.head.generation;
        uint256 count = 0;
        for (uint256 i = 0; i < changes.length; ++i) {
            uint256 commitment = changes[i].commitment;
            if (commitment == 0) continue;
            _append(policy, commitment, uint40(changes[i].expiry), provisioned[count++]);
        }
        if (checkpointed) _checkpointFrom(generation);
    }

    /// @dev Checkpoints the generation in which an operation began to append, and those that it opened since.
    function _checkpointFrom(uint16 generation) internal {
        for (; generation <= _provisioned.head.generation; ++generation) {
            ProvisionedTree.checkpoint(_provisioned, generation);
        }
    }

    /// @dev Sets the bits of leaves under which agents may prove no more.
    function _revokeMany(LeafId[] memory leaves) internal {
        if (leaves.length != 0) RevokedTree.setMany(_revoked, _provisioned, leaves);
    }

    /// @dev What the libraries check signatures against; they do not ask for the sender themselves.
    function _context() internal view returns (Context memory) {
        return Context(_domainSeparatorV4(), msg.sender);
    }
}
