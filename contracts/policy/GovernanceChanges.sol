// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IAgentPolicyGovernance} from "../interfaces/IAgentPolicyGovernance.sol";
import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {AgentKeys} from "../libraries/AgentKeys.sol";
import {Acceptance, Offer} from "../types/Acceptance.sol";
import {Agent} from "../types/Agent.sol";
import {AgentPower} from "../types/AgentPower.sol";
import {Approval} from "../types/Approval.sol";
import {Authorizations} from "../types/Authorizations.sol";
import {GovernanceChange, GovernanceChangeHash} from "../types/GovernanceChange.sol";
import {KeyId} from "../types/KeyId.sol";
import {LeafId} from "../types/LeafId.sol";
import {PendingChangeView, PowerChange} from "../types/PendingChange.sol";
import {Policy, PolicyFlags} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {PolicySettings} from "../types/PolicySettings.sol";
import {SettingsFields} from "../types/SettingsFields.sol";
import {TrusteeTerms} from "../types/TrusteeTerms.sol";
import {Veto, VetoHash} from "../types/Veto.sol";
import {Withdraw, WithdrawHash} from "../types/Withdraw.sol";
import {AgentRecords} from "./AgentRecords.sol";
import {AgentSteps} from "./AgentSteps.sol";
import {Consents} from "./Consents.sol";
import {Epochs} from "./Epochs.sol";
import {Context, PolicyAuthority, Proposal} from "./PolicyAuthority.sol";
import {PolicyRules} from "./PolicyRules.sol";
import {PowerSteps} from "./PowerSteps.sol";
import {Approver, Quorums} from "./Quorums.sol";

/// @title GovernanceChanges
/// @notice Changes of power and rules: scheduled by the ADMIN quorum, open to every ADMIN's veto while they wait,
/// executed by anyone (A7, A10).
/// @dev A change is stored whole, so that everyone sees what it does and can execute it. All state is of one era: the
/// next one knows none of it.
library GovernanceChanges {
    using EnumerableSet for EnumerableSet.Bytes32Set;

    /// @dev A change that waits. `trustees`: the hash of the trustee settings that it sets, 0 if it sets none;
    /// `trusteeSet`: the number of the set that it replaces, or that was in force when abandonment was scheduled.
    struct Pending {
        KeyId proposer;
        uint64 era;
        uint40 scheduled;
        uint40 earliest;
        uint40 latest;
        uint8 fields;
        bool abandon;
        bool majority;
        uint32 trusteeSet;
        PolicySettings settings;
        bytes32 successor;
        bytes32 trustees;
        TrusteeTerms trusteeTerms;
        PowerChange[] agents;
        KeyId[] approvers;
    }

    /// @dev What a proposer has open, and until when it has to wait after a veto.
    struct Desk {
        bytes32 open;
        uint40 waitsUntil;
    }

    /// @dev `cancellations`: how often all changes of a policy were ended by a recovery. An era is an epoch between two
    /// of them: `epoch << 32 | cancellations`. `withdrawn`: who took back its approval of a change, for good.
    /// `decided`: when the change was scheduled that set an agent's power last.
    struct State {
        mapping(PolicyId policy => mapping(bytes32 change => Pending)) pending;
        mapping(PolicyId policy => mapping(uint64 era => EnumerableSet.Bytes32Set changes)) open;
        mapping(PolicyId policy => mapping(uint64 era => mapping(KeyId proposer => Desk))) desks;
        mapping(PolicyId policy => uint32 count) cancellations;
        mapping(bytes32 change => mapping(KeyId agent => bool)) withdrawn;
        mapping(PolicyId policy => mapping(KeyId agent => uint40 time)) decided;
    }

    /// @notice Lets a change wait.
    /// @param self The changes.
    /// @param agents The agents, which are only read.
    /// @param rules The settings, which are only read.
    /// @param authority The nonces.
    /// @param op What is signed.
    /// @param acceptances One for each agent named.
    /// @param approvals Of ADMINs.
    /// @param context What signatures are checked against.
    /// @return change Its id.
    function schedule(
        State storage self,
        AgentRecords.State storage agents,
        PolicyRules.State storage rules,
        PolicyAuthority.State storage authority,
        GovernanceChange calldata op,
        Acceptance[] calldata acceptances,
        Approval[] calldata approvals,
        Context memory context
    ) internal returns (bytes32 change) {
        Policy memory head = AgentRecords.openHead(agents, op.policy);
        bytes memory encoded = GovernanceChangeHash.encode(op);
        Approver[] memory approvers = PolicyAuthority.approve(
            authority,
            agents,
            head,
            Proposal(op.policy, op.epoch, op.proposer, op.lane, op.nonce, op.deadline),
            encoded,
            approvals,
            context
        );
        change = idOf(encoded);
        _requireWellFormed(op);
        Pending storage pending = take(self, op.policy, head, op.proposer, change, approvers);
        _store(pending, agents, head, op, acceptances, context);
        PolicyRules.Terms memory terms = rules.terms[op.policy];
        (uint32 delay, uint32 window) = (terms.delay, terms.window);
        // the one change that trustees cannot undo leaves them as long to act as for a recovery
        if (op.abandon) {
            delay = PolicyRules.recoveryDelay(rules, op.policy, terms);
            pending.trusteeSet = rules.trustees[op.policy].number;
        }
        _requireEffect(self, agents, rules, pending, op.policy, head, terms);
        wait_(pending, op.policy, change, approvers, delay, window);
    }

    /// @notice Begins a change: checks that it may be proposed, and gives it a place.
    /// @param self The changes.
    /// @param policy The policy address.
    /// @param head The policy's head.
    /// @param proposer The id of the proposer's key.
    /// @param change The id of the change.
    /// @param approvers Who approves it, all of them ADMINs.
    /// @return pending Where it is stored.
    function take(
        State storage self,
        PolicyId policy,
        Policy memory head,
        KeyId proposer,
        bytes32 change,
        Approver[] memory approvers
    ) internal returns (Pending storage pending) {
        if (head.flags & PolicyFlags.RECOVERING != 0) {
            revert IAgentPolicyRegistry.AgentPolicyRecovering(policy);
        }
        Quorums.requireHeld(policy, head, approvers, Authorizations.ADMIN);
        uint64 era = _eraOf(self, policy, head);
        bool majority = Quorums.isMajority(head, approvers.length);
        _takeDesk(self, policy, era, proposer, change, majority);
        self.open[policy][era].add(change);
        pending = self.pending[policy][change];
        (pending.proposer, pending.era, pending.majority) = (proposer, era, majority);
        pending.scheduled = uint40(block.timestamp);
    }

    /// @notice Ends the beginning: a change that is stored waits from now on.
    /// @param pending The change.
    /// @param policy The policy address.
    /// @param change Its id.
    /// @param approvers Who approves it.
    /// @param delay Seconds that it waits.
    /// @param window Seconds during which it can be executed then.
    function wait_(
        Pending storage pending,
        PolicyId policy,
        bytes32 change,
        Approver[] memory approvers,
        uint32 delay,
        uint32 window
    ) internal {
        pending.earliest = pending.scheduled + delay;
        pending.latest = pending.earliest + window;
        _announce(pending, policy, change);
        for (uint256 i = 0; i < approvers.length; ++i) {
            pending.approvers.push(approvers[i].id);
            emit IAgentPolicyGovernance.ChangeApproved(policy, change, approvers[i].id, pending.majority);
        }
    }

    /// @notice Adds approvals to a change that waits. Those that it has are skipped, so that nobody can make a list of
    /// them fail by sending one in front.
    /// @param self The changes.
    /// @param agents The agents, which are only read.
    /// @param op What was scheduled.
    /// @param approvals Of ADMINs.
    /// @param context What signatures are checked against.
    function approve(
        State storage self,
        AgentRecords.State storage agents,
        GovernanceChange calldata op,
        Approval[] calldata approvals,
        Context memory context
    ) internal {
        Policy memory head = AgentRecords.openHead(agents, op.policy);
        PolicyAuthority.requireDue(head, op.policy, op.epoch, op.deadline);
        endorse(self, agents, op.policy, head, GovernanceChangeHash.encode(op), approvals, context);
    }

    /// @notice Adds approvals of what was signed to a change that waits.
    /// @param self The changes.
    /// @param agents The agents, which are only read.
    /// @param policy The policy address.
    /// @param head The policy's head.
    /// @param encoded What the approvers signed.
    /// @param approvals Of ADMINs.
    /// @param context What signatures are checked against.
    function endorse(
        State storage self,
        AgentRecords.State storage agents,
        PolicyId policy,
        Policy memory head,
        bytes memory encoded,
        Approval[] calldata approvals,
        Context memory context
    ) internal {
        bytes32 change = idOf(encoded);
        Pending storage pending = _pending(self, policy, head, change);
        _requireNotLate(pending, change);
        Approver[] memory approvers = PolicyAuthority.verify(agents, head, policy, encoded, approvals, context);
        uint256 known = pending.approvers.length;
        KeyId gone;
        for (uint256 i = 0; i < approvers.length; ++i) {
            KeyId approver = approvers[i].id;
            Quorums.requireVoice(policy, approvers[i]);
            // who approved before, or withdrew for good, does not void a list by having been in front of it
            if (self.withdrawn[change][approver]) gone = approver;
            else if (_indexOf(pending.approvers, approver) == type(uint256).max) pending.approvers.push(approver);
        }
        uint256 count = pending.approvers.length;
        if (count == known) {
            if (KeyId.unwrap(gone) != 0) revert IAgentPolicyGovernance.AgentPolicyChangeWithdrawn(change, gone);
            revert IAgentPolicyGovernance.AgentPolicyChangeApproved(change);
        }
        bool majority = Quorums.isMajority(head, _voices(agents, pending, policy, head));
        pending.majority = majority;
        for (uint256 i = known; i < count; ++i) {
            emit IAgentPolicyGovernance.ChangeApproved(policy, change, pending.approvers[i], majority);
        }
    }

    /// @notice Takes back an approval, for good.
    /// @param self The changes.
    /// @param agents The agents, which are only read.
    /// @param op What is signed.
    /// @param approval The agent's.
    /// @param context What signatures are checked against.
    function withdraw(
        State storage self,
        AgentRecords.State storage agents,
        Withdraw calldata op,
        Approval calldata approval,
        Context memory context
    ) internal {
        Policy memory head = AgentRecords.openHead(agents, op.policy);
        PolicyAuthority.requireDue(head, op.policy, op.epoch, op.deadline);
        Pending storage pending = _pending(self, op.policy, head, op.change);
        PolicyAuthority.verifyOne(agents, head, op.policy, op.agent, WithdrawHash.encode(op), approval, context);
        KeyId[] storage approvers = pending.approvers;
        uint256 index = _indexOf(approvers, op.agent);
        if (index == type(uint256).max) {
            revert IAgentPolicyGovernance.AgentPolicyChangeNotApproved(op.change, op.agent);
        }
        approvers[index] = approvers[approvers.length - 1];
        approvers.pop();
        self.withdrawn[op.change][op.agent] = true;
        emit IAgentPolicyGovernance.ChangeWithdrawn(op.policy, op.change, op.agent);
        uint256 voices = _voices(agents, pending, op.policy, head);
        pending.majority = pending.majority && Quorums.isMajority(head, voices);
        if (voices < head.adminQuorum) {
            emit IAgentPolicyGovernance.ChangeLapsed(op.policy, op.change);
            _remove(self, pending, op.policy, op.change);
        }
    }

    /// @notice Ends a change.
    /// @param self The changes.
    /// @param agents The agents, which are only read.
    /// @param rules The settings, which are only read.
    /// @param op What is signed.
    /// @param approval Of an ADMIN.
    /// @param context What signatures are checked against.
    function veto(
        State storage self,
        AgentRecords.State storage agents,
        PolicyRules.State storage rules,
        Veto calldata op,
        Approval calldata approval,
        Context memory context
    ) internal {
        Policy memory head = AgentRecords.openHead(agents, op.policy);
        PolicyAuthority.requireDue(head, op.policy, op.epoch, op.deadline);
        Pending storage pending = _pending(self, op.policy, head, op.change);
        // it cannot happen any more, so its proposer has nothing to wait for
        _requireNotLate(pending, op.change);
        Quorums.requireVoice(
            op.policy,
            PolicyAuthority.verifyOne(agents, head, op.policy, op.agent, VetoHash.encode(op), approval, context)
        );
        uint256 voices = _voices(agents, pending, op.policy, head);
        if (pending.majority && Quorums.isMajority(head, voices)) {
            uint256 admins = Quorums.adminsOf(head);
            revert IAgentPolicyGovernance.AgentPolicyChangeHasMajority(op.change, voices, admins);
        }
        Desk storage desk = self.desks[op.policy][pending.era][pending.proposer];
        desk.waitsUntil = uint40(block.timestamp + rules.terms[op.policy].delay);
        emit IAgentPolicyGovernance.ChangeVetoed(op.policy, op.change, op.agent);
        _remove(self, pending, op.policy, op.change);
    }

    /// @notice Brings a change about.
    /// @param self The changes.
    /// @param agents The agents.
    /// @param rules The settings.
    /// @param policy The policy address.
    /// @param change The id of the change.
    /// @return revoked Leaves whose bit is to be set: all that live, if the policy is abandoned.
    function execute(
        State storage self,
        AgentRecords.State storage agents,
        PolicyRules.State storage rules,
        PolicyId policy,
        bytes32 change
    ) internal returns (LeafId[] memory revoked) {
        Policy memory head = AgentRecords.openHead(agents, policy);
        Pending storage pending = _pending(self, policy, head, change);
        if (block.timestamp < pending.earliest) {
            revert IAgentPolicyGovernance.AgentPolicyChangeTooEarly(change, pending.earliest, block.timestamp);
        }
        _requireNotLate(pending, change);
        Quorums.requireAdmins(policy, head, _voices(agents, pending, policy, head));
        emit IAgentPolicyGovernance.ChangeExecuted(policy, change);
        PolicyRules.Terms memory terms = rules.terms[policy];
        if (pending.trustees != 0) {
            PolicyRules.writeTrustees(rules, policy, pending.trusteeSet, pending.trustees, pending.trusteeTerms);
            PolicyRules.requireRecoveryLonger(rules, policy, terms);
            _remove(self, pending, policy, change);
            return revoked;
        }
        _work(self, agents, rules, pending, policy, head, terms);
        if (pending.abandon) {
            PolicyRules.requireTrusteeSet(rules, policy, pending.trusteeSet);
            Epochs.end(agents, policy, head);
            revoked = Epochs.endProvers(agents, policy, head, 0);
            head.flags |= PolicyFlags.ABANDONED;
            emit IAgentPolicyGovernance.PolicyAbandoned(policy, pending.successor);
        } else {
            uint256 count = pending.agents.length;
            for (uint256 i = 0; i < count; ++i) {
                PowerChange memory power = pending.agents[i];
                if (_isOutdated(self, policy, pending, power.agent)) continue;
                self.decided[policy][power.agent] = pending.scheduled;
                PowerSteps.write(agents, policy, head, power);
            }
            if (pending.fields != 0) PolicyRules.write(rules, policy, head, terms);
        }
        AgentRecords.writeHead(agents, policy, head);
        _remove(self, pending, policy, change);
    }

    /// @notice Removes a change whose time has passed.
    /// @param self The changes.
    /// @param agents The agents, which are only read.
    /// @param policy The policy address.
    /// @param change The id of the change.
    function clear(State storage self, AgentRecords.State storage agents, PolicyId policy, bytes32 change) internal {
        Pending storage pending = _pending(self, policy, AgentRecords.openHead(agents, policy), change);
        if (block.timestamp <= pending.latest) {
            revert IAgentPolicyGovernance.AgentPolicyChangeNotLapsed(change, pending.latest, block.timestamp);
        }
        emit IAgentPolicyGovernance.ChangeLapsed(policy, change);
        _remove(self, pending, policy, change);
    }

    /// @dev The changes that wait in a policy.
    function pendingOf(
        State storage self,
        AgentRecords.State storage agents,
        PolicyId policy
    ) internal view returns (PendingChangeView[] memory list) {
        bytes32[] memory ids = self.open[policy][_eraOf(self, policy, AgentRecords.headOf(agents, policy))].values();
        list = new PendingChangeView[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) list[i] = _view(self, policy, ids[i]);
    }

    /// @dev One change that waits.
    function pendingOf(
        State storage self,
        AgentRecords.State storage agents,
        PolicyId policy,
        bytes32 change
    ) internal view returns (PendingChangeView memory) {
        _pending(self, policy, AgentRecords.headOf(agents, policy), change);
        return _view(self, policy, change);
    }

    /// @dev The id of a change: its EIP-712 hash with counter 0.
    function idOf(bytes memory encoded) internal pure returns (bytes32) {
        return keccak256(bytes.concat(encoded, bytes32(0)));
    }

    /// @dev Until when a proposer has to wait.
    function waitsUntil(
        State storage self,
        AgentRecords.State storage agents,
        PolicyId policy,
        KeyId proposer
    ) internal view returns (uint40 time) {
        time = self.desks[policy][_eraOf(self, policy, AgentRecords.headOf(agents, policy))][proposer].waitsUntil;
        if (time <= block.timestamp) return 0;
    }

    /// @dev Ends all changes that wait in a policy.
    function cancelAll(State storage self, PolicyId policy) internal {
        ++self.cancellations[policy];
    }

    /// @dev A proposer's only change: one whose time has passed makes room; one that was vetoed makes it wait, unless
    /// most ADMINs are behind the next.
    function _takeDesk(
        State storage self,
        PolicyId policy,
        uint64 era,
        KeyId proposer,
        bytes32 change,
        bool majority
    ) private {
        Desk storage desk = self.desks[policy][era][proposer];
        bytes32 open = desk.open;
        if (open != 0) {
            Pending storage pending = self.pending[policy][open];
            if (block.timestamp <= pending.latest) {
                revert IAgentPolicyGovernance.AgentPolicyChangeOpen(policy, proposer, open);
            }
            emit IAgentPolicyGovernance.ChangeLapsed(policy, open);
            _remove(self, pending, policy, open);
        }
        if (!majority && block.timestamp < desk.waitsUntil) {
            revert IAgentPolicyGovernance.AgentPolicyProposerMustWait(policy, proposer, desk.waitsUntil);
        }
        desk.open = change;
    }

    /// @dev Stores what a change does. An agent that is new in this epoch has to accept; it cannot be an approver.
    function _store(
        Pending storage pending,
        AgentRecords.State storage agents,
        Policy memory head,
        GovernanceChange calldata op,
        Acceptance[] calldata acceptances,
        Context memory context
    ) private {
        (pending.fields, pending.abandon, pending.successor) = (op.fields, op.abandon, op.successor);
        pending.settings = op.settings;
        Consents.requireCount(acceptances.length, op.agents.length);
        for (uint256 i = 0; i < op.agents.length; ++i) {
            _storeAgent(pending, agents, head, op.policy, op.agents[i], acceptances[i], context);
        }
    }

    /// @dev Stores what a change makes of one agent.
    function _storeAgent(
        Pending storage pending,
        AgentRecords.State storage agents,
        Policy memory head,
        PolicyId policy,
        AgentPower calldata power,
        Acceptance calldata acceptance,
        Context memory context
    ) private {
        KeyId agent = AgentKeys.idOf(power.key);
        _requireNew(pending.agents, agent);
        PowerSteps.requirePower(agent, power.authorizations);
        bool joins = _joins(agents, head, policy, agent, power);
        if (joins) {
            Offer memory offer = Offer(policy, head.epoch, power.kind, agent, 0, power.authorizations, 0);
            Consents.requireGiven(offer, power.key, acceptance, context);
        } else {
            Consents.requireNone(agent, acceptance);
        }
        pending.agents.push(PowerChange(agent, power.kind, power.authorizations, joins ? power.key : bytes("")));
    }

    /// @dev Says what a change does.
    function _announce(Pending storage pending, PolicyId policy, bytes32 change) private {
        emit IAgentPolicyGovernance.ChangeScheduled(
            policy,
            change,
            pending.proposer,
            pending.earliest,
            pending.latest,
            pending.agents,
            pending.fields,
            pending.settings,
            pending.abandon,
            pending.successor
        );
    }

    /// @dev Forgets a change. Its id never returns, as the nonce that it holds was used.
    function _remove(State storage self, Pending storage pending, PolicyId policy, bytes32 change) private {
        uint64 era = pending.era;
        delete self.desks[policy][era][pending.proposer].open;
        self.open[policy][era].remove(change);
        delete self.pending[policy][change];
    }

    /// @dev Whether an agent of a change is new in this epoch. Its kind is pinned for ever, and a key that lost all its
    /// bits does not return.
    function _joins(
        AgentRecords.State storage agents,
        Policy memory head,
        PolicyId policy,
        KeyId agent,
        AgentPower calldata power
    ) private view returns (bool) {
        Agent storage record = agents.records[policy][agent];
        uint8 kind = record.kind;
        if (kind != 0 && kind != power.kind) {
            revert IAgentPolicyRegistry.AgentPolicyKindMismatch(agent, power.kind, kind);
        }
        if (record.epoch == head.epoch) {
            if (record.authorizations == 0) revert IAgentPolicyRegistry.AgentPolicyAgentRemoved(policy, agent);
            return false;
        }
        if (power.authorizations == 0) revert IAgentPolicyRegistry.AgentPolicyAgentUnknown(policy, agent);
        AgentKeys.requireKey(power.kind, power.key);
        return true;
    }

    /// @dev Reverts unless a change would do something today, and leave a policy that can act.
    function _requireEffect(
        State storage self,
        AgentRecords.State storage agents,
        PolicyRules.State storage rules,
        Pending storage pending,
        PolicyId policy,
        Policy memory head,
        PolicyRules.Terms memory terms
    ) private view {
        PolicySettings memory before = PolicyRules.settingsOf(head, terms);
        bool differs = _work(self, agents, rules, pending, policy, head, terms);
        PolicySettings memory afterwards = PolicyRules.settingsOf(head, terms);
        if (!differs && keccak256(abi.encode(before)) == keccak256(abi.encode(afterwards))) {
            revert IAgentPolicyGovernance.AgentPolicyChangeIdle(policy);
        }
    }

    /// @dev What a change makes of head and terms; tells if agents change. Reverts unless the policy can act
    /// afterwards.
    function _work(
        State storage self,
        AgentRecords.State storage agents,
        PolicyRules.State storage rules,
        Pending storage pending,
        PolicyId policy,
        Policy memory head,
        PolicyRules.Terms memory terms
    ) private view returns (bool differs) {
        if (pending.abandon) return true;
        uint256 count = pending.agents.length;
        for (uint256 i = 0; i < count; ++i) {
            PowerChange memory power = pending.agents[i];
            if (_isOutdated(self, policy, pending, power.agent)) continue;
            if (PowerSteps.count(agents, policy, head, power)) differs = true;
        }
        PolicyRules.set(head, terms, pending.fields, pending.settings);
        PolicyRules.requireRecoveryLonger(rules, policy, terms);
        Quorums.requireSound(policy, head);
    }

    /// @dev True if a change that was scheduled later has set the agent's power since: else an old one that nobody
    /// executed in time could give back what a newer one took.
    function _isOutdated(
        State storage self,
        PolicyId policy,
        Pending storage pending,
        KeyId agent
    ) private view returns (bool) {
        return self.decided[policy][agent] > pending.scheduled;
    }

    /// @dev Approvers that are ADMINs that count, now.
    function _voices(
        AgentRecords.State storage agents,
        Pending storage pending,
        PolicyId policy,
        Policy memory head
    ) private view returns (uint256 voices) {
        uint256 count = pending.approvers.length;
        for (uint256 i = 0; i < count; ++i) {
            Agent storage record = agents.records[policy][pending.approvers[i]];
            if (record.epoch != head.epoch) continue;
            if (Quorums.rightsOf(head, record.kind, record.authorizations) & Authorizations.ADMIN != 0) ++voices;
        }
    }

    /// @dev The era of a policy; one that never comes if the policy has ended, as nothing waits then.
    function _eraOf(State storage self, PolicyId policy, Policy memory head) private view returns (uint64) {
        if (head.flags & PolicyFlags.ABANDONED != 0) return type(uint64).max;
        return (uint64(head.epoch) << 32) | self.cancellations[policy];
    }

    /// @dev A change that waits; reverts if there is none in this era.
    function _pending(
        State storage self,
        PolicyId policy,
        Policy memory head,
        bytes32 change
    ) private view returns (Pending storage pending) {
        pending = self.pending[policy][change];
        if (pending.era != _eraOf(self, policy, head))
            revert IAgentPolicyGovernance.AgentPolicyChangeUnknown(policy, change);
    }

    /// @dev What is told of a change.
    function _view(
        State storage self,
        PolicyId policy,
        bytes32 change
    ) private view returns (PendingChangeView memory) {
        Pending storage pending = self.pending[policy][change];
        return
            PendingChangeView({
                id: change,
                proposer: pending.proposer,
                earliest: pending.earliest,
                latest: pending.latest,
                majority: pending.majority,
                approvers: pending.approvers,
                agents: pending.agents,
                fields: pending.fields,
                settings: pending.settings,
                abandon: pending.abandon,
                successor: pending.successor,
                trustees: pending.trustees
            });
    }

    /// @dev Reverts after the last second of a change.
    function _requireNotLate(Pending storage pending, bytes32 change) private view {
        if (block.timestamp > pending.latest) {
            revert IAgentPolicyGovernance.AgentPolicyChangeTooLate(change, pending.latest, block.timestamp);
        }
    }

    /// @dev Reverts if an agent is named twice.
    function _requireNew(PowerChange[] storage agents, KeyId agent) private view {
        uint256 count = agents.length;
        for (uint256 i = 0; i < count; ++i) {
            if (KeyId.unwrap(agents[i].agent) == KeyId.unwrap(agent)) {
                revert IAgentPolicyRegistry.AgentPolicyAgentRepeated(agent);
            }
        }
    }

    /// @dev Where an agent is in a list, 2^256 - 1 if nowhere.
    function _indexOf(KeyId[] storage list, KeyId agent) private view returns (uint256) {
        uint256 count = list.length;
        for (uint256 i = 0; i < count; ++i) {
            if (KeyId.unwrap(list[i]) == KeyId.unwrap(agent)) return i;
        }
        return type(uint256).max;
    }

    /// @dev Reverts unless a change says clearly what it does.
    function _requireWellFormed(GovernanceChange calldata op) private pure {
        bool changes = op.agents.length != 0 || op.fields != 0;
        if (changes == op.abandon || (!op.abandon && op.successor != 0)) {
            revert IAgentPolicyGovernance.AgentPolicyChangeMalformed(op.policy);
        }
        if (op.agents.length > AgentSteps.MAX_BATCH) {
            revert IAgentPolicyRegistry.AgentPolicyBatchSize(op.agents.length, AgentSteps.MAX_BATCH);
        }
        if (op.fields & ~SettingsFields.ALL != 0) revert IAgentPolicyGovernance.AgentPolicyFieldsUnknown(op.fields);
        PolicySettings calldata settings = op.settings;
        _requireSet(op.fields, SettingsFields.GRANT_QUORUM, settings.grantQuorum != 0);
        _requireSet(op.fields, SettingsFields.ADMIN_QUORUM, settings.adminQuorum != 0);
        _requireSet(op.fields, SettingsFields.CONTRACT_KEYS_COUNT, settings.contractKeysCount);
        _requireSet(op.fields, SettingsFields.DELAY, settings.delay != 0);
        _requireSet(op.fields, SettingsFields.WINDOW, settings.window != 0);
        _requireSet(op.fields, SettingsFields.ROOT_COMMITMENT, settings.rootCommitment != 0);
    }

    /// @dev Reverts if a setting has a value but is not set.
    function _requireSet(uint8 fields, uint8 field, bool given) private pure {
        if (given && fields & field == 0) revert IAgentPolicyGovernance.AgentPolicySettingUnexpected(field);
    }
}
