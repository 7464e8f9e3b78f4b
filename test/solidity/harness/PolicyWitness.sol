// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentPolicy} from "../../../contracts/interfaces/IAgentPolicy.sol";
import {IAgentPolicyGovernance} from "../../../contracts/interfaces/IAgentPolicyGovernance.sol";
import {AgentView} from "../../../contracts/types/Agent.sol";
import {KeyId} from "../../../contracts/types/KeyId.sol";
import {KeyKinds} from "../../../contracts/types/KeyKinds.sol";
import {PolicyView} from "../../../contracts/types/Policy.sol";
import {PolicyId} from "../../../contracts/types/PolicyId.sol";
import {PolicySettings} from "../../../contracts/types/PolicySettings.sol";
import {Deed, Kind} from "./PolicyDeeds.sol";

/// @dev A policy as its views tell it.
struct Sight {
    PolicyView head;
    PolicySettings settings;
    AgentView[] agents;
}

/// @dev What the witness saw of a change. `signers`: who approved it and did not withdraw; `gone`: who did. `disturbed`: something
/// happened since that may rightly keep it from being executed.
struct Record {
    uint256 policy;
    uint32 epoch;
    uint256 earliest;
    uint256 latest;
    uint256 signers;
    uint256 gone;
    uint256 named;
    bool vetoed;
    bool disturbed;
    bool done;
    bool abandon;
    uint8 fields;
}

/// @title PolicyWitness
/// @notice Sends every operation and demands a good reason for whatever it changes: who really signed, when, and whom
/// nobody vetoed. It knows views and signatures, and nothing of the model.
contract PolicyWitness {
    error Unexplained(string what, Kind kind, uint256 policy, uint256 position);
    error Executed();

    uint8 private constant PROVE = 1;
    uint8 private constant PROVE_GRANT = 2;
    uint8 private constant PROVE_REVOKE = 4;
    uint8 private constant ADMIN = 8;
    uint8 private constant POWER = 14;
    uint256 private constant POLICIES = 2;

    IAgentPolicy private immutable _registry;
    PolicyId[POLICIES] private _policies;
    mapping(KeyId id => uint256 bit) private _bits;
    bytes32[] private _ids;
    mapping(bytes32 id => Record) private _records;
    mapping(bytes32 id => mapping(uint256 bit => uint8 bits)) private _promised;

    constructor(IAgentPolicy registry, PolicyId[POLICIES] memory policies, KeyId[] memory agents) {
        (_registry, _policies) = (registry, policies);
        for (uint256 i = 0; i < agents.length; ++i) _bits[agents[i]] = 1 << i;
    }

    function recordOf(bytes32 id) external view returns (Record memory) {
        return _records[id];
    }

    /// @notice Sends an operation, and reverts if it changes what it should not.
    function send(Deed calldata deed, bytes calldata call) external returns (bool done, bytes memory reason) {
        Sight[POLICIES] memory before;
        for (uint256 p = 0; p < POLICIES; ++p) before[p] = _look(p);
        (done, reason) = address(_registry).call(call);
        for (uint256 p = 0; p < POLICIES; ++p) {
            Sight memory afterwards = _look(p);
            bool touched = done && p == deed.policy;
            if (touched) _explain(deed, before[p], afterwards);
            else if (keccak256(abi.encode(before[p])) != keccak256(abi.encode(afterwards))) {
                revert Unexplained("a policy that nobody touched", deed.kind, p, 0);
            }
        }
        if (done) _remember(deed, before[deed.policy]);
        else if (deed.kind == Kind.Veto) _explainRefusal(deed, before[deed.policy], reason);
    }

    /// @notice Tells whether a change could be executed now, and does not.
    function couldExecute(uint256 policy, bytes32 id) external returns (bool) {
        try this.attempt(policy, id) {
            return true;
        } catch (bytes memory reason) {
            return bytes4(reason) == Executed.selector;
        }
    }

    function attempt(uint256 policy, bytes32 id) external {
        _registry.execute(_policies[policy], id);
        revert Executed();
    }

    function _explain(Deed calldata deed, Sight memory a, Sight memory b) private view {
        bool rotates = deed.kind == Kind.EmergencyRotate && deed.rootSigners >= 2;
        bool executes = deed.kind == Kind.Execute && _isRightful(deed, a);
        _claim(b.head.epoch == a.head.epoch + (rotates ? 1 : 0), "epoch", deed, 0);
        _claim(!a.head.abandoned, "after the end", deed, 0);
        bool ends = executes && _records[deed.plan.id].abandon;
        _claim(b.head.abandoned == ends, "abandonment", deed, 0);
        bool ruled = rotates || (executes && _records[deed.plan.id].fields != 0);
        bool same = keccak256(abi.encode(a.settings)) == keccak256(abi.encode(b.settings));
        _claim(same || ruled, "settings", deed, 0);
        bool timed = a.settings.delay == b.settings.delay && a.settings.window == b.settings.window;
        _claim(timed || !rotates, "times", deed, 0);
        _explainStop(deed, a, b, rotates);
        for (uint256 i = 0; i < b.agents.length; ++i) {
            AgentView memory former;
            if (i < a.agents.length) former = a.agents[i];
            else former.id = b.agents[i].id;
            _claim(KeyId.unwrap(former.id) == KeyId.unwrap(b.agents[i].id), "place", deed, i);
            _explainGains(deed, a, former, b.agents[i], i, executes, rotates);
            _explainLosses(deed, a, former, b.agents[i], i, executes, rotates);
            _explainLeaf(deed, former, b.agents[i], i);
        }
    }

    /// @dev One ADMIN stops; most of them lift, or a new epoch does.
    function _explainStop(Deed calldata deed, Sight memory a, Sight memory b, bool rotates) private view {
        bytes32 was = KeyId.unwrap(a.head.stopper);
        bytes32 is_ = KeyId.unwrap(b.head.stopper);
        if (was == is_) return;
        uint256 admins = _voters(a, ADMIN);
        if (is_ != 0) {
            bool rightful = deed.kind == Kind.Stop && was == 0 && _bits[b.head.stopper] & deed.signers & admins != 0;
            _claim(rightful, "stop", deed, 0);
        } else {
            bool most = deed.kind == Kind.LiftStop && 2 * _count(deed.signers & admins) > _count(admins);
            _claim(most || rotates, "lift", deed, 0);
        }
    }

    /// @dev Nobody below a quorum gives anything to anyone.
    function _explainGains(
        Deed calldata deed,
        Sight memory a,
        AgentView memory former,
        AgentView memory agent,
        uint256 i,
        bool executes,
        bool rotates
    ) private view {
        uint8 gains = agent.authorizations & ~former.authorizations;
        if (gains & PROVE != 0) {
            uint256 granters = _count(deed.signers & _voters(a, PROVE_GRANT));
            bool granted = deed.kind == Kind.Authorize && granters >= a.settings.grantQuorum;
            _claim(granted && KeyId.unwrap(a.head.stopper) == 0, "gain of PROVE", deed, i);
        }
        if (gains & POWER != 0) {
            uint8 promised =
                rotates
                    ? _named(deed, _bits[agent.id])
                    : executes
                        ? _promised[deed.plan.id][_bits[agent.id]]
                        : 0;
            _claim(gains & POWER & ~promised == 0, "gain of power", deed, i);
        }
    }

    /// @dev No ADMIN loses power but by its own word, a change that could be vetoed long enough, or root keys.
    function _explainLosses(
        Deed calldata deed,
        Sight memory a,
        AgentView memory former,
        AgentView memory agent,
        uint256 i,
        bool executes,
        bool rotates
    ) private view {
        uint8 loses = former.authorizations & ~agent.authorizations;
        if (loses == 0 || rotates) return;
        uint256 self = _bits[agent.id];
        if (deed.kind == Kind.Renounce && deed.signers == self) return;
        if (executes && (_records[deed.plan.id].abandon || _records[deed.plan.id].named & self != 0)) {
            bool kept = loses & PROVE == 0 || _records[deed.plan.id].abandon;
            _claim(kept, "loss of PROVE by a change", deed, i);
            return;
        }
        _claim(deed.kind == Kind.Authorize || deed.kind == Kind.Revoke, "loss", deed, i);
        if (loses & PROVE != 0) {
            _claim(deed.signers & _holders(a, PROVE_REVOKE | ADMIN) != 0, "loss of PROVE", deed, i);
        }
        if (loses & POWER != 0) {
            uint256 admins = _count(deed.signers & _voters(a, ADMIN));
            _claim(former.authorizations & ADMIN == 0, "loss of an ADMIN", deed, i);
            _claim(admins >= a.settings.adminQuorum, "loss of power", deed, i);
        }
    }

    /// @dev Who stops proving under a leaf has its bit set at once; a leaf changes by a grant or the agent's own word.
    function _explainLeaf(Deed calldata deed, AgentView memory former, AgentView memory agent, uint256 i) private view {
        bool proved = former.authorizations & PROVE != 0;
        bool proves = agent.authorizations & PROVE != 0;
        bool moved = proved && proves && former.index != agent.index;
        if (moved) {
            bool own = deed.kind == Kind.Renew && deed.signers == _bits[agent.id];
            _claim(own && agent.expiry <= former.expiry, "renewal", deed, i);
        } else if (proved && proves) {
            _claim(agent.expiry == former.expiry, "expiry", deed, i);
        }
        if (proved && (!proves || moved)) _claim(_isSet(former.index), "a leaf that lives on", deed, i);
        if (proves) _claim(!_isSet(agent.index), "a dead leaf", deed, i);
        bool voided = deed.kind == Kind.VoidApprovals && deed.signers == _bits[agent.id];
        _claim(agent.counter == former.counter + (voided ? 1 : 0), "counter", deed, i);
    }

    /// @dev A veto that is refused for a majority met one.
    function _explainRefusal(Deed calldata deed, Sight memory a, bytes memory reason) private view {
        if (bytes4(reason) != IAgentPolicyGovernance.AgentPolicyChangeHasMajority.selector) return;
        uint256 admins = _voters(a, ADMIN);
        uint256 signers = _records[deed.plan.id].signers & admins;
        _claim(2 * _count(signers) > _count(admins), "veto refused", deed, 0);
    }

    /// @dev A change may take effect that waited its delay, in its window, that no ADMIN vetoed, and behind which today's
    /// quorum of today's ADMINs stands.
    function _isRightful(Deed calldata deed, Sight memory a) private view returns (bool) {
        Record storage record = _records[deed.plan.id];
        bool timely = block.timestamp >= record.earliest && block.timestamp <= record.latest;
        bool here = record.policy == deed.policy && record.epoch == a.head.epoch;
        uint256 behind = _count(record.signers & _voters(a, ADMIN));
        bool open = !record.vetoed && !record.done;
        return here && timely && open && behind != 0 && behind >= a.settings.adminQuorum;
    }

    function _remember(Deed calldata deed, Sight memory a) private {
        bytes32 id = deed.plan.id;
        Record storage record = _records[id];
        if (deed.kind == Kind.Schedule) {
            _ids.push(id);
            (record.policy, record.epoch) = (deed.policy, a.head.epoch);
            record.earliest = block.timestamp + a.settings.delay;
            record.latest = record.earliest + a.settings.window;
            (record.signers, record.abandon, record.fields) = (deed.signers, deed.plan.abandon, deed.plan.fields);
            for (uint256 i = 0; i < deed.plan.powers.length; ++i) {
                uint256 bit = 1 << deed.plan.powers[i].agent;
                record.named |= bit;
                _promised[id][bit] = deed.plan.powers[i].bits;
            }
        } else if (deed.kind == Kind.ApproveChange) {
            record.signers |= deed.signers & ~record.gone;
        } else if (deed.kind == Kind.Withdraw) {
            record.signers &= ~deed.signers;
            record.gone |= deed.signers;
            record.disturbed = true;
        } else if (deed.kind == Kind.Veto) {
            (record.vetoed, record.disturbed) = (true, true);
        } else if (deed.kind == Kind.Execute) {
            record.done = true;
            _disturb(deed.policy, type(uint256).max);
        } else {
            _disturbByLoss(deed, a);
        }
    }

    /// @dev Changes count on whom they do not name: to keep its power, an agent must not give it up, and no ADMIN quorum
    /// take PROVE_GRANT from it. On whom they name they count only as approvers.
    function _disturbByLoss(Deed calldata deed, Sight memory a) private {
        Sight memory b = _look(deed.policy);
        uint256 left = _holders(a, ADMIN) & ~_holders(b, ADMIN);
        if (deed.kind == Kind.EmergencyRotate) return;
        _disturb(deed.policy, left | (_holders(a, PROVE_GRANT) & ~_holders(b, PROVE_GRANT)));
    }

    /// @dev Changes that have no need of some agents are not disturbed by what these lose.
    function _disturb(uint256 policy, uint256 agents) private {
        for (uint256 i = 0; i < _ids.length; ++i) {
            Record storage record = _records[_ids[i]];
            if (record.policy == policy && agents & (record.signers | ~record.named) != 0) record.disturbed = true;
        }
    }

    function _look(uint256 policy) private view returns (Sight memory sight) {
        PolicyId id = _policies[policy];
        sight.head = _registry.policyOf(id);
        sight.settings = _registry.settingsOf(id);
        sight.agents = _registry.agentsOf(id, 0, type(uint256).max);
    }

    function _holders(Sight memory a, uint8 some) private view returns (uint256 set) {
        for (uint256 i = 0; i < a.agents.length; ++i) {
            if (a.agents[i].authorizations & some != 0) set |= _bits[a.agents[i].id];
        }
    }

    /// @dev Who counts for a quorum.
    function _voters(Sight memory a, uint8 right) private view returns (uint256 set) {
        for (uint256 i = 0; i < a.agents.length; ++i) {
            AgentView memory agent = a.agents[i];
            if (agent.kind == KeyKinds.CONTRACT && !a.settings.contractKeysCount) continue;
            if (agent.authorizations & (right | ADMIN) != 0) set |= _bits[agent.id];
        }
    }

    function _isSet(uint24 index) private view returns (bool) {
        return _registry.revokedWords(0, index / 256, 1)[0] & (1 << (index % 256)) != 0;
    }

    function _named(Deed calldata deed, uint256 bit) private pure returns (uint8) {
        for (uint256 i = 0; i < deed.plan.powers.length; ++i) {
            if (1 << deed.plan.powers[i].agent == bit) return deed.plan.powers[i].bits;
        }
        return 0;
    }

    function _claim(bool holds, string memory what, Deed calldata deed, uint256 position) private pure {
        if (!holds) revert Unexplained(what, deed.kind, deed.policy, position);
    }

    function _count(uint256 set) private pure returns (uint256 total) {
        for (; set != 0; set &= set - 1) ++total;
    }
}
