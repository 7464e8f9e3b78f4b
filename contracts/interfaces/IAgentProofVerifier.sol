// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAgentPolicyRegistry} from "./IAgentPolicyRegistry.sol";
import {IHashToG1Errors} from "./IHashToG1Errors.sol";
import {Presentation} from "../types/Presentation.sol";
import {PresentationRequest} from "../types/PresentationRequest.sol";

/// @title IAgentProofVerifier
/// @notice Verifies that a presentation was made by an agent whom some identity owner authorized and has not revoked,
/// without learning which (protocol §6).
interface IAgentProofVerifier is IHashToG1Errors {
    /// @notice Thrown when the request has expired.
    error AgentProofRequestExpired(uint64 expiresAt, uint256 time);

    /// @notice Thrown when the presentation has expired.
    error AgentProofExpired(uint256 validUntil, uint256 time);

    /// @notice Thrown when `disclose` is 4 or above 7.
    error AgentProofDiscloseInvalid(uint8 disclose);

    /// @notice Thrown when a pseudonym is asked for without a scope.
    error AgentProofScopeMissing(uint8 disclose);

    /// @notice Thrown when a scope is given and no pseudonym is asked for.
    error AgentProofScopeUnexpected(bytes32 scope);

    /// @notice Thrown when a root, validUntil, the challenge or a response is not below r.
    error AgentProofScalarNotCanonical(uint256 value);

    /// @notice Thrown when A', B', C' or H (`point` 0 … 3) is zero.
    error AgentProofPointZero(uint256 point);

    /// @notice Thrown when a pseudonym (its bit in `disclose`) was asked for and is absent.
    error AgentProofPseudonymMissing(uint8 pseudonym);

    /// @notice Thrown when a pseudonym (its bit in `disclose`) is there and was not asked for.
    error AgentProofPseudonymUnexpected(uint8 pseudonym);

    /// @notice Thrown when the provisioned root never was a checkpoint.
    error AgentProofProvisionedRootUnknown(uint256 root);

    /// @notice Thrown when the provisioned root holds fewer agents than the request demands.
    error AgentProofTooFewAgents(uint256 agents, uint64 minAgents);

    /// @notice Thrown when the generation of the provisioned root never had the revoked root.
    error AgentProofRevokedRootUnknown(uint16 generation, uint256 root);

    /// @notice Thrown when the revoked root was superseded `maxRevocationAge` seconds ago or more.
    error AgentProofRevokedRootSuperseded(uint256 root, uint256 supersededAt, uint64 maxRevocationAge);

    /// @notice Thrown when a coordinate is not below p, or a point is off the curve or outside its subgroup.
    error AgentProofBadPoint();

    /// @notice Thrown when the presentation was made for another request, audience, verifier, registry or chain, or
    /// was altered.
    error AgentProofSigmaMismatch(uint256 expected, uint256 actual);

    /// @notice Thrown when the proof does not hold for these roots and this validity.
    error AgentProofPairingMismatch();

    /// @notice Thrown at deployment when the registry is no contract.
    error AgentProofRegistryMissing(address registry);

    /// @notice Thrown at deployment when the key's [delta]1 and [delta]2 differ, or the chain cannot pair.
    error AgentProofKeyInvalid();

    /// @notice Verifies a presentation that the caller asked for; reverts unless all of protocol §6.5 holds.
    /// @dev The audience is `msg.sender`: never call it from a shared router, or a presentation made for one of the
    /// router's users serves all. It is a view and consumes nothing: the caller derives the challenge from what is to
    /// be done and uses it once (see `AuthorizedAgentOnly`); it must not key anything on the presentation's bytes.
    /// @param request What the caller demands.
    /// @param presentation What the agent shows.
    /// @return owner The owner's pseudonym for caller and scope, keccak256(x ‖ y); 0 if not asked for.
    /// @return device The agent's pseudonym, likewise.
    function verify(
        PresentationRequest calldata request,
        Presentation calldata presentation
    ) external view returns (bytes32 owner, bytes32 device);

    /// @notice The registry whose roots count.
    /// @return registry The registry, for good.
    function registry() external view returns (IAgentPolicyRegistry registry);

    /// @notice The name of the verifying key: keccak256(abi.encode(α, β, γ, δ2, [δ]1, L0 … L6)).
    /// @return hash The name.
    function verifyingKeyHash() external view returns (bytes32 hash);
}
