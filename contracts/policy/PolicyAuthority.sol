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
        Proposal calldata proposal,
        bytes32 digest,
        Approval[] calldata approvals,
        address sender
    ) external returns (Approver[] memory approvers) {
        KeyId[] memory keys = new KeyId[](approvals.length);
        for (uint256 i = 0; i < keys.length; ++i) keys[i] = AgentKeys.idOf(approvals[i].key);
        approvers = _check(self, agents, proposal, keys);
        for (uint256 i = 0; i < keys.length; ++i) {
            AgentKeys.requireSignature(
                agents.records[proposal.policy][keys[i]].kind,
                approvals[i].key,
                digest,
                approvals[i].signature,
                sender
            );
        }
        self.nonces[proposal.policy][proposal.proposer][proposal.lane] = proposal.nonce + 1;
        emit IAgentPolicyRegistry.OperationExecuted(proposal.policy, proposal.proposer, proposal.lane, proposal.nonce);
    }

    /// @notice What `approve` checks, but for signatures.
    /// @param self The nonces.
    /// @param agents The agents.
    /// @param proposal The operation's frame.
    /// @param keys Who would approve, strictly ascending.
    /// @return approvers Who approves, and what each is authorized for now.
    function check(
        State storage self,
        AgentRecords.State storage agents,
        Proposal calldata proposal,
        KeyId[] calldata keys
    ) external view returns (Approver[] memory approvers) {
        return _check(self, agents, proposal, keys);
    }

    /// @dev Reverts unless the operation is due and the keys are those of agents that may approve.
    function _check(
        State storage self,
        AgentRecords.State storage agents,
        Proposal calldata proposal,
        KeyId[] memory keys
    ) private view returns (Approver[] memory approvers) {
        _requireDue(self, AgentRecords.headOf(agents, proposal.policy).epoch, proposal);
        if (keys.length == 0 || keys.length > MAX_APPROVALS) {
            revert IAgentPolicyRegistry.AgentPolicyApprovalCount(keys.length, MAX_APPROVALS);
        }
        approvers = new Approver[](keys.length);
        KeyId previous;
        bool proposing = false;
        for (uint256 i = 0; i < keys.length; ++i) {
            KeyId key = keys[i];
            if (uint256(KeyId.unwrap(key)) <= uint256(KeyId.unwrap(previous))) {
                revert IAgentPolicyRegistry.AgentPolicyApprovalsNotAscending(previous, key);
            }
            approvers[i] = _approver(agents, proposal, key);
            if (KeyId.unwrap(key) == KeyId.unwrap(proposal.proposer)) proposing = true;
            previous = key;
        }
        if (!proposing) revert IAgentPolicyRegistry.AgentPolicyProposerNotApproving(proposal.proposer);
    }

    /// @dev Reverts unless epoch, deadline and nonce are right.
    function _requireDue(State storage self, uint32 epoch, Proposal calldata proposal) private view {
        if (proposal.epoch != epoch) {
            revert IAgentPolicyRegistry.AgentPolicyEpochMismatch(proposal.policy, proposal.epoch, epoch);
        }
        if (block.timestamp > proposal.deadline) {
            revert IAgentPolicyRegistry.AgentPolicyDeadlinePassed(proposal.deadline, block.timestamp);
        }
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
    function _approver(
        AgentRecords.State storage agents,
        Proposal calldata proposal,
        KeyId key
    ) private view returns (Approver memory) {
        Agent storage record = agents.records[proposal.policy][key];
        if (record.epoch != proposal.epoch) {
            revert IAgentPolicyRegistry.AgentPolicyApproverUnknown(proposal.policy, key);
        }
        uint8 held = record.authorizations;
        if (held == 0) revert IAgentPolicyRegistry.AgentPolicyApproverRemoved(proposal.policy, key);
        return Approver(key, held);
    }
}
