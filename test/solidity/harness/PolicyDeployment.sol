// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentPolicy} from "../../../contracts/interfaces/IAgentPolicy.sol";
import {AgentPolicyGovernance} from "../../../contracts/policy/AgentPolicyGovernance.sol";
import {AgentPolicyRecovery} from "../../../contracts/policy/AgentPolicyRecovery.sol";
import {AgentPolicyRegistry} from "../../../contracts/policy/AgentPolicyRegistry.sol";
import {AgentPolicyTrustees} from "../../../contracts/policy/AgentPolicyTrustees.sol";

/// @dev The registry with its parts.
function deployPolicyRegistry() returns (IAgentPolicy) {
    address trustees = address(new AgentPolicyTrustees());
    address recovery = address(new AgentPolicyRecovery(trustees));
    address governance = address(new AgentPolicyGovernance(recovery));
    return IAgentPolicy(address(new AgentPolicyRegistry(governance)));
}
