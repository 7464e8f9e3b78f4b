// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {AgentKeys} from "../libraries/AgentKeys.sol";
import {Agent} from "../types/Agent.sol";
import {Approval} from "../types/Approval.sol";
import {KeyId} from "../types/KeyId.sol";
import {Policy} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {AgentRecords} from "./AgentRecords.sol";
import {Approver, Quorums} from "./Quorums.sol";

/// @dev What operations with a nonce have in common.
struct Proposal {
    PolicyId policy;
    uint32 epoch;
    KeyId proposer;
    uint192 lane;
    uint64 nonce;
    uint64 deadline;
}

/// @dev What signatures are checked against.
struct Context {
    bytes32 domainSeparator;
    address sender;
}

/// @title PolicyAuthority
/// @notice Who approves an operation, and that it is executed once, in time and in the epoch it was signed for.
/// @dev An approver signs the operation with its own counter as the last word: `encoded` is all but that word.
library PolicyAuthority {
    /// @dev Most approvals of one operation; with them all its cost stays bounded.
    uint256 internal constant MAX_APPROVALS = 32;

    /// @dev No approval is good for longer, whoever holds it back.
    uint256 internal constant MAX_DEADLINE = 30 days;

    /// @dev The next nonce of each lane. Only its own proposer's approval moves a lane, so nobody can burn another's.
    struct State {
        mapping(PolicyId policy => mapping(KeyId proposer => mapping(uint192 lane => uint64 nonce))) nonces;
    }

    /// @notice Checks the approvals of an operation and uses its nonce.
    /// @param self The nonces.
    /// @param agents The agents, which are only read.
    /// @param head The policy's head.
    /// @param proposal The operation's frame.
    /// @param encoded What the approvers signed.
    /// @param approvals Strictly ascending by key id.
    /// @param context What signatures are checked against.
    /// @return approvers Who approves, and what each is authorized for now.
    function approve(
        State storage self,
        AgentRecords.State storage agents,
        Policy memory head,
        Proposal memory proposal,
        bytes memory encoded,
        Approval[] calldata approvals,
        Context memory context
    ) internal returns (Approver[] memory approvers) {
        requireDue(head, proposal.policy, proposal.epoch, proposal.deadline);
        _requireNonce(self, proposal);
        approvers = verify(agents, head, proposal.policy, encoded, approvals, context);
        _requireProposer(proposal, approvers);
        _useNonce(self, proposal);
    }

    /// @notice Checks the approval of the one agent that an operation is of, and uses its nonce.
    /// @param self The nonces.
    /// @param agents The agents, which are only read.
    /// @param head The policy's head.
    /// @param proposal The operation's frame.
    /// @param encoded What the agent signed.
    /// @param approval Its approval.
    /// @param context What signatures are checked against.
    function approveAlone(
        State storage self,
        AgentRecords.State storage agents,
        Policy memory head,
        Proposal memory proposal,
        bytes memory encoded,
        Approval calldata approval,
        Context memory context
    ) internal {
        requireDue(head, proposal.policy, proposal.epoch, proposal.deadline);
        _requireNonce(self, proposal);
        verifyOne(agents, head, proposal.policy, proposal.proposer, encoded, approval, context);
        _useNonce(self, proposal);
    }

    /// @dev Who approves; each an agent of the policy in this epoch, whose signature holds.
    function verify(
        AgentRecords.State storage agents,
        Policy memory head,
        PolicyId policy,
        bytes memory encoded,
        Approval[] calldata approvals,
        Context memory context
    ) internal view returns (Approver[] memory approvers) {
        _requireCount(approvals.length);
        approvers = new Approver[](approvals.length);
        KeyId previous;
        for (uint256 i = 0; i < approvers.length; ++i) {
            KeyId id = AgentKeys.idOf(approvals[i].key);
            _requireAscending(previous, id);
            _verify(approvers[i], agents, head, policy, encoded, approvals[i], context);
            previous = id;
        }
    }

    /// @dev Reverts unless the one agent that must approve does.
    function verifyOne(
        AgentRecords.State storage agents,
        Policy memory head,
        PolicyId policy,
        KeyId agent,
        bytes memory encoded,
        Approval calldata approval,
        Context memory context
    ) internal view returns (Approver memory approver) {
        KeyId id = AgentKeys.idOf(approval.key);
        if (KeyId.unwrap(id) != KeyId.unwrap(agent)) {
            revert IAgentPolicyRegistry.AgentPolicyProposerNotApproving(agent);
        }
        _verify(approver, agents, head, policy, encoded, approval, context);
    }

    /// @dev What `approve` checks but for signatures: the operation is due, and the approvers are agents, strictly
    /// ascending, the proposer among them. Tells what each is authorized for now.
    function requireApprovers(
        State storage self,
        AgentRecords.State storage agents,
        Policy memory head,
        Proposal memory proposal,
        KeyId[] memory keys
    ) internal view returns (Approver[] memory approvers) {
        requireDue(head, proposal.policy, proposal.epoch, proposal.deadline);
        _requireNonce(self, proposal);
        _requireCount(keys.length);
        approvers = new Approver[](keys.length);
        KeyId previous;
        for (uint256 i = 0; i < keys.length; ++i) {
            _requireAscending(previous, keys[i]);
            _weigh(approvers[i], head, proposal.policy, agents.records[proposal.policy][keys[i]], keys[i]);
            previous = keys[i];
        }
        _requireProposer(proposal, approvers);
    }

    /// @dev Reverts unless an operation is of the policy's epoch, and in time.
    function requireDue(Policy memory head, PolicyId policy, uint32 epoch, uint64 deadline) internal view {
        if (epoch != head.epoch) revert IAgentPolicyRegistry.AgentPolicyEpochMismatch(policy, epoch, head.epoch);
        requireTime(deadline);
    }

    /// @dev Reverts after the deadline, whose second is the last, and more than 30 days before.
    function requireTime(uint64 deadline) internal view {
        if (block.timestamp > deadline) {
            revert IAgentPolicyRegistry.AgentPolicyDeadlinePassed(deadline, block.timestamp);
        }
        if (deadline > block.timestamp + MAX_DEADLINE) {
            revert IAgentPolicyRegistry.AgentPolicyDeadlineTooFar(deadline, block.timestamp);
        }
    }

    /// @dev Notes an approver; reverts unless it is an agent of this epoch that signed with its present counter.
    function _verify(
        Approver memory approver,
        AgentRecords.State storage agents,
        Policy memory head,
        PolicyId policy,
        bytes memory encoded,
        Approval calldata approval,
        Context memory context
    ) private view {
        KeyId id = AgentKeys.idOf(approval.key);
        Agent storage record = agents.records[policy][id];
        _weigh(approver, head, policy, record, id);
        bytes32 digest = _digest(context, encoded, record.counter);
        AgentKeys.requireSignature(record.kind, approval.key, digest, approval.signature, context.sender);
    }

    /// @dev Notes an approver; reverts unless it is an agent of this epoch.
    function _weigh(
        Approver memory approver,
        Policy memory head,
        PolicyId policy,
        Agent storage record,
        KeyId id
    ) private view {
        if (record.epoch != head.epoch) revert IAgentPolicyRegistry.AgentPolicyApproverUnknown(policy, id);
        uint8 held = record.authorizations;
        if (held == 0) revert IAgentPolicyRegistry.AgentPolicyApproverRemoved(policy, id);
        (approver.id, approver.held) = (id, held);
        approver.rights = Quorums.rightsOf(head, record.kind, held);
    }

    /// @dev What an approver with this counter signs.
    function _digest(Context memory context, bytes memory encoded, uint32 counter) private pure returns (bytes32) {
        bytes32 structHash = keccak256(bytes.concat(encoded, bytes32(uint256(counter))));
        return MessageHashUtils.toTypedDataHash(context.domainSeparator, structHash);
    }

    /// @dev Moves the lane, and says so.
    function _useNonce(State storage self, Proposal memory proposal) private {
        self.nonces[proposal.policy][proposal.proposer][proposal.lane] = proposal.nonce + 1;
        emit IAgentPolicyRegistry.OperationExecuted(proposal.policy, proposal.proposer, proposal.lane, proposal.nonce);
    }

    /// @dev Reverts unless the nonce is the next of its lane.
    function _requireNonce(State storage self, Proposal memory proposal) private view {
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

    /// @dev Reverts unless the proposer approves, whose nonce is used.
    function _requireProposer(Proposal memory proposal, Approver[] memory approvers) private pure {
        if (!Quorums.includes(approvers, proposal.proposer)) {
            revert IAgentPolicyRegistry.AgentPolicyProposerNotApproving(proposal.proposer);
        }
    }

    /// @dev Reverts unless somebody approves, and not more than allowed.
    function _requireCount(uint256 approvals) private pure {
        if (approvals == 0 || approvals > MAX_APPROVALS) {
            revert IAgentPolicyRegistry.AgentPolicyApprovalCount(approvals, MAX_APPROVALS);
        }
    }

    /// @dev Reverts unless an approver comes after the previous one, so that none counts twice.
    function _requireAscending(KeyId previous, KeyId next) private pure {
        if (uint256(KeyId.unwrap(next)) <= uint256(KeyId.unwrap(previous))) {
            revert IAgentPolicyRegistry.AgentPolicyApprovalsNotAscending(previous, next);
        }
    }
}
