// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {IAgentPolicySafeguards} from "../interfaces/IAgentPolicySafeguards.sol";
import {Authorizations} from "../types/Authorizations.sol";
import {KeyId} from "../types/KeyId.sol";
import {KeyKinds} from "../types/KeyKinds.sol";
import {Policy, PolicyFlags} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";

/// @dev An agent that approves an operation, the authorizations it held when it did, and the rights that they are
/// worth.
struct Approver {
    KeyId id;
    uint8 held;
    uint8 rights;
}

/// @title Quorums
/// @notice Which rights a change needs, who counts towards them, and when a policy can still act (A2, A7).
/// @dev A right is a bit of PROVE_GRANT, PROVE_REVOKE and ADMIN, and ADMIN is worth all three.
library Quorums {
    /// @dev Most agents that hold more than PROVE: a rotation replaces them in one transaction.
    uint256 internal constant MAX_POWERFUL = 16;

    /// @dev Gaining PROVE needs PROVE_GRANT, losing it PROVE_REVOKE, any other bit ADMIN.
    function neededFor(uint8 gains, uint8 loses) internal pure returns (uint8 needed) {
        if (gains & Authorizations.PROVE != 0) needed |= Authorizations.PROVE_GRANT;
        if (loses & Authorizations.PROVE != 0) needed |= Authorizations.PROVE_REVOKE;
        if ((gains | loses) & ~Authorizations.PROVE != 0) needed |= Authorizations.ADMIN;
    }

    /// @dev What the bits of an agent are worth. Whether an account and a contract that it owns are one party, no
    /// contract can know: unless the policy says that CONTRACT keys count, they can only revoke PROVE, for which one
    /// agent suffices.
    function rightsOf(Policy memory head, uint8 kind, uint8 held) internal pure returns (uint8 rights) {
        rights = held & ~Authorizations.PROVE;
        if (rights & Authorizations.ADMIN != 0) rights = Authorizations.ALL & ~Authorizations.PROVE;
        if (!_counts(head, kind)) rights &= Authorizations.PROVE_REVOKE;
    }

    /// @dev Reverts unless every right needed is held by as many approvers as the policy demands, and every approver
    /// holds one: an approval without weight is a mistake of whoever collected it.
    function requireHeld(PolicyId policy, Policy memory head, Approver[] memory approvers, uint8 needed) internal pure {
        requireHeld(policy, head, approvers, needed, 0);
    }

    /// @dev The same, where `vouchers` stand for approvals of the grant quorum, though never for the only one.
    function requireHeld(
        PolicyId policy,
        Policy memory head,
        Approver[] memory approvers,
        uint8 needed,
        uint8 vouchers
    ) internal pure {
        uint256 granting = 0;
        uint256 revoking = 0;
        uint256 administering = 0;
        // there are at most PolicyAuthority.MAX_APPROVALS
        unchecked {
            for (uint256 i = 0; i < approvers.length; ++i) {
                Approver memory approver = approvers[i];
                uint8 rights = approver.rights;
                if (rights & needed == 0) {
                    revert IAgentPolicyRegistry.AgentPolicyApproverWithoutRight(
                        policy,
                        approver.id,
                        approver.held,
                        needed
                    );
                }
                if (rights & Authorizations.PROVE_GRANT != 0) ++granting;
                if (rights & Authorizations.PROVE_REVOKE != 0) ++revoking;
                if (rights & Authorizations.ADMIN != 0) ++administering;
            }
        }
        uint256 grantQuorum = head.grantQuorum > vouchers ? head.grantQuorum - vouchers : 1;
        _require(policy, needed & Authorizations.PROVE_GRANT, granting, grantQuorum);
        // one surviving device can always revoke
        _require(policy, needed & Authorizations.PROVE_REVOKE, revoking, 1);
        _require(policy, needed & Authorizations.ADMIN, administering, head.adminQuorum);
    }

    /// @dev Reverts unless the agent is an ADMIN that counts.
    function requireVoice(PolicyId policy, Approver memory approver) internal pure {
        if (approver.rights & Authorizations.ADMIN == 0) {
            revert IAgentPolicySafeguards.AgentPolicyNoVote(policy, approver.id);
        }
    }

    /// @dev Reverts unless the approvers are ADMINs that count, and most of them.
    function requireMajority(PolicyId policy, Policy memory head, Approver[] memory approvers) internal pure {
        for (uint256 i = 0; i < approvers.length; ++i) requireVoice(policy, approvers[i]);
        if (!isMajority(head, approvers.length)) {
            revert IAgentPolicySafeguards.AgentPolicyMajorityMissing(policy, approvers.length, adminsOf(head));
        }
    }

    /// @dev Reverts unless so many ADMINs are the quorum.
    function requireAdmins(PolicyId policy, Policy memory head, uint256 approvers) internal pure {
        _require(policy, Authorizations.ADMIN, approvers, head.adminQuorum);
    }

    /// @dev ADMINs that count.
    function adminsOf(Policy memory head) internal pure returns (uint256) {
        return _contractsCount(head) ? uint256(head.admins) + head.contractAdmins : head.admins;
    }

    /// @dev Agents that may grant PROVE and count.
    function grantersOf(Policy memory head) internal pure returns (uint256) {
        return _contractsCount(head) ? uint256(head.granters) + head.contractGranters : head.granters;
    }

    /// @dev True if so many ADMINs are more than half of them.
    function isMajority(Policy memory head, uint256 approvers) internal pure returns (bool) {
        return 2 * approvers > adminsOf(head);
    }

    /// @dev True if the agent approves.
    function includes(Approver[] memory approvers, KeyId agent) internal pure returns (bool) {
        for (uint256 i = 0; i < approvers.length; ++i) {
            if (KeyId.unwrap(approvers[i].id) == KeyId.unwrap(agent)) return true;
        }
        return false;
    }

    /// @dev Keeps the head's counts while an agent's bits change. They are bounded by the 16 of a sound policy and the
    /// 32 of an operation.
    function recount(Policy memory head, uint8 kind, uint8 before, uint8 afterwards) internal pure {
        uint8 powerBefore = before & ~Authorizations.PROVE;
        uint8 powerAfterwards = afterwards & ~Authorizations.PROVE;
        if (powerBefore == powerAfterwards) return;
        if (powerBefore == 0) ++head.powerful;
        if (powerAfterwards == 0) --head.powerful;
        bool contracts = kind == KeyKinds.CONTRACT;
        (bool was, bool is_) = (_has(before, Authorizations.ADMIN), _has(afterwards, Authorizations.ADMIN));
        if (was != is_) {
            if (contracts) head.contractAdmins = _step(head.contractAdmins, is_);
            else head.admins = _step(head.admins, is_);
        }
        uint8 granting = Authorizations.PROVE_GRANT | Authorizations.ADMIN;
        (was, is_) = (_has(before, granting), _has(afterwards, granting));
        if (was != is_) {
            if (contracts) head.contractGranters = _step(head.contractGranters, is_);
            else head.granters = _step(head.granters, is_);
        }
    }

    /// @dev `requireSound` after an operation that needed these rights: without ADMIN only PROVE changes hands, which
    /// counts in no quorum.
    function requireStillSound(PolicyId policy, Policy memory head, uint8 needed) internal pure {
        if (needed & Authorizations.ADMIN != 0) requireSound(policy, head);
    }

    /// @dev Reverts unless both quorums can be reached, and few enough hold power.
    function requireSound(PolicyId policy, Policy memory head) internal pure {
        if (head.powerful > MAX_POWERFUL) {
            revert IAgentPolicyRegistry.AgentPolicyPowerLimit(policy, head.powerful, MAX_POWERFUL);
        }
        _requireReachable(policy, head, Authorizations.PROVE_GRANT, head.grantQuorum, grantersOf(head));
        _requireReachable(policy, head, Authorizations.ADMIN, head.adminQuorum, adminsOf(head));
    }

    /// @dev Reverts unless the quorum can be reached, and, where it takes every one of several agents, root keys help
    /// if one is lost.
    function _requireReachable(
        PolicyId policy,
        Policy memory head,
        uint8 right,
        uint8 quorum,
        uint256 holders
    ) private pure {
        if (quorum == 0 || quorum > holders) {
            revert IAgentPolicyRegistry.AgentPolicyQuorumUnreachable(policy, right, quorum, holders);
        }
        if (quorum == holders && quorum > 1 && head.flags & PolicyFlags.ROOT_KEYS == 0) {
            revert IAgentPolicyRegistry.AgentPolicyQuorumNeedsRootKeys(policy, right, quorum);
        }
    }

    /// @dev Reverts if the right is needed (not 0) and too few hold it.
    function _require(PolicyId policy, uint8 right, uint256 approvers, uint256 quorum) private pure {
        if (right != 0 && approvers < quorum) {
            revert IAgentPolicyRegistry.AgentPolicyRightMissing(policy, right, approvers, quorum);
        }
    }

    /// @dev True unless the key is of a kind that the policy does not count.
    function _counts(Policy memory head, uint8 kind) private pure returns (bool) {
        return kind != KeyKinds.CONTRACT || _contractsCount(head);
    }

    /// @dev True if CONTRACT keys count.
    function _contractsCount(Policy memory head) private pure returns (bool) {
        return head.flags & PolicyFlags.CONTRACT_KEYS_COUNT != 0;
    }

    /// @dev True if one of these bits is there.
    function _has(uint8 bits, uint8 some) private pure returns (bool) {
        return bits & some != 0;
    }

    /// @dev One more or one fewer.
    function _step(uint8 count, bool up) private pure returns (uint8) {
        return up ? count + 1 : count - 1;
    }
}
