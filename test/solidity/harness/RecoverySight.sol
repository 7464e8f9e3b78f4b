// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentPolicy} from "../../../contracts/interfaces/IAgentPolicy.sol";
import {AgentView} from "../../../contracts/types/Agent.sol";
import {AgentChange} from "../../../contracts/types/AgentChange.sol";
import {Authorize} from "../../../contracts/types/Authorize.sol";
import {KeyId} from "../../../contracts/types/KeyId.sol";
import {LeafId} from "../../../contracts/types/LeafId.sol";
import {PolicyView} from "../../../contracts/types/Policy.sol";
import {PolicyId} from "../../../contracts/types/PolicyId.sol";
import {PolicySettings} from "../../../contracts/types/PolicySettings.sol";
import {RecoveryView, TrusteeSetView} from "../../../contracts/types/Recovery.sol";
import {has, size} from "./RecoveryDeeds.sol";
import {RecoveryRosters} from "./RecoveryRosters.sol";

/// @dev A policy as its views tell it. `bits`: of each party.
struct Sight {
    PolicyView head;
    PolicySettings settings;
    TrusteeSetView trustees;
    RecoveryView recovery;
    LeafId[] leaves;
    uint8[] bits;
}

/// @title RecoverySight
/// @notice Looks at policies through the registry's views, and tries what they would allow.
abstract contract RecoverySight {
    uint256 internal constant PARTIES = RecoveryRosters.PARTIES;
    uint256 internal constant POLICIES = 2;

    IAgentPolicy internal immutable _REGISTRY;
    PolicyId[POLICIES] internal _policies;
    mapping(KeyId id => uint256 party) internal _parties;
    KeyId[] internal _ids;

    /// @dev Somebody who is in no policy, and ids ascending.
    bytes private _stranger = abi.encodePacked(address(0xd1ce));
    uint256[] private _ascending;

    constructor(IAgentPolicy registry, PolicyId[POLICIES] memory policies, KeyId[] memory ids, uint256[] memory order) {
        (_REGISTRY, _policies, _ids, _ascending) = (registry, policies, ids, order);
        for (uint256 i = 0; i < ids.length; ++i) _parties[ids[i]] = i;
    }

    function look(uint256 p) public view returns (Sight memory sight) {
        PolicyId id = _policies[p];
        sight.head = _REGISTRY.policyOf(id);
        sight.settings = _REGISTRY.settingsOf(id);
        sight.trustees = _REGISTRY.trusteeSetOf(id);
        sight.recovery = _REGISTRY.recoveryOf(id);
        sight.leaves = _REGISTRY.liveLeavesOf(id);
        sight.bits = new uint8[](PARTIES);
        AgentView[] memory agents = _REGISTRY.agentsOf(id, 0, type(uint256).max);
        for (uint256 i = 0; i < agents.length; ++i) sight.bits[_parties[agents[i].id]] = agents[i].authorizations;
    }

    /// @dev What becomes of a grant that all who may grant would approve: the selector of the registry's answer.
    function _tryGrant(uint256 p, Sight memory sight, uint64 nonce) internal view returns (bytes4) {
        uint256 granters = _holders(sight, 10);
        KeyId[] memory keys = new KeyId[](size(granters));
        uint256 count = 0;
        for (uint256 i = 0; i < PARTIES; ++i) {
            if (has(granters, _ascending[i])) keys[count++] = _ids[_ascending[i]];
        }
        Authorize memory op;
        (op.policy, op.epoch, op.deadline) = (_policies[p], sight.head.epoch, uint64(block.timestamp));
        op.changes = new AgentChange[](1);
        op.changes[0] = AgentChange(1, _stranger, 1, 77, type(uint40).max);
        // a lane in which nothing was ever signed
        (op.proposer, op.lane, op.nonce) = (keys[0], 1, nonce);
        try _REGISTRY.checkAuthorize(op, keys) {
            return 0;
        } catch (bytes memory reason) {
            return bytes4(reason);
        }
    }

    function _isSet(LeafId leaf) internal view returns (bool) {
        uint256 index = LeafId.unwrap(leaf);
        return _REGISTRY.revokedWords(0, uint32(index / 256), 1)[0] & (1 << (index % 256)) != 0;
    }

    function _holders(Sight memory sight, uint8 some) internal pure returns (uint256 set) {
        for (uint256 i = 0; i < PARTIES; ++i) if (sight.bits[i] & some != 0) set |= 1 << i;
    }
}
