// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {AgentKeys} from "../libraries/AgentKeys.sol";
import {Agent} from "../types/Agent.sol";
import {Approval} from "../types/Approval.sol";
import {KeyId} from "../types/KeyId.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {AgentRecords} from "./AgentRecords.sol";
import {Approver} from "./Rights.sol";

/// @dev What all operations on a policy have in common.
struct Proposal {
    PolicyId policy;
    uint32 epoch;
    KeyId proposer;
    uint192 lane;
    uint64 nonce;
    uint64 deadline;
}

/// @title PolicyAuthority
/// @notice Who approves an operation, and that it is executed once, in time and in the epoch it was signed for.
library PolicyAuthority {
    /// @dev Most approvals of one operation; with them all its cost stays bounded.
    uint256 internal constant MAX_APPROVALS = 32;

    /// @dev The next nonce of each lane. Only its own proposer's approval moves a lane, so nobody can burn another's.
    struct State {
        mapping(PolicyId policy => mapping(KeyId proposer => mapping(uint192 lane => uint64 nonce))) nonces;
    }

    /// @notice Checks the approvals of an operation and uses its nonce.
    /// @param self The nonces.
    /// @param agents The agents, which are only read.
    /// @param proposal The operation's frame.
    /// @param digest What the approvers signed.
    /// @param approvals Strictly ascending by key id.
    /// @param sender Who sent the transaction.
    /// @return approvers Who approves, and what each is authorized for now.
    function approve(
        State storage self,
        AgentRecords.State storage agents,
        Proposal memory proposal,
        bytes32 digest,
        Approval[] calldata approvals,
        address sender
    ) internal returns (Approver[] memory approvers) {
        mapping(uint192 lane => uint64 nonce) storage lanes = self.nonces[proposal.policy][proposal.proposer];
        _requireDue(lanes, AgentRecords.epochOf(agents, proposal.policy), proposal);
        _requireCount(approvals.length);
        approvers = new Approver[](approvals.length);
        KeyId previous;
        bool proposing = false;
        for (uint256 i = 0; i < approvers.length; ++i) {
            Approval calldata approval = approvals[i];
            bytes calldata key = approval.key;
            KeyId id = AgentKeys.idOf(key);
            Agent storage record = agents.records[proposal.policy][id];
            Approver memory approver = approvers[i];
            approver.id = id;
            approver.held = _requireNext(record, proposal, previous, id);
            AgentKeys.requireSignature(record.kind, key, digest, approval.signature, sender);
            if (KeyId.unwrap(id) == KeyId.unwrap(proposal.proposer)) proposing = true;
            previous = id;
        }
        if (!proposing) revert IAgentPolicyRegistry.AgentPolicyProposerNotApproving(proposal.proposer);
        lanes[proposal.lane] = proposal.nonce + 1;
        emit IAgentPolicyRegistry.OperationExecuted(proposal.policy, proposal.proposer, proposal.lane, proposal.nonce);
    }

    /// @dev Who would approve, checked but for signatures.
    function requireApprovers(
        State storage self,
        AgentRecords.State storage agents,
        Proposal memory proposal,
        KeyId[] memory keys
    ) internal view returns (Approver[] memory list) {
        list = new Approver[](keys.length);
        for (uint256 i = 0; i < keys.length; ++i) list[i].id = keys[i];
        check(self, agents, proposal, list);
    }

    /// @dev What `approve` checks but for signatures: the operation is due, and the approvers are agents, strictly
    /// ascending, the proposer among them. Notes what each is authorized for now.
    function check(
        State storage self,
        AgentRecords.State storage agents,
        Proposal memory proposal,
        Approver[] memory approvers
    ) internal view {
        _requireDue(
            self.nonces[proposal.policy][proposal.proposer],
            AgentRecords.epochOf(agents, proposal.policy),
            proposal
        );
        _requireCount(approvers.length);
        KeyId previous;
        bool proposing = false;
        for (uint256 i = 0; i < approvers.length; ++i) {
            Approver memory approver = approvers[i];
            Agent storage record = agents.records[proposal.policy][approver.id];
            approver.held = _requireNext(record, proposal, previous, approver.id);
            if (KeyId.unwrap(approver.id) == KeyId.unwrap(proposal.proposer)) proposing = true;
            previous = approver.id;
        }
        if (!proposing) revert IAgentPolicyRegistry.AgentPolicyProposerNotApproving(proposal.proposer);
    }

    /// @dev Reverts after the deadline, whose second is the last.
    function requireTime(uint64 deadline) internal view {
        if (block.timestamp > deadline) {
            revert IAgentPolicyRegistry.AgentPolicyDeadlinePassed(deadline, block.timestamp);
        }
    }

    /// @dev Reverts unless epoch, deadline and nonce are right.
    function _requireDue(
        mapping(uint192 lane => uint64 nonce) storage lanes,
        uint32 epoch,
        Proposal memory proposal
    ) private view {
        if (proposal.epoch != epoch) {
            revert IAgentPolicyRegistry.AgentPolicyEpochMismatch(proposal.policy, proposal.epoch, epoch);
        }
        requireTime(proposal.deadline);
        uint64 expected = lanes[proposal.lane];
        if (proposal.nonce != expected) {
            revert IAgentPolicyRegistry.AgentPolicyNonceMismatch(
                proposal.policy,
                proposal.proposer,
                proposal.lane,
                proposal.nonce,
                expected
            );
        }
    }

    /// @dev Reverts unless somebody approves, and not more than allowed.
    function _requireCount(uint256 approvals) private pure {
        if (approvals == 0 || approvals > MAX_APPROVALS) {
            revert IAgentPolicyRegistry.AgentPolicyApprovalCount(approvals, MAX_APPROVALS);
        }
    }

    /// @dev Reverts unless the approver comes after the previous one and is an agent in the epoch of the operation;
    /// tells what it is authorized for now.
    function _requireNext(
        Agent storage record,
        Proposal memory proposal,
        KeyId previous,
        KeyId approver
    ) private view returns (uint8 held) {
        if (uint256(KeyId.unwrap(approver)) <= uint256(KeyId.unwrap(previous))) {
            revert IAgentPolicyRegistry.AgentPolicyApprovalsNotAscending(previous, approver);
        }
        if (record.epoch != proposal.epoch) {
            revert IAgentPolicyRegistry.AgentPolicyApproverUnknown(proposal.policy, approver);
        }
        held = record.authorizations;
        if (held == 0) revert IAgentPolicyRegistry.AgentPolicyApproverRemoved(proposal.policy, approver);
    }
}
