// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PolicySettings} from "../../../contracts/types/PolicySettings.sol";
import {Frame} from "./PolicyDeeds.sol";

/// @dev What an agent should be. `bits`: those last set, whether or not PROVE ran out since.
struct Member {
    bool listed;
    uint8 bits;
    uint32 epoch;
    uint32 counter;
    bool barred;
    uint40 expiry;
    uint40 leaf;
}

/// @dev A policy but for its agents. `stopper`: one more than the number of the agent that stopped grants.
struct PolicyState {
    uint32 epoch;
    bool abandoned;
    uint256 stopper;
    uint256 joined;
    PolicySettings settings;
}

/// @title PolicyModelState
/// @notice The rules of docs/policy.md restated without regard to gas: everything is counted anew each time.
/// @dev A function that reverts says that the rules refuse.
abstract contract PolicyModelState {
    uint8 internal constant PROVE = 1;
    uint8 internal constant PROVE_GRANT = 2;
    uint8 internal constant PROVE_REVOKE = 4;
    uint8 internal constant ADMIN = 8;
    uint8 internal constant POWER = 14;

    uint256 internal immutable _AGENTS;
    uint256 internal immutable _WALLETS;

    uint256 public leaves;
    mapping(uint256 leaf => bool) public revoked;
    mapping(uint256 policy => mapping(uint256 commitment => bool)) public used;
    mapping(uint256 policy => mapping(uint256 agent => mapping(uint192 lane => uint64))) public nonces;
    mapping(uint256 policy => mapping(uint256 position => uint256 agent)) public order;
    mapping(uint256 policy => PolicyState) internal _policies;
    mapping(uint256 policy => mapping(uint256 agent => Member)) internal _members;

    constructor(uint256 agents, uint256 wallets) {
        (_AGENTS, _WALLETS) = (agents, wallets);
    }

    function stateOf(uint256 policy) external view returns (PolicyState memory) {
        return _policies[policy];
    }

    function member(uint256 policy, uint256 agent) external view returns (Member memory) {
        return _members[policy][agent];
    }

    /// @notice The bits in effect.
    function bitsOf(uint256 policy, uint256 agent) public view returns (uint8 bits) {
        Member storage m = _members[policy][agent];
        if (_policies[policy].abandoned || m.epoch != _policies[policy].epoch) return 0;
        bits = m.bits;
        if (block.timestamp > m.expiry) bits &= ~PROVE;
    }

    /// @notice The set of agents that hold any of some bits.
    function holders(uint256 policy, uint8 some) public view returns (uint256 set) {
        for (uint256 i = 0; i < _AGENTS; ++i) if (bitsOf(policy, i) & some != 0) set |= 1 << i;
    }

    /// @notice The set of agents that count for a quorum.
    function voters(uint256 policy, uint8 right) public view returns (uint256 set) {
        set = holders(policy, right | ADMIN);
        if (!_policies[policy].settings.contractKeysCount) set &= (1 << (_AGENTS - _WALLETS)) - 1;
    }

    /// @notice How many agents a set has.
    function count(uint256 set) public pure returns (uint256 total) {
        for (; set != 0; set &= set - 1) ++total;
    }

    function _requireOpen(uint256 policy, uint32 epoch, uint64 deadline) internal view {
        require(!_policies[policy].abandoned, "ended");
        require(epoch == _policies[policy].epoch, "epoch");
        require(block.timestamp <= deadline && deadline <= block.timestamp + 30 days, "deadline");
    }

    /// @dev Who signed is in the policy and signed with its present counter.
    function _requireApproved(Frame calldata f) internal view returns (uint256 approvers) {
        _requireOpen(f.policy, f.epoch, f.deadline);
        require(!f.forged, "forged");
        for (uint256 i = 0; i < f.approvers.length; ++i) {
            Member storage m = _members[f.policy][f.approvers[i]];
            require(m.epoch == f.epoch && m.bits != 0, "approver is no agent");
            require(m.counter == f.counters[i], "counter");
            approvers |= 1 << f.approvers[i];
        }
    }

    /// @dev The same for an operation that moves a lane of its proposer's.
    function _requireProposed(Frame calldata f) internal returns (uint256 approvers) {
        approvers = _requireApproved(f);
        require(approvers & (1 << f.proposer) != 0, "proposer");
        require(f.nonce == nonces[f.policy][f.proposer][f.lane]++, "nonce");
    }

    function _requireVoices(uint256 policy, uint256 approvers) internal view {
        require(approvers & ~voters(policy, ADMIN) == 0, "no voice");
    }

    function _isMajority(uint256 policy, uint256 approvers) internal view returns (bool) {
        return 2 * count(approvers) > count(voters(policy, ADMIN));
    }

    /// @dev Both quorums can be reached, few enough hold power, and nobody is indispensable without root keys.
    function _requireSound(uint256 policy) internal view {
        PolicySettings storage s = _policies[policy].settings;
        require(count(holders(policy, POWER)) <= 16, "too many hold power");
        _requireReachable(s, s.grantQuorum, count(voters(policy, PROVE_GRANT)));
        _requireReachable(s, s.adminQuorum, count(voters(policy, ADMIN)));
        require(s.delay >= 1 hours && s.delay <= 30 days, "delay");
        require(s.window >= 1 days && s.window <= 30 days, "window");
    }

    /// @dev A key of a former epoch, or a new one, begins with nothing.
    function _enter(uint256 policy, uint256 agent) internal {
        Member storage m = _members[policy][agent];
        if (m.epoch == _policies[policy].epoch) return;
        if (!m.listed) order[policy][_policies[policy].joined++] = agent;
        (m.listed, m.epoch, m.bits, m.barred) = (true, _policies[policy].epoch, 0, false);
    }

    function _lose(uint256 policy, uint256 agent, uint8 loses) internal {
        Member storage m = _members[policy][agent];
        if (m.bits & loses & PROVE != 0 && block.timestamp <= m.expiry) revoked[m.leaf] = true;
        m.bits &= ~loses;
    }

    function _provision(uint256 policy, uint256 agent, uint256 commitment, uint40 expiry) internal {
        require(commitment != 0 && !used[policy][commitment], "commitment");
        bool hourly = expiry % 3600 == 0 && expiry > block.timestamp;
        require(hourly || expiry == type(uint40).max, "expiry");
        used[policy][commitment] = true;
        Member storage m = _members[policy][agent];
        (m.expiry, m.leaf) = (expiry, uint40(leaves++));
    }

    function _requireReachable(PolicySettings storage s, uint256 quorum, uint256 voices) private view {
        require(quorum != 0 && quorum <= voices, "unreachable");
        require(quorum == 1 || quorum < voices || s.rootCommitment != 0, "everyone needed");
    }
}
