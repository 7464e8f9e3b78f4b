// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentPolicyGovernance} from "../../../contracts/interfaces/IAgentPolicyGovernance.sol";
import {IAgentPolicyRecovery} from "../../../contracts/interfaces/IAgentPolicyRecovery.sol";
import {IAgentPolicyRegistry} from "../../../contracts/interfaces/IAgentPolicyRegistry.sol";
import {IAgentPolicySafeguards} from "../../../contracts/interfaces/IAgentPolicySafeguards.sol";
import {IAgentPolicyTrustees} from "../../../contracts/interfaces/IAgentPolicyTrustees.sol";
import {Acceptance, Offer} from "../../../contracts/types/Acceptance.sol";
import {AgentChange} from "../../../contracts/types/AgentChange.sol";
import {AgentPower} from "../../../contracts/types/AgentPower.sol";
import {Approval} from "../../../contracts/types/Approval.sol";
import {Authorize} from "../../../contracts/types/Authorize.sol";
import {EmergencyRotate} from "../../../contracts/types/EmergencyRotate.sol";
import {GovernanceChange} from "../../../contracts/types/GovernanceChange.sol";
import {KeyId} from "../../../contracts/types/KeyId.sol";
import {PolicySettings} from "../../../contracts/types/PolicySettings.sol";
import {Renew} from "../../../contracts/types/Renew.sol";
import {AgentRevocation, Revoke} from "../../../contracts/types/Revoke.sol";
import {RootSet} from "../../../contracts/types/RootSet.sol";
import {TrusteeChange} from "../../../contracts/types/TrusteeChange.sol";
import {Veto} from "../../../contracts/types/Veto.sol";
import {Act, Deed, has, size} from "./RecoveryDeeds.sol";
import {RecoveryParties} from "./RecoveryParties.sol";
import {RecoveryRosters} from "./RecoveryRosters.sol";

/// @title RecoveryAgentPapers
/// @notice What agents and root keys sign, from deeds to calls. What gets its id by being signed gets it here.
abstract contract RecoveryAgentPapers is RecoveryParties {
    function _grant(Deed memory d) internal view returns (Authorize memory op, Acceptance[] memory acceptances) {
        op.policy = policies[d.policy];
        op.epoch = d.epoch;
        op.changes = new AgentChange[](1);
        uint256 party = d.powers[0].agent;
        op.changes[0] = AgentChange(kindOf(party), material(party), d.powers[0].bits, d.commitment, FOREVER);
        (op.proposer, op.nonce, op.deadline) = (idOf(d.proposer), d.nonce, d.deadline);
        acceptances = new Acceptance[](1);
        if (d.powers[0].accepted) {
            Offer memory offer = Offer(
                policies[d.policy],
                d.epoch,
                kindOf(party),
                idOf(party),
                d.commitment,
                d.powers[0].bits,
                FOREVER
            );
            acceptances[0] = _accept(offer, party);
        }
    }

    function _writeGrant(Deed memory d) internal view returns (bytes memory) {
        (Authorize memory op, Acceptance[] memory acceptances) = _grant(d);
        Approval[] memory approvals = _approvals(d, _hashes.encodeAuthorize(op), d.forged);
        return abi.encodeCall(IAgentPolicyRegistry.authorize, (op, acceptances, approvals));
    }

    function _writeRevoke(Deed memory d) internal view returns (bytes memory) {
        KeyId[] memory targets = _idsOf(d.targets);
        AgentRevocation[] memory revocations = new AgentRevocation[](targets.length);
        for (uint256 i = 0; i < targets.length; ++i) revocations[i] = AgentRevocation(targets[i], 1);
        Revoke memory op = Revoke(policies[d.policy], d.epoch, revocations, idOf(d.proposer), 0, d.nonce, d.deadline);
        return abi.encodeCall(IAgentPolicyRegistry.revoke, (op, _approvals(d, _hashes.encodeRevoke(op), d.forged)));
    }

    function _writeRenew(Deed memory d) internal view returns (bytes memory) {
        Renew memory op = Renew(
            policies[d.policy],
            d.epoch,
            d.commitment,
            FOREVER,
            false,
            idOf(d.proposer),
            0,
            d.nonce,
            d.deadline
        );
        Approval[] memory approvals = _approvals(d, _hashes.encodeRenew(op), d.forged);
        return abi.encodeCall(IAgentPolicySafeguards.renew, (op, approvals[0]));
    }

    function _writeSchedule(Deed memory d) internal view returns (bytes memory) {
        PolicySettings memory settings;
        settings.delay = d.delay;
        GovernanceChange memory op = GovernanceChange(
            policies[d.policy],
            d.epoch,
            _powersOf(d),
            d.delay == 0 ? 0 : 8,
            settings,
            d.abandon,
            0,
            idOf(d.proposer),
            0,
            d.nonce,
            d.deadline
        );
        bytes memory encoded = _hashes.encodeGovernanceChange(op);
        d.id = _hashes.counted(encoded, 0);
        return
            abi.encodeCall(
                IAgentPolicyGovernance.schedule,
                (op, _acceptances(d, d.epoch), _approvals(d, encoded, d.forged))
            );
    }

    function _writeScheduleTrustees(Deed memory d) internal view returns (bytes memory) {
        TrusteeChange memory op = TrusteeChange(
            policies[d.policy],
            d.epoch,
            _settingsOf(d.policy, d.roster),
            idOf(d.proposer),
            0,
            d.nonce,
            d.deadline
        );
        bytes memory encoded = _papers.encodeTrusteeChange(op);
        d.id = _hashes.counted(encoded, 0);
        return abi.encodeCall(IAgentPolicyTrustees.scheduleTrustees, (op, _approvals(d, encoded, d.forged)));
    }

    function _writeVeto(Deed memory d) internal view returns (bytes memory) {
        Veto memory op = Veto(policies[d.policy], d.epoch, d.id, idOf(d.proposer), d.deadline);
        Approval[] memory approvals = _approvals(d, _hashes.encodeVeto(op), d.forged);
        return abi.encodeCall(IAgentPolicyGovernance.veto, (op, approvals[0]));
    }

    function _writeRotate(Deed memory d) internal view returns (bytes memory) {
        (RootSet memory set, uint256[] memory keys) = _rootSet(d.rootSet);
        EmergencyRotate memory op = EmergencyRotate(
            policies[d.policy],
            d.epoch,
            _powersOf(d),
            _ruled(d),
            _idsOf(d.targets),
            d.deadline
        );
        bytes32 structHash = _hashes.hash(op);
        Approval[] memory approvals = new Approval[](d.rootSigners);
        for (uint256 i = 0; i < d.rootSigners; ++i) {
            bool false_ = d.forged && i + 1 == d.rootSigners;
            approvals[i] = _approveAs(keys[i], false_ ? keys[i] + 1 : keys[i], structHash);
        }
        return abi.encodeCall(IAgentPolicyRecovery.emergencyRotate, (op, set, _acceptances(d, d.epoch + 1), approvals));
    }

    /// @dev Approvals of agents with counter 0, ascending; the last one, if it is forged, by a key that is nobody's.
    function _approvals(Deed memory d, bytes memory encoded, bool forged) internal view returns (Approval[] memory) {
        bytes32 structHash = _hashes.counted(encoded, 0);
        uint256[] memory signers = _sorted(d.signers);
        Approval[] memory approvals = new Approval[](signers.length);
        for (uint256 i = 0; i < signers.length; ++i) {
            bool false_ = forged && i + 1 == signers.length;
            approvals[i] = _approveAs(signers[i], false_ ? RecoveryRosters.PARTIES : signers[i], structHash);
        }
        return approvals;
    }

    /// @dev What rotations and recoveries set.
    function _ruled(Deed memory d) internal view returns (PolicySettings memory) {
        d.nextCommitment = _commitmentTo(d.nextRoot);
        return PolicySettings(d.grantQuorum, d.adminQuorum, false, 0, 0, d.nextCommitment);
    }

    function _commitmentTo(uint256 number) internal view returns (bytes32) {
        if (number == 0) return 0;
        (RootSet memory set, ) = _rootSet(number);
        return _hashes.hash(set);
    }

    function _powersOf(Deed memory d) internal view returns (AgentPower[] memory list) {
        list = new AgentPower[](d.powers.length);
        for (uint256 i = 0; i < list.length; ++i) {
            uint256 party = d.powers[i].agent;
            list[i] = AgentPower(kindOf(party), material(party), d.powers[i].bits);
        }
    }

    function _idsOf(uint256 set) internal view returns (KeyId[] memory ids) {
        uint256[] memory parties = _sorted(set);
        ids = new KeyId[](parties.length);
        for (uint256 i = 0; i < ids.length; ++i) ids[i] = idOf(parties[i]);
    }

    /// @dev The parties of a set, ascending by key id.
    function _sorted(uint256 set) internal view returns (uint256[] memory parties) {
        parties = new uint256[](size(set));
        uint256 count = 0;
        for (uint256 party = 0; count < parties.length; ++party) if (has(set, party)) parties[count++] = party;
        _sort(parties);
    }

    function _acceptances(Deed memory d, uint32 epoch) private view returns (Acceptance[] memory acceptances) {
        acceptances = new Acceptance[](d.powers.length);
        for (uint256 i = 0; i < acceptances.length; ++i) {
            if (!d.powers[i].accepted) continue;
            uint256 party = d.powers[i].agent;
            KeyId id = idOf(party);
            Offer memory offer = Offer(policies[d.policy], epoch, kindOf(party), id, 0, d.powers[i].bits, 0);
            acceptances[i] = _accept(offer, party);
        }
    }
}
