// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CancelRecovery, CancelRecoveryHash} from "../../../contracts/types/CancelRecovery.sol";
import {KeyId} from "../../../contracts/types/KeyId.sol";
import {PolicyId} from "../../../contracts/types/PolicyId.sol";
import {RecoveryProposal, RecoveryProposalHash} from "../../../contracts/types/RecoveryProposal.sol";
import {RecoveryVote, RecoveryVoteHash} from "../../../contracts/types/RecoveryVote.sol";
import {Trustee, TrusteeHash} from "../../../contracts/types/Trustee.sol";
import {TrusteeChange, TrusteeChangeHash} from "../../../contracts/types/TrusteeChange.sol";
import {TrusteeRevoke, TrusteeRevokeHash} from "../../../contracts/types/TrusteeRevoke.sol";

/// @dev The contracts' own encoders of what trustees sign, see PolicyHashes.
contract RecoveryHashes {
    function hash(RecoveryProposal calldata op) external pure returns (bytes32) {
        return RecoveryProposalHash.hash(op);
    }

    /// @dev What agent `i` of a proposal accepts.
    function acceptance(RecoveryProposal calldata op, uint256 i, uint64 deadline) external pure returns (bytes32) {
        return RecoveryProposalHash.acceptance(op, op.agents[i], deadline);
    }

    function hash(RecoveryVote calldata op) external pure returns (bytes32) {
        return RecoveryVoteHash.hash(op);
    }

    function hash(TrusteeRevoke calldata op) external pure returns (bytes32) {
        return TrusteeRevokeHash.hash(op);
    }

    function encodeCancel(CancelRecovery calldata op) external pure returns (bytes memory) {
        return CancelRecoveryHash.encode(op);
    }

    function encodeTrusteeChange(TrusteeChange calldata op) external pure returns (bytes memory) {
        return TrusteeChangeHash.encode(op);
    }

    function consent(PolicyId policy, KeyId key, Trustee calldata trustee) external pure returns (bytes32) {
        return TrusteeHash.consent(policy, key, trustee);
    }

    function leaf(KeyId key, Trustee calldata trustee) external pure returns (bytes32) {
        return TrusteeHash.leaf(key, trustee);
    }
}
