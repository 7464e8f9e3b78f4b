// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAgentPolicyTrustees} from "../interfaces/IAgentPolicyTrustees.sol";
import {AnchorBackup, AnchorBackupHash} from "../types/AnchorBackup.sol";
import {Agent} from "../types/Agent.sol";
import {Approval} from "../types/Approval.sol";
import {Authorizations} from "../types/Authorizations.sol";
import {KeyId} from "../types/KeyId.sol";
import {PermitAnchor, PermitAnchorHash} from "../types/PermitAnchor.sol";
import {Policy} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {BackupAnchor} from "../types/Recovery.sol";
import {AgentRecords} from "./AgentRecords.sol";
import {Context, PolicyAuthority, Proposal} from "./PolicyAuthority.sol";
import {Approver, Quorums} from "./Quorums.sol";

/// @title Backups
/// @notice The number and hash of an owner's newest backup, so that an old one is not taken for it (V1).
library Backups {
    /// @dev The newest backup, and who may record one besides ADMINs.
    struct State {
        mapping(PolicyId policy => BackupAnchor) anchors;
        mapping(PolicyId policy => mapping(uint32 epoch => mapping(KeyId agent => bool))) permitted;
    }

    /// @notice Records a backup.
    /// @param self The anchors.
    /// @param agents The agents, which are only read.
    /// @param op What is signed.
    /// @param approval The agent's.
    /// @param context What signatures are checked against.
    function anchor(
        State storage self,
        AgentRecords.State storage agents,
        AnchorBackup calldata op,
        Approval calldata approval,
        Context memory context
    ) internal {
        Policy memory head = AgentRecords.openHead(agents, op.policy);
        PolicyAuthority.requireDue(head, op.policy, op.epoch, op.deadline);
        bytes memory encoded = AnchorBackupHash.encode(op);
        Approver memory approver = PolicyAuthority.verifyOne(
            agents,
            head,
            op.policy,
            op.agent,
            encoded,
            approval,
            context
        );
        Agent memory record = agents.records[op.policy][op.agent];
        bool permitted = AgentRecords.proves(record) && self.permitted[op.policy][op.epoch][op.agent];
        // an ADMIN that does not count speaks for the owner here as little as elsewhere
        if (!permitted && approver.rights & Authorizations.ADMIN == 0) {
            revert IAgentPolicyTrustees.AgentPolicyAnchorNotPermitted(op.policy, op.agent);
        }
        BackupAnchor storage newest = self.anchors[op.policy];
        if (op.sequence != newest.sequence + 1) {
            revert IAgentPolicyTrustees.AgentPolicyAnchorOutOfSequence(op.policy, op.sequence, newest.sequence + 1);
        }
        self.anchors[op.policy] = BackupAnchor(op.sequence, uint40(block.timestamp), op.backup, KeyId.unwrap(op.agent));
        emit IAgentPolicyTrustees.BackupAnchored(op.policy, op.agent, op.sequence, op.backup);
    }

    /// @notice Says whether an agent that proves may record backups in this epoch.
    /// @param self The anchors.
    /// @param agents The agents, which are only read.
    /// @param authority The nonces.
    /// @param op What is signed.
    /// @param approvals Of ADMINs.
    /// @param context What signatures are checked against.
    function permit(
        State storage self,
        AgentRecords.State storage agents,
        PolicyAuthority.State storage authority,
        PermitAnchor calldata op,
        Approval[] calldata approvals,
        Context memory context
    ) internal {
        Policy memory head = AgentRecords.openHead(agents, op.policy);
        Approver[] memory approvers = PolicyAuthority.approve(
            authority,
            agents,
            head,
            Proposal(op.policy, op.epoch, op.proposer, op.lane, op.nonce, op.deadline),
            PermitAnchorHash.encode(op),
            approvals,
            context
        );
        Quorums.requireHeld(op.policy, head, approvers, Authorizations.ADMIN);
        self.permitted[op.policy][op.epoch][op.agent] = op.permitted;
        emit IAgentPolicyTrustees.AnchorPermitted(op.policy, op.agent, op.permitted);
    }
}
