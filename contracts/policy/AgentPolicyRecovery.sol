// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IAgentPolicyRecovery} from "../interfaces/IAgentPolicyRecovery.sol";
import {Acceptance} from "../types/Acceptance.sol";
import {Approval} from "../types/Approval.sol";
import {EmergencyRotate} from "../types/EmergencyRotate.sol";
import {KeyId} from "../types/KeyId.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {ProposalView, RecoveryView} from "../types/Recovery.sol";
import {RecoveryProposal} from "../types/RecoveryProposal.sol";
import {RecoveryVote} from "../types/RecoveryVote.sol";
import {RootSet} from "../types/RootSet.sol";
import {TrusteeApproval} from "../types/Trustee.sol";
import {TrusteeSettings} from "../types/TrusteeSettings.sol";
import {AgentPolicyState} from "./AgentPolicyState.sol";
import {EmergencyRotations} from "./EmergencyRotations.sol";
import {Recoveries} from "./Recoveries.sol";

/// @title AgentPolicyRecovery
/// @notice The part of the registry by which an owner takes a policy back.
/// @dev Code only: the registry runs it on its own storage, under its own address. Called directly it finds no policy.
contract AgentPolicyRecovery is IAgentPolicyRecovery, AgentPolicyState {
    /// @dev The code of `IAgentPolicyTrustees`.
    address private immutable _TRUSTEES;

    /// @notice Fixes the next part.
    /// @param trustees The next part, for calls that this one does not know.
    constructor(address trustees) {
        _TRUSTEES = trustees;
    }

    /// @notice Answers by the next part what this one does not know.
    /// @dev On this storage. OpenZeppelin's `Proxy` has assembly for it that is not memory-safe, which takes
    /// optimizations from all of a contract's actions.
    /// @param call The call as it came.
    /// @return What the next part returns, as it is.
    fallback(bytes calldata call) external returns (bytes memory) {
        return Address.functionDelegateCall(_TRUSTEES, call);
    }

    // ---- Actions ---------------------------------------------------------------------------------------------------

    /// @inheritdoc IAgentPolicyRecovery
    function emergencyRotate(
        EmergencyRotate calldata op,
        RootSet calldata rootSet,
        Acceptance[] calldata acceptances,
        Approval[] calldata approvals
    ) external {
        _revokeMany(
            EmergencyRotations.rotate(_agents, _rules, _recoveries, op, rootSet, acceptances, approvals, _context())
        );
    }

    /// @inheritdoc IAgentPolicyRecovery
    function proposeRecovery(
        RecoveryProposal calldata op,
        TrusteeSettings calldata settings,
        Acceptance[] calldata acceptances,
        TrusteeApproval calldata approval
    ) external returns (bytes32 proposal) {
        return
            Recoveries.propose(
                _recoveries,
                _trustees,
                _agents,
                _rules,
                op,
                settings,
                acceptances,
                approval,
                _context()
            );
    }

    /// @inheritdoc IAgentPolicyRecovery
    function voteRecovery(
        RecoveryVote calldata op,
        TrusteeSettings calldata settings,
        TrusteeApproval calldata approval
    ) external {
        Recoveries.vote(_recoveries, _trustees, _agents, _rules, _changes, op, settings, approval, _context());
    }

    /// @inheritdoc IAgentPolicyRecovery
    function executeRecovery(PolicyId policy) external {
        _revokeMany(Recoveries.execute(_recoveries, _agents, _rules, policy));
    }

    /// @inheritdoc IAgentPolicyRecovery
    function clearRecovery(PolicyId policy) external {
        Recoveries.clear(_recoveries, _agents, policy);
    }

    // ---- Queries ---------------------------------------------------------------------------------------------------

    /// @inheritdoc IAgentPolicyRecovery
    function recoveryOf(PolicyId policy) external view returns (RecoveryView memory) {
        Recoveries.Course memory course = _recoveries.courses[policy];
        bool refused = _rules.trustees[policy].refused;
        return RecoveryView(course.number, course.proposal, course.earliest, course.latest, refused);
    }

    /// @inheritdoc IAgentPolicyRecovery
    function proposalOf(PolicyId policy, bytes32 proposal) external view returns (ProposalView memory) {
        return Recoveries.proposalOf(_recoveries, policy, proposal);
    }

    /// @inheritdoc IAgentPolicyRecovery
    function voteOf(PolicyId policy, KeyId trustee) external view returns (bytes32 proposal, uint32 sequence) {
        Recoveries.Vote memory vote = _recoveries.votes[policy][_recoveries.courses[policy].number][trustee];
        return (vote.proposal, vote.sequence);
    }
}
