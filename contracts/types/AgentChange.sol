// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev What an agent is to be authorized for from now on.
/// `kind`, `key`: the agent's key; a known agent keeps its kind. `authorizations`: its bits afterwards.
/// `commitment`: K of protocol §2, exactly if PROVE is gained, else 0. `expiry`: the last second at which PROVE
/// holds, a multiple of 3600, or 2^40 - 1 for none; 0 unless PROVE is gained, as an expiry never changes in place.
struct AgentChange {
    uint8 kind;
    bytes key;
    uint8 authorizations;
    uint256 commitment;
    uint64 expiry;
}

/// @title AgentChangeHash
/// @notice EIP-712 hash of `AgentChange` and of lists of it.
library AgentChangeHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "AgentChange(uint8 kind,bytes key,uint8 authorizations,uint256 commitment,uint64 expiry)"
    );

    /// @dev hashStruct of EIP-712.
    function hash(AgentChange calldata change) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    TYPEHASH,
                    change.kind,
                    keccak256(change.key),
                    change.authorizations,
                    change.commitment,
                    change.expiry
                )
            );
    }

    /// @dev An array is hashed as the concatenation of its elements' hashes.
    function hash(AgentChange[] calldata changes) internal pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](changes.length);
        for (uint256 i = 0; i < changes.length; ++i) hashes[i] = hash(changes[i]);
        return keccak256(abi.encodePacked(hashes));
    }
}
