// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {Poseidon2} from "../libraries/Poseidon2.sol";
import {ScalarField} from "../libraries/ScalarField.sol";
import {KeyId} from "../types/KeyId.sol";
import {PolicyId} from "../types/PolicyId.sol";

/// @title PolicyAddress
/// @notice The address `I` that owner commitment and creator's key give on one chain and registry (protocol §2).
library PolicyAddress {
    /// @dev Domain tag (protocol §1.3).
    uint256 private constant POLICY = 3;

    /// @dev Nobody else can take an address, as it depends on the creator's key. 8 bits are dropped of the creator's
    /// hash to make it a field element.
    function compute(address registry, uint256 ownerCommitment, KeyId creator) internal view returns (PolicyId) {
        if (ownerCommitment == 0 || ownerCommitment >= ScalarField.R) {
            revert IAgentPolicyRegistry.AgentPolicyOwnerCommitmentInvalid(ownerCommitment);
        }
        uint256 place = uint256(keccak256(abi.encode(block.chainid, registry, creator))) >> 8;
        return PolicyId.wrap(Poseidon2.c4(POLICY, ownerCommitment, place, 0));
    }
}
