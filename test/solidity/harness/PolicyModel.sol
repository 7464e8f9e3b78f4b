// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev What an agent should be according to the rules of A2 and protocol §2, restated without regard to gas.
struct Member {
    bool known;
    uint8 bits;
    uint256 expiry;
    uint256 leaf;
}

/// @dev One element of an operation; `take` names bits to lose, otherwise `bits` are those afterwards.
struct Move {
    uint256 agent;
    bool take;
    uint8 bits;
    uint256 commitment;
    uint256 expiry;
}

/// @title PolicyModel
/// @notice The rules of policies as a plain state machine: every leaf and every revocation in a list.
contract PolicyModel {
    uint8 private constant PROVE = 1;
    uint8 private constant PROVE_GRANT = 2;
    uint8 private constant PROVE_REVOKE = 4;
    uint8 private constant ADMIN = 8;

    uint256 public constant AGENTS = 44;

    uint256 public leaves;
    mapping(uint256 leaf => bool) public revoked;
    mapping(uint256 policy => uint256[AGENTS]) public order;
    mapping(uint256 policy => uint256) public joined;
    mapping(uint256 policy => mapping(uint256 commitment => bool)) public used;
    mapping(uint256 policy => Member[AGENTS]) private _members;

    function member(uint256 policy, uint256 agent) external view returns (Member memory) {
        return _members[policy][agent];
    }

    /// @notice The bits in effect.
    function bitsOf(uint256 policy, uint256 agent) public view returns (uint8) {
        Member storage m = _members[policy][agent];
        return m.bits & PROVE != 0 && block.timestamp > m.expiry ? m.bits & ~PROVE : m.bits;
    }

    function admins(uint256 policy) public view returns (uint256 count) {
        for (uint256 i = 0; i < AGENTS; ++i) if (_members[policy][i].bits & ADMIN != 0) ++count;
    }

    function provers(uint256 policy) public view returns (uint256 count) {
        for (uint256 i = 0; i < AGENTS; ++i) if (bitsOf(policy, i) & PROVE != 0) ++count;
    }

    function found(uint256 policy, uint256 creator, uint256 commitment) external {
        _join(policy, creator);
        _members[policy][creator].bits = 15;
        _grant(policy, Move(creator, false, 15, commitment, type(uint40).max));
    }

    /// @notice Reverts, and so changes nothing, if the operation is not allowed.
    /// @param renounces True if the one approver gives up its own bits.
    function play(uint256 policy, Move[] memory moves, uint256[] memory approvers, bool renounces) external {
        uint8[] memory held = new uint8[](approvers.length);
        for (uint256 i = 0; i < approvers.length; ++i) {
            held[i] = _members[policy][approvers[i]].bits;
            require(held[i] != 0, "approver is no agent");
        }
        uint8 needed = 0;
        bool idle = true;
        for (uint256 i = 0; i < moves.length; ++i) {
            for (uint256 j = 0; j < i; ++j) require(moves[i].agent != moves[j].agent, "agent twice");
            require(moves[i].bits < 16, "no authorizations");
            (uint8 rights, bool changed) = moves[i].take ? _take(policy, moves[i]) : _set(policy, moves[i]);
            needed |= rights;
            if (changed) idle = false;
        }
        require(!idle, "nothing changes");
        require(admins(policy) != 0, "no admin left");
        if (!renounces) _requireRights(held, needed);
    }

    function _take(uint256 policy, Move memory move) private returns (uint8 rights, bool changed) {
        Member storage m = _members[policy][move.agent];
        require(m.known && move.bits != 0, "unknown or nothing named");
        rights = (move.bits & PROVE != 0 ? PROVE_REVOKE : 0) | (move.bits & ~PROVE != 0 ? ADMIN : 0);
        changed = m.bits & move.bits != 0;
        _lose(policy, move.agent, m.bits & move.bits);
    }

    function _set(uint256 policy, Move memory move) private returns (uint8 rights, bool changed) {
        Member storage m = _members[policy][move.agent];
        require(!m.known || m.bits != 0, "removed");
        require(m.known || move.bits != 0, "nothing for a new agent");
        uint8 gains = move.bits & ~bitsOf(policy, move.agent);
        uint8 loses = m.bits & ~move.bits;
        require(gains | loses != 0, "nothing changes");
        if (!m.known) _join(policy, move.agent);
        _lose(policy, move.agent, loses);
        m.bits = move.bits;
        if (gains & PROVE != 0) _grant(policy, move);
        else require(move.commitment == 0 && move.expiry == 0, "commitment without PROVE");
        rights = (gains & PROVE != 0 ? PROVE_GRANT : 0) | (loses & PROVE != 0 ? PROVE_REVOKE : 0);
        if ((gains | loses) & ~PROVE != 0) rights |= ADMIN;
        return (rights, true);
    }

    function _grant(uint256 policy, Move memory move) private {
        require(move.commitment != 0 && !used[policy][move.commitment], "commitment");
        bool timely = move.expiry == type(uint40).max || (move.expiry % 3600 == 0 && move.expiry > block.timestamp);
        require(timely && move.expiry < 1 << 40, "expiry");
        used[policy][move.commitment] = true;
        Member storage m = _members[policy][move.agent];
        (m.expiry, m.leaf) = (move.expiry, leaves++);
        require(provers(policy) <= 32, "33rd prover");
    }

    function _lose(uint256 policy, uint256 agent, uint8 loses) private {
        Member storage m = _members[policy][agent];
        if (loses & PROVE != 0 && block.timestamp <= m.expiry) revoked[m.leaf] = true;
        m.bits &= ~loses;
    }

    function _join(uint256 policy, uint256 agent) private {
        _members[policy][agent].known = true;
        order[policy][joined[policy]++] = agent;
    }

    function _requireRights(uint8[] memory held, uint8 needed) private pure {
        uint8 all = 0;
        for (uint256 i = 0; i < held.length; ++i) {
            uint8 rights = held[i] & ADMIN != 0 ? 14 : held[i] & 14;
            require(rights & needed != 0, "approver without right");
            all |= rights;
        }
        require(all & needed == needed, "right missing");
    }
}
