// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {DidId} from "./DidId.sol";

/// @dev Ends a DID for ever. `previous`: the commitment of the version that it ends; 0 in a reveal that holds whatever
/// the present controllers do meanwhile.
struct DidDeactivation {
    DidId did;
    uint32 version;
    bytes32 previous;
    uint64 deadline;
}

/// @title DidDeactivationHash
/// @notice EIP-712 hash of `DidDeactivation`.
library DidDeactivationHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "DidDeactivation(bytes20 did,uint32 version,bytes32 previous,uint64 deadline)"
    );

    /// @dev hashStruct of EIP-712.
    function hash(DidDeactivation calldata op) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, op.did, op.version, op.previous, op.deadline));
    }
}
