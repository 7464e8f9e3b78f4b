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

    /// @dev Checks the approvals of an operation and uses its nonce.
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
        approvers = new Approver[](approvals.length);
        for (uint256 i = 0; i < approvals.length; ++i) approvers[i].id = AgentKeys.idOf(approvals[i].key);
        check(self, agents, proposal, approvers);
        for (uint256 i = 0; i < approvals.length; ++i) {
            Approval calldata approval = approvals[i];
            uint8 kind = agents.records[proposal.policy][approvers[i].id].kind;
            AgentKeys.requireSignature(kind, approval.key, digest, approval.signature, sender);
        }
        self.nonces[proposal.policy][proposal.proposer][proposal.lane] = proposal.nonce + 1;
        emit IAgentPolicyRegistry.OperationExecuted(proposal.policy, proposal.proposer, proposal.lane, proposal.nonce);
    }

    /// @dev What `approve` checks but for signatures: the operation is due, and the approvers are agents, strictly
    /// ascending, the proposer among them. Notes what each is authorized for now.
    function check(
        State storage self,
        AgentRecords.State storage agents,
        Proposal memory proposal,
        Approver[] memory approvers
    ) internal view {
        _requireDue(self, AgentRecords.epochOf(agents, proposal.policy), proposal);
        if (approvers.length == 0 || approvers.length > MAX_APPROVALS) {
            revert IAgentPolicyRegistry.AgentPolicyApprovalCount(approvers.length, MAX_APPROVALS);
        }
        KeyId previous;
        bool proposing = false;
        for (uint256 i = 0; i < approvers.length; ++i) {
            Approver memory approver = approvers[i];
            if (uint256(KeyId.unwrap(approver.id)) <= uint256(KeyId.unwrap(previous))) {
                revert IAgentPolicyRegistry.AgentPolicyApprovalsNotAscending(previous, approver.id);
            }
            previous = approver.id;
            approver.held = _held(agents, proposal, approver.id);
            if (KeyId.unwrap(approver.id) == KeyId.unwrap(proposal.proposer)) proposing = true;
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
    function _requireDue(State storage self, uint32 epoch, Proposal memory proposal) private view {
        if (proposal.epoch != epoch) {
            revert IAgentPolicyRegistry.AgentPolicyEpochMismatch(proposal.policy, proposal.epoch, epoch);
        }
        requireTime(proposal.deadline);
        uint64 expected = self.nonces[proposal.policy][proposal.proposer][proposal.lane];
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

    /// @dev What the key is authorized for in the epoch of the operation.
    function _held(
        AgentRecords.State storage agents,
        Proposal memory proposal,
        KeyId key
    ) private view returns (uint8 held) {
        Agent storage record = agents.records[proposal.policy][key];
        if (record.epoch != proposal.epoch) {
            revert IAgentPolicyRegistry.AgentPolicyApproverUnknown(proposal.policy, key);
        }
        held = record.authorizations;
        if (held == 0) revert IAgentPolicyRegistry.AgentPolicyApproverRemoved(proposal.policy, key);
    }
}
