// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {DidId} from "./DidId.sol";

/// @dev Registers a DID. It has no nonce: a DID is created once for ever. `next`: pre-rotation commitment, 0 for
/// none.
struct DidCreation {
    DidId did;
    bytes controllers;
    bytes32 next;
    bytes32 salt;
    bytes state;
    uint64 deadline;
}

/// @title DidCreationHash
/// @notice EIP-712 hash of `DidCreation`.
library DidCreationHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "DidCreation(bytes20 did,bytes controllers,bytes32 next,bytes32 salt,bytes state,uint64 deadline)"
    );

    /// @dev hashStruct of EIP-712, given the hashes of the two byte strings.
    function hash(DidCreation calldata op, bytes32 controllersHash, bytes32 stateHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, op.did, controllersHash, op.next, op.salt, stateHash, op.deadline));
    }
}
