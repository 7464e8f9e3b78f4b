// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {Authorizations} from "../types/Authorizations.sol";
import {KeyId} from "../types/KeyId.sol";
import {PolicyId} from "../types/PolicyId.sol";

/// @dev An agent that approves an operation and the authorizations it held when it did.
struct Approver {
    KeyId id;
    uint8 held;
}

/// @title Rights
/// @notice Which rights a change of authorizations needs, and whether the approvers hold them (A2).
library Rights {
    /// @dev Approvers that must hold each right needed.
    uint256 internal constant REQUIRED = 1;

    /// @dev Gaining PROVE needs PROVE_GRANT, losing it PROVE_REVOKE, any other bit ADMIN, which stands for all three.
    function neededFor(uint8 gains, uint8 loses) internal pure returns (uint8 needed) {
        if (gains & Authorizations.PROVE != 0) needed |= Authorizations.PROVE_GRANT;
        if (loses & Authorizations.PROVE != 0) needed |= Authorizations.PROVE_REVOKE;
        if ((gains | loses) & ~Authorizations.PROVE != 0) needed |= Authorizations.ADMIN;
    }

    /// @dev Reverts unless every right needed is held by as many approvers as required, and every approver holds one: an
    /// approval without weight is a mistake of whoever collected it.
    function requireHeld(PolicyId policy, Approver[] memory approvers, uint8 needed) internal pure {
        for (uint256 i = 0; i < approvers.length; ++i) {
            Approver memory approver = approvers[i];
            if (!_holds(approver, needed)) {
                revert IAgentPolicyRegistry.AgentPolicyApproverWithoutRight(policy, approver.id, approver.held, needed);
            }
        }
        for (uint8 right = Authorizations.PROVE_GRANT; right <= Authorizations.ADMIN; right <<= 1) {
            if (needed & right == 0) continue;
            uint256 count = 0;
            for (uint256 i = 0; i < approvers.length; ++i) if (_holds(approvers[i], right)) ++count;
            if (count < REQUIRED) {
                revert IAgentPolicyRegistry.AgentPolicyRightMissing(policy, right, count, REQUIRED);
            }
        }
    }

    /// @dev True if the agent approves.
    function includes(Approver[] memory approvers, KeyId agent) internal pure returns (bool) {
        for (uint256 i = 0; i < approvers.length; ++i) {
            if (KeyId.unwrap(approvers[i].id) == KeyId.unwrap(agent)) return true;
        }
        return false;
    }

    /// @dev True if the approver holds one of these rights, of which ADMIN stands for each.
    function _holds(Approver memory approver, uint8 rights) private pure returns (bool) {
        return approver.held & (rights | Authorizations.ADMIN) != 0;
    }
}
