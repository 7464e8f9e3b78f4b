// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentPolicyTrustees} from "../interfaces/IAgentPolicyTrustees.sol";
import {Acceptance} from "../types/Acceptance.sol";
import {AnchorBackup} from "../types/AnchorBackup.sol";
import {Approval} from "../types/Approval.sol";
import {Authorize, AuthorizeHash} from "../types/Authorize.sol";
import {CancelRecovery} from "../types/CancelRecovery.sol";
import {KeyId} from "../types/KeyId.sol";
import {LeafId} from "../types/LeafId.sol";
import {PermitAnchor} from "../types/PermitAnchor.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {BackupAnchor, TrusteeSetView} from "../types/Recovery.sol";
import {TrusteeApproval} from "../types/Trustee.sol";
import {TrusteeCapabilities} from "../types/TrusteeCapabilities.sol";
import {TrusteeChange} from "../types/TrusteeChange.sol";
import {TrusteeRevoke} from "../types/TrusteeRevoke.sol";
import {TrusteeSettings} from "../types/TrusteeSettings.sol";
import {AgentPolicyState} from "./AgentPolicyState.sol";
import {Backups} from "./Backups.sol";
import {PolicyAgents} from "./PolicyAgents.sol";
import {PolicyRules} from "./PolicyRules.sol";
import {Recoveries} from "./Recoveries.sol";
import {TrusteeActions} from "./TrusteeActions.sol";
import {TrusteeSets} from "./TrusteeSets.sol";

/// @title AgentPolicyTrustees
/// @notice The part of the registry for trustees and anchors.
/// @dev Code only: the registry runs it on its own storage, under its own address. Called directly it finds no policy.
contract AgentPolicyTrustees is IAgentPolicyTrustees, AgentPolicyState {
    // ---- Trustee sets ----------------------------------------------------------------------------------------------

    /// @inheritdoc IAgentPolicyTrustees
    function scheduleTrustees(
        TrusteeChange calldata op,
        Approval[] calldata approvals
    ) external returns (bytes32 change) {
        return TrusteeActions.schedule(_changes, _agents, _rules, _authority, op, approvals, _context());
    }

    /// @inheritdoc IAgentPolicyTrustees
    function approveTrustees(TrusteeChange calldata op, Approval[] calldata approvals) external {
        TrusteeActions.approve(_changes, _agents, op, approvals, _context());
    }

    // ---- What trustees do at once ----------------------------------------------------------------------------------

    /// @inheritdoc IAgentPolicyTrustees
    function revokeByTrustees(
        TrusteeRevoke calldata op,
        TrusteeSettings calldata settings,
        TrusteeApproval[] calldata trustees
    ) external {
        _revokeMany(TrusteeActions.revoke(_trustees, _agents, _rules, op, settings, trustees, _context()));
    }

    /// @inheritdoc IAgentPolicyTrustees
    function authorizeWithTrustees(
        Authorize calldata op,
        TrusteeSettings calldata settings,
        Acceptance[] calldata acceptances,
        Approval[] calldata approvals,
        TrusteeApproval[] calldata trustees
    ) external {
        uint32 number = _rules.trustees[op.policy].number;
        TrusteeSets.requireCurrent(_rules, op.policy, number, settings);
        KeyId[] memory vouchers = TrusteeSets.requireApproved(
            _trustees,
            _rules,
            op.policy,
            settings.root,
            TrusteeCapabilities.PROVISION_AUTHZ,
            settings.provisionQuorum,
            keccak256(bytes.concat(AuthorizeHash.encode(op), TrusteeSets.counterOf(number))),
            trustees,
            _context()
        );
        TrusteeSets.requireOthers(op.policy, vouchers, approvals);
        (LeafId[] memory provisioned, LeafId[] memory revoked) = PolicyAgents.authorize(
            _agents,
            _authority,
            _provisioned,
            op,
            acceptances,
            approvals,
            1,
            _context()
        );
        _appendAll(op.policy, op.changes, provisioned, op.checkpoint);
        _revokeMany(revoked);
    }

    /// @inheritdoc IAgentPolicyTrustees
    function cancelRecovery(
        CancelRecovery calldata op,
        TrusteeSettings calldata settings,
        Approval[] calldata approvals,
        TrusteeApproval[] calldata trustees
    ) external {
        Recoveries.cancel(_recoveries, _trustees, _agents, _rules, op, settings, approvals, trustees, _context());
    }

    // ---- Anchors ---------------------------------------------------------------------------------------------------

    /// @inheritdoc IAgentPolicyTrustees
    function anchorBackup(AnchorBackup calldata op, Approval calldata approval) external {
        Backups.anchor(_backups, _agents, op, approval, _context());
    }

    /// @inheritdoc IAgentPolicyTrustees
    function permitAnchor(PermitAnchor calldata op, Approval[] calldata approvals) external {
        Backups.permit(_backups, _agents, _authority, op, approvals, _context());
    }

    // ---- Queries ---------------------------------------------------------------------------------------------------

    /// @inheritdoc IAgentPolicyTrustees
    function trusteeSetOf(PolicyId policy) external view returns (TrusteeSetView memory) {
        PolicyRules.Trustees storage trustees = _rules.trustees[policy];
        return TrusteeSetView(trustees.number, trustees.since, trustees.settings);
    }

    /// @inheritdoc IAgentPolicyTrustees
    function trusteeCapabilitiesOf(PolicyId policy, KeyId trustee) external view returns (uint8) {
        return _trustees.known[policy][_rules.trustees[policy].number][trustee].capabilities;
    }

    /// @inheritdoc IAgentPolicyTrustees
    function trusteeNonceOf(PolicyId policy) external view returns (uint64) {
        return _trustees.nonces[policy][_rules.trustees[policy].number];
    }

    /// @inheritdoc IAgentPolicyTrustees
    function backupOf(PolicyId policy) external view returns (BackupAnchor memory) {
        return _backups.anchors[policy];
    }
}
