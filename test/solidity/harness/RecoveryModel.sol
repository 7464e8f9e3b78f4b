// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentKeyErrors} from "../../../contracts/interfaces/IAgentKeyErrors.sol";
import {IAgentPolicyRecovery} from "../../../contracts/interfaces/IAgentPolicyRecovery.sol";
import {IAgentPolicyRegistry} from "../../../contracts/interfaces/IAgentPolicyRegistry.sol";
import {IAgentPolicySafeguards} from "../../../contracts/interfaces/IAgentPolicySafeguards.sol";
import {IAgentPolicyTrustees} from "../../../contracts/interfaces/IAgentPolicyTrustees.sol";
import {TrusteeSettings} from "../../../contracts/types/TrusteeSettings.sol";
import {Act, Deed, has, size} from "./RecoveryDeeds.sol";
import {RecoveryModelChanges} from "./RecoveryModelChanges.sol";
import {Polity, Verdict} from "./RecoveryModelState.sol";
import {RecoveryRosters} from "./RecoveryRosters.sol";

/// @dev A proposal, and until when it takes votes.
struct Proposed {
    uint256 lapses;
    Deed deed;
}

/// @dev A trustee's vote in a recovery.
struct Cast {
    bytes32 proposal;
    uint32 sequence;
}

/// @title RecoveryModel
/// @notice What trustees do. Votes are counted anew each time.
contract RecoveryModel is RecoveryModelChanges {
    uint256 private immutable _BEGAN;

    bytes32[] public proposals;
    mapping(bytes32 id => Proposed) private _proposed;
    mapping(uint256 policy => mapping(uint64 recovery => mapping(uint256 party => Cast))) private _casts;
    mapping(uint256 policy => mapping(uint256 party => bytes32 id)) private _last;
    mapping(uint256 policy => mapping(uint32 set => uint256 parties)) private _known;

    constructor(uint256 began) {
        _BEGAN = began;
    }

    function proposalCount() external view returns (uint256) {
        return proposals.length;
    }

    function proposedOf(bytes32 id) external view returns (Proposed memory) {
        return _proposed[id];
    }

    function castOf(uint256 p, uint256 party) external view returns (Cast memory) {
        return _casts[p][_polities[p].recovery][party];
    }

    /// @notice The proposals that take votes, the newest first.
    function openProposals(uint256 p) external view returns (bytes32[] memory open) {
        open = new bytes32[](proposals.length);
        uint256 count = 0;
        for (uint256 i = open.length; i > 0; --i) {
            bytes32 id = proposals[i - 1];
            if (_takesVotes(p, id) && block.timestamp <= _proposed[id].lapses) open[count++] = id;
        }
        assembly ("memory-safe") {
            mstore(open, count)
        }
    }

    /// @notice How many trustees' present vote a proposal is.
    function votesFor(bytes32 id) public view returns (uint256 votes) {
        return size(votersFor(id));
    }

    /// @notice The trustees whose present vote a proposal is.
    function votersFor(bytes32 id) public view returns (uint256 voters) {
        Deed storage d = _proposed[id].deed;
        if (id == 0) return 0;
        for (uint256 i = 0; i < PARTIES; ++i) if (_casts[d.policy][d.recovery][i].proposal == id) voters |= 1 << i;
    }

    /// @notice All that is wrong with a deed; nothing if the rules allow it.
    function judge(Deed calldata d) external view returns (bytes4[] memory reasons) {
        Verdict memory v = Verdict(new bytes4[](64), 0);
        if (d.act == Act.Propose) _judgePropose(v, d);
        else if (d.act == Act.Vote) _judgeVote(v, d);
        else if (d.act == Act.Cancel) _judgeCancel(v, d);
        else if (d.act == Act.Recover || d.act == Act.ClearRecovery) _judgeEnd(v, d);
        else if (d.act == Act.Rotate) _judgeRotate(v, d);
        else if (d.act == Act.ScheduleTrustees || d.act == Act.Schedule) _judgeSchedule(v, d);
        else if (d.act == Act.Execute) _judgeExecute(v, d);
        else if (d.act == Act.ClearChange) _judgeClearChange(v, d);
        else if (d.act == Act.Veto) _judgeVeto(v, d);
        else if (d.act == Act.Grant) _judgeGrant(v, d, 0);
        else if (d.act == Act.GrantWithTrustees) _judgeGrantWithTrustees(v, d);
        else if (d.act == Act.Renew) _judgeRenew(v, d);
        else if (d.act == Act.Revoke) _judgeRevoke(v, d);
        else _judgeRevokeByTrustees(v, d);
        reasons = v.reasons;
        uint256 count = v.count;
        assembly ("memory-safe") {
            mstore(reasons, count)
        }
    }

    /// @notice What an allowed deed does.
    function play(Deed calldata d) external {
        _known[d.policy][_polities[d.policy].set] |= d.trustees;
        if (d.act == Act.Propose) _applyPropose(d);
        else if (d.act == Act.Vote) _applyVote(d);
        else if (d.act == Act.Cancel || d.act == Act.ClearRecovery) _close(d.policy);
        else if (d.act == Act.Recover) _applyRecover(d);
        else if (d.act == Act.Rotate) _refuseAndRotate(d);
        else if (d.act == Act.ScheduleTrustees || d.act == Act.Schedule) _applySchedule(d);
        else if (d.act == Act.Execute) _applyExecute(d);
        else if (d.act == Act.ClearChange) _applyClearChange(d);
        else if (d.act == Act.Veto) _applyVeto(d);
        else if (d.act == Act.Grant || d.act == Act.GrantWithTrustees) _applyGrant(d);
        else if (d.act == Act.Renew) _applyRenew(d);
        else if (d.act == Act.Revoke) _applyRevoke(d);
        else _applyRevokeByTrustees(d);
    }

    function _judgePropose(Verdict memory v, Deed calldata d) private view {
        _judgeCurrent(v, d);
        _judgeTime(v, d);
        _judgeTrustees(v, d, RecoveryRosters.ADMIN, 1);
        bool again = _proposed[d.id].lapses != 0;
        _fault(v, again, IAgentPolicyRecovery.AgentPolicyProposalExists.selector);
        bytes32 last = _last[d.policy][_lone(d.trustees)];
        bool busy = _takesVotes(d.policy, last) && block.timestamp <= _proposed[last].lapses;
        _fault(v, busy, IAgentPolicyRecovery.AgentPolicyProposalOpen.selector);
        _judgeNewPower(v, d);
    }

    function _judgeVote(Verdict memory v, Deed calldata d) private view {
        _judgeCurrent(v, d);
        _judgeTime(v, d);
        _judgeTrustees(v, d, RecoveryRosters.ADMIN, 1);
        Cast storage cast = _casts[d.policy][d.recovery][_lone(d.trustees)];
        bool again = d.sequence != cast.sequence + 1;
        _fault(v, again, IAgentPolicyRecovery.AgentPolicyVoteOutOfSequence.selector);
        _fault(v, d.id == cast.proposal && d.id != 0, IAgentPolicyRecovery.AgentPolicyVoteIdle.selector);
        if (d.id == 0) return;
        bool unknown = !_takesVotes(d.policy, d.id);
        _fault(v, unknown, IAgentPolicyRecovery.AgentPolicyProposalUnknown.selector);
        bool lapsed = block.timestamp > _proposed[d.id].lapses && d.id != _polities[d.policy].running;
        _fault(v, lapsed, IAgentPolicyRecovery.AgentPolicyProposalLapsed.selector);
    }

    /// @dev Most ADMINs, and as many trustees as a bare quorum leaves out, none of whom votes for it.
    function _judgeCancel(Verdict memory v, Deed calldata d) private view {
        Polity storage polity = _polities[d.policy];
        _judgeShown(v, d);
        _judgeEpoch(v, d);
        _fault(v, d.recovery != polity.recovery, IAgentPolicyRecovery.AgentPolicyRecoveryMismatch.selector);
        bool idle = d.id == 0 || d.id != polity.running;
        _fault(v, idle, IAgentPolicyRecovery.AgentPolicyRecoveryNotRunning.selector);
        _judgeSigners(v, d);
        bool voiceless = d.signers & ~holders(d.policy, ADMIN) != 0;
        _fault(v, voiceless, IAgentPolicySafeguards.AgentPolicyNoVote.selector);
        bool few = !_isMajority(d.policy, d.signers);
        _fault(v, few, IAgentPolicySafeguards.AgentPolicyMajorityMissing.selector);
        TrusteeSettings memory s = RecoveryRosters.settingsOf(polity.roster);
        uint256 spare = s.adminCount - s.adminQuorum;
        _judgeTrustees(v, d, RecoveryRosters.ADMIN, spare == 0 ? 1 : spare);
        bool torn = d.trustees & votersFor(d.id) != 0;
        _fault(v, torn, IAgentPolicyRecovery.AgentPolicyVoteContrary.selector);
        _judgeSetSigned(v, d);
    }

    function _judgeEnd(Verdict memory v, Deed calldata d) private view {
        Polity storage polity = _polities[d.policy];
        _judgeOpen(v, d);
        _fault(v, polity.running == 0, IAgentPolicyRecovery.AgentPolicyRecoveryNotRunning.selector);
        if (polity.running == 0) return;
        bool late = block.timestamp > polity.latest;
        if (d.act == Act.ClearRecovery) {
            _fault(v, !late, IAgentPolicyRecovery.AgentPolicyRecoveryNotLapsed.selector);
            return;
        }
        bool early = block.timestamp < polity.earliest;
        _fault(v, early, IAgentPolicyRecovery.AgentPolicyRecoveryTooEarly.selector);
        _fault(v, late, IAgentPolicyRecovery.AgentPolicyRecoveryTooLate.selector);
    }

    function _judgeGrantWithTrustees(Verdict memory v, Deed calldata d) private view {
        _judgeShown(v, d);
        uint8 quorum = RecoveryRosters.settingsOf(_polities[d.policy].roster).provisionQuorum;
        _judgeTrustees(v, d, RecoveryRosters.PROVISION, quorum);
        _judgeSetSigned(v, d);
        bool both = d.signers & d.trustees != 0;
        _fault(v, both, IAgentPolicyTrustees.AgentPolicyTrusteeApprovesTwice.selector);
        _judgeGrant(v, d, 1);
    }

    function _judgeRevokeByTrustees(Verdict memory v, Deed calldata d) private view {
        _judgeShown(v, d);
        _judgeEpoch(v, d);
        Polity storage polity = _polities[d.policy];
        _fault(v, d.set != polity.set, IAgentPolicyTrustees.AgentPolicyTrusteeSetMismatch.selector);
        _fault(v, d.nonce != polity.nonce, IAgentPolicyTrustees.AgentPolicyTrusteeNonceMismatch.selector);
        uint8 quorum = RecoveryRosters.settingsOf(polity.roster).revokeQuorum;
        _judgeTrustees(v, d, RecoveryRosters.REVOKE, quorum);
        bool idle = d.targets != 0 && d.targets & holders(d.policy, PROVE) == 0;
        _fault(v, idle, IAgentPolicyRegistry.AgentPolicyNothingToRevoke.selector);
    }

    /// @dev What is signed is for this set and this recovery.
    function _judgeCurrent(Verdict memory v, Deed calldata d) private view {
        Polity storage polity = _polities[d.policy];
        _judgeShown(v, d);
        _fault(v, d.set != polity.set, IAgentPolicyTrustees.AgentPolicyTrusteeSetMismatch.selector);
        _fault(v, d.recovery != polity.recovery, IAgentPolicyRecovery.AgentPolicyRecoveryMismatch.selector);
    }

    /// @dev The settings shown are those in force. Nobody's are never shown.
    function _judgeShown(Verdict memory v, Deed calldata d) private view {
        Polity storage polity = _polities[d.policy];
        _judgeOpen(v, d);
        bool none = d.roster == RecoveryRosters.NOBODY;
        bool other = none || d.roster != polity.roster;
        _fault(v, polity.set == 0, IAgentPolicyTrustees.AgentPolicyTrusteeSetMismatch.selector);
        _fault(v, other, IAgentPolicyTrustees.AgentPolicyTrusteeSettingsMismatch.selector);
    }

    /// @dev What has no other place for the number of the set is signed with it, and else not signed at all.
    function _judgeSetSigned(Verdict memory v, Deed calldata d) private view {
        bool other = d.set != _polities[d.policy].set;
        _fault(v, other, IAgentKeyErrors.AgentKeySignatureInvalid.selector);
    }

    /// @dev Enough distinct trustees, each of the set, willing and able.
    function _judgeTrustees(Verdict memory v, Deed calldata d, uint8 capability, uint256 quorum) private view {
        Polity storage polity = _polities[d.policy];
        for (uint256 i = 0; i < PARTIES; ++i) {
            if (!has(d.trustees, i)) continue;
            uint8 capabilities = RecoveryRosters.capabilitiesOf(d.roster, i);
            _fault(v, capabilities == 0, IAgentPolicyTrustees.AgentPolicyTrusteeUnknown.selector);
            bool able = capabilities == 0 || capabilities & capability != 0;
            _fault(v, !able, IAgentPolicyTrustees.AgentPolicyTrusteeIncapable.selector);
            bool over = RecoveryRosters.consentOf(d.roster, i, _BEGAN) < polity.since;
            bool shows = !has(_known[d.policy][polity.set], i);
            _fault(v, shows && over, IAgentPolicyTrustees.AgentPolicyTrusteeConsentExpired.selector);
        }
        bool few = quorum == 0 || size(d.trustees) + (d.twice ? 1 : 0) < quorum;
        _fault(v, few, IAgentPolicyTrustees.AgentPolicyTrusteeQuorumMissing.selector);
        _fault(v, d.twice, IAgentPolicyTrustees.AgentPolicyTrusteesNotAscending.selector);
        _fault(v, d.forged, IAgentKeyErrors.AgentKeySignatureInvalid.selector);
    }

    function _takesVotes(uint256 p, bytes32 id) private view returns (bool) {
        Deed storage d = _proposed[id].deed;
        bool here = _proposed[id].lapses != 0 && d.policy == p;
        return here && d.recovery == _polities[p].recovery && d.set == _polities[p].set;
    }

    function _applyPropose(Deed calldata d) private {
        proposals.push(d.id);
        (_proposed[d.id].lapses, _proposed[d.id].deed) = (block.timestamp + 30 days, d);
        _last[d.policy][_lone(d.trustees)] = d.id;
    }

    function _applyVote(Deed calldata d) private {
        Polity storage polity = _polities[d.policy];
        Cast storage cast = _casts[d.policy][d.recovery][_lone(d.trustees)];
        (cast.proposal, cast.sequence) = (d.id, d.sequence);
        uint8 quorum = RecoveryRosters.settingsOf(polity.roster).adminQuorum;
        if (polity.running != 0 && votesFor(polity.running) < quorum) polity.running = 0;
        if (polity.running != 0 || d.id == 0 || votesFor(d.id) < quorum) return;
        TrusteeSettings memory s = RecoveryRosters.settingsOf(polity.roster);
        polity.running = d.id;
        (polity.earliest, polity.latest) = (block.timestamp + s.delay, block.timestamp + s.delay + s.window);
        ++polity.starts;
    }

    function _applyRecover(Deed calldata d) private {
        Deed storage proposal = _proposed[_polities[d.policy].running].deed;
        _close(d.policy);
        _nextEpoch(d.policy, 0);
        for (uint256 i = 0; i < proposal.powers.length; ++i) _empower(d.policy, proposal.powers[i]);
        _setRules(d.policy, proposal);
    }

    /// @dev A rotation ends what runs, once for each set; what has run out costs nothing.
    function _refuseAndRotate(Deed calldata d) private {
        Polity storage polity = _polities[d.policy];
        bool late = block.timestamp > polity.latest;
        if (polity.running != 0 && (late || !polity.refused)) {
            if (!late) polity.refused = true;
            _close(d.policy);
        }
        _applyRotate(d);
    }

    function _applyRevokeByTrustees(Deed calldata d) private {
        ++_polities[d.policy].nonce;
        _endProving(d.policy, d.targets);
    }

    function _close(uint256 p) private {
        ++_polities[p].recovery;
        _polities[p].running = 0;
    }

    /// @dev The only party of a set.
    function _lone(uint256 set) private pure returns (uint256 party) {
        while (!has(set, party)) ++party;
    }
}
