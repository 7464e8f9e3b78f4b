// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {Agent, AgentView} from "../types/Agent.sol";
import {Authorizations} from "../types/Authorizations.sol";
import {KeyId} from "../types/KeyId.sol";
import {LeafId} from "../types/LeafId.sol";
import {Policy, PolicyView} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {AgentRecords} from "./AgentRecords.sol";
import {ProverSlots} from "./ProverSlots.sol";

/// @title PolicyQueries
/// @notice Reads policies and agents as they stand at this block's time (A6).
library PolicyQueries {
    /// @notice A policy's state.
    /// @param self The agents.
    /// @param policy The policy address.
    function policyOf(AgentRecords.State storage self, PolicyId policy) external view returns (PolicyView memory) {
        AgentRecords.epochOf(self, policy);
        Policy memory head = self.heads[policy];
        uint32 live = ProverSlots.unexpired(self.slots[policy], head.provers);
        return
            PolicyView({
                epoch: head.epoch,
                agentCount: head.agentCount,
                adminCount: head.adminCount,
                liveProvers: uint8(ProverSlots.count(live)),
                createdAt: head.createdAt
            });
    }

    /// @notice An agent's record.
    /// @param self The agents.
    /// @param policy The policy address.
    /// @param agent The id of its key.
    function agentOf(
        AgentRecords.State storage self,
        PolicyId policy,
        KeyId agent
    ) external view returns (AgentView memory) {
        uint32 epoch = AgentRecords.epochOf(self, policy);
        if (self.records[policy][agent].kind == 0) {
            revert IAgentPolicyRegistry.AgentPolicyAgentUnknown(policy, agent);
        }
        return _view(self, policy, epoch, agent);
    }

    /// @notice The agents of a policy in the order in which they were added.
    /// @param self The agents.
    /// @param policy The policy address.
    /// @param start Position of the first.
    /// @param count At most how many.
    /// @return agents None if `start` lies beyond the last.
    function agentsOf(
        AgentRecords.State storage self,
        PolicyId policy,
        uint256 start,
        uint256 count
    ) external view returns (AgentView[] memory agents) {
        uint32 epoch = AgentRecords.epochOf(self, policy);
        uint256 total = self.heads[policy].agentCount;
        uint256 left = start < total ? total - start : 0;
        agents = new AgentView[](count < left ? count : left);
        for (uint256 i = 0; i < agents.length; ++i) {
            agents[i] = _view(self, policy, epoch, self.keys[policy][start + i]);
        }
    }

    /// @notice The leaves under which agents of the policy prove now.
    /// @param self The agents.
    /// @param policy The policy address.
    function liveLeavesOf(AgentRecords.State storage self, PolicyId policy) external view returns (LeafId[] memory) {
        AgentRecords.epochOf(self, policy);
        uint32 marks = self.heads[policy].provers;
        ProverSlots.State storage slots = self.slots[policy];
        return ProverSlots.leaves(slots, ProverSlots.unexpired(slots, marks));
    }

    /// @dev A record as it counts now.
    function _view(
        AgentRecords.State storage self,
        PolicyId policy,
        uint32 epoch,
        KeyId agent
    ) private view returns (AgentView memory) {
        Agent memory record = self.records[policy][agent];
        bool removed = record.epoch != epoch || record.authorizations == 0;
        bool ended = record.provedUntil == 0 && record.provedFrom != 0 && !AgentRecords.proves(record);
        uint8 bits = removed ? 0 : record.authorizations;
        return
            AgentView({
                id: agent,
                kind: record.kind,
                authorizations: ended ? bits & ~Authorizations.PROVE : bits,
                removed: removed,
                epoch: record.epoch,
                provedFrom: record.provedFrom,
                provedUntil: ended ? record.expiry : record.provedUntil,
                expiry: record.expiry,
                generation: record.leaf.generation(),
                index: record.leaf.index()
            });
    }
}
