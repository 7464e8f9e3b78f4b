// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Power} from "./PolicyDeeds.sol";
import {Act, Deed, has, size} from "./RecoveryDeeds.sol";
import {RecoveryActors} from "./RecoveryActors.sol";
import {Polity} from "./RecoveryModelState.sol";
import {RecoveryRosters} from "./RecoveryRosters.sol";

/// @title RecoveryTrustees
/// @notice What trustees do, few or many of them, and what anyone may do when the time of a recovery has come.
abstract contract RecoveryTrustees is RecoveryActors {
    uint256 internal _rootSets = 100;
    uint256 internal _fresh = 1000;
    bool internal _racing;

    /// @notice A trustee proposes anybody.
    function propose(uint256 seed) public {
        uint256 p = _policy(seed);
        Deed memory d = _named(Act.Propose, p, seed);
        _misname(d, seed);
        d.trustees = _some(_circle(p, RecoveryRosters.ADMIN, 1, seed), 1, seed);
        if (d.trustees == 0) d.trustees = 1 << _pick(seed, "nobody", RecoveryRosters.PARTIES);
        _newPower(d, seed);
        _spoil(d, seed);
        _send(d, seed);
    }

    /// @notice Trustees vote, one after the other: for one proposal, or for nothing.
    function vote(uint256 seed) external {
        uint256 p = _policy(seed);
        bytes32[] memory open = model.openProposals(p);
        if (open.length == 0) {
            propose(seed);
            open = model.openProposals(p);
        }
        bytes32 id = _choice(p, open, seed);
        uint256 quorum = RecoveryRosters.settingsOf(model.polityOf(p).roster).adminQuorum;
        uint256 set = _circle(p, RecoveryRosters.ADMIN, quorum == 0 ? 1 : quorum, seed);
        for (uint256 party = 0; set >> party != 0; ++party) {
            if (!has(set, party)) continue;
            bool idle = model.castOf(p, party).proposal == id;
            if (!idle || _pick(seed, "idle", 12) == 0) _voteOf(p, party, id, seed);
        }
    }

    /// @notice As many trustees as a quorum agree on the newest proposal.
    function agree(uint256 seed) external {
        uint256 p = _policy(seed);
        Polity memory polity = model.polityOf(p);
        if (model.openProposals(p).length == 0) propose(seed);
        bytes32[] memory open = model.openProposals(p);
        if (open.length == 0) return;
        uint256 set = _some(
            RecoveryRosters.ableOf(polity.roster, RecoveryRosters.ADMIN),
            RecoveryRosters.settingsOf(polity.roster).adminQuorum,
            seed
        );
        for (uint256 party = 0; set >> party != 0; ++party) {
            if (!has(set, party) || model.castOf(p, party).proposal == open[0]) continue;
            Deed memory d = _current(Act.Vote, p);
            (d.id, d.trustees, d.sequence) = (open[0], 1 << party, model.castOf(p, party).sequence + 1);
            _sendNow(d);
        }
    }

    /// @notice A recovery is executed or cleared, by anyone and often at the right time.
    function finish(uint256 seed) public {
        uint256 p = _policy(seed);
        Polity memory polity = model.polityOf(p);
        uint256 roll = _pick(seed, "time", 10);
        Deed memory d = _named(Act.Recover, p, seed);
        if (polity.running != 0) {
            if (roll < 4) _reach(polity.earliest);
            if (roll == 4) _reach(polity.earliest - 1);
            if (roll == 5) _reach(polity.latest);
            if (roll == 6 || roll == 7) _reach(polity.latest + 1);
        }
        if (roll == 7 || roll == 8) d.act = Act.ClearRecovery;
        _send(d, seed);
        if (roll == 6) {
            d.act = Act.ClearRecovery;
            _send(d, seed);
        }
    }

    /// @notice ADMINs and trustees cancel what runs, or what does not.
    function cancel(uint256 seed) external {
        uint256 p = _policy(seed);
        Polity memory polity = model.polityOf(p);
        Deed memory d = _named(Act.Cancel, p, seed);
        _misname(d, seed);
        if (d.set != 0 && _pick(seed, "of another set", 8) == 0) --d.set;
        d.id = polity.running;
        if (_pick(seed, "other", 24) == 0) d.id = bytes32(uint256(1));
        uint256 admins = model.holders(p, 8);
        d.signers = _pick(seed, "most", 4) == 0 ? _coalition(p, 8, seed) : _some(admins, size(admins) / 2 + 1, seed);
        uint256 counted = RecoveryRosters.settingsOf(polity.roster).adminCount;
        uint256 quorum = RecoveryRosters.settingsOf(polity.roster).adminQuorum;
        d.trustees = _circle(p, RecoveryRosters.ADMIN, counted == quorum ? 1 : counted - quorum, seed);
        // who votes for it cannot be among them
        uint256 others = RecoveryRosters.ableOf(polity.roster, RecoveryRosters.ADMIN) & ~model.votersFor(d.id);
        if (_pick(seed, "torn", 6) != 0) d.trustees = _some(others, counted == quorum ? 1 : counted - quorum, seed);
        d.twice = d.trustees != 0 && _pick(seed, "twice", 12) == 0;
        if (polity.running != 0 || _pick(seed, "idle", 4) == 0) _send(d, seed);
    }

    /// @notice Trustees take PROVE from agents.
    function revokeByTrustees(uint256 seed) external {
        uint256 p = _policy(seed);
        Polity memory polity = model.polityOf(p);
        Deed memory d = _named(Act.RevokeByTrustees, p, seed);
        _misname(d, seed);
        d.targets = _some(model.holders(p, 1), 1 + _pick(seed, "some", 2), seed);
        if (d.targets == 0 || _pick(seed, "bystander", 8) == 0) d.targets |= 1 << _pick(seed, "who", 15);
        if (_pick(seed, "nobody", 16) == 0) d.targets = 0;
        d.nonce = _pick(seed, "nonce", 20) == 0 ? polity.nonce + 1 : polity.nonce;
        d.trustees = _circle(p, RecoveryRosters.REVOKE, RecoveryRosters.settingsOf(polity.roster).revokeQuorum, seed);
        d.twice = d.trustees != 0 && _pick(seed, "twice", 12) == 0;
        _send(d, seed);
    }

    /// @notice Trustees stand for one approval of a grant.
    function grantWithTrustees(uint256 seed) external {
        uint256 p = _policy(seed);
        Polity memory polity = model.polityOf(p);
        Deed memory d = _granting(Act.GrantWithTrustees, p, seed);
        _misname(d, seed);
        d.trustees = _circle(
            p,
            RecoveryRosters.PROVISION,
            RecoveryRosters.settingsOf(polity.roster).provisionQuorum,
            seed
        );
        d.twice = d.trustees != 0 && _pick(seed, "twice", 12) == 0;
        _send(d, seed);
    }

    /// @dev A trustee's next vote.
    function _voteOf(uint256 p, uint256 party, bytes32 id, uint256 seed) internal returns (bool) {
        uint256 own = uint256(keccak256(abi.encode(seed, party)));
        Deed memory d = _named(Act.Vote, p, own);
        _misname(d, own);
        (d.id, d.trustees) = (id, 1 << party);
        d.sequence = model.castOf(p, party).sequence + 1;
        uint256 fault = _pick(own, "sequence", 40);
        if (fault == 0) ++d.sequence;
        if (fault == 1) --d.sequence;
        return _send(d, own);
    }

    /// @dev All power for one to three parties, mostly ADMINs.
    function _newPower(Deed memory d, uint256 seed) internal {
        uint256 set = _some((1 << RecoveryRosters.PARTIES) - 1, 1 + _pick(seed, "heirs", 3), seed);
        d.powers = new Power[](size(set));
        uint256 count = 0;
        for (uint256 party = 0; set >> party != 0; ++party) {
            if (!has(set, party)) continue;
            uint256 own = uint256(keccak256(abi.encode(seed, party)));
            d.powers[count].agent = party;
            d.powers[count].bits = _pick(own, "all", 2) == 0 ? 14 : uint8(_pick(own, "bits", 7) * 2 + 2);
            if (count == 0) d.powers[count].bits |= 8;
            d.powers[count++].accepted = true;
        }
        (d.grantQuorum, d.adminQuorum) = (uint8(1 + _pick(seed, "grant quorum", 2)), 1);
        if (_pick(seed, "admin quorum", 4) == 0) d.adminQuorum = 2;
        d.nextRoot = _pick(seed, "no roots", 8) == 0 ? 0 : ++_rootSets;
    }

    /// @dev Makes a mistake in it, now and then.
    function _spoil(Deed memory d, uint256 seed) internal pure {
        uint256 fault = _pick(seed, "power", 32);
        if (fault == 0) d.powers[0].bits = 0;
        if (fault == 1) d.powers[0].bits |= 1;
        if (fault == 2) d.powers[0].accepted = false;
        if (fault == 3) d.powers = new Power[](0);
        if (fault == 4 && d.powers.length > 1) d.powers[1].agent = d.powers[0].agent;
        if (fault == 5) d.grantQuorum = 0;
    }

    /// @dev PROVE for anyone, mostly for somebody who may have it.
    function _granting(Act act, uint256 p, uint256 seed) internal returns (Deed memory d) {
        d = _named(act, p, seed);
        uint256 quorum = model.polityOf(p).grantQuorum;
        bool exact = _pick(seed, "exact", 2) == 0;
        uint256 granters = model.holders(p, 10);
        _signed(d, exact ? _some(granters, quorum, seed) : _coalition(p, 2, seed), seed);
        uint256 party = _pick(seed, "grantee", RecoveryRosters.PARTIES);
        d.powers = new Power[](1);
        d.powers[0] = Power(party, model.bitsOf(p, party) | 1, !has(d.signers, party));
        if (_pick(seed, "acceptance", 40) == 0) d.powers[0].accepted = !d.powers[0].accepted;
        d.commitment = ++_fresh;
    }

    /// @dev Mostly what runs, or the newest proposal; another, nothing, or what never was, now and then.
    function _choice(uint256 p, bytes32[] memory open, uint256 seed) private view returns (bytes32) {
        uint256 roll = _pick(seed, "choice", 16);
        bytes32 running = model.polityOf(p).running;
        if (roll < 7 && running != 0) return running;
        if (roll < 11 && open.length != 0) return open[0];
        if (roll < 12 && open.length != 0) return open[_pick(seed, "another", open.length)];
        uint256 total = model.proposalCount();
        if (roll < 14 && total != 0) return model.proposals(_pick(seed, "any", total));
        if (roll == 14) return bytes32(uint256(7));
        return 0;
    }

    /// @dev One policy sees most of what happens, and all while trustees race.
    function _policy(uint256 seed) internal view returns (uint256) {
        return !_racing && _pick(seed, "policy", 3) == 0 ? 1 : 0;
    }

    /// @dev Waits, but not while trustees race.
    function _reach(uint256 time) internal {
        if (time > _now() && !_racing) vm.warp(time);
    }
}
