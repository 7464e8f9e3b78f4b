// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyId} from "./KeyId.sol";
import {PolicyId} from "./PolicyId.sol";

/// @dev What a trustee signs to become one; collected off-chain, hidden until the trustee first acts. `deadline`: the
/// last second at which a set with this trustee may come into force.
struct TrusteeConsent {
    PolicyId policy;
    uint8 kind;
    bytes key;
    uint8 capabilities;
    uint64 deadline;
}

/// @dev A trustee, revealed. `consent`: its signature over `TrusteeConsent`. `salt`: hides the leaf. `proof`: of the
/// leaf in the set's tree. Of a trustee that was revealed before, only `key` is looked at.
struct Trustee {
    uint8 kind;
    bytes key;
    uint8 capabilities;
    uint64 deadline;
    bytes consent;
    bytes32 salt;
    bytes32[] proof;
}

/// @dev A trustee's approval of what is to be done.
struct TrusteeApproval {
    Trustee trustee;
    bytes signature;
}

/// @title TrusteeHash
/// @notice Hashes of a trustee's consent and of its leaf.
library TrusteeHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant CONSENT_TYPEHASH = keccak256(
        "TrusteeConsent(uint256 policy,uint8 kind,bytes key,uint8 capabilities,uint64 deadline)"
    );

    /// @dev The type of a leaf.
    bytes32 internal constant LEAF_TYPEHASH = keccak256(
        "TrusteeLeaf(bytes32 key,uint8 kind,uint8 capabilities,uint64 deadline,bytes32 consent,bytes32 salt)"
    );

    /// @dev hashStruct of EIP-712 of the consent; `key` is the id of the trustee's key.
    function consent(PolicyId policy, KeyId key, Trustee calldata trustee) internal pure returns (bytes32) {
        return
            keccak256(abi.encode(CONSENT_TYPEHASH, policy, trustee.kind, key, trustee.capabilities, trustee.deadline));
    }

    /// @dev The leaf of a trustee, hashed twice so that no inner node is one.
    function leaf(KeyId key, Trustee calldata trustee) internal pure returns (bytes32) {
        bytes32 once = keccak256(
            abi.encode(
                LEAF_TYPEHASH,
                key,
                trustee.kind,
                trustee.capabilities,
                trustee.deadline,
                keccak256(trustee.consent),
                trustee.salt
            )
        );
        return keccak256(abi.encode(once));
    }
}
