// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentPolicy} from "../../../contracts/interfaces/IAgentPolicy.sol";
import {AgentPolicyGovernance} from "../../../contracts/policy/AgentPolicyGovernance.sol";
import {AgentPolicyRecovery} from "../../../contracts/policy/AgentPolicyRecovery.sol";
import {AgentPolicyRegistry} from "../../../contracts/policy/AgentPolicyRegistry.sol";

/// @dev The registry with its parts.
function deployPolicyRegistry() returns (IAgentPolicy) {
    address recovery = address(new AgentPolicyRecovery());
    address governance = address(new AgentPolicyGovernance(recovery));
    return IAgentPolicy(address(new AgentPolicyRegistry(governance)));
}
