// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AgentKeys} from "../libraries/AgentKeys.sol";
import {IAgentKeyErrors} from "../interfaces/IAgentKeyErrors.sol";

/// @title AgentKeysHarness
/// @notice The library's functions as they are.
contract AgentKeysHarness is IAgentKeyErrors {
    /// @notice Reverts unless the material is well-formed.
    /// @param kind The kind.
    /// @param key The material.
    function requireKey(uint8 kind, bytes calldata key) external view {
        AgentKeys.requireKey(kind, key);
    }

    /// @notice Reverts unless the key signed the digest.
    /// @param kind The kind.
    /// @param key The material.
    /// @param digest What was signed.
    /// @param signature The signature.
    /// @param sender Who is to count as the sender.
    function requireSignature(
        uint8 kind,
        bytes calldata key,
        bytes32 digest,
        bytes calldata signature,
        address sender
    ) external view {
        AgentKeys.requireSignature(kind, key, digest, signature, sender);
    }
}
