// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IAgentPolicyGovernance} from "../interfaces/IAgentPolicyGovernance.sol";
import {Acceptance} from "../types/Acceptance.sol";
import {Approval} from "../types/Approval.sol";
import {GovernanceChange} from "../types/GovernanceChange.sol";
import {KeyId} from "../types/KeyId.sol";
import {PendingChangeView} from "../types/PendingChange.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {PolicySettings} from "../types/PolicySettings.sol";
import {Veto} from "../types/Veto.sol";
import {Withdraw} from "../types/Withdraw.sol";
import {AgentPolicyState} from "./AgentPolicyState.sol";
import {AgentRecords} from "./AgentRecords.sol";
import {GovernanceChanges} from "./GovernanceChanges.sol";
import {PolicyRules} from "./PolicyRules.sol";

/// @title AgentPolicyGovernance
/// @notice The part of the registry by which power changes slowly.
/// @dev Code only: the registry runs it on its own storage, under its own address. Called directly it finds no policy.
contract AgentPolicyGovernance is IAgentPolicyGovernance, AgentPolicyState {
    /// @dev The code of `IAgentPolicyRecovery`.
    address private immutable _RECOVERY;

    /// @notice Fixes the next part.
    /// @param recovery The next part, for calls that this one does not know.
    constructor(address recovery) {
        _RECOVERY = recovery;
    }

    /// @notice Answers by the next part what this one does not know.
    /// @dev On this storage. OpenZeppelin's `Proxy` has assembly for it that is not memory-safe, which takes
    /// optimizations from all of a contract's actions.
    /// @param call The call as it came.
    /// @return What the next part returns, as it is.
    fallback(bytes calldata call) external returns (bytes memory) {
        return Address.functionDelegateCall(_RECOVERY, call);
    }

    // ---- Governance changes ----------------------------------------------------------------------------------------

    /// @inheritdoc IAgentPolicyGovernance
    function schedule(
        GovernanceChange calldata op,
        Acceptance[] calldata acceptances,
        Approval[] calldata approvals
    ) external returns (bytes32 change) {
        return
            GovernanceChanges.schedule(_changes, _agents, _rules, _authority, op, acceptances, approvals, _context());
    }

    /// @inheritdoc IAgentPolicyGovernance
    function approveChange(GovernanceChange calldata op, Approval[] calldata approvals) external {
        GovernanceChanges.approve(_changes, _agents, op, approvals, _context());
    }

    /// @inheritdoc IAgentPolicyGovernance
    function withdraw(Withdraw calldata op, Approval calldata approval) external {
        GovernanceChanges.withdraw(_changes, _agents, op, approval, _context());
    }

    /// @inheritdoc IAgentPolicyGovernance
    function veto(Veto calldata op, Approval calldata approval) external {
        GovernanceChanges.veto(_changes, _agents, _rules, op, approval, _context());
    }

    /// @inheritdoc IAgentPolicyGovernance
    function execute(PolicyId policy, bytes32 change) external {
        _revokeMany(GovernanceChanges.execute(_changes, _agents, _rules, policy, change));
    }

    /// @inheritdoc IAgentPolicyGovernance
    function clear(PolicyId policy, bytes32 change) external {
        GovernanceChanges.clear(_changes, _agents, policy, change);
    }

    // ---- Queries ---------------------------------------------------------------------------------------------------

    /// @inheritdoc IAgentPolicyGovernance
    function settingsOf(PolicyId policy) external view returns (PolicySettings memory) {
        return PolicyRules.settingsOf(AgentRecords.headOf(_agents, policy), _rules.terms[policy]);
    }

    /// @inheritdoc IAgentPolicyGovernance
    function pendingChangesOf(PolicyId policy) external view returns (PendingChangeView[] memory) {
        return GovernanceChanges.pendingOf(_changes, _agents, policy);
    }

    /// @inheritdoc IAgentPolicyGovernance
    function pendingChangeOf(PolicyId policy, bytes32 change) external view returns (PendingChangeView memory) {
        return GovernanceChanges.pendingOf(_changes, _agents, policy, change);
    }

    /// @inheritdoc IAgentPolicyGovernance
    function proposerWaitsUntil(PolicyId policy, KeyId proposer) external view returns (uint40) {
        return GovernanceChanges.waitsUntil(_changes, _agents, policy, proposer);
    }
}
