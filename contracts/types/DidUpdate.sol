// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {DidId} from "./DidId.sol";

/// @dev Replaces the state of a DID: keys, services, alsoKnownAs. `version`: the one that it replaces, which is the
/// nonce. `previous`: the commitment of that version, so that nobody approves it on the ground of a false one.
struct DidUpdate {
    DidId did;
    uint32 version;
    bytes32 previous;
    bytes state;
    uint64 deadline;
}

/// @title DidUpdateHash
/// @notice EIP-712 hash of `DidUpdate`.
library DidUpdateHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "DidUpdate(bytes20 did,uint32 version,bytes32 previous,bytes state,uint64 deadline)"
    );

    /// @dev hashStruct of EIP-712, given the hash of the state.
    function hash(DidUpdate calldata op, bytes32 stateHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, op.did, op.version, op.previous, stateHash, op.deadline));
    }
}
