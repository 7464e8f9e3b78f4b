// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Acceptance, Offer} from "../../../contracts/types/Acceptance.sol";
import {AgentChange} from "../../../contracts/types/AgentChange.sol";
import {CreatePolicy} from "../../../contracts/types/CreatePolicy.sol";
import {KeyId} from "../../../contracts/types/KeyId.sol";
import {PolicyId} from "../../../contracts/types/PolicyId.sol";
import {PolicySettings} from "../../../contracts/types/PolicySettings.sol";
import {Act, Deed} from "./RecoveryDeeds.sol";
import {RecoveryRace} from "./RecoveryRace.sol";
import {RecoveryModel} from "./RecoveryModel.sol";
import {Polity} from "./RecoveryModelState.sol";
import {RecoveryRosters} from "./RecoveryRosters.sol";
import {RecoveryWitness} from "./RecoveryWitness.sol";

/// @title RecoveryHandler
/// @notice Two policies with the same five trustees and devices that their owner may lose, one guarded by quorums of two,
/// one where each ADMIN suffices; a relayer who sends what it holds late, twice and to the wrong policy; and time.
abstract contract RecoveryHandler is RecoveryRace {
    /// @notice Opens the policies, once; not in the constructor, as hashing needs the handler's own code.
    function start() external {
        if (address(registry) != address(0)) return;
        _deploy();
        model = new RecoveryModel(_now());
        uint256[] memory order = _sorted((1 << RecoveryRosters.PARTIES) - 1);
        KeyId[] memory ids = new KeyId[](order.length);
        for (uint256 i = 0; i < ids.length; ++i) ids[i] = idOf(i);
        for (uint256 p = 0; p < POLICIES; ++p) policies[p] = registry.policyAddress(500 + p, idOf(0));
        _enlist();
        _found(0, PolicySettings(2, 2, false, 2 days, 7 days, _commitmentTo(1)));
        _found(1, PolicySettings(1, 1, false, 1 hours, 1 days, _commitmentTo(1)));
        witness = new RecoveryWitness(registry, policies, ids, order);
        for (uint256 p = 0; p < POLICIES; ++p) _install(p, RecoveryRosters.FIVE);
    }

    /// @notice Lets time pass: hours, days or weeks.
    function pass(uint256 seed) external {
        uint256 roll = _pick(seed, "scale", 8);
        uint256 most =
            roll < 4
                ? 6 hours
                : roll < 7
                    ? 4 days
                    : 40 days;
        vm.warp(_now() + _pick(seed, "time", most));
    }

    /// @dev Opens a policy: three ADMINs, two of whom prove, a tablet that proves and a server that grants and revokes.
    function _found(uint256 p, PolicySettings memory settings) private {
        uint8[5] memory bits = [15, 9, 8, 1, 7];
        AgentChange[] memory changes = new AgentChange[](bits.length);
        Acceptance[] memory acceptances = new Acceptance[](bits.length);
        uint8[] memory list = new uint8[](bits.length);
        for (uint256 i = 0; i < bits.length; ++i) {
            uint256 commitment = bits[i] & 1 == 0 ? 0 : 600 + 10 * p + i;
            uint64 expiry = commitment == 0 ? 0 : FOREVER;
            list[i] = bits[i];
            changes[i] = AgentChange(kindOf(i), material(i), bits[i], commitment, expiry);
            if (i == 0) continue;
            acceptances[i] = _accept(Offer(policies[p], 1, kindOf(i), idOf(i), commitment, bits[i], expiry), i);
        }
        uint64 deadline = uint64(_now());
        CreatePolicy memory op = CreatePolicy(policies[p], 500 + p, changes, settings, false, deadline);
        registry.createPolicy(op, acceptances, _approve(0, _hashes.hash(op)));
        Polity memory polity;
        (polity.epoch, polity.rootSet, polity.delay, polity.window) = (1, 1, settings.delay, settings.window);
        (polity.grantQuorum, polity.adminQuorum) = (settings.grantQuorum, settings.adminQuorum);
        model.found(p, list, polity);
    }

    /// @dev Brings the first trustees into force.
    function _install(uint256 p, uint256 roster) private {
        Deed memory d;
        (d.act, d.policy, d.epoch, d.roster) = (Act.ScheduleTrustees, p, 1, roster);
        (d.signers, d.deadline) = (3, uint64(_now()));
        _deliver(d, _write(d));
        vm.warp(model.waitingOf(d.id).earliest);
        d.act = Act.Execute;
        _deliver(d, _write(d));
        (accepted[Act.ScheduleTrustees], accepted[Act.Execute]) = (0, 0);
    }
}
