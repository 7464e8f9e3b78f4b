// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyId} from "./KeyId.sol";
import {PolicyId} from "./PolicyId.sol";

/// @dev The authorizations that an agent is to lose; those that it lacks are skipped (protocol §4.3).
struct AgentRevocation {
    KeyId agent;
    uint8 authorizations;
}

/// @dev Takes authorizations from agents. Bits that are gone already are skipped; reverts if nothing at all changes.
struct Revoke {
    PolicyId policy;
    uint32 epoch;
    AgentRevocation[] revocations;
    KeyId proposer;
    uint192 lane;
    uint64 nonce;
    uint64 deadline;
}

/// @title RevokeHash
/// @notice EIP-712 encoding of `Revoke`.
library RevokeHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "Revoke(uint256 policy,uint32 epoch,AgentRevocation[] revocations,bytes32 proposer,uint192 lane,"
        "uint64 nonce,uint64 deadline,uint32 counter)"
        "AgentRevocation(bytes32 agent,uint8 authorizations)"
    );

    /// @dev The element's type as wallets see it.
    bytes32 internal constant AGENT_REVOCATION_TYPEHASH = keccak256(
        "AgentRevocation(bytes32 agent,uint8 authorizations)"
    );

    /// @dev encodeData of EIP-712 but for its last word, the approver's counter;
    /// an array is hashed as the concatenation of its elements' hashes.
    function encode(Revoke calldata op) internal pure returns (bytes memory) {
        AgentRevocation[] calldata revocations = op.revocations;
        bytes32[] memory hashes = new bytes32[](revocations.length);
        for (uint256 i = 0; i < hashes.length; ++i) hashes[i] = hash(revocations[i]);
        return
            abi.encode(
                TYPEHASH,
                op.policy,
                op.epoch,
                keccak256(abi.encodePacked(hashes)),
                op.proposer,
                op.lane,
                op.nonce,
                op.deadline
            );
    }

    /// @dev hashStruct of EIP-712.
    function hash(AgentRevocation calldata revocation) internal pure returns (bytes32) {
        return keccak256(abi.encode(AGENT_REVOCATION_TYPEHASH, revocation.agent, revocation.authorizations));
    }
}
