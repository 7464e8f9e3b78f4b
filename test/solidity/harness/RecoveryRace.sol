// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Act, Deed, has} from "./RecoveryDeeds.sol";
import {Polity} from "./RecoveryModelState.sol";
import {RecoveryRelayer} from "./RecoveryRelayer.sol";
import {RecoveryRosters} from "./RecoveryRosters.sol";

/// @title RecoveryRace
/// @notice A quorum of trustees who persist against a thief who holds every ADMIN key, every root key that comes into
/// force, and as many trustees as cannot cancel with them.
abstract contract RecoveryRace is RecoveryRelayer {
    error Slower(uint256 time);
    error Lost(uint32 set);

    uint256 private constant PACE = 60 hours;

    /// @notice How many recoveries the thief ended in races.
    uint256 public setbacks;

    /// @notice Runs a race; returns how long the trustees took.
    function race(uint256 seed) external returns (uint256 time) {
        _racing = true;
        Polity memory polity = model.polityOf(0);
        uint32 set = polity.set;
        uint256 delay = RecoveryRosters.settingsOf(polity.roster).delay;
        uint256 quorum = RecoveryRosters.settingsOf(polity.roster).adminQuorum;
        uint256 able = RecoveryRosters.ableOf(polity.roster, RecoveryRosters.ADMIN);
        uint256 loyal = _some(able, quorum, seed);
        uint256 traitor = _some(able & ~loyal, 1, seed);
        // what the thief began before the trustees did, though not so long before that trustees of his are in force
        for (uint256 i = 0; i < 4; ++i) {
            _trick(traitor, uint256(keccak256(abi.encode(seed, "before", i))));
            vm.warp(_now() + _pick(seed, string(abi.encode("rest", i)), delay / 4));
        }
        uint256 began = _now();
        for (uint256 i = 0; ; ++i) {
            uint256 own = uint256(keccak256(abi.encode(seed, i)));
            uint64 former = model.polityOf(0).recovery;
            _trick(traitor, own);
            polity = model.polityOf(0);
            if (polity.recovery != former) ++setbacks;
            if (polity.running == 0) _persist(loyal, own);
            polity = model.polityOf(0);
            if (_now() >= polity.earliest) break;
            uint256 next = _now() + 1 hours + _pick(own, "pace", PACE);
            vm.warp(next > polity.earliest ? polity.earliest : next);
        }
        time = _now() - began;
        Deed memory d;
        d.act = Act.Recover;
        if (!_deliver(d, _write(d)) || time > 2 * delay) revert Slower(time);
        if (model.polityOf(0).set != set) revert Lost(set);
        _racing = false;
    }

    /// @dev The trustees vote again, for a proposal that still takes votes or for a new one.
    function _persist(uint256 loyal, uint256 seed) private {
        bytes32 id = model.castOf(0, _oneOf(loyal, 0)).proposal;
        Deed memory d = _current(Act.Vote, 0);
        if (id == 0) {
            (d.act, d.trustees) = (Act.Propose, 1 << _oneOf(loyal, 0));
            _newPower(d, seed);
            (d.grantQuorum, d.adminQuorum) = (1, 1);
            _sendNow(d);
            id = d.id;
        }
        d.act = Act.Vote;
        for (uint256 party = 0; loyal >> party != 0; ++party) {
            if (!has(loyal, party)) continue;
            (d.trustees, d.id, d.sequence) = (1 << party, id, model.castOf(0, party).sequence + 1);
            _sendNow(d);
        }
    }

    /// @dev One deed of the thief's.
    function _trick(uint256 traitor, uint256 seed) private {
        uint256 roll = _pick(seed, "trick", 16);
        if (roll < 3) rotate(seed);
        else if (roll < 5) scheduleTrustees(seed);
        else if (roll < 7) schedule(seed);
        else if (roll < 9) settle(seed);
        else if (roll < 10) agents(seed);
        else if (roll < 12) _plot(traitor, seed);
        else if (roll < 14) _cancelWith(traitor, seed);
        else relay(seed);
    }

    /// @dev The traitor votes for what runs, for a proposal of its own, or for nothing.
    function _plot(uint256 traitor, uint256 seed) private {
        Deed memory d = _named(Act.Vote, 0, seed);
        d.trustees = traitor;
        uint256 roll = _pick(seed, "plot", 3);
        if (roll == 0) {
            d.act = Act.Propose;
            _newPower(d, seed);
        } else {
            if (roll == 1) d.id = model.polityOf(0).running;
            d.sequence = model.castOf(0, _oneOf(traitor, 0)).sequence + 1;
        }
        _sendNow(d);
    }

    /// @dev All ADMINs and the traitor try to end what runs.
    function _cancelWith(uint256 traitor, uint256 seed) private {
        Deed memory d = _named(Act.Cancel, 0, seed);
        (d.id, d.trustees, d.signers) = (model.polityOf(0).running, traitor, model.holders(0, 8));
        _sendNow(d);
    }
}
