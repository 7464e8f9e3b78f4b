// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAgentProofVerifier} from "./IAgentProofVerifier.sol";

/// @title IAuthorizedAgentOnly
/// @notice What a client needs to know to present to a contract that lets authorized agents in.
interface IAuthorizedAgentOnly {
    /// @notice Thrown when a proof is not for the sender's next nonce: it was used before, or another one is missing.
    /// @param actor The sender.
    /// @param expected The sender's next nonce.
    /// @param actual The proof's nonce.
    error AuthorizedAgentNonceWrong(address actor, uint64 expected, uint64 actual);

    /// @notice The challenge of an action, which binds chain, contract, function, arguments, sender and nonce.
    /// @param selector The function's selector.
    /// @param arguments keccak256(abi.encode(…)) of its arguments but the proof.
    /// @param actor Who will send the transaction.
    /// @param nonce The sender's nonce, `agentNonceOf(actor)`.
    /// @return challenge What goes into the presentation request.
    function agentChallenge(
        bytes4 selector,
        bytes32 arguments,
        address actor,
        uint64 nonce
    ) external view returns (bytes32 challenge);

    /// @notice The nonce of a sender's next proof.
    /// @param actor The sender.
    /// @return nonce How many proofs of this sender were used.
    function agentNonceOf(address actor) external view returns (uint64 nonce);

    /// @notice Who verifies the proofs.
    /// @return verifier The verifier, for good.
    function agentProofVerifier() external view returns (IAgentProofVerifier verifier);
}
