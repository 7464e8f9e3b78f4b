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

    /// @dev Reverts unless every right needed is held by as many approvers as required, and every approver holds one:
    /// an approval without weight is a mistake of whoever collected it.
    function requireHeld(PolicyId policy, Approver[] memory approvers, uint8 needed) internal pure {
        uint256 granting = 0;
        uint256 revoking = 0;
        uint256 administering = 0;
        // there are at most PolicyAuthority.MAX_APPROVALS
        unchecked {
            for (uint256 i = 0; i < approvers.length; ++i) {
                Approver memory approver = approvers[i];
                uint8 held = approver.held;
                if (!_include(held, needed)) {
                    revert IAgentPolicyRegistry.AgentPolicyApproverWithoutRight(policy, approver.id, held, needed);
                }
                if (_include(held, Authorizations.PROVE_GRANT)) ++granting;
                if (_include(held, Authorizations.PROVE_REVOKE)) ++revoking;
                if (_include(held, Authorizations.ADMIN)) ++administering;
            }
        }
        _require(policy, needed & Authorizations.PROVE_GRANT, granting);
        _require(policy, needed & Authorizations.PROVE_REVOKE, revoking);
        _require(policy, needed & Authorizations.ADMIN, administering);
    }

    /// @dev True if the agent approves.
    function includes(Approver[] memory approvers, KeyId agent) internal pure returns (bool) {
        for (uint256 i = 0; i < approvers.length; ++i) {
            if (KeyId.unwrap(approvers[i].id) == KeyId.unwrap(agent)) return true;
        }
        return false;
    }

    /// @dev Reverts if the right is needed (not 0) and too few hold it.
    function _require(PolicyId policy, uint8 right, uint256 approvers) private pure {
        if (right != 0 && approvers < REQUIRED) {
            revert IAgentPolicyRegistry.AgentPolicyRightMissing(policy, right, approvers, REQUIRED);
        }
    }

    /// @dev True if one of these rights is held; ADMIN stands for each.
    function _include(uint8 held, uint8 rights) private pure returns (bool) {
        return held & (rights | Authorizations.ADMIN) != 0;
    }
}
