// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {IAgentPolicyTrustees} from "../interfaces/IAgentPolicyTrustees.sol";
import {Agent} from "../types/Agent.sol";
import {Approval} from "../types/Approval.sol";
import {Authorizations} from "../types/Authorizations.sol";
import {KeyId} from "../types/KeyId.sol";
import {LeafId} from "../types/LeafId.sol";
import {Policy} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {TrusteeApproval} from "../types/Trustee.sol";
import {TrusteeCapabilities} from "../types/TrusteeCapabilities.sol";
import {TrusteeChange, TrusteeChangeHash} from "../types/TrusteeChange.sol";
import {TrusteeRevoke, TrusteeRevokeHash} from "../types/TrusteeRevoke.sol";
import {TrusteeSettings, TrusteeSettingsHash} from "../types/TrusteeSettings.sol";
import {TrusteeTerms} from "../types/TrusteeTerms.sol";
import {AgentRecords} from "./AgentRecords.sol";
import {AgentSteps} from "./AgentSteps.sol";
import {GovernanceChanges} from "./GovernanceChanges.sol";
import {Context, PolicyAuthority, Proposal} from "./PolicyAuthority.sol";
import {PolicyRules} from "./PolicyRules.sol";
import {Approver} from "./Quorums.sol";
import {TrusteeSets} from "./TrusteeSets.sol";

/// @title TrusteeActions
/// @notice How trustees come into force, and what they revoke.
library TrusteeActions {
    /// @dev Bounds in seconds; the delay is at least that of governance.
    uint256 private constant MAX_DELAY = 90 days;
    uint256 private constant MIN_WINDOW = 1 days;
    uint256 private constant MAX_WINDOW = 30 days;

    /// @dev With fewer trustees, or one of them alone, a recovery would be one person's word.
    uint8 private constant MIN_ADMIN_COUNT = 3;
    uint8 private constant MIN_ADMIN_QUORUM = 2;

    /// @dev So many can still act together in one transaction, whatever their keys. Who only keeps a share never acts
    /// here.
    uint8 private constant MAX_COUNT = 32;

    /// @notice Lets a change of the trustees wait.
    /// @param changes The governance changes.
    /// @param agents The agents, which are only read.
    /// @param rules The settings, which are only read.
    /// @param authority The nonces.
    /// @param op What is signed.
    /// @param approvals Of ADMINs.
    /// @param context What signatures are checked against.
    /// @return change Its id.
    function schedule(
        GovernanceChanges.State storage changes,
        AgentRecords.State storage agents,
        PolicyRules.State storage rules,
        PolicyAuthority.State storage authority,
        TrusteeChange calldata op,
        Approval[] calldata approvals,
        Context memory context
    ) internal returns (bytes32 change) {
        Policy memory head = AgentRecords.openHead(agents, op.policy);
        bytes memory encoded = TrusteeChangeHash.encode(op);
        Approver[] memory approvers = PolicyAuthority.approve(
            authority,
            agents,
            head,
            Proposal(op.policy, op.epoch, op.proposer, op.lane, op.nonce, op.deadline),
            encoded,
            approvals,
            context
        );
        change = GovernanceChanges.idOf(encoded);
        PolicyRules.Terms memory terms = rules.terms[op.policy];
        _requireValid(op.policy, op.trustees, terms.delay);
        bytes32 settings = TrusteeSettingsHash.hash(op.trustees);
        PolicyRules.Trustees storage current = rules.trustees[op.policy];
        if (current.settings == (op.trustees.root == 0 ? bytes32(0) : settings)) {
            revert IAgentPolicyTrustees.AgentPolicyTrusteesUnchanged(op.policy);
        }
        GovernanceChanges.Pending storage pending = GovernanceChanges.take(
            changes,
            op.policy,
            head,
            op.proposer,
            change,
            approvers
        );
        (pending.trusteeSet, pending.trustees) = (current.number, settings);
        pending.trusteeTerms = TrusteeTerms(op.trustees.delay, op.trustees.window);
        // those in force rule until then, and have as long to act as for a recovery
        uint32 delay = PolicyRules.recoveryDelay(rules, op.policy, terms);
        GovernanceChanges.wait_(pending, op.policy, change, approvers, delay, terms.window);
        emit IAgentPolicyTrustees.TrusteesProposed(op.policy, change, op.trustees);
    }

    /// @notice Adds approvals to such a change.
    /// @param changes The governance changes.
    /// @param agents The agents, which are only read.
    /// @param op What was scheduled.
    /// @param approvals Of ADMINs.
    /// @param context What signatures are checked against.
    function approve(
        GovernanceChanges.State storage changes,
        AgentRecords.State storage agents,
        TrusteeChange calldata op,
        Approval[] calldata approvals,
        Context memory context
    ) internal {
        Policy memory head = AgentRecords.openHead(agents, op.policy);
        PolicyAuthority.requireDue(head, op.policy, op.epoch, op.deadline);
        bytes memory encoded = TrusteeChangeHash.encode(op);
        GovernanceChanges.endorse(changes, agents, op.policy, head, encoded, approvals, context);
    }

    /// @notice Takes PROVE from agents; of none, it uses the nonce only.
    /// @param sets The trustees.
    /// @param agents The agents.
    /// @param rules The settings, which are only read.
    /// @param op What is signed.
    /// @param settings Of the trustees.
    /// @param trustees With REVOKE_AUTHZ.
    /// @param context What signatures are checked against.
    /// @return revoked Leaves whose bit is to be set.
    function revoke(
        TrusteeSets.State storage sets,
        AgentRecords.State storage agents,
        PolicyRules.State storage rules,
        TrusteeRevoke calldata op,
        TrusteeSettings calldata settings,
        TrusteeApproval[] calldata trustees,
        Context memory context
    ) internal returns (LeafId[] memory revoked) {
        Policy memory head = AgentRecords.openHead(agents, op.policy);
        PolicyAuthority.requireDue(head, op.policy, op.epoch, op.deadline);
        TrusteeSets.requireCurrent(rules, op.policy, op.trusteeSet, settings);
        _useNonce(sets, op);
        TrusteeSets.requireApproved(
            sets,
            rules,
            op.policy,
            settings.root,
            TrusteeCapabilities.REVOKE_AUTHZ,
            settings.revokeQuorum,
            TrusteeRevokeHash.hash(op),
            trustees,
            context
        );
        if (op.agents.length == 0) return revoked;
        AgentSteps.requireBatch(op.agents.length);
        LeafId[] memory leaves = new LeafId[](op.agents.length);
        uint256 count = 0;
        for (uint256 i = 0; i < op.agents.length; ++i) {
            (bool revokes, LeafId leaf) = _take(agents, head, op.policy, op.agents[i]);
            if (revokes) leaves[count++] = leaf;
        }
        if (count == 0) revert IAgentPolicyRegistry.AgentPolicyNothingToRevoke(op.policy);
        AgentRecords.writeHead(agents, op.policy, head);
        revoked = new LeafId[](count);
        for (uint256 i = 0; i < count; ++i) revoked[i] = leaves[i];
    }

    /// @dev Takes PROVE from an agent that proves.
    function _take(
        AgentRecords.State storage agents,
        Policy memory head,
        PolicyId policy,
        KeyId agent
    ) private returns (bool revokes, LeafId leaf) {
        Agent memory record = agents.records[policy][agent];
        if (record.epoch != head.epoch || !AgentRecords.proves(record)) return (false, leaf);
        uint8 before = record.authorizations;
        leaf = record.leaf;
        revokes = AgentSteps.drop(head, record, Authorizations.PROVE);
        agents.records[policy][agent] = record;
        emit IAgentPolicyRegistry.AgentAuthorizationsChanged(policy, agent, before, record.authorizations);
        emit IAgentPolicyRegistry.AgentRevoked(policy, agent, leaf.generation(), leaf.index());
    }

    /// @dev Uses the next nonce of the set.
    function _useNonce(TrusteeSets.State storage sets, TrusteeRevoke calldata op) private {
        uint64 expected = sets.nonces[op.policy][op.trusteeSet];
        if (op.nonce != expected) {
            revert IAgentPolicyTrustees.AgentPolicyTrusteeNonceMismatch(op.policy, op.trusteeSet, op.nonce, expected);
        }
        sets.nonces[op.policy][op.trusteeSet] = expected + 1;
        emit IAgentPolicyTrustees.TrusteesRevoked(op.policy, op.trusteeSet, op.nonce);
    }

    /// @dev Reverts unless trustees with these settings can serve.
    function _requireValid(PolicyId policy, TrusteeSettings calldata settings, uint32 governanceDelay) private pure {
        _requireCounts(TrusteeCapabilities.RECOVERY_SHARE, settings.shareCount, settings.shareQuorum);
        _requireCounts(TrusteeCapabilities.REVOKE_AUTHZ, settings.revokeCount, settings.revokeQuorum);
        _requireCounts(TrusteeCapabilities.PROVISION_AUTHZ, settings.provisionCount, settings.provisionQuorum);
        _requireCounts(TrusteeCapabilities.ADMIN_AUTHZ, settings.adminCount, settings.adminQuorum);
        bool few = settings.adminCount < MIN_ADMIN_COUNT || settings.adminQuorum < MIN_ADMIN_QUORUM;
        if (settings.adminCount != 0 && few) {
            revert IAgentPolicyTrustees.AgentPolicyTrusteeCountsInvalid(
                TrusteeCapabilities.ADMIN_AUTHZ,
                settings.adminCount,
                settings.adminQuorum
            );
        }
        bool none = settings.shareCount | settings.revokeCount | settings.provisionCount | settings.adminCount == 0;
        bool empty = settings.root == 0 && settings.delay | settings.window == 0 && settings.shareSet == 0;
        if (none != empty || (!none && settings.root == 0)) {
            revert IAgentPolicyTrustees.AgentPolicyTrusteeSettingsMalformed(policy);
        }
        if (none) return;
        if (settings.delay < governanceDelay || settings.delay > MAX_DELAY) {
            revert IAgentPolicyTrustees.AgentPolicyRecoveryDelayOutOfRange(settings.delay, governanceDelay);
        }
        if (settings.window < MIN_WINDOW || settings.window > MAX_WINDOW) {
            revert IAgentPolicyTrustees.AgentPolicyRecoveryWindowOutOfRange(settings.window);
        }
    }

    /// @dev Reverts unless a quorum lies within 1 and its count, or both are 0, and not too many are to act.
    function _requireCounts(uint8 capability, uint8 count, uint8 quorum) private pure {
        bool many = count > MAX_COUNT && capability != TrusteeCapabilities.RECOVERY_SHARE;
        if (many || quorum > count || (quorum == 0) != (count == 0)) {
            revert IAgentPolicyTrustees.AgentPolicyTrusteeCountsInvalid(capability, count, quorum);
        }
    }
}
