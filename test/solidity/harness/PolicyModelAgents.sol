// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PolicySettings} from "../../../contracts/types/PolicySettings.sol";
import {Frame, Move} from "./PolicyDeeds.sol";
import {Member, PolicyModelState} from "./PolicyModelState.sol";

/// @dev What is done at once.
abstract contract PolicyModelAgents is PolicyModelState {
    function found(uint256 policy, Move[] calldata moves, PolicySettings calldata settings) external {
        (_policies[policy].epoch, _policies[policy].settings) = (1, settings);
        for (uint256 i = 0; i < moves.length; ++i) {
            _enter(policy, moves[i].agent);
            _members[policy][moves[i].agent].bits = moves[i].bits;
            if (moves[i].bits & PROVE != 0) {
                _provision(policy, moves[i].agent, moves[i].commitment, moves[i].expiry);
            }
        }
        _requireSound(policy);
    }

    function authorize(Frame calldata f, Move[] calldata moves) external {
        uint256 approvers = _requireProposed(f);
        (uint256 granters, uint256 revokers, uint256 admins) = _weigh(f.policy, approvers);
        uint8 needed = 0;
        for (uint256 i = 0; i < moves.length; ++i) {
            _requireFirst(moves, i);
            needed |= _set(f.policy, moves[i], approvers);
        }
        _requireSound(f.policy);
        _requireQuorums(f.policy, needed, approvers, granters, revokers, admins);
    }

    function revoke(Frame calldata f, Move[] calldata moves) external {
        uint256 approvers = _requireProposed(f);
        (uint256 granters, uint256 revokers, uint256 admins) = _weigh(f.policy, approvers);
        uint8 needed = 0;
        bool idle = true;
        for (uint256 i = 0; i < moves.length; ++i) {
            _requireFirst(moves, i);
            Member storage m = _members[f.policy][moves[i].agent];
            uint8 named = moves[i].bits;
            require(named != 0 && named <= 15 && m.epoch == f.epoch, "nothing named, or no agent");
            require(named & ADMIN == 0, "governance");
            if (named & PROVE != 0) needed |= PROVE_REVOKE;
            if (named & POWER != 0) needed |= ADMIN;
            uint8 loses = m.bits & named;
            if (loses & POWER != 0) require(m.bits & ADMIN == 0, "governance");
            if (loses != 0) idle = false;
            _lose(f.policy, moves[i].agent, loses);
        }
        require(!idle, "idle");
        _requireSound(f.policy);
        _requireQuorums(f.policy, needed, approvers, granters, revokers, admins);
    }

    function renounce(Frame calldata f, uint8 bits) external {
        _requireProposed(f);
        require(bits != 0 && bits <= 15, "bits");
        require(_members[f.policy][f.proposer].bits & bits != 0, "idle");
        _lose(f.policy, f.proposer, bits);
        _requireSound(f.policy);
    }

    function renew(Frame calldata f, uint256 commitment, uint40 expiry) external {
        _requireProposed(f);
        require(_policies[f.policy].stopper == 0, "stopped");
        require(bitsOf(f.policy, f.proposer) & PROVE != 0, "does not prove");
        Member storage m = _members[f.policy][f.proposer];
        require(expiry <= m.expiry, "longer");
        revoked[m.leaf] = true;
        _provision(f.policy, f.proposer, commitment, expiry);
    }

    function stop(Frame calldata f) external {
        _requireVoices(f.policy, _requireApproved(f));
        require(!_members[f.policy][f.proposer].barred, "spent");
        require(_policies[f.policy].stopper == 0, "stopped");
        _policies[f.policy].stopper = f.proposer + 1;
    }

    function liftStop(Frame calldata f, uint256 stopper) external {
        uint256 approvers = _requireApproved(f);
        _requireVoices(f.policy, approvers);
        require(_isMajority(f.policy, approvers), "no majority");
        require(_policies[f.policy].stopper == stopper + 1, "not stopped by this one");
        _members[f.policy][stopper].barred = true;
        _policies[f.policy].stopper = 0;
    }

    function voidApprovals(Frame calldata f) external {
        _requireApproved(f);
        ++_members[f.policy][f.proposer].counter;
    }

    /// @dev Sets an agent's bits; tells which rights that needs.
    function _set(uint256 policy, Move calldata move, uint256 approvers) private returns (uint8 needed) {
        uint256 agent = move.agent;
        Member storage m = _members[policy][agent];
        bool joins = m.epoch != _policies[policy].epoch;
        require(move.bits <= 15 && (joins ? move.bits : m.bits) != 0, "bits, or removed");
        _enter(policy, agent);
        uint8 gains = move.bits & ~bitsOf(policy, agent);
        uint8 loses = m.bits & ~move.bits;
        require(gains | loses != 0, "idle");
        require(gains & POWER == 0 && (loses & POWER == 0 || m.bits & ADMIN == 0), "governance");
        bool proves = gains & PROVE != 0;
        require(move.accepted == ((joins || proves) && approvers & (1 << agent) == 0), "acceptance");
        _lose(policy, agent, loses);
        m.bits = move.bits;
        if (proves) {
            require(_policies[policy].stopper == 0, "stopped");
            _provision(policy, agent, move.commitment, move.expiry);
            require(count(holders(policy, PROVE)) <= 32, "33rd prover");
            needed |= PROVE_GRANT;
        } else {
            require(move.commitment == 0 && move.expiry == 0, "proof without PROVE");
        }
        if (loses & PROVE != 0) needed |= PROVE_REVOKE;
        if (loses & POWER != 0) needed |= ADMIN;
    }

    function _weigh(
        uint256 policy,
        uint256 approvers
    ) private view returns (uint256 granters, uint256 revokers, uint256 admins) {
        granters = approvers & voters(policy, PROVE_GRANT);
        revokers = approvers & holders(policy, PROVE_REVOKE | ADMIN);
        admins = approvers & voters(policy, ADMIN);
    }

    /// @dev Each right needed is held by enough approvers, and each approver holds one.
    function _requireQuorums(
        uint256 policy,
        uint8 needed,
        uint256 approvers,
        uint256 granters,
        uint256 revokers,
        uint256 admins
    ) private view {
        PolicySettings storage s = _policies[policy].settings;
        uint256 useful = 0;
        if (needed & PROVE_GRANT != 0) {
            require(count(granters) >= s.grantQuorum, "grant quorum");
            useful |= granters;
        }
        if (needed & PROVE_REVOKE != 0) {
            require(revokers != 0, "nobody may revoke");
            useful |= revokers;
        }
        if (needed & ADMIN != 0) {
            require(count(admins) >= s.adminQuorum, "admin quorum");
            useful |= admins;
        }
        require(approvers & ~useful == 0, "approver without right");
    }

    function _requireFirst(Move[] calldata moves, uint256 i) private pure {
        for (uint256 j = 0; j < i; ++j) require(moves[i].agent != moves[j].agent, "agent twice");
    }
}
