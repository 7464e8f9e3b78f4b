// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Acceptance} from "../types/Acceptance.sol";
import {Approval} from "../types/Approval.sol";
import {EmergencyRotate} from "../types/EmergencyRotate.sol";
import {KeyId} from "../types/KeyId.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {RootSet} from "../types/RootSet.sol";

/// @title IAgentPolicyRecovery
/// @notice How an owner takes a policy back from a thief: at once, by root keys kept offline (A9).
/// @dev Called at the registry's address. The rules are in docs/policy.md.
interface IAgentPolicyRecovery {
    /// @notice Emitted when an agent goes on proving in a new epoch; `AgentAuthorizationsChanged` follows.
    /// @param policy The policy address.
    /// @param agent The id of its key.
    /// @param epoch The new one.
    event AgentSurvived(PolicyId indexed policy, KeyId indexed agent, uint32 epoch);

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
}
