// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Power} from "./PolicyDeeds.sol";
import {Act, Deed, size} from "./RecoveryDeeds.sol";
import {Waiting} from "./RecoveryModelChanges.sol";
import {Polity} from "./RecoveryModelState.sol";
import {RecoveryRosters} from "./RecoveryRosters.sol";
import {RecoveryTrustees} from "./RecoveryTrustees.sol";

/// @title RecoveryAdmins
/// @notice What holders of agents' keys and of root keys do, whether they own or stole them.
abstract contract RecoveryAdmins is RecoveryTrustees {
    /// @notice Other trustees are to come, the owner's or a thief's.
    function scheduleTrustees(uint256 seed) public {
        uint256 p = _policy(seed);
        Deed memory d = _named(Act.ScheduleTrustees, p, seed);
        _signed(d, _schedulers(p, seed), seed);
        d.roster = _pick(seed, "roster", RecoveryRosters.COUNT);
        // nobody, and what no policy takes, now and then
        if ((d.roster == 0 || d.roster > 4) && _pick(seed, "odd", 3) != 0) d.roster = 1 + _pick(seed, "sane", 4);
        _send(d, seed);
    }

    /// @notice Power for somebody, another delay, or the end.
    function schedule(uint256 seed) public {
        uint256 p = _policy(seed);
        Deed memory d = _named(Act.Schedule, p, seed);
        _signed(d, _schedulers(p, seed), seed);
        uint256 roll = _pick(seed, "what", 8);
        d.abandon = roll == 0;
        if (roll == 1 || roll == 2) d.delay = _delay(p, seed);
        if (roll > 2) {
            d.powers = new Power[](1 + _pick(seed, "two", 2));
            uint256 set = _some((1 << RecoveryRosters.PARTIES) - 1, d.powers.length, seed);
            for (uint256 i = 0; i < d.powers.length; ++i) {
                uint256 party = _oneOf(set, seed);
                set &= ~(1 << party);
                bool joins = model.standingOf(p, party).epoch != d.epoch;
                uint8 bits = uint8(_pick(seed, i == 0 ? "bits" : "other bits", 8) * 2);
                d.powers[i] = Power(party, bits, joins != (_pick(seed, "acceptance", 40) == 0));
            }
        }
        _send(d, seed);
    }

    /// @notice All ADMINs agree on other trustees and on another delay, which comes first.
    function overtake(uint256 seed) external {
        uint256 p = _policy(seed);
        uint256 admins = model.holders(p, 8);
        if (size(admins) < 2 || _racing) return;
        Deed memory slow = _current(Act.ScheduleTrustees, p);
        (slow.signers, slow.proposer) = (admins, _oneOf(admins, seed));
        slow.nonce = model.standingOf(p, slow.proposer).nonce;
        slow.roster = 1 + _pick(seed, "roster", 4);
        _sendNow(slow);
        Deed memory fast = _current(Act.Schedule, p);
        (fast.signers, fast.proposer) = (admins, _oneOf(admins & ~(1 << slow.proposer), seed));
        fast.nonce = model.standingOf(p, fast.proposer).nonce;
        fast.delay = RecoveryRosters.settingsOf(slow.roster).delay;
        if (_pick(seed, "longer", 3) != 0) fast.delay += 1 hours;
        _sendNow(fast);
        _executeInTime(p, fast.id);
        _executeInTime(p, slow.id);
    }

    /// @notice A change is executed or cleared by anyone, often at the right time, or vetoed by an ADMIN.
    function settle(uint256 seed) public {
        uint256 p = _policy(seed);
        bytes32 id = _someChange(p, seed);
        if (id == 0) return;
        Waiting memory w = model.waitingOf(id);
        uint256 roll = _pick(seed, "time", 12);
        Deed memory d = _named(Act.Execute, p, seed);
        d.id = id;
        // the end of a policy is the end of a run
        if (w.deed.abandon && _pick(seed, "mercy", 2) != 0) roll = 7 + (roll % 5);
        if (roll < 4) _reach(w.earliest);
        if (roll == 4) _reach(w.earliest - 1);
        if (roll == 5) _reach(w.latest);
        if (roll == 6 || roll == 7) _reach(w.latest + 1);
        if (roll == 7 || roll == 8) d.act = Act.ClearChange;
        if (roll > 8) {
            d.act = Act.Veto;
            _signed(d, _some(_coalition(p, 8, seed), 1, seed), seed);
            d.signers = 1 << d.proposer;
        }
        _send(d, seed);
    }

    /// @notice Root keys replace all power, the owner's or stolen ones, enough or not.
    function rotate(uint256 seed) public {
        if (_pick(seed, "rarely", 2) == 0) return;
        uint256 p = _policy(seed);
        Polity memory polity = model.polityOf(p);
        // over what nobody cleared, now and then
        if (polity.running != 0 && _pick(seed, "stale", 4) == 0) _reach(polity.latest + 1);
        Deed memory d = _named(Act.Rotate, p, seed);
        d.rootSet = _pick(seed, "strange", 16) == 0 ? 9999 : polity.rootSet;
        d.rootSigners = _pick(seed, "one", 6) == 0 ? 1 : 2 + _pick(seed, "all", 2);
        d.targets = _some(model.holders(p, 1), _pick(seed, "survivors", 3), seed);
        _newPower(d, seed);
        _spoil(d, seed);
        if (_pick(seed, "reused", 16) == 0) d.nextRoot = polity.rootSet;
        _send(d, seed);
    }

    /// @notice Agents grant PROVE, replace their own commitment, or take PROVE from somebody.
    function agents(uint256 seed) public {
        uint256 p = _policy(seed);
        uint256 roll = _pick(seed, "what", 3);
        if (roll == 0) {
            _send(_granting(Act.Grant, p, seed), seed);
            return;
        }
        Deed memory d = _named(roll == 1 ? Act.Renew : Act.Revoke, p, seed);
        uint256 some = model.holders(p, roll == 1 ? 1 : 12);
        _signed(d, _pick(seed, "able", 4) == 0 ? _coalition(p, 1, seed) : _some(some, 1, seed), seed);
        // one agent's own operation has no other proposer
        if (roll == 1 && d.signers != 1 << d.proposer) d.proposer = _oneOf(d.signers, seed);
        if (roll == 1) d.signers = 1 << d.proposer;
        d.commitment = ++_fresh;
        uint256 prover = model.holders(p, 1);
        d.targets = prover == 0 || _pick(seed, "other", 6) == 0 ? 1 << _pick(seed, "who", 15) : _some(prover, 1, seed);
        _send(d, seed);
    }

    function _executeInTime(uint256 p, bytes32 id) private {
        _reach(model.waitingOf(id).earliest);
        Deed memory d = _current(Act.Execute, p);
        d.id = id;
        _sendNow(d);
    }

    /// @dev Mostly enough ADMINs to schedule.
    function _schedulers(uint256 p, uint256 seed) private view returns (uint256) {
        if (_pick(seed, "enough", 3) == 0) return _coalition(p, 8, seed);
        return _some(model.holders(p, 8), model.polityOf(p).adminQuorum, seed);
    }

    /// @dev A delay of changes, now and then a forbidden one, or one longer than a recovery takes by these trustees or
    /// others.
    function _delay(uint256 p, uint256 seed) private view returns (uint32) {
        uint256 roll = _pick(seed, "delay", 8);
        if (roll == 0) return 31 days;
        if (roll == 1) return RecoveryRosters.settingsOf(model.polityOf(p).roster).delay + 1 hours;
        if (roll < 4) return uint32((1 + _pick(seed, "hours", 100)) * 1 hours);
        return RecoveryRosters.settingsOf(1 + _pick(seed, "whose", 4)).delay + 1 hours;
    }

    /// @dev Mostly a change that waits, the first that is due or another; now and then one that did.
    function _someChange(uint256 p, uint256 seed) private view returns (bytes32) {
        bytes32[] memory open = model.openOf(p);
        if (open.length != 0 && _pick(seed, "due", 2) == 0) {
            bytes32 first = open[0];
            for (uint256 i = 1; i < open.length; ++i) {
                if (model.waitingOf(open[i]).earliest < model.waitingOf(first).earliest) first = open[i];
            }
            return first;
        }
        if (open.length != 0 && _pick(seed, "closed", 10) != 0) return open[_pick(seed, "change", open.length)];
        uint256 total = model.changeCount();
        return total == 0 ? bytes32(0) : model.changes(_pick(seed, "any change", total));
    }
}
