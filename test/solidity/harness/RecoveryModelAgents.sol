// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentKeyErrors} from "../../../contracts/interfaces/IAgentKeyErrors.sol";
import {IAgentPolicyGovernance} from "../../../contracts/interfaces/IAgentPolicyGovernance.sol";
import {IAgentPolicyRecovery} from "../../../contracts/interfaces/IAgentPolicyRecovery.sol";
import {IAgentPolicyRegistry} from "../../../contracts/interfaces/IAgentPolicyRegistry.sol";
import {IAgentPolicySafeguards} from "../../../contracts/interfaces/IAgentPolicySafeguards.sol";
import {Power} from "./PolicyDeeds.sol";
import {Deed, has, size} from "./RecoveryDeeds.sol";
import {Polity, RecoveryModelState, Standing, Verdict} from "./RecoveryModelState.sol";

/// @title RecoveryModelAgents
/// @notice What agents and root keys do at once.
abstract contract RecoveryModelAgents is RecoveryModelState {
    /// @dev `vouchers`: approvals that trustees stand for, though never for the only one.
    function _judgeGrant(Verdict memory v, Deed calldata d, uint8 vouchers) internal view {
        _judgeProposal(v, d);
        Power calldata power = d.powers[0];
        bool joins = !_isIn(d.policy, power.agent);
        uint8[] memory bits = _allBits(d.policy);
        uint8 before = bits[power.agent];
        (uint8 gains, uint8 loses) = (power.bits & ~before, before & ~power.bits);
        _fault(v, !joins && before == 0, IAgentPolicyRegistry.AgentPolicyAgentRemoved.selector);
        _fault(v, gains | loses == 0, IAgentPolicyRegistry.AgentPolicyNothingChanges.selector);
        bool slow = gains & POWER != 0 || (loses & POWER != 0 && before & ADMIN != 0);
        _fault(v, slow, IAgentPolicyRegistry.AgentPolicyGovernanceNeeded.selector);
        _fault(v, gains & PROVE == 0, IAgentPolicyRegistry.AgentPolicyCommitmentUnexpected.selector);
        _fault(v, _polities[d.policy].running != 0, IAgentPolicyRegistry.AgentPolicyRecovering.selector);
        bool needed = !has(d.signers, power.agent);
        _fault(v, needed && !power.accepted, IAgentPolicyRegistry.AgentPolicyAcceptanceMissing.selector);
        _fault(v, !needed && power.accepted, IAgentPolicyRegistry.AgentPolicyAcceptanceNotNeeded.selector);
        Polity storage polity = _polities[d.policy];
        uint8 quorum = polity.grantQuorum > vouchers ? polity.grantQuorum - vouchers : 1;
        if (loses & POWER == 0) return _judgeRight(v, d, PROVE_GRANT, quorum);
        // signed before the agent got what it would lose: ADMINs take that, and who grants need not be one
        _judgeRight(v, d, PROVE_GRANT, quorum);
        _fault(v, _voices(d) < polity.adminQuorum, IAgentPolicyRegistry.AgentPolicyRightMissing.selector);
        bits[power.agent] = power.bits;
        _judgeSound(v, bits, polity.grantQuorum, polity.adminQuorum, polity.rootSet);
    }

    function _judgeRevoke(Verdict memory v, Deed calldata d) internal view {
        _judgeProposal(v, d);
        uint256 unknown = 0;
        for (uint256 i = 0; i < PARTIES; ++i) if (has(d.targets, i) && !_isIn(d.policy, i)) ++unknown;
        _fault(v, unknown != 0, IAgentPolicyRegistry.AgentPolicyAgentUnknown.selector);
        bool idle = d.targets & holders(d.policy, PROVE) == 0;
        _fault(v, idle, IAgentPolicyRegistry.AgentPolicyNothingToRevoke.selector);
        _judgeRight(v, d, PROVE_REVOKE, 1);
    }

    function _judgeRenew(Verdict memory v, Deed calldata d) internal view {
        _judgeProposal(v, d);
        _fault(v, _polities[d.policy].running != 0, IAgentPolicyRegistry.AgentPolicyRecovering.selector);
        bool idle = bitsOf(d.policy, d.proposer) & PROVE == 0;
        _fault(v, idle, IAgentPolicySafeguards.AgentPolicyNotProving.selector);
    }

    function _judgeRotate(Verdict memory v, Deed calldata d) internal view {
        Polity storage polity = _polities[d.policy];
        _judgeOpen(v, d);
        _judgeEpoch(v, d);
        _fault(v, polity.rootSet == 0, IAgentPolicyRecovery.AgentPolicyRootMissing.selector);
        _fault(v, polity.rootSet != d.rootSet, IAgentPolicyRecovery.AgentPolicyRootMismatch.selector);
        _fault(v, d.rootSigners < 2, IAgentPolicyRecovery.AgentPolicyRootQuorumMissing.selector);
        _fault(v, d.forged, IAgentKeyErrors.AgentKeySignatureInvalid.selector);
        _fault(v, d.nextRoot == polity.rootSet, IAgentPolicyRecovery.AgentPolicyRootReused.selector);
        _judgeNewPower(v, d);
    }

    /// @dev Those who are to hold all power: each something, each accepting, able to act together.
    function _judgeNewPower(Verdict memory v, Deed calldata d) internal pure {
        uint8[] memory bits = new uint8[](PARTIES);
        for (uint256 i = 0; i < d.powers.length; ++i) {
            Power calldata power = d.powers[i];
            _fault(v, power.bits & PROVE != 0, IAgentPolicyGovernance.AgentPolicyPowerUnknown.selector);
            _fault(v, power.bits == 0, IAgentPolicyRecovery.AgentPolicyPowerEmpty.selector);
            _fault(v, !power.accepted, IAgentPolicyRegistry.AgentPolicyAcceptanceMissing.selector);
            _fault(v, bits[power.agent] != 0, IAgentPolicyRegistry.AgentPolicyAgentRepeated.selector);
            bits[power.agent] = power.bits;
        }
        _fault(v, d.powers.length == 0, IAgentPolicyRegistry.AgentPolicyBatchSize.selector);
        _judgeSound(v, bits, d.grantQuorum, d.adminQuorum, d.nextRoot);
    }

    function _applyGrant(Deed calldata d) internal {
        Standing storage s = _enter(d.policy, d.powers[0].agent);
        (s.bits, s.leaf) = (d.powers[0].bits, ++leaves);
        ++_standings[d.policy][d.proposer].nonce;
    }

    function _applyRevoke(Deed calldata d) internal {
        _endProving(d.policy, d.targets);
        ++_standings[d.policy][d.proposer].nonce;
    }

    function _applyRenew(Deed calldata d) internal {
        Standing storage s = _standings[d.policy][d.proposer];
        revoked[s.leaf - 1] = true;
        (s.leaf, s.nonce) = (++leaves, s.nonce + 1);
    }

    function _applyRotate(Deed calldata d) internal {
        _nextEpoch(d.policy, d.targets);
        for (uint256 i = 0; i < d.powers.length; ++i) _empower(d.policy, d.powers[i]);
        _setRules(d.policy, d);
    }

    /// @dev How many ADMINs sign.
    function _voices(Deed calldata d) internal view returns (uint256) {
        return size(d.signers & holders(d.policy, ADMIN));
    }
}
