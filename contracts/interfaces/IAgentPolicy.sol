// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/* solhint-disable no-empty-blocks */

import {IAgentPolicyGovernance} from "./IAgentPolicyGovernance.sol";
import {IAgentPolicyRecovery} from "./IAgentPolicyRecovery.sol";
import {IAgentPolicyRegistry} from "./IAgentPolicyRegistry.sol";
import {IAgentPolicySafeguards} from "./IAgentPolicySafeguards.sol";
import {IAgentPolicyTrustees} from "./IAgentPolicyTrustees.sol";

/// @title IAgentPolicy
/// @notice All that can be asked of the registry's address.
/// @dev No contract implements it alone: the registry passes what it does not know to its other parts.
interface IAgentPolicy is
    IAgentPolicyRegistry,
    IAgentPolicySafeguards,
    IAgentPolicyGovernance,
    IAgentPolicyRecovery,
    IAgentPolicyTrustees
{}
