// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentProofVerifier} from "../interfaces/IAgentProofVerifier.sol";
import {IAuthorizedAgentOnly} from "../interfaces/IAuthorizedAgentOnly.sol";
import {AgentProof, AgentTerms} from "../types/AgentProof.sol";
import {PresentationRequest} from "../types/PresentationRequest.sol";

/// @title AuthorizedAgentOnly
/// @notice Base of contracts that act only for agents whom some owner authorized and has not revoked.
/// @dev `function open(uint256 door, AgentProof calldata proof) external {
///     (bytes32 owner, ) = _authorizeAgent(terms, keccak256(abi.encode(door)), proof); … }`
/// A proof serves one sender, one function, one set of arguments, once. It binds `msg.sender`, so one seen in the
/// mempool is of no use to others; and this contract, which calls the verifier itself.
abstract contract AuthorizedAgentOnly is IAuthorizedAgentOnly {
    bytes32 private constant TAG = keccak256("DKMS-V1-ACTION");

    IAgentProofVerifier private immutable _verifier;

    mapping(address actor => uint64 nonce) private _nonces;

    /// @dev `verifier_` is trusted for good.
    constructor(IAgentProofVerifier verifier_) {
        _verifier = verifier_;
    }

    /// @inheritdoc IAuthorizedAgentOnly
    function agentChallenge(
        bytes4 selector,
        bytes32 arguments,
        address actor,
        uint64 nonce
    ) public view returns (bytes32 challenge) {
        return keccak256(abi.encode(TAG, block.chainid, address(this), selector, arguments, actor, nonce));
    }

    /// @inheritdoc IAuthorizedAgentOnly
    function agentNonceOf(address actor) external view returns (uint64 nonce) {
        return _nonces[actor];
    }

    /// @inheritdoc IAuthorizedAgentOnly
    function agentProofVerifier() external view returns (IAgentProofVerifier verifier) {
        return _verifier;
    }

    /// @dev Reverts unless `proof` shows an authorized agent that meets `terms` and agrees to this very call, and
    /// consumes it. Call it once, in the function that clients call, as the function is told by `msg.sig`. `arguments`
    /// is keccak256(abi.encode(…)) of all arguments but the proof: one left out can be altered by the sender. Returns
    /// the pseudonyms asked for, 0 for the others.
    function _authorizeAgent(
        AgentTerms memory terms,
        bytes32 arguments,
        AgentProof calldata proof
    ) internal returns (bytes32 owner, bytes32 device) {
        uint64 nonce = _nonces[msg.sender];
        if (proof.nonce != nonce) revert AuthorizedAgentNonceWrong(msg.sender, nonce, proof.nonce);
        _nonces[msg.sender] = nonce + 1;
        PresentationRequest memory request = PresentationRequest({
            scope: terms.scope,
            challenge: agentChallenge(msg.sig, arguments, msg.sender, nonce),
            disclose: terms.disclose,
            maxRevocationAge: terms.maxRevocationAge,
            minAgents: terms.minAgents,
            expiresAt: proof.expiresAt
        });
        return _verifier.verify(request, proof.presentation);
    }
}
