// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyId} from "./KeyId.sol";
import {PolicyId} from "./PolicyId.sol";

/// @dev Takes back an approval of a governance change, for good. It needs no nonce: `change` names one change for ever.
struct Withdraw {
    PolicyId policy;
    uint32 epoch;
    bytes32 change;
    KeyId agent;
    uint64 deadline;
}

/// @title WithdrawHash
/// @notice EIP-712 encoding of `Withdraw`.
library WithdrawHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "Withdraw(uint256 policy,uint32 epoch,bytes32 change,bytes32 agent,uint64 deadline,uint32 counter)"
    );

    /// @dev encodeData of EIP-712 but for its last word, the approver's counter.
    function encode(Withdraw calldata op) internal pure returns (bytes memory) {
        return abi.encode(TYPEHASH, op.policy, op.epoch, op.change, op.agent, op.deadline);
    }
}
