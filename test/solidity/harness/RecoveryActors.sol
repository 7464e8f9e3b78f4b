// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Act, Deed, has, size} from "./RecoveryDeeds.sol";
import {RecoveryModel} from "./RecoveryModel.sol";
import {Polity} from "./RecoveryModelState.sol";
import {RecoveryRosters} from "./RecoveryRosters.sol";
import {RecoveryTrusteePapers} from "./RecoveryTrusteePapers.sol";
import {RecoveryWitness} from "./RecoveryWitness.sol";

/// @dev Something signed, as a relayer keeps it.
struct Letter {
    Deed deed;
    bytes call;
}

/// @title RecoveryActors
/// @notice Who acts together, and what becomes of what they sign: the registry refuses it exactly if the model does, for
/// one of the model's reasons.
abstract contract RecoveryActors is RecoveryTrusteePapers {
    error Refused(Act act, bytes reason);
    error Accepted(Act act, bytes4 rule);
    error OtherReason(Act act, bytes reason, bytes4[] rules);

    uint256 private constant LETTERS = 24;

    RecoveryModel public model;
    RecoveryWitness public witness;
    mapping(Act act => uint256) public accepted;
    mapping(bytes4 reason => uint256) public refused;
    mapping(Act act => mapping(bytes4 reason => uint256)) public refusedAs;

    Letter[] internal _letters;
    uint256 private _received;

    /// @dev Writes a deed and sends it; a relayer keeps what is signed.
    function _sendNow(Deed memory d) internal returns (bool) {
        bytes memory call = _write(d);
        if (d.signers | d.trustees | d.rootSigners != 0) _keep(Letter(d, call));
        return _deliver(d, call);
    }

    /// @dev Writes a deed and sends it, unless a relayer holds it back.
    function _send(Deed memory d, uint256 seed) internal returns (bool) {
        if (_pick(seed, "withheld", 10) != 0) return _sendNow(d);
        bytes memory call = _write(d);
        if (d.signers | d.trustees | d.rootSigners != 0) _keep(Letter(d, call));
        return false;
    }

    function _deliver(Deed memory d, bytes memory call) internal returns (bool done) {
        bytes4[] memory rules = model.judge(d);
        bytes memory reason;
        (done, reason) = witness.send(d, call);
        if (done) {
            if (rules.length != 0) revert Accepted(d.act, rules[0]);
            model.play(d);
            ++accepted[d.act];
            return true;
        }
        if (rules.length == 0) revert Refused(d.act, reason);
        for (uint256 i = 0; i < rules.length; ++i) {
            if (bytes4(reason) != rules[i]) continue;
            ++refused[rules[i]];
            ++refusedAs[d.act][rules[i]];
            return false;
        }
        revert OtherReason(d.act, reason, rules);
    }

    /// @dev A deed that names the present numbers.
    function _current(Act act, uint256 p) internal view returns (Deed memory d) {
        Polity memory polity = model.polityOf(p);
        (d.act, d.policy, d.epoch, d.recovery) = (act, p, polity.epoch, polity.recovery);
        (d.set, d.roster, d.deadline) = (polity.set, polity.roster, uint64(_now() + 30 days));
    }

    /// @dev The same, but for one fault now and then.
    function _named(Act act, uint256 p, uint256 seed) internal view returns (Deed memory d) {
        d = _current(act, p);
        if (_pick(seed, "deadline", 2) == 0) d.deadline = uint64(_now() + 1 days);
        uint256 fault = _pick(seed, "fault", 52);
        if (fault == 0) d.epoch = _pick(seed, "early", 2) == 0 ? d.epoch + 1 : d.epoch - 1;
        if (fault == 1) d.roster = _pick(seed, "roster", RecoveryRosters.COUNT);
        if (fault == 2) d.deadline = uint64(_now() - 1);
        if (fault == 3) d.deadline = uint64(_now() + 30 days + 1);
        d.forged = fault == 4;
    }

    /// @dev Trustees sign for another set or recovery, one that was or one to come, now and then.
    function _misname(Deed memory d, uint256 seed) internal pure {
        uint256 fault = _pick(seed, "misnamed", 40);
        if (fault == 0) ++d.set;
        if (fault == 1 && d.set != 0) --d.set;
        if (fault == 2) ++d.recovery;
        if (fault == 3 && d.recovery != 0) --d.recovery;
    }

    /// @dev Adds who signs as an agent, and the nonce of one of them.
    function _signed(Deed memory d, uint256 signers, uint256 seed) internal view {
        d.signers = signers == 0 ? 1 << _pick(seed, "stranger", 8) : signers;
        d.proposer = _oneOf(d.signers, seed);
        d.nonce = model.standingOf(d.policy, d.proposer).nonce;
        uint256 fault = _pick(seed, "frame", 40);
        if (fault == 0) ++d.nonce;
        if (fault == 1) d.proposer = (d.proposer + 1) % 8;
    }

    /// @dev Who acts together as agents: the owner with some of her devices that have a right, a thief with any one key
    /// of the policy, or a stranger.
    function _coalition(uint256 p, uint8 right, uint256 seed) internal view returns (uint256) {
        uint256 roll = _pick(seed, "actor", 16);
        if (roll < 11) return _some(model.holders(p, right | 8), 1 + _pick(seed, "size", 4), seed);
        if (roll < 14) return _some(model.holders(p, 8), 1, seed);
        if (roll < 15) return _some(model.holders(p, 15), 1, seed);
        return 1 << _pick(seed, "stranger", RecoveryRosters.PARTIES);
    }

    /// @dev Who acts together as trustees: as many as a quorum, one fewer, or one more, of those in force who may; some
    /// who may not or are none among them now and then.
    function _circle(uint256 p, uint8 capability, uint256 quorum, uint256 seed) internal view returns (uint256 set) {
        uint256 roll = _pick(seed, "circle", 8);
        if (roll < 2 && quorum > 1) --quorum;
        if (roll == 2) ++quorum;
        uint256 roster = model.polityOf(p).roster;
        bool any = _pick(seed, "unable", 10) == 0;
        set = any ? RecoveryRosters.membersOf(roster) : RecoveryRosters.ableOf(roster, capability);
        set = _some(set, quorum, seed);
        if (_pick(seed, "intruder", 24) == 0) set |= 1 << _pick(seed, "who", RecoveryRosters.PARTIES);
    }

    /// @dev At most so many of a set, at least one if there is one, from a random place on.
    function _some(uint256 set, uint256 most, uint256 seed) internal pure returns (uint256 some) {
        uint256 place = _pick(seed, "from", RecoveryRosters.PARTIES);
        for (uint256 i = 0; i < RecoveryRosters.PARTIES && most != 0; ++i) {
            uint256 party = (place + i) % RecoveryRosters.PARTIES;
            if (!has(set, party)) continue;
            // gaps, as long as enough are left
            bool spare = size(set) > most;
            set &= ~(1 << party);
            if (spare && _pick(seed, string(abi.encode("gap", i)), 3) == 0) continue;
            some |= 1 << party;
            --most;
        }
    }

    /// @dev One of a set that is not empty.
    function _oneOf(uint256 set, uint256 seed) internal pure returns (uint256 party) {
        uint256 left = 1 + _pick(seed, "one", size(set));
        while (true) {
            if (has(set, party) && --left == 0) return party;
            ++party;
        }
    }

    /// @dev The time. The compiler takes `block.timestamp` to be one in all of a call, which a warp makes wrong.
    function _now() internal view returns (uint256) {
        return vm.getBlockTimestamp();
    }

    function _pick(uint256 seed, string memory salt, uint256 below) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, salt))) % below;
    }

    function _keep(Letter memory letter) private {
        uint256 place = _received++;
        if (place < LETTERS) _letters.push(letter);
        else _letters[uint256(keccak256(abi.encode(place))) % LETTERS] = letter;
    }
}
