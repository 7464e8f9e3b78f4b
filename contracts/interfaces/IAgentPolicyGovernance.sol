// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Acceptance} from "../types/Acceptance.sol";
import {Approval} from "../types/Approval.sol";
import {GovernanceChange} from "../types/GovernanceChange.sol";
import {KeyId} from "../types/KeyId.sol";
import {PendingChangeView, PowerChange} from "../types/PendingChange.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {PolicySettings} from "../types/PolicySettings.sol";
import {Veto} from "../types/Veto.sol";
import {Withdraw} from "../types/Withdraw.sol";

/// @title IAgentPolicyGovernance
/// @notice How power in a policy changes: slowly, and under the eyes of all its ADMINs (A7, A10).
/// @dev Called at the registry's address. The rules are in docs/policy.md.
interface IAgentPolicyGovernance {
    // ---- Events ----------------------------------------------------------------------------------------------------

    /// @notice Emitted when the settings of a policy are set or change.
    /// @param policy The policy address.
    /// @param settings All of them, as they are now.
    event PolicySettingsChanged(PolicyId indexed policy, PolicySettings settings);

    /// @notice Emitted when a governance change begins to wait; says all that `pendingChangeOf` does.
    /// @param policy The policy address.
    /// @param change Its id.
    /// @param proposer The id of the proposer's key.
    /// @param earliest The first second at which it can be executed.
    /// @param latest The last.
    /// @param agents The power that agents are to have.
    /// @param fields The settings that change.
    /// @param settings Their values; the others are zero.
    /// @param abandon Whether the policy is to end.
    /// @param successor What commits to the policy that follows.
    event ChangeScheduled(
        PolicyId indexed policy,
        bytes32 indexed change,
        KeyId indexed proposer,
        uint40 earliest,
        uint40 latest,
        PowerChange[] agents,
        uint8 fields,
        PolicySettings settings,
        bool abandon,
        bytes32 successor
    );

    /// @notice Emitted when an agent approves a change that waits.
    /// @param policy The policy address.
    /// @param change Its id.
    /// @param approver The id of the agent's key.
    /// @param majority Whether most ADMINs approve it now.
    event ChangeApproved(PolicyId indexed policy, bytes32 indexed change, KeyId indexed approver, bool majority);

    /// @notice Emitted when an agent takes its approval back.
    /// @param policy The policy address.
    /// @param change The change's id.
    /// @param approver The id of the agent's key.
    event ChangeWithdrawn(PolicyId indexed policy, bytes32 indexed change, KeyId indexed approver);

    /// @notice Emitted when an ADMIN ends a change.
    /// @param policy The policy address.
    /// @param change Its id.
    /// @param agent The id of the ADMIN's key.
    event ChangeVetoed(PolicyId indexed policy, bytes32 indexed change, KeyId indexed agent);

    /// @notice Emitted when a change ends for lack of approvals or time.
    /// @param policy The policy address.
    /// @param change Its id.
    event ChangeLapsed(PolicyId indexed policy, bytes32 indexed change);

    /// @notice Emitted when a change takes effect; the events of what it changes follow.
    /// @param policy The policy address.
    /// @param change Its id.
    event ChangeExecuted(PolicyId indexed policy, bytes32 indexed change);

    /// @notice Emitted when all power of an epoch ends; what goes on in the next one is told by the events that follow.
    /// @param policy The policy address.
    /// @param epoch The epoch that ended.
    event EpochEnded(PolicyId indexed policy, uint32 epoch);

    /// @notice Emitted for each leaf that ends with an epoch or a policy; `IndexRevoked` follows for the same place.
    /// @param policy The policy address.
    /// @param generation The pair of trees.
    /// @param index The leaf's position.
    event ProverEnded(PolicyId indexed policy, uint16 generation, uint24 index);

    /// @notice Emitted when a policy ends for ever (A10).
    /// @param policy The policy address.
    /// @param successor What commits to the policy that follows, 0 if nothing does.
    event PolicyAbandoned(PolicyId indexed policy, bytes32 successor);

    // ---- Errors: changes -------------------------------------------------------------------------------------------

    /// @notice Thrown when a change names neither agents nor settings, or abandons and does something else as well.
    error AgentPolicyChangeMalformed(PolicyId policy);

    /// @notice Thrown when a field says that a setting is set which does not exist.
    error AgentPolicyFieldsUnknown(uint8 fields);

    /// @notice Thrown when a setting has a value that the change does not set.
    error AgentPolicySettingUnexpected(uint8 field);

    /// @notice Thrown when an agent's power after a change would be anything but PROVE_GRANT, PROVE_REVOKE and ADMIN.
    error AgentPolicyPowerUnknown(KeyId agent, uint8 authorizations);

    /// @notice Thrown when all that a change is to bring about is so already.
    error AgentPolicyChangeIdle(PolicyId policy);

    /// @notice Thrown when a proposer has a change open.
    error AgentPolicyChangeOpen(PolicyId policy, KeyId proposer, bytes32 change);

    /// @notice Thrown when a proposer, whose last change was vetoed, has to wait until `time`.
    error AgentPolicyProposerMustWait(PolicyId policy, KeyId proposer, uint256 time);

    /// @notice Thrown when no such change waits in this epoch.
    error AgentPolicyChangeUnknown(PolicyId policy, bytes32 change);

    /// @notice Thrown when all who approve a change have done so already.
    error AgentPolicyChangeApproved(bytes32 change);

    /// @notice Thrown when nobody new approves a change: an agent withdrew from it for good, others approved before.
    error AgentPolicyChangeWithdrawn(bytes32 change, KeyId agent);

    /// @notice Thrown when an agent that withdraws has not approved the change.
    error AgentPolicyChangeNotApproved(bytes32 change, KeyId agent);

    /// @notice Thrown when a change that most ADMINs approved is vetoed.
    error AgentPolicyChangeHasMajority(bytes32 change, uint256 approvers, uint256 admins);

    /// @notice Thrown when a change is executed before its time.
    error AgentPolicyChangeTooEarly(bytes32 change, uint40 earliest, uint256 time);

    /// @notice Thrown when a change is executed, approved or vetoed after its time.
    error AgentPolicyChangeTooLate(bytes32 change, uint40 latest, uint256 time);

    /// @notice Thrown when a change is cleared within its time.
    error AgentPolicyChangeNotLapsed(bytes32 change, uint40 latest, uint256 time);

    // ---- Governance changes ----------------------------------------------------------------------------------------

    /// @notice Lets a change wait: from the delay of today on it can be executed, for the window of today. Abandonment
    /// waits for the recovery delay if there are trustees.
    /// @dev The proposer is an ADMIN with no other change open. Needs the ADMIN quorum. What is scheduled could be
    /// executed in today's state, and changes it.
    /// @param op What is signed.
    /// @param acceptances One for each of `op.agents`; needed of one that is new in this epoch.
    /// @param approvals Of ADMINs, strictly ascending by key id, the proposer's among them.
    /// @return change Its id, the EIP-712 hash of `op` with counter 0.
    function schedule(
        GovernanceChange calldata op,
        Acceptance[] calldata acceptances,
        Approval[] calldata approvals
    ) external returns (bytes32 change);

    /// @notice Adds approvals to a change that waits.
    /// @param op What was scheduled.
    /// @param approvals Of ADMINs, strictly ascending by key id; those who approve it already are skipped.
    function approveChange(GovernanceChange calldata op, Approval[] calldata approvals) external;

    /// @notice Takes back an approval, for good; below the ADMIN quorum the change ends.
    /// @param op What is signed.
    /// @param approval The agent's own.
    function withdraw(Withdraw calldata op, Approval calldata approval) external;

    /// @notice Ends a change, unless most ADMINs approved it when it was last approved and still do.
    /// @param op What is signed.
    /// @param approval Of any ADMIN.
    function veto(Veto calldata op, Approval calldata approval) external;

    /// @notice Brings a change about, by anyone. It needs as many approvers that still are ADMINs as the quorum of
    /// today demands, and a policy that can act afterwards.
    /// @param policy The policy address.
    /// @param change Its id.
    function execute(PolicyId policy, bytes32 change) external;

    /// @notice Removes a change whose time has passed, by anyone.
    /// @param policy The policy address.
    /// @param change Its id.
    function clear(PolicyId policy, bytes32 change) external;

    // ---- Queries ---------------------------------------------------------------------------------------------------

    /// @notice The settings of a policy; reverts if it is unknown.
    /// @param policy The policy address.
    function settingsOf(PolicyId policy) external view returns (PolicySettings memory);

    /// @notice The changes that wait or lapsed uncleared, in no particular order; none if the policy has ended.
    /// @param policy The policy address.
    function pendingChangesOf(PolicyId policy) external view returns (PendingChangeView[] memory);

    /// @notice One of them; reverts if there is no such change in this epoch.
    /// @param policy The policy address.
    /// @param change Its id.
    function pendingChangeOf(PolicyId policy, bytes32 change) external view returns (PendingChangeView memory);

    /// @notice Until when an ADMIN whose change was vetoed cannot propose another without a majority; 0 if it can.
    /// @param policy The policy address.
    /// @param proposer The id of its key.
    function proposerWaitsUntil(PolicyId policy, KeyId proposer) external view returns (uint40);
}
