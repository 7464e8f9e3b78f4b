// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentPolicyGovernance} from "../../../contracts/interfaces/IAgentPolicyGovernance.sol";
import {IAgentPolicyRegistry} from "../../../contracts/interfaces/IAgentPolicyRegistry.sol";
import {IAgentPolicySafeguards} from "../../../contracts/interfaces/IAgentPolicySafeguards.sol";
import {IAgentPolicyTrustees} from "../../../contracts/interfaces/IAgentPolicyTrustees.sol";
import {TrusteeSettings} from "../../../contracts/types/TrusteeSettings.sol";
import {Power} from "./PolicyDeeds.sol";
import {Act, Deed, size} from "./RecoveryDeeds.sol";
import {RecoveryModelAgents} from "./RecoveryModelAgents.sol";
import {Polity, Verdict} from "./RecoveryModelState.sol";
import {RecoveryRosters} from "./RecoveryRosters.sol";

/// @dev A change that waits, or did. `starts`: how many recoveries had begun when it was scheduled.
struct Waiting {
    uint256 starts;
    uint32 set;
    uint256 scheduled;
    uint256 earliest;
    uint256 latest;
    bool majority;
    bool over;
    Deed deed;
}

/// @title RecoveryModelChanges
/// @notice What waits before it takes effect.
abstract contract RecoveryModelChanges is RecoveryModelAgents {
    bytes32[] public changes;
    mapping(bytes32 id => Waiting) internal _waiting;
    mapping(uint256 policy => mapping(bytes32 desk => uint256 time)) private _waits;
    mapping(uint256 policy => mapping(uint256 party => uint256 time)) private _decided;

    function changeCount() external view returns (uint256) {
        return changes.length;
    }

    function waitingOf(bytes32 id) external view returns (Waiting memory) {
        return _waiting[id];
    }

    /// @notice Changes that wait, or lapsed uncleared.
    function openOf(uint256 p) public view returns (bytes32[] memory open) {
        open = new bytes32[](changes.length);
        uint256 count = 0;
        for (uint256 i = 0; i < open.length; ++i) if (_isOpen(p, changes[i])) open[count++] = changes[i];
        assembly ("memory-safe") {
            mstore(open, count)
        }
    }

    function _judgeSchedule(Verdict memory v, Deed calldata d) internal view {
        Polity storage polity = _polities[d.policy];
        _judgeProposal(v, d);
        _judgeRight(v, d, ADMIN, polity.adminQuorum);
        _fault(v, polity.running != 0, IAgentPolicyRegistry.AgentPolicyRecovering.selector);
        bytes32 open = _openBy(d);
        bool busy = open != 0 && block.timestamp <= _waiting[open].latest;
        _fault(v, busy, IAgentPolicyGovernance.AgentPolicyChangeOpen.selector);
        bool waits =
            !_isMajority(d.policy, d.signers) && block.timestamp < _waits[d.policy][_desk(d.policy, d.proposer)];
        _fault(v, waits, IAgentPolicyGovernance.AgentPolicyProposerMustWait.selector);
        if (d.act == Act.ScheduleTrustees) return _judgeRoster(v, d);
        for (uint256 i = 0; i < d.powers.length; ++i) _judgePower(v, d, d.powers[i]);
        if (!d.abandon) _judgeEffect(v, d, block.timestamp, true);
    }

    function _judgeExecute(Verdict memory v, Deed calldata d) internal view {
        _judgeOpen(v, d);
        Waiting storage w = _waiting[d.id];
        bool unknown = !_isOpen(d.policy, d.id);
        _fault(v, unknown, IAgentPolicyGovernance.AgentPolicyChangeUnknown.selector);
        if (unknown) return;
        bool early = block.timestamp < w.earliest;
        _fault(v, early, IAgentPolicyGovernance.AgentPolicyChangeTooEarly.selector);
        _fault(v, block.timestamp > w.latest, IAgentPolicyGovernance.AgentPolicyChangeTooLate.selector);
        Polity storage polity = _polities[d.policy];
        bool few = size(w.deed.signers & holders(d.policy, ADMIN)) < polity.adminQuorum;
        _fault(v, few, IAgentPolicyRegistry.AgentPolicyRightMissing.selector);
        if (w.deed.act == Act.ScheduleTrustees) {
            _fault(v, w.set != polity.set, IAgentPolicyTrustees.AgentPolicyTrusteeSetMismatch.selector);
            uint32 delay = RecoveryRosters.settingsOf(w.deed.roster).delay;
            bool short_ = w.deed.roster != 0 && delay < polity.delay;
            _fault(v, short_, IAgentPolicyTrustees.AgentPolicyRecoveryDelayOutOfRange.selector);
        } else if (w.deed.abandon) {
            _fault(v, w.set != polity.set, IAgentPolicyTrustees.AgentPolicyTrusteeSetMismatch.selector);
        } else {
            _judgeEffect(v, w.deed, w.scheduled, false);
        }
    }

    function _judgeClearChange(Verdict memory v, Deed calldata d) internal view {
        _judgeOpen(v, d);
        bool unknown = !_isOpen(d.policy, d.id);
        _fault(v, unknown, IAgentPolicyGovernance.AgentPolicyChangeUnknown.selector);
        bool early = !unknown && block.timestamp <= _waiting[d.id].latest;
        _fault(v, early, IAgentPolicyGovernance.AgentPolicyChangeNotLapsed.selector);
    }

    function _judgeVeto(Verdict memory v, Deed calldata d) internal view {
        _judgeOpen(v, d);
        _judgeEpoch(v, d);
        _judgeSigners(v, d);
        Waiting storage w = _waiting[d.id];
        bool unknown = !_isOpen(d.policy, d.id);
        _fault(v, unknown, IAgentPolicyGovernance.AgentPolicyChangeUnknown.selector);
        bool voiceless = d.signers & ~holders(d.policy, ADMIN) != 0;
        _fault(v, voiceless, IAgentPolicySafeguards.AgentPolicyNoVote.selector);
        if (unknown) return;
        _fault(v, block.timestamp > w.latest, IAgentPolicyGovernance.AgentPolicyChangeTooLate.selector);
        bool most = w.majority && _isMajority(d.policy, w.deed.signers & holders(d.policy, ADMIN));
        _fault(v, most, IAgentPolicyGovernance.AgentPolicyChangeHasMajority.selector);
    }

    function _applySchedule(Deed calldata d) internal {
        Polity storage polity = _polities[d.policy];
        _waiting[_openBy(d)].over = true;
        ++_standings[d.policy][d.proposer].nonce;
        changes.push(d.id);
        Waiting storage w = _waiting[d.id];
        (w.deed, w.starts, w.set, w.scheduled) = (d, polity.starts, polity.set, block.timestamp);
        // who was asked before gets as long as for a recovery
        bool grave = d.act == Act.ScheduleTrustees || d.abandon;
        uint32 recoveryDelay = RecoveryRosters.settingsOf(polity.roster).delay;
        w.earliest = block.timestamp + (grave && recoveryDelay != 0 ? recoveryDelay : polity.delay);
        w.latest = w.earliest + polity.window;
        w.majority = _isMajority(d.policy, d.signers);
    }

    function _applyExecute(Deed calldata d) internal {
        Polity storage polity = _polities[d.policy];
        Waiting storage w = _waiting[d.id];
        w.over = true;
        if (w.deed.act == Act.ScheduleTrustees) {
            (polity.roster, polity.set, polity.since) = (w.deed.roster, polity.set + 1, block.timestamp);
            (polity.refused, polity.nonce) = (false, 0);
            return;
        }
        if (w.deed.abandon) {
            _endProving(d.policy, type(uint256).max);
            polity.abandoned = true;
            return;
        }
        for (uint256 i = 0; i < w.deed.powers.length; ++i) {
            Power memory power = w.deed.powers[i];
            if (_decided[d.policy][power.agent] > w.scheduled) continue;
            _decided[d.policy][power.agent] = w.scheduled;
            _empower(d.policy, power);
        }
        if (w.deed.delay != 0) polity.delay = w.deed.delay;
    }

    function _applyVeto(Deed calldata d) internal {
        Waiting storage w = _waiting[d.id];
        w.over = true;
        _waits[d.policy][_desk(d.policy, w.deed.proposer)] = block.timestamp + _polities[d.policy].delay;
    }

    function _applyClearChange(Deed calldata d) internal {
        _waiting[d.id].over = true;
    }

    function _isMajority(uint256 p, uint256 voices) internal view returns (bool) {
        return 2 * size(voices) > size(holders(p, ADMIN));
    }

    /// @dev A change waits in its own epoch and until a recovery starts, which ends all that wait.
    function _isOpen(uint256 p, bytes32 id) private view returns (bool) {
        Waiting storage w = _waiting[id];
        Polity storage polity = _polities[p];
        bool here = w.scheduled != 0 && !w.over && w.deed.policy == p && !polity.abandoned;
        return here && w.deed.epoch == polity.epoch && w.starts == polity.starts;
    }

    /// @dev The change that the proposer has open.
    function _openBy(Deed calldata d) private view returns (bytes32) {
        for (uint256 i = 0; i < changes.length; ++i) {
            bool own = _waiting[changes[i]].deed.proposer == d.proposer;
            if (own && _isOpen(d.policy, changes[i])) return changes[i];
        }
        return 0;
    }

    /// @dev Who has to wait after a veto: a proposer, until the next epoch or recovery.
    function _desk(uint256 p, uint256 proposer) private view returns (bytes32) {
        return keccak256(abi.encode(proposer, _polities[p].epoch, _polities[p].starts));
    }

    /// @dev Trustees that differ from those in force, and can serve.
    function _judgeRoster(Verdict memory v, Deed calldata d) private view {
        Polity storage polity = _polities[d.policy];
        TrusteeSettings memory s = RecoveryRosters.settingsOf(d.roster);
        _fault(v, d.roster == polity.roster, IAgentPolicyTrustees.AgentPolicyTrusteesUnchanged.selector);
        if (d.roster == RecoveryRosters.NOBODY) return;
        bool lone = s.adminQuorum < 2;
        _fault(v, lone, IAgentPolicyTrustees.AgentPolicyTrusteeCountsInvalid.selector);
        bool out = s.delay < polity.delay || s.delay > 90 days;
        _fault(v, out, IAgentPolicyTrustees.AgentPolicyRecoveryDelayOutOfRange.selector);
    }

    /// @dev Who is new in this epoch accepts; nobody returns who lost all bits in it.
    function _judgePower(Verdict memory v, Deed calldata d, Power calldata power) private view {
        bool joins = !_isIn(d.policy, power.agent);
        bool removed = !joins && bitsOf(d.policy, power.agent) == 0;
        _fault(v, removed, IAgentPolicyRegistry.AgentPolicyAgentRemoved.selector);
        _fault(v, joins && power.bits == 0, IAgentPolicyRegistry.AgentPolicyAgentUnknown.selector);
        _fault(v, joins && !power.accepted, IAgentPolicyRegistry.AgentPolicyAcceptanceMissing.selector);
        _fault(v, !joins && power.accepted, IAgentPolicyRegistry.AgentPolicyAcceptanceNotNeeded.selector);
    }

    /// @dev What a change does is something, if it must be, and leaves a policy that can act and a recovery that takes
    /// no less than a change.
    function _judgeEffect(Verdict memory v, Deed memory d, uint256 scheduled, bool mustDiffer) private view {
        Polity storage polity = _polities[d.policy];
        uint8[] memory bits = _allBits(d.policy);
        bool differs = d.delay != 0 && d.delay != polity.delay;
        for (uint256 i = 0; i < d.powers.length; ++i) {
            uint256 party = d.powers[i].agent;
            if (_decided[d.policy][party] > scheduled) continue;
            if (bits[party] & POWER != d.powers[i].bits) differs = true;
            bits[party] = (bits[party] & PROVE) | d.powers[i].bits;
        }
        _fault(v, mustDiffer && !differs, IAgentPolicyGovernance.AgentPolicyChangeIdle.selector);
        _judgeSound(v, bits, polity.grantQuorum, polity.adminQuorum, polity.rootSet);
        uint32 delay = d.delay == 0 ? polity.delay : d.delay;
        bool out = delay < 1 hours || delay > 30 days;
        _fault(v, out, IAgentPolicyRegistry.AgentPolicyDelayOutOfRange.selector);
        uint32 recovery = RecoveryRosters.settingsOf(polity.roster).delay;
        bool outrun = recovery != 0 && recovery < delay;
        _fault(v, outrun, IAgentPolicyTrustees.AgentPolicyRecoveryDelayOutOfRange.selector);
    }
}
