// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentPolicyRecovery} from "../interfaces/IAgentPolicyRecovery.sol";
import {Acceptance} from "../types/Acceptance.sol";
import {Approval} from "../types/Approval.sol";
import {EmergencyRotate} from "../types/EmergencyRotate.sol";
import {RootSet} from "../types/RootSet.sol";
import {AgentPolicyState} from "./AgentPolicyState.sol";
import {EmergencyRotations} from "./EmergencyRotations.sol";

/// @title AgentPolicyRecovery
/// @notice The part of the registry by which an owner takes a policy back.
/// @dev Code only: the registry runs it on its own storage, under its own address. Called directly it finds no policy.
contract AgentPolicyRecovery is IAgentPolicyRecovery, AgentPolicyState {
    /// @inheritdoc IAgentPolicyRecovery
    function emergencyRotate(
        EmergencyRotate calldata op,
        RootSet calldata rootSet,
        Acceptance[] calldata acceptances,
        Approval[] calldata approvals
    ) external {
        _revokeMany(EmergencyRotations.rotate(_agents, _rules, op, rootSet, acceptances, approvals, _context()));
    }
}
