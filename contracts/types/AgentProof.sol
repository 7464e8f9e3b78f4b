// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Presentation} from "./Presentation.sol";

/// @dev What a contract demands of an agent (see `PresentationRequest`).
struct AgentTerms {
    bytes32 scope;
    uint8 disclose;
    uint64 maxRevocationAge;
    uint64 minAgents;
}

/// @dev What an agent sends along with an action.
struct AgentProof {
    /// The sender's nonce in the contract.
    uint64 nonce;
    /// Last second at which it may be included.
    uint64 expiresAt;
    Presentation presentation;
}
