// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentPolicyGovernance} from "../../../contracts/interfaces/IAgentPolicyGovernance.sol";
import {IAgentPolicyRecovery} from "../../../contracts/interfaces/IAgentPolicyRecovery.sol";
import {Acceptance, Offer} from "../../../contracts/types/Acceptance.sol";
import {AgentPower} from "../../../contracts/types/AgentPower.sol";
import {Approval} from "../../../contracts/types/Approval.sol";
import {EmergencyRotate} from "../../../contracts/types/EmergencyRotate.sol";
import {GovernanceChange} from "../../../contracts/types/GovernanceChange.sol";
import {KeyId} from "../../../contracts/types/KeyId.sol";
import {PolicySettings} from "../../../contracts/types/PolicySettings.sol";
import {RootSet} from "../../../contracts/types/RootSet.sol";
import {Veto} from "../../../contracts/types/Veto.sol";
import {Withdraw} from "../../../contracts/types/Withdraw.sol";
import {Deed, Frame, Kind, Plan, Power, Rotation} from "./PolicyDeeds.sol";
import {PolicyInstant} from "./PolicyInstant.sol";
import {ModelChange} from "./PolicyModel.sol";
import {Member, PolicyState} from "./PolicyModelState.sol";

/// @title PolicyGovernors
/// @notice What actors do slowly, and root keys at once.
abstract contract PolicyGovernors is PolicyInstant {
    /// @dev A root set that no policy ever commits to.
    uint256 private constant STRANGE_SET = 9999;

    /// @dev What was signed, for later approvals.
    mapping(bytes32 id => bytes op) private _scheduled;

    /// @dev The root set in force has this number; the next one a higher.
    mapping(uint256 policy => mapping(bytes32 commitment => uint256 number)) internal _rootNumbers;
    uint256 internal _rootSets = 100;

    /// @dev Who proposed what was vetoed last.
    mapping(uint256 policy => uint256 proposer) private _vetoed;

    /// @notice Proposes anything: power for anyone, settings, sometimes the end.
    function schedule(uint256 seed) external {
        uint256 p = _pick(seed, "policy", POLICIES);
        Frame memory f = _proposal(p, seed);
        Plan memory plan;
        if (p == 1 && _pick(seed, "abandon", 24) == 0) {
            (plan.abandon, plan.successor) = (true, bytes32(_pick(seed, "successor", 2)));
        } else {
            plan.powers = _powers(p, _pick(seed, "agents", 3), seed);
            if (plan.powers.length == 0 || _pick(seed, "settings", 3) == 0) {
                _setSettings(p, plan, seed);
            }
        }
        for (uint256 i = 0; i < plan.powers.length; ++i) plan.powers[i].accepted = _mustAccept(f, plan.powers[i].agent);
        if (_pick(seed, "malformed", 40) == 0) plan.successor = bytes32(uint256(1));
        GovernanceChange memory op = GovernanceChange(
            policies[p],
            f.epoch,
            _agentPowers(plan.powers),
            plan.fields,
            plan.settings,
            plan.abandon,
            plan.successor,
            idOf(f.proposer),
            f.lane,
            f.nonce,
            f.deadline
        );
        bytes memory encoded = _hashes.encodeGovernanceChange(op);
        plan.id = _hashes.counted(encoded, 0);
        _scheduled[plan.id] = abi.encode(op);
        bytes memory call = abi.encodeCall(
            IAgentPolicyGovernance.schedule,
            (op, _acceptances(p, f.epoch, plan.powers), _approvals(f, encoded))
        );
        Deed memory deed = _deed(Kind.Schedule, f);
        deed.plan = plan;
        _send(deed, call, abi.encodeCall(model.schedule, (f, plan)), seed);
    }

    /// @notice Adds approvals to a change that waits.
    function approveChange(uint256 seed) external {
        (uint256 p, bytes32 id) = _someChange(seed);
        if (id == 0) return;
        p = model.changeOf(id).policy;
        Frame memory f = _frame(p, _coalition(p, seed), seed);
        if (_pick(seed, "rest", 4) != 0) {
            uint256 rest = model.voters(p, 8) & ~model.changeOf(id).approvers;
            f = _frame(p, _some(rest, 1 + _pick(seed, "how many", 3), seed), seed);
        }
        GovernanceChange memory op = abi.decode(_scheduled[id], (GovernanceChange));
        // the frame is that of the change
        (f.epoch, f.deadline) = (op.epoch, op.deadline);
        bytes memory call = abi.encodeCall(
            IAgentPolicyGovernance.approveChange,
            (op, _approvals(f, _hashes.encodeGovernanceChange(op)))
        );
        _act(Kind.ApproveChange, f, id, call, abi.encodeCall(model.approveChange, (f, id)), seed);
    }

    /// @notice Takes back an approval.
    function withdraw(uint256 seed) external {
        (uint256 p, bytes32 id) = _someChange(seed);
        if (id == 0) return;
        Frame memory f = _frameOf(p, _oneOf(p, model.changeOf(id).approvers, seed), seed);
        Withdraw memory op = Withdraw(policies[p], f.epoch, id, idOf(f.proposer), f.deadline);
        bytes memory call = abi.encodeCall(
            IAgentPolicyGovernance.withdraw,
            (op, _approvals(f, _hashes.encodeWithdraw(op))[0])
        );
        _act(Kind.Withdraw, f, id, call, abi.encodeCall(model.withdraw, (f, id)), seed);
    }

    /// @notice Ends a change.
    function veto(uint256 seed) external {
        (uint256 p, bytes32 id) = _someChange(seed);
        if (id == 0) return;
        Frame memory f = _frameOf(p, _oneOf(p, model.voters(p, 8), seed), seed);
        Veto memory op = Veto(policies[p], f.epoch, id, idOf(f.proposer), f.deadline);
        bytes memory call = abi.encodeCall(IAgentPolicyGovernance.veto, (op, _approvals(f, _hashes.encodeVeto(op))[0]));
        _act(Kind.Veto, f, id, call, abi.encodeCall(model.veto, (f, id)), seed);
        _vetoed[p] = model.changeOf(id).proposer;
    }

    /// @notice Executes or clears a change, often when its time has come.
    function execute(uint256 seed) external {
        (uint256 p, bytes32 id) = _someChange(seed);
        if (id == 0) return;
        ModelChange memory change = model.changeOf(id);
        uint256 roll = _pick(seed, "time", 8);
        uint256 time = block.timestamp;
        if (roll < 5) time = change.earliest;
        if (roll == 5) time = change.earliest - 1;
        if (roll == 6) time = change.latest + _pick(seed, "late", 2);
        if (time > block.timestamp) vm.warp(time);
        Deed memory deed;
        (deed.policy, deed.plan.id) = (p, id);
        if (_pick(seed, "clear", 4) != 0) {
            deed.kind = Kind.Execute;
            bytes memory call = abi.encodeCall(IAgentPolicyGovernance.execute, (policies[p], id));
            _deliver(deed, call, abi.encodeCall(model.execute, (p, id)));
        } else {
            deed.kind = Kind.Clear;
            bytes memory call = abi.encodeCall(IAgentPolicyGovernance.clear, (policies[p], id));
            _deliver(deed, call, abi.encodeCall(model.clear, (p, id)));
        }
    }

    /// @notice Replaces all power, as the owner's root keys do, or one stolen root key would.
    function emergencyRotate(uint256 seed) external {
        // rarely, or every epoch would be young
        if (_pick(seed, "rotate", 3) != 0) return;
        uint256 p = _pick(seed, "policy", POLICIES);
        Rotation memory r;
        (r.policy, r.epoch) = (p, model.stateOf(p).epoch);
        r.deadline = uint64(block.timestamp + 1 days);
        if (_pick(seed, "early", 12) == 0) ++r.epoch;
        r.powers = _powers(p, 1 + _pick(seed, "agents", 3), seed);
        for (uint256 i = 0; i < r.powers.length; ++i) {
            if (_pick(seed, "powerless", 12) != 0) r.powers[i].bits |= uint8(8);
            r.powers[i].accepted = true;
        }
        r.survivors = _some(
            model.holders(p, 1) | (1 << _pick(seed, "gone", AGENTS)),
            _pick(seed, "survivors", 6),
            seed
        );
        uint256 next = _pick(seed, "reused", 16) == 0 ? _rootNumber(p) : ++_rootSets;
        r.settings.grantQuorum = uint8(1 + _pick(seed, "grant quorum", 2));
        r.settings.adminQuorum = uint8(1 + _pick(seed, "admin quorum", 2));
        r.settings.contractKeysCount = _pick(seed, "contracts", 2) == 0;
        r.settings.rootCommitment = _commitment(p, next);
        _rotate(r, _pick(seed, "stolen", 8) == 0 ? STRANGE_SET : _rootNumber(p), seed);
    }

    /// @dev Anyone's proposal, or once more that of somebody whose last one met a veto, with one more behind it.
    function _proposal(uint256 p, uint256 seed) private view returns (Frame memory f) {
        if (_pick(seed, "again", 3) != 0) return _frame(p, _coalition(p, seed), seed);
        uint256 proposer = _vetoed[p];
        uint256 others = model.voters(p, 8) & ~(1 << proposer);
        uint256[] memory approvers = new uint256[](others == 0 ? 1 : 2);
        approvers[0] = proposer;
        if (others != 0) approvers[1] = _some(others, 1, seed)[0];
        f = _frame(p, approvers, seed);
        (f.proposer, f.nonce) = (proposer, model.nonces(p, proposer, f.lane));
    }

    function _rotate(Rotation memory r, uint256 number, uint256 seed) private {
        (RootSet memory set, uint256[] memory keys) = _rootSet(number);
        r.revealed = _hashes.hash(set);
        r.signers = _pick(seed, "thief", 6) == 0 ? 1 : 2 + _pick(seed, "all", 2);
        EmergencyRotate memory op = EmergencyRotate(
            policies[r.policy],
            r.epoch,
            _agentPowers(r.powers),
            r.settings,
            _ids(r.survivors),
            r.deadline
        );
        Approval[] memory approvals = new Approval[](r.signers);
        for (uint256 i = 0; i < r.signers; ++i) approvals[i] = _approve(keys[i], _hashes.hash(op));
        bytes memory call = abi.encodeCall(
            IAgentPolicyRecovery.emergencyRotate,
            (op, set, _acceptances(r.policy, r.epoch + 1, r.powers), approvals)
        );
        Deed memory deed;
        (deed.kind, deed.policy) = (Kind.EmergencyRotate, r.policy);
        (deed.rootSigners, deed.plan.powers) = (r.signers, r.powers);
        if (r.revealed != registry.settingsOf(policies[r.policy]).rootCommitment) deed.rootSigners = 0;
        _send(deed, call, abi.encodeCall(model.emergencyRotate, (r)), seed);
    }

    function _act(Kind kind, Frame memory f, bytes32 id, bytes memory call, bytes memory play, uint256 seed) private {
        Deed memory deed = _deed(kind, f);
        deed.plan.id = id;
        _send(deed, call, play, seed);
    }

    /// @dev Mostly a change that waits, else one that did.
    function _someChange(uint256 seed) internal view returns (uint256 p, bytes32 id) {
        p = _pick(seed, "policy", POLICIES);
        bytes32[] memory open = model.openOf(p);
        if (open.length == 0) {
            p = 1 - p;
            open = model.openOf(p);
        }
        uint256 total = model.idCount();
        if (total != 0 && (open.length == 0 || _pick(seed, "closed", 12) == 0)) {
            return (p, model.ids(_pick(seed, "change", total)));
        }
        if (open.length != 0) id = open[_pick(seed, "change", open.length)];
    }

    /// @dev New power for agents: promotions, removals, or what they hold already.
    function _powers(uint256 p, uint256 count, uint256 seed) private view returns (Power[] memory powers) {
        uint256 set = (1 << _pick(seed, "first", AGENTS)) | (1 << _pick(seed, "second", AGENTS));
        if (_pick(seed, "crowd", 10) == 0) (set, count) = ((1 << AGENTS) - 1, 6 + _pick(seed, "crowded", 8));
        if (_pick(seed, "known", 2) == 0) set |= model.holders(p, 14);
        uint256[] memory agents = _some(set, count, seed);
        powers = new Power[](agents.length);
        for (uint256 i = 0; i < agents.length; ++i) {
            uint256 roll = uint256(keccak256(abi.encode(seed, "power", i)));
            powers[i].agent = agents[i];
            if (_pick(roll, "promoted", 3) == 0) powers[i].bits = 8;
            else if (_pick(roll, "known bits", 40) == 0) powers[i].bits = 1;
            else powers[i].bits = uint8(_pick(roll, "bits", 8) * 2);
        }
    }

    function _setSettings(uint256 p, Plan memory plan, uint256 seed) private {
        plan.fields = uint8(_pick(seed, "fields", 64) & _pick(seed, "fewer", 64));
        if (plan.fields == 0) plan.fields = uint8(1 << _pick(seed, "field", 6));
        if (plan.fields & 1 != 0) plan.settings.grantQuorum = uint8(_pick(seed, "grant quorum", 5));
        if (plan.fields & 2 != 0) plan.settings.adminQuorum = uint8(_pick(seed, "admin quorum", 5));
        if (plan.fields & 4 != 0) plan.settings.contractKeysCount = _pick(seed, "contracts", 2) == 0;
        if (plan.fields & 8 != 0) plan.settings.delay = uint32((1 + _pick(seed, "delay", 80)) * 1 hours);
        if (plan.fields & 16 != 0) plan.settings.window = uint32((23 + _pick(seed, "window", 100)) * 1 hours);
        if (plan.fields & 32 != 0 && _pick(seed, "none", 4) != 0) {
            plan.settings.rootCommitment = _commitment(p, ++_rootSets);
        }
        if (_pick(seed, "unset", 30) == 0) plan.settings.delay = 1 hours;
    }

    /// @dev The commitment to a root set, whose number is kept.
    function _commitment(uint256 p, uint256 number) internal returns (bytes32 commitment) {
        (RootSet memory set, ) = _rootSet(number);
        commitment = _hashes.hash(set);
        _rootNumbers[p][commitment] = number;
    }

    function _rootNumber(uint256 p) private view returns (uint256) {
        return _rootNumbers[p][model.stateOf(p).settings.rootCommitment];
    }

    /// @dev Whoever is new in this epoch and does not approve has to accept.
    function _mustAccept(Frame memory f, uint256 agent) private view returns (bool) {
        for (uint256 i = 0; i < f.approvers.length; ++i) if (f.approvers[i] == agent) return false;
        return model.member(f.policy, agent).epoch != model.stateOf(f.policy).epoch;
    }

    function _acceptances(
        uint256 p,
        uint32 epoch,
        Power[] memory powers
    ) private view returns (Acceptance[] memory acceptances) {
        acceptances = new Acceptance[](powers.length);
        for (uint256 i = 0; i < powers.length; ++i) {
            if (!powers[i].accepted) continue;
            uint256 agent = powers[i].agent;
            Offer memory offer = Offer(policies[p], epoch, kindOf(agent), idOf(agent), 0, powers[i].bits, 0);
            acceptances[i] = _accept(offer, agent);
        }
    }

    function _agentPowers(Power[] memory powers) private view returns (AgentPower[] memory list) {
        list = new AgentPower[](powers.length);
        for (uint256 i = 0; i < powers.length; ++i) {
            uint256 agent = powers[i].agent;
            list[i] = AgentPower(kindOf(agent), material(agent), powers[i].bits);
        }
    }

    function _ids(uint256[] memory agents) private view returns (KeyId[] memory ids) {
        ids = new KeyId[](agents.length);
        for (uint256 i = 0; i < agents.length; ++i) ids[i] = idOf(agents[i]);
    }
}
