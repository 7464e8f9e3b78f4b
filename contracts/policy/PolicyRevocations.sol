// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {Agent} from "../types/Agent.sol";
import {Approval} from "../types/Approval.sol";
import {Authorizations} from "../types/Authorizations.sol";
import {KeyId} from "../types/KeyId.sol";
import {LeafId} from "../types/LeafId.sol";
import {Policy} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {Renounce, RenounceHash} from "../types/Renounce.sol";
import {AgentRevocation, Revoke, RevokeHash} from "../types/Revoke.sol";
import {AgentRecords} from "./AgentRecords.sol";
import {AgentSteps} from "./AgentSteps.sol";
import {Context, PolicyAuthority, Proposal} from "./PolicyAuthority.sol";
import {Approver, Quorums} from "./Quorums.sol";

/// @dev A revocation as far as it is worked out. `head`: as it will be. `needed`: the rights that approvers must hold.
/// `idle`: nothing was taken yet. `own`: an agent gives up what is its own.
struct Tally {
    PolicyId policy;
    Policy head;
    uint8 needed;
    bool idle;
    bool own;
}

/// @title PolicyRevocations
/// @notice Takes authorizations from agents.
/// @dev Without the plan that grants need: an agent occurs once in an operation, so what one loses is written before
/// the next is looked at, and rules on all of them come last. Views run through the same rules and write nothing.
/// `revoke` is part of the registry itself, as a call that passes its lists on would cost more than all it does with
/// them.
library PolicyRevocations {
    /// @notice Takes authorizations from agents.
    /// @param self The agents.
    /// @param authority The nonces.
    /// @param op What is signed.
    /// @param approvals Of agents of the policy.
    /// @param context What signatures are checked against.
    /// @return revoked Leaves whose bit is to be set.
    function revoke(
        AgentRecords.State storage self,
        PolicyAuthority.State storage authority,
        Revoke calldata op,
        Approval[] calldata approvals,
        Context memory context
    ) internal returns (LeafId[] memory revoked) {
        Tally memory tally;
        _start(self, tally, op.policy);
        Approver[] memory approvers = PolicyAuthority.approve(
            authority,
            self,
            tally.head,
            _proposal(op),
            RevokeHash.encode(op),
            approvals,
            context
        );
        AgentRevocation[] calldata revocations = op.revocations;
        AgentSteps.requireBatch(revocations.length);
        revoked = new LeafId[](revocations.length);
        uint256 count = 0;
        for (uint256 i = 0; i < revocations.length; ++i) {
            (KeyId agent, uint8 named) = _at(revocations, i);
            (bool revokes, LeafId leaf) = _take(self, tally, agent, named);
            if (revokes) revoked[count++] = leaf;
        }
        _requireAllowed(tally, approvers);
        AgentRecords.writeHead(self, tally.policy, tally.head);
        // revoked.length = count: the list was made for as many as could be
        assembly ("memory-safe") {
            mstore(revoked, count)
        }
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
    ) internal returns (LeafId[] memory revoked) {
        Tally memory tally;
        _start(self, tally, op.policy);
        tally.own = true;
        bytes memory encoded = RenounceHash.encode(op);
        PolicyAuthority.approveAlone(authority, self, tally.head, _proposal(op), encoded, approval, context);
        (bool revokes, LeafId leaf) = _take(self, tally, op.agent, op.authorizations);
        _requireRenounced(tally, op.agent);
        AgentRecords.writeHead(self, tally.policy, tally.head);
        revoked = new LeafId[](revokes ? 1 : 0);
        if (revokes) revoked[0] = leaf;
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
    ) internal view {
        Tally memory tally;
        _start(self, tally, op.policy);
        Approver[] memory approvers = PolicyAuthority.requireApprovers(
            authority,
            self,
            tally.head,
            _proposal(op),
            keys
        );
        AgentRevocation[] calldata revocations = op.revocations;
        AgentSteps.requireBatch(revocations.length);
        for (uint256 i = 0; i < revocations.length; ++i) {
            (KeyId agent, uint8 named) = _at(revocations, i);
            Agent memory record = self.records[tally.policy][agent];
            _workOut(tally, record, agent, named);
        }
        _requireAllowed(tally, approvers);
    }

    /// @notice What `renounce` checks but for signatures.
    /// @param self The agents.
    /// @param authority The nonces.
    /// @param op What is to be signed.
    function checkRenounce(
        AgentRecords.State storage self,
        PolicyAuthority.State storage authority,
        Renounce calldata op
    ) internal view {
        KeyId[] memory keys = new KeyId[](1);
        keys[0] = op.agent;
        Tally memory tally;
        _start(self, tally, op.policy);
        tally.own = true;
        PolicyAuthority.requireApprovers(authority, self, tally.head, _proposal(op), keys);
        Agent memory record = self.records[tally.policy][op.agent];
        _workOut(tally, record, op.agent, op.authorizations);
        _requireRenounced(tally, op.agent);
    }

    /// @dev Starts the tally of an operation on a policy that can still change.
    function _start(AgentRecords.State storage self, Tally memory tally, PolicyId policy) private view {
        tally.policy = policy;
        tally.idle = true;
        AgentRecords.loadOpen(self, policy, tally.head);
    }

    /// @dev Takes the named bits from an agent, says so and tells if its leaf is to die. Without effect if it has
    /// none.
    function _take(
        AgentRecords.State storage self,
        Tally memory tally,
        KeyId agent,
        uint8 named
    ) private returns (bool revokes, LeafId leaf) {
        PolicyId policy = tally.policy;
        Agent storage stored = self.records[policy][agent];
        Agent memory record = stored;
        uint8 before = record.authorizations;
        revokes = _workOut(tally, record, agent, named);
        uint8 afterwards = record.authorizations;
        leaf = record.leaf;
        if (afterwards == before) return (false, leaf);
        stored.authorizations = afterwards;
        stored.provedUntil = record.provedUntil;
        emit IAgentPolicyRegistry.AgentAuthorizationsChanged(policy, agent, before, afterwards);
        if (revokes) {
            emit IAgentPolicyRegistry.AgentRevoked(policy, agent, leaf.generation(), leaf.index());
        }
    }

    /// @dev Takes the named bits from a record of a known agent. The rights needed follow from what is named, so that
    /// nobody can void the approvals of a batch by making one of its elements idle.
    function _workOut(
        Tally memory tally,
        Agent memory record,
        KeyId agent,
        uint8 named
    ) private view returns (bool revokes) {
        AgentSteps.requireKnown(agent, named);
        if (named == 0) revert IAgentPolicyRegistry.AgentPolicyAuthorizationsEmpty(agent);
        if (record.epoch != tally.head.epoch) {
            revert IAgentPolicyRegistry.AgentPolicyAgentUnknown(tally.policy, agent);
        }
        tally.needed |= Quorums.neededFor(0, named);
        if (!tally.own && named & Authorizations.ADMIN != 0) {
            uint8 power = named & ~Authorizations.PROVE;
            revert IAgentPolicyRegistry.AgentPolicyGovernanceNeeded(tally.policy, agent, power);
        }
        uint8 loses = record.authorizations & named;
        if (loses == 0) return false;
        if (!tally.own) AgentSteps.requireLosable(tally.policy, agent, record.authorizations, loses);
        tally.idle = false;
        return AgentSteps.drop(tally.head, record, loses);
    }

    /// @dev Reverts unless a revocation takes something, leaves a policy that can act and lies within the approvers'
    /// rights.
    function _requireAllowed(Tally memory tally, Approver[] memory approvers) private pure {
        if (tally.idle) revert IAgentPolicyRegistry.AgentPolicyNothingToRevoke(tally.policy);
        Quorums.requireStillSound(tally.policy, tally.head, tally.needed);
        Quorums.requireHeld(tally.policy, tally.head, approvers, tally.needed);
    }

    /// @dev Reverts unless a renunciation takes something and leaves a policy that can act; it needs no right.
    function _requireRenounced(Tally memory tally, KeyId agent) private pure {
        if (tally.idle) revert IAgentPolicyRegistry.AgentPolicyNothingChanges(tally.policy, agent);
        Quorums.requireStillSound(tally.policy, tally.head, tally.needed);
    }

    /// @dev Element `i` of a list in which no agent occurs twice.
    function _at(
        AgentRevocation[] calldata revocations,
        uint256 i
    ) private pure returns (KeyId agent, uint8 authorizations) {
        AgentRevocation calldata revocation = revocations[i];
        (agent, authorizations) = (revocation.agent, revocation.authorizations);
        for (uint256 j = 0; j < i; ++j) {
            if (KeyId.unwrap(revocations[j].agent) == KeyId.unwrap(agent)) {
                revert IAgentPolicyRegistry.AgentPolicyAgentRepeated(agent);
            }
        }
    }

    /// @dev The frame of the operation.
    function _proposal(Revoke calldata op) private pure returns (Proposal memory) {
        return Proposal(op.policy, op.epoch, op.proposer, op.lane, op.nonce, op.deadline);
    }

    /// @dev The frame of the operation; the agent proposes.
    function _proposal(Renounce calldata op) private pure returns (Proposal memory) {
        return Proposal(op.policy, op.epoch, op.agent, op.lane, op.nonce, op.deadline);
    }
}
