// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ProvisionedTree} from "../accumulator/ProvisionedTree.sol";
import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {AgentKeys} from "../libraries/AgentKeys.sol";
import {Acceptance, Offer} from "../types/Acceptance.sol";
import {AgentChange} from "../types/AgentChange.sol";
import {Approval} from "../types/Approval.sol";
import {Authorizations} from "../types/Authorizations.sol";
import {Authorize, AuthorizeHash} from "../types/Authorize.sol";
import {CreatePolicy, CreatePolicyHash} from "../types/CreatePolicy.sol";
import {KeyId} from "../types/KeyId.sol";
import {LeafId} from "../types/LeafId.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {Renounce} from "../types/Renounce.sol";
import {Revoke} from "../types/Revoke.sol";
import {SettingsFields} from "../types/SettingsFields.sol";
import {AgentRecords, Step} from "./AgentRecords.sol";
import {AgentSteps, Plan} from "./AgentSteps.sol";
import {Consents} from "./Consents.sol";
import {PolicyAddress} from "./PolicyAddress.sol";
import {Context, PolicyAuthority, Proposal} from "./PolicyAuthority.sol";
import {PolicyRevocations} from "./PolicyRevocations.sol";
import {PolicyRules} from "./PolicyRules.sol";
import {Approver, Quorums} from "./Quorums.sol";

/// @title PolicyAgents
/// @notice The operations on the agents of policies: who may do what, the plan of it, and its writing.
/// @dev Leaves to append and bits to set are returned to the registry, which alone touches the accumulators; the
/// provisioned tree is only read, for where the next leaves will lie.
library PolicyAgents {
    /// @dev The epoch that a policy starts in.
    uint32 private constant FIRST_EPOCH = 1;

    /// @notice Opens a policy with its first agents.
    /// @param self The agents.
    /// @param rules The settings.
    /// @param tree The provisioned tree.
    /// @param op What is signed.
    /// @param acceptances One for each agent.
    /// @param approval The creator's.
    /// @param context What signatures are checked against.
    /// @return provisioned Where the leaves must come to lie, one for each change with a commitment, in that order.
    function create(
        AgentRecords.State storage self,
        PolicyRules.State storage rules,
        ProvisionedTree.State storage tree,
        CreatePolicy calldata op,
        Acceptance[] calldata acceptances,
        Approval calldata approval,
        Context memory context
    ) external returns (LeafId[] memory provisioned) {
        Plan memory plan;
        PolicyRules.Terms memory terms;
        Approver[] memory approvers = _planCreation(self, tree, plan, terms, op);
        KeyId creator = approvers[0].id;
        KeyId approver = AgentKeys.idOf(approval.key);
        if (KeyId.unwrap(approver) != KeyId.unwrap(creator)) {
            revert IAgentPolicyRegistry.AgentPolicyCreatorNotApproving(creator, approver);
        }
        bytes32 digest = _digest(context, CreatePolicyHash.hash(op));
        AgentKeys.requireSignature(op.agents[0].kind, approval.key, digest, approval.signature, context.sender);
        emit IAgentPolicyRegistry.PolicyCreated(op.policy, creator, op.ownerCommitment);
        PolicyRules.write(rules, op.policy, plan.head, terms);
        return _admit(self, plan, op.agents, acceptances, approvers, context);
    }

    /// @notice Sets the authorizations of agents.
    /// @param self The agents.
    /// @param authority The nonces.
    /// @param tree The provisioned tree.
    /// @param op What is signed.
    /// @param acceptances One for each change.
    /// @param approvals Of agents of the policy.
    /// @param vouchers Approvals of the grant quorum that others stand for, 0 or 1.
    /// @param context What signatures are checked against.
    /// @return provisioned Where the leaves must come to lie, one for each change with a commitment, in that order.
    /// @return revoked Leaves whose bit is to be set.
    function authorize(
        AgentRecords.State storage self,
        PolicyAuthority.State storage authority,
        ProvisionedTree.State storage tree,
        Authorize calldata op,
        Acceptance[] calldata acceptances,
        Approval[] calldata approvals,
        uint8 vouchers,
        Context memory context
    ) external returns (LeafId[] memory provisioned, LeafId[] memory revoked) {
        Plan memory plan;
        AgentRecords.loadOpen(self, op.policy, plan.head);
        plan.vouchers = vouchers;
        Approver[] memory approvers = PolicyAuthority.approve(
            authority,
            self,
            plan.head,
            _proposal(op),
            AuthorizeHash.encode(op),
            approvals,
            context
        );
        _planAuthorization(self, tree, plan, op, approvers);
        provisioned = _admit(self, plan, op.changes, acceptances, approvers, context);
        return (provisioned, _revoked(plan));
    }

    /// @notice Takes authorizations from an agent that gives them up.
    /// @param self The agents.
    /// @param authority The nonces.
    /// @param op What is signed.
    /// @param approval The agent's.
    /// @param context What signatures are checked against.
    /// @return revoked The leaf whose bit is to be set, if any.
    function renounce(
        AgentRecords.State storage self,
        PolicyAuthority.State storage authority,
        Renounce calldata op,
        Approval calldata approval,
        Context memory context
    ) external returns (LeafId[] memory revoked) {
        return PolicyRevocations.renounce(self, authority, op, approval, context);
    }

    /// @notice What `create` checks but for signatures.
    /// @param self The agents.
    /// @param tree The provisioned tree.
    /// @param op What is to be signed.
    function checkCreate(
        AgentRecords.State storage self,
        ProvisionedTree.State storage tree,
        CreatePolicy calldata op
    ) external view {
        Plan memory plan;
        PolicyRules.Terms memory terms;
        _planCreation(self, tree, plan, terms, op);
    }

    /// @notice What `authorize` checks but for signatures.
    /// @param self The agents.
    /// @param authority The nonces.
    /// @param tree The provisioned tree.
    /// @param op What is to be signed.
    /// @param keys Who would approve.
    function checkAuthorize(
        AgentRecords.State storage self,
        PolicyAuthority.State storage authority,
        ProvisionedTree.State storage tree,
        Authorize calldata op,
        KeyId[] calldata keys
    ) external view {
        Plan memory plan;
        AgentRecords.loadOpen(self, op.policy, plan.head);
        Approver[] memory approvers = PolicyAuthority.requireApprovers(authority, self, plan.head, _proposal(op), keys);
        _planAuthorization(self, tree, plan, op, approvers);
    }

    /// @notice What `revoke` checks but for signatures.
    /// @param self The agents.
    /// @param authority The nonces.
    /// @param op What is to be signed.
    /// @param keys Who would approve.
    function checkRevoke(
        AgentRecords.State storage self,
        PolicyAuthority.State storage authority,
        Revoke calldata op,
        KeyId[] calldata keys
    ) external view {
        PolicyRevocations.checkRevoke(self, authority, op, keys);
    }

    /// @notice What `renounce` checks but for signatures.
    /// @param self The agents.
    /// @param authority The nonces.
    /// @param op What is to be signed.
    function checkRenounce(
        AgentRecords.State storage self,
        PolicyAuthority.State storage authority,
        Renounce calldata op
    ) external view {
        PolicyRevocations.checkRenounce(self, authority, op);
    }

    /// @dev A policy's first operation; its creator approves and is to hold all rights.
    function _planCreation(
        AgentRecords.State storage self,
        ProvisionedTree.State storage tree,
        Plan memory plan,
        PolicyRules.Terms memory terms,
        CreatePolicy calldata op
    ) private view returns (Approver[] memory approvers) {
        PolicyAuthority.requireTime(op.deadline);
        AgentSteps.requireBatch(op.agents.length);
        AgentChange calldata creator = op.agents[0];
        AgentKeys.requireKey(creator.kind, creator.key);
        uint8 bits = creator.authorizations;
        if (bits != Authorizations.ALL) revert IAgentPolicyRegistry.AgentPolicyCreatorNeedsAll(bits);
        approvers = new Approver[](1);
        approvers[0].id = AgentKeys.idOf(creator.key);
        // under delegatecall this is the registry
        PolicyId computed = PolicyAddress.compute(address(this), op.ownerCommitment, approvers[0].id);
        if (PolicyId.unwrap(computed) != PolicyId.unwrap(op.policy)) {
            revert IAgentPolicyRegistry.AgentPolicyAddressMismatch(op.policy, computed);
        }
        if (AgentRecords.exists(self, op.policy)) revert IAgentPolicyRegistry.AgentPolicyExists(op.policy);
        plan.head.epoch = FIRST_EPOCH;
        plan.head.createdAt = uint40(block.timestamp);
        plan.creating = true;
        PolicyRules.set(plan.head, terms, SettingsFields.ALL, op.settings);
        _planChanges(self, tree, plan, op.policy, op.agents);
        Quorums.requireSound(op.policy, plan.head);
    }

    /// @dev One step for each change, all within the approvers' rights.
    function _planAuthorization(
        AgentRecords.State storage self,
        ProvisionedTree.State storage tree,
        Plan memory plan,
        Authorize calldata op,
        Approver[] memory approvers
    ) private view {
        _planChanges(self, tree, plan, op.policy, op.changes);
        Quorums.requireStillSound(op.policy, plan.head, plan.needed);
        Quorums.requireHeld(op.policy, plan.head, approvers, plan.needed, plan.vouchers);
    }

    /// @dev One step for each change.
    function _planChanges(
        AgentRecords.State storage self,
        ProvisionedTree.State storage tree,
        Plan memory plan,
        PolicyId policy,
        AgentChange[] calldata changes
    ) private view {
        AgentSteps.start(plan, policy, changes.length);
        for (uint256 i = 0; i < changes.length; ++i) {
            AgentSteps.set(self, plan, i, changes[i], ProvisionedTree.upcoming(tree, plan.provisions));
        }
    }

    /// @dev Writes the changes of agents that consent to them, and lists the leaves to append.
    function _admit(
        AgentRecords.State storage self,
        Plan memory plan,
        AgentChange[] calldata changes,
        Acceptance[] calldata acceptances,
        Approver[] memory approvers,
        Context memory context
    ) private returns (LeafId[] memory provisioned) {
        Consents.requireCount(acceptances.length, changes.length);
        provisioned = new LeafId[](plan.provisions);
        uint256 count = 0;
        for (uint256 i = 0; i < changes.length; ++i) {
            Step memory step = plan.steps[i];
            AgentChange calldata change = changes[i];
            bool needed = (step.added || step.commitment != 0) && !Quorums.includes(approvers, step.agent);
            if (needed) _requireConsent(plan, step.agent, change, acceptances[i], context);
            else Consents.requireNone(step.agent, acceptances[i]);
            if (step.added) {
                AgentRecords.list(self, plan.policy, plan.head, step.agent);
                emit IAgentPolicyRegistry.AgentAdded(plan.policy, step.agent, plan.head.epoch, change.kind, change.key);
            }
            AgentRecords.write(self, plan.policy, step);
            if (step.commitment != 0) provisioned[count++] = step.record.leaf;
        }
        AgentRecords.writeHead(self, plan.policy, plan.head);
    }

    /// @dev Reverts unless the agent accepts the change.
    function _requireConsent(
        Plan memory plan,
        KeyId agent,
        AgentChange calldata change,
        Acceptance calldata acceptance,
        Context memory context
    ) private view {
        Offer memory offer = Offer(
            plan.policy,
            plan.head.epoch,
            change.kind,
            agent,
            change.commitment,
            change.authorizations,
            change.expiry
        );
        Consents.requireGiven(offer, change.key, acceptance, context);
    }

    /// @dev The leaves whose agents lose PROVE.
    function _revoked(Plan memory plan) private pure returns (LeafId[] memory revoked) {
        revoked = new LeafId[](plan.revocations);
        uint256 count = 0;
        for (uint256 i = 0; i < plan.steps.length; ++i) {
            if (plan.steps[i].revokes) revoked[count++] = plan.steps[i].record.leaf;
        }
    }

    /// @dev What is signed of a struct.
    function _digest(Context memory context, bytes32 structHash) private pure returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(context.domainSeparator, structHash);
    }

    /// @dev The frame of the operation.
    function _proposal(Authorize calldata op) private pure returns (Proposal memory) {
        return Proposal(op.policy, op.epoch, op.proposer, op.lane, op.nonce, op.deadline);
    }
}
