// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Acceptance, Offer} from "../../../contracts/types/Acceptance.sol";
import {AgentChange} from "../../../contracts/types/AgentChange.sol";
import {CreatePolicy} from "../../../contracts/types/CreatePolicy.sol";
import {KeyId} from "../../../contracts/types/KeyId.sol";
import {PolicyId} from "../../../contracts/types/PolicyId.sol";
import {PolicySettings} from "../../../contracts/types/PolicySettings.sol";
import {Deed, Kind, Move} from "./PolicyDeeds.sol";
import {Letter, PolicyActors} from "./PolicyActors.sol";
import {PolicyGovernors} from "./PolicyGovernors.sol";
import {PolicyModel} from "./PolicyModel.sol";
import {PolicyWitness} from "./PolicyWitness.sol";

/// @title PolicyHandler
/// @notice Two policies that share keys, one guarded by quorums of two and five ADMINs, one where each of three ADMINs
/// suffices; a relayer who sends what it holds in any order, late, twice and to the wrong policy; and time.
abstract contract PolicyHandler is PolicyGovernors {
    error AcceptedElsewhere(Kind kind);

    /// @notice How often the relayer's letters were accepted, or sent to the wrong policy.
    uint256 public late;
    uint256 public misdirected;

    /// @notice Opens the policies, once; not in the constructor, as hashing needs the handler's own code.
    function start() external {
        if (address(registry) != address(0)) return;
        _deploy();
        model = new PolicyModel(AGENTS, WALLETS);
        KeyId[] memory ids = new KeyId[](AGENTS);
        for (uint256 i = 0; i < AGENTS; ++i) ids[i] = idOf(i);
        _found(0, _first(28, 13), PolicySettings(2, 2, false, 2 days, 7 days, _commitment(0, 1)));
        _found(1, _first(9, 0), PolicySettings(1, 1, true, 1 hours, 1 days, 0));
        witness = new PolicyWitness(registry, policies, ids);
    }

    /// @notice Sends something that was signed before, whether or not it was sent already.
    function relay(uint256 seed) external {
        if (_letters.length == 0) return;
        uint256 place = _pick(seed, "held back", 2) == 0 ? _heldBack : _pick(seed, "letter", _letters.length);
        Letter memory letter = _letters[place];
        if (_pick(seed, "misdirected", 4) == 0) return _misdirect(letter);
        if (_deliver(letter.deed, letter.call, letter.play)) ++late;
    }

    /// @notice Lets time pass: minutes, hours or weeks.
    function pass(uint256 seed) external {
        uint256 roll = _pick(seed, "scale", 8);
        uint256 most =
            roll < 4
                ? 2 hours
                : roll < 7
                    ? 2 days
                    : 20 days;
        vm.warp(block.timestamp + _pick(seed, "time", most));
    }

    function checkpoint() external {
        registry.checkpoint(0);
    }

    /// @dev What was signed for one policy means nothing to another.
    function _misdirect(Letter memory letter) private {
        letter.deed.policy = 1 - letter.deed.policy;
        bytes memory data = letter.call;
        uint256 policy = PolicyId.unwrap(policies[letter.deed.policy]);
        Kind kind = letter.deed.kind;
        // an operation with lists lies where the first word says; the policy is its first word
        bool listed =
            kind == Kind.Authorize ||
                kind == Kind.Revoke ||
                kind == Kind.Schedule ||
                kind == Kind.ApproveChange ||
                kind == Kind.EmergencyRotate;
        assembly ("memory-safe") {
            let start_ := add(data, 36)
            mstore(add(start_, mul(listed, mload(start_))), policy)
        }
        (bool done, ) = witness.send(letter.deed, data);
        if (done) revert AcceptedElsewhere(kind);
        ++misdirected;
    }

    /// @dev The bits of the first agents of a policy. A large one is near both bounds, of provers and of power.
    function _first(uint256 agents, uint256 powerful) private pure returns (uint8[] memory bits) {
        bits = new uint8[](agents);
        for (uint256 i = 0; i + 1 < agents; ++i) bits[i] = i + 1 < powerful ? 5 : 1;
        (bits[0], bits[1], bits[2]) = (15, 8, 9);
        if (powerful != 0) (bits[3], bits[4]) = (8, 14);
        (bits[5], bits[6], bits[agents - 1]) = (2, 5, 8);
    }

    /// @dev Opens a policy: agents 0 … with these bits, the last ones those of a wallet contract.
    function _found(uint256 p, uint8[] memory bits, PolicySettings memory settings) private {
        uint256 ownerCommitment = 500 + p;
        policies[p] = registry.policyAddress(ownerCommitment, idOf(0));
        Move[] memory moves = new Move[](bits.length);
        AgentChange[] memory changes = new AgentChange[](bits.length);
        Acceptance[] memory acceptances = new Acceptance[](bits.length);
        for (uint256 i = 0; i < bits.length; ++i) {
            uint256 agent = i + 1 == bits.length ? AGENTS - 1 : i;
            moves[i] = Move(agent, bits[i], 0, 0, true);
            if (bits[i] & 1 != 0) (moves[i].commitment, moves[i].expiry) = (600 + p + 10 * i, uint40(FOREVER));
            Move memory m = moves[i];
            changes[i] = AgentChange(kindOf(agent), material(agent), m.bits, m.commitment, m.expiry);
            if (i == 0) continue;
            Offer memory offer = Offer(policies[p], 1, kindOf(agent), idOf(agent), m.commitment, m.bits, m.expiry);
            acceptances[i] = _accept(offer, agent);
        }
        uint64 deadline = uint64(block.timestamp);
        CreatePolicy memory op = CreatePolicy(policies[p], ownerCommitment, changes, settings, false, deadline);
        registry.createPolicy(op, acceptances, _approve(0, _hashes.hash(op)));
        model.found(p, moves, settings);
    }
}
