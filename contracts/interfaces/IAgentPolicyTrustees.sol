// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Acceptance} from "../types/Acceptance.sol";
import {AnchorBackup} from "../types/AnchorBackup.sol";
import {Approval} from "../types/Approval.sol";
import {Authorize} from "../types/Authorize.sol";
import {CancelRecovery} from "../types/CancelRecovery.sol";
import {KeyId} from "../types/KeyId.sol";
import {PermitAnchor} from "../types/PermitAnchor.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {BackupAnchor, TrusteeSetView} from "../types/Recovery.sol";
import {TrusteeApproval} from "../types/Trustee.sol";
import {TrusteeChange} from "../types/TrusteeChange.sol";
import {TrusteeRevoke} from "../types/TrusteeRevoke.sol";
import {TrusteeSettings} from "../types/TrusteeSettings.sol";

/// @title IAgentPolicyTrustees
/// @notice Who a policy's trustees are, hidden until they act, what they do short of a recovery, and the anchors of
/// what they and the owner keep off-chain (V2, V4, V5).
/// @dev Called at the registry's address. The rules are in docs/policy.md.
interface IAgentPolicyTrustees {
    // ---- Events ----------------------------------------------------------------------------------------------------

    /// @notice Emitted with `ChangeScheduled` when a change sets trustees.
    /// @param policy The policy address.
    /// @param change The change's id.
    /// @param trustees What is to be in force.
    event TrusteesProposed(PolicyId indexed policy, bytes32 indexed change, TrusteeSettings trustees);

    /// @notice Emitted when a trustee set comes into force.
    /// @param policy The policy address.
    /// @param number The number of the set.
    /// @param settings The hash of its settings.
    event TrusteesChanged(PolicyId indexed policy, uint32 number, bytes32 settings);

    /// @notice Emitted when a trustee acts for the first time.
    /// @param policy The policy address.
    /// @param number The number of its set.
    /// @param trustee The id of its key.
    /// @param kind The kind of its key.
    /// @param capabilities What it may do.
    event TrusteeRevealed(
        PolicyId indexed policy,
        uint32 number,
        KeyId indexed trustee,
        uint8 kind,
        uint8 capabilities
    );

    /// @notice Emitted when trustees revoke; the events of what they revoke follow, if they named anyone.
    /// @param policy The policy address.
    /// @param number The number of their set.
    /// @param nonce What they used.
    event TrusteesRevoked(PolicyId indexed policy, uint32 number, uint64 nonce);

    /// @notice Emitted when a backup is recorded.
    /// @param policy The policy address.
    /// @param agent The id of the key that did.
    /// @param sequence The number of the backup.
    /// @param backup Its hash.
    event BackupAnchored(PolicyId indexed policy, KeyId indexed agent, uint64 sequence, bytes32 backup);

    /// @notice Emitted when an agent is permitted, or no more, to record backups in this epoch.
    /// @param policy The policy address.
    /// @param agent The id of its key.
    /// @param permitted Whether it may.
    event AnchorPermitted(PolicyId indexed policy, KeyId indexed agent, bool permitted);

    // ---- Errors: trustee sets --------------------------------------------------------------------------------------

    /// @notice Thrown when trustee settings could never serve: ADMIN_AUTHZ needs at least 3 trustees and a quorum of at
    /// least 2, every quorum lies within 1 and its count, no count but that of RECOVERY_SHARE is above 32, and where
    /// nobody has a capability both are 0.
    error AgentPolicyTrusteeCountsInvalid(uint8 capability, uint8 count, uint8 quorum);

    /// @notice Thrown when a policy would have no trustees, but a root, a delay, a window or a share set of them.
    error AgentPolicyTrusteeSettingsMalformed(PolicyId policy);

    /// @notice Thrown when a recovery delay is shorter than the governance delay or longer than 90 days.
    error AgentPolicyRecoveryDelayOutOfRange(uint32 delay, uint32 governanceDelay);

    /// @notice Thrown when a recovery window is not within 1 and 30 days.
    error AgentPolicyRecoveryWindowOutOfRange(uint32 window);

    /// @notice Thrown when the trustees of a policy would be what they are.
    error AgentPolicyTrusteesUnchanged(PolicyId policy);

    /// @notice Thrown when something is for another trustee set than the one in force: it was signed for that, or is a
    /// change that was to replace that.
    error AgentPolicyTrusteeSetMismatch(PolicyId policy, uint32 number, uint32 current);

    /// @notice Thrown when settings are not those of the trustee set in force.
    error AgentPolicyTrusteeSettingsMismatch(PolicyId policy, bytes32 given, bytes32 current);

    // ---- Errors: trustees ------------------------------------------------------------------------------------------

    /// @notice Thrown when a key is not in the set.
    error AgentPolicyTrusteeUnknown(PolicyId policy, KeyId trustee);

    /// @notice Thrown when the set came into force after the trustee's consent ended.
    error AgentPolicyTrusteeConsentExpired(PolicyId policy, KeyId trustee, uint64 deadline, uint40 since);

    /// @notice Thrown when a trustee lacks the capability needed.
    error AgentPolicyTrusteeIncapable(PolicyId policy, KeyId trustee, uint8 capabilities, uint8 needed);

    /// @notice Thrown when trustees are not strictly ascending by key id.
    error AgentPolicyTrusteesNotAscending(KeyId previous, KeyId next);

    /// @notice Thrown when fewer trustees approve than needed, or nobody can (quorum 0).
    error AgentPolicyTrusteeQuorumMissing(PolicyId policy, uint8 capability, uint256 approvals, uint256 quorum);

    /// @notice Thrown when a trustee also approves as an agent, and would count twice.
    error AgentPolicyTrusteeApprovesTwice(PolicyId policy, KeyId trustee);

    /// @notice Thrown when the nonce is not the next of the trustee set.
    error AgentPolicyTrusteeNonceMismatch(PolicyId policy, uint32 trusteeSet, uint64 nonce, uint64 expected);

    // ---- Errors: anchors -------------------------------------------------------------------------------------------

    /// @notice Thrown when an agent records a backup that is neither ADMIN nor permitted and proving.
    error AgentPolicyAnchorNotPermitted(PolicyId policy, KeyId agent);

    /// @notice Thrown when a backup is not the next.
    error AgentPolicyAnchorOutOfSequence(PolicyId policy, uint64 sequence, uint64 expected);

    // ---- Trustee sets ----------------------------------------------------------------------------------------------

    /// @notice Lets a change of the trustees wait, as `schedule` does: for the governance delay if there are none, else
    /// for the recovery delay of those that are to be replaced, and no others. Veto, withdrawal and execution are those
    /// of any change.
    /// @param op What is signed.
    /// @param approvals Of ADMINs, strictly ascending by key id, the proposer's among them.
    /// @return change Its id.
    function scheduleTrustees(
        TrusteeChange calldata op,
        Approval[] calldata approvals
    ) external returns (bytes32 change);

    /// @notice Adds approvals to such a change.
    /// @param op What was scheduled.
    /// @param approvals Of ADMINs that have not approved it, strictly ascending by key id.
    function approveTrustees(TrusteeChange calldata op, Approval[] calldata approvals) external;

    // ---- What trustees do at once ----------------------------------------------------------------------------------

    /// @notice Takes PROVE from agents by the quorum of trustees with REVOKE_AUTHZ; skips those that do not prove. Of
    /// none it uses the nonce only, which voids what was signed with it.
    /// @param op What is signed.
    /// @param settings Of the trustee set in force.
    /// @param trustees Strictly ascending by key id.
    function revokeByTrustees(
        TrusteeRevoke calldata op,
        TrusteeSettings calldata settings,
        TrusteeApproval[] calldata trustees
    ) external;

    /// @notice `authorize`, where the quorum of trustees with PROVISION_AUTHZ stands for one approval of the grant
    /// quorum, though never for the only one.
    /// @param op What is signed; by trustees with 2^32 - 1 less the number of their set as counter.
    /// @param settings Of the trustee set in force.
    /// @param acceptances One for each change.
    /// @param approvals Of agents of the policy, strictly ascending by key id, the proposer's among them.
    /// @param trustees Strictly ascending by key id.
    function authorizeWithTrustees(
        Authorize calldata op,
        TrusteeSettings calldata settings,
        Acceptance[] calldata acceptances,
        Approval[] calldata approvals,
        TrusteeApproval[] calldata trustees
    ) external;

    /// @notice Ends the recovery that runs: needs most ADMINs, who together are one voice, and as many trustees as a
    /// bare quorum leaves out (count less quorum), at least one.
    /// @param op What is signed.
    /// @param settings Of the trustee set in force.
    /// @param approvals Of most ADMINs, strictly ascending by key id.
    /// @param trustees Of trustees with ADMIN_AUTHZ, strictly ascending by key id; none whose vote it has.
    function cancelRecovery(
        CancelRecovery calldata op,
        TrusteeSettings calldata settings,
        Approval[] calldata approvals,
        TrusteeApproval[] calldata trustees
    ) external;

    // ---- Anchors ---------------------------------------------------------------------------------------------------

    /// @notice Records the owner's newest backup.
    /// @param op What is signed.
    /// @param approval Of an ADMIN, or of an agent that proves and is permitted to.
    function anchorBackup(AnchorBackup calldata op, Approval calldata approval) external;

    /// @notice Permits an agent to record backups while it proves, in this epoch, or no more.
    /// @param op What is signed.
    /// @param approvals Of the ADMIN quorum, strictly ascending by key id, the proposer's among them.
    function permitAnchor(PermitAnchor calldata op, Approval[] calldata approvals) external;

    // ---- Queries ---------------------------------------------------------------------------------------------------

    /// @notice The trustee set of a policy.
    /// @param policy The policy address.
    function trusteeSetOf(PolicyId policy) external view returns (TrusteeSetView memory);

    /// @notice What a revealed trustee of the set in force may do, 0 if it is not revealed.
    /// @param policy The policy address.
    /// @param trustee The id of its key.
    function trusteeCapabilitiesOf(PolicyId policy, KeyId trustee) external view returns (uint8);

    /// @notice The nonce of the next thing that trustees of the set in force do at once.
    /// @param policy The policy address.
    function trusteeNonceOf(PolicyId policy) external view returns (uint64);

    /// @notice The newest backup recorded, all zero if none was.
    /// @param policy The policy address.
    function backupOf(PolicyId policy) external view returns (BackupAnchor memory);
}
