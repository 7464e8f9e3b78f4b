// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PolicySettings} from "../../../contracts/types/PolicySettings.sol";
import {Frame, Plan, Power, Rotation} from "./PolicyDeeds.sol";
import {PolicyModelAgents} from "./PolicyModelAgents.sol";
import {Member, PolicyModelState, PolicyState} from "./PolicyModelState.sol";

/// @dev A change that waits, or did. `approvers`: a set, without those who withdrew.
struct ModelChange {
    uint256 policy;
    uint32 epoch;
    uint256 proposer;
    uint256 earliest;
    uint256 scheduled;
    uint256 latest;
    uint256 approvers;
    uint256 withdrawn;
    bool majority;
    bool open;
    Plan plan;
}

/// @title PolicyModel
/// @notice What waits before it takes effect, and what root keys do.
contract PolicyModel is PolicyModelAgents {
    error Rehearsed(bool differs);

    bytes32[] public ids;
    mapping(bytes32 id => ModelChange) private _changes;
    mapping(uint256 policy => mapping(uint32 epoch => mapping(uint256 proposer => bytes32))) public desks;
    mapping(uint256 policy => mapping(uint32 epoch => mapping(uint256 proposer => uint256))) public waits;

    /// @notice When the change was scheduled that set an agent's power last.
    mapping(uint256 policy => mapping(uint256 agent => uint256)) public decided;

    constructor(uint256 agents, uint256 wallets) PolicyModelState(agents, wallets) {}

    function changeOf(bytes32 id) external view returns (ModelChange memory) {
        return _changes[id];
    }

    /// @notice The set of agents that changes which wait name.
    function namedBy(bytes32[] calldata open) external view returns (uint256 set) {
        for (uint256 i = 0; i < open.length; ++i) {
            Power[] storage powers = _changes[open[i]].plan.powers;
            for (uint256 j = 0; j < powers.length; ++j) set |= 1 << powers[j].agent;
        }
    }

    function idCount() external view returns (uint256) {
        return ids.length;
    }

    /// @notice Changes that wait or lapsed uncleared.
    function openOf(uint256 policy) external view returns (bytes32[] memory open) {
        open = new bytes32[](ids.length);
        uint256 total = 0;
        for (uint256 i = 0; i < ids.length; ++i) {
            if (_changes[ids[i]].policy == policy && _isOpen(ids[i])) open[total++] = ids[i];
        }
        assembly ("memory-safe") {
            mstore(open, total)
        }
    }

    function schedule(Frame calldata f, Plan calldata plan) external {
        uint256 approvers = _requireProposed(f);
        PolicySettings storage s = _policies[f.policy].settings;
        _requireVoices(f.policy, approvers);
        require(count(approvers) >= s.adminQuorum, "admin quorum");
        bool majority = _isMajority(f.policy, approvers);
        bytes32 former = desks[f.policy][f.epoch][f.proposer];
        require(!_isOpen(former) || block.timestamp > _changes[former].latest, "open");
        _changes[former].open = false;
        require(majority || block.timestamp >= waits[f.policy][f.epoch][f.proposer], "must wait");
        _requireWellFormed(plan);
        for (uint256 i = 0; i < plan.powers.length; ++i) _requirePower(f.policy, plan.powers, i, approvers);
        _requireEffect(f.policy, plan);
        desks[f.policy][f.epoch][f.proposer] = plan.id;
        ids.push(plan.id);
        ModelChange storage c = _changes[plan.id];
        (c.policy, c.epoch, c.proposer) = (f.policy, f.epoch, f.proposer);
        (c.earliest, c.latest) = (block.timestamp + s.delay, block.timestamp + s.delay + s.window);
        (c.scheduled, c.approvers, c.majority, c.open) = (block.timestamp, approvers, majority, true);
        c.plan = plan;
    }

    function approveChange(Frame calldata f, bytes32 id) external {
        uint256 approvers = _requireApproved(f);
        ModelChange storage c = _waiting(f.policy, id);
        require(block.timestamp <= c.latest, "late");
        _requireVoices(f.policy, approvers);
        uint256 fresh = approvers & ~c.withdrawn & ~c.approvers;
        require(fresh != 0, "approved or withdrawn");
        c.approvers |= fresh;
        c.majority = _isMajority(f.policy, _voices(c));
    }

    function withdraw(Frame calldata f, bytes32 id) external {
        uint256 agent = _requireApproved(f);
        ModelChange storage c = _waiting(f.policy, id);
        require(c.approvers & agent != 0, "not approved");
        c.approvers &= ~agent;
        c.withdrawn |= agent;
        c.majority = c.majority && _isMajority(f.policy, _voices(c));
        c.open = count(_voices(c)) >= _policies[f.policy].settings.adminQuorum;
    }

    function veto(Frame calldata f, bytes32 id) external {
        uint256 agent = _requireApproved(f);
        ModelChange storage c = _waiting(f.policy, id);
        require(block.timestamp <= c.latest, "late");
        _requireVoices(f.policy, agent);
        require(!(c.majority && _isMajority(f.policy, _voices(c))), "majority");
        c.open = false;
        waits[f.policy][c.epoch][c.proposer] = block.timestamp + _policies[f.policy].settings.delay;
    }

    function execute(uint256 policy, bytes32 id) external {
        ModelChange storage c = _waiting(policy, id);
        require(block.timestamp >= c.earliest && block.timestamp <= c.latest, "time");
        require(count(_voices(c)) >= _policies[policy].settings.adminQuorum, "admin quorum");
        if (c.plan.abandon) _endProvers(policy, 0);
        else _apply(policy, _upToDate(c), c.plan.fields, c.plan.settings);
        _policies[policy].abandoned = c.plan.abandon;
        c.open = false;
    }

    function clear(uint256 policy, bytes32 id) external {
        require(block.timestamp > _waiting(policy, id).latest, "not late");
        _changes[id].open = false;
    }

    function emergencyRotate(Rotation calldata r) external {
        PolicyState storage p = _policies[r.policy];
        _requireOpen(r.policy, r.epoch, r.deadline);
        require(r.revealed == p.settings.rootCommitment && r.revealed != 0, "root set");
        require(r.signers >= 2, "root quorum");
        require(r.settings.rootCommitment != r.revealed, "reused");
        require(r.settings.delay == 0 && r.settings.window == 0, "times");
        uint256 kept = 0;
        for (uint256 i = 0; i < r.survivors.length; ++i) {
            if (bitsOf(r.policy, r.survivors[i]) & PROVE != 0) kept |= 1 << r.survivors[i];
        }
        _endProvers(r.policy, kept);
        ++p.epoch;
        p.stopper = 0;
        for (uint256 i = 0; i < _AGENTS; ++i) {
            if (kept & (1 << i) == 0) continue;
            Member storage m = _members[r.policy][i];
            (m.epoch, m.bits, m.barred) = (p.epoch, PROVE, false);
        }
        require(r.powers.length != 0, "nobody");
        for (uint256 i = 0; i < r.powers.length; ++i) {
            _requireOnce(r.powers, i);
            require(r.powers[i].bits != 0 && r.powers[i].bits & ~POWER == 0 && r.powers[i].accepted, "power");
        }
        _apply(r.policy, r.powers, 63 - 24, r.settings);
    }

    /// @notice Does what a change does, and undoes it.
    function rehearse(uint256 policy, Plan calldata plan) external {
        bytes32 before = keccak256(abi.encode(_policies[policy].settings));
        bool differs = _apply(policy, plan.powers, plan.fields, plan.settings);
        revert Rehearsed(differs || before != keccak256(abi.encode(_policies[policy].settings)));
    }

    /// @dev What a change would do today is something, and leaves a policy that can act.
    function _requireEffect(uint256 policy, Plan calldata plan) private {
        if (plan.abandon) return;
        try this.rehearse(policy, plan) {} catch (bytes memory answer) {
            require(keccak256(answer) == keccak256(abi.encodeWithSelector(Rehearsed.selector, true)), "no effect");
        }
    }

    /// @dev The powers of a change whose agents no change that was scheduled later has set.
    function _upToDate(ModelChange storage c) private returns (Power[] memory powers) {
        powers = c.plan.powers;
        uint256 left = 0;
        for (uint256 i = 0; i < powers.length; ++i) {
            if (decided[c.policy][powers[i].agent] > c.scheduled) continue;
            decided[c.policy][powers[i].agent] = c.scheduled;
            powers[left++] = powers[i];
        }
        assembly ("memory-safe") {
            mstore(powers, left)
        }
    }

    /// @dev Sets end states, in any order the same; tells if agents change.
    function _apply(
        uint256 policy,
        Power[] memory powers,
        uint8 fields,
        PolicySettings memory settings
    ) private returns (bool differs) {
        for (uint256 i = 0; i < powers.length; ++i) {
            Member storage m = _members[policy][powers[i].agent];
            if (m.epoch != _policies[policy].epoch && powers[i].bits == 0) continue;
            _enter(policy, powers[i].agent);
            uint8 bits = (m.bits & PROVE) | powers[i].bits;
            if (bits != m.bits) differs = true;
            m.bits = bits;
        }
        PolicySettings storage s = _policies[policy].settings;
        if (fields & 1 != 0) s.grantQuorum = settings.grantQuorum;
        if (fields & 2 != 0) s.adminQuorum = settings.adminQuorum;
        if (fields & 4 != 0) s.contractKeysCount = settings.contractKeysCount;
        if (fields & 8 != 0) s.delay = settings.delay;
        if (fields & 16 != 0) s.window = settings.window;
        if (fields & 32 != 0) s.rootCommitment = settings.rootCommitment;
        _requireSound(policy);
    }

    function _endProvers(uint256 policy, uint256 kept) private {
        for (uint256 i = 0; i < _AGENTS; ++i) {
            if (kept & (1 << i) == 0 && bitsOf(policy, i) & PROVE != 0) revoked[_members[policy][i].leaf] = true;
        }
    }

    /// @dev Approvers that are ADMINs that count, now.
    function _voices(ModelChange storage c) private view returns (uint256) {
        return c.approvers & voters(c.policy, ADMIN);
    }

    function _isOpen(bytes32 id) private view returns (bool) {
        ModelChange storage c = _changes[id];
        return c.open && c.epoch == _policies[c.policy].epoch && !_policies[c.policy].abandoned;
    }

    function _waiting(uint256 policy, bytes32 id) private view returns (ModelChange storage) {
        require(!_policies[policy].abandoned, "ended");
        require(_isOpen(id) && _changes[id].policy == policy, "unknown");
        return _changes[id];
    }

    /// @dev A new agent accepts, and nobody returns who lost all its bits in this epoch.
    function _requirePower(uint256 policy, Power[] calldata powers, uint256 i, uint256 approvers) private view {
        _requireOnce(powers, i);
        Power calldata power = powers[i];
        Member storage m = _members[policy][power.agent];
        bool joins = m.epoch != _policies[policy].epoch;
        require((joins ? power.bits : m.bits) != 0 && power.bits & ~POWER == 0, "power, or removed");
        require(power.accepted == (joins && approvers & (1 << power.agent) == 0), "acceptance");
    }

    function _requireWellFormed(Plan calldata plan) private pure {
        require((plan.powers.length != 0 || plan.fields != 0) != plan.abandon, "malformed");
        require(plan.abandon || plan.successor == 0, "successor");
        PolicySettings calldata s = plan.settings;
        require(plan.fields < 64, "fields");
        require(plan.fields & 1 != 0 || s.grantQuorum == 0, "grant quorum given");
        require(plan.fields & 2 != 0 || s.adminQuorum == 0, "admin quorum given");
        require(plan.fields & 4 != 0 || !s.contractKeysCount, "contracts given");
        require(plan.fields & 8 != 0 || s.delay == 0, "delay given");
        require(plan.fields & 16 != 0 || s.window == 0, "window given");
        require(plan.fields & 32 != 0 || s.rootCommitment == 0, "root given");
    }

    function _requireOnce(Power[] calldata powers, uint256 i) private pure {
        for (uint256 j = 0; j < i; ++j) require(powers[i].agent != powers[j].agent, "agent twice");
    }
}
