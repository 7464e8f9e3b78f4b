// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {KeyKinds} from "../../../contracts/types/KeyKinds.sol";
import {PolicyId} from "../../../contracts/types/PolicyId.sol";
import {Trustee, TrusteeApproval} from "../../../contracts/types/Trustee.sol";
import {TrusteeSettings} from "../../../contracts/types/TrusteeSettings.sol";
import {PolicyDriver} from "./PolicyDriver.sol";
import {RecoveryHashes} from "./RecoveryHashes.sol";
import {RecoveryRosters} from "./RecoveryRosters.sol";

/// @title RecoveryParties
/// @notice Parties with their keys, and the trees of their rosters, each for every policy, as consents name it.
abstract contract RecoveryParties is PolicyDriver {
    uint256 public constant POLICIES = 2;

    PolicyId[POLICIES] public policies;
    RecoveryHashes internal _papers;
    uint256 internal _began;
    mapping(uint256 policy => mapping(uint256 roster => bytes32)) private _roots;
    mapping(uint256 policy => mapping(uint256 roster => mapping(uint256 party => Trustee[]))) private _shown;

    /// @dev Asks everyone for consent, and builds the trees.
    function _enlist() internal {
        _papers = new RecoveryHashes();
        _began = block.timestamp;
        for (uint256 p = 0; p < POLICIES; ++p) {
            for (uint256 roster = 1; roster < RecoveryRosters.COUNT; ++roster) _plant(p, roster);
        }
    }

    /// @dev What a policy is told of a roster.
    function _settingsOf(uint256 p, uint256 roster) internal view returns (TrusteeSettings memory settings) {
        settings = RecoveryRosters.settingsOf(roster);
        settings.root = _roots[p][roster];
    }

    /// @dev What a party shows of itself, and its signature or that of another. A party that is not in the roster shows
    /// what it would be.
    function _approveOf(
        uint256 p,
        uint256 roster,
        uint256 party,
        uint256 leaf,
        uint256 signer,
        bytes32 structHash
    ) internal view returns (TrusteeApproval memory approval) {
        Trustee[] storage leaves = _shown[p][roster][party];
        approval.trustee = leaves.length == 0 ? _candidate(p, roster, party, 0) : leaves[leaf % leaves.length];
        approval.signature = _sign(signer, structHash);
    }

    /// @dev Somebody who could be a trustee, with consent and without proof.
    function _candidate(
        uint256 p,
        uint256 roster,
        uint256 party,
        uint256 number
    ) private view returns (Trustee memory trustee) {
        uint8 capabilities = RecoveryRosters.capabilitiesOf(roster, party);
        trustee.kind = KeyKinds.SECP256K1;
        trustee.key = material(party);
        trustee.capabilities = capabilities == 0 ? 15 : capabilities;
        trustee.deadline = RecoveryRosters.consentOf(roster, party, _began);
        trustee.consent = _sign(party, _papers.consent(policies[p], idOf(party), trustee));
        trustee.salt = keccak256(abi.encode(roster, party, number));
    }

    function _plant(uint256 p, uint256 roster) private {
        bytes32[] memory nodes = new bytes32[](8);
        uint256[] memory places = new uint256[](8);
        uint256 count = 0;
        for (uint256 party = 0; party < RecoveryRosters.PARTIES; ++party) {
            for (uint256 i = 0; i < RecoveryRosters.leavesOf(roster, party); ++i) {
                Trustee memory trustee = _candidate(p, roster, party, i);
                (places[count], nodes[count]) = (party, _papers.leaf(idOf(party), trustee));
                ++count;
                _shown[p][roster][party].push(trustee);
            }
        }
        uint256 leaf = 0;
        for (uint256 i = 0; i < count; ++i) {
            leaf = i != 0 && places[i] == places[i - 1] ? leaf + 1 : 0;
            _shown[p][roster][places[i]][leaf].proof = _proofOf(nodes, count, i);
        }
        _roots[p][roster] = _rootOf(nodes, count);
    }

    /// @dev The node over a list of leaves; an odd one rises.
    function _rootOf(bytes32[] memory leaves, uint256 count) private pure returns (bytes32) {
        bytes32[] memory nodes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) nodes[i] = leaves[i];
        while (count > 1) count = _rise(nodes, count);
        return nodes[0];
    }

    function _proofOf(
        bytes32[] memory leaves,
        uint256 count,
        uint256 place
    ) private pure returns (bytes32[] memory proof) {
        bytes32[] memory nodes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) nodes[i] = leaves[i];
        bytes32[] memory steps = new bytes32[](4);
        uint256 length = 0;
        while (count > 1) {
            if ((place ^ 1) < count) steps[length++] = nodes[place ^ 1];
            count = _rise(nodes, count);
            place /= 2;
        }
        proof = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) proof[i] = steps[i];
    }

    /// @dev Replaces a level by the one above it; returns how many nodes that has.
    function _rise(bytes32[] memory nodes, uint256 count) private pure returns (uint256 above) {
        above = (count + 1) / 2;
        for (uint256 i = 0; i < above; ++i) {
            bool odd = 2 * i + 1 == count;
            nodes[i] = odd ? nodes[2 * i] : Hashes.commutativeKeccak256(nodes[2 * i], nodes[2 * i + 1]);
        }
    }
}
