// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IAgentPolicyRecovery} from "../interfaces/IAgentPolicyRecovery.sol";
import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {AgentKeys} from "../libraries/AgentKeys.sol";
import {Acceptance, Offer} from "../types/Acceptance.sol";
import {Agent} from "../types/Agent.sol";
import {AgentPower} from "../types/AgentPower.sol";
import {Approval} from "../types/Approval.sol";
import {Authorizations} from "../types/Authorizations.sol";
import {EmergencyRotate, EmergencyRotateHash} from "../types/EmergencyRotate.sol";
import {KeyId} from "../types/KeyId.sol";
import {LeafId} from "../types/LeafId.sol";
import {PowerChange} from "../types/PendingChange.sol";
import {Policy} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {RootKey, RootSet, RootSetHash} from "../types/RootSet.sol";
import {SettingsFields} from "../types/SettingsFields.sol";
import {AgentRecords} from "./AgentRecords.sol";
import {AgentSteps} from "./AgentSteps.sol";
import {Consents} from "./Consents.sol";
import {Epochs} from "./Epochs.sol";
import {Context, PolicyAuthority} from "./PolicyAuthority.sol";
import {PolicyRules} from "./PolicyRules.sol";
import {PowerSteps} from "./PowerSteps.sol";
import {Quorums} from "./Quorums.sol";
import {Recoveries} from "./Recoveries.sol";

/// @title EmergencyRotations
/// @notice Root keys, committed to before and revealed by acting, replace all power in a policy at once (A9).
/// @dev Whoever holds all other keys can do nothing in front of a rotation that makes it fail: it depends on the epoch,
/// which only it ends, on the commitment, which a governance change alters slowly, and on what its own signers say.
library EmergencyRotations {
    /// @dev What the new epoch keeps of the settings, the delay and the window, is not set here.
    uint8 private constant FIELDS = SettingsFields.ALL & ~(SettingsFields.DELAY | SettingsFields.WINDOW);

    /// @notice Begins a new epoch.
    /// @param self The agents.
    /// @param rules The settings.
    /// @param recoveries The recoveries, of which root keys can refuse one.
    /// @param op What is signed.
    /// @param rootSet What the policy commits to.
    /// @param acceptances One of each agent of the new epoch.
    /// @param approvals Of root keys.
    /// @param context What signatures are checked against.
    /// @return revoked Leaves whose bit is to be set.
    function rotate(
        AgentRecords.State storage self,
        PolicyRules.State storage rules,
        Recoveries.State storage recoveries,
        EmergencyRotate calldata op,
        RootSet calldata rootSet,
        Acceptance[] calldata acceptances,
        Approval[] calldata approvals,
        Context memory context
    ) internal returns (LeafId[] memory revoked) {
        Policy memory head = AgentRecords.openHead(self, op.policy);
        PolicyAuthority.requireDue(head, op.policy, op.epoch, op.deadline);
        PolicyRules.Terms memory terms = rules.terms[op.policy];
        _requireRootSet(op.policy, rootSet, terms.rootCommitment);
        bytes32 digest = MessageHashUtils.toTypedDataHash(context.domainSeparator, EmergencyRotateHash.hash(op));
        _requireApproved(op.policy, rootSet, digest, approvals, context);
        if (op.settings.rootCommitment == terms.rootCommitment) {
            revert IAgentPolicyRecovery.AgentPolicyRootReused(op.policy, terms.rootCommitment);
        }
        if (op.settings.delay | op.settings.window != 0) {
            revert IAgentPolicyRecovery.AgentPolicyRotationChangesTimes(op.settings.delay, op.settings.window);
        }
        AgentSteps.requireBatch(op.agents.length);
        if (op.survivors.length > AgentSteps.MAX_BATCH) {
            revert IAgentPolicyRegistry.AgentPolicyBatchSize(op.survivors.length, AgentSteps.MAX_BATCH);
        }

        Epochs.end(self, op.policy, head);
        uint32 kept = _carry(self, op.policy, head.epoch, op.survivors);
        revoked = Epochs.endProvers(self, op.policy, head, kept);
        Epochs.begin(head);
        Recoveries.refuse(recoveries, rules, op.policy, head);
        PolicyRules.set(head, terms, FIELDS, op.settings);
        PolicyRules.write(rules, op.policy, head, terms);
        _empower(self, head, op, acceptances, context);
        Quorums.requireSound(op.policy, head);
        AgentRecords.writeHead(self, op.policy, head);
    }

    /// @dev Takes survivors over into the next epoch, with PROVE alone; those that prove no more are skipped, so that
    /// nobody can make a rotation fail by revoking one. Returns the marks of their slots.
    function _carry(
        AgentRecords.State storage self,
        PolicyId policy,
        uint32 epoch,
        KeyId[] calldata survivors
    ) private returns (uint32 kept) {
        for (uint256 i = 0; i < survivors.length; ++i) {
            KeyId agent = survivors[i];
            Agent memory record = self.records[policy][agent];
            if (record.epoch != epoch || !AgentRecords.proves(record)) continue;
            kept |= uint32(1) << record.slot;
            (record.epoch, record.authorizations, record.barred) = (epoch + 1, Authorizations.PROVE, false);
            self.records[policy][agent] = record;
            emit IAgentPolicyRecovery.AgentSurvived(policy, agent, epoch + 1);
            emit IAgentPolicyRegistry.AgentAuthorizationsChanged(policy, agent, 0, Authorizations.PROVE);
        }
    }

    /// @dev Gives the agents of the new epoch their power. Each accepts for that epoch, even one that was an agent
    /// until now: whether an acceptance is needed must not depend on what somebody does in front of the rotation.
    function _empower(
        AgentRecords.State storage self,
        Policy memory head,
        EmergencyRotate calldata op,
        Acceptance[] calldata acceptances,
        Context memory context
    ) private {
        Consents.requireCount(acceptances.length, op.agents.length);
        for (uint256 i = 0; i < op.agents.length; ++i) {
            AgentPower calldata power = op.agents[i];
            KeyId agent = AgentKeys.idOf(power.key);
            PowerSteps.requirePower(agent, power.authorizations);
            if (power.authorizations == 0) revert IAgentPolicyRecovery.AgentPolicyPowerEmpty(agent);
            for (uint256 j = 0; j < i; ++j) {
                if (KeyId.unwrap(AgentKeys.idOf(op.agents[j].key)) == KeyId.unwrap(agent)) {
                    revert IAgentPolicyRegistry.AgentPolicyAgentRepeated(agent);
                }
            }
            uint8 kind = self.records[op.policy][agent].kind;
            if (kind == 0) {
                AgentKeys.requireKey(power.kind, power.key);
            } else if (kind != power.kind) {
                revert IAgentPolicyRegistry.AgentPolicyKindMismatch(agent, power.kind, kind);
            }
            Offer memory offer = Offer(op.policy, head.epoch, power.kind, agent, 0, power.authorizations, 0);
            Consents.requireGiven(offer, power.key, acceptances[i], context);
            PowerChange memory change = PowerChange(agent, power.kind, power.authorizations, power.key);
            PowerSteps.count(self, op.policy, head, change);
            PowerSteps.write(self, op.policy, head, change);
        }
    }

    /// @dev Reverts unless enough root keys approve.
    function _requireApproved(
        PolicyId policy,
        RootSet calldata rootSet,
        bytes32 digest,
        Approval[] calldata approvals,
        Context memory context
    ) private view {
        if (approvals.length < rootSet.quorum) {
            revert IAgentPolicyRecovery.AgentPolicyRootQuorumMissing(policy, approvals.length, rootSet.quorum);
        }
        // both lists ascend, so one walk through the set finds all approvers, and none twice
        uint256 next = 0;
        for (uint256 i = 0; i < approvals.length; ++i) {
            Approval calldata approval = approvals[i];
            KeyId id = AgentKeys.idOf(approval.key);
            while (next < rootSet.keys.length && _idOf(rootSet, next) != KeyId.unwrap(id)) ++next;
            if (next == rootSet.keys.length) {
                revert IAgentPolicyRecovery.AgentPolicyRootKeyUnknown(policy, id);
            }
            RootKey calldata root = rootSet.keys[next++];
            // nobody could check it when only its hash was known: material that is not that of its kind could be read
            // as another key's, which would count twice
            AgentKeys.requireKey(root.kind, root.key);
            AgentKeys.requireSignature(root.kind, root.key, digest, approval.signature, context.sender);
        }
    }

    /// @dev Reverts unless the set is the one that the policy commits to, and could ever act.
    function _requireRootSet(PolicyId policy, RootSet calldata rootSet, bytes32 commitment) private pure {
        if (commitment == 0) revert IAgentPolicyRecovery.AgentPolicyRootMissing(policy);
        bytes32 given = RootSetHash.hash(rootSet);
        if (given != commitment) revert IAgentPolicyRecovery.AgentPolicyRootMismatch(policy, given, commitment);
        uint256 count = rootSet.keys.length;
        bool malformed = rootSet.quorum == 0 || rootSet.quorum > count;
        for (uint256 i = 1; i < count; ++i) {
            if (uint256(_idOf(rootSet, i)) <= uint256(_idOf(rootSet, i - 1))) malformed = true;
        }
        if (malformed) revert IAgentPolicyRecovery.AgentPolicyRootSetMalformed(policy);
    }

    /// @dev The id of key `i`.
    function _idOf(RootSet calldata rootSet, uint256 i) private pure returns (bytes32) {
        return KeyId.unwrap(AgentKeys.idOf(rootSet.keys[i].key));
    }
}
