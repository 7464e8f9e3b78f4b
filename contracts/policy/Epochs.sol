// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAgentPolicyGovernance} from "../interfaces/IAgentPolicyGovernance.sol";
import {LeafId} from "../types/LeafId.sol";
import {Policy, PolicyFlags} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {AgentRecords} from "./AgentRecords.sol";
import {ProverSlots} from "./ProverSlots.sol";

/// @title Epochs
/// @notice Ends an epoch of a policy, and with it all PROVE that does not survive.
/// @dev Records of agents are not touched: they name an epoch that is over, and `endedAt` tells since when.
library Epochs {
    /// @dev Ends the epoch of `head`; the events of what goes on follow.
    function end(AgentRecords.State storage self, PolicyId policy, Policy memory head) internal {
        self.endedAt[policy][head.epoch] = uint40(block.timestamp);
        emit IAgentPolicyGovernance.EpochEnded(policy, head.epoch);
    }

    /// @dev Lets only the leaves in the slots `kept` go on, and lists the others for revocation, at most 32. A leaf
    /// that has run out is dead already.
    function endProvers(
        AgentRecords.State storage self,
        PolicyId policy,
        Policy memory head,
        uint32 kept
    ) internal returns (LeafId[] memory revoked) {
        ProverSlots.State storage slots = self.slots[policy];
        revoked = ProverSlots.leaves(slots, ProverSlots.unexpired(slots, head.provers) & ~kept);
        head.provers = kept;
        for (uint256 i = 0; i < revoked.length; ++i) {
            emit IAgentPolicyGovernance.ProverEnded(policy, revoked[i].generation(), revoked[i].index());
        }
    }

    /// @dev Makes the head that of the next epoch, in which nobody holds power yet.
    function begin(Policy memory head) internal pure {
        ++head.epoch;
        (head.powerful, head.admins, head.contractAdmins) = (0, 0, 0);
        (head.granters, head.contractGranters) = (0, 0);
        head.flags &= ~PolicyFlags.STOPPED;
    }
}
