// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {DidId} from "./DidId.sol";

/// @dev Replaces the controllers of a DID, its pre-rotation commitment and its state. Nothing is inherited: a former
/// key stays only if `state` lists it again. `previous`: the commitment of the version that it replaces; 0 in a reveal
/// that holds whatever the present controllers do meanwhile, and then `state` is empty.
struct DidRotation {
    DidId did;
    uint32 version;
    bytes32 previous;
    bytes controllers;
    bytes32 next;
    bytes state;
    uint64 deadline;
}

/// @title DidRotationHash
/// @notice EIP-712 hash of `DidRotation`.
library DidRotationHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "DidRotation(bytes20 did,uint32 version,bytes32 previous,bytes controllers,bytes32 next,"
        "bytes state,uint64 deadline)"
    );

    /// @dev hashStruct of EIP-712, given the hashes of the two byte strings.
    function hash(DidRotation calldata op, bytes32 controllersHash, bytes32 stateHash) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(TYPEHASH, op.did, op.version, op.previous, controllersHash, op.next, stateHash, op.deadline)
            );
    }
}
