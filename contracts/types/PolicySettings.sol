// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev The rules of a policy (A7). `grantQuorum`, `adminQuorum`: how many agents must approve a grant of PROVE, and
/// what needs ADMIN. `contractKeysCount`: whether keys of kind CONTRACT count in quorums and majorities. `delay`,
/// `window`: seconds that a governance change waits, and during which it can be executed then. `rootCommitment`: to
/// the root keys, 0 for none.
struct PolicySettings {
    uint8 grantQuorum;
    uint8 adminQuorum;
    bool contractKeysCount;
    uint32 delay;
    uint32 window;
    bytes32 rootCommitment;
}

/// @title PolicySettingsHash
/// @notice EIP-712 hash of `PolicySettings`.
library PolicySettingsHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256(
        "PolicySettings(uint8 grantQuorum,uint8 adminQuorum,bool contractKeysCount,uint32 delay,uint32 window,"
        "bytes32 rootCommitment)"
    );

    /// @dev hashStruct of EIP-712.
    function hash(PolicySettings calldata settings) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, settings));
    }
}
