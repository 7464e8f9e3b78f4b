// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyId} from "./KeyId.sol";
import {PolicyId} from "./PolicyId.sol";

/// @dev Ends a governance change before it is executed. It needs no nonce: `change` names one change for ever.
struct Veto {
    PolicyId policy;
    uint32 epoch;
    bytes32 change;
    KeyId agent;
    uint64 deadline;
}

/// @title VetoHash
/// @notice EIP-712 encoding of `Veto`.
library VetoHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "Veto(uint256 policy,uint32 epoch,bytes32 change,bytes32 agent,uint64 deadline,uint32 counter)"
    );

    /// @dev encodeData of EIP-712 but for its last word, the approver's counter.
    function encode(Veto calldata op) internal pure returns (bytes memory) {
        return abi.encode(TYPEHASH, op.policy, op.epoch, op.change, op.agent, op.deadline);
    }
}
