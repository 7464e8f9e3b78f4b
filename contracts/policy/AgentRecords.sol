// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {Agent} from "../types/Agent.sol";
import {Authorizations} from "../types/Authorizations.sol";
import {KeyId} from "../types/KeyId.sol";
import {LeafId} from "../types/LeafId.sol";
import {PackedPolicy, PolicyPacking} from "../types/PackedPolicy.sol";
import {Policy, PolicyFlags} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {ProverSlots} from "./ProverSlots.sol";

/// @dev One agent's part of an operation, worked out before anything is written. `record`: as it will be. `before`:
/// its bits so far. `added`: new in this epoch. `revokes`: the leaf it proved under dies. `commitment`: K if it gains
/// PROVE.
struct Step {
    KeyId agent;
    Agent record;
    uint8 before;
    bool added;
    bool revokes;
    uint256 commitment;
}

/// @title AgentRecords
/// @notice The policies, their agents and the commitments they used.
library AgentRecords {
    /// @dev `keys`: key ids in the order of joining. `endedAt`: when an epoch ended, and with it what proved in it and
    /// did not go on. `stoppers`: who stopped grants, where they are stopped.
    struct State {
        mapping(PolicyId policy => PackedPolicy head) heads;
        mapping(PolicyId policy => mapping(KeyId agent => Agent record)) records;
        mapping(PolicyId policy => mapping(uint256 position => KeyId agent)) keys;
        mapping(PolicyId policy => mapping(uint256 commitment => bool used)) commitments;
        mapping(PolicyId policy => ProverSlots.State slots) slots;
        mapping(PolicyId policy => mapping(uint32 epoch => uint40 time)) endedAt;
        mapping(PolicyId policy => KeyId agent) stoppers;
    }

    /// @dev The head of a policy; reverts if there is none.
    function headOf(State storage self, PolicyId policy) internal view returns (Policy memory head) {
        PolicyPacking.unpack(self.heads[policy], head);
        if (head.epoch == 0) revert IAgentPolicyRegistry.AgentPolicyUnknown(policy);
    }

    /// @dev The head of a policy that can still change.
    function openHead(State storage self, PolicyId policy) internal view returns (Policy memory head) {
        loadOpen(self, policy, head);
    }

    /// @dev Fills in the head of a policy that can still change.
    function loadOpen(State storage self, PolicyId policy, Policy memory head) internal view {
        PolicyPacking.unpack(self.heads[policy], head);
        if (head.epoch == 0) revert IAgentPolicyRegistry.AgentPolicyUnknown(policy);
        if (head.flags & PolicyFlags.ABANDONED != 0) revert IAgentPolicyRegistry.AgentPolicyEnded(policy);
    }

    /// @dev Whether there is such a policy.
    function exists(State storage self, PolicyId policy) internal view returns (bool) {
        return PackedPolicy.unwrap(self.heads[policy]) != 0;
    }

    /// @dev Writes the head of a policy.
    function writeHead(State storage self, PolicyId policy, Policy memory head) internal {
        self.heads[policy] = PolicyPacking.pack(head);
    }

    /// @dev True while the agent's PROVE holds: the second of its expiry is the last.
    function proves(Agent memory record) internal view returns (bool) {
        return record.authorizations & Authorizations.PROVE != 0 && block.timestamp <= record.expiry;
    }

    /// @dev When the agent's last spell of proving was ended by anything but its expiry; 0 if by nothing.
    function cutOff(State storage self, PolicyId policy, Agent memory record) internal view returns (uint40 time) {
        time = record.provedUntil;
        if (time != 0 || record.provedFrom == 0) return time;
        time = self.endedAt[policy][record.epoch];
        if (time > record.expiry) return 0;
    }

    /// @dev Takes a record over into the epoch of `head`, without authorizations. What it tells of the last spell of
    /// proving stays.
    function enter(
        State storage self,
        PolicyId policy,
        Policy memory head,
        Agent memory record,
        uint8 kind
    ) internal view {
        record.provedUntil = cutOff(self, policy, record);
        record.authorizations = 0;
        record.kind = kind;
        record.epoch = head.epoch;
        record.barred = false;
    }

    /// @dev Lists an agent that is new in this epoch. A key of a former epoch keeps its place.
    function list(State storage self, PolicyId policy, Policy memory head, KeyId agent) internal {
        if (self.records[policy][agent].kind == 0) self.keys[policy][head.agentCount++] = agent;
    }

    /// @dev Writes a step and says so. The head, which the steps share, is written once by the caller.
    function write(State storage self, PolicyId policy, Step memory step) internal {
        Agent memory record = step.record;
        KeyId agent = step.agent;
        self.records[policy][agent] = record;
        emit IAgentPolicyRegistry.AgentAuthorizationsChanged(policy, agent, step.before, record.authorizations);
        LeafId leaf = record.leaf;
        if (step.commitment != 0) {
            self.commitments[policy][step.commitment] = true;
            ProverSlots.put(self.slots[policy], record.slot, leaf, record.expiry);
            emit IAgentPolicyRegistry.AgentProvisioned(
                policy,
                agent,
                leaf.generation(),
                leaf.index(),
                step.commitment,
                record.expiry
            );
        }
        if (step.revokes) {
            emit IAgentPolicyRegistry.AgentRevoked(policy, agent, leaf.generation(), leaf.index());
        }
    }
}
