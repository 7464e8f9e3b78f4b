// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AgentChange, AgentChangeHash} from "./AgentChange.sol";
import {PolicyId} from "./PolicyId.sol";
import {PolicySettings, PolicySettingsHash} from "./PolicySettings.sol";

/// @dev Opens a policy. `agents[0]` is the creator and gets all authorizations; more agents may follow. `settings` are
/// free within their bounds. It has no nonce, and its creator no counter: the policy address is used once for ever.
struct CreatePolicy {
    PolicyId policy;
    uint256 ownerCommitment;
    AgentChange[] agents;
    PolicySettings settings;
    bool checkpoint;
    uint64 deadline;
}

/// @title CreatePolicyHash
/// @notice EIP-712 hash of `CreatePolicy`.
library CreatePolicyHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "CreatePolicy(uint256 policy,uint256 ownerCommitment,AgentChange[] agents,PolicySettings settings,"
        "bool checkpoint,uint64 deadline)"
        "AgentChange(uint8 kind,bytes key,uint8 authorizations,uint256 commitment,uint64 expiry)"
        "PolicySettings(uint8 grantQuorum,uint8 adminQuorum,bool contractKeysCount,uint32 delay,uint32 window,"
        "bytes32 rootCommitment)"
    );

    /// @dev hashStruct of EIP-712.
    function hash(CreatePolicy calldata op) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    TYPEHASH,
                    op.policy,
                    op.ownerCommitment,
                    AgentChangeHash.hash(op.agents),
                    PolicySettingsHash.hash(op.settings),
                    op.checkpoint,
                    op.deadline
                )
            );
    }
}
