// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Approval} from "../types/Approval.sol";
import {KeyId} from "../types/KeyId.sol";
import {LiftStop} from "../types/LiftStop.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {Renew} from "../types/Renew.sol";
import {Stop} from "../types/Stop.sol";
import {VoidApprovals} from "../types/VoidApprovals.sol";

/// @title IAgentPolicySafeguards
/// @notice What a single agent can do at once to keep a policy safe, without gaining anything by it (A7).
/// @dev Called at the registry's address. The rules are in docs/policy.md.
interface IAgentPolicySafeguards {
    // ---- Events ----------------------------------------------------------------------------------------------------

    /// @notice Emitted when an ADMIN stops all grants of PROVE.
    /// @param policy The policy address.
    /// @param agent The id of its key.
    event GrantsStopped(PolicyId indexed policy, KeyId indexed agent);

    /// @notice Emitted when grants go on.
    /// @param policy The policy address.
    /// @param stopper Who had stopped them.
    event GrantsResumed(PolicyId indexed policy, KeyId indexed stopper);

    /// @notice Emitted when an agent voids what it approved and nobody submitted yet.
    /// @param policy The policy address.
    /// @param agent The id of its key.
    /// @param counter What its approvals must carry from now on.
    event ApprovalsVoided(PolicyId indexed policy, KeyId indexed agent, uint32 counter);

    // ---- Errors ----------------------------------------------------------------------------------------------------

    /// @notice Thrown when an agent without a vote (no ADMIN, or a CONTRACT key that does not count) uses one.
    error AgentPolicyNoVote(PolicyId policy, KeyId agent);

    /// @notice Thrown when something needs most ADMINs and fewer approve.
    error AgentPolicyMajorityMissing(PolicyId policy, uint256 approvers, uint256 admins);

    /// @notice Thrown when grants are stopped already.
    error AgentPolicyStoppedAlready(PolicyId policy, KeyId stopper);

    /// @notice Thrown when a stop of this agent was lifted in this epoch.
    error AgentPolicyStopSpent(PolicyId policy, KeyId agent);

    /// @notice Thrown when a stop is lifted that is not the one in force.
    error AgentPolicyStopMismatch(PolicyId policy, KeyId stopper, KeyId current);

    /// @notice Thrown when an agent renews that does not prove.
    error AgentPolicyNotProving(PolicyId policy, KeyId agent);

    /// @notice Thrown when a renewal would prove for longer than the agent may.
    error AgentPolicyExpiryExtended(KeyId agent, uint64 expiry, uint40 current);

    // ---- Actions ---------------------------------------------------------------------------------------------------

    /// @notice Stops all grants of PROVE; revocation stays open.
    /// @param op What is signed.
    /// @param approval Of any ADMIN whose stop was not lifted in this epoch.
    function stop(Stop calldata op, Approval calldata approval) external;

    /// @notice Lets grants go on.
    /// @param op What is signed.
    /// @param approvals Of most ADMINs, strictly ascending by key id.
    function liftStop(LiftStop calldata op, Approval[] calldata approvals) external;

    /// @notice Replaces the commitment of an agent that proves.
    /// @param op What is signed.
    /// @param approval The agent's own.
    function renew(Renew calldata op, Approval calldata approval) external;

    /// @notice Voids what an agent approved and nobody submitted yet.
    /// @param op What is signed.
    /// @param approval The agent's own.
    function voidApprovals(VoidApprovals calldata op, Approval calldata approval) external;
}
