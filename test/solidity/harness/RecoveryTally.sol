// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TrusteeSettings} from "../../../contracts/types/TrusteeSettings.sol";
import {Act, Deed, has, size} from "./RecoveryDeeds.sol";
import {RecoveryRosters} from "./RecoveryRosters.sol";
import {RecoverySight, Sight} from "./RecoverySight.sol";

/// @dev What the witness saw of a proposal. `behind`: the trustees whose last vote it is; `since`: from when on they
/// are a quorum, 0 while they are not.
struct Backing {
    Deed deed;
    uint256 behind;
    uint256 since;
}

/// @title RecoveryTally
/// @notice Keeps account of the votes that were signed, and of what recoveries follow from them.
abstract contract RecoveryTally is RecoverySight {
    error Unexplained(string what, Act act, uint256 policy);

    bytes32[] public proposals;
    mapping(bytes32 id => Backing) internal _backings;
    mapping(uint256 policy => mapping(uint64 recovery => mapping(uint256 party => bytes32 id))) private _votes;
    mapping(uint256 policy => mapping(uint64 recovery => mapping(uint256 party => uint32 sequence))) private _sequences;
    mapping(uint256 policy => mapping(uint32 set => uint256 roster)) public rosters;
    mapping(uint256 policy => mapping(uint32 set => uint256 count)) public refusals;
    mapping(uint256 policy => uint256 count) public starts;
    mapping(uint256 policy => uint256 time) private _started;

    function backingOf(bytes32 id) external view returns (Backing memory) {
        return _backings[id];
    }

    function proposalCount() external view returns (uint256) {
        return proposals.length;
    }

    function voteOf(uint256 p, uint64 recovery, uint256 party) external view returns (bytes32 id, uint32 sequence) {
        return (_votes[p][recovery][party], _sequences[p][recovery][party]);
    }

    /// @dev Numbers do not fall, and what runs ends by execution, its trustees, its time, root keys once, or ADMINs
    /// together with trustees.
    function _explainRecovery(Deed calldata d, Sight memory a, Sight memory b) internal {
        (bytes32 was, bytes32 is_) = (a.recovery.proposal, b.recovery.proposal);
        bool closes = b.recovery.number != a.recovery.number;
        _claim(!closes || b.recovery.number == a.recovery.number + 1, "recovery number", d);
        _claim(!closes || (was != 0 && is_ == 0), "a number used by nothing", d);
        TrusteeSettings memory s = RecoveryRosters.settingsOf(rosters[d.policy][a.trustees.number]);
        bool refuses = b.recovery.refused && !a.recovery.refused;
        if (refuses) _claim(d.act == Act.Rotate && ++refusals[d.policy][a.trustees.number] == 1, "refused twice", d);
        if (closes && d.act != Act.Recover) {
            bool late = block.timestamp > _started[d.policy] + s.delay + s.window;
            bool cleared = d.act == Act.ClearRecovery && late;
            bool cancelled = d.act == Act.Cancel && _isCancellation(d, a, s);
            _claim(cleared || cancelled || (d.act == Act.Rotate && (refuses || late)), "a recovery that ends", d);
        }
        bool decided = d.act == Act.Vote && d.id != 0 && size(_backings[d.id].behind) >= s.adminQuorum;
        _claim(!decided || is_ != 0, "a quorum that starts nothing", d);
        if (was == is_ || closes) return;
        _claim(d.act == Act.Vote, "a recovery that starts or stops", d);
        if (was != 0) _claim(size(_backings[was].behind) < s.adminQuorum, "a quorum stopped", d);
        if (is_ == 0) return;
        _claim(size(_backings[is_].behind) >= s.adminQuorum, "a minority started", d);
        ++starts[d.policy];
        _started[d.policy] = block.timestamp;
        _claim(b.recovery.earliest == block.timestamp + s.delay, "earliest", d);
        _claim(b.recovery.latest == b.recovery.earliest + s.window, "latest", d);
        _claim(_REGISTRY.pendingChangesOf(_policies[d.policy]).length == 0, "changes that go on", d);
    }

    function _isCancellation(Deed calldata d, Sight memory a, TrusteeSettings memory s) private view returns (bool) {
        uint256 admins = _holders(a, 8);
        bool most = 2 * size(d.signers & admins) > size(admins) && !d.forged;
        uint256 roster = rosters[d.policy][a.trustees.number];
        uint256 able = size(d.trustees & RecoveryRosters.ableOf(roster, RecoveryRosters.ADMIN));
        bool here = d.set == a.trustees.number && d.recovery == a.recovery.number && d.id == a.recovery.proposal;
        bool torn = d.trustees & _backings[d.id].behind != 0;
        return most && here && !torn && able >= 1 && able + s.adminQuorum >= s.adminCount;
    }

    /// @dev What runs is what distinct trustees of this set voted for in this recovery, and did for its whole delay.
    function _isRightful(Deed calldata d, Sight memory a) internal view returns (bool) {
        Backing storage backing = _backings[a.recovery.proposal];
        TrusteeSettings memory s = RecoveryRosters.settingsOf(rosters[d.policy][a.trustees.number]);
        bool here = backing.deed.policy == d.policy && backing.deed.set == a.trustees.number;
        bool now_ = backing.deed.recovery == a.recovery.number && size(backing.behind) >= s.adminQuorum;
        bool waited = backing.since != 0 && block.timestamp >= backing.since + s.delay;
        return here && now_ && waited && s.adminQuorum >= 2;
    }

    /// @dev Moves a vote from one proposal to another.
    function _noteVote(Deed calldata d) internal {
        uint256 party = 0;
        while (!has(d.trustees, party)) ++party;
        uint32 set = _REGISTRY.trusteeSetOf(_policies[d.policy]).number;
        uint256 roster = rosters[d.policy][set];
        bool able = RecoveryRosters.capabilitiesOf(roster, party) & 8 != 0 && d.set == set && !d.forged;
        _claim(able, "a vote of nobody", d);
        bytes32 former = _votes[d.policy][d.recovery][party];
        _claim(d.sequence > _sequences[d.policy][d.recovery][party], "sequence", d);
        _votes[d.policy][d.recovery][party] = d.id;
        _sequences[d.policy][d.recovery][party] = d.sequence;
        uint8 quorum = RecoveryRosters.settingsOf(roster).adminQuorum;
        if (former != 0) _back(_backings[former], _backings[former].behind & ~(1 << party), quorum);
        if (d.id != 0) _back(_backings[d.id], _backings[d.id].behind | (1 << party), quorum);
    }

    function _back(Backing storage backing, uint256 behind, uint8 quorum) private {
        backing.behind = behind;
        if (size(behind) < quorum) backing.since = 0;
        else if (backing.since == 0) backing.since = block.timestamp;
    }

    function _claim(bool holds, string memory what, Deed calldata d) internal pure {
        if (!holds) revert Unexplained(what, d.act, d.policy);
    }
}
