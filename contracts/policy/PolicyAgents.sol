// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ProvisionedTree} from "../accumulator/ProvisionedTree.sol";
import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {AgentKeys} from "../libraries/AgentKeys.sol";
import {Acceptance, AgentAcceptance, AgentAcceptanceHash} from "../types/Acceptance.sol";
import {AgentChange} from "../types/AgentChange.sol";
import {Authorizations} from "../types/Authorizations.sol";
import {KeyId} from "../types/KeyId.sol";
import {LeafId} from "../types/LeafId.sol";
import {Policy} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {AgentRevocation} from "../types/Revoke.sol";
import {AgentRecords, Step} from "./AgentRecords.sol";
import {AgentSteps, Plan} from "./AgentSteps.sol";
import {Approver, Rights} from "./Rights.sol";

/// @dev A leaf that the registry is to append, and where it must come to lie.
struct Provision {
    uint256 commitment;
    uint40 expiry;
    LeafId leaf;
}

/// @dev What acceptances are checked against.
struct Consent {
    bytes32 domainSeparator;
    address sender;
}

/// @title PolicyAgents
/// @notice The agents of policies: plans an operation on them, checks the approvers' rights to it, and writes it.
/// @dev Leaves to append and bits to set are returned to the registry, which alone touches the accumulators.
library PolicyAgents {
    /// @dev The epoch that a policy starts in.
    uint32 private constant FIRST_EPOCH = 1;

    /// @notice Opens a policy with its first agents.
    /// @param self The agents.
    /// @param tree The provisioned tree, only read: it tells where the next leaves will lie.
    /// @param policy The policy address.
    /// @param ownerCommitment O, for the log.
    /// @param agents The first is the creator, whose approval was checked.
    /// @param acceptances One for each agent.
    /// @param consent What acceptances are checked against.
    /// @return provisions Leaves to append.
    function create(
        AgentRecords.State storage self,
        ProvisionedTree.State storage tree,
        PolicyId policy,
        uint256 ownerCommitment,
        AgentChange[] calldata agents,
        Acceptance[] calldata acceptances,
        Consent calldata consent
    ) external returns (Provision[] memory provisions) {
        (Plan memory plan, Approver[] memory approvers) = _planCreation(self, tree, policy, agents);
        emit IAgentPolicyRegistry.PolicyCreated(policy, approvers[0].id, ownerCommitment);
        return _admit(self, plan, agents, acceptances, approvers, consent);
    }

    /// @notice Sets the authorizations of agents.
    /// @param self The agents.
    /// @param tree The provisioned tree, only read: it tells where the next leaves will lie.
    /// @param policy The policy address.
    /// @param changes What is to change.
    /// @param acceptances One for each change.
    /// @param approvers Whose approval was checked.
    /// @param consent What acceptances are checked against.
    /// @return provisions Leaves to append.
    /// @return revoked Leaves whose bit is to be set.
    function authorize(
        AgentRecords.State storage self,
        ProvisionedTree.State storage tree,
        PolicyId policy,
        AgentChange[] calldata changes,
        Acceptance[] calldata acceptances,
        Approver[] calldata approvers,
        Consent calldata consent
    ) external returns (Provision[] memory provisions, LeafId[] memory revoked) {
        Plan memory plan = _planChanges(self, tree, policy, AgentRecords.headOf(self, policy), changes);
        Rights.requireHeld(policy, approvers, plan.needed);
        provisions = _admit(self, plan, changes, acceptances, approvers, consent);
        return (provisions, _revoked(plan));
    }

    /// @notice Takes authorizations from agents.
    /// @param self The agents.
    /// @param policy The policy address.
    /// @param revocations What is to be taken.
    /// @param approvers Whose approval was checked.
    /// @return revoked Leaves whose bit is to be set.
    function revoke(
        AgentRecords.State storage self,
        PolicyId policy,
        AgentRevocation[] calldata revocations,
        Approver[] calldata approvers
    ) external returns (LeafId[] memory revoked) {
        Plan memory plan = _planRevocations(self, policy, revocations, approvers);
        _write(self, plan);
        return _revoked(plan);
    }

    /// @notice Takes authorizations from an agent that gives them up.
    /// @param self The agents.
    /// @param policy The policy address.
    /// @param agent Whose approval was checked.
    /// @param authorizations What is to be taken.
    /// @return revoked The leaf whose bit is to be set, if any.
    function renounce(
        AgentRecords.State storage self,
        PolicyId policy,
        KeyId agent,
        uint8 authorizations
    ) external returns (LeafId[] memory revoked) {
        Plan memory plan = _planRenunciation(self, policy, agent, authorizations);
        _write(self, plan);
        return _revoked(plan);
    }

    /// @notice What `create` checks, but for acceptances.
    function checkCreate(
        AgentRecords.State storage self,
        ProvisionedTree.State storage tree,
        PolicyId policy,
        AgentChange[] calldata agents
    ) external view {
        _planCreation(self, tree, policy, agents);
    }

    /// @notice What `authorize` checks, but for acceptances.
    function checkAuthorize(
        AgentRecords.State storage self,
        ProvisionedTree.State storage tree,
        PolicyId policy,
        AgentChange[] calldata changes,
        Approver[] calldata approvers
    ) external view {
        Plan memory plan = _planChanges(self, tree, policy, AgentRecords.headOf(self, policy), changes);
        Rights.requireHeld(policy, approvers, plan.needed);
    }

    /// @notice What `revoke` checks.
    function checkRevoke(
        AgentRecords.State storage self,
        PolicyId policy,
        AgentRevocation[] calldata revocations,
        Approver[] calldata approvers
    ) external view {
        _planRevocations(self, policy, revocations, approvers);
    }

    /// @notice What `renounce` checks.
    function checkRenounce(
        AgentRecords.State storage self,
        PolicyId policy,
        KeyId agent,
        uint8 authorizations
    ) external view {
        _planRenunciation(self, policy, agent, authorizations);
    }

    /// @dev A policy's first operation, approved by its creator, which is to hold all rights.
    function _planCreation(
        AgentRecords.State storage self,
        ProvisionedTree.State storage tree,
        PolicyId policy,
        AgentChange[] calldata agents
    ) private view returns (Plan memory plan, Approver[] memory approvers) {
        Policy memory head = self.heads[policy];
        if (head.epoch != 0) revert IAgentPolicyRegistry.AgentPolicyExists(policy);
        AgentSteps.requireBatch(agents.length);
        uint8 bits = agents[0].authorizations;
        if (bits != Authorizations.ALL) revert IAgentPolicyRegistry.AgentPolicyCreatorNeedsAll(bits);
        head.epoch = FIRST_EPOCH;
        head.createdAt = uint40(block.timestamp);
        plan = _planChanges(self, tree, policy, head, agents);
        approvers = new Approver[](1);
        approvers[0] = Approver(plan.steps[0].agent, bits);
    }

    /// @dev One step for each change.
    function _planChanges(
        AgentRecords.State storage self,
        ProvisionedTree.State storage tree,
        PolicyId policy,
        Policy memory head,
        AgentChange[] calldata changes
    ) private view returns (Plan memory plan) {
        plan = AgentSteps.start(policy, head, changes.length);
        for (uint256 i = 0; i < changes.length; ++i) {
            AgentSteps.set(self, plan, i, changes[i], ProvisionedTree.upcoming(tree, plan.provisions));
        }
        AgentSteps.requireAdmin(plan);
    }

    /// @dev One step for each revocation, of which one at least must take something.
    function _planRevocations(
        AgentRecords.State storage self,
        PolicyId policy,
        AgentRevocation[] calldata revocations,
        Approver[] calldata approvers
    ) private view returns (Plan memory plan) {
        plan = AgentSteps.start(policy, AgentRecords.headOf(self, policy), revocations.length);
        bool idle = true;
        for (uint256 i = 0; i < revocations.length; ++i) {
            AgentSteps.take(self, plan, i, revocations[i].agent, revocations[i].authorizations);
            if (_changes(plan.steps[i])) idle = false;
        }
        if (idle) revert IAgentPolicyRegistry.AgentPolicyNothingToRevoke(policy);
        Rights.requireHeld(policy, approvers, plan.needed);
        AgentSteps.requireAdmin(plan);
    }

    /// @dev One step, which must take something and needs no right.
    function _planRenunciation(
        AgentRecords.State storage self,
        PolicyId policy,
        KeyId agent,
        uint8 authorizations
    ) private view returns (Plan memory plan) {
        plan = AgentSteps.start(policy, AgentRecords.headOf(self, policy), 1);
        AgentSteps.take(self, plan, 0, agent, authorizations);
        if (!_changes(plan.steps[0])) revert IAgentPolicyRegistry.AgentPolicyNothingChanges(policy, agent);
        AgentSteps.requireAdmin(plan);
    }

    /// @dev Writes the changes of agents that consent to them, and lists the leaves to append.
    function _admit(
        AgentRecords.State storage self,
        Plan memory plan,
        AgentChange[] calldata changes,
        Acceptance[] calldata acceptances,
        Approver[] memory approvers,
        Consent calldata consent
    ) private returns (Provision[] memory provisions) {
        if (acceptances.length != changes.length) {
            revert IAgentPolicyRegistry.AgentPolicyAcceptanceCount(acceptances.length, changes.length);
        }
        provisions = new Provision[](plan.provisions);
        uint256 count = 0;
        for (uint256 i = 0; i < changes.length; ++i) {
            Step memory step = plan.steps[i];
            bool needed = (step.added || step.commitment != 0) && !Rights.includes(approvers, step.agent);
            _requireConsent(plan, step.agent, needed, changes[i], acceptances[i], consent);
            AgentRecords.write(self, plan.policy, plan.head, step, changes[i].key);
            if (step.commitment != 0) {
                provisions[count++] = Provision(step.commitment, step.record.expiry, step.record.leaf);
            }
        }
        self.heads[plan.policy] = plan.head;
    }

    /// @dev Writes what is taken; steps that take nothing leave no trace.
    function _write(AgentRecords.State storage self, Plan memory plan) private {
        for (uint256 i = 0; i < plan.steps.length; ++i) {
            if (_changes(plan.steps[i])) AgentRecords.write(self, plan.policy, plan.head, plan.steps[i], "");
        }
        self.heads[plan.policy] = plan.head;
    }

    /// @dev Reverts unless the agent's acceptance is there exactly if needed, in time and its own.
    function _requireConsent(
        Plan memory plan,
        KeyId agent,
        bool needed,
        AgentChange calldata change,
        Acceptance calldata acceptance,
        Consent calldata consent
    ) private view {
        uint64 deadline = acceptance.deadline;
        if (!needed) {
            if (deadline != 0 || acceptance.signature.length != 0) {
                revert IAgentPolicyRegistry.AgentPolicyAcceptanceNotNeeded(agent);
            }
            return;
        }
        if (deadline == 0) revert IAgentPolicyRegistry.AgentPolicyAcceptanceMissing(agent);
        if (block.timestamp > deadline) {
            revert IAgentPolicyRegistry.AgentPolicyAcceptanceExpired(agent, deadline, block.timestamp);
        }
        bytes32 structHash = AgentAcceptanceHash.hash(
            AgentAcceptance({
                policy: plan.policy,
                epoch: plan.head.epoch,
                key: change.key,
                commitment: change.commitment,
                authorizations: change.authorizations,
                expiry: change.expiry,
                deadline: deadline
            })
        );
        bytes32 digest = MessageHashUtils.toTypedDataHash(consent.domainSeparator, structHash);
        AgentKeys.requireSignature(change.kind, change.key, digest, acceptance.signature, consent.sender);
    }

    /// @dev True if the step takes or gives a bit.
    function _changes(Step memory step) private pure returns (bool) {
        return step.before != step.record.authorizations;
    }

    /// @dev The leaves whose agents lose PROVE.
    function _revoked(Plan memory plan) private pure returns (LeafId[] memory revoked) {
        revoked = new LeafId[](plan.revocations);
        uint256 count = 0;
        for (uint256 i = 0; i < plan.steps.length; ++i) {
            if (plan.steps[i].revokes) revoked[count++] = plan.steps[i].record.leaf;
        }
    }
}
