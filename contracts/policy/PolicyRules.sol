// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAgentPolicyGovernance} from "../interfaces/IAgentPolicyGovernance.sol";
import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {IAgentPolicyTrustees} from "../interfaces/IAgentPolicyTrustees.sol";
import {Policy, PolicyFlags} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {PolicySettings} from "../types/PolicySettings.sol";
import {SettingsFields} from "../types/SettingsFields.sol";
import {TrusteeTerms} from "../types/TrusteeTerms.sol";

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

    /// @dev The trustees of a policy. `settings`: the hash of their settings, 0 if there are none. `number`: of the
    /// set. `since`: when it came into force. `refused`: root keys used their one refusal of a recovery by this set.
    struct Trustees {
        bytes32 settings;
        uint32 number;
        uint40 since;
        bool refused;
        TrusteeTerms terms;
    }

    /// @dev The terms and trustees of each policy.
    struct State {
        mapping(PolicyId policy => Terms) terms;
        mapping(PolicyId policy => Trustees) trustees;
    }

    /// @dev Sets the settings that `fields` names, in the head and in `terms`, which the caller writes.
    function set(Policy memory head, Terms memory terms, uint8 fields, PolicySettings memory settings) internal pure {
        _setHead(head, fields, settings);
        if (fields & SettingsFields.DELAY != 0) terms.delay = settings.delay;
        if (fields & SettingsFields.WINDOW != 0) terms.window = settings.window;
        if (fields & SettingsFields.ROOT_COMMITMENT != 0) terms.rootCommitment = settings.rootCommitment;
        if (terms.delay < MIN_DELAY || terms.delay > MAX_DELAY) {
            revert IAgentPolicyRegistry.AgentPolicyDelayOutOfRange(terms.delay);
        }
        if (terms.window < MIN_WINDOW || terms.window > MAX_WINDOW) {
            revert IAgentPolicyRegistry.AgentPolicyWindowOutOfRange(terms.window);
        }
    }

    /// @dev Sets in the head what a rotation or recovery sets.
    function setQuorums(Policy memory head, PolicySettings memory settings) internal pure {
        _setHead(head, SettingsFields.ALL, settings);
    }

    /// @dev Writes terms, and says what the settings are now.
    function write(State storage self, PolicyId policy, Policy memory head, Terms memory terms) internal {
        self.terms[policy] = terms;
        emit IAgentPolicyGovernance.PolicySettingsChanged(policy, settingsOf(head, terms));
    }

    /// @dev Puts a trustee set into force in the place of the one with number `former`, which had its delay to object,
    /// and no other had; nothing that it did counts any more. Without terms it is the set of nobody.
    function writeTrustees(
        State storage self,
        PolicyId policy,
        uint32 former,
        bytes32 settings,
        TrusteeTerms memory terms
    ) internal {
        requireTrusteeSet(self, policy, former);
        if (terms.delay == 0) settings = 0;
        uint32 number = former + 1;
        Trustees storage trustees = self.trustees[policy];
        trustees.settings = settings;
        trustees.number = number;
        (trustees.since, trustees.refused) = (uint40(block.timestamp), false);
        trustees.terms = terms;
        emit IAgentPolicyTrustees.TrusteesChanged(policy, number, settings);
    }

    /// @dev Reverts unless the set with this number is in force: what waited for its time to act is not for another.
    function requireTrusteeSet(State storage self, PolicyId policy, uint32 number) internal view {
        uint32 current = self.trustees[policy].number;
        if (number != current) revert IAgentPolicyTrustees.AgentPolicyTrusteeSetMismatch(policy, number, current);
    }

    /// @dev How long a change waits that trustees in force can forestall: the recovery delay, and where there are no
    /// trustees, the delay of any change.
    function recoveryDelay(
        State storage self,
        PolicyId policy,
        Terms memory terms
    ) internal view returns (uint32 delay) {
        delay = self.trustees[policy].terms.delay;
        if (delay == 0) delay = terms.delay;
    }

    /// @dev Reverts if a governance change would wait longer than a recovery, which could then outrun it.
    function requireRecoveryLonger(State storage self, PolicyId policy, Terms memory terms) internal view {
        uint32 delay = self.trustees[policy].terms.delay;
        if (delay != 0 && delay < terms.delay) {
            revert IAgentPolicyTrustees.AgentPolicyRecoveryDelayOutOfRange(delay, terms.delay);
        }
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

    /// @dev Sets the settings that lie in the head.
    function _setHead(Policy memory head, uint8 fields, PolicySettings memory settings) private pure {
        if (fields & SettingsFields.GRANT_QUORUM != 0) head.grantQuorum = settings.grantQuorum;
        if (fields & SettingsFields.ADMIN_QUORUM != 0) head.adminQuorum = settings.adminQuorum;
        if (fields & SettingsFields.CONTRACT_KEYS_COUNT != 0) {
            _flag(head, PolicyFlags.CONTRACT_KEYS_COUNT, settings.contractKeysCount);
        }
        if (fields & SettingsFields.ROOT_COMMITMENT != 0) {
            _flag(head, PolicyFlags.ROOT_KEYS, settings.rootCommitment != 0);
        }
    }

    /// @dev Sets or clears a flag of the head.
    function _flag(Policy memory head, uint8 flag, bool on) private pure {
        head.flags = on ? head.flags | flag : head.flags & ~flag;
    }
}
