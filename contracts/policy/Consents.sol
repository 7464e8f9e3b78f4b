// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {AgentKeys} from "../libraries/AgentKeys.sol";
import {Acceptance, AgentAcceptanceHash, Offer} from "../types/Acceptance.sol";
import {KeyId} from "../types/KeyId.sol";
import {Context} from "./PolicyAuthority.sol";

/// @title Consents
/// @notice Nobody becomes an agent, or proves, who has not accepted exactly that.
library Consents {
    /// @dev Reverts unless there is one acceptance for each agent of an operation.
    function requireCount(uint256 acceptances, uint256 agents) internal pure {
        if (acceptances != agents) {
            revert IAgentPolicyRegistry.AgentPolicyAcceptanceCount(acceptances, agents);
        }
    }

    /// @dev Reverts if an acceptance is given that is not needed.
    function requireNone(KeyId agent, Acceptance calldata acceptance) internal pure {
        if (acceptance.deadline != 0 || acceptance.signature.length != 0) {
            revert IAgentPolicyRegistry.AgentPolicyAcceptanceNotNeeded(agent);
        }
    }

    /// @dev Reverts unless the acceptance is the agent's own, of what is offered, and in time.
    function requireGiven(
        Offer memory offer,
        bytes calldata key,
        Acceptance calldata acceptance,
        Context memory context
    ) internal view {
        uint64 deadline = acceptance.deadline;
        if (deadline == 0) revert IAgentPolicyRegistry.AgentPolicyAcceptanceMissing(offer.agent);
        if (block.timestamp > deadline) {
            revert IAgentPolicyRegistry.AgentPolicyAcceptanceExpired(offer.agent, deadline, block.timestamp);
        }
        bytes32 structHash = AgentAcceptanceHash.hash(offer, deadline);
        bytes32 digest = MessageHashUtils.toTypedDataHash(context.domainSeparator, structHash);
        AgentKeys.requireSignature(offer.kind, key, digest, acceptance.signature, context.sender);
    }
}
