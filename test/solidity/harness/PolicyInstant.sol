// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentPolicyRegistry} from "../../../contracts/interfaces/IAgentPolicyRegistry.sol";
import {IAgentPolicySafeguards} from "../../../contracts/interfaces/IAgentPolicySafeguards.sol";
import {Acceptance, Offer} from "../../../contracts/types/Acceptance.sol";
import {AgentChange} from "../../../contracts/types/AgentChange.sol";
import {Authorize} from "../../../contracts/types/Authorize.sol";
import {LiftStop} from "../../../contracts/types/LiftStop.sol";
import {Renew} from "../../../contracts/types/Renew.sol";
import {Renounce} from "../../../contracts/types/Renounce.sol";
import {AgentRevocation, Revoke} from "../../../contracts/types/Revoke.sol";
import {Stop} from "../../../contracts/types/Stop.sol";
import {VoidApprovals} from "../../../contracts/types/VoidApprovals.sol";
import {Deed, Frame, Kind, Move} from "./PolicyDeeds.sol";
import {PolicyActors} from "./PolicyActors.sol";
import {Member, PolicyState} from "./PolicyModelState.sol";

/// @title PolicyInstant
/// @notice What actors do at once.
abstract contract PolicyInstant is PolicyActors {
    uint256 internal _fresh = 1000;

    /// @notice Sets the bits of one agent or several.
    function authorize(uint256 seed) external {
        uint256 p = _pick(seed, "policy", POLICIES);
        Frame memory f = _frame(p, _coalition(p, seed), seed);
        // every fourth batch fills the policy with provers, now and then with one too many
        uint256 room = 33 - model.count(model.holders(p, 1));
        uint256 count = 1 + _pick(seed, "count", _pick(seed, "many", 4) == 0 ? room : 2);
        bool fills = count > 2;
        Move[] memory moves = new Move[](count);
        uint256 next = _pick(seed, "start", AGENTS);
        for (uint256 i = 0; i < count; ++i) {
            uint256 roll = uint256(keccak256(abi.encode(seed, "element", i)));
            if (fills) (moves[i], next) = _granting(p, next);
            else moves[i] = _setting(p, roll);
            bool mistaken = i == 0 && _pick(roll, "mistaken", 40) == 0;
            moves[i].accepted = _isNeeded(f, moves[i]) != mistaken;
        }
        _authorize(f, moves, seed);
    }

    /// @notice Takes bits from agents.
    function revoke(uint256 seed) external {
        uint256 p = _pick(seed, "policy", POLICIES);
        Frame memory f = _frame(p, _coalition(p, seed), seed);
        Move[] memory moves = new Move[](1 + _pick(seed, "count", 3));
        AgentRevocation[] memory revocations = new AgentRevocation[](moves.length);
        for (uint256 i = 0; i < moves.length; ++i) {
            uint256 roll = uint256(keccak256(abi.encode(seed, "element", i)));
            // whom a change names somebody may want to keep from it
            uint256 named = _pick(roll, "named", 3) == 0 ? model.namedBy(model.openOf(p)) : 0;
            moves[i].agent = _oneOf(p, named == 0 ? model.holders(p, 7) : named, roll);
            moves[i].bits = _pick(roll, "prove", 2) == 0 ? 1 : uint8(_pick(roll, "bits", 9));
            revocations[i] = AgentRevocation(idOf(moves[i].agent), moves[i].bits);
        }
        Revoke memory op = Revoke(policies[p], f.epoch, revocations, idOf(f.proposer), f.lane, f.nonce, f.deadline);
        bytes memory call = abi.encodeCall(IAgentPolicyRegistry.revoke, (op, _approvals(f, _hashes.encodeRevoke(op))));
        _send(_deed(Kind.Revoke, f), call, abi.encodeCall(model.revoke, (f, moves)), seed);
    }

    /// @notice Gives up bits of an agent's own.
    function renounce(uint256 seed) external {
        uint256 p = _pick(seed, "policy", POLICIES);
        Frame memory f = _frameOf(p, _oneOf(p, model.holders(p, 15), seed), seed);
        uint8 bits = _pick(seed, "prove", 2) == 0 ? 1 : uint8(_pick(seed, "bits", 17));
        Renounce memory op = Renounce(policies[p], f.epoch, bits, idOf(f.proposer), f.lane, f.nonce, f.deadline);
        bytes memory call = abi.encodeCall(
            IAgentPolicyRegistry.renounce,
            (op, _approvals(f, _hashes.encodeRenounce(op))[0])
        );
        _send(_deed(Kind.Renounce, f), call, abi.encodeCall(model.renounce, (f, bits)), seed);
    }

    /// @notice Replaces an agent's own commitment.
    function renew(uint256 seed) external {
        uint256 p = _pick(seed, "policy", POLICIES);
        Frame memory f = _frameOf(p, _oneOf(p, model.holders(p, 1), seed), seed);
        Move memory move;
        _lease(move, p, seed);
        uint40 current = model.member(p, f.proposer).expiry;
        if (move.expiry > current && _pick(seed, "longer", 6) != 0) move.expiry = current;
        Renew memory op = Renew(
            policies[p],
            f.epoch,
            move.commitment,
            move.expiry,
            _pick(seed, "checkpoint", 4) == 0,
            idOf(f.proposer),
            f.lane,
            f.nonce,
            f.deadline
        );
        bytes memory call = abi.encodeCall(
            IAgentPolicySafeguards.renew,
            (op, _approvals(f, _hashes.encodeRenew(op))[0])
        );
        _send(_deed(Kind.Renew, f), call, abi.encodeCall(model.renew, (f, move.commitment, move.expiry)), seed);
    }

    /// @notice Stops grants, or lets them go on where they are stopped.
    function stop(uint256 seed) external {
        uint256 p = _pick(seed, "policy", POLICIES);
        uint256 stopper = model.stateOf(p).stopper;
        if (stopper != 0 && _pick(seed, "again", 8) != 0) return _lift(p, stopper - 1, seed);
        Frame memory f = _frameOf(p, _oneOf(p, model.voters(p, 8), seed), seed);
        Stop memory op = Stop(policies[p], f.epoch, idOf(f.proposer), f.deadline);
        bytes memory call = abi.encodeCall(IAgentPolicySafeguards.stop, (op, _approvals(f, _hashes.encodeStop(op))[0]));
        _send(_deed(Kind.Stop, f), call, abi.encodeCall(model.stop, (f)), seed);
    }

    /// @notice Voids what an agent approved.
    function voidApprovals(uint256 seed) external {
        uint256 p = _pick(seed, "policy", POLICIES);
        Frame memory f = _frameOf(p, _oneOf(p, model.holders(p, 15), seed), seed);
        VoidApprovals memory op = VoidApprovals(policies[p], f.epoch, idOf(f.proposer), f.deadline);
        bytes memory call = abi.encodeCall(
            IAgentPolicySafeguards.voidApprovals,
            (op, _approvals(f, _hashes.encodeVoidApprovals(op))[0])
        );
        _send(_deed(Kind.VoidApprovals, f), call, abi.encodeCall(model.voidApprovals, (f)), seed);
    }

    function _lift(uint256 p, uint256 stopper, uint256 seed) private {
        uint256[] memory approvers =
            _pick(seed, "most", 3) == 0 ? _coalition(p, seed) : _some(model.voters(p, 8), 3, seed);
        Frame memory f = _frame(p, approvers, seed);
        if (_pick(seed, "other", 16) == 0) stopper = _pick(seed, "stopper", AGENTS);
        LiftStop memory op = LiftStop(policies[p], f.epoch, idOf(stopper), f.deadline);
        bytes memory call = abi.encodeCall(
            IAgentPolicySafeguards.liftStop,
            (op, _approvals(f, _hashes.encodeLiftStop(op)))
        );
        _send(_deed(Kind.LiftStop, f), call, abi.encodeCall(model.liftStop, (f, stopper)), seed);
    }

    function _authorize(Frame memory f, Move[] memory moves, uint256 seed) private {
        AgentChange[] memory changes = new AgentChange[](moves.length);
        Acceptance[] memory acceptances = new Acceptance[](moves.length);
        for (uint256 i = 0; i < moves.length; ++i) {
            Move memory m = moves[i];
            changes[i] = AgentChange(kindOf(m.agent), material(m.agent), m.bits, m.commitment, m.expiry);
            if (!m.accepted) continue;
            Offer memory offer = Offer(
                policies[f.policy],
                f.epoch,
                kindOf(m.agent),
                idOf(m.agent),
                m.commitment,
                m.bits,
                m.expiry
            );
            acceptances[i] = _accept(offer, m.agent);
        }
        Authorize memory op = Authorize(
            policies[f.policy],
            f.epoch,
            changes,
            _pick(seed, "checkpoint", 4) == 0,
            idOf(f.proposer),
            f.lane,
            f.nonce,
            f.deadline
        );
        bytes memory call = abi.encodeCall(
            IAgentPolicyRegistry.authorize,
            (op, acceptances, _approvals(f, _hashes.encodeAuthorize(op)))
        );
        _send(_deed(Kind.Authorize, f), call, abi.encodeCall(model.authorize, (f, moves)), seed);
    }

    /// @dev Whoever is new or gains PROVE, and does not approve, has to accept.
    function _isNeeded(Frame memory f, Move memory move) private view returns (bool) {
        for (uint256 i = 0; i < f.approvers.length; ++i) if (f.approvers[i] == move.agent) return false;
        bool joins = model.member(f.policy, move.agent).epoch != model.stateOf(f.policy).epoch;
        return joins || (move.bits & 1 != 0 && model.bitsOf(f.policy, move.agent) & 1 == 0);
    }

    /// @dev Mostly PROVE gained or lost, or a right of an agent without ADMIN lost; now and then anything.
    function _setting(uint256 p, uint256 roll) private returns (Move memory move) {
        move.agent = _pick(roll, "agent", AGENTS);
        uint8 bits = model.bitsOf(p, move.agent);
        uint256 what = _pick(roll, "what", 8);
        if (what < 4) move.bits = bits ^ 1;
        else if (what < 6) move.bits = bits & ~uint8(_pick(roll, "loses", 7));
        else if (what < 7) move.bits = 1;
        else move.bits = uint8(_pick(roll, "bits", 17));
        bool gains = move.bits & 1 != 0 && bits & 1 == 0;
        if (_pick(roll, "fault", 24) == 0) gains = !gains;
        if (gains) _lease(move, p, roll);
    }

    /// @dev PROVE for the next agent, from `from` on, that may have it and does not.
    function _granting(uint256 p, uint256 from) private returns (Move memory move, uint256 next) {
        uint32 epoch = model.stateOf(p).epoch;
        for (uint256 tries = 0; tries < AGENTS; ++tries) {
            move.agent = (from + tries) % AGENTS;
            Member memory m = model.member(p, move.agent);
            bool removed = m.epoch == epoch && m.bits == 0;
            if (!removed && model.bitsOf(p, move.agent) & 1 == 0) break;
        }
        move.bits = model.bitsOf(p, move.agent) | 1;
        _lease(move, p, uint256(keccak256(abi.encode(_fresh))));
        return (move, (move.agent + 1) % AGENTS);
    }

    /// @dev A commitment, now and then a used one, and an expiry, now and then one that has passed.
    function _lease(Move memory move, uint256 p, uint256 roll) private {
        move.commitment = _pick(roll, "reuse", 60) == 0 ? 600 + p : ++_fresh;
        uint256 hour = block.timestamp / 3600 + (_pick(roll, "late", 150) == 0 ? 0 : 1 + _pick(roll, "hours", 200));
        move.expiry = uint40(_pick(roll, "bounded", 2) == 0 ? FOREVER : hour * 3600);
    }
}
