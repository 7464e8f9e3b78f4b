// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Acceptance} from "../types/Acceptance.sol";
import {Approval} from "../types/Approval.sol";
import {EmergencyRotate} from "../types/EmergencyRotate.sol";
import {KeyId} from "../types/KeyId.sol";
import {PowerChange} from "../types/PendingChange.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {PolicySettings} from "../types/PolicySettings.sol";
import {ProposalView, RecoveryView} from "../types/Recovery.sol";
import {RecoveryProposal} from "../types/RecoveryProposal.sol";
import {RecoveryVote} from "../types/RecoveryVote.sol";
import {RootSet} from "../types/RootSet.sol";
import {TrusteeApproval} from "../types/Trustee.sol";
import {TrusteeSettings} from "../types/TrusteeSettings.sol";

/// @title IAgentPolicyRecovery
/// @notice How an owner takes a policy back: at once by root keys kept offline, slowly by trustees (A9, V4).
/// @dev Called at the registry's address. The rules are in docs/policy.md.
interface IAgentPolicyRecovery {
    /// @notice Emitted when an agent goes on proving in a new epoch; `AgentAuthorizationsChanged` follows.
    /// @param policy The policy address.
    /// @param agent The id of its key.
    /// @param epoch The new one.
    event AgentSurvived(PolicyId indexed policy, KeyId indexed agent, uint32 epoch);

    /// @notice Emitted when a trustee proposes who shall hold power after a recovery.
    /// @param policy The policy address.
    /// @param recovery The number of the recovery.
    /// @param proposal Its id, the EIP-712 hash of what was signed.
    /// @param trustee The id of the trustee's key.
    /// @param agents All that are to hold power.
    /// @param settings The quorums and the commitment to the next root keys.
    /// @param lapses The last second at which it takes votes.
    event RecoveryProposed(
        PolicyId indexed policy,
        uint64 recovery,
        bytes32 indexed proposal,
        KeyId indexed trustee,
        PowerChange[] agents,
        PolicySettings settings,
        uint40 lapses
    );

    /// @notice Emitted when a trustee casts, moves or takes back its vote.
    /// @param policy The policy address.
    /// @param recovery The number of the recovery.
    /// @param trustee The id of the trustee's key.
    /// @param proposal What the vote is for now, 0 for nothing.
    event RecoveryVoted(PolicyId indexed policy, uint64 recovery, KeyId indexed trustee, bytes32 indexed proposal);

    /// @notice Emitted when a proposal reaches the quorum. All governance changes that wait end.
    /// @param policy The policy address.
    /// @param recovery The number of the recovery.
    /// @param proposal What runs.
    /// @param earliest The first second at which it can be executed.
    /// @param latest The last.
    event RecoveryStarted(
        PolicyId indexed policy,
        uint64 recovery,
        bytes32 indexed proposal,
        uint40 earliest,
        uint40 latest
    );

    /// @notice Emitted when a recovery ends for lack of votes or time.
    /// @param policy The policy address.
    /// @param recovery The number of the recovery.
    /// @param proposal What ran.
    event RecoveryStopped(PolicyId indexed policy, uint64 recovery, bytes32 indexed proposal);

    /// @notice Emitted when a recovery is cancelled, by ADMINs with trustees or by root keys.
    /// @param policy The policy address.
    /// @param recovery The number of the recovery.
    /// @param proposal What ran.
    event RecoveryCancelled(PolicyId indexed policy, uint64 recovery, bytes32 indexed proposal);

    /// @notice Emitted when a recovery takes effect; the events of what it changes follow.
    /// @param policy The policy address.
    /// @param recovery The number of the recovery.
    /// @param proposal What ran.
    event RecoveryExecuted(PolicyId indexed policy, uint64 recovery, bytes32 indexed proposal);

    // ---- Errors: recovery ------------------------------------------------------------------------------------------

    /// @notice Thrown when something is signed for another recovery than the present one.
    error AgentPolicyRecoveryMismatch(PolicyId policy, uint64 recovery, uint64 current);

    /// @notice Thrown when this proposal does not run; `running` is the one that does, 0 if none.
    error AgentPolicyRecoveryNotRunning(PolicyId policy, bytes32 proposal, bytes32 running);

    /// @notice Thrown when a recovery is executed before its time.
    error AgentPolicyRecoveryTooEarly(PolicyId policy, uint40 earliest, uint256 time);

    /// @notice Thrown when a recovery is executed after its time.
    error AgentPolicyRecoveryTooLate(PolicyId policy, uint40 latest, uint256 time);

    /// @notice Thrown when a recovery is cleared within its time.
    error AgentPolicyRecoveryNotLapsed(PolicyId policy, uint40 latest, uint256 time);

    /// @notice Thrown when the same is proposed twice.
    error AgentPolicyProposalExists(PolicyId policy, bytes32 proposal);

    /// @notice Thrown when a trustee proposes while its last proposal takes votes.
    error AgentPolicyProposalOpen(PolicyId policy, KeyId trustee, bytes32 proposal);

    /// @notice Thrown when there is no such proposal of this recovery and trustee set.
    error AgentPolicyProposalUnknown(PolicyId policy, bytes32 proposal);

    /// @notice Thrown when a proposal takes no more votes.
    error AgentPolicyProposalLapsed(PolicyId policy, bytes32 proposal, uint40 lapses);

    /// @notice Thrown when a vote is not the next of its trustee.
    error AgentPolicyVoteOutOfSequence(PolicyId policy, KeyId trustee, uint32 sequence, uint32 expected);

    /// @notice Thrown when a vote changes nothing.
    error AgentPolicyVoteIdle(PolicyId policy, KeyId trustee, bytes32 proposal);

    /// @notice Thrown when a trustee cancels a recovery that has its vote.
    error AgentPolicyVoteContrary(PolicyId policy, KeyId trustee, bytes32 proposal);

    // ---- Errors: root keys -----------------------------------------------------------------------------------------

    /// @notice Thrown when a policy has no root keys.
    error AgentPolicyRootMissing(PolicyId policy);

    /// @notice Thrown when a root set is not the one that the policy commits to.
    error AgentPolicyRootMismatch(PolicyId policy, bytes32 given, bytes32 expected);

    /// @notice Thrown when a root set could never act: quorum 0 or above its keys, or keys not ascending.
    error AgentPolicyRootSetMalformed(PolicyId policy);

    /// @notice Thrown when an approval is not of a root key.
    error AgentPolicyRootKeyUnknown(PolicyId policy, KeyId key);

    /// @notice Thrown when fewer root keys approve than their set demands.
    error AgentPolicyRootQuorumMissing(PolicyId policy, uint256 approvals, uint8 quorum);

    /// @notice Thrown when a rotation commits to the root set that it reveals.
    error AgentPolicyRootReused(PolicyId policy, bytes32 commitment);

    /// @notice Thrown when a rotation would change the delay or the window, which only a governance change does.
    error AgentPolicyRotationChangesTimes(uint32 delay, uint32 window);

    /// @notice Thrown when an agent of a new epoch is to have no power.
    error AgentPolicyPowerEmpty(KeyId agent);

    // ---- Actions ---------------------------------------------------------------------------------------------------

    /// @notice Replaces all power in a policy by the word of its root keys, and ends all PROVE but the survivors'.
    /// @dev Carries no commitments and needs nothing that others could change before it: survivors that prove no more
    /// are skipped, and every agent of the new epoch accepts for exactly that one.
    /// @param op What is signed.
    /// @param rootSet What the policy commits to.
    /// @param acceptances One of each of `op.agents`, for epoch `op.epoch + 1`.
    /// @param approvals Of root keys, strictly ascending by key id.
    function emergencyRotate(
        EmergencyRotate calldata op,
        RootSet calldata rootSet,
        Acceptance[] calldata acceptances,
        Approval[] calldata approvals
    ) external;

    /// @notice Proposes who shall hold power after a recovery; checked at once as far as it can be.
    /// @param op What is signed.
    /// @param settings Of the trustee set in force.
    /// @param acceptances One of each of `op.agents`, over `RecoveryAcceptance`.
    /// @param approval Of a trustee with ADMIN_AUTHZ that has no other proposal open.
    /// @return proposal Its id.
    function proposeRecovery(
        RecoveryProposal calldata op,
        TrusteeSettings calldata settings,
        Acceptance[] calldata acceptances,
        TrusteeApproval calldata approval
    ) external returns (bytes32 proposal);

    /// @notice Casts, moves or takes back the one vote of a trustee. At the quorum the recovery starts, below it stops.
    /// @param op What is signed.
    /// @param settings Of the trustee set in force.
    /// @param approval Of a trustee with ADMIN_AUTHZ.
    function voteRecovery(
        RecoveryVote calldata op,
        TrusteeSettings calldata settings,
        TrusteeApproval calldata approval
    ) external;

    /// @notice Brings a recovery about, by anyone within its window: a new epoch, in which nobody proves yet.
    /// @param policy The policy address.
    function executeRecovery(PolicyId policy) external;

    /// @notice Ends a recovery whose time has passed, by anyone.
    /// @param policy The policy address.
    function clearRecovery(PolicyId policy) external;

    // ---- Queries ---------------------------------------------------------------------------------------------------

    /// @notice The present recovery of a policy.
    /// @param policy The policy address.
    function recoveryOf(PolicyId policy) external view returns (RecoveryView memory);

    /// @notice A proposal; reverts if there never was one.
    /// @param policy The policy address.
    /// @param proposal Its id.
    function proposalOf(PolicyId policy, bytes32 proposal) external view returns (ProposalView memory);

    /// @notice What a trustee votes for in the present recovery, and the sequence of that vote.
    /// @param policy The policy address.
    /// @param trustee The id of its key.
    /// @return proposal 0 if it votes for none.
    /// @return sequence 0 if it never voted.
    function voteOf(PolicyId policy, KeyId trustee) external view returns (bytes32 proposal, uint32 sequence);
}
