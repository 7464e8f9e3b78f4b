// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyId} from "./KeyId.sol";
import {PolicyId} from "./PolicyId.sol";

/// @dev An agent's consent to join a policy or to prove for it: a signature over `AgentAcceptance`, or an empty one
/// if the sender of the transaction is that key. All zero where none is needed.
struct Acceptance {
    uint64 deadline;
    bytes signature;
}

/// @dev What an agent signs to accept. It needs no nonce: it serves only a key that is new in this epoch, or one that
/// gains PROVE by a commitment that this policy has never seen, and neither happens twice. `kind`: a kind is pinned for
/// ever, and a passkey signs the same for both of its kinds: it says itself which it joins as.
struct AgentAcceptance {
    PolicyId policy;
    uint32 epoch;
    uint8 kind;
    bytes key;
    uint256 commitment;
    uint8 authorizations;
    uint64 expiry;
    uint64 deadline;
}

/// @dev What an agent is offered: `AgentAcceptance` with the hash of its key, and before it is known how long the
/// acceptance is good for.
struct Offer {
    PolicyId policy;
    uint32 epoch;
    uint8 kind;
    KeyId agent;
    uint256 commitment;
    uint8 authorizations;
    uint64 expiry;
}

/// @title AgentAcceptanceHash
/// @notice EIP-712 hash of `AgentAcceptance`.
library AgentAcceptanceHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "AgentAcceptance(uint256 policy,uint32 epoch,uint8 kind,bytes key,uint256 commitment,"
        "uint8 authorizations,uint64 expiry,uint64 deadline)"
    );

    /// @dev hashStruct of EIP-712.
    function hash(Offer memory offer, uint64 deadline) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    TYPEHASH,
                    offer.policy,
                    offer.epoch,
                    offer.kind,
                    offer.agent,
                    offer.commitment,
                    offer.authorizations,
                    offer.expiry,
                    deadline
                )
            );
    }
}
