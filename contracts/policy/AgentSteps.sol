// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {AgentKeys} from "../libraries/AgentKeys.sol";
import {ScalarField} from "../libraries/ScalarField.sol";
import {Agent} from "../types/Agent.sol";
import {AgentChange} from "../types/AgentChange.sol";
import {Authorizations} from "../types/Authorizations.sol";
import {KeyId} from "../types/KeyId.sol";
import {LeafId} from "../types/LeafId.sol";
import {Policy, PolicyFlags} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {AgentRecords, Step} from "./AgentRecords.sol";
import {ProverSlots} from "./ProverSlots.sol";
import {Quorums} from "./Quorums.sol";

/// @dev An operation as far as it is worked out. `head`: as it will be. `taken`: marks of the slots that this
/// operation took, whose places are not written yet. `needed`: the rights that approvers must hold. `creating`: all
/// power is given freely. `vouchers`: approvals of the grant quorum that trustees stand for.
struct Plan {
    PolicyId policy;
    Policy head;
    bool creating;
    uint8 vouchers;
    uint32 taken;
    uint8 needed;
    uint256 provisions;
    uint256 revocations;
    Step[] steps;
}

/// @title AgentSteps
/// @notice What an operation does to one agent: every rule on bits, commitments and expiries, and no write.
/// @dev Views and actions share it, so that a check says what the action would.
library AgentSteps {
    /// @dev Most agents in one operation, and with it the bound of every loop over agents.
    uint256 internal constant MAX_BATCH = 32;

    /// @dev Expiries are full hours, so that they tell little of an agent (protocol §2).
    uint256 private constant EXPIRY_UNIT = 3600;

    /// @dev The expiry that says none, 2^40 − 1.
    uint256 private constant NO_EXPIRY = type(uint40).max;

    /// @dev Starts the plan of an operation on `count` agents. A plan is filled, never returned: to return a struct
    /// in memory costs its initialization each time.
    function start(Plan memory plan, PolicyId policy, uint256 count) internal pure {
        requireBatch(count);
        plan.policy = policy;
        plan.steps = new Step[](count);
    }

    /// @dev Reverts unless an operation on so many agents is allowed.
    function requireBatch(uint256 count) internal pure {
        if (count == 0 || count > MAX_BATCH) {
            revert IAgentPolicyRegistry.AgentPolicyBatchSize(count, MAX_BATCH);
        }
    }

    /// @dev Step `i`: sets an agent's bits. `next` is where its leaf will lie if it gains PROVE.
    function set(
        AgentRecords.State storage self,
        Plan memory plan,
        uint256 i,
        AgentChange calldata change,
        LeafId next
    ) internal view {
        Step memory step = plan.steps[i];
        uint8 bits = change.authorizations;
        _claim(plan, i, AgentKeys.idOf(change.key), bits);
        _load(self, plan, step, change);
        uint8 held = AgentRecords.proves(step.record) ? step.before : step.before & ~Authorizations.PROVE;
        uint8 gains = bits & ~held;
        uint8 loses = step.before & ~bits;
        if (gains | loses == 0) revert IAgentPolicyRegistry.AgentPolicyNothingChanges(plan.policy, step.agent);
        plan.needed |= Quorums.neededFor(gains, loses);
        if (!plan.creating) _requireAtOnce(plan.policy, step, gains, loses);
        if (loses != 0 && drop(plan.head, step.record, loses)) {
            step.revokes = true;
            ++plan.revocations;
        }
        if (gains & Authorizations.PROVE != 0) {
            _prove(self, plan, i, change, next);
        } else {
            _requireNoProof(step.agent, change);
        }
        Quorums.recount(plan.head, step.record.kind, step.record.authorizations, bits);
        step.record.authorizations = bits;
    }

    /// @notice Takes bits that an agent has from its record and from the policy's head. PROVE that ran out needs no
    /// revocation, its leaf is dead (protocol §4.5).
    /// @param head The policy's head.
    /// @param record The agent's record.
    /// @param loses Bits that the agent has.
    /// @return revokes True if the leaf that the agent proves under is to die.
    function drop(Policy memory head, Agent memory record, uint8 loses) internal view returns (bool revokes) {
        if (loses & Authorizations.PROVE != 0) {
            revokes = AgentRecords.proves(record);
            if (revokes) {
                head.provers &= ~(uint32(1) << record.slot);
                record.provedUntil = uint40(block.timestamp);
            }
        }
        uint8 afterwards = record.authorizations & ~loses;
        Quorums.recount(head, record.kind, record.authorizations, afterwards);
        record.authorizations = afterwards;
    }

    /// @dev Reverts if grants are stopped, or a recovery runs.
    function requireGranting(AgentRecords.State storage self, PolicyId policy, Policy memory head) internal view {
        if (head.flags & PolicyFlags.RECOVERING != 0) {
            revert IAgentPolicyRegistry.AgentPolicyRecovering(policy);
        }
        if (head.flags & PolicyFlags.STOPPED != 0) {
            revert IAgentPolicyRegistry.AgentPolicyGrantsStopped(policy, self.stoppers[policy]);
        }
    }

    /// @dev Reverts unless losing these bits takes effect at once: agents with ADMIN lose power by governance alone.
    function requireLosable(PolicyId policy, KeyId agent, uint8 before, uint8 loses) internal pure {
        uint8 power = loses & ~Authorizations.PROVE;
        if (power != 0 && (before | loses) & Authorizations.ADMIN != 0) {
            revert IAgentPolicyRegistry.AgentPolicyGovernanceNeeded(policy, agent, power);
        }
    }

    /// @dev Reverts unless the policy has never seen the commitment.
    function requireCommitment(
        AgentRecords.State storage self,
        PolicyId policy,
        KeyId agent,
        uint256 commitment
    ) internal view {
        if (commitment == 0) revert IAgentPolicyRegistry.AgentPolicyCommitmentMissing(agent);
        if (commitment >= ScalarField.R) {
            revert IAgentPolicyRegistry.AgentPolicyCommitmentNotCanonical(commitment);
        }
        if (self.commitments[policy][commitment]) {
            revert IAgentPolicyRegistry.AgentPolicyCommitmentUsed(policy, commitment);
        }
    }

    /// @dev Reverts unless the expiry is an hour to come, or none.
    function requireExpiry(uint64 expiry) internal view {
        if (expiry > NO_EXPIRY) revert IAgentPolicyRegistry.AgentPolicyExpiryTooLate(expiry);
        if (expiry == NO_EXPIRY) return;
        if (expiry % EXPIRY_UNIT != 0) revert IAgentPolicyRegistry.AgentPolicyExpiryNotHourly(expiry);
        if (expiry <= block.timestamp) {
            revert IAgentPolicyRegistry.AgentPolicyExpiryPassed(expiry, block.timestamp);
        }
    }

    /// @dev Reverts unless all bits have a meaning.
    function requireKnown(KeyId agent, uint8 bits) internal pure {
        if (bits & ~Authorizations.ALL != 0) {
            revert IAgentPolicyRegistry.AgentPolicyAuthorizationsUnknown(agent, bits);
        }
    }

    /// @dev Begins a step; an agent occurs once in an operation, so that steps do not build on one another.
    function _claim(Plan memory plan, uint256 i, KeyId agent, uint8 bits) private pure {
        for (uint256 j = 0; j < i; ++j) {
            if (KeyId.unwrap(plan.steps[j].agent) == KeyId.unwrap(agent)) {
                revert IAgentPolicyRegistry.AgentPolicyAgentRepeated(agent);
            }
        }
        requireKnown(agent, bits);
        plan.steps[i].agent = agent;
    }

    /// @dev The record of the agent of a change, a fresh one if it is new in this epoch. Its kind is pinned for ever.
    function _load(
        AgentRecords.State storage self,
        Plan memory plan,
        Step memory step,
        AgentChange calldata change
    ) private view {
        KeyId agent = step.agent;
        Agent storage stored = self.records[plan.policy][agent];
        uint8 kind = stored.kind;
        if (kind != 0 && kind != change.kind) {
            revert IAgentPolicyRegistry.AgentPolicyKindMismatch(agent, change.kind, kind);
        }
        if (stored.epoch == plan.head.epoch) {
            step.record = stored;
            step.before = step.record.authorizations;
            if (step.before == 0) revert IAgentPolicyRegistry.AgentPolicyAgentRemoved(plan.policy, agent);
            return;
        }
        AgentKeys.requireKey(change.kind, change.key);
        if (change.authorizations == 0) revert IAgentPolicyRegistry.AgentPolicyAuthorizationsEmpty(agent);
        step.added = true;
        if (kind != 0) step.record = stored;
        AgentRecords.enter(self, plan.policy, plan.head, step.record, change.kind);
    }

    /// @dev Reverts if power would change that takes a governance change.
    function _requireAtOnce(PolicyId policy, Step memory step, uint8 gains, uint8 loses) private pure {
        uint8 power = gains & ~Authorizations.PROVE;
        if (power != 0) revert IAgentPolicyRegistry.AgentPolicyGovernanceNeeded(policy, step.agent, power);
        requireLosable(policy, step.agent, step.before, loses);
    }

    /// @dev Gives PROVE: commitment, expiry, leaf and slot.
    function _prove(
        AgentRecords.State storage self,
        Plan memory plan,
        uint256 i,
        AgentChange calldata change,
        LeafId next
    ) private view {
        Step memory step = plan.steps[i];
        requireGranting(self, plan.policy, plan.head);
        requireCommitment(self, plan.policy, step.agent, change.commitment);
        _requireUnclaimed(plan, i, change.commitment);
        requireExpiry(change.expiry);
        step.commitment = change.commitment;
        Agent memory record = step.record;
        record.provedFrom = uint40(block.timestamp);
        record.provedUntil = 0;
        record.expiry = uint40(change.expiry);
        record.leaf = next;
        record.slot = _takeSlot(self, plan);
        ++plan.provisions;
    }

    /// @dev The lowest free slot; where none is, those of leaves that ran out are freed first.
    function _takeSlot(AgentRecords.State storage self, Plan memory plan) private view returns (uint8) {
        uint256 slot = ProverSlots.lowestFree(plan.head.provers);
        if (slot == ProverSlots.COUNT) {
            uint32 written = plan.head.provers & ~plan.taken;
            plan.head.provers = plan.taken | ProverSlots.unexpired(self.slots[plan.policy], written);
            slot = ProverSlots.lowestFree(plan.head.provers);
        }
        if (slot == ProverSlots.COUNT) {
            revert IAgentPolicyRegistry.AgentPolicyProverLimit(plan.policy, ProverSlots.COUNT);
        }
        uint32 mark = uint32(1) << uint8(slot);
        plan.head.provers |= mark;
        plan.taken |= mark;
        return uint8(slot);
    }

    /// @dev Reverts if an earlier step of this operation takes the commitment.
    function _requireUnclaimed(Plan memory plan, uint256 i, uint256 commitment) private pure {
        for (uint256 j = 0; j < i; ++j) {
            if (plan.steps[j].commitment == commitment) {
                revert IAgentPolicyRegistry.AgentPolicyCommitmentUsed(plan.policy, commitment);
            }
        }
    }

    /// @dev Reverts if a change that grants no PROVE carries a commitment or an expiry.
    function _requireNoProof(KeyId agent, AgentChange calldata change) private pure {
        if (change.commitment != 0) {
            revert IAgentPolicyRegistry.AgentPolicyCommitmentUnexpected(agent, change.commitment);
        }
        if (change.expiry != 0) {
            revert IAgentPolicyRegistry.AgentPolicyExpiryUnexpected(agent, change.expiry);
        }
    }
}
