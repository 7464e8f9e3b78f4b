// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AgentChange} from "./AgentChange.sol";
import {KeyId} from "./KeyId.sol";
import {PolicyId} from "./PolicyId.sol";

/// @dev An agent's consent to join a policy or to prove for it: a signature over `AgentAcceptance`, or an empty one
/// if the sender of the transaction is that key. All zero where none is needed.
struct Acceptance {
    uint64 deadline;
    bytes signature;
}

/// @dev What an agent signs to accept. It needs no nonce: it serves only a key that is new in this epoch, or one that
/// gains PROVE by a commitment that this policy has never seen, and neither happens twice.
struct AgentAcceptance {
    PolicyId policy;
    uint32 epoch;
    bytes key;
    uint256 commitment;
    uint8 authorizations;
    uint64 expiry;
    uint64 deadline;
}

/// @title AgentAcceptanceHash
/// @notice EIP-712 hash of `AgentAcceptance`.
library AgentAcceptanceHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "AgentAcceptance(uint256 policy,uint32 epoch,bytes key,uint256 commitment,uint8 authorizations,"
        "uint64 expiry,uint64 deadline)"
    );

    /// @dev hashStruct of EIP-712, of the change that the agent accepts; `agent` is the hash of its key.
    function hash(
        PolicyId policy,
        uint32 epoch,
        KeyId agent,
        AgentChange calldata change,
        uint64 deadline
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    TYPEHASH,
                    policy,
                    epoch,
                    agent,
                    change.commitment,
                    change.authorizations,
                    change.expiry,
                    deadline
                )
            );
    }
}
