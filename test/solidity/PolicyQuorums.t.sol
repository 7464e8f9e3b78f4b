// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentPolicyRegistry} from "../../contracts/interfaces/IAgentPolicyRegistry.sol";
import {PolicyRules} from "../../contracts/policy/PolicyRules.sol";
import {Quorums} from "../../contracts/policy/Quorums.sol";
import {KeyKinds} from "../../contracts/types/KeyKinds.sol";
import {Policy, PolicyFlags} from "../../contracts/types/Policy.sol";
import {PolicyId} from "../../contracts/types/PolicyId.sol";
import {PolicySettings} from "../../contracts/types/PolicySettings.sol";
import {SettingsFields} from "../../contracts/types/SettingsFields.sol";
import {TestBase} from "./TestBase.sol";

/// @dev The counts of a policy's head against a plain recount, and the rules that read them.
contract PolicyQuorumsTest is TestBase {
    PolicyId private constant POLICY = PolicyId.wrap(7);

    /// @dev `steps`: which of eight agents gets which bits, one after the other; odd agents are contracts.
    function testFuzz_recount_isThatOfAllAgents(uint16[24] calldata steps, uint8 flags) public pure {
        Policy memory head;
        head.flags = flags & PolicyFlags.CONTRACT_KEYS_COUNT;
        uint8[8] memory bits;
        for (uint256 i = 0; i < steps.length; ++i) {
            uint256 agent = steps[i] % 8;
            uint8 afterwards = uint8(steps[i] >> 3) & 15;
            Quorums.recount(head, _kindOf(agent), bits[agent], afterwards);
            bits[agent] = afterwards;
        }
        (uint256 admins, uint256 granters, uint256 powerful) = (0, 0, 0);
        for (uint256 agent = 0; agent < 8; ++agent) {
            if (bits[agent] & 14 != 0) ++powerful;
            if (head.flags == 0 && _kindOf(agent) == KeyKinds.CONTRACT) continue;
            if (bits[agent] & 8 != 0) ++admins;
            if (bits[agent] & 10 != 0) ++granters;
        }
        assertEq(Quorums.adminsOf(head), admins);
        assertEq(Quorums.grantersOf(head), granters);
        assertEq(head.powerful, powerful);
    }

    /// @dev ADMIN is worth every right, PROVE none, and a contract that does not count can only revoke.
    function testFuzz_rightsOf_followFromBits(uint8 held, uint8 kind, bool contractsCount) public pure {
        held &= 15;
        kind = uint8(bound(kind, 1, 5));
        Policy memory head;
        if (contractsCount) head.flags = PolicyFlags.CONTRACT_KEYS_COUNT;
        uint8 rights = Quorums.rightsOf(head, kind, held);
        bool counts = contractsCount || kind != KeyKinds.CONTRACT;
        assertEq(rights & 1, 0);
        assertEq(rights & 2 != 0, counts && held & 10 != 0);
        assertEq(rights & 4 != 0, held & 12 != 0);
        assertEq(rights & 8 != 0, counts && held & 8 != 0);
    }

    function testFuzz_isMajority_isMoreThanHalf(uint8 approvers, uint8 admins) public pure {
        Policy memory head;
        head.admins = uint8(bound(admins, 1, 16));
        approvers = uint8(bound(approvers, 0, head.admins));
        assertEq(Quorums.isMajority(head, approvers), uint256(approvers) > uint256(head.admins) - approvers);
    }

    function testFuzz_requireSound_demandsReachableQuorums(
        uint8 grantQuorum,
        uint8 adminQuorum,
        uint8 granters,
        uint8 admins,
        bool rootKeys
    ) public {
        Policy memory head;
        (head.admins, head.granters) = (admins % 6, granters % 6);
        (head.adminQuorum, head.grantQuorum) = (adminQuorum % 7, grantQuorum % 7);
        if (rootKeys) head.flags = PolicyFlags.ROOT_KEYS;
        bytes4 refusal = _refusal(head.grantQuorum, head.granters, rootKeys);
        if (refusal == 0) refusal = _refusal(head.adminQuorum, head.admins, rootKeys);
        if (refusal != 0) vm.expectPartialRevert(refusal);
        this.requireSound(head);
    }

    function testFuzz_requireSound_boundsWhoHoldsPower(uint8 powerful) public {
        Policy memory head;
        (head.admins, head.granters, head.adminQuorum, head.grantQuorum) = (2, 2, 1, 1);
        head.powerful = uint8(bound(powerful, 2, 40));
        if (head.powerful > 16) {
            vm.expectRevert(
                abi.encodeWithSelector(IAgentPolicyRegistry.AgentPolicyPowerLimit.selector, POLICY, head.powerful, 16)
            );
        }
        this.requireSound(head);
    }

    /// @dev A third of the inputs lie at a bound, on either side.
    function testFuzz_set_boundsDelayAndWindow(uint32 delay, uint32 window, uint8 shape) public {
        if (shape % 3 == 0) delay = uint32((shape & 4 == 0 ? 1 hours : 30 days) + (shape >> 6)) - 1;
        if (shape % 3 == 1) window = uint32((shape & 4 == 0 ? 1 days : 30 days) + (shape >> 6)) - 1;
        if (shape & 8 != 0) delay = uint32(bound(delay, 1 hours, 30 days));
        if (shape & 16 != 0) window = uint32(bound(window, 1 days, 30 days));
        bytes4 refusal = 0;
        if (window < 1 days || window > 30 days) refusal = IAgentPolicyRegistry.AgentPolicyWindowOutOfRange.selector;
        if (delay < 1 hours || delay > 30 days) refusal = IAgentPolicyRegistry.AgentPolicyDelayOutOfRange.selector;
        if (refusal != 0) vm.expectPartialRevert(refusal);
        this.set(PolicySettings(1, 1, false, delay, window, 0));
    }

    function requireSound(Policy memory head) external pure {
        Quorums.requireSound(POLICY, head);
    }

    function set(PolicySettings memory settings) external pure {
        Policy memory head;
        PolicyRules.Terms memory terms;
        PolicyRules.set(head, terms, SettingsFields.ALL, settings);
        assertEq(
            keccak256(abi.encode(PolicyRules.settingsOf(head, terms))),
            keccak256(abi.encode(settings)),
            "settings come back"
        );
    }

    function _kindOf(uint256 agent) private pure returns (uint8) {
        return agent % 2 == 1 ? KeyKinds.CONTRACT : KeyKinds.P256;
    }

    function _refusal(uint256 quorum, uint256 holders, bool rootKeys) private pure returns (bytes4) {
        if (quorum == 0 || quorum > holders) return IAgentPolicyRegistry.AgentPolicyQuorumUnreachable.selector;
        bool everyone = quorum == holders && quorum > 1;
        return everyone && !rootKeys ? IAgentPolicyRegistry.AgentPolicyQuorumNeedsRootKeys.selector : bytes4(0);
    }
}
