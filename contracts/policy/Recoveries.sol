// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IAgentPolicyRecovery} from "../interfaces/IAgentPolicyRecovery.sol";
import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {IAgentPolicyTrustees} from "../interfaces/IAgentPolicyTrustees.sol";
import {AgentKeys} from "../libraries/AgentKeys.sol";
import {Acceptance} from "../types/Acceptance.sol";
import {AgentPower} from "../types/AgentPower.sol";
import {Approval} from "../types/Approval.sol";
import {CancelRecovery, CancelRecoveryHash} from "../types/CancelRecovery.sol";
import {KeyId} from "../types/KeyId.sol";
import {LeafId} from "../types/LeafId.sol";
import {PowerChange} from "../types/PendingChange.sol";
import {Policy, PolicyFlags} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {PolicySettings} from "../types/PolicySettings.sol";
import {ProposalView} from "../types/Recovery.sol";
import {RecoveryProposal, RecoveryProposalHash} from "../types/RecoveryProposal.sol";
import {RecoveryVote, RecoveryVoteHash} from "../types/RecoveryVote.sol";
import {SettingsFields} from "../types/SettingsFields.sol";
import {TrusteeApproval} from "../types/Trustee.sol";
import {TrusteeCapabilities} from "../types/TrusteeCapabilities.sol";
import {TrusteeSettings} from "../types/TrusteeSettings.sol";
import {AgentRecords} from "./AgentRecords.sol";
import {AgentSteps} from "./AgentSteps.sol";
import {Epochs} from "./Epochs.sol";
import {GovernanceChanges} from "./GovernanceChanges.sol";
import {Context, PolicyAuthority} from "./PolicyAuthority.sol";
import {PolicyRules} from "./PolicyRules.sol";
import {PowerSteps} from "./PowerSteps.sol";
import {Approver, Quorums} from "./Quorums.sol";
import {TrusteeSets} from "./TrusteeSets.sol";

/// @title Recoveries
/// @notice A quorum of trustees gives a policy back to its owner: slowly, and unless it is cancelled (A9, V4).
/// @dev Proposals are kept by their hash and take votes until they lapse, or as long as they run. Each trustee has one
/// vote, which it can move and take back. The first proposal to reach the quorum runs; a running one that falls below
/// it stops.
library Recoveries {
    /// @dev Seconds during which a proposal takes votes.
    uint256 private constant PROPOSAL_LIFE = 30 days;

    /// @dev What a proposal sets of the settings, see EmergencyRotations.
    uint8 private constant FIELDS = SettingsFields.ALL & ~(SettingsFields.DELAY | SettingsFields.WINDOW);

    /// @dev A proposal. `lapses` 0: there is none.
    struct Proposal {
        uint64 recovery;
        uint32 trusteeSet;
        uint40 lapses;
        uint8 votes;
        PolicySettings settings;
        PowerChange[] agents;
    }

    /// @dev A trustee's vote.
    struct Vote {
        bytes32 proposal;
        uint32 sequence;
    }

    /// @dev The present recovery of a policy. `proposal`: the one that runs, 0 if none.
    struct Course {
        uint64 number;
        uint40 earliest;
        uint40 latest;
        bytes32 proposal;
    }

    /// @dev Courses, proposals and votes. `proposing`: what a trustee proposed last.
    struct State {
        mapping(PolicyId policy => Course) courses;
        mapping(PolicyId policy => mapping(bytes32 id => Proposal)) proposals;
        mapping(PolicyId policy => mapping(uint64 recovery => mapping(KeyId trustee => Vote))) votes;
        mapping(PolicyId policy => mapping(KeyId trustee => bytes32 id)) proposing;
    }

    /// @notice Stores a proposal, which can be executed if it gets enough votes.
    /// @param self The recoveries.
    /// @param sets The trustees.
    /// @param agents The agents, which are only read.
    /// @param rules The settings, which are only read.
    /// @param op What is signed.
    /// @param settings Of the trustees.
    /// @param acceptances One of each agent named.
    /// @param approval Of a trustee with ADMIN_AUTHZ.
    /// @param context What signatures are checked against.
    /// @return id Of the proposal.
    function propose(
        State storage self,
        TrusteeSets.State storage sets,
        AgentRecords.State storage agents,
        PolicyRules.State storage rules,
        RecoveryProposal calldata op,
        TrusteeSettings calldata settings,
        Acceptance[] calldata acceptances,
        TrusteeApproval calldata approval,
        Context memory context
    ) internal returns (bytes32 id) {
        AgentRecords.openHead(agents, op.policy);
        PolicyAuthority.requireTime(op.deadline);
        _requireAble(rules, op.policy, op.trusteeSet, settings);
        _requireCurrent(self, op.policy, op.recovery);
        id = RecoveryProposalHash.hash(op);
        KeyId trustee = TrusteeSets.requireOne(
            sets,
            rules,
            op.policy,
            settings.root,
            TrusteeCapabilities.ADMIN_AUTHZ,
            id,
            approval,
            context
        );
        Proposal storage proposal = self.proposals[op.policy][id];
        if (proposal.lapses != 0) revert IAgentPolicyRecovery.AgentPolicyProposalExists(op.policy, id);
        _requireFree(self, op, trustee);
        self.proposing[op.policy][trustee] = id;
        (proposal.recovery, proposal.trusteeSet) = (op.recovery, op.trusteeSet);
        proposal.lapses = uint40(block.timestamp + PROPOSAL_LIFE);
        proposal.settings = op.settings;
        _storeAgents(proposal, agents, op, acceptances, context);
        emit IAgentPolicyRecovery.RecoveryProposed(
            op.policy,
            op.recovery,
            id,
            trustee,
            proposal.agents,
            proposal.settings,
            proposal.lapses
        );
    }

    /// @notice Casts, moves or takes back a trustee's vote; starts or stops the recovery that it decides.
    /// @param self The recoveries.
    /// @param sets The trustees.
    /// @param agents The agents.
    /// @param rules The settings, which are only read.
    /// @param changes The governance changes, all of which end when a recovery starts.
    /// @param op What is signed.
    /// @param settings Of the trustees.
    /// @param approval The trustee's.
    /// @param context What signatures are checked against.
    function vote(
        State storage self,
        TrusteeSets.State storage sets,
        AgentRecords.State storage agents,
        PolicyRules.State storage rules,
        GovernanceChanges.State storage changes,
        RecoveryVote calldata op,
        TrusteeSettings calldata settings,
        TrusteeApproval calldata approval,
        Context memory context
    ) internal {
        AgentRecords.openHead(agents, op.policy);
        PolicyAuthority.requireTime(op.deadline);
        _requireAble(rules, op.policy, op.trusteeSet, settings);
        _requireCurrent(self, op.policy, op.recovery);
        KeyId trustee = TrusteeSets.requireOne(
            sets,
            rules,
            op.policy,
            settings.root,
            TrusteeCapabilities.ADMIN_AUTHZ,
            RecoveryVoteHash.hash(op),
            approval,
            context
        );
        bytes32 left = _move(self, op, trustee);
        Course storage course = self.courses[op.policy];
        if (left != 0 && left == course.proposal) {
            if (self.proposals[op.policy][left].votes < settings.adminQuorum) {
                emit IAgentPolicyRecovery.RecoveryStopped(op.policy, op.recovery, left);
                _halt(course, agents, op.policy);
            }
        }
        if (course.proposal == 0 && op.proposal != 0) {
            if (self.proposals[op.policy][op.proposal].votes >= settings.adminQuorum) {
                _start(course, agents, changes, op.policy, op.proposal, settings);
            }
        }
    }

    /// @notice Ends the recovery that runs: most ADMINs, who are one voice however many they are, and as many trustees
    /// as a bare quorum leaves out, at least one.
    /// @dev A trustee takes back its vote for what it cancels. So who was deceived into signing a cancellation voids it
    /// by voting.
    /// @param self The recoveries.
    /// @param sets The trustees.
    /// @param agents The agents.
    /// @param rules The settings, which are only read.
    /// @param op What is signed.
    /// @param settings Of the trustees.
    /// @param approvals Of ADMINs.
    /// @param trustees Of trustees with ADMIN_AUTHZ, whose vote it has not.
    /// @param context What signatures are checked against.
    function cancel(
        State storage self,
        TrusteeSets.State storage sets,
        AgentRecords.State storage agents,
        PolicyRules.State storage rules,
        CancelRecovery calldata op,
        TrusteeSettings calldata settings,
        Approval[] calldata approvals,
        TrusteeApproval[] calldata trustees,
        Context memory context
    ) internal {
        Policy memory head = AgentRecords.openHead(agents, op.policy);
        PolicyAuthority.requireDue(head, op.policy, op.epoch, op.deadline);
        uint32 number = rules.trustees[op.policy].number;
        TrusteeSets.requireCurrent(rules, op.policy, number, settings);
        _requireCurrent(self, op.policy, op.recovery);
        Course storage course = self.courses[op.policy];
        _requireRunning(course, op.policy, op.proposal);
        bytes memory encoded = CancelRecoveryHash.encode(op);
        Approver[] memory approvers = PolicyAuthority.verify(agents, head, op.policy, encoded, approvals, context);
        Quorums.requireMajority(op.policy, head, approvers);
        uint256 needed = settings.adminCount - settings.adminQuorum;
        KeyId[] memory voices = TrusteeSets.requireApproved(
            sets,
            rules,
            op.policy,
            settings.root,
            TrusteeCapabilities.ADMIN_AUTHZ,
            needed == 0 ? 1 : needed,
            keccak256(bytes.concat(encoded, TrusteeSets.counterOf(number))),
            trustees,
            context
        );
        for (uint256 i = 0; i < voices.length; ++i) {
            if (self.votes[op.policy][op.recovery][voices[i]].proposal == op.proposal) {
                revert IAgentPolicyRecovery.AgentPolicyVoteContrary(op.policy, voices[i], op.proposal);
            }
        }
        emit IAgentPolicyRecovery.RecoveryCancelled(op.policy, op.recovery, op.proposal);
        _close(course, agents, op.policy);
    }

    /// @notice Brings a recovery about: a new epoch in which only its agents hold power and nobody proves.
    /// @dev Depends on nothing that anyone but trustees can change while it runs.
    /// @param self The recoveries.
    /// @param agents The agents.
    /// @param rules The settings.
    /// @param policy The policy address.
    /// @return revoked Leaves whose bit is to be set.
    function execute(
        State storage self,
        AgentRecords.State storage agents,
        PolicyRules.State storage rules,
        PolicyId policy
    ) internal returns (LeafId[] memory revoked) {
        AgentRecords.openHead(agents, policy);
        Course storage course = self.courses[policy];
        bytes32 id = course.proposal;
        if (id == 0) revert IAgentPolicyRecovery.AgentPolicyRecoveryNotRunning(policy, id, 0);
        if (block.timestamp < course.earliest) {
            revert IAgentPolicyRecovery.AgentPolicyRecoveryTooEarly(policy, course.earliest, block.timestamp);
        }
        if (block.timestamp > course.latest) {
            revert IAgentPolicyRecovery.AgentPolicyRecoveryTooLate(policy, course.latest, block.timestamp);
        }
        emit IAgentPolicyRecovery.RecoveryExecuted(policy, course.number, id);
        _close(course, agents, policy);
        Policy memory head = AgentRecords.headOf(agents, policy);
        Epochs.end(agents, policy, head);
        revoked = Epochs.endProvers(agents, policy, head, 0);
        Epochs.begin(head);
        Proposal storage proposal = self.proposals[policy][id];
        PolicyRules.Terms memory terms = rules.terms[policy];
        PolicyRules.set(head, terms, FIELDS, proposal.settings);
        PolicyRules.write(rules, policy, head, terms);
        uint256 count = proposal.agents.length;
        for (uint256 i = 0; i < count; ++i) {
            PowerSteps.count(agents, policy, head, proposal.agents[i]);
            PowerSteps.write(agents, policy, head, proposal.agents[i]);
        }
        AgentRecords.writeHead(agents, policy, head);
    }

    /// @notice Ends a recovery whose time has passed.
    /// @param self The recoveries.
    /// @param agents The agents.
    /// @param policy The policy address.
    function clear(State storage self, AgentRecords.State storage agents, PolicyId policy) internal {
        AgentRecords.openHead(agents, policy);
        Course storage course = self.courses[policy];
        if (course.proposal == 0) revert IAgentPolicyRecovery.AgentPolicyRecoveryNotRunning(policy, 0, 0);
        if (block.timestamp <= course.latest) {
            revert IAgentPolicyRecovery.AgentPolicyRecoveryNotLapsed(policy, course.latest, block.timestamp);
        }
        emit IAgentPolicyRecovery.RecoveryStopped(policy, course.number, course.proposal);
        _close(course, agents, policy);
    }

    /// @notice The one refusal that root keys have for each trustee set: a rotation ends the recovery that runs.
    /// @param self The recoveries.
    /// @param rules The settings.
    /// @param policy The policy address.
    /// @param head The policy's head, which the caller writes.
    function refuse(State storage self, PolicyRules.State storage rules, PolicyId policy, Policy memory head) internal {
        Course storage course = self.courses[policy];
        PolicyRules.Trustees storage trustees = rules.trustees[policy];
        if (course.proposal == 0) return;
        if (block.timestamp > course.latest) {
            // nobody cleared it: there is nothing left to refuse
            emit IAgentPolicyRecovery.RecoveryStopped(policy, course.number, course.proposal);
        } else {
            if (trustees.refused) return;
            trustees.refused = true;
            emit IAgentPolicyRecovery.RecoveryCancelled(policy, course.number, course.proposal);
        }
        ++course.number;
        (course.proposal, course.earliest, course.latest) = (0, 0, 0);
        head.flags &= ~PolicyFlags.RECOVERING;
    }

    /// @dev What is told of a proposal.
    function proposalOf(State storage self, PolicyId policy, bytes32 id) internal view returns (ProposalView memory) {
        Proposal storage proposal = self.proposals[policy][id];
        if (proposal.lapses == 0) revert IAgentPolicyRecovery.AgentPolicyProposalUnknown(policy, id);
        return ProposalView(proposal.lapses, proposal.votes, proposal.agents, proposal.settings);
    }

    /// @dev Moves a trustee's vote; returns the proposal that lost it, 0 if none did.
    function _move(State storage self, RecoveryVote calldata op, KeyId trustee) private returns (bytes32 left) {
        Vote storage cast = self.votes[op.policy][op.recovery][trustee];
        if (op.sequence != cast.sequence + 1) {
            revert IAgentPolicyRecovery.AgentPolicyVoteOutOfSequence(
                op.policy,
                trustee,
                op.sequence,
                cast.sequence + 1
            );
        }
        left = cast.proposal;
        // who has no vote may take it back all the same: that voids one that was signed and not sent
        if (left == op.proposal && left != 0) {
            revert IAgentPolicyRecovery.AgentPolicyVoteIdle(op.policy, trustee, left);
        }
        if (left != 0) --self.proposals[op.policy][left].votes;
        if (op.proposal != 0) {
            Proposal storage proposal = self.proposals[op.policy][op.proposal];
            if (!_takesVotes(proposal, op.recovery, op.trusteeSet)) {
                revert IAgentPolicyRecovery.AgentPolicyProposalUnknown(op.policy, op.proposal);
            }
            if (block.timestamp > proposal.lapses && op.proposal != self.courses[op.policy].proposal) {
                revert IAgentPolicyRecovery.AgentPolicyProposalLapsed(op.policy, op.proposal, proposal.lapses);
            }
            ++proposal.votes;
        }
        (cast.proposal, cast.sequence) = (op.proposal, op.sequence);
        emit IAgentPolicyRecovery.RecoveryVoted(op.policy, op.recovery, trustee, op.proposal);
    }

    /// @dev Starts a recovery: what waits ends, and no change is scheduled and nothing granted until it ends.
    function _start(
        Course storage course,
        AgentRecords.State storage agents,
        GovernanceChanges.State storage changes,
        PolicyId policy,
        bytes32 id,
        TrusteeSettings calldata settings
    ) private {
        GovernanceChanges.cancelAll(changes, policy);
        uint40 earliest = uint40(block.timestamp + settings.delay);
        uint40 latest = earliest + settings.window;
        (course.proposal, course.earliest, course.latest) = (id, earliest, latest);
        _flag(agents, policy, true);
        emit IAgentPolicyRecovery.RecoveryStarted(policy, course.number, id, earliest, latest);
    }

    /// @dev Ends the recovery, and with it every vote and proposal.
    function _close(Course storage course, AgentRecords.State storage agents, PolicyId policy) private {
        ++course.number;
        _halt(course, agents, policy);
    }

    /// @dev Stops the recovery that runs; its votes stay.
    function _halt(Course storage course, AgentRecords.State storage agents, PolicyId policy) private {
        (course.proposal, course.earliest, course.latest) = (0, 0, 0);
        _flag(agents, policy, false);
    }

    /// @dev Says in a policy's head whether a recovery runs.
    function _flag(AgentRecords.State storage agents, PolicyId policy, bool on) private {
        Policy memory head = AgentRecords.headOf(agents, policy);
        head.flags = on ? head.flags | PolicyFlags.RECOVERING : head.flags & ~PolicyFlags.RECOVERING;
        AgentRecords.writeHead(agents, policy, head);
    }

    /// @dev Stores the agents of a proposal: distinct, with power, accepting it, and able to act together.
    function _storeAgents(
        Proposal storage proposal,
        AgentRecords.State storage agents,
        RecoveryProposal calldata op,
        Acceptance[] calldata acceptances,
        Context memory context
    ) private {
        AgentSteps.requireBatch(op.agents.length);
        if (acceptances.length != op.agents.length) {
            revert IAgentPolicyRegistry.AgentPolicyAcceptanceCount(acceptances.length, op.agents.length);
        }
        if (op.settings.delay | op.settings.window != 0) {
            revert IAgentPolicyRecovery.AgentPolicyRotationChangesTimes(op.settings.delay, op.settings.window);
        }
        Policy memory head;
        for (uint256 i = 0; i < op.agents.length; ++i) {
            AgentPower calldata power = op.agents[i];
            KeyId agent = AgentKeys.idOf(power.key);
            for (uint256 j = 0; j < i; ++j) {
                if (KeyId.unwrap(proposal.agents[j].agent) == KeyId.unwrap(agent)) {
                    revert IAgentPolicyRegistry.AgentPolicyAgentRepeated(agent);
                }
            }
            _storeAgent(proposal, agents, op, power, agent, acceptances[i], context);
            Quorums.recount(head, power.kind, 0, power.authorizations);
        }
        PolicyRules.setQuorums(head, op.settings);
        Quorums.requireSound(op.policy, head);
    }

    /// @dev Stores one of them.
    function _storeAgent(
        Proposal storage proposal,
        AgentRecords.State storage agents,
        RecoveryProposal calldata op,
        AgentPower calldata power,
        KeyId agent,
        Acceptance calldata acceptance,
        Context memory context
    ) private {
        PowerSteps.requirePower(agent, power.authorizations);
        if (power.authorizations == 0) revert IAgentPolicyRecovery.AgentPolicyPowerEmpty(agent);
        uint8 kind = agents.records[op.policy][agent].kind;
        if (kind != 0 && kind != power.kind) {
            revert IAgentPolicyRegistry.AgentPolicyKindMismatch(agent, power.kind, kind);
        }
        AgentKeys.requireKey(power.kind, power.key);
        uint64 deadline = acceptance.deadline;
        if (deadline == 0) revert IAgentPolicyRegistry.AgentPolicyAcceptanceMissing(agent);
        if (block.timestamp > deadline) {
            revert IAgentPolicyRegistry.AgentPolicyAcceptanceExpired(agent, deadline, block.timestamp);
        }
        bytes32 digest = MessageHashUtils.toTypedDataHash(
            context.domainSeparator,
            RecoveryProposalHash.acceptance(op, power, deadline)
        );
        AgentKeys.requireSignature(power.kind, power.key, digest, acceptance.signature, context.sender);
        proposal.agents.push(PowerChange(agent, power.kind, power.authorizations, power.key));
    }

    /// @dev Reverts while another proposal of the trustee's takes votes: junk costs its author a month each.
    function _requireFree(State storage self, RecoveryProposal calldata op, KeyId trustee) private view {
        bytes32 last = self.proposing[op.policy][trustee];
        Proposal storage proposal = self.proposals[op.policy][last];
        if (_takesVotes(proposal, op.recovery, op.trusteeSet) && block.timestamp <= proposal.lapses) {
            revert IAgentPolicyRecovery.AgentPolicyProposalOpen(op.policy, trustee, last);
        }
    }

    /// @dev True if a proposal is one of this recovery and trustee set, the first of which has number 1.
    function _takesVotes(Proposal storage proposal, uint64 recovery, uint32 trusteeSet) private view returns (bool) {
        return proposal.recovery == recovery && proposal.trusteeSet == trusteeSet;
    }

    /// @dev Reverts unless these are the settings of the set in force, whose trustees can recover: where the quorum is
    /// 0, which any votes reach, a hidden leaf could still say that it may.
    function _requireAble(
        PolicyRules.State storage rules,
        PolicyId policy,
        uint32 trusteeSet,
        TrusteeSettings calldata settings
    ) private view {
        TrusteeSets.requireCurrent(rules, policy, trusteeSet, settings);
        if (settings.adminQuorum == 0) {
            revert IAgentPolicyTrustees.AgentPolicyTrusteeQuorumMissing(policy, TrusteeCapabilities.ADMIN_AUTHZ, 1, 0);
        }
    }

    /// @dev Reverts unless this is the number of the present recovery.
    function _requireCurrent(State storage self, PolicyId policy, uint64 recovery) private view {
        uint64 number = self.courses[policy].number;
        if (recovery != number) {
            revert IAgentPolicyRecovery.AgentPolicyRecoveryMismatch(policy, recovery, number);
        }
    }

    /// @dev Reverts unless this proposal runs.
    function _requireRunning(Course storage course, PolicyId policy, bytes32 id) private view {
        if (id == 0 || course.proposal != id) {
            revert IAgentPolicyRecovery.AgentPolicyRecoveryNotRunning(policy, id, course.proposal);
        }
    }
}
