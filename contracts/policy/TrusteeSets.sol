// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IAgentPolicyTrustees} from "../interfaces/IAgentPolicyTrustees.sol";
import {AgentKeys} from "../libraries/AgentKeys.sol";
import {Approval} from "../types/Approval.sol";
import {KeyId} from "../types/KeyId.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {Trustee, TrusteeApproval, TrusteeHash} from "../types/Trustee.sol";
import {TrusteeSettings, TrusteeSettingsHash} from "../types/TrusteeSettings.sol";
import {Context} from "./PolicyAuthority.sol";
import {PolicyRules} from "./PolicyRules.sol";

/// @title TrusteeSets
/// @notice Trustees are hidden behind a Merkle root until they act; then their membership, consent and signature are
/// checked, and the key is known from there on.
/// @dev How many leaves a set has, no contract can know: the client proves it to every trustee.
library TrusteeSets {
    /// @dev What is known of a revealed trustee; capabilities 0: not revealed.
    struct Known {
        uint8 kind;
        uint8 capabilities;
    }

    /// @dev Revealed trustees of each set, and the nonce of what they did together.
    struct State {
        mapping(PolicyId policy => mapping(uint32 set => mapping(KeyId key => Known))) known;
        mapping(PolicyId policy => mapping(uint32 set => uint64 nonce)) nonces;
    }

    /// @dev Reverts unless these are the settings of the set in force, which has this number.
    function requireCurrent(
        PolicyRules.State storage rules,
        PolicyId policy,
        uint32 number,
        TrusteeSettings calldata settings
    ) internal view {
        PolicyRules.Trustees storage trustees = rules.trustees[policy];
        if (trustees.number != number || number == 0) {
            revert IAgentPolicyTrustees.AgentPolicyTrusteeSetMismatch(policy, number, trustees.number);
        }
        bytes32 given = TrusteeSettingsHash.hash(settings);
        if (given != trustees.settings) {
            revert IAgentPolicyTrustees.AgentPolicyTrusteeSettingsMismatch(policy, given, trustees.settings);
        }
    }

    /// @dev What trustees sign in the place of an agent's counter: the number of their set, counted down from 2^32 - 1,
    /// where no agent's counter comes. So a key that is agent and trustee signs different words for each.
    function counterOf(uint32 number) internal pure returns (bytes32) {
        return bytes32(uint256(~number));
    }

    /// @dev Checks approvals of distinct trustees with a capability, ascending by key id.
    function requireApproved(
        State storage self,
        PolicyRules.State storage rules,
        PolicyId policy,
        bytes32 root,
        uint8 capability,
        uint256 quorum,
        bytes32 structHash,
        TrusteeApproval[] calldata approvals,
        Context memory context
    ) internal returns (KeyId[] memory keys) {
        if (quorum == 0 || approvals.length < quorum) {
            revert IAgentPolicyTrustees.AgentPolicyTrusteeQuorumMissing(policy, capability, approvals.length, quorum);
        }
        keys = new KeyId[](approvals.length);
        KeyId previous;
        for (uint256 i = 0; i < approvals.length; ++i) {
            KeyId key = requireOne(self, rules, policy, root, capability, structHash, approvals[i], context);
            if (uint256(KeyId.unwrap(key)) <= uint256(KeyId.unwrap(previous))) {
                revert IAgentPolicyTrustees.AgentPolicyTrusteesNotAscending(previous, key);
            }
            (keys[i], previous) = (key, key);
        }
    }

    /// @dev Reverts if a trustee approves as an agent as well: one key is not two approvals of a grant.
    function requireOthers(PolicyId policy, KeyId[] memory trustees, Approval[] calldata approvals) internal pure {
        for (uint256 i = 0; i < approvals.length; ++i) {
            KeyId agent = AgentKeys.idOf(approvals[i].key);
            for (uint256 j = 0; j < trustees.length; ++j) {
                if (KeyId.unwrap(trustees[j]) == KeyId.unwrap(agent)) {
                    revert IAgentPolicyTrustees.AgentPolicyTrusteeApprovesTwice(policy, agent);
                }
            }
        }
    }

    /// @dev Checks the approval of one trustee of the set in force.
    function requireOne(
        State storage self,
        PolicyRules.State storage rules,
        PolicyId policy,
        bytes32 root,
        uint8 capability,
        bytes32 structHash,
        TrusteeApproval calldata approval,
        Context memory context
    ) internal returns (KeyId key) {
        Trustee calldata trustee = approval.trustee;
        key = AgentKeys.idOf(trustee.key);
        Known memory known = self.known[policy][rules.trustees[policy].number][key];
        if (known.capabilities == 0) known = _reveal(self, rules, policy, root, key, trustee, context);
        if (known.capabilities & capability == 0) {
            revert IAgentPolicyTrustees.AgentPolicyTrusteeIncapable(policy, key, known.capabilities, capability);
        }
        bytes32 digest = MessageHashUtils.toTypedDataHash(context.domainSeparator, structHash);
        AgentKeys.requireSignature(known.kind, trustee.key, digest, approval.signature, context.sender);
    }

    /// @dev Checks that a trustee is in the set and consented to be, and remembers it. Its key is known by one leaf
    /// only, so that a key with two leaves is still one trustee.
    function _reveal(
        State storage self,
        PolicyRules.State storage rules,
        PolicyId policy,
        bytes32 root,
        KeyId key,
        Trustee calldata trustee,
        Context memory context
    ) private returns (Known memory known) {
        PolicyRules.Trustees storage set = rules.trustees[policy];
        if (!MerkleProof.verifyCalldata(trustee.proof, root, TrusteeHash.leaf(key, trustee))) {
            revert IAgentPolicyTrustees.AgentPolicyTrusteeUnknown(policy, key);
        }
        if (trustee.deadline < set.since) {
            revert IAgentPolicyTrustees.AgentPolicyTrusteeConsentExpired(policy, key, trustee.deadline, set.since);
        }
        AgentKeys.requireKey(trustee.kind, trustee.key);
        bytes32 consent = TrusteeHash.consent(policy, key, trustee);
        bytes32 digest = MessageHashUtils.toTypedDataHash(context.domainSeparator, consent);
        // the consent is the trustee's own signature, whoever sends it
        AgentKeys.requireSignature(trustee.kind, trustee.key, digest, trustee.consent, address(0));
        known = Known(trustee.kind, trustee.capabilities);
        self.known[policy][set.number][key] = known;
        emit IAgentPolicyTrustees.TrusteeRevealed(policy, set.number, key, trustee.kind, trustee.capabilities);
    }
}
