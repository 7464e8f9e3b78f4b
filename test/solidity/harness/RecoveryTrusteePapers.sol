// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentPolicyGovernance} from "../../../contracts/interfaces/IAgentPolicyGovernance.sol";
import {IAgentPolicyRecovery} from "../../../contracts/interfaces/IAgentPolicyRecovery.sol";
import {IAgentPolicyTrustees} from "../../../contracts/interfaces/IAgentPolicyTrustees.sol";
import {Acceptance} from "../../../contracts/types/Acceptance.sol";
import {Approval} from "../../../contracts/types/Approval.sol";
import {Authorize} from "../../../contracts/types/Authorize.sol";
import {CancelRecovery} from "../../../contracts/types/CancelRecovery.sol";
import {RecoveryProposal} from "../../../contracts/types/RecoveryProposal.sol";
import {RecoveryVote} from "../../../contracts/types/RecoveryVote.sol";
import {TrusteeApproval} from "../../../contracts/types/Trustee.sol";
import {TrusteeRevoke} from "../../../contracts/types/TrusteeRevoke.sol";
import {Act, Deed} from "./RecoveryDeeds.sol";
import {RecoveryAgentPapers} from "./RecoveryAgentPapers.sol";
import {RecoveryRosters} from "./RecoveryRosters.sol";

/// @title RecoveryTrusteePapers
/// @notice What trustees sign, from deeds to calls, and what anybody can send.
abstract contract RecoveryTrusteePapers is RecoveryAgentPapers {
    function _write(Deed memory d) internal view returns (bytes memory) {
        if (d.act == Act.Propose) return _writeProposal(d);
        if (d.act == Act.Vote) return _writeVote(d);
        if (d.act == Act.Cancel) return _writeCancel(d);
        if (d.act == Act.RevokeByTrustees) return _writeRevokeByTrustees(d);
        if (d.act == Act.GrantWithTrustees) return _writeGrantWithTrustees(d);
        if (d.act == Act.Rotate) return _writeRotate(d);
        if (d.act == Act.ScheduleTrustees) return _writeScheduleTrustees(d);
        if (d.act == Act.Schedule) return _writeSchedule(d);
        if (d.act == Act.Veto) return _writeVeto(d);
        if (d.act == Act.Grant) return _writeGrant(d);
        if (d.act == Act.Renew) return _writeRenew(d);
        if (d.act == Act.Revoke) return _writeRevoke(d);
        if (d.act == Act.Recover) return abi.encodeCall(IAgentPolicyRecovery.executeRecovery, (policies[d.policy]));
        if (d.act == Act.ClearRecovery) {
            return abi.encodeCall(IAgentPolicyRecovery.clearRecovery, (policies[d.policy]));
        }
        if (d.act == Act.Execute) return abi.encodeCall(IAgentPolicyGovernance.execute, (policies[d.policy], d.id));
        return abi.encodeCall(IAgentPolicyGovernance.clear, (policies[d.policy], d.id));
    }

    function _writeProposal(Deed memory d) private view returns (bytes memory) {
        RecoveryProposal memory op = RecoveryProposal(
            policies[d.policy],
            d.recovery,
            d.set,
            _powersOf(d),
            _ruled(d),
            d.deadline
        );
        d.id = _papers.hash(op);
        Acceptance[] memory acceptances = new Acceptance[](d.powers.length);
        for (uint256 i = 0; i < acceptances.length; ++i) {
            if (!d.powers[i].accepted) continue;
            bytes32 structHash = _papers.acceptance(op, i, FOREVER);
            acceptances[i] = Acceptance(FOREVER, _sign(d.powers[i].agent, structHash));
        }
        return
            abi.encodeCall(
                IAgentPolicyRecovery.proposeRecovery,
                (op, _settingsOf(d.policy, d.roster), acceptances, _trusteesOf(d, d.id)[0])
            );
    }

    function _writeVote(Deed memory d) private view returns (bytes memory) {
        RecoveryVote memory op = RecoveryVote(policies[d.policy], d.recovery, d.set, d.id, d.sequence, d.deadline);
        return
            abi.encodeCall(
                IAgentPolicyRecovery.voteRecovery,
                (op, _settingsOf(d.policy, d.roster), _trusteesOf(d, _papers.hash(op))[0])
            );
    }

    function _writeCancel(Deed memory d) private view returns (bytes memory) {
        CancelRecovery memory op = CancelRecovery(policies[d.policy], d.epoch, d.recovery, d.id, d.deadline);
        bytes memory encoded = _papers.encodeCancel(op);
        Approval[] memory approvals = _approvals(d, encoded, d.forged && d.trustees == 0);
        TrusteeApproval[] memory trustees = _trusteesOf(d, _hashes.counted(encoded, ~d.set));
        return
            abi.encodeCall(
                IAgentPolicyTrustees.cancelRecovery,
                (op, _settingsOf(d.policy, d.roster), approvals, trustees)
            );
    }

    function _writeRevokeByTrustees(Deed memory d) private view returns (bytes memory) {
        TrusteeRevoke memory op = TrusteeRevoke(
            policies[d.policy],
            d.epoch,
            d.set,
            _idsOf(d.targets),
            d.nonce,
            d.deadline
        );
        return
            abi.encodeCall(
                IAgentPolicyTrustees.revokeByTrustees,
                (op, _settingsOf(d.policy, d.roster), _trusteesOf(d, _papers.hash(op)))
            );
    }

    function _writeGrantWithTrustees(Deed memory d) private view returns (bytes memory) {
        (Authorize memory op, Acceptance[] memory acceptances) = _grant(d);
        bytes memory encoded = _hashes.encodeAuthorize(op);
        Approval[] memory approvals = _approvals(d, encoded, d.forged && d.trustees == 0);
        TrusteeApproval[] memory trustees = _trusteesOf(d, _hashes.counted(encoded, ~d.set));
        return
            abi.encodeCall(
                IAgentPolicyTrustees.authorizeWithTrustees,
                (op, _settingsOf(d.policy, d.roster), acceptances, approvals, trustees)
            );
    }

    /// @dev Approvals of trustees, ascending by key id. A trustee that is there twice shows its other leaf, if any.
    function _trusteesOf(Deed memory d, bytes32 structHash) private view returns (TrusteeApproval[] memory approvals) {
        uint256[] memory parties = _sorted(d.trustees);
        uint256 count = parties.length;
        approvals = new TrusteeApproval[](d.twice ? count + 1 : count);
        for (uint256 i = 0; i < approvals.length; ++i) {
            uint256 party = parties[i < count ? i : count - 1];
            uint256 signer = d.forged && i + 1 == approvals.length ? RecoveryRosters.PARTIES : party;
            approvals[i] = _approveOf(d.policy, d.roster, party, i, signer, structHash);
        }
    }
}
