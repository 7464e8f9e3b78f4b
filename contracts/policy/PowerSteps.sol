// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAgentPolicyGovernance} from "../interfaces/IAgentPolicyGovernance.sol";
import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {Agent} from "../types/Agent.sol";
import {Authorizations} from "../types/Authorizations.sol";
import {KeyId} from "../types/KeyId.sol";
import {PowerChange} from "../types/PendingChange.sol";
import {Policy} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {AgentRecords} from "./AgentRecords.sol";
import {Quorums} from "./Quorums.sol";

/// @title PowerSteps
/// @notice Sets what an agent may do besides proving.
library PowerSteps {
    /// @dev Counts an agent's power after a change in the head; tells if it differs from now.
    function count(
        AgentRecords.State storage self,
        PolicyId policy,
        Policy memory head,
        PowerChange memory change
    ) internal view returns (bool differs) {
        Agent storage record = self.records[policy][change.agent];
        uint8 kind = record.kind == 0 ? change.kind : record.kind;
        uint8 before = record.epoch == head.epoch ? record.authorizations : 0;
        uint8 afterwards = _afterwards(before, change.authorizations);
        Quorums.recount(head, kind, before, afterwards);
        return afterwards != before;
    }

    /// @dev Writes an agent's power and says so, unless it is so already. The head is counted and written by the
    /// caller, but for the number of keys. A key that lost all its bits since the change was scheduled is set all the
    /// same: else whoever can take PROVE from an agent could keep it from power.
    function write(
        AgentRecords.State storage self,
        PolicyId policy,
        Policy memory head,
        PowerChange memory change
    ) internal {
        KeyId agent = change.agent;
        Agent memory record = self.records[policy][agent];
        bool added = record.epoch != head.epoch;
        if (added) {
            if (change.authorizations == 0) return;
            AgentRecords.list(self, policy, head, agent);
            AgentRecords.enter(self, policy, head, record, record.kind == 0 ? change.kind : record.kind);
            emit IAgentPolicyRegistry.AgentAdded(policy, agent, head.epoch, record.kind, change.key);
        }
        uint8 before = record.authorizations;
        uint8 afterwards = _afterwards(before, change.authorizations);
        if (afterwards == before) return;
        record.authorizations = afterwards;
        self.records[policy][agent] = record;
        emit IAgentPolicyRegistry.AgentAuthorizationsChanged(policy, agent, before, afterwards);
    }

    /// @dev Reverts unless an agent of a change is to have nothing but power.
    function requirePower(KeyId agent, uint8 authorizations) internal pure {
        if (authorizations & ~(Authorizations.ALL & ~Authorizations.PROVE) != 0) {
            revert IAgentPolicyGovernance.AgentPolicyPowerUnknown(agent, authorizations);
        }
    }

    /// @dev PROVE is left as it is.
    function _afterwards(uint8 before, uint8 power) private pure returns (uint8) {
        return (before & Authorizations.PROVE) | power;
    }
}
