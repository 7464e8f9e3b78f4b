// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {Agent, AgentView} from "../types/Agent.sol";
import {Authorizations} from "../types/Authorizations.sol";
import {KeyId} from "../types/KeyId.sol";
import {LeafId} from "../types/LeafId.sol";
import {Policy, PolicyFlags, PolicyView} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {AgentRecords} from "./AgentRecords.sol";
import {ProverSlots} from "./ProverSlots.sol";
import {Quorums} from "./Quorums.sol";

/// @title PolicyQueries
/// @notice Reads policies and agents as they stand at this block's time (A6).
library PolicyQueries {
    /// @notice A policy's state.
    /// @param self The agents.
    /// @param policy The policy address.
    function policyOf(AgentRecords.State storage self, PolicyId policy) external view returns (PolicyView memory) {
        Policy memory head = AgentRecords.headOf(self, policy);
        uint32 live = ProverSlots.unexpired(self.slots[policy], head.provers);
        bool stopped = head.flags & PolicyFlags.STOPPED != 0;
        return
            PolicyView({
                epoch: head.epoch,
                agentCount: head.agentCount,
                adminCount: uint8(Quorums.adminsOf(head)),
                granterCount: uint8(Quorums.grantersOf(head)),
                powerfulCount: head.powerful,
                liveProvers: uint8(ProverSlots.count(live)),
                createdAt: head.createdAt,
                abandoned: head.flags & PolicyFlags.ABANDONED != 0,
                stopper: stopped ? self.stoppers[policy] : KeyId.wrap(0)
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
        Policy memory head = AgentRecords.headOf(self, policy);
        if (self.records[policy][agent].kind == 0) {
            revert IAgentPolicyRegistry.AgentPolicyAgentUnknown(policy, agent);
        }
        return _view(self, policy, head, agent);
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
        Policy memory head = AgentRecords.headOf(self, policy);
        uint256 total = head.agentCount;
        uint256 left = start < total ? total - start : 0;
        agents = new AgentView[](count < left ? count : left);
        for (uint256 i = 0; i < agents.length; ++i) {
            agents[i] = _view(self, policy, head, self.keys[policy][start + i]);
        }
    }

    /// @notice The leaves under which agents of the policy prove now.
    /// @param self The agents.
    /// @param policy The policy address.
    function liveLeavesOf(AgentRecords.State storage self, PolicyId policy) external view returns (LeafId[] memory) {
        uint32 marks = AgentRecords.headOf(self, policy).provers;
        ProverSlots.State storage slots = self.slots[policy];
        return ProverSlots.leaves(slots, ProverSlots.unexpired(slots, marks));
    }

    /// @notice Whether an agent proved at a time of its latest spell.
    /// @param self The agents.
    /// @param policy The policy address.
    /// @param agent The id of its key.
    /// @param time Unix time, not in the future.
    function provedAt(
        AgentRecords.State storage self,
        PolicyId policy,
        KeyId agent,
        uint40 time
    ) external view returns (bool) {
        AgentRecords.headOf(self, policy);
        Agent memory record = self.records[policy][agent];
        if (record.kind == 0) revert IAgentPolicyRegistry.AgentPolicyAgentUnknown(policy, agent);
        if (time > block.timestamp) revert IAgentPolicyRegistry.AgentPolicyTimeInFuture(time, block.timestamp);
        if (record.provedFrom == 0) return false;
        if (time < record.provedFrom) {
            revert IAgentPolicyRegistry.AgentPolicyTimeBeforeSpell(policy, agent, time, record.provedFrom);
        }
        uint40 end = AgentRecords.cutOff(self, policy, record);
        return time <= record.expiry && (end == 0 || time < end);
    }

    /// @dev A record as it counts now.
    function _view(
        AgentRecords.State storage self,
        PolicyId policy,
        Policy memory head,
        KeyId agent
    ) private view returns (AgentView memory) {
        Agent memory record = self.records[policy][agent];
        bool over = record.epoch != head.epoch || head.flags & PolicyFlags.ABANDONED != 0;
        uint8 bits = over ? 0 : record.authorizations;
        uint40 end = AgentRecords.cutOff(self, policy, record);
        // a leaf that has run out is dead whether or not the bit was taken since
        if (end == 0 && record.provedFrom != 0 && block.timestamp > record.expiry) end = record.expiry;
        return
            AgentView({
                id: agent,
                kind: record.kind,
                authorizations: end == 0 ? bits : bits & ~Authorizations.PROVE,
                removed: bits == 0,
                epoch: record.epoch,
                provedFrom: record.provedFrom,
                provedUntil: end,
                expiry: record.expiry,
                generation: record.leaf.generation(),
                index: record.leaf.index(),
                counter: record.counter
            });
    }
}
