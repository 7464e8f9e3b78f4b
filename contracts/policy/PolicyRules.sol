// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAgentPolicyGovernance} from "../interfaces/IAgentPolicyGovernance.sol";
import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {Policy, PolicyFlags} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {PolicySettings} from "../types/PolicySettings.sol";
import {SettingsFields} from "../types/SettingsFields.sol";

/// @title PolicyRules
/// @notice The settings of policies. Quorums and flags lie in a policy's head, which every operation reads; the rest
/// here.
library PolicyRules {
    /// @dev Bounds of the delay and of the window, in seconds.
    uint256 private constant MIN_DELAY = 1 hours;
    uint256 private constant MAX_DELAY = 30 days;
    uint256 private constant MIN_WINDOW = 1 days;
    uint256 private constant MAX_WINDOW = 30 days;

    /// @dev What the head does not hold.
    struct Terms {
        uint32 delay;
        uint32 window;
        bytes32 rootCommitment;
    }

    /// @dev The terms of each policy.
    struct State {
        mapping(PolicyId policy => Terms) terms;
    }

    /// @dev Sets the settings that `fields` names, in the head and in `terms`, which the caller writes.
    function set(Policy memory head, Terms memory terms, uint8 fields, PolicySettings memory settings) internal pure {
        if (fields & SettingsFields.GRANT_QUORUM != 0) head.grantQuorum = settings.grantQuorum;
        if (fields & SettingsFields.ADMIN_QUORUM != 0) head.adminQuorum = settings.adminQuorum;
        if (fields & SettingsFields.CONTRACT_KEYS_COUNT != 0) {
            _flag(head, PolicyFlags.CONTRACT_KEYS_COUNT, settings.contractKeysCount);
        }
        if (fields & SettingsFields.DELAY != 0) terms.delay = settings.delay;
        if (fields & SettingsFields.WINDOW != 0) terms.window = settings.window;
        if (fields & SettingsFields.ROOT_COMMITMENT != 0) {
            terms.rootCommitment = settings.rootCommitment;
            _flag(head, PolicyFlags.ROOT_KEYS, settings.rootCommitment != 0);
        }
        if (terms.delay < MIN_DELAY || terms.delay > MAX_DELAY) {
            revert IAgentPolicyRegistry.AgentPolicyDelayOutOfRange(terms.delay);
        }
        if (terms.window < MIN_WINDOW || terms.window > MAX_WINDOW) {
            revert IAgentPolicyRegistry.AgentPolicyWindowOutOfRange(terms.window);
        }
    }

    /// @dev Writes terms, and says what the settings are now.
    function write(State storage self, PolicyId policy, Policy memory head, Terms memory terms) internal {
        self.terms[policy] = terms;
        emit IAgentPolicyGovernance.PolicySettingsChanged(policy, settingsOf(head, terms));
    }

    /// @dev All settings of a policy.
    function settingsOf(Policy memory head, Terms memory terms) internal pure returns (PolicySettings memory) {
        return
            PolicySettings({
                grantQuorum: head.grantQuorum,
                adminQuorum: head.adminQuorum,
                contractKeysCount: head.flags & PolicyFlags.CONTRACT_KEYS_COUNT != 0,
                delay: terms.delay,
                window: terms.window,
                rootCommitment: terms.rootCommitment
            });
    }

    /// @dev Sets or clears a flag of the head.
    function _flag(Policy memory head, uint8 flag, bool on) private pure {
        head.flags = on ? head.flags | flag : head.flags & ~flag;
    }
}
