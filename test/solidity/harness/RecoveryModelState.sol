// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentKeyErrors} from "../../../contracts/interfaces/IAgentKeyErrors.sol";
import {IAgentPolicyRegistry} from "../../../contracts/interfaces/IAgentPolicyRegistry.sol";
import {Power} from "./PolicyDeeds.sol";
import {Deed, has, size} from "./RecoveryDeeds.sol";
import {RecoveryRosters} from "./RecoveryRosters.sol";

/// @dev Why the rules refuse a deed: everything that is wrong with it, in any order.
struct Verdict {
    bytes4[] reasons;
    uint256 count;
}

/// @dev What a party should be in a policy. `leaf`: one more than the index of its leaf.
struct Standing {
    uint32 epoch;
    uint8 bits;
    uint64 nonce;
    uint256 leaf;
}

/// @dev What a policy should be. `rootSet`: 0 for none. `starts`: how many recoveries began.
struct Polity {
    uint32 epoch;
    bool abandoned;
    uint8 grantQuorum;
    uint8 adminQuorum;
    uint32 delay;
    uint32 window;
    uint256 rootSet;
    uint32 set;
    uint256 roster;
    uint256 since;
    bool refused;
    uint64 nonce;
    uint64 recovery;
    bytes32 running;
    uint256 earliest;
    uint256 latest;
    uint256 starts;
}

/// @title RecoveryModelState
/// @notice The rules of docs/policy.md for policies with trustees, restated without regard to gas or order.
abstract contract RecoveryModelState {
    uint8 internal constant PROVE = 1;
    uint8 internal constant PROVE_GRANT = 2;
    uint8 internal constant PROVE_REVOKE = 4;
    uint8 internal constant ADMIN = 8;
    uint8 internal constant POWER = 14;
    uint256 internal constant PARTIES = RecoveryRosters.PARTIES;

    uint256 public leaves;
    mapping(uint256 leaf => bool) public revoked;
    mapping(uint256 policy => Polity) internal _polities;
    mapping(uint256 policy => mapping(uint256 party => Standing)) internal _standings;

    function polityOf(uint256 p) external view returns (Polity memory) {
        return _polities[p];
    }

    function standingOf(uint256 p, uint256 party) external view returns (Standing memory) {
        return _standings[p][party];
    }

    /// @notice Opens a policy.
    function found(uint256 p, uint8[] calldata bits, Polity calldata polity) external {
        _polities[p] = polity;
        for (uint256 party = 0; party < bits.length; ++party) {
            if (bits[party] == 0) continue;
            (_standings[p][party].epoch, _standings[p][party].bits) = (polity.epoch, bits[party]);
            if (bits[party] & PROVE != 0) _standings[p][party].leaf = ++leaves;
        }
    }

    function bitsOf(uint256 p, uint256 party) public view returns (uint8) {
        return _isIn(p, party) && !_polities[p].abandoned ? _standings[p][party].bits : 0;
    }

    /// @notice The parties that hold any of some bits.
    function holders(uint256 p, uint8 some) public view returns (uint256 set) {
        for (uint256 i = 0; i < PARTIES; ++i) if (bitsOf(p, i) & some != 0) set |= 1 << i;
    }

    function _isIn(uint256 p, uint256 party) internal view returns (bool) {
        return _standings[p][party].epoch == _polities[p].epoch;
    }

    function _fault(Verdict memory v, bool wrong, bytes4 reason) internal pure {
        if (wrong) v.reasons[v.count++] = reason;
    }

    function _judgeOpen(Verdict memory v, Deed calldata d) internal view {
        _fault(v, _polities[d.policy].abandoned, IAgentPolicyRegistry.AgentPolicyEnded.selector);
    }

    function _judgeTime(Verdict memory v, Deed calldata d) internal view {
        _fault(v, block.timestamp > d.deadline, IAgentPolicyRegistry.AgentPolicyDeadlinePassed.selector);
        _fault(v, d.deadline > block.timestamp + 30 days, IAgentPolicyRegistry.AgentPolicyDeadlineTooFar.selector);
    }

    function _judgeEpoch(Verdict memory v, Deed calldata d) internal view {
        bool other = d.epoch != _polities[d.policy].epoch;
        _fault(v, other, IAgentPolicyRegistry.AgentPolicyEpochMismatch.selector);
        _judgeTime(v, d);
    }

    /// @dev Every signer is an agent of this epoch, and signed itself.
    function _judgeSigners(Verdict memory v, Deed calldata d) internal view {
        for (uint256 i = 0; i < PARTIES; ++i) {
            if (!has(d.signers, i)) continue;
            _fault(v, !_isIn(d.policy, i), IAgentPolicyRegistry.AgentPolicyApproverUnknown.selector);
            bool removed = _isIn(d.policy, i) && _standings[d.policy][i].bits == 0;
            _fault(v, removed, IAgentPolicyRegistry.AgentPolicyApproverRemoved.selector);
        }
        _fault(v, d.forged, IAgentKeyErrors.AgentKeySignatureInvalid.selector);
    }

    /// @dev The same, and the proposer is one of them and used its next nonce.
    function _judgeProposal(Verdict memory v, Deed calldata d) internal view {
        _judgeOpen(v, d);
        _judgeEpoch(v, d);
        _judgeSigners(v, d);
        bool used = d.nonce != _standings[d.policy][d.proposer].nonce;
        _fault(v, used, IAgentPolicyRegistry.AgentPolicyNonceMismatch.selector);
        bool silent = !has(d.signers, d.proposer);
        _fault(v, silent, IAgentPolicyRegistry.AgentPolicyProposerNotApproving.selector);
    }

    /// @dev Every signer has a right, and so many do. ADMIN is worth every right.
    function _judgeRight(Verdict memory v, Deed calldata d, uint8 right, uint256 quorum) internal view {
        uint256 idle = d.signers & ~holders(d.policy, right | ADMIN);
        _fault(v, idle != 0, IAgentPolicyRegistry.AgentPolicyApproverWithoutRight.selector);
        bool few = size(d.signers & ~idle) < quorum;
        _fault(v, few, IAgentPolicyRegistry.AgentPolicyRightMissing.selector);
    }

    /// @dev Both quorums can be reached with these bits, and nobody is indispensable without root keys.
    function _judgeSound(
        Verdict memory v,
        uint8[] memory bits,
        uint8 grantQuorum,
        uint8 adminQuorum,
        uint256 rootSet
    ) internal pure {
        (uint256 granters, uint256 admins) = (0, 0);
        for (uint256 i = 0; i < PARTIES; ++i) {
            if (bits[i] & ADMIN != 0) ++admins;
            if (bits[i] & (ADMIN | PROVE_GRANT) != 0) ++granters;
        }
        bool beyond = grantQuorum == 0 || adminQuorum == 0 || grantQuorum > granters || adminQuorum > admins;
        _fault(v, beyond, IAgentPolicyRegistry.AgentPolicyQuorumUnreachable.selector);
        bool all = (grantQuorum > 1 && grantQuorum == granters) || (adminQuorum > 1 && adminQuorum == admins);
        _fault(v, all && rootSet == 0, IAgentPolicyRegistry.AgentPolicyQuorumNeedsRootKeys.selector);
    }

    /// @dev What parties hold in a policy.
    function _allBits(uint256 p) internal view returns (uint8[] memory bits) {
        bits = new uint8[](PARTIES);
        for (uint256 i = 0; i < PARTIES; ++i) bits[i] = bitsOf(p, i);
    }

    /// @dev Makes a party an agent of this epoch; one that is new in it holds nothing.
    function _enter(uint256 p, uint256 party) internal returns (Standing storage s) {
        s = _standings[p][party];
        if (!_isIn(p, party)) (s.epoch, s.bits) = (_polities[p].epoch, 0);
    }

    /// @dev Those of a set that prove do so no more.
    function _endProving(uint256 p, uint256 set) internal {
        set &= holders(p, PROVE);
        for (uint256 i = 0; i < PARTIES; ++i) {
            if (!has(set, i)) continue;
            revoked[_standings[p][i].leaf - 1] = true;
            _standings[p][i].bits &= ~PROVE;
        }
    }

    /// @dev Sets what rotations and recoveries set.
    function _setRules(uint256 p, Deed memory d) internal {
        Polity storage polity = _polities[p];
        (polity.grantQuorum, polity.adminQuorum, polity.rootSet) = (d.grantQuorum, d.adminQuorum, d.nextRoot);
    }

    /// @dev Ends an epoch; who survives goes on proving.
    function _nextEpoch(uint256 p, uint256 survivors) internal {
        _endProving(p, ~survivors);
        survivors = holders(p, PROVE);
        uint32 epoch = ++_polities[p].epoch;
        for (uint256 i = 0; i < PARTIES; ++i) {
            if (has(survivors, i)) (_standings[p][i].epoch, _standings[p][i].bits) = (epoch, PROVE);
        }
    }

    /// @dev Gives power, and leaves PROVE as it is.
    function _empower(uint256 p, Power memory power) internal {
        if (power.bits == 0 && !_isIn(p, power.agent)) return;
        Standing storage s = _enter(p, power.agent);
        s.bits = (s.bits & PROVE) | power.bits;
    }
}
