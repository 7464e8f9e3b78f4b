// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyId} from "./KeyId.sol";
import {PolicyId} from "./PolicyId.sol";

/// @dev Gives up authorizations of one's own; needs no right, only the agent's own approval. The agent is the
/// proposer.
struct Renounce {
    PolicyId policy;
    uint32 epoch;
    uint8 authorizations;
    KeyId agent;
    uint192 lane;
    uint64 nonce;
    uint64 deadline;
}

/// @title RenounceHash
/// @notice EIP-712 encoding of `Renounce`.
library RenounceHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "Renounce(uint256 policy,uint32 epoch,uint8 authorizations,bytes32 agent,uint192 lane,uint64 nonce,"
        "uint64 deadline,uint32 counter)"
    );

    /// @dev encodeData of EIP-712 but for its last word, the approver's counter.
    function encode(Renounce calldata op) internal pure returns (bytes memory) {
        return abi.encode(TYPEHASH, op.policy, op.epoch, op.authorizations, op.agent, op.lane, op.nonce, op.deadline);
    }
}
