// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentPolicy} from "../../../contracts/interfaces/IAgentPolicy.sol";
import {IAgentPolicyRegistry} from "../../../contracts/interfaces/IAgentPolicyRegistry.sol";
import {KeyId} from "../../../contracts/types/KeyId.sol";
import {PolicyId} from "../../../contracts/types/PolicyId.sol";
import {Act, Deed, size} from "./RecoveryDeeds.sol";
import {RecoveryRosters} from "./RecoveryRosters.sol";
import {RecoverySight, Sight} from "./RecoverySight.sol";
import {Backing, RecoveryTally} from "./RecoveryTally.sol";

/// @dev What it saw of a change. `starts`: how many recoveries had begun.
struct Seen {
    Deed deed;
    uint256 time;
    uint256 wait;
    uint256 starts;
    uint32 set;
    bool over;
}

/// @title RecoveryWitness
/// @notice Sends every deed and demands a good reason for whatever it changes: who really signed, for which set and
/// recovery, and for how long they stood by it. It knows views and signatures, and nothing of the model.
contract RecoveryWitness is RecoveryTally {
    mapping(bytes32 id => Seen) private _seen;

    constructor(
        IAgentPolicy registry,
        PolicyId[POLICIES] memory policies,
        KeyId[] memory ids,
        uint256[] memory order
    ) RecoverySight(registry, policies, ids, order) {}

    /// @notice Sends a deed, and reverts if it changes what it should not.
    function send(Deed calldata d, bytes calldata call) external returns (bool done, bytes memory reason) {
        Sight[POLICIES] memory a;
        for (uint256 p = 0; p < POLICIES; ++p) a[p] = look(p);
        (done, reason) = address(_REGISTRY).call(call);
        for (uint256 p = 0; p < POLICIES; ++p) {
            Sight memory b = look(p);
            if (!done || p != d.policy) {
                bool same = keccak256(abi.encode(a[p])) == keccak256(abi.encode(b));
                if (!same) revert Unexplained("nobody touched it", d.act, p);
                continue;
            }
            if (d.act == Act.Vote) _noteVote(d);
            _explainEpoch(d, a[p], b);
            _explainRecovery(d, a[p], b);
            _explainTrustees(d, a[p], b);
            _explainPower(d, a[p], b);
            _explainProof(d, a[p], b);
            _explainFreeze(d, b);
            _note(d, a[p]);
        }
    }

    /// @dev An epoch ends by root keys or by a quorum of trustees that stood by it for the whole delay.
    function _explainEpoch(Deed calldata d, Sight memory a, Sight memory b) private view {
        if (b.head.epoch == a.head.epoch) {
            _claim(d.act != Act.Rotate && d.act != Act.Recover, "an epoch that goes on", d);
            return;
        }
        _claim(b.head.epoch == a.head.epoch + 1, "an epoch skipped", d);
        if (d.act == Act.Rotate) {
            _claim(d.rootSigners >= 2 && !d.forged, "root keys below their quorum", d);
            return;
        }
        _claim(d.act == Act.Recover, "an epoch that ends", d);
        _claim(_isRightful(d, a), "a recovery without its quorum", d);
    }

    /// @dev Trustees change by a change that waited as long as a recovery of those whom it replaces, who began none
    /// since.
    function _explainTrustees(Deed calldata d, Sight memory a, Sight memory b) private {
        if (a.trustees.number == b.trustees.number) {
            _claim(a.trustees.settings == b.trustees.settings, "other trustees of one number", d);
            return;
        }
        _claim(b.trustees.number == a.trustees.number + 1, "set number", d);
        _claim(d.act == Act.Execute && _isRipe(d, a), "trustees replaced", d);
        Seen storage seen = _seen[d.id];
        uint32 delay = RecoveryRosters.settingsOf(rosters[d.policy][a.trustees.number]).delay;
        _claim(seen.deed.act == Act.ScheduleTrustees && seen.set == a.trustees.number, "another set replaced", d);
        _claim(block.timestamp >= seen.time + delay, "trustees replaced in haste", d);
        rosters[d.policy][b.trustees.number] = seen.deed.roster;
    }

    /// @dev A change takes effect behind which today's quorum stands, that waited, and that no recovery ended.
    function _isRipe(Deed calldata d, Sight memory a) private view returns (bool) {
        Seen storage seen = _seen[d.id];
        bool here = seen.deed.policy == d.policy && seen.deed.epoch == a.head.epoch && !seen.over;
        bool waited = seen.time != 0 && block.timestamp >= seen.time + seen.wait;
        bool backed = size(seen.deed.signers & _holders(a, 8)) >= a.settings.adminQuorum;
        return here && waited && backed && seen.starts == starts[d.policy];
    }

    /// @dev Power changes by rotation, recovery or a ripe change, to exactly what each names.
    function _explainPower(Deed calldata d, Sight memory a, Sight memory b) private view {
        uint8[] memory expected = new uint8[](PARTIES);
        for (uint256 i = 0; i < PARTIES; ++i) expected[i] = a.bits[i] & 14;
        if (d.act == Act.Rotate) _expect(expected, d, true);
        if (d.act == Act.Recover) _expect(expected, _backings[a.recovery.proposal].deed, true);
        bool ends = b.head.abandoned && !a.head.abandoned;
        if (d.act == Act.Execute) {
            _claim(_isRipe(d, a), "a change out of time", d);
            _claim(ends == _seen[d.id].deed.abandon, "abandonment", d);
            if (ends) expected = new uint8[](PARTIES);
            else _expect(expected, _seen[d.id].deed, false);
        } else {
            _claim(!ends, "an end", d);
        }
        for (uint256 i = 0; i < PARTIES; ++i) {
            bool kept = d.act == Act.Execute && b.bits[i] & 14 == a.bits[i] & 14 && !ends;
            _claim(kept || b.bits[i] & 14 == expected[i], "power", d);
        }
        bool same = keccak256(abi.encode(a.settings)) == keccak256(abi.encode(b.settings));
        bool ruled = d.act == Act.Rotate || d.act == Act.Recover || d.act == Act.Execute;
        _claim(same || ruled, "settings", d);
        bool timed = a.settings.delay == b.settings.delay && a.settings.window == b.settings.window;
        _claim(timed || d.act == Act.Execute, "times", d);
        if (d.act != Act.Recover && d.act != Act.Rotate) return;
        Deed memory named = d;
        if (d.act == Act.Recover) named = _backings[a.recovery.proposal].deed;
        bool set = b.settings.grantQuorum == named.grantQuorum && b.settings.adminQuorum == named.adminQuorum;
        _claim(set && b.settings.rootCommitment == named.nextCommitment, "rules of a new epoch", d);
    }

    function _expect(uint8[] memory expected, Deed memory d, bool all) private pure {
        if (all) for (uint256 i = 0; i < PARTIES; ++i) expected[i] = 0;
        for (uint256 i = 0; i < d.powers.length; ++i) expected[d.powers[i].agent] = d.powers[i].bits;
    }

    /// @dev Who proves was granted it by enough, and who does not any more has its bit set.
    function _explainProof(Deed calldata d, Sight memory a, Sight memory b) private view {
        uint256 gain = _holders(b, 1) & ~_holders(a, 1);
        if (gain != 0) {
            uint256 granting = size(d.signers & _holders(a, 10));
            if (d.act == Act.GrantWithTrustees) {
                uint256 roster = rosters[d.policy][a.trustees.number];
                uint256 able = RecoveryRosters.ableOf(roster, RecoveryRosters.PROVISION) & ~d.signers;
                bool distinct = d.trustees & ~able == 0 && d.set == a.trustees.number;
                _claim(distinct && size(d.trustees) >= RecoveryRosters.settingsOf(roster).provisionQuorum, "vouch", d);
                _claim(granting != 0, "vouchers alone", d);
                ++granting;
            } else {
                _claim(d.act == Act.Grant, "gain of PROVE", d);
            }
            _claim(granting >= a.settings.grantQuorum && !d.forged, "grant quorum", d);
        }
        if (_holders(a, 1) & ~_holders(b, 1) != 0) {
            bool ended = b.head.epoch != a.head.epoch || b.head.abandoned;
            bool one = d.act == Act.Revoke && d.signers & _holders(a, 12) != 0;
            _claim(ended || one || (d.act == Act.RevokeByTrustees && _isRevocation(d, a)), "loss of PROVE", d);
        }
        if (d.act == Act.Recover) _claim(b.leaves.length == 0 && _holders(b, 1) == 0, "provers of an old epoch", d);
        for (uint256 i = 0; i < a.leaves.length; ++i) {
            bool lives = false;
            for (uint256 j = 0; j < b.leaves.length; ++j) {
                if (keccak256(abi.encode(a.leaves[i])) == keccak256(abi.encode(b.leaves[j]))) lives = true;
            }
            _claim(lives != _isSet(a.leaves[i]), "a bit", d);
        }
    }

    function _isRevocation(Deed calldata d, Sight memory a) private view returns (bool) {
        uint256 roster = rosters[d.policy][a.trustees.number];
        uint256 able = RecoveryRosters.ableOf(roster, RecoveryRosters.REVOKE);
        bool theirs = d.trustees & ~able == 0 && d.set == a.trustees.number;
        uint8 quorum = RecoveryRosters.settingsOf(roster).revokeQuorum;
        return theirs && quorum != 0 && size(d.trustees) >= quorum && !d.forged;
    }

    /// @dev Grants are refused for a recovery exactly while one runs, and for nothing else.
    function _explainFreeze(Deed calldata d, Sight memory b) private view {
        if (b.head.abandoned) return;
        bytes4 answer = _tryGrant(d.policy, b, 0);
        bool runs = b.recovery.proposal != 0;
        if (runs) {
            Backing storage backing = _backings[b.recovery.proposal];
            uint8 quorum = RecoveryRosters.settingsOf(rosters[d.policy][b.trustees.number]).adminQuorum;
            bool here = backing.deed.set == b.trustees.number && backing.deed.recovery == b.recovery.number;
            _claim(here && size(backing.behind) >= quorum, "frozen by a minority", d);
        }
        _claim(answer == (runs ? IAgentPolicyRegistry.AgentPolicyRecovering.selector : bytes4(0)), "freeze", d);
    }

    function _note(Deed calldata d, Sight memory a) private {
        if (d.act == Act.Propose) {
            proposals.push(d.id);
            _backings[d.id].deed = d;
        }
        if (d.act == Act.Schedule || d.act == Act.ScheduleTrustees) {
            Seen storage seen = _seen[d.id];
            (seen.deed, seen.time, seen.wait) = (d, block.timestamp, a.settings.delay);
            (seen.starts, seen.set) = (starts[d.policy], a.trustees.number);
        }
        if (d.act == Act.Execute || d.act == Act.Veto || d.act == Act.ClearChange) _seen[d.id].over = true;
    }
}
