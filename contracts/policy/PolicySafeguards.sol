// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ProvisionedTree} from "../accumulator/ProvisionedTree.sol";
import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {IAgentPolicySafeguards} from "../interfaces/IAgentPolicySafeguards.sol";
import {Agent} from "../types/Agent.sol";
import {Approval} from "../types/Approval.sol";
import {KeyId} from "../types/KeyId.sol";
import {LeafId} from "../types/LeafId.sol";
import {LiftStop, LiftStopHash} from "../types/LiftStop.sol";
import {Policy, PolicyFlags} from "../types/Policy.sol";
import {Renew, RenewHash} from "../types/Renew.sol";
import {Stop, StopHash} from "../types/Stop.sol";
import {VoidApprovals, VoidApprovalsHash} from "../types/VoidApprovals.sol";
import {AgentRecords} from "./AgentRecords.sol";
import {AgentSteps} from "./AgentSteps.sol";
import {Context, PolicyAuthority, Proposal} from "./PolicyAuthority.sol";
import {ProverSlots} from "./ProverSlots.sol";
import {Approver, Quorums} from "./Quorums.sol";

/// @title PolicySafeguards
/// @notice What a single agent can do at once to keep a policy safe: stop grants, renew its commitment, void what it
/// approved.
/// @dev An agent whose stop was lifted cannot stop again in its epoch, so that one thief cannot stop grants for ever.
library PolicySafeguards {
    /// @notice Stops grants.
    /// @param self The agents.
    /// @param op What is signed.
    /// @param approval Of an ADMIN.
    /// @param context What signatures are checked against.
    function stop(
        AgentRecords.State storage self,
        Stop calldata op,
        Approval calldata approval,
        Context calldata context
    ) external {
        Policy memory head = AgentRecords.openHead(self, op.policy);
        PolicyAuthority.requireDue(head, op.policy, op.epoch, op.deadline);
        Approver memory approver = PolicyAuthority.verifyOne(
            self,
            head,
            op.policy,
            op.agent,
            StopHash.encode(op),
            approval,
            context
        );
        Quorums.requireVoice(op.policy, approver);
        if (self.records[op.policy][op.agent].barred) {
            revert IAgentPolicySafeguards.AgentPolicyStopSpent(op.policy, op.agent);
        }
        if (head.flags & PolicyFlags.STOPPED != 0) {
            revert IAgentPolicySafeguards.AgentPolicyStoppedAlready(op.policy, self.stoppers[op.policy]);
        }
        self.stoppers[op.policy] = op.agent;
        head.flags |= PolicyFlags.STOPPED;
        AgentRecords.writeHead(self, op.policy, head);
        emit IAgentPolicySafeguards.GrantsStopped(op.policy, op.agent);
    }

    /// @notice Lets grants go on.
    /// @param self The agents.
    /// @param op What is signed.
    /// @param approvals Of most ADMINs.
    /// @param context What signatures are checked against.
    function lift(
        AgentRecords.State storage self,
        LiftStop calldata op,
        Approval[] calldata approvals,
        Context calldata context
    ) external {
        Policy memory head = AgentRecords.openHead(self, op.policy);
        PolicyAuthority.requireDue(head, op.policy, op.epoch, op.deadline);
        KeyId stopper = head.flags & PolicyFlags.STOPPED == 0 ? KeyId.wrap(0) : self.stoppers[op.policy];
        if (KeyId.unwrap(op.stopper) != KeyId.unwrap(stopper) || KeyId.unwrap(stopper) == 0) {
            revert IAgentPolicySafeguards.AgentPolicyStopMismatch(op.policy, op.stopper, stopper);
        }
        bytes memory encoded = LiftStopHash.encode(op);
        Approver[] memory approvers = PolicyAuthority.verify(self, head, op.policy, encoded, approvals, context);
        Quorums.requireMajority(op.policy, head, approvers);
        self.records[op.policy][stopper].barred = true;
        head.flags &= ~PolicyFlags.STOPPED;
        AgentRecords.writeHead(self, op.policy, head);
        emit IAgentPolicySafeguards.GrantsResumed(op.policy, stopper);
    }

    /// @notice Records a new commitment in the place of the old one.
    /// @param self The agents.
    /// @param authority The nonces.
    /// @param tree The provisioned tree, which is only read.
    /// @param op What is signed.
    /// @param approval The agent's.
    /// @param context What signatures are checked against.
    /// @return provisioned Where the new leaf must come to lie.
    /// @return revoked The old leaf, whose bit is to be set.
    function renew(
        AgentRecords.State storage self,
        PolicyAuthority.State storage authority,
        ProvisionedTree.State storage tree,
        Renew calldata op,
        Approval calldata approval,
        Context calldata context
    ) external returns (LeafId provisioned, LeafId revoked) {
        Policy memory head = AgentRecords.openHead(self, op.policy);
        Proposal memory proposal = Proposal(op.policy, op.epoch, op.agent, op.lane, op.nonce, op.deadline);
        bytes memory encoded = RenewHash.encode(op);
        PolicyAuthority.approveAlone(authority, self, head, proposal, encoded, approval, context);
        AgentSteps.requireGranting(self, op.policy, head);
        Agent memory record = self.records[op.policy][op.agent];
        if (!AgentRecords.proves(record)) {
            revert IAgentPolicySafeguards.AgentPolicyNotProving(op.policy, op.agent);
        }
        AgentSteps.requireCommitment(self, op.policy, op.agent, op.commitment);
        AgentSteps.requireExpiry(op.expiry);
        if (op.expiry > record.expiry) {
            revert IAgentPolicySafeguards.AgentPolicyExpiryExtended(op.agent, op.expiry, record.expiry);
        }
        revoked = record.leaf;
        provisioned = ProvisionedTree.upcoming(tree, 0);
        (record.leaf, record.expiry) = (provisioned, uint40(op.expiry));
        self.records[op.policy][op.agent] = record;
        self.commitments[op.policy][op.commitment] = true;
        ProverSlots.put(self.slots[op.policy], record.slot, provisioned, record.expiry);
        emit IAgentPolicyRegistry.AgentRevoked(op.policy, op.agent, revoked.generation(), revoked.index());
        emit IAgentPolicyRegistry.AgentProvisioned(
            op.policy,
            op.agent,
            provisioned.generation(),
            provisioned.index(),
            op.commitment,
            record.expiry
        );
    }

    /// @notice Raises the counter that the agent's approvals must carry.
    /// @param self The agents.
    /// @param op What is signed.
    /// @param approval The agent's.
    /// @param context What signatures are checked against.
    function voidApprovals(
        AgentRecords.State storage self,
        VoidApprovals calldata op,
        Approval calldata approval,
        Context calldata context
    ) external {
        Policy memory head = AgentRecords.openHead(self, op.policy);
        PolicyAuthority.requireDue(head, op.policy, op.epoch, op.deadline);
        bytes memory encoded = VoidApprovalsHash.encode(op);
        PolicyAuthority.verifyOne(self, head, op.policy, op.agent, encoded, approval, context);
        uint32 counter = ++self.records[op.policy][op.agent].counter;
        emit IAgentPolicySafeguards.ApprovalsVoided(op.policy, op.agent, counter);
    }
}
