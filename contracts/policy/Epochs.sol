// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAgentPolicyGovernance} from "../interfaces/IAgentPolicyGovernance.sol";
import {LeafId} from "../types/LeafId.sol";
import {Policy} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {AgentRecords} from "./AgentRecords.sol";
import {ProverSlots} from "./ProverSlots.sol";

/// @title Epochs
/// @notice Ends an epoch of a policy, and with it all PROVE that does not survive.
/// @dev Records of agents are not touched: they name an epoch that is over, and `endedAt` tells since when.
library Epochs {
    /// @dev Ends the epoch of `head`; only the leaves in the slots `kept` go on. Those to revoke are at most 32, as is
    /// the loop. A leaf that has run out is dead already.
    function end(
        AgentRecords.State storage self,
        PolicyId policy,
        Policy memory head,
        uint32 kept
    ) internal returns (LeafId[] memory revoked) {
        ProverSlots.State storage slots = self.slots[policy];
        revoked = ProverSlots.leaves(slots, ProverSlots.unexpired(slots, head.provers) & ~kept);
        head.provers = kept;
        self.endedAt[policy][head.epoch] = uint40(block.timestamp);
        emit IAgentPolicyGovernance.EpochEnded(policy, head.epoch);
        for (uint256 i = 0; i < revoked.length; ++i) {
            emit IAgentPolicyGovernance.ProverEnded(policy, revoked[i].generation(), revoked[i].index());
        }
    }
}
