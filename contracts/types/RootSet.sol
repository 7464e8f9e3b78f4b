// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev One of the root keys.
struct RootKey {
    uint8 kind;
    bytes key;
}

/// @dev The root keys of a policy, kept offline and known to nobody until they act. `keys`: strictly ascending by key
/// id. `salt`: random, so that the commitment tells nothing.
struct RootSet {
    uint8 quorum;
    RootKey[] keys;
    bytes32 salt;
}

/// @title RootSetHash
/// @notice The commitment to a root set that a policy stores: its EIP-712 hash.
library RootSetHash {
    /// @dev The type of the set.
    bytes32 internal constant TYPEHASH = keccak256(
        "RootSet(uint8 quorum,RootKey[] keys,bytes32 salt)RootKey(uint8 kind,bytes key)"
    );

    /// @dev The type of a key in it.
    bytes32 internal constant ROOT_KEY_TYPEHASH = keccak256("RootKey(uint8 kind,bytes key)");

    /// @dev hashStruct of EIP-712.
    function hash(RootSet calldata set) internal pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](set.keys.length);
        for (uint256 i = 0; i < hashes.length; ++i) {
            RootKey calldata key = set.keys[i];
            hashes[i] = keccak256(abi.encode(ROOT_KEY_TYPEHASH, key.kind, keccak256(key.key)));
        }
        return keccak256(abi.encode(TYPEHASH, set.quorum, keccak256(abi.encodePacked(hashes)), set.salt));
    }
}
