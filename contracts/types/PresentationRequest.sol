// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev What a verifier asks of an agent (protocol §6.4). Six words; their order is that of the sigma challenge.
struct PresentationRequest {
    /// What pseudonyms are for; zero exactly if none is asked for.
    bytes32 scope;
    /// Hash of the action with all its parameters, beneficiary and a nonce; consumed by the application.
    bytes32 challenge;
    /// Bit 0 the owner's pseudonym, bit 1 the device's, bit 2 of a scope shared by several audiences.
    uint8 disclose;
    /// Seconds for which a revocation root serves after it was superseded; 0 for only the current one.
    uint64 maxRevocationAge;
    /// The least number of agents to hide among.
    uint64 minAgents;
    /// Last second at which a presentation is accepted.
    uint64 expiresAt;
}
